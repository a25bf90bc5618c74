package main

import (
	"fmt"
	"time"

	"github.com/helpdeskexpert/privacy/shared/dynamo/records"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/subject/address"
)

// sends is a system of the company's sending a record about an address.
func (s *service) sends(email string, r record.Record) {
	s.t.Helper()
	a := s.parse(email)
	if got, err := s.writer.Session(a, s.known.key.Alias(a)).Put(s.t.Context(), r); err != nil || got.Outcome != record.Kept {
		s.t.Fatalf("%s: %s %v", r.Category, got.Outcome, err)
	}
}

// news is a marketing record of now.
func (s *service) news() record.Record {
	return record.Record{Category: privacy.Marketing, ID: "news", Source: privacy.Direct, OccurredAt: s.clock.Now(),
		Data: fmt.Appendf(nil, `{"interests":[],"list":"news","subscribedAt":%q}`, s.clock.Now().Format(time.RFC3339))}
}

// account is an account record of a contract; over is zero while it runs.
func account(started, over time.Time) record.Record {
	r := record.Record{Category: privacy.Account, ID: "a", Source: privacy.Direct, OccurredAt: started}
	end := ""
	if !over.IsZero() {
		r.OccurredAt, end = over, fmt.Sprintf(`"contractEndedAt":%q,`, over.Format(time.RFC3339))
	}
	r.Data = fmt.Appendf(nil, `{%s"contractStartedAt":%q,"passwordHash":"$2b$12$YAH2sWqKQt.mpzZsIFNIUvbv5W/L37aCztzYKheGbpz/UZ1/7bc/q","status":"active","username":"anna"}`,
		end, started.Format(time.RFC3339))
	return r
}

// held returns what is held about an address, and until when.
func (s *service) held(email string) map[string]time.Time {
	s.t.Helper()
	id, _, _, err := s.known.Find(s.t.Context(), s.parse(email))
	if err != nil {
		s.t.Fatal(err)
	}
	held := map[string]time.Time{}
	for one, err := range records.New(s.tables.Client, s.tables.Name("RecordsTable"), s.clock.Now).Held(s.t.Context(), id) {
		if err != nil {
			s.t.Fatal(err)
		}
		held[string(one.Category)+" "+one.ID] = one.ExpiresAt
	}
	return held
}

// spelling returns how an address is spelt on record.
func (s *service) spelling(email string) string {
	s.t.Helper()
	_, spelling, _, err := s.known.Find(s.t.Context(), s.parse(email))
	if err != nil {
		s.t.Fatal(err)
	}
	return spelling
}

func (s *service) parse(email string) subject.Address {
	s.t.Helper()
	a, err := address.Parse(email)
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}
