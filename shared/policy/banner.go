package policy

import "time"

// Banner says whether the website shows that the policy has changed (promise K03).
type Banner struct {
	Show          bool
	Version       string    // the announced version; a dismissal counts for this version only
	EffectiveFrom string    // its first day in force, YYYY-MM-DD in the controller's time zone; it may lie ahead
	Until         time.Time // when the banner disappears, in UTC
	Summary       string
}

// BannerAt returns the banner's state at the time now. The banner is about what was published, in force or not yet, so p is [Newest]. It says
// for how many days the banner is shown.
func (p *Policy) BannerAt(now time.Time) Banner { return bannerAt(published, p.BannerDays, now) }

// bannerAt announces the newest version whose publication starts notices (promise K05). An editorial correction soon after it does
// not remove the banner. list starts with the newest version.
func bannerAt(list History, days int, now time.Time) Banner {
	announced := list[0]
	for _, p := range list {
		if p.Kind != Editorial {
			announced = p
			break
		}
	}
	until := DaysAfter(announced.LastUpdated, days)
	return Banner{
		Show:    announced.Kind != Editorial && now.Before(until),
		Version: announced.Version, EffectiveFrom: announced.EffectiveFrom, Until: until, Summary: announced.Summary,
	}
}
