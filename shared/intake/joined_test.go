package intake

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

var crm = audit.Actor{Kind: audit.Machine, ID: "crm"}

// joins joins whoever an address belongs to to the data subject with the id, who keeps their own addresses.
func (r *rig) joins(t testing.TB, id, email string) {
	t.Helper()
	emails := []subject.Address{at(email)}
	for _, key := range r.states[r.known(byID(id, ""))].Aliases {
		if a := r.aliases[key]; subject.IsAddress(key) && !a.Shared() {
			emails = append(emails, at(a.Spelling))
		}
	}
	if got, err := r.identity.SetAddresses(context.Background(), crm, byID(id, ""), emails, true); err != nil || got.Joined != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
}

// separates takes the join back of whom an address belonged to.
func (r *rig) separates(t testing.TB, email string) {
	t.Helper()
	none := func(context.Context, privacy.SubjectID, subject.Former) error { return nil }
	if _, err := r.identity.Separate(t.Context(), crm, by(email), none); err != nil {
		t.Fatal(err)
	}
}

// expiries returns when each record stored under any of a data subject's ids expires; "" where nothing has started the period.
func (r *rig) expiries(ids ...privacy.SubjectID) map[string]string {
	out := map[string]string{}
	for _, id := range ids {
		for k, one := range r.records[id] {
			if r.expired(one.ExpiresAt) {
				continue
			}
			if out[string(k.category)+"#"+k.id] = ""; !one.ExpiresAt.IsZero() {
				out[string(k.category)+"#"+k.id] = one.ExpiresAt.Format(time.RFC3339)
			}
		}
	}
	return out
}

// couple is Anna, with the id 7 and a name, and Bo, with the id 8, a name and a contract.
func couple(t testing.TB, contract record.Record) (r *rig, annas, bos privacy.SubjectID) {
	t.Helper()
	r = newRig()
	own, other := person("2026-06-01T00:00:00Z", "Anna"), person("2026-05-01T00:00:00Z", "Bo")
	other.ID = "other"
	r.takes(t, byID("7", anna), own)
	r.takes(t, byID("8", bo), other)
	r.takes(t, byID("8", bo), contract)
	return r, r.known(by(anna)), r.known(by(bo))
}

