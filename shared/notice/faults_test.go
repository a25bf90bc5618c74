package notice_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/notice/noticetest"
)

// F05: an invocation stops in time, and the next one goes on where it stopped, until everybody is mailed.
func TestFault_F05_ACampaignGoesOnInTheNextInvocation(t *testing.T) {
	const people = 10_000
	w := inMemory(t, people)
	w.Invoked = 45 * time.Second
	invocations := 0
	for w.SES.Calls < (people+10)/11 {
		if invocations++; invocations > 100 {
			t.Fatalf("%+v", w.Show(noticetest.New))
		}
		began := w.Clock.Now()
		if err := w.Invoke(); err != nil {
			t.Fatal(err)
		}
		if took := w.Clock.Now().Sub(began); took > 35*time.Second {
			t.Errorf("an invocation of 45 s took %v, and less than 10 s were left", took)
		}
		w.Clock.Advance(time.Second)
	}
	w.Pass(time.Minute)
	if twice := reached(t, w, people, notice.Delivered); twice != 0 || w.SES.Calls != (people+10)/11 {
		t.Errorf("%d twice, %d calls in %d invocations", twice, w.SES.Calls, invocations)
	}
}

// F06: SES throttles, fails single entries, or does not answer. Nobody is lost, nobody is mailed twice, and the rate stays within the account's.
func TestFault_F06_SESIsBusy(t *testing.T) {
	later := feedback.Answer{Verdict: feedback.Postponed, Reason: "transient_failure"}
	for name, answer := range map[string]func(n int, to []feedback.Recipient) noticetest.Fault{
		"throttles each other call": func(n int, _ []feedback.Recipient) noticetest.Fault {
			if n%2 == 1 {
				return noticetest.Fault{Verdict: feedback.Postponed, Reason: "throttled"}
			}
			return noticetest.Fault{}
		},
		"fails some entries": func(n int, to []feedback.Recipient) noticetest.Fault {
			if n > 20 {
				return noticetest.Fault{}
			}
			return noticetest.Fault{Entries: map[int]feedback.Answer{0: later, len(to) / 2: later, len(to) - 1: later}}
		},
		"loses answers": func(n int, _ []feedback.Recipient) noticetest.Fault {
			return noticetest.Fault{Lost: n%3 == 0 && n < 20}
		},
		"fails with 5xx": func(n int, _ []feedback.Recipient) noticetest.Fault {
			if n < 4 {
				return noticetest.Fault{Verdict: feedback.Uncertain, Reason: "no_answer"}
			}
			return noticetest.Fault{}
		},
	} {
		t.Run(name, func(t *testing.T) {
			const people = 300
			w := inMemory(t, people)
			w.SES.Answer = answer
			w.Pass(4 * time.Hour)
			if twice := reached(t, w, people, notice.Delivered); twice != 0 || w.SES.Most > 14 || w.SES.Beyond != 0 {
				t.Errorf("%d twice, up to %d a second", twice, w.SES.Most)
			}
		})
	}
}

// F04, F12: the addresses cannot be read. Nothing was handed to SES, so nobody becomes unknown, waits, or counts as perhaps doubled.
func TestFault_F04_TheAddressesCannotBeRead(t *testing.T) {
	const people = 30
	w := inMemory(t, people)
	w.People.Broken = errors.New("throttled")
	if err := w.Invoke(); err == nil {
		t.Fatal("the run did not fail")
	}
	w.Pass(5 * time.Minute)
	shown := w.Show(noticetest.New)
	if twice := reached(t, w, people, notice.Delivered); twice != 0 || shown.Tally.Unknown != 0 || shown.Counts.Doubled != 0 || w.SES.Calls != (people+10)/11 {
		t.Errorf("%d twice, %d calls: %+v", twice, w.SES.Calls, shown)
	}
}

// F06: the daily quota ends in the middle. The campaign waits, leaves the rest of the quota to answers, and goes on as mails become possible.
func TestFault_F06_TheDailyQuotaEnds(t *testing.T) {
	const people = 500
	w := inMemory(t, people)
	w.SES.Account.PerDay = 250
	w.Pass(time.Hour)
	shown := w.Show(noticetest.New)
	if shown.State != notice.Running || shown.Reason != notice.QuotaUsed || shown.Counts.Recipients != 198 {
		t.Errorf("%+v", shown)
	}
	w.Pass(30 * time.Hour)
	if stuck := w.Counted[metric.NoticesStuck]; stuck != 0 {
		t.Errorf("counted as stuck %d times", stuck)
	}
	w.Pass(30 * time.Hour)
	if twice := reached(t, w, people, notice.Delivered); twice != 0 || w.SES.Calls != (people+10)/11 {
		t.Errorf("%d twice, %d calls", twice, w.SES.Calls)
	}
}

