package retention

import (
	"testing"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// restricted returns the state after the use of some categories was restricted, or of all.
func restricted(s standing.State, categories ...privacy.Category) standing.State {
	s, _ = s.Restricted(standing.Restriction{Request: "1", At: at("2026-11-23"), Ground: privacy.Claims, Categories: categories})
	return s
}

// H04: a record that is suspended has no expiry. It keeps its own, if it has one that cannot be computed from the state.
func TestPromise_H04_TheExpiryOfASuspendedRecord(t *testing.T) {
	regular := at("2027-01-01")
	own := map[privacy.Category]bool{privacy.Transaction: true, privacy.Communication: true, privacy.SecurityLog: true}
	for _, category := range privacy.Categories {
		rule := policy.Newest().RetentionFor(category)
		free, all := Kept(rule, category, regular, standing.Unknown, false), Kept(rule, category, regular, restricted(standing.Unknown), false)
		other := Kept(rule, category, regular, restricted(standing.Unknown, "another"), false)
		want := Expiry{}
		switch {
		case category == privacy.Analytics: // has no data subject
			want.At = regular
		case own[category]:
			want.Otherwise = regular
		}
		if free != (Expiry{At: regular}) || other != free || all != want {
			t.Errorf("%s: %v, suspended %v, another category %v", category, free, all, other)
		}
		if category.HasSubject() && FollowsState(category) == own[category] {
			t.Errorf("%s has an expiry of its own: %t", category, own[category])
		}
	}
}

// The period of a category's records follows from the state, or is their own.
func TestPeriodOf(t *testing.T) {
	p, now := policy.Newest(), at("2026-11-23T12:00:00Z")
	ended := standing.State{Contract: standing.Ended, EndedAt: at("2026-11-01"), Marketing: standing.Withdrawn}
	for name, c := range map[string]struct {
		category privacy.Category
		state    standing.State
		want     Period
	}{
		"account data":                {privacy.Contact, ended, Period{At: at("2028-11-01")}},
		"while a contract runs":       {privacy.Contact, standing.State{Contract: standing.Running}, Period{}},
		"account data, suspended":     {privacy.Contact, restricted(ended), Period{Suspended: true}},
		"account data, not suspended": {privacy.Contact, restricted(ended, privacy.Account), Period{At: at("2028-11-01")}},
		"marketing, withdrawn":        {privacy.Marketing, ended, Period{At: now}},
		"marketing, suspended":        {privacy.Marketing, restricted(ended, privacy.Marketing), Period{Suspended: true}},
		"an invoice":                  {privacy.Transaction, ended, Period{Own: true}},
		"an invoice, suspended":       {privacy.Transaction, restricted(ended), Period{Own: true, Suspended: true}},
	} {
		if got := PeriodOf(p, c.category, c.state, "anna", now); got.Suspended != c.want.Suspended || got.Own != c.want.Own || !got.At.Equal(c.want.At) {
			t.Errorf("%s: %+v, not %+v", name, got, c.want)
		}
	}
}

// A record is suspended once and restored to the second, however often a walk passes by.
func TestPeriodsOfStoredRecords(t *testing.T) {
	one, other := at("2027-01-01"), at("2027-02-02")
	for name, c := range map[string]struct {
		period    Period
		was, want Expiry
	}{
		"its own":                          {Period{Own: true}, Expiry{At: one}, Expiry{At: one}},
		"its own, none":                    {Period{Own: true}, Expiry{}, Expiry{}},
		"suspended":                        {Period{Own: true, Suspended: true}, Expiry{At: one}, Expiry{Otherwise: one}},
		"suspended already":                {Period{Own: true, Suspended: true}, Expiry{Otherwise: one}, Expiry{Otherwise: one}},
		"suspended, none":                  {Period{Own: true, Suspended: true}, Expiry{}, Expiry{}},
		"lifted":                           {Period{Own: true}, Expiry{Otherwise: one}, Expiry{At: one}},
		"follows the state":                {Period{At: other}, Expiry{At: one}, Expiry{At: other}},
		"follows the state, never":         {Period{}, Expiry{At: one}, Expiry{}},
		"follows the state, is suspended":  {Period{Suspended: true}, Expiry{At: one}, Expiry{}},
		"follows the state, was suspended": {Period{At: other}, Expiry{}, Expiry{At: other}},
	} {
		got := c.period.Of(c.was, "")
		if got != c.want || c.period.Of(got, "") != got {
			t.Errorf("%s: %v, and again %v", name, got, c.period.Of(got, ""))
		}
	}
}
