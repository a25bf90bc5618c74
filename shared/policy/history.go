package policy

import (
	"fmt"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Published is an entry of the list of all versions ever published. Its times are computed at build time, so that no function needs the
// tables of time zones for them.
type Published struct {
	Version       string   `json:"version"`
	LastUpdated   string   `json:"lastUpdated"`
	EffectiveFrom string   `json:"effectiveFrom"` // first day in force, YYYY-MM-DD in the controller's time zone (promise K06)
	Kind          string   `json:"kind"`
	Author        string   `json:"author"`
	Summary       string   `json:"summary"`
	WhatChanged   []Change `json:"whatChanged,omitempty"`
	SHA256        string   `json:"sha256"` // hex digest of the JSON bytes served for the version (promise A02)

	Asked        []privacy.Purpose `json:"-"` // purposes that rest on consent in this version, in its order
	From         int64             `json:"-"` // when it comes into force, in Unix seconds: 00:00 of EffectiveFrom where the controller is
	Until        int64             `json:"-"` // when the next version replaces it at the latest, in Unix seconds; 0 for the newest
	Announce     int64             `json:"-"` // when its notices start, in Unix seconds
	NoticeWithin int               `json:"-"` // days from Announce within which every notice is sent
}

// InForceFrom returns when the version comes into force, in UTC.
func (v Published) InForceFrom() time.Time { return time.Unix(v.From, 0).UTC() }

// Replaced returns when the next version replaces it at the latest, in UTC. The next version is deployed at some time of the day of its
// publication, so if it is in force from that day on, the older one may be in force until the day ends.
func (v Published) Replaced() time.Time { return time.Unix(v.Until, 0).UTC() }

// AnnounceAt returns when the notices about the version start, in UTC.
func (v Published) AnnounceAt() time.Time { return time.Unix(v.Announce, 0).UTC() }

// History is a list of published versions, the newest first.
type History []Published

// Versions returns every version ever published, starting with the newest (promise A02). Callers must not change the list.
func Versions() History { return published }

// Has reports whether a version was ever published.
func (list History) Has(version string) bool {
	_, ok := list.Find(version)
	return ok
}

// Find returns a version by its name, and false if it was never published.
func (list History) Find(version string) (Published, bool) {
	i := slices.IndexFunc(list, func(v Published) bool { return v.Version == version })
	if i < 0 {
		return Published{}, false
	}
	return list[i], true
}

// InForce returns the version in force at the time now.
func (list History) InForce(now time.Time) Published {
	return list[newestBy(now, len(list), func(i int) int64 { return list[i].From })]
}

// State says where a published version stands.
type State string

// The states.
const (
	StateComing   State = "coming" // published, but not in force yet
	StateInForce  State = "in_force"
	StateReplaced State = "replaced"
	StateSkipped  State = "skipped" // never in force, because the next version replaces it before
)

// State returns where a version of the list stands at the time now.
func (list History) State(v Published, now time.Time) State {
	switch in := list.InForce(now); {
	case v.Version == in.Version:
		return StateInForce
	case v.skipped():
		return StateSkipped
	case v.From > now.Unix():
		return StateComing
	default:
		return StateReplaced
	}
}

// skipped reports whether the next version replaces this one before it comes into force.
func (v Published) skipped() bool { return v.Until != 0 && v.Until <= v.From }

// Coming returns the versions that are published but not in force yet at the time now, the newest first.
func (list History) Coming(now time.Time) History {
	for i, v := range list {
		if v.From <= now.Unix() {
			return list[:i]
		}
	}
	return list[:max(0, len(list)-1)] // as InForce says, the oldest is in force
}

// Older reports whether version a was published before version b. A version that was never published counts as older than any other.
func (list History) Older(a, b string) bool {
	for _, v := range list {
		if v.Version == a {
			return false
		}
		if v.Version == b {
			return true
		}
	}
	return true
}

// InUse returns how many versions, from the newest on, may be in force on the day on which the newest was published or later.
func (list History) InUse(policies []*Policy) (int, error) {
	published, err := policies[0].midnight(policies[0].LastUpdated)
	if err != nil {
		return 0, err
	}
	for i, v := range list {
		if v.From <= published.Unix() {
			return i + 1, nil
		}
	}
	return len(list), nil
}

// Chronicle returns the list of versions for policies, without the digests of their texts. Both lists start with the newest.
func Chronicle(policies []*Policy) (History, error) {
	list := make(History, len(policies))
	var newer *Policy // the one before in the list
	for i, p := range policies {
		v := Published{
			Version: p.Version, LastUpdated: p.LastUpdated, EffectiveFrom: p.firstDay(), Kind: p.Kind, Author: p.Author, Summary: p.Summary,
			WhatChanged: p.WhatChanged, NoticeWithin: p.NoticeWithin, Asked: p.asked(),
		}
		from, err := p.midnight(v.EffectiveFrom)
		if err != nil {
			return nil, fmt.Errorf("/effectiveFrom of %s: %w", p.Version, err)
		}
		announce, err := p.announce()
		if err != nil {
			return nil, fmt.Errorf("/announceAt of %s: %w", p.Version, err)
		}
		v.From, v.Announce = from.Unix(), announce.Unix()
		if newer != nil {
			if v.Until, err = newer.replaces(list[i-1].From); err != nil {
				return nil, err
			}
		}
		list[i], newer = v, p
	}
	return list, nil
}

// firstDay returns the first day in force. The first versions do not state it: they came into force on the day of their publication.
func (p *Policy) firstDay() string {
	if p.EffectiveFrom == "" {
		return p.LastUpdated
	}
	return p.EffectiveFrom
}

// replaces returns when a version that comes into force at from replaces the one before it at the latest, in Unix seconds: at that time, or
// at the end of the day of its publication if that is later.
func (p *Policy) replaces(from int64) (int64, error) {
	day, err := time.Parse(time.DateOnly, p.LastUpdated)
	if err != nil {
		return 0, err
	}
	end, err := p.midnight(day.AddDate(0, 0, 1).Format(time.DateOnly))
	return max(from, end.Unix()), err
}

// announce returns when the notices about the version start: at AnnounceAt, or at 09:00 on the day of its publication where the controller
// is.
func (p *Policy) announce() (time.Time, error) {
	if p.AnnounceAt != "" {
		return time.Parse(time.RFC3339, p.AnnounceAt)
	}
	zone, err := time.LoadLocation(p.Controller.TimeZone)
	if err != nil {
		return time.Time{}, err
	}
	return time.ParseInLocation(time.DateOnly+" 15:04", p.LastUpdated+" 09:00", zone)
}

// midnight returns when a day begins in the controller's time zone. In some zones a few days have no 00:00, because the clocks go forward
// at that time.
func (p *Policy) midnight(day string) (time.Time, error) {
	zone, err := time.LoadLocation(p.Controller.TimeZone)
	if err != nil {
		return time.Time{}, err
	}
	t, err := time.ParseInLocation(time.DateOnly, day, zone)
	for err == nil && t.Format(time.DateOnly) < day {
		t = t.Add(15 * time.Minute)
	}
	return t, err
}