// F06: another part of the service used up the quota after the campaign had asked.
func TestFault_F06_TheQuotaEndsWithinACall(t *testing.T) {
	const people = 60
	w := inMemory(t, people)
	w.SES.Answer = func(n int, _ []feedback.Recipient) noticetest.Fault {
		if n == 2 {
			over := feedback.Answer{Verdict: feedback.Postponed, Reason: "daily_quota"}
			return noticetest.Fault{Entries: map[int]feedback.Answer{9: over, 10: over}}
		}
		return noticetest.Fault{}
	}
	if err := w.Invoke(); err != nil || w.SES.Calls != 2 || w.Show(noticetest.New).Reason != notice.QuotaUsed {
		t.Errorf("%v, %d calls: %+v", err, w.SES.Calls, w.Show(noticetest.New))
	}
	w.Pass(2 * time.Hour)
	reached(t, w, people, notice.Delivered)
}

// F06: the account is paused in the middle. The campaign halts, an alarm rings, and it goes on by itself after the repair.
func TestFault_F06_TheAccountIsPaused(t *testing.T) {
	const people = 60
	w := inMemory(t, people)
	w.SES.Answer = func(n int, _ []feedback.Recipient) noticetest.Fault {
		if n == 2 {
			w.SES.Account.Sending = false
			return noticetest.Fault{Verdict: feedback.Blocked, Reason: "paused"}
		}
		return noticetest.Fault{}
	}
	w.Pass(time.Hour)
	shown := w.Show(noticetest.New)
	if shown.State != notice.Blocked || shown.Reason != notice.SendingPaused || w.SES.Calls != 2 || w.Counted[metric.NoticesBlocked] < 50 {
		t.Errorf("%d calls, counted %d times: %+v", w.SES.Calls, w.Counted[metric.NoticesBlocked], shown)
	}
	w.SES.Account.Sending = true
	w.Pass(time.Hour)
	if twice := reached(t, w, people, notice.Delivered); twice != 0 {
		t.Errorf("%d twice", twice)
	}
}

// F06: one address makes SES refuse the whole call. It is found and given up, and the others are mailed.
func TestFault_F06_OneAddressThatSESCannotRead(t *testing.T) {
	const people, bad = 40, "000007@example.com"
	w := inMemory(t, people)
	w.SES.Answer = func(_ int, to []feedback.Recipient) noticetest.Fault {
		for _, r := range to {
			if r.Address == bad {
				return noticetest.Fault{Verdict: feedback.Blocked, Reason: "bad_request"}
			}
		}
		return noticetest.Fault{}
	}
	w.Pass(time.Hour)
	shown := w.Show(noticetest.New)
	want := notice.Counts{Recipients: people, Outcome: map[notice.Outcome]int{notice.Delivered: people - 1, notice.Failed: 1},
		Failed: map[notice.Reason]int{feedback.BadRequest: 1}}
	if diff := cmp.Diff(want, shown.Counts); diff != "" || shown.State != notice.Following || w.SES.Mails[bad] != 0 {
		t.Errorf("%s: %+v", diff, shown.Campaign)
	}
}

// F08: a campaign checks the account before it starts, says why it does not, and starts by itself after the repair.
func TestFault_F08_ACampaignDoesNotStart(t *testing.T) {
	for why, spoil := range map[notice.Reason]func(*feedback.Account){
		notice.Sandbox:       func(a *feedback.Account) { a.Production = false },
		notice.SendingPaused: func(a *feedback.Account) { a.Sending = false },
		notice.Unverified:    func(a *feedback.Account) { a.Verified = false },
		notice.QuotaTooSmall: func(a *feedback.Account) { a.PerDay = 8 },
	} {
		t.Run(string(why), func(t *testing.T) {
			const people = 55
			w := inMemory(t, people)
			spoil(&w.SES.Account)
			w.Pass(10 * time.Minute)
			shown := w.Show(noticetest.New)
			if shown.State != notice.Blocked || shown.Reason != why || w.SES.Calls != 0 || w.Counted[metric.NoticesBlocked] == 0 || w.Counted[metric.NoticesStarted] != 0 {
				t.Errorf("%d calls: %+v", w.SES.Calls, shown)
			}
			w.SES.Account = noticetest.Healthy
			w.Pass(10 * time.Minute)
			if reached(t, w, people, notice.Delivered); w.Counted[metric.NoticesStarted] != 1 {
				t.Errorf("started %d times", w.Counted[metric.NoticesStarted])
			}
		})
	}
}

