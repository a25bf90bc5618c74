package main

import (
	"fmt"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
)

// sends takes in a record about an address, as one of the company's systems sends it.
func (s *rig) sends(email string, r record.Record) {
	s.T.Helper()
	if got, err := s.Take(email, r); err != nil || got.Outcome != record.Stored {
		s.T.Fatalf("%s: %s %v", r.Category, got.Outcome, err)
	}
}

// news returns a marketing record of now.
func (s *rig) news() record.Record {
	return record.Record{Category: privacy.Marketing, ID: "news", Source: privacy.Direct, OccurredAt: s.Clock.Now(),
		Data: fmt.Appendf(nil, `{"interests":[],"list":"news","subscribedAt":%q}`, s.Clock.Now().Format(time.RFC3339))}
}

// account returns an account record. ended is zero while the contract runs.
func account(started, ended time.Time) record.Record {
	r := record.Record{Category: privacy.Account, ID: "a", Source: privacy.Direct, OccurredAt: started}
	end := ""
	if !ended.IsZero() {
		r.OccurredAt, end = ended, fmt.Sprintf(`"contractEndedAt":%q,`, ended.Format(time.RFC3339))
	}
	r.Data = fmt.Appendf(nil, `{%s"contractStartedAt":%q,"passwordHash":"$2b$12$YAH2sWqKQt.mpzZsIFNIUvbv5W/L37aCztzYKheGbpz/UZ1/7bc/q","status":"active","username":"anna"}`,
		end, started.Format(time.RFC3339))
	return r
}

// stored returns the expiry of each record about an address.
func (s *rig) stored(email string) map[string]time.Time {
	s.T.Helper()
	known, _, err := s.Find(s.T.Context(), s.Parse(email))
	if err != nil {
		s.T.Fatal(err)
	}
	stored := map[string]time.Time{}
	for one, err := range s.Records.Stored(s.T.Context(), known.Subject) {
		if err != nil {
			s.T.Fatal(err)
		}
		stored[string(one.Category)+" "+one.ID] = one.ExpiresAt
	}
	return stored
}

// spelling returns how an address is spelt on record.
func (s *rig) spelling(email string) string {
	s.T.Helper()
	known, _, err := s.Find(s.T.Context(), s.Parse(email))
	if err != nil {
		s.T.Fatal(err)
	}
	return known.Spelling
}
