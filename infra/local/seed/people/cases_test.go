package people

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Every line of the cases is accepted, every address lies in a reserved domain, and no population has one of them.
func TestTheCasesAreAccepted(t *testing.T) {
	taken := map[string]bool{}
	for _, group := range all(t, 300, baseDay) {
		if group[0].Subject != nil {
			taken[strings.ToLower(group[0].Subject.Email)] = true
		}
	}
	for _, c := range Cases(baseDay) {
		for _, step := range c.Steps {
			if step.Act == nil && len(step.Lines) == 0 {
				t.Errorf("an empty step of %s", c.Shows)
			}
			for i, text := range step.Lines {
				draft := draftOf(t, text)
				if _, err := record.Check(policy.Newest(), draft, baseDay); err != nil {
					t.Errorf("%s: %v in %s", c.Shows, err, text)
				}
				if i > 0 && draft.Category == "account" && draftOf(t, step.Lines[i-1]).Category != "account" {
					t.Errorf("%s: an account line stands behind another", c.Shows)
				}
			}
		}
		for _, address := range addressesOf(t, c) {
			if taken[address] {
				t.Errorf("%s is an address of the population too", address)
			}
			if parsed, err := subject.ParseAddress(address); err != nil || !slices.ContainsFunc([]string{".test", "example.org", "example.com"}, func(d string) bool { return strings.HasSuffix(parsed.Lookup, d) }) {
				t.Errorf("%s is not in a reserved domain: %v", address, err)
			}
			if !strings.Contains(c.Shows, address) {
				t.Errorf("%q does not name %s", c.Shows, address)
			}
		}
	}
}

// draftOf reads a line as the service does.
func draftOf(t *testing.T, text []byte) record.Draft {
	t.Helper()
	var l struct {
		record.Draft
		Data json.RawMessage
	}
	if err := json.Unmarshal(text, &l); err != nil {
		t.Fatal(err)
	}
	l.Draft.Data = l.Data
	return l.Draft
}

// addressesOf lists the addresses of a case, from its lines and its acts.
func addressesOf(t *testing.T, c Case) (all []string) {
	t.Helper()
	for _, step := range c.Steps {
		for _, text := range step.Lines {
			if email := draftOf(t, text).Subject.Email; email != nil {
				all = append(all, *email)
			}
		}
		if step.Act == nil {
			continue
		}
		var body struct {
			Emails   []string
			From, To string
		}
		if err := json.Unmarshal(step.Act.Body, &body); err != nil {
			t.Fatal(err)
		}
		all = append(append(all, body.Emails...), body.From, body.To)
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(a string) bool { return a == "" })
}

// The four kinds of people are there: with an id, with two addresses, with an address that went to somebody else, and two who share one.
func TestEveryKindOfPersonOccurs(t *testing.T) {
	ids, emails := map[string]map[string]bool{}, map[string]map[string]bool{} // id -> emails of its lines, and the other way round
	alone, acts := 0, map[string]int{}
	for _, c := range Cases(baseDay) {
		for _, step := range c.Steps {
			if step.Act != nil {
				acts[step.Act.Method+" "+strings.TrimSuffix(step.Act.Path, "cust-1002")]++
			}
			for _, text := range step.Lines {
				who := draftOf(t, text).Subject
				if who.ID == nil {
					t.Fatalf("a line without an id: sent again, it could name somebody else: %s", text)
				}
				if who.Email == nil {
					alone++
					continue
				}
				if ids[*who.ID] == nil {
					ids[*who.ID] = map[string]bool{}
				}
				if emails[*who.Email] == nil {
					emails[*who.Email] = map[string]bool{}
				}
				ids[*who.ID][*who.Email], emails[*who.Email][*who.ID] = true, true
			}
		}
	}
	several := 0
	for _, of := range emails {
		if len(of) == 2 {
			several++
		}
	}
	if len(ids) != 7 || alone == 0 || several != 2 || acts["PUT /v1/subjects/"] != 1 || acts["PUT /v1/subjects/cust-1003"] != 1 || acts["POST /v1/subjects/rename"] != 1 {
		t.Errorf("%d ids, %d lines with the id alone, %d addresses of two people, acts %v", len(ids), alone, several, acts)
	}
}

// The same day gives the same cases, and only the repetition of a rename is refused: its old address is nobody's any more.
func TestTheSameDayGivesTheSameCases(t *testing.T) {
	first, again := Cases(baseDay), Cases(baseDay.Add(5*time.Hour))
	for i, c := range first {
		if c.Shows != again[i].Shows || len(c.Steps) != len(again[i].Steps) {
			t.Fatalf("%+v", again[i])
		}
		for j, step := range c.Steps {
			if !slices.EqualFunc(step.Lines, again[i].Steps[j].Lines, bytes.Equal) {
				t.Errorf("%s: step %d differs", c.Shows, j)
			}
			if a := step.Act; a != nil && (a.Again != 0) != (a.Method == http.MethodPost) {
				t.Errorf("%s %s: %d", a.Method, a.Path, a.Again)
			}
		}
	}
}
