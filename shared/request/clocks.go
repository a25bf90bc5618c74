package request

import (
	"time"
	_ "time/tzdata" // the controller's time zone, on machines that have no database of zones

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/us"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Clock is one deadline of a request. Deadlines are computed, never stored (promise H13).
type Clock struct {
	Law      string    `json:"law"`  // policy, eu, uk, california
	Kind     string    `json:"kind"` // acknowledge, answer
	StartsAt time.Time `json:"startsAt"`
	DueAt    time.Time `json:"dueAt"`   // 23:59:59 in the controller's time zone, in UTC
	Binding  bool      `json:"binding"` // the earliest of all answer clocks
}

// Clocks returns every clock that runs for a request; exactly one answer clock binds. Without a jurisdiction every law's clock runs. The
// days and the time zone are those of the policy version under which the request was received (promise A02).
//
// Sources: the policy's own 30 days; GDPR Art. 12(3), one calendar month from receipt; UK GDPR Art. 12A, one month from the later of receipt
// and proof of identity; CCPA §7021, acknowledged within 10 business days and answered within 45 calendar days of receipt, however long
// verification takes.
func Clocks(r Request) []Clock {
	zone, err := time.LoadLocation(r.Terms.TimeZone)
	if err != nil {
		panic("request: the policy names an unknown time zone") // validated when the policy is compiled
	}
	received := r.ReceivedAt.In(zone)
	identified := received
	if r.VerifiedAt.After(r.ReceivedAt) {
		identified = r.VerifiedAt.In(zone)
	}
	clocks := []Clock{clock("policy", "answer", received, received.AddDate(0, 0, r.Terms.AnswerWithin))}
	every := r.Jurisdiction == ""
	if every || r.Jurisdiction == privacy.EU {
		clocks = append(clocks, clock("eu", "answer", received, privacy.AddMonths(received, 1)))
	}
	if every || r.Jurisdiction == privacy.UK {
		clocks = append(clocks, clock("uk", "answer", identified, privacy.AddMonths(identified, 1)))
	}
	if every || r.Jurisdiction == privacy.California {
		clocks = append(clocks,
			clock("california", "acknowledge", received, addBusinessDays(received, 10)),
			clock("california", "answer", received, received.AddDate(0, 0, 45)))
	}
	binding := 0
	for i, c := range clocks {
		if c.Kind == "answer" && c.DueAt.Before(clocks[binding].DueAt) {
			binding = i
		}
	}
	clocks[binding].Binding = true
	return clocks
}

// DueAt returns the deadline that binds.
func DueAt(r Request) time.Time {
	for _, c := range Clocks(r) {
		if c.Binding {
			return c.DueAt
		}
	}
	panic("request: no clock binds") // Clocks always marks one
}

func clock(law, kind string, start, due time.Time) Clock {
	end := time.Date(due.Year(), due.Month(), due.Day(), 23, 59, 59, 0, due.Location())
	return Clock{Law: law, Kind: kind, StartsAt: start.UTC(), DueAt: end.UTC()}
}

// addBusinessDays counts days that are neither weekends nor US federal holidays, from the day after t.
func addBusinessDays(t time.Time, days int) time.Time {
	calendar := cal.NewBusinessCalendar()
	calendar.AddHoliday(us.Holidays...)
	for days > 0 {
		t = t.AddDate(0, 0, 1)
		if calendar.IsWorkday(t) {
			days--
		}
	}
	return t
}
