package decision

import (
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// imposed is when the limits of these tests were imposed: a month ago.
var imposed = now.AddDate(0, -1, 0)

// decided returns a record with the same decision about every purpose that rests on consent, made at the time given.
func decided(state consent.State, at time.Time) consent.Record {
	r := recorded(state, now.AddDate(1, 0, 0), now.AddDate(1, 0, 0), rules.Purposes...)
	for purpose, d := range r.Decisions {
		d.DecidedAt = at
		r.Decisions[purpose] = d
	}
	return r
}

// choices are what somebody has decided about every purpose.
func choices() map[string]consent.Record {
	expired := decided(consent.Granted, imposed.AddDate(0, 0, 1))
	for purpose, d := range expired.Decisions {
		d.ExpiresAt = now
		expired.Decisions[purpose] = d
	}
	return map[string]consent.Record{
		"nothing": {}, "granted before": decided(consent.Granted, imposed.Add(-1)), "granted in the moment": decided(consent.Granted, imposed),
		"granted since": decided(consent.Granted, imposed.Add(1)), "denied since": decided(consent.Denied, imposed.Add(1)), "granted since, expired": expired,
	}
}

// restricts returns the state after a restriction: of everything, of purposes, or of categories.
func restricts(ground privacy.Ground, purposes []privacy.Purpose, categories ...privacy.Category) standing.State {
	s, _ := standing.Unknown.Restricted(standing.Restriction{Request: "r", At: imposed, Ground: ground, Purposes: purposes, Categories: categories})
	return s
}

func objects(purposes ...privacy.Purpose) standing.State {
	s, _ := standing.Unknown.Objected(standing.Objection{Request: "o", At: imposed, Purposes: purposes})
	return s
}

// TestPromise_H04_H06_H10_PurposeByLimit is the table of every declared purpose, every right that limits its use, every choice and either age. The
// rules are those of the law, written once more: what must not be limited, and what a consent may undo.
func TestPromise_H04_H06_H10_PurposeByLimit(t *testing.T) {
	p := policy.InForce(now)
	cells := map[Reason]int{}
	for _, purpose := range p.Purposes {
		law, consented := purpose.Basis == privacy.LegalObligation, purpose.Basis == privacy.Consent
		interest := purpose.Basis == privacy.LegitimateInterests && purpose.ID != "security" // the only one that protects others
		free := law || purpose.ID == "security"
		type row struct {
			state    standing.State
			reason   Reason // if it forbids the purpose
			forbids  bool
			undoable bool // by a consent that is given later
		}
		rows := map[string]row{
			"nothing":          {standing.Unknown, "", false, false},
			"an opt-out":       {standing.Unknown.OptedOut(standing.OptOut{Request: "p", At: imposed}), ByOptOut, purpose.ID == privacy.MarketingCookies, false},
			"an objection":     {objects(purpose.ID), ByObjection, interest || consented, consented},
			"another one":      {objects("another"), ByObjection, false, false},
			"one to all":       {objects(ids(p.Purposes)...), ByObjection, interest || consented, consented},
			"an opt-out taken": {standing.Unknown.OptedOut(standing.OptOut{Request: "p", At: imposed}).Lifted("p", now), ByOptOut, false, false},
			"one taken back":   {objects(purpose.ID).Lifted("o", now), ByObjection, false, false},
		}
		for _, ground := range privacy.Grounds {
			name := string(ground)
			rows[name+" of everything"] = row{restricts(ground, nil), ByRestriction, !free && !consented, false}
			rows[name+" of the purpose"] = row{restricts(ground, []privacy.Purpose{purpose.ID}), ByRestriction, !free, consented}
			rows[name+" of another"] = row{restricts(ground, []privacy.Purpose{"another"}), ByRestriction, false, false}
			rows[name+", taken back"] = row{restricts(ground, nil).Lifted("r", now), ByRestriction, false, false}
		}
		for limit, r := range rows {
			for choice, newest := range choices() {
				for _, under16 := range []bool{false, true} {
					want := Decision{Basis: purpose.Basis, Allowed: true, Reason: ByBasis}
					state := newest.Effective(purpose.ID, now).State
					if consented {
						want.Allowed, want.Reason = state == consent.Granted, Reason(state)
						if want.Allowed {
							want.Reason = ByConsent
						}
					}
					if r.forbids && (!r.undoable || choice != "granted since") {
						want.Allowed, want.Reason = false, r.reason
					}
					if consented && under16 {
						want.Allowed, want.Reason = false, ByAge
					}
					got := Decide(p, purpose.ID, Facts{Newest: newest, Standing: r.state, Under16: under16, Now: now})
					if cells[got.Reason]++; got != want {
						t.Errorf("%s, %s, %s, under 16 %t: %+v, not %+v", purpose.ID, limit, choice, under16, got, want)
					}
				}
			}
		}
	}
	for _, reason := range []Reason{ByBasis, ByConsent, ByAge, ByRestriction, ByOptOut, ByObjection, "denied", "expired", "undecided"} {
		if cells[reason] == 0 {
			t.Errorf("no cell of the table says %s", reason)
		}
	}
}

func ids(purposes []policy.Purpose) (all []privacy.Purpose) {
	for _, p := range purposes {
		all = append(all, p.ID)
	}
	return all
}

// H04: a restriction of categories contests the purposes that they serve, or the use of those categories if the question names one.
func TestPromise_H04_ARestrictionOfCategories(t *testing.T) {
	p := policy.InForce(now)
	for _, ground := range privacy.Grounds {
		s := restricts(ground, nil, privacy.Communication)
		for _, purpose := range p.Purposes {
			for _, category := range append([]privacy.Category{""}, privacy.Categories[:]...) {
				serves := purpose.ID == "customer_support" || purpose.ID == "quality_assurance"
				contested := category == privacy.Communication || category == "" && serves
				if purpose.ID == "security" || purpose.Basis == privacy.LegalObligation || purpose.Basis == privacy.Consent {
					contested = false
				}
				got := Decide(p, purpose.ID, Facts{Newest: decided(consent.Granted, imposed.Add(-1)), Standing: s, Category: category, Now: now})
				if got.Allowed == contested || (got.Reason == ByRestriction) != contested {
					t.Errorf("%s, %s of %q: %+v", ground, purpose.ID, category, got)
				}
			}
		}
	}
}

// Of several limits, the reason names the one that is hardest to undo. Each alone is enough.
func TestWhichLimitIsNamed(t *testing.T) {
	p := policy.InForce(now)
	const cookies = privacy.MarketingCookies
	all := restricts(privacy.Claims, []privacy.Purpose{cookies}).OptedOut(standing.OptOut{Request: "p", At: imposed})
	all, _ = all.Objected(standing.Objection{Request: "o", At: imposed, Purposes: []privacy.Purpose{cookies}})
	for _, step := range []struct {
		lift string
		want Reason
	}{{"", ByRestriction}, {"r", ByOptOut}, {"p", ByObjection}, {"o", ByConsent}} {
		all = all.Lifted(step.lift, now)
		if got := Decide(p, cookies, Facts{Newest: decided(consent.Granted, imposed), Standing: all, Now: now}); got.Reason != step.want || got.Allowed != (step.want == ByConsent) {
			t.Errorf("without %q: %+v", step.lift, got)
		}
	}
}

// H06: after a join, only a consent undoes an objection that was given after the join, since an older one may be that of the other. Once the join was
// taken back, each consent counts again for who gave it.
func TestPromise_H06_AnObjectionOutlivesAJoin(t *testing.T) {
	p := policy.InForce(now)
	joined := imposed.AddDate(0, 0, 10)
	s := objects(privacy.MarketingEmail)
	s.Formerly = []subject.Former{{ID: "b", At: joined.Truncate(time.Second)}}
	since := joined.Truncate(time.Second).Add(time.Second)
	for name, c := range map[string]struct {
		state   standing.State
		granted time.Time
		allowed bool
	}{
		"granted before the join":            {s, joined.AddDate(0, 0, -1), false},
		"granted in its second":              {s, since, false},
		"granted after it":                   {s, since.Add(1), true},
		"taken back":                         {s.Separated("b"), joined.AddDate(0, 0, -1), true},
		"taken back, granted before it":      {s.Separated("b"), imposed.Add(-1), false},
		"objected after the join":            {later(s, since), since, false},
		"objected after the join, and after": {later(s, since), since.Add(1), true},
	} {
		if got := Decide(p, privacy.MarketingEmail, Facts{Newest: decided(consent.Granted, c.granted), Standing: c.state, Now: now}); got.Allowed != c.allowed {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// later returns a state whose only objection was repeated at the time given.
func later(s standing.State, at time.Time) standing.State {
	s.Objections = slices.Clone(s.Objections)
	s.Objections[0].At = at
	return s
}