// F08: a share of the daily quota that rounds to no mail blocks a campaign, also after its deadline. It would wait for that share for ever.
func TestFault_F08_AShareOfNothing(t *testing.T) {
	const people = 5
	for name, after := range map[string]time.Duration{"before the deadline": 0, "after the deadline": 14 * 24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			w := inMemory(t, people)
			w.SES.Account.PerDay = 1 // of which a campaign may use 80 per cent
			w.Pass(10 * time.Minute)
			w.Clock.Advance(after)
			w.Pass(10 * time.Minute)
			if shown := w.Show(noticetest.New); shown.State != notice.Blocked || shown.Reason != notice.QuotaTooSmall || w.Counted[metric.NoticesBlocked] == 0 || w.SES.Calls != 0 {
				t.Errorf("%d calls: %+v", w.SES.Calls, shown)
			}
		})
	}
}

// F08: a campaign does not start either if its letter cannot be written, or if SES does not describe the account. Another campaign goes on meanwhile.
func TestFault_F08_NoLetterAndNoAccount(t *testing.T) {
	const people = 30
	w := inMemory(t, people)
	w.Publish("2026-12-02", "significant", 30)
	w.Letters.Broken = map[string]error{noticetest.New: errors.New("no letter")}
	w.Pass(10 * time.Minute)
	if shown := w.Show(noticetest.New); shown.State != notice.Blocked || shown.Reason != notice.NoLetter {
		t.Errorf("%+v", shown)
	}
	if other := w.Show("2026-12-02"); other.State != notice.Following || other.Counts.Outcome[notice.Delivered] != people {
		t.Errorf("%+v", other)
	}
	w.SES.Silent = errors.New("no account")
	w.Pass(time.Minute)
	if shown := w.Show(noticetest.New); shown.State != notice.Blocked || shown.Reason != notice.NoAccount {
		t.Errorf("%+v", shown)
	}
}

// A call that was not made because of a mistake in this service mails nobody, and blocks the campaign until it is put right.
func TestFault_F06_ACallThatIsNotMade(t *testing.T) {
	const people = 30
	w := inMemory(t, people)
	w.SES.Answer = func(n int, _ []feedback.Recipient) noticetest.Fault {
		if n < 3 {
			return noticetest.Fault{Err: fmt.Errorf("mistake")}
		}
		return noticetest.Fault{}
	}
	w.Pass(time.Minute)
	if shown := w.Show(noticetest.New); shown.State != notice.Blocked || shown.Reason != notice.NoLetter {
		t.Errorf("%+v", shown)
	}
	w.Pass(time.Hour)
	if twice := reached(t, w, people, notice.Delivered); twice != 0 {
		t.Errorf("%d twice", twice)
	}
}

// Whoever has no address any more, or one that no mail can reach, is never counted as told.
func TestFault_F07_WhoCannotBeReachedIsNotTold(t *testing.T) {
	const people = 30
	w := inMemory(t, people)
	w.People.Leave("i#1#000003")
	w.SES.Answer = func(_ int, to []feedback.Recipient) noticetest.Fault {
		f := noticetest.Fault{Entries: map[int]feedback.Answer{}}
		for i, r := range to {
			switch r.Address {
			case "000004@example.com":
				f.Entries[i] = feedback.Answer{Verdict: feedback.Unmailable, Reason: "unmailable"}
			case "000005@example.com":
				f.Entries[i] = feedback.Answer{Verdict: feedback.Refused, Reason: "rejected"}
			}
		}
		return f
	}
	w.SES.Fate = func(address string) []noticetest.Event {
		if address == "000006@example.com" {
			return []noticetest.Event{{After: time.Second, Outcome: feedback.Sent}, {After: time.Minute, Outcome: feedback.Bounced, Permanent: true, Reason: "suppressed"}}
		}
		return noticetest.Delivered(address)
	}
	w.Pass(10 * time.Minute)
	want := notice.Counts{Recipients: people, Outcome: map[notice.Outcome]int{notice.Delivered: people - 4, notice.Failed: 4},
		Failed: map[notice.Reason]int{notice.NoAddress: 1, notice.Unmailable: 1, notice.Rejected: 1, notice.Bounced: 1}}
	if diff := cmp.Diff(want, w.Show(noticetest.New).Counts); diff != "" {
		t.Error(diff)
	}
}
