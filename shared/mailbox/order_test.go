package mailbox

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/feedback"
)

// F07, F24, F02: every set of reports about a confirmation, in every order. A complaint withdraws the consent that was given before it, once,
// and a confirmation that bounced or was complained about ends, wherever in the order these reports are and whatever else is reported.
func TestFault_F24_ReportsInEveryOrder(t *testing.T) {
	happened := []feedback.Outcome{feedback.Sent, feedback.Delayed, feedback.Delivered, feedback.Bounced, feedback.Complained}
	for set := range 1 << len(happened) {
		var reports []feedback.Outcome
		for i, outcome := range happened {
			if set&(1<<i) != 0 {
				reports = append(reports, outcome)
			}
		}
		complained := slices.Contains(reports, feedback.Complained)
		ended := complained || slices.Contains(reports, feedback.Bounced)
		for order := range soak.Orders(reports) {
			p := newPerson()
			p.grants(t)
			id := p.waits(t, consent.Granted)
			for i, outcome := range order {
				p.report(t, feedback.Event{Mail: Letter{Mailbox: box, N: 1}.Mail(), Outcome: outcome, At: now.Add(time.Hour), MessageID: "m", Permanent: true, Address: "anna@example.org"}, 1+i%2)
			}
			records, state := len(p.history()), p.marketing().State
			_, err := p.consents.Confirm(t.Context(), id, annas, fresh, false)
			if errors.Is(err, errLink) != ended || (state == consent.Denied) != complained || (records == 2) != complained {
				t.Errorf("%v: %s, %d records, and the button: %v", order, state, records, err)
			}
		}
	}
}

// F07, F24: two complaints with a consent between them. Whichever is reported first, the second one withdraws that consent. If the first is
// reported alone, late, the consent stays.
func TestFault_F07_TwoComplaintsInEveryOrder(t *testing.T) {
	first, second := complaint(time.Hour), complaint(3*time.Hour)
	second.MessageID = "m2"
	for name, c := range map[string]struct {
		events []feedback.Event
		want   consent.State
	}{
		"in order": {[]feedback.Event{first, second, first}, consent.Denied}, "out of order": {[]feedback.Event{second, first, second}, consent.Denied},
		"the first alone": {[]feedback.Event{first, first}, consent.Granted}, "the second alone": {[]feedback.Event{second}, consent.Denied},
	} {
		p := newPerson()
		p.clock.Set(now.Add(2 * time.Hour))
		p.grants(t)
		p.clock.Set(now.Add(4 * time.Hour))
		for _, e := range c.events {
			p.report(t, e, 1)
		}
		if got := p.marketing().State; got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// report takes in an event so many times, as the function does.
func (p *person) report(t *testing.T, e feedback.Event, times int) {
	t.Helper()
	for range times {
		if e.Outcome == feedback.Complained {
			if err := p.reports().Complained(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		if e.Kind == feedback.Link {
			if err := p.reports().TakeLink(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
	}
}
