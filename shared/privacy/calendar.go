package privacy

import "time"

// AddMonths adds calendar months to t. If the resulting month lacks the day, the result is the month's last day: six months after
// 31 August is 28 February, not 3 March (fault F22). The time of day and the zone do not change.
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
