package notice_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
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
	told    = notice.Recipient{Outcome: notice.Delivered}
)

// fates are all that can become of a notice. Only the first four are told.
var fates = []fate{
	mailed(told, arrives),
	mailed(told, noticetest.Event{Outcome: feedback.Delayed, Reason: "mailbox_full"}, arrives),
	mailed(notice.Recipient{Outcome: notice.Delivered, Complained: true}, arrives, noticetest.Event{Outcome: feedback.Complained}),
	mailed(told, arrives, bounce(false, "general")), // an absence note
	mailed(notice.Recipient{Outcome: notice.Accepted}),
	mailed(notice.Recipient{Outcome: notice.Accepted}, noticetest.Event{Outcome: feedback.Delayed, Reason: "mailbox_full"}),
	mailed(notice.Recipient{Outcome: notice.Failed, Reason: notice.Returned}, bounce(false, "general")),
	mailed(notice.Recipient{Outcome: notice.Failed, Reason: notice.Bounced, Permanent: true}, bounce(true, "general")),
	mailed(notice.Recipient{Outcome: notice.Failed, Reason: notice.Bounced, Permanent: true}, bounce(true, "on_account_suppression_list")),
	mailed(notice.Recipient{Outcome: notice.Failed, Reason: notice.Bounced, Permanent: true}, arrives, bounce(true, "no_email")), // returned after it was accepted
	mailed(notice.Recipient{Outcome: notice.Failed, Reason: notice.Bounced}, noticetest.Event{Outcome: feedback.Delayed}, bounce(false, "mailbox_full")),
	mailed(notice.Recipient{Outcome: notice.Failed, Reason: notice.Rejected}, noticetest.Event{Outcome: feedback.Rejected}),
	mailed(notice.Recipient{Outcome: notice.Failed, Reason: notice.NotRendered}, noticetest.Event{Outcome: feedback.NotRendered}),
	{answer: feedback.Unmailable, end: notice.Recipient{Outcome: notice.Failed, Reason: notice.Unmailable, Permanent: true}}, // a local part that is not ASCII
	{answer: feedback.Refused, end: notice.Recipient{Outcome: notice.Failed, Reason: notice.Rejected}},
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
	soak.CheckCostly(t, func(rt *rapid.T) {
		o := orders{
			fates: rapid.SliceOfN(rapid.IntRange(0, len(fates)-1), 1, 20).Draw(rt, "fates"),
			lost:  rapid.Bool().Draw(rt, "answers are lost"), early: rapid.Bool().Draw(rt, "reports are early"),
			random: rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "order"), 7)),
		}
		var problem string
		synctest.Test(t, func(t *testing.T) { problem = o.run(t) }) // where the pauses of lost races take no time
		if problem != "" {
			rt.Fatal(problem)
		}
	})
}

// orders is a campaign whose reports come in some order.
type orders struct {
	fates       []int // of the recipients
	lost, early bool
	random      *rand.Rand

	w        *noticetest.World
	reported []feedback.Event
}

func (o *orders) of(address string) fate {
	n, _ := strconv.Atoi(strings.TrimSuffix(address, "@example.com"))
	return fates[o.fates[n]]
}

// run returns what is wrong.
func (o *orders) run(t *testing.T) string {
	t.Helper()
	w := inMemory(t, len(o.fates))
	o.w, w.Deaf = w, true // the test takes the reports itself
	w.SES.Fate = func(address string) []noticetest.Event { return o.of(address).reports }
	w.SES.Answer = func(_ int, to []feedback.Recipient) noticetest.Fault {
		f := noticetest.Fault{Entries: map[int]feedback.Answer{}}
		for i, r := range to {
			if a := o.of(r.Address); a.answer != "" {
				f.Entries[i] = feedback.Answer{Verdict: a.answer, Reason: string(a.end.Reason)}
			}
		}
		f.Lost = o.lost && len(f.Entries) == 0 // of a call whose answer is lost, SES took every mail
		return f
	}
	w.Runner.Mailer = overtaken{w.SES, func() {
		w.Clock.Advance(time.Second)
		arrived := w.SES.Arrive()
		o.reported = append(o.reported, arrived...)
		if o.early {
			o.take(t, arrived[:o.random.IntN(len(arrived)+1)])
		}
	}}
	if err := w.Invoke(); err != nil {
		return err.Error()
	}
	o.take(t, o.reported)
	if problem := o.check(t); problem != "" {
		return "after the reports, " + problem
	}
	for range 3 {
		w.Clock.Advance(20 * time.Minute)
		if err := w.Invoke(); err != nil {
			return err.Error()
		}
	}
	o.take(t, o.reported)
	if problem := o.check(t); problem != "" {
		return "an hour later, " + problem
	}
	return ""
}

// take takes in each of the reports twice, in some order.
func (o *orders) take(t *testing.T, reports []feedback.Event) {
	t.Helper()
	all := slices.Concat(reports, reports)
	o.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, e := range all {
		if err := o.w.Feedback.Take(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
}

// check compares what is stored about each recipient with the end of their fate.
func (o *orders) check(t *testing.T) string {
	t.Helper()
	for i, n := range o.fates {
		alias := fmt.Sprintf("i#1#%06d", i)
		stored, err := o.w.Stores.Known(t.Context(), noticetest.New, []string{alias})
		if err != nil {
			return err.Error()
		}
		is := stored[alias]
		got := notice.Recipient{Outcome: is.Outcome, Reason: is.Reason, Permanent: is.Permanent, Complained: is.Complained, Doubled: is.Doubled}
		if diff := cmp.Diff(fates[n].end, got); diff != "" || is.NextAt.IsZero() == is.Permanent || // another address is looked for
			o.w.SES.Mails[noticetest.Address(alias)] > 1 {
			return fmt.Sprintf("recipient %d of fate %d: %s", i, n, diff)
		}
	}
	return ""
}
