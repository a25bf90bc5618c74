package intake

import (
	"context"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/decision"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// check compares what is decided and what is stored with the limits, and with the other world.
func (w *worlds) check(rt *rapid.T) {
	category := rapid.SampledFrom([]privacy.Category{"", "", privacy.Identity, privacy.Transaction, privacy.Marketing, privacy.Contact}).Draw(rt, "category")
	for id := range emails {
		for _, purpose := range w.limited.Policy(w.limited.clock.Now()).Purposes {
			w.decision(rt, id, purpose, category)
		}
	}
	if w.walked {
		w.expiries(rt)
	}
}

func (r *rig) answers(rt *rapid.T, id string, purpose privacy.Purpose, category privacy.Category) decision.Answer {
	d := decision.Decider{Policy: r.Policy, Subjects: r.shelf, Consents: logShelf{r.shelf}, Aliases: r.Intake.Aliases, Now: r.clock.Now}
	answer, err := d.Answer(context.Background(), "crm", decision.Question{Subject: decision.Who{Named: record.Named{ID: &id}}, Purpose: purpose, Category: category})
	if err != nil {
		rt.Fatal(err)
	}
	return answer
}

func (w *worlds) decision(rt *rapid.T, id string, purpose policy.Purpose, category privacy.Category) {
	got, free := w.limited.answers(rt, id, purpose.ID, category), w.free.answers(rt, id, purpose.ID, category)
	var forbids *limit
	for _, l := range w.on(id) {
		if w.forbids(l, id, purpose, category) {
			forbids = l
		}
	}
	switch {
	case forbids != nil && got.Allowed:
		rt.Fatalf("%s may be used of %s for %s, which %+v forbids", category, id, purpose.ID, *forbids)
	case forbids == nil && got.Decision != free.Decision:
		rt.Fatalf("%s of %s for %s: %+v, not %+v; in force is %d", category, id, purpose.ID, got, free, len(w.on(id)))
	}
}

// forbids is the law: what a limit forbids, and what it has to leave.
func (w *worlds) forbids(l *limit, id string, purpose policy.Purpose, category privacy.Category) bool {
	if l.sale {
		return purpose.Sells
	}
	if purpose.ID == "security" || purpose.Basis == privacy.LegalObligation {
		return false
	}
	rests := purpose.Basis == privacy.Consent
	if len(l.objects) > 0 {
		return slices.Contains(l.objects, purpose.ID) && purpose.Basis != privacy.Contract && (!rests || !w.agreed(id, purpose.ID, l.at))
	}
	if !l.restricts {
		return false
	}
	named := slices.Contains(l.purposes, purpose.ID)
	if len(l.purposes) > 0 && !named || rests && (!named || w.agreed(id, purpose.ID, l.at)) {
		return false
	}
	switch {
	case len(l.categories) == 0 || named && category == "":
		return true
	case category != "":
		return slices.Contains(l.categories, category)
	default:
		for _, c := range w.limited.Policy(w.limited.clock.Now()).Categories {
			if slices.Contains(l.categories, c.ID) && slices.Contains(c.Purposes, purpose.ID) {
				return true
			}
		}
		return false
	}
}

// agreed reports whether somebody has agreed to a purpose since a time, and since whoever they are one person with today became so.
func (w *worlds) agreed(id string, purpose privacy.Purpose, since time.Time) bool {
	if w.joined && since.Before(w.since.Add(time.Second)) {
		since = w.since.Add(time.Second)
	}
	r := w.free
	var formerly []subject.Former
	sid := r.known(byID(id, ""))
	root, state, _, err := identity.Root(context.Background(), r.shelf, sid)
	if formerly = state.Formerly; err != nil {
		w.t.Fatal(err)
	}
	newest, err := consent.Together(context.Background(), logShelf{r.shelf}.Newest, root, formerly, r.clock.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	d := newest.Effective(purpose, r.clock.Now())
	return d.State == consent.Granted && d.DecidedAt.After(since)
}

// suspends reports whether somebody's records of a category are kept past their period.
func (w *worlds) suspends(id string, category privacy.Category) bool {
	return slices.ContainsFunc(w.on(id), func(l *limit) bool {
		return l.restricts && l.ground != privacy.Weighing && (len(l.categories) == 0 || slices.Contains(l.categories, category))
	})
}

// expiries compares the expiries of both worlds. Marketing data may be there that a withdrawal has ended in the other world while it was suspended. If
// the state was decided anew then, that data counts as the newest record, so account data without a contract may be kept longer, but never less long.
func (w *worlds) expiries(rt *rapid.T) {
	for id := range emails {
		limited, free := w.limited.filed(emails[id]), w.free.filed(emails[id])
		for k, other := range free {
			own, stored := limited[k]
			want := other
			longer := k.category.IsAccountData() && w.chosen && w.rebuilt
			if longer && stored && own.otherwise.IsZero() && (own.at.IsZero() || !own.at.Before(other.at)) {
				continue
			}
			if w.suspends(id, k.category) {
				if want = (expiry{}); k.category == privacy.Transaction || k.category == privacy.SecurityLog {
					want.otherwise = other.at
				}
			}
			if marketing := k.category == privacy.Marketing && w.chosen; (!stored || own != want) && !marketing {
				rt.Fatalf("%s: %v of %s is kept until %v, not %v", id, stored, k, own, want)
			}
		}
		for k := range limited {
			longer := k.category.IsAccountData() && w.chosen && w.rebuilt
			if _, stored := free[k]; !stored && k.category != privacy.Marketing && !longer {
				rt.Fatalf("%s: %s outlives the other world", id, k)
			}
		}
	}
}

type expiry struct{ at, otherwise time.Time }

// filed returns the expiries of the records that are filed under the one who had an address first, and are not over.
func (r *rig) filed(email string) map[key]expiry {
	out := map[key]expiry{}
	for sid, all := range r.records {
		for k, one := range all {
			mine := "first-7"
			if email == bo {
				mine = "first-8"
			}
			if _, is := all[key{privacy.Transaction, mine}]; is && sid != "" && !r.expired(one.ExpiresAt) {
				out[k] = expiry{one.ExpiresAt, one.Otherwise}
			}
		}
	}
	return out
}
