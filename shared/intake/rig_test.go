package intake

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// rig is an intake on a shelf, with a clock that tests move.
type rig struct {
	*Intake
	*shelf
	identity *identity.Identity
	clock    *testclock.Clock
}

const (
	anna  = "anna@example.org"
	start = "2026-11-23T12:00:00Z"
)

func newRig() *rig {
	clock := testclock.New(moment(start))
	s := &shelf{
		now: clock.Now, aliases: map[string]subject.Alias{}, states: map[privacy.SubjectID]standing.Snapshot{},
		records: map[privacy.SubjectID]map[key]shelved{}, log: map[string]consent.Record{}, tasks: map[privacy.SubjectID]int64{}, most: 100,
		calls: map[string]int{}, changes: map[Change]int{},
	}
	aliases := subject.Key("alias key")
	return &rig{
		&Intake{Subjects: s, Store: s, Consents: logShelf{s}, Aliases: aliases, Policy: policy.InForce, Now: clock.Now}, s,
		&identity.Identity{Store: identities{s}, Aliases: aliases, Policy: policy.InForce, Now: clock.Now}, clock,
	}
}

// by names a data subject by an address, as the company's CRM does.
func by(email string) subject.Named { return subject.Named{Client: "crm", Address: at(email)} }

// byID names a data subject by the CRM's id, and by an address if it is not empty.
func byID(id, email string) subject.Named {
	who := subject.Named{Client: "crm", ID: id}
	if email != "" {
		who.Address = at(email)
	}
	return who
}

func at(email string) subject.Address {
	to, err := subject.ParseAddress(email)
	if err != nil {
		panic(err)
	}
	return to
}

// moment reads a time; "" is the zero time.
func moment(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil && s != "" {
		panic(err)
	}
	return t
}

// sid returns the id of anna, "" if she is not known.
func (r *rig) sid() privacy.SubjectID { return r.known(by(anna)) }

// known returns who is known by the id of a call, or else by its address; "" if nobody is, or several are.
func (r *rig) known(who subject.Named) privacy.SubjectID {
	keys := identity.KeysOf(r.Intake.Aliases, who)
	if keys.ID == "" {
		keys.ID = keys.Address
	}
	a, _ := r.alias(keys.ID)
	return a.Subject()
}

// stored returns the expiry of each record that is stored about anna; "" where nothing has started the period.
func (r *rig) stored() map[string]string {
	out := map[string]string{}
	for k, one := range r.records[r.sid()] {
		if r.expired(one.ExpiresAt) {
			continue
		}
		expires := ""
		if !one.ExpiresAt.IsZero() {
			expires = one.ExpiresAt.Format(time.RFC3339)
		}
		out[string(k.category)+"#"+k.id] = expires
	}
	return out
}

// expect compares what is stored about anna with the expiries given.
func (r *rig) expect(t testing.TB, name string, want map[string]string) {
	t.Helper()
	if got := r.stored(); !maps.Equal(got, want) {
		t.Errorf("%s:\n got  %v\n want %v", name, got, want)
	}
}

// put sends one record about anna and expects the outcome.
func (r *rig) put(t testing.TB, one record.Record, want record.Outcome) Result {
	t.Helper()
	got, err := r.TakeOne(t.Context(), Line{by(anna), one})
	if err != nil || got.Outcome != want {
		t.Errorf("%s %s: %v %v, not %s", one.Category, one.ID, got, err, want)
	}
	return got
}

// send sends records about anna in one call.
func (r *rig) send(records ...record.Record) []Result {
	lines := make([]Line, len(records))
	for i, one := range records {
		lines[i] = Line{by(anna), one}
	}
	return r.Take(context.Background(), lines)
}

// outcomes returns the outcome of each result; an error is its kind.
func outcomes(results []Result) (all []string) {
	for _, r := range results {
		if r.Err != nil {
			all = append(all, "error")
		} else {
			all = append(all, string(r.Outcome))
		}
	}
	return slices.Clip(all)
}
