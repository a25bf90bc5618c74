package export_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// report is one report about one of a request's answers.
type report struct {
	answer  int
	outcome feedback.Outcome
}

// F24, F02: everything that SES may report about an answer, or about two of them, in every order. Where the request stands in the end, which
// mails are told to have come back, and whether the team has to act depends on what was reported and not on the order.
func TestFault_F24_ReportsInEveryOrder(t *testing.T) {
	s := newRig(t)
	number := 0
	for name, c := range map[string]struct {
		stored, twice bool // whether the answer is an export, and whether another one was mailed after it
		reports       []report
		state         request.State
	}{
		"an export that came back":  {true, false, []report{{0, feedback.Sent}, {0, feedback.Delayed}, {0, feedback.Delivered}, {0, feedback.Bounced}, {0, feedback.Complained}}, request.Fulfilling},
		"nothing, and it came back": {false, false, []report{{0, feedback.Sent}, {0, feedback.Delayed}, {0, feedback.Delivered}, {0, feedback.Bounced}, {0, feedback.Complained}}, request.Open},
		"an export that arrived":    {true, false, []report{{0, feedback.Sent}, {0, feedback.Delayed}, {0, feedback.Delivered}, {0, feedback.Complained}}, request.Fulfilled},
		"the first came back":       {true, true, []report{{0, feedback.Delivered}, {0, feedback.Bounced}, {1, feedback.Sent}, {1, feedback.Delivered}}, request.Fulfilled},
		"both came back":            {true, true, []report{{0, feedback.Delivered}, {0, feedback.Bounced}, {1, feedback.Bounced}, {1, feedback.Delivered}}, request.Fulfilling},
		"both, for other reasons":   {true, true, []report{{0, feedback.Bounced}, {1, feedback.Rejected}}, request.Fulfilling},
	} {
		want := map[request.EventKind]int{}
		for _, r := range c.reports {
			if (feedback.Event{Outcome: r.outcome}).Failed() {
				want[request.EventAnswerReturned]++
			}
		}
		for _, order := range soak.Sample(slices.Collect(soak.Orders(c.reports)), 13) {
			number++
			email := fmt.Sprintf("person%d@example.org", number)
			if c.stored {
				s.OnRecord[email] = email
			}
			r := s.Verified(email)
			s.Work()
			mails := []servicetest.Mail{s.LastMail()}
			if c.twice {
				if _, err := export.Another(t.Context(), s.Requester, r.ID, servicetest.Proof(email)); err != nil {
					t.Fatal(err)
				}
				s.Work()
				mails = append(mails, s.LastMail())
			}
			s.Reopened = 0
			for i, one := range order {
				s.Report(mails[one.answer], one.outcome, true, "general")
				if i%2 == 0 {
					s.Report(mails[one.answer], one.outcome, true, "general") // twice
				}
			}
			file, got := s.Load(r.ID), map[request.EventKind]int{}
			for _, e := range file.Events {
				if e.Kind == request.EventAnswerReturned {
					got[e.Kind]++
				}
			}
			waits := c.state != request.Fulfilled
			if file.Request.State != c.state || export.HasReturned(file) != waits || !maps.Equal(got, want) || s.Reopened > 1 || (s.Reopened == 1) != waits {
				t.Errorf("%s: %v: %s, waits %t, told %d times: %v", name, order, file.Request.State, export.HasReturned(file), s.Reopened, servicetest.Kinds(file))
			}
		}
	}
	t.Logf("%d orders", number)
}
