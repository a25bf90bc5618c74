package notice_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/notice/noticetest"
)

// fate is what SES reports about a mail, and what must be stored about its recipient in the end.
type fate struct {
	reports []noticetest.Event
	answer  feedback.Verdict // SES's answer, if it does not take the mail
	end     notice.Recipient
}

// mailed returns the fate of a mail that SES takes.
func mailed(end notice.Recipient, reports ...noticetest.Event) fate {
	all := []noticetest.Event{{Outcome: feedback.Sent}}
	for i, e := range reports {
		e.After = time.Duration(i+1) * 100 * time.Millisecond
		all = append(all, e)
	}
	return fate{reports: all, end: end}
}

func bounce(permanent bool, reason string) noticetest.Event {
	return noticetest.Event{Outcome: feedback.Bounced, Permanent: permanent, Reason: reason}
}

var (
	arrives = noticetest.Event{Outcome: feedback.Delivered}
	told    = notice.Recipient{Standing: notice.Delivered}
)

// fates are all that can become of a notice. Only the first four are told.
var fates = []fate{
	mailed(told, arrives),
	mailed(told, noticetest.Event{Outcome: feedback.Delayed, Reason: "mailbox_full"}, arrives),
	mailed(notice.Recipient{Standing: notice.Delivered, Complained: true}, arrives, noticetest.Event{Outcome: feedback.Complained}),
	mailed(told, arrives, bounce(false, "general")), // an absence note
	mailed(notice.Recipient{Standing: notice.Failed, Reason: notice.Returned}, bounce(false, "general")),
	mailed(notice.Recipient{Standing: notice.Failed, Reason: notice.Bounced, Permanent: true}, bounce(true, "general")),
	mailed(notice.Recipient{Standing: notice.Failed, Reason: notice.Bounced, Permanent: true}, bounce(true, "on_account_suppression_list")),
	mailed(notice.Recipient{Standing: notice.Failed, Reason: notice.Bounced, Permanent: true}, arrives, bounce(true, "no_email")), // returned after it was accepted
	mailed(notice.Recipient{Standing: notice.Failed, Reason: notice.Bounced}, noticetest.Event{Outcome: feedback.Delayed}, bounce(false, "mailbox_full")),
	mailed(notice.Recipient{Standing: notice.Failed, Reason: notice.Rejected}, noticetest.Event{Outcome: feedback.Rejected}),
	mailed(notice.Recipient{Standing: notice.Failed, Reason: notice.NotRendered}, noticetest.Event{Outcome: feedback.NotRendered}),
	{answer: feedback.Unmailable, end: notice.Recipient{Standing: notice.Failed, Reason: notice.Unmailable, Permanent: true}}, // a local part that is not ASCII
	{answer: feedback.Refused, end: notice.Recipient{Standing: notice.Failed, Reason: notice.Rejected}},
}

// overtaken is a mailer whose answers come after the first reports.
type overtaken struct {
	*noticetest.SES
	reports func()
}

func (o overtaken) Mail(ctx context.Context, version string, letter notice.Letter, to []feedback.Recipient) ([]feedback.Answer, error) {
	answers, err := o.SES.Mail(ctx, version, letter, to)
	o.reports()
	return answers, err
}

// F07, F02, F24: whatever becomes of the mails, and however often, in whatever order and however early SES reports it, the same is stored in the
// end. Nobody is mailed twice, whoever was not reached never counts as told, and a later report of the same changes nothing.
func TestFault_F07_ReportsInAnyOrder(t *testing.T) {
	soak.Check(t, func(rt *rapid.T) {
		chosen := rapid.SliceOfN(rapid.IntRange(0, len(fates)-1), 1, 20).Draw(rt, "fates")
		lost, early := rapid.Bool().Draw(rt, "answers are lost"), rapid.Bool().Draw(rt, "reports are early")
		w := inMemory(t, len(chosen))
		of := map[string]fate{}
		for i, n := range chosen {
			of[fmt.Sprintf("%06d@example.com", i)] = fates[n]
		}
		w.Deaf = true // the test takes the reports itself
		w.SES.Fate = func(address string) []noticetest.Event { return of[address].reports }
		w.SES.Answer = func(_ int, to []feedback.Recipient) noticetest.Fault {
			f := noticetest.Fault{Entries: map[int]feedback.Answer{}}
			for i, r := range to {
				if a := of[r.Address].answer; a != "" {
					f.Entries[i] = feedback.Answer{Verdict: a, Reason: string(of[r.Address].end.Reason)}
				}
			}
			f.Lost = lost && len(f.Entries) == 0 // of a call whose answer is lost, SES took every mail
			return f
		}
		var all []feedback.Event
		take := func(events []feedback.Event) {
			for _, e := range rapid.Permutation(append(events, events...)).Draw(rt, "order") {
				if err := w.Feedback.Take(t.Context(), e); err != nil {
					rt.Fatal(err)
				}
			}
		}
		w.Runner.Mailer = overtaken{w.SES, func() {
			w.Clock.Advance(time.Second)
			arrived := w.SES.Arrive()
			all = append(all, arrived...)
			if early && len(arrived) > 0 {
				take(arrived[:rapid.IntRange(1, len(arrived)).Draw(rt, "early")])
			}
		}}
		if err := w.Invoke(); err != nil {
			rt.Fatal(err)
		}
		take(all)
		check := func(when string) {
			for i := range chosen {
				alias := fmt.Sprintf("1#%06d", i)
				stored, err := w.Stores.Known(t.Context(), noticetest.New, []string{alias})
				got, want := stored[alias], of[noticetest.Address(alias)].end
				got = notice.Recipient{Standing: got.Standing, Reason: got.Reason, Permanent: got.Permanent, Complained: got.Complained, Doubled: got.Doubled, NextAt: got.NextAt}
				if diff := cmp.Diff(want, got); diff != "" || err != nil || w.SES.Mails[noticetest.Address(alias)] > 1 {
					rt.Fatalf("%s, recipient %d: %v %s", when, i, err, diff)
				}
			}
		}
		check("after the reports")
		for range 3 {
			w.Clock.Advance(20 * time.Minute)
			if err := w.Invoke(); err != nil {
				rt.Fatal(err)
			}
		}
		take(all)
		check("an hour later")
	})
}
