package pages

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// edition is a published version with its place among the others.
type edition struct {
	policy.Published
	State    policy.State
	Next     string // the first day of the next version; empty if there is no newer version
	Previous string // the version that was published before it; empty for the first
}

// LastDay returns the last day on which the version is in force.
func (e edition) LastDay() string { return dayAfter(e.Next, -1) }

// here is the origin of links from one page to another, which name no host.
const here = links.Origin("")

// Path returns the address of the version's page.
func (e edition) Path() string { return here.Version(e.Version) }

// ChangesPath returns the address of the page that says what the version changed.
func (e edition) ChangesPath() string { return here.Changes(e.Version) }

// ErrNoVersion means that no version with the name was ever published.
var ErrNoVersion = errors.New("pages: no such version")

// index returns the place of a version among the published ones, or ErrNoVersion.
func (p Policies) index(version string) (int, error) {
	i := slices.IndexFunc(p.Published, func(v policy.Published) bool { return v.Version == version })
	if i < 0 {
		return 0, ErrNoVersion
	}
	return i, nil
}

// decode reads the published bytes of a version. Older versions lack the newer members.
func (p Policies) decode(version string) (*policy.Policy, error) {
	text, ok := p.Text(version)
	if !ok {
		return nil, fmt.Errorf("pages: version %s has no text", version)
	}
	var decoded policy.Policy
	if err := json.Unmarshal(text, &decoded); err != nil {
		return nil, fmt.Errorf("pages: version %s: %w", version, err)
	}
	return &decoded, nil
}

// editions returns every version, the newest first, as seen while the version at index now is in force.
func (p Policies) editions(now int) []edition {
	all, begins := make([]edition, len(p.Published)), p.Published[now].InForceFrom()
	for i, v := range p.Published {
		e := edition{Published: v, State: p.Published.State(v, begins)}
		if i+1 < len(all) {
			e.Previous = p.Published[i+1].Version
		}
		if i > 0 {
			e.Next = p.Published[i-1].EffectiveFrom // never earlier than that of v
		}
		all[i] = e
	}
	return all
}

// dayAfter returns the date a number of days after another.
func dayAfter(date string, days int) string {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return t.AddDate(0, 0, days).Format(time.DateOnly)
}
