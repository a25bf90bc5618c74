package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/record"
)

// TestSamplePopulation sends in the sample population where it lies beside the project: no line may be refused, what is
// stored comes back byte for byte, and sending everything again changes nothing.
func TestSamplePopulation(t *testing.T) {
	all, err := os.ReadFile("../../../shared/sample/subjects.ndjson")
	if err != nil {
		t.Skip("no sample population here")
	}
	s := newService(t)
	s.set(time.Now().UTC())
	first := map[record.Outcome]int{}
	second := map[record.Outcome]int{}
	for _, outcomes := range []map[record.Outcome]int{first, second} {
		for chunk := range chunks(all) {
			for i, a := range s.lines(t, chunk) {
				if a.Error != nil {
					t.Fatalf("line %d: %+v", i, a.Error)
				}
				outcomes[a.Outcome]++
			}
		}
	}
	t.Log(first, second)
	if first[record.Kept] == 0 || first[record.RetentionOver] == 0 {
		t.Errorf("the population should hold records in and past their retention: %v", first)
	}
	if second[record.Kept] > 0 || second[record.RetentionOver] != first[record.RetentionOver] {
		t.Errorf("sent again, lines changed something: %v, at first %v", second, first)
	}
	s.checkByteTrue(t, all)
}

func chunks(all []byte) func(func(string) bool) {
	return func(yield func(string) bool) {
		lines := bytes.SplitAfter(all, []byte("\n"))
		for len(lines) > 0 {
			n := min(len(lines), 900)
			if !yield(string(bytes.Join(lines[:n], nil))) {
				return
			}
			lines = lines[n:]
		}
	}
}

func (s *service) checkByteTrue(t *testing.T, all []byte) {
	t.Helper()
	sent := map[string]string{}
	var emails []string
	for raw := range bytes.Lines(all) {
		var l struct {
			Category, ID string
			Subject      struct{ Email string }
			Data         json.RawMessage
		}
		if err := json.Unmarshal(raw, &l); err != nil {
			t.Fatal(err)
		}
		canonical, err := record.Canonical(l.Data)
		if err != nil {
			t.Fatal(err)
		}
		sent[strings.ToLower(l.Subject.Email)+"/"+l.Category+"/"+l.ID] = string(canonical)
		if len(emails) == 0 || emails[len(emails)-1] != l.Subject.Email {
			emails = append(emails, l.Subject.Email)
		}
	}
	for _, email := range emails[:40] {
		for _, r := range s.held(t, email) {
			if want := sent[strings.ToLower(email)+"/"+string(r.Category)+"/"+r.ID]; want != string(r.Data) {
				t.Fatalf("%s/%s came back changed", r.Category, r.ID)
			}
		}
	}
}
