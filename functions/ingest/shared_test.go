package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// decide asks about whoever is named, and returns the status and the answer.
func (s *rig) decide(t testing.TB, who, purpose string) (int, string) {
	t.Helper()
	return s.call(t, "POST", "/v1/decisions", "application/json", fmt.Sprintf(`{"subject":%s,"purpose":%q}`, who, purpose))
}

// T27: two ids of one system claim an address. From then on nothing is answered by the address alone, on any route, for any system. By their ids both
// go on as before. The audit has an entry, the links and sessions of the mailbox are to die, and the rate of such acts is measured.
func TestThreat_T27_TwoIDsClaimAnAddress(t *testing.T) {
	s := newRig(t)
	var acts []audit.Act
	s.Intake.Acted = func(_ context.Context, act audit.Act) { acts = append(acts, act) }
	const family = "family@example.org"
	s.sends(t, "account", "a", whom("5", family), "2026-11-01T00:00:00Z", running)
	first := s.alias(t, "crm", "5", "").Subject()
	s.decides(t, first, consent.Granted)
	if code, got := s.decide(t, whom("", family), "marketing_email"); code != 200 || !strings.Contains(got, `"allowed":true`) {
		t.Errorf("while one uses it: %d %s", code, got)
	}
	s.sends(t, "account", "a", whom("6", "Family@example.org"), "2026-11-01T00:00:00Z", running)
	second := s.alias(t, "crm", "6", "").Subject()
	if is := s.alias(t, "", "", family); first == second || len(is.Subjects) != 2 || is.Doubt(s.Clock.Now()) != subject.Shared || is.Spelling != family {
		t.Fatalf("%+v", is)
	}
	for _, caller := range []*rig{s, s.as(t, "shop")} {
		for route, body := range map[string]string{
			"PUT /v1/records/identity/self":          `{"subject":%s,"source":"direct","occurredAt":"2026-11-01T00:00:00Z","data":` + name + `}`,
			"POST /v1/records/account/a/retract":     `{"subject":%s}`,
			"POST /v1/subjects/contract-end":         `{"subject":%s,"endedAt":"2026-11-02T00:00:00Z"}`,
			"POST /v1/decisions":                     `{"subject":%s,"purpose":"marketing_email"}`,
			"POST /v1/decisions (no consent needed)": `{"subject":%s,"purpose":"internal_analytics"}`,
		} {
			method, path, _ := strings.Cut(strings.TrimSuffix(route, " (no consent needed)"), " ")
			code, got := caller.call(t, method, path, "application/json", fmt.Sprintf(body, whom("", "FAMILY@example.org")))
			if code != 409 || !strings.Contains(got, `"urn:problem:shared"`) || named(got) != "/subject/id" || strings.Contains(strings.ToLower(got), "family") {
				t.Errorf("%s: %d %s", route, code, got)
			}
		}
	}
	for who, want := range map[string]string{whom("5", ""): "consent", whom("5", family): "consent", whom("6", ""): "undecided", whom("6", family): "undecided", whom("9", family): "undecided"} {
		if code, got := s.decide(t, who, "marketing_email"); code != 200 || !strings.Contains(got, `"reason":"`+want+`"`) {
			t.Errorf("%s: %d %s", who, code, got)
		}
	}
	if code, got := s.call(t, "POST", "/v1/subjects/contract-end", "application/json", `{"subject":`+whom("5", family)+`,"endedAt":"2026-11-02T00:00:00Z"}`); code != 200 {
		t.Errorf("%d %s", code, got)
	}
	for id, want := range map[privacy.SubjectID]string{first: "ended", second: "running"} {
		if state, _, err := s.Subjects.State(t.Context(), id); err != nil || string(state.Contract) != want {
			t.Errorf("%+v, %v", state, err)
		}
	}
	entries := slices.DeleteFunc(s.Scan("LedgerTable"), func(item dynamo.Item) bool { return item["act"] == nil }) // besides what a restore needs
	if len(entries) != 1 || dynamo.Text(entries[0], "act") != "address_shared" || dynamo.Text(entries[0], "about") != string(second) || dynamo.Text(entries[0], "actor") != "crm" ||
		!slices.Equal(acts, []audit.Act{audit.AddressShared}) {
		t.Errorf("%v, %v", entries, acts)
	}
	cut := 0
	for _, item := range s.Scan("RequestsTable") {
		if strings.HasPrefix(dynamo.Text(item, dynamo.PK), "y#") && dynamo.Int(item, "nextAt") == s.Clock.Now().Unix() && item["cut"] != nil {
			cut++
		}
	}
	if cut != 1 {
		t.Errorf("%d changes let links die", cut)
	}
}

