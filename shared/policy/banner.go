package policy

import "time"

// Banner says whether the website shows that the policy has changed (promise K03).
type Banner struct {
	Show    bool
	Version string    // the version announced; a dismissal counts for this one only
	Until   time.Time // when the banner goes, in UTC
	Summary string
}

// BannerAt returns the banner's state at the time now, for as many days as the policy says.
func (p *Policy) BannerAt(now time.Time) Banner { return bannerAt(published, p.BannerDays, now) }

// bannerAt announces the newest version whose publication starts notices (promise K05). An editorial correction soon
// after it does not take the banner away. list starts with the newest version.
func bannerAt(list []Published, days int, now time.Time) Banner {
	announced := list[0]
	for _, p := range list {
		if p.Kind != "editorial" {
			announced = p
			break
		}
	}
	until := DaysAfter(announced.LastUpdated, days)
	return Banner{
		Show:    announced.Kind != "editorial" && now.Before(until),
		Version: announced.Version, Until: until, Summary: announced.Summary,
	}
}
