package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/sample"
	"github.com/helpdeskexpert/privacy/shared/record"
)

// TestSamplePopulation sends the sample population. No line may be refused, every record is read back byte for byte, and sending everything
// again changes nothing.
func TestSamplePopulation(t *testing.T) {
	all := sample.Lines(t)
	if all == nil {
		t.SkipNow()
	}
	s := newRig(t)
	s.Clock.Set(time.Now().UTC())
	first := map[record.Outcome]int{}
	second := map[record.Outcome]int{}
	for _, outcomes := range []map[record.Outcome]int{first, second} {
		for chunk := range slices.Chunk(all, 900) {
			for i, a := range s.lines(t, strings.Join(chunk, "\n")) {
				if a.Error != nil {
					t.Fatalf("line %d: %+v", i, a.Error)
				}
				outcomes[a.Outcome]++
			}
		}
	}
	t.Log(first, second)
	if first[record.Stored] == 0 || first[record.RetentionOver] == 0 {
		t.Errorf("the population should hold records in and past their retention: %v", first)
	}
	if second[record.Stored] > 0 || second[record.RetentionOver] != first[record.RetentionOver] {
		t.Errorf("sent again, lines changed something: %v, at first %v", second, first)
	}
	s.checkByteTrue(t, all)
}

func (s *rig) checkByteTrue(t *testing.T, all []string) {
	t.Helper()
	sent := map[string]string{}
	var emails []string
	for _, raw := range all {
		var l struct {
			Category, ID string
			Subject      struct{ Email string }
			Data         json.RawMessage
		}
		if err := json.Unmarshal([]byte(raw), &l); err != nil {
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
		for _, r := range s.stored(t, email) {
			if want := sent[strings.ToLower(email)+"/"+string(r.Category)+"/"+r.ID]; want != string(r.Data) {
				t.Fatalf("%s/%s came back changed", r.Category, r.ID)
			}
		}
	}
}
