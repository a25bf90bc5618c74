package consent_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/consent/consenttest"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

const (
	sharing = privacy.MarketingCookies // counts as sharing
	day     = 24 * time.Hour
)

// about is an act of the visitor v#x about one purpose.
func about(purpose privacy.Purpose, state consent.State) consent.Act {
	act := decides(state)
	act.Decisions = map[privacy.Purpose]consent.State{purpose: state}
	return act
}

// records records an act.
func (v *visitor) records(t testing.TB, act consent.Act) consent.Record {
	t.Helper()
	r, err := v.recorder.Record(t.Context(), act)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// optsOut opts the visitor out.
func (v *visitor) optsOut(t testing.TB) consent.Record {
	t.Helper()
	r, err := v.recorder.OptOut(t.Context(), "v#x", uuid.NewString())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// signals records an act about another purpose that came with the privacy signal.
func (v *visitor) signals(t testing.TB) consent.Record {
	t.Helper()
	act := about(privacy.Testimonials, consent.Denied)
	act.GPC = true
	return v.records(t, act)
}

// sharing returns what holds about sharing at the time of the clock.
func (v *visitor) sharing(t testing.TB) consent.Decision {
	t.Helper()
	r, err := v.recorder.Current(t.Context(), "v#x")
	if err != nil {
		t.Fatal(err)
	}
	return r.Effective(sharing, v.Now())
}

// H10: an opt-out needs nothing but the visitor. It denies what counts as sharing and nothing else, on the next read.
func TestPromise_H10_AnOptOutHoldsOnTheNextRead(t *testing.T) {
	v := newVisitor()
	v.records(t, about(sharing, consent.Granted))
	v.records(t, about(privacy.AnalyticsCookies, consent.Granted))
	r := v.optsOut(t)
	if r.Surface != "opt_out" || r.GPC || r.PolicyVersion != inForce.Version || r.Version != 3 {
		t.Errorf("the record is %+v", r)
	}
	for _, purpose := range rules.Purposes {
		is, shares := r.Effective(purpose, now), rules.Shares(purpose)
		if is.OptOut != shares || (is.State == consent.Denied) != shares {
			t.Errorf("%s: %+v", purpose, is)
		}
	}
	if is := r.Effective(privacy.AnalyticsCookies, now); is.State != consent.Granted {
		t.Errorf("what shares nothing: %+v", is)
	}
	if is := v.sharing(t); is.State != consent.Denied || !is.OptOut {
		t.Errorf("the next read: %+v", is)
	}
}

// H10, D01: after an opt-out, and after the signal, nobody is asked again on day 364. On day 366 they may be. After any other denial it is six months.
func TestPromise_H10_WhenSomebodyIsAskedAgain(t *testing.T) {
	for name, row := range map[string]struct {
		act          func(v *visitor)
		denied, over int // days
	}{
		"an opt-out": {func(v *visitor) { v.optsOut(t) }, 364, 366},
		"the signal": {func(v *visitor) { v.signals(t) }, 364, 366},
		"the signal with a grant": {func(v *visitor) {
			act := about(sharing, consent.Granted)
			act.GPC = true
			v.records(t, act)
		}, 364, 366},
		"the banner": {func(v *visitor) { v.records(t, about(sharing, consent.Denied)) }, 180, 182},
		"the banner, then the signal": {func(v *visitor) {
			v.records(t, about(sharing, consent.Denied))
			v.signals(t)
		}, 364, 366},
		"an opt-out, then the banner": {func(v *visitor) {
			v.optsOut(t)
			v.records(t, about(sharing, consent.Denied))
		}, 364, 366},
		"an opt-out, then a withdrawal of everything half a year later": {func(v *visitor) {
			v.optsOut(t)
			v.clock.Advance(200 * day)
			act := about(sharing, consent.Denied)
			act.Decisions[privacy.AnalyticsCookies] = consent.Denied
			v.records(t, act)
			v.clock.Set(now)
		}, 382, 384}, // six months from the withdrawal
		"an opt-out, then another one the same day": {func(v *visitor) {
			v.optsOut(t)
			v.clock.Advance(day/2 - time.Second)
			v.optsOut(t)
			v.clock.Set(now)
		}, 364, 366},
		"an opt-out, then another one later": {func(v *visitor) {
			v.optsOut(t)
			v.clock.Advance(100 * day)
			v.optsOut(t)
			v.clock.Set(now)
		}, 464, 466},
	} {
		v := newVisitor()
		row.act(v)
		v.clock.Set(now.Add(time.Duration(row.denied) * day))
		if is := v.sharing(t); is.State != consent.Denied {
			t.Errorf("%s, on day %d: %+v", name, row.denied, is)
		}
		v.clock.Set(now.Add(time.Duration(row.over) * day))
		if is := v.sharing(t); is.State != consent.Expired || is.OptOut {
			t.Errorf("%s, on day %d: %+v", name, row.over, is)
		}
	}
}

// H10: opting in again takes two steps. Without the second one, nothing of the call is recorded, and the refusal says what is missing.
func TestPromise_H10_OptingInAgainTakesTwoSteps(t *testing.T) {
	for name, row := range map[string]struct {
		change func(act *consent.Act)
		days   int
		want   bool // recorded
	}{
		"one step":                    {func(*consent.Act) {}, 1, false},
		"one step on day 364":         {func(*consent.Act) {}, 364, false},
		"one step on day 366":         {func(*consent.Act) {}, 366, true},
		"confirmed":                   {func(act *consent.Act) { act.ConfirmOptIn = true }, 1, true},
		"with a key":                  {func(act *consent.Act) { act.Keyed = true }, 1, false},
		"with another grant":          {func(act *consent.Act) { act.Decisions[privacy.Testimonials] = consent.Granted }, 1, false},
		"with a denial":               {func(act *consent.Act) { act.Decisions[privacy.Testimonials] = consent.Denied }, 1, false},
		"a grant of something else":   {func(act *consent.Act) { act.Decisions = about(privacy.Testimonials, consent.Granted).Decisions }, 1, true},
		"a denial":                    {func(act *consent.Act) { act.Decisions[sharing] = consent.Denied }, 1, true},
		"with the signal":             {func(act *consent.Act) { act.GPC = true }, 1, true},
		"confirmed, with the signal":  {func(act *consent.Act) { act.GPC, act.ConfirmOptIn = true, true }, 1, true},
		"as if nothing was on record": {func(act *consent.Act) { act.First = true }, 1, false},
	} {
		v := newVisitor()
		v.optsOut(t)
		v.clock.Advance(time.Duration(row.days) * day)
		act := about(sharing, consent.Granted)
		row.change(&act)
		r, err := v.recorder.Record(t.Context(), act)
		if act.First {
			if fault.KindOf(err) != fault.Precondition {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if !row.want {
			if fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), "/confirmOptIn must be true") || len(v.history()) != 1 {
				t.Errorf("%s: %v, %d records", name, err, len(v.history()))
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		granted := act.Decisions[sharing] == consent.Granted && !act.GPC
		if is := r.Effective(sharing, v.Now()); (is.State == consent.Granted) != granted || is.OptOut == (granted || row.days > 365) {
			t.Errorf("%s: %+v", name, is)
		}
	}
}

// H10: whoever has opted in again and then denies in the banner is asked again after six months: they have not opted out again.
func TestPromise_H10_AnOptOutThatWasTakenBackIsOver(t *testing.T) {
	v := newVisitor()
	v.optsOut(t)
	act := about(sharing, consent.Granted)
	act.ConfirmOptIn = true
	v.records(t, act)
	v.records(t, about(sharing, consent.Denied))
	if is := v.sharing(t); is.OptOut || !is.ExpiresAt.Equal(rules.Decision.After(now)) {
		t.Errorf("%+v", is)
	}
	v.records(t, about(sharing, consent.Granted)) // in one step
}

// H10, C03: an opt-out that is sent again changes nothing, and takes effect again after a grant. It is never sent away, however many
// races it loses and however full the log is.
func TestPromise_H10_AnOptOutIsNeverLost(t *testing.T) {
	v := newVisitor()
	for range 3 {
		if _, err := v.recorder.OptOut(t.Context(), "v#x", "one"); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(v.history()); n != 1 {
		t.Errorf("one opt-out left %d records", n)
	}
	v.clock.Advance(40 * day)
	if _, err := v.recorder.OptOut(t.Context(), "v#x", "one"); err != nil || len(v.history()) != 1 {
		t.Errorf("the same one, sent again later: %d records, %v", len(v.history()), err)
	}
	act := about(sharing, consent.Granted)
	act.ConfirmOptIn = true
	v.records(t, act)
	if r, err := v.recorder.OptOut(t.Context(), "v#x", "one"); err != nil || !r.Effective(sharing, v.Now()).OptOut {
		t.Errorf("sent again after a grant: %+v, %v", r, err)
	}
	for name, log := range map[string]*counted{
		"races": {taken: 50}, "a full log": {newest: &consent.Record{Version: 1000, Operation: "other", ExpiresAt: now.AddDate(1, 0, 0)}},
	} {
		recorder := &consent.Recorder{Log: log, Policy: consents, Now: func() time.Time { return now }}
		if r, err := recorder.OptOut(t.Context(), "v#x", "op"); err != nil || !r.Effective(sharing, now).OptOut {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}

// An opt-out with the signal and one by request are the same: repeating either, or one after the other on one day, leaves one record.
func TestPromise_D01_OneSwitch(t *testing.T) {
	for name, acts := range map[string][]func(*visitor, testing.TB) consent.Record{
		"by request, then the signal": {(*visitor).optsOut, (*visitor).signals, (*visitor).signals},
		"the signal, then by request": {(*visitor).signals, (*visitor).optsOut, (*visitor).signals},
	} {
		v := newVisitor()
		v.records(t, about(privacy.Testimonials, consent.Denied))
		for _, act := range acts {
			if is := act(v, t).Effective(sharing, now); !is.OptOut {
				t.Errorf("%s: %+v", name, is)
			}
		}
		if n := len(v.history()); n != 2 {
			t.Errorf("%s: %d records", name, n)
		}
	}
}

// H10: after a join, an opt-out of either holds for as long as either may not be asked again, whoever of both denied besides.
func TestPromise_H10_AJoinKeepsAnOptOut(t *testing.T) {
	joined := now.AddDate(0, -1, 0)
	one := func(state consent.State, at time.Time, optOut bool) consent.Record {
		d := consent.Decision{State: state, DecidedAt: at, ExpiresAt: rules.Decision.After(at), OptOut: optOut}
		if optOut {
			d.ExpiresAt = rules.OptOut.After(at)
		}
		return consent.Record{Subject: "e#a", Version: 1, RecordedAt: at, ExpiresAt: at.AddDate(3, 0, 0), Decisions: map[privacy.Purpose]consent.Decision{sharing: d}}
	}
	long, before, after := joined.AddDate(0, -8, 0), joined.AddDate(0, 0, -1), joined.AddDate(0, 0, 1)
	for name, c := range map[string]struct {
		ours, theirs consent.Record
		want         consent.State
		until        time.Time // of the opt-out
	}{
		"a grant and an opt-out":                     {one(consent.Granted, before, false), one(consent.Denied, long, true), consent.Denied, rules.OptOut.After(long)},
		"a denial and an opt-out":                    {one(consent.Denied, before, false), one(consent.Denied, before, true), consent.Denied, rules.OptOut.After(before)},
		"an old denial and an opt-out":               {one(consent.Denied, long, false), one(consent.Denied, before, true), consent.Denied, rules.OptOut.After(before)},
		"two opt-outs":                               {one(consent.Denied, long, true), one(consent.Denied, before, true), consent.Denied, rules.OptOut.After(before)},
		"a denial after the join":                    {one(consent.Denied, after, false), one(consent.Denied, before, true), consent.Denied, rules.OptOut.After(before)},
		"a grant after the join":                     {one(consent.Granted, after, false), one(consent.Denied, before, true), consent.Granted, time.Time{}},
		"an opt-out that is over, beside a denial":   {one(consent.Denied, before, false), one(consent.Denied, now.AddDate(-1, 0, -1), true), consent.Denied, time.Time{}},
		"an opt-out that is over, beside nothing":    {consent.Record{}, one(consent.Denied, now.AddDate(-1, 0, -1), true), consent.Expired, time.Time{}},
		"an opt-out, beside a record without either": {decided("e#b", 1, "", before), one(consent.Denied, before, true), consent.Denied, rules.OptOut.After(before)},
	} {
		for turn, got := range []consent.Record{c.ours.United(c.theirs, joined, now), c.theirs.United(c.ours, joined, now)} {
			is := got.Effective(sharing, now)
			if is.State != c.want || is.OptOut == c.until.IsZero() || is.OptOut && !is.ExpiresAt.Equal(c.until) {
				t.Errorf("%s, turned %d: %+v", name, turn, is)
			}
		}
	}
}

// H10, F02: when a join is taken back, an opt-out that was made while it lasted stays one for both.
func TestPromise_H10_ASeparationCarriesAnOptOut(t *testing.T) {
	clock, joined := testclock.New(now), now.AddDate(0, -1, 0)
	recorder := &consent.Recorder{Log: &consenttest.Log{}, Policy: consents, Now: clock.Now}
	if _, err := recorder.OptOut(t.Context(), "e#a", "op"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		clock.Advance(2 * day)
		if err := recorder.Carry(t.Context(), "a", subject.Former{ID: "b", At: joined}); err != nil {
			t.Fatal(err)
		}
		r, err := recorder.Current(t.Context(), "e#b")
		if is := r.Effective(sharing, clock.Now()); err != nil || r.Version != 1 || !is.OptOut || !is.ExpiresAt.Equal(rules.OptOut.After(now.Add(2*day))) {
			t.Errorf("%+v, %v", r, err)
		}
	}
}
