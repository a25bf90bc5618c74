package notice_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/notice/noticetest"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// happened are the reports that SES may send about one mail, in the order in which it happens.
var happened = []feedback.Outcome{feedback.Sent, feedback.Delayed, feedback.Delivered, feedback.Bounced, feedback.Complained}

// F24, F02: every set of reports about a notice, each twice, in every order. What is stored in the end depends on the set and not on the
// order: a mail that came back was not told, whatever else is reported, and a complaint stays noted. The answer of SES itself is recorded
// before the reports, or never, because the runner was killed; either comes to the same.
func TestFault_F24_ReportsInEveryOrder(t *testing.T) {
	clock := testclock.New(noticetest.Noon)
	store := noticetest.NewMemory(clock.Now, 1000)
	const version = noticetest.New
	if err := store.Create(t.Context(), []notice.Campaign{{Version: version, State: notice.Running, ExpiresAt: clock.Now().AddDate(3, 0, 0)}}); err != nil {
		t.Fatal(err)
	}
	f := &notice.Feedback{Register: store, Recipients: store, Claims: store, Arrivals: store, Policy: policy.InForce, Now: clock.Now}
	number := 0
	for set := range 1 << len(happened) {
		var reports []feedback.Outcome
		for i, outcome := range happened {
			if set&(1<<i) != 0 {
				reports = append(reports, outcome)
			}
		}
		for _, order := range soak.Sample(slices.Collect(soak.Orders(reports)), 7) {
			for _, recorded := range []bool{true, false} {
				number++
				claim := notice.Claim{Version: version, Number: number, At: clock.Now(), Aliases: []string{fmt.Sprint(number)}}
				if err := store.Claim(t.Context(), claim, clock.Now().AddDate(0, 1, 0)); err != nil {
					t.Fatal(err)
				}
				if recorded {
					accepted := notice.Recipient{Alias: claim.Aliases[0], Outcome: notice.Accepted, Attempt: 1, Claim: number, Since: clock.Now(), MessageID: "m", ExpiresAt: clock.Now().AddDate(1, 0, 0)}
					if _, err := store.Put(t.Context(), version, notice.Recipient{}, accepted); err != nil {
						t.Fatal(err)
					}
				}
				for _, outcome := range order {
					e := feedback.Event{Mail: feedback.Mail{Kind: feedback.Notice, About: version, Part: fmt.Sprintf("%d-0", number)}, Outcome: outcome, At: clock.Now().Add(time.Minute), MessageID: "m", Permanent: true}
					if err := f.Take(t.Context(), e); err != nil {
						t.Fatal(err)
					}
				}
				known, err := store.Known(t.Context(), version, claim.Aliases)
				if err != nil {
					t.Fatal(err)
				}
				if got, want := known[claim.Aliases[0]], settled(reports, recorded); got.Outcome != want.Outcome || got.Reason != want.Reason || got.Permanent != want.Permanent ||
					got.Complained != want.Complained || got.Doubled || got.Unsettled || got.NextAt.IsZero() == got.Permanent || got.Attempt != want.Attempt {
					t.Errorf("%v, answer recorded %t: %+v", order, recorded, got)
				}
			}
		}
	}
	t.Logf("%d orders", number)
}

// settled says what a set of reports comes to.
func settled(reports []feedback.Outcome, recorded bool) (r notice.Recipient) {
	if recorded {
		r.Outcome, r.Attempt = notice.Accepted, 1
	}
	for _, outcome := range reports {
		r.Attempt = 1
		switch outcome {
		case feedback.Complained, feedback.Delivered:
			r.Complained = r.Complained || outcome == feedback.Complained
			if r.Outcome != notice.Failed {
				r.Outcome = notice.Delivered
			}
		case feedback.Bounced:
			r.Outcome, r.Reason, r.Permanent = notice.Failed, notice.Bounced, true
		default:
			if r.Outcome == "" {
				r.Outcome = notice.Accepted
			}
		}
	}
	return r
}