// T16: an id and an address name the same person however the address is spelt, and no one else. Mail goes to the spelling on record, which no later
// call changes.
func TestThreat_T16_SpellingsOfAPersonWithAnID(t *testing.T) {
	s := newRig(t)
	s.introduce(t, "ANNA@Example.org") // somebody typed it
	s.logs(t, "1", whom("7", "Anna@example.org"))
	for i, email := range []string{"anna@example.org", "ANNA@EXAMPLE.ORG"} {
		if got := s.logs(t, fmt.Sprint(i+2), whom("7", email)); got.Address != "" {
			t.Errorf("%s: %+v", email, got)
		}
	}
	if is := s.alias(t, "", "", "anna@example.org"); is.Spelling != "Anna@example.org" || is.Typed || len(s.aliases(t)) != 1 || len(s.stored(t, "anna@example.org")) != 3 {
		t.Errorf("%+v, %v", is, s.aliases(t))
	}
	for i, email := range []string{"аnna@example.org", "anna+a@example.org", "an.na@example.org", "anna@exampIe.org"} {
		if got := s.logs(t, fmt.Sprint("alike", i), whom("7", email)); got.Address != "not_attached" {
			t.Errorf("%s: %+v", email, got)
		}
		if got := s.logs(t, fmt.Sprint("alike", i), whom("", email)); got.Address != "" || len(s.stored(t, email)) != 1 {
			t.Errorf("%s: %+v", email, got)
		}
	}
	if got := len(s.aliases(t)); got != 5 {
		t.Errorf("%d people", got)
	}
	for _, id := range []string{"07", "7 ", "7a", "seven"} {
		if code, got := s.decide(t, whom(id, ""), "marketing_email"); code == 200 && !strings.Contains(got, "undecided") {
			t.Errorf("%q: %s", id, got)
		}
	}
}

// A decision is asked for, and a contract is ended, by an id, by both, and for somebody who was joined. Neither makes anybody known or teaches anything.
func TestDecisionsAndContractEndsByID(t *testing.T) {
	s := people(t)
	s.sends(t, "account", "a", whom("8", ""), "2026-11-01T00:00:00Z", running)
	s.decides(t, s.alias(t, "crm", "7", "").Subject(), consent.Granted)
	s.decides(t, s.alias(t, "crm", "8", "").Subject(), consent.Denied)
	before := s.aliases(t)
	for who, want := range map[string]string{
		whom("7", ""): `"reason":"consent","unsubscribe"`, whom("7", "anna@example.org"): `"reason":"consent","unsubscribe"`,
		whom("7", "new@example.org"): `"reason":"consent","address":"not_attached","unsubscribe"`, whom("7", "bo@example.org"): `"reason":"consent","address":"of_another","unsubscribe"`,
		whom("8", ""): `"reason":"denied"}`, whom("8", "anna@example.org"): `"reason":"denied","address":"of_another"}`, whom("", "bo@example.org"): `"reason":"denied"}`,
		whom("9", ""): `"reason":"undecided"}`, whom("9", "anna@example.org"): `"reason":"undecided"}`, whom("9", "new@example.org"): `"reason":"undecided"}`,
		whom("", "old@example.org"): `"reason":"undecided"}`,
	} {
		if code, got := s.decide(t, who, "marketing_email"); code != 200 || !strings.Contains(got, want) {
			t.Errorf("%s: %d %s", who, code, got)
		}
	}
	end := func(who string) int {
		code, _ := s.call(t, "POST", "/v1/subjects/contract-end", "application/json", `{"subject":`+who+`,"endedAt":"2026-11-02T00:00:00Z"}`)
		return code
	}
	for who, want := range map[string]int{whom("9", ""): 404, whom("9", "bo@example.org"): 404, whom("7", "bo@example.org"): 404, whom("9", "new@example.org"): 404, whom("x y", ""): 422, `{}`: 422} {
		if code := end(who); code != want {
			t.Errorf("%s: %d", who, code)
		}
	}
	if after := s.aliases(t); !maps.Equal(before, after) {
		t.Errorf("%v became %v", before, after)
	}
	s.addresses(t, "7", "anna@example.org", "bo@example.org")
	if code := end(whom("7", "")); code != 200 {
		t.Errorf("the contract of one who was joined: %d", code)
	}
	for _, who := range []string{whom("7", ""), whom("8", ""), whom("", "anna@example.org"), whom("", "bo@example.org")} {
		if code, got := s.decide(t, who, "marketing_email"); code != 200 || !strings.Contains(got, `"reason":"denied"`) {
			t.Errorf("joined, %s: %d %s", who, code, got)
		}
	}
}

