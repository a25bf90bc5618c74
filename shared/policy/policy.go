package policy

import "time"

//go:generate go run ./compile

// InForce returns the version of the policy that is in force at the time now. A function that is running must call it for each act, since
// a version may come into force at any midnight (promise K06). Callers must not change the policy, because all of them share one static
// literal. What consents need has its own type, [Consents], which does not link the whole policy.
func InForce(now time.Time) *Policy {
	return &versions[newestBy(now, len(versions), func(i int) int64 { return versions[i].From })].Policy
}

// Newest returns the version that was published last, which may not be in force yet.
func Newest() *Policy { return &versions[0].Policy }

// version is a compiled version with the time at which it comes into force, in Unix seconds.
type version struct {
	From   int64
	Policy Policy
}

// newestBy returns the index of the newest of n versions that has come into force by the time now. The list starts with the newest. If
// none has, it returns the index of the oldest, because some version is always in force.
func newestBy(now time.Time, n int, from func(i int) int64) int {
	for i := range n {
		if from(i) <= now.Unix() {
			return i
		}
	}
	return n - 1
}

// DaysAfter returns the end of the last of the given number of days after a date of publication, in UTC. A publication happens at
// some time of its day, so whole days count from the next midnight (promise K03). DaysAfter panics if the date is not YYYY-MM-DD:
// dates are compiled in and checked at build time.
func DaysAfter(date string, days int) time.Time {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		panic("policy: a date of publication is not YYYY-MM-DD")
	}
	return day.AddDate(0, 0, days+1)
}
