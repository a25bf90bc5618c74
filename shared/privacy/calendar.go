package privacy

import "time"

// AddMonths moves t by months of the calendar. Where the day does not exist in the month it is that month's last: six months after
// 31 August is 28 February, not 3 March (fault F22). The time of day and the zone stay.
func AddMonths(t time.Time, months int) time.Time {
	first := time.Date(t.Year(), t.Month()+time.Month(months), 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1)
}

// NextMonth returns the first midnight of the month after t, in UTC.
func NextMonth(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, time.UTC)
}