// T27: two ids claim an address, and then the data of one expires. The address names the other alone again: their records are taken in by it, decisions
// are answered, and their contract is ended. Whoever comes with the id of the one whose data is gone is somebody new, and shares the address again.
func TestThreat_T27_AnAddressAnswersAgainOnceTheDataOfTheOtherHasExpired(t *testing.T) {
	s := newRig(t)
	const family = "family@example.org"
	s.sends(t, "account", "a", whom("5", family), "2026-11-01T00:00:00Z", running)
	s.logs(t, "1", whom("6", family)) // 90 days
	first, second := s.alias(t, "crm", "5", "").Subject(), s.alias(t, "crm", "6", "").Subject()
	s.decides(t, first, consent.Granted)
	state, _, err := s.Subjects.State(t.Context(), second)
	if err != nil || first == second || state.ExpiresAt.IsZero() {
		t.Fatalf("%q, %q, %+v, %v", first, second, state, err)
	}
	by := func(email string) (problems []string) {
		for _, call := range [][3]string{
			{"PUT", "/v1/records/identity/self", `{"subject":%s,"source":"direct","occurredAt":"2026-11-01T00:00:00Z","data":` + name + `}`},
			{"POST", "/v1/decisions", `{"subject":%s,"purpose":"marketing_email"}`}, {"POST", "/v1/subjects/contract-end", `{"subject":%s,"endedAt":"2026-12-01T00:00:00Z"}`},
		} {
			code, got := s.call(t, call[0], call[1], "application/json", fmt.Sprintf(call[2], whom("", email)))
			if code != 200 || call[1] == "/v1/decisions" && !strings.Contains(got, `"allowed":true`) {
				problems = append(problems, fmt.Sprintf("%s: %d %s", call[1], code, got))
			}
		}
		return problems
	}
	s.Clock.Set(state.ExpiresAt.Add(-time.Second))
	if got := by(family); len(got) != 3 || !strings.Contains(strings.Join(got, ""), "urn:problem:shared") {
		t.Errorf("while both use it: %v", got)
	}
	s.Clock.Set(state.ExpiresAt)
	if got := by("Family@example.org"); len(got) > 0 {
		t.Errorf("once one alone uses it: %v", got)
	}
	if got := s.of(t, first); !slices.Equal(got, []string{"a", "self"}) {
		t.Errorf("%v is on record", got)
	}
	if is, of := s.alias(t, "", "", family), s.alias(t, "crm", "5", ""); is.Subject() != first || !is.ExpiresAt.Equal(of.ExpiresAt) || is.ExpiresAt.IsZero() {
		t.Errorf("%+v, not as %+v", is, of)
	}
	if got := s.sends(t, "identity", "self", whom("6", family), "2027-02-01T00:00:00Z", name); got.Outcome != "stored" {
		t.Errorf("%+v", got)
	}
	if is, third := s.alias(t, "", "", family), s.alias(t, "crm", "6", "").Subject(); third == second || third == "" || len(is.Subjects) != 2 || !is.Belongs(first) || !is.Belongs(third) {
		t.Errorf("%+v", is)
	}
	if got := by(family); len(got) != 3 {
		t.Errorf("shared again: %v", got)
	}
}
