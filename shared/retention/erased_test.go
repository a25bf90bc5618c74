package retention

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// H03: what an erasure covers expires when it began, unless its ground lasts longer. What came after it, and what nobody erased, has its regular period.
func TestPromise_H03_ThePeriodOfWhatAnErasureCovers(t *testing.T) {
	p, began, now, own := policy.Newest(), at("2026-11-20"), at("2026-11-23"), at("2027-05-05")
	running := standing.State{Contract: standing.Running}.Erase("e", []privacy.SubjectID{"anna"}, at("2028-11-20"), began)
	ends := running.Contracted([]standing.Account{{EndedAt: at("2026-12-24")}})
	none := standing.Unknown.Erase("e", []privacy.SubjectID{"anna"}, at("2028-11-20"), began)
	held := none.Place(standing.Hold{ID: "h", At: began})
	for name, c := range map[string]struct {
		state    standing.State
		person   privacy.SubjectID
		category privacy.Category
		after    string
		want     Expiry
	}{
		"account data":                              {none, "anna", privacy.Contact, "", Expiry{At: began}},
		"account data, a contract runs":             {running, "anna", privacy.Contact, "", Expiry{}},
		"account data, taken in since":              {running, "anna", privacy.Contact, standing.Covered, Expiry{}},
		"account data, a contract ends":             {ends, "anna", privacy.Contact, "", Expiry{At: at("2026-12-24")}},
		"account data, taken in since, ends":        {ends, "anna", privacy.Contact, standing.Covered, Expiry{At: at("2026-12-24")}},
		"account data of after the erasure":         {ends, "anna", privacy.Contact, "e", Expiry{At: at("2028-12-24")}},
		"account data of somebody joined":           {ends, "bo", privacy.Contact, "", Expiry{At: at("2028-12-24")}},
		"a transcript":                              {running, "anna", privacy.Communication, "", Expiry{At: began}},
		"a transcript of an earlier erasure":        {running, "anna", privacy.Communication, "another", Expiry{At: began}},
		"a transcript of after the erasure":         {running, "anna", privacy.Communication, "e", Expiry{At: own}},
		"a transcript of somebody joined":           {running, "bo", privacy.Communication, "", Expiry{At: own}},
		"a transcript, held":                        {held, "anna", privacy.Communication, "", Expiry{Otherwise: own}},
		"a transcript, released":                    {held.Release("h", now), "anna", privacy.Communication, "", Expiry{At: began}},
		"account data, held":                        {held, "anna", privacy.Contact, "", Expiry{}},
		"account data, released":                    {held.Release("h", now), "anna", privacy.Contact, "", Expiry{At: began}},
		"an invoice":                                {none, "anna", privacy.Transaction, "", Expiry{At: own}},
		"an invoice, held":                          {held, "anna", privacy.Transaction, "", Expiry{Otherwise: own}},
		"a log":                                     {none, "anna", privacy.SecurityLog, "", Expiry{At: own}},
		"marketing data":                            {none, "anna", privacy.Marketing, "", Expiry{At: began}},
		"taken in by another's erasure, which left": {standing.State{Contract: standing.Ended, EndedAt: began}, "anna", privacy.Contact, standing.Covered, Expiry{At: began}},
	} {
		period := PeriodOf(p, c.category, c.state, c.person, now)
		got := period.Of(Expiry{At: own}, c.after)
		if !got.At.Equal(c.want.At) || !got.Otherwise.Equal(c.want.Otherwise) || period.Of(got, c.after) != got {
			t.Errorf("%s: %v, not %v, and again %v", name, got, c.want, period.Of(got, c.after))
		}
	}
	released := PeriodOf(p, privacy.Transaction, held.Release("h", now), "anna", now)
	if got := released.Of(Expiry{Otherwise: own}, ""); got != (Expiry{At: own}) {
		t.Errorf("a released invoice: %v", got)
	}
}

// H03: what is taken in although an erasure covers it ends with the ground on which it is withheld.
func TestPromise_H03_WhatIsTakenInAlthoughAnErasureCoversIt(t *testing.T) {
	p, began, own := policy.Newest(), at("2026-11-20"), at("2027-05-05")
	running := standing.State{Contract: standing.Running}.Erase("e", []privacy.SubjectID{"anna"}, own, began)
	ends := running.Contracted([]standing.Account{{EndedAt: at("2026-12-24")}})
	for name, c := range map[string]struct {
		state    standing.State
		category privacy.Category
		want     time.Time
	}{
		"while a contract runs": {running, privacy.Identity, time.Time{}}, "until it ends": {ends, privacy.Identity, at("2026-12-24")}, "by law": {ends, privacy.Transaction, own},
	} {
		if got := Kept(p.RetentionFor(c.category), c.category, own, c.state, true); got != (Expiry{At: c.want}) {
			t.Errorf("%s: %v", name, got)
		}
	}
}
