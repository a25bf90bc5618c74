package request

import (
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/gb"
	"github.com/rickar/cal/v2/us"
)

// addUSBusinessDays counts days that are neither weekends nor US federal holidays, from the day after t.
func addUSBusinessDays(t time.Time, days int) time.Time {
	calendar := calendarOf(us.Holidays)
	for days > 0 {
		t = t.AddDate(0, 0, 1)
		if calendar.IsWorkday(t) {
			days--
		}
	}
	return t
}

// nextUKWorkday returns t, or the first day after it that is neither at a weekend nor a bank holiday in England and Wales.
func nextUKWorkday(t time.Time) time.Time {
	calendar := calendarOf(gb.Holidays)
	for !calendar.IsWorkday(t) {
		t = t.AddDate(0, 0, 1)
	}
	return t
}

func calendarOf(holidays []*cal.Holiday) *cal.BusinessCalendar {
	calendar := cal.NewBusinessCalendar()
	calendar.AddHoliday(holidays...)
	return calendar
}