func (r *rig) rebuilds(t testing.TB, ids ...privacy.SubjectID) {
	t.Helper()
	for range 2 { // a task may run twice (F02)
		for _, id := range ids {
			if err := r.Rebuild(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// F01: after a join the account data of both follows the contracts of both, and after it was taken back each follows their own again.
func TestPromise_F01_JoinedAccountDataFollowsBothContracts(t *testing.T) {
	r, annas, bos := couple(t, account("b", "2026-06-01T00:00:00Z", "2026-01-01T00:00:00Z", ""))
	apart := map[string]string{"identity#self": "2028-06-01T00:00:00Z", "identity#other": "", "account#b": ""}
	check := func(name string, want map[string]string) {
		t.Helper()
		if got := r.expiries(annas, bos); !maps.Equal(got, want) || len(r.tasks) > 0 {
			t.Errorf("%s: %v, %d tasks", name, got, len(r.tasks))
		}
	}
	check("apart", apart)
	r.joins(t, "7", bo)
	r.rebuilds(t, annas, bos)
	check("joined", with(apart, "identity#self", ""))
	if a, b := r.states[annas], r.states[bos]; a.Contract != standing.Running || b.Into != annas || !a.ExpiresAt.IsZero() || !b.ExpiresAt.IsZero() {
		t.Errorf("%+v\n%+v", a, b)
	}

	r.clock.Advance(time.Hour)
	ended := map[string]string{"identity#self": "2028-11-20T00:00:00Z", "identity#other": "2028-11-20T00:00:00Z", "account#b": "2028-11-20T00:00:00Z"}
	if err := r.EndContract(t.Context(), byID("8", ""), moment("2026-11-20T00:00:00Z")); err != nil {
		t.Fatal(err)
	}
	check("ended by an id of the one who went", ended)
	if err := r.EndContract(t.Context(), byID("7", ""), moment("2026-11-20T00:00:00Z")); fault.KindOf(err) != fault.NotFound {
		t.Errorf("ended twice: %v", err)
	}
	r.takes(t, byID("7", ""), account("a", "2026-11-21T00:00:00Z", "2026-11-21T00:00:00Z", ""))
	check("a contract since", map[string]string{"identity#self": "", "identity#other": "", "account#b": "", "account#a": ""})

	r.separates(t, bo)
	r.rebuilds(t, annas, bos)
	check("taken back", map[string]string{"identity#self": "", "account#a": "", "account#b": "", "identity#other": ""}) // the end of b was sent to Anna, and stays hers
	if a, b := r.states[annas], r.states[bos]; a.Contract != standing.Running || a.Formerly != nil || b.Into != "" || b.Contract != standing.Running {
		t.Errorf("%+v\n%+v", a, b)
	}
	if r.known(by(bo)) != bos || r.known(byID("8", "")) != bos || r.known(by(anna)) != annas {
		t.Error("the aliases did not come back")
	}
}

// F01: a join that ends with nobody's contract of one's own leaves the one who stays a lead again.
func TestPromise_F01_ABorrowedContractEnds(t *testing.T) {
	r, annas, bos := couple(t, account("b", "2026-06-01T00:00:00Z", "2026-01-01T00:00:00Z", ""))
	r.joins(t, "7", bo)
	r.rebuilds(t, annas)
	r.takes(t, byID("7", ""), login("1", "2026-11-20T00:00:00Z"))
	r.separates(t, bo)
	r.rebuilds(t, annas, bos)
	want := map[string]string{"identity#self": "2028-11-20T00:00:00Z", "security_log#1": "2027-02-18T00:00:00Z"}
	if got := r.expiries(annas); !maps.Equal(got, want) || r.states[annas].Contract != standing.NoContract || !r.states[annas].ExpiresAt.Equal(moment("2028-12-01T00:00:00Z")) {
		t.Errorf("%v, %+v", got, r.states[annas])
	}
	if got := r.expiries(bos); !maps.Equal(got, map[string]string{"identity#other": "", "account#b": ""}) {
		t.Errorf("%v", got)
	}
}

// F01: of two accounts with one id, the newer counts, whoever it was sent about, and an older line changes nothing.
func TestPromise_F01_OneAccountOfTwoWhoWereJoined(t *testing.T) {
	r, annas, bos := couple(t, account("x", "2026-06-02T00:00:00Z", "2026-01-01T00:00:00Z", "2026-10-31T00:00:00Z"))
	r.takes(t, byID("7", ""), account("x", "2026-06-01T00:00:00Z", "2026-01-01T00:00:00Z", ""))
	r.joins(t, "7", bo)
	r.rebuilds(t, annas)
	if state := r.states[annas]; state.Contract != standing.Ended || !state.EndedAt.Equal(moment("2026-10-31T00:00:00Z")) {
		t.Errorf("%+v", state)
	}
	got, err := r.TakeOne(t.Context(), Line{byID("7", ""), account("x", "2026-06-01T00:00:00Z", "2026-01-01T00:00:00Z", "")})
	if err != nil || got.Outcome != record.Unchanged || got.Reason != record.Older {
		t.Errorf("an older line: %+v, %v", got, err)
	}
	r.takes(t, byID("8", ""), account("x", "2026-11-22T00:00:00Z", "2026-11-22T00:00:00Z", ""))
	if state := r.states[annas]; state.Contract != standing.Running || len(r.records[annas]) != 2 || len(r.records[bos]) != 2 {
		t.Errorf("%+v", state)
	}
}

// F02: why a line changes nothing.
func TestFault_F02_WhyALineChangesNothing(t *testing.T) {
	r := newRig()
	r.put(t, person("2026-11-05T00:00:00Z", "Anna"), record.Stored)
	r.put(t, account("a", "2026-11-05T00:00:00Z", "2026-01-01T00:00:00Z", "2026-11-04T00:00:00Z"), record.Stored)
	for _, c := range []struct {
		one  record.Record
		want record.Reason
	}{
		{person("2026-11-04T00:00:00Z", "Anna"), record.Older}, {person("2026-11-05T00:00:00Z", "Anna"), record.Same},
		{account("a", "2026-11-04T00:00:00Z", "2026-01-01T00:00:00Z", ""), record.Older}, {account("a", "2026-11-05T00:00:00Z", "2026-01-01T00:00:00Z", ""), record.Ended},
		{account("a", "2026-11-05T00:00:00Z", "2026-01-01T00:00:00Z", "2026-11-04T00:00:00Z"), record.Same},
	} {
		if got := r.put(t, c.one, record.Unchanged); got.Reason != c.want {
			t.Errorf("%s of %v: %q", c.one.Category, c.one.OccurredAt, got.Reason)
		}
	}
	newest := []record.Record{login("1", "2026-11-10T00:00:00Z"), login("1", "2026-11-20T00:00:00Z"), login("1", "2026-11-15T00:00:00Z"), login("1", "2026-11-20T00:00:00Z")}
	for i, want := range []record.Reason{"", "", record.Older, record.Same} {
		if got := newRig().send(newest...)[i]; got.Reason != want || (got.Outcome == record.Stored) != (want == "") {
			t.Errorf("line %d of a call: %+v", i, got)
		}
	}
}

// decides records what a data subject says about marketing mail, and applies it.
func (r *rig) decides(t testing.TB, id privacy.SubjectID, state consent.State) {
	t.Helper()
	key := consent.Address(id)
	next := consent.Record{Subject: key, Version: r.log[key].Version + 1, ExpiresAt: r.now().AddDate(3, 6, 0),
		Decisions: map[privacy.Purpose]consent.Decision{privacy.MarketingEmail: {State: state, DecidedAt: r.now(), ExpiresAt: r.now().AddDate(0, 6, 0)}}}
	r.log[key] = next
	if err := r.FollowConsent(t.Context(), id, next); err != nil {
		t.Fatal(err)
	}
}

// both is Anna and Bo, each with a marketing record and the choice given.
func both(t testing.TB, annas, bos consent.State) (r *rig, a, b privacy.SubjectID) {
	t.Helper()
	r = newRig()
	r.takes(t, byID("7", anna), marketing("annas", start))
	r.takes(t, byID("8", bo), marketing("bos", start))
	r.takes(t, byID("8", bo), invoice("1", start))
	a, b = r.known(by(anna)), r.known(by(bo))
	for id, state := range map[privacy.SubjectID]consent.State{a: annas, b: bos} {
		if state != "" {
			r.decides(t, id, state)
		}
	}
	r.clock.Advance(24 * time.Hour)
	return r, a, b
}

// kept returns when the marketing data of Anna and of Bo expires; "-" if it has, and "" for never.
func (r *rig) kept(annas, bos privacy.SubjectID) (kept [2]string) {
	all := r.expiries(annas, bos)
	for i, id := range []string{"marketing#annas", "marketing#bos"} {
		expires, stored := all[id]
		if kept[i] = expires; !stored {
			kept[i] = "-"
		}
	}
	return kept
}

// F04: after a join, marketing data of both follows what both decided. After it was taken back, each follows their own again; what a withdrawal has
// ended stays gone, and what only the other's consent kept waits from then on.
func TestPromise_F04_JoinedMarketingDataFollowsBothChoices(t *testing.T) {
	const granted, denied, nothing = consent.Granted, consent.Denied, consent.State("")
	const waits, since = "2026-12-23T12:00:00Z", "2026-12-25T12:00:00Z"
	const none, yes, no = standing.NoChoice, standing.Consented, standing.Withdrawn
	for name, c := range map[string]struct {
		a, b          consent.State
		joined, apart [2]string // of Anna, who stays, and of Bo
		choice        standing.Choice
		annas, bos    standing.Choice
	}{
		"neither decided":        {nothing, nothing, [2]string{waits, waits}, [2]string{waits, waits}, none, none, none},
		"both granted":           {granted, granted, [2]string{"", ""}, [2]string{"", ""}, yes, yes, yes},
		"who stays had granted":  {granted, nothing, [2]string{"", ""}, [2]string{"", waits}, yes, yes, none},
		"who went had granted":   {nothing, granted, [2]string{"", ""}, [2]string{since, ""}, yes, none, yes},
		"who stays had denied":   {denied, granted, [2]string{"-", "-"}, [2]string{"-", "-"}, no, no, yes},
		"who went had denied":    {granted, denied, [2]string{"-", "-"}, [2]string{"-", "-"}, no, yes, no},
		"only one, and denied":   {nothing, denied, [2]string{"-", "-"}, [2]string{"-", "-"}, no, none, no},
		"only the other, denied": {denied, nothing, [2]string{"-", "-"}, [2]string{"-", "-"}, no, no, none},
	} {
		r, annas, bos := both(t, c.a, c.b)
		r.joins(t, "7", bo)
		r.rebuilds(t, annas, bos)
		if got := r.kept(annas, bos); got != c.joined || r.states[annas].Marketing != c.choice {
			t.Errorf("%s, joined: %v, %q", name, got, r.states[annas].Marketing)
		}
		if state := r.states[annas]; c.joined[0] == "" && (!state.Endless || !state.ExpiresAt.IsZero()) {
			t.Errorf("%s: her data has no end, and she is known until %v", name, state.ExpiresAt)
		}
		r.clock.Advance(24 * time.Hour)
		r.separates(t, bo)
		r.rebuilds(t, annas, bos)
		if got := r.kept(annas, bos); got != c.apart || r.states[annas].Marketing != c.annas || r.states[bos].Marketing != c.bos {
			t.Errorf("%s, apart: %v, %q and %q", name, got, r.states[annas].Marketing, r.states[bos].Marketing)
		}
		for id, expires := range map[privacy.SubjectID]string{annas: c.apart[0], bos: c.apart[1]} {
			if until := r.states[id].ExpiresAt; expires == "" && !until.IsZero() || len(expires) > 1 && !until.IsZero() && until.Before(moment(expires)) {
				t.Errorf("%s: data until %q, known until %v", name, expires, until)
			}
		}
	}
}

// C03: what either of the joined decides later replaces what was united, by either id. A record of the one who went brings nothing back.
func TestPromise_C03_ALaterChoiceReplacesTheUnited(t *testing.T) {
	r, annas, bos := both(t, consent.Granted, consent.Denied)
	r.joins(t, "7", bo)
	r.rebuilds(t, annas)
	r.clock.Advance(time.Hour)
	r.decides(t, annas, consent.Granted)
	if r.states[annas].Marketing != standing.Consented {
		t.Fatalf("granted since: %+v", r.states[annas].State)
	}
	r.takes(t, byID("8", ""), marketing("again", start))
	if err := r.FollowConsent(t.Context(), bos, r.log[consent.Address(bos)]); err != nil || r.states[annas].Marketing != standing.Consented {
		t.Errorf("the old denial of the one who went: %v, %q", err, r.states[annas].Marketing)
	}
	r.clock.Advance(time.Hour)
	r.decides(t, annas, consent.Denied)
	if got := r.expiries(annas, bos); r.states[annas].Marketing != standing.Withdrawn || !maps.Equal(got, map[string]string{"transaction#1": "2033-11-23T12:00:00Z"}) {
		t.Errorf("denied since: %v", got)
	}
	if r.states[bos].Marketing != standing.Withdrawn || r.states[bos].Version >= r.states[annas].Version {
		t.Errorf("the state of the one who went changed: %+v", r.states[bos])
	}
}

// F02: two runs apply what two who were joined decided, and the one that read first is slow. The proof of one of them is newer than all records of the
// other, so it does not tell the runs apart. The later decision holds.
func TestFault_F02_ASlowRunDoesNotUndoALaterChoice(t *testing.T) {
	r, annas, bos := both(t, consent.Granted, consent.Granted)
	far := r.log[consent.Address(bos)]
	far.ExpiresAt = far.ExpiresAt.AddDate(1, 0, 0)
	r.log[consent.Address(bos)] = far
	r.joins(t, "7", bo)
	r.rebuilds(t, annas)
	r.clock.Advance(time.Hour)
	r.before = func(operation string) error {
		if operation == "Transition" {
			r.before = nil
			r.decides(t, annas, consent.Denied)
		}
		return nil
	}
	if err := r.FollowConsent(t.Context(), annas, r.log[consent.Address(annas)]); err != nil {
		t.Fatal(err)
	}
	if state := r.states[annas]; r.before != nil || state.Marketing != standing.Withdrawn || len(r.kept(annas, bos)[0]) != 1 {
		t.Errorf("%+v, %v", state.State, r.kept(annas, bos))
	}
}

// F15: somebody is joined between the reading of a consent and the change of the state. What both decided holds.
func TestFault_F15_AConsentIsAppliedWhileSomebodyIsJoined(t *testing.T) {
	for _, operation := range []string{"Transition", "Consents"} {
		r, annas, bos := both(t, consent.Granted, consent.Denied)
		r.takes(t, byID("9", "cleo@example.org"), login("1", start))
		r.joins(t, "7", "cleo@example.org")
		r.before = func(called string) error {
			if called == operation {
				r.before = nil
				r.joins(t, "7", bo)
			}
			return nil
		}
		if err := r.FollowConsent(t.Context(), annas, r.log[consent.Address(annas)]); err != nil || r.before != nil {
			t.Fatal(err)
		}
		if r.states[annas].Marketing != standing.Withdrawn {
			t.Errorf("%s: %+v", operation, r.states[annas].State)
		}
		r.before = func(called string) error { // and the one who goes
			if called == "Transition" {
				r.before = nil
				r.separates(t, bo)
			}
			return nil
		}
		if err := r.FollowConsent(t.Context(), bos, r.log[consent.Address(bos)]); err != nil || r.states[bos].Marketing != standing.Withdrawn {
			t.Errorf("%v, %+v", err, r.states[bos].State)
		}
		r.rebuilds(t, annas, bos)
		if r.states[annas].Marketing != standing.Consented {
			t.Errorf("%s, apart: %+v", operation, r.states[annas].State)
		}
	}
}

// F15: the one whose consent is applied goes into somebody who had denied. Nothing is written by their own state any more, so that the denial ends the
// marketing data of both.
func TestFault_F15_AConsentIsAppliedWhileItsGiverIsJoined(t *testing.T) {
	r, annas, bos := both(t, consent.Denied, consent.Granted)
	version := r.states[bos].Version
	r.before = func(operation string) error {
		if operation == "Transition" {
			r.before = nil
			r.joins(t, "7", bo)
		}
		return nil
	}
	key := consent.Address(bos)
	later := r.log[key]
	later.Version++
	r.log[key] = later
	if err := r.FollowConsent(t.Context(), bos, later); err != nil || r.before != nil {
		t.Fatal(err)
	}
	r.rebuilds(t, annas)
	if got := r.kept(annas, bos); got != [2]string{"-", "-"} || r.states[bos].Version > r.states[annas].Version || r.states[bos].Version <= version {
		t.Errorf("%v, versions %d and %d", got, r.states[annas].Version, r.states[bos].Version)
	}
}

// F01, F11: the walk of somebody who was joined to another one follows the other's state, and their task ends.
func TestFault_F11_AWalkOfSomebodyWhoWasJoined(t *testing.T) {
	r, annas, bos := couple(t, account("b", "2026-06-01T00:00:00Z", "2026-01-01T00:00:00Z", ""))
	r.joins(t, "7", bo)
	r.tasks[bos] = 99
	if err := r.Walk(t.Context(), bos); err != nil || len(r.tasks) > 0 {
		t.Fatalf("%v, %v", err, r.tasks)
	}
	if got := r.expiries(annas, bos); got["identity#self"] != "" || got["identity#other"] != "" {
		t.Errorf("%v", got)
	}
}

// F15: a record changes the state or an account while it is decided anew. The decision is made again.
func TestFault_F15_ARecordComesWhileTheStateIsDecidedAnew(t *testing.T) {
	for _, one := range []record.Record{account("c", "2026-11-01T00:00:00Z", "2026-01-01T00:00:00Z", ""), login("1", "2026-11-20T00:00:00Z"),
		account("b", "2026-11-01T00:00:00Z", "2026-01-01T00:00:00Z", "")} {
		synctest.Test(t, func(t *testing.T) {
			r, annas, bos := couple(t, account("b", "2026-06-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-10-31T00:00:00Z"))
			r.joins(t, "7", bo)
			r.before = func(operation string) error {
				if operation == "Transition" {
					r.before = nil
					r.takes(t, byID("8", ""), one)
				}
				return nil
			}
			if err := r.Rebuild(t.Context(), annas); err != nil || r.before != nil {
				t.Fatal(err)
			}
			want := map[bool]standing.Contract{true: standing.Running, false: standing.Ended}[one.ID == "c"]
			if state := r.states[annas]; state.Contract != want {
				t.Errorf("%s: %+v", one.ID, state)
			}
			if got := r.expiries(annas, bos); (got["identity#self"] == "") != (want == standing.Running) || got["identity#self"] != got["identity#other"] {
				t.Errorf("%s: %v", one.ID, got)
			}
		})
	}
}

// F03: a run that is killed anywhere is repeated, after a join and after it was taken back.
func TestFault_F03_DecidingAnewIsCutOffAnywhere(t *testing.T) {
	for after := 0; ; after++ {
		r, annas, bos := both(t, consent.Granted, consent.Denied)
		r.takes(t, byID("8", bo), account("b", "2026-06-01T00:00:00Z", "2026-01-01T00:00:00Z", ""))
		r.takes(t, byID("7", anna), person("2026-06-01T00:00:00Z", "Anna"))
		cut := false
		decide := func() {
			calls, here := 0, false
			r.before = func(string) error {
				if calls++; calls > after {
					cut, here = true, true
					return errCut
				}
				return nil
			}
			err := errors.Join(r.Rebuild(t.Context(), annas), r.Rebuild(t.Context(), bos))
			if here != errors.Is(err, errCut) {
				t.Fatalf("cut after %d calls: %v", after, err)
			}
			r.before = nil
			for _, id := range []privacy.SubjectID{annas, bos} {
				if err := r.Rebuild(t.Context(), id); err != nil {
					t.Fatal(err)
				}
			}
		}
		r.joins(t, "7", bo)
		decide()
		if got := r.expiries(annas, bos); !maps.Equal(got, map[string]string{"identity#self": "", "account#b": "", "transaction#1": "2033-11-23T12:00:00Z"}) {
			t.Fatalf("joined, cut after %d calls: %v", after, got)
		}
		r.separates(t, bo)
		decide()
		if got := r.expiries(annas); !maps.Equal(got, map[string]string{"identity#self": "2028-11-23T12:00:00Z"}) && !maps.Equal(got, map[string]string{"identity#self": "2028-06-01T00:00:00Z"}) {
			t.Fatalf("apart, cut after %d calls: %v", after, got)
		}
		if !cut {
			if after < 10 {
				t.Fatalf("only %d calls", after)
			}
			return
		}
	}
}

// Nobody is decided anew of whom nothing is on record.
func TestDecidingAnewAboutNobody(t *testing.T) {
	r := newRig()
	if err := r.Rebuild(t.Context(), "nobody"); err != nil || slices.Contains([]int{r.calls["Transition"], r.calls["Move"]}, 1) {
		t.Errorf("%v, %v", err, r.calls)
	}
}
