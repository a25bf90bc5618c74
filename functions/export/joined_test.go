package main

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// account returns an account record with a name in it.
func account(id, name string, at time.Time) record.Record {
	return record.Record{Category: privacy.Account, ID: id, Source: privacy.Direct, OccurredAt: at,
		Data: []byte(`{"contractStartedAt":"2020-01-01T00:00:00Z","passwordHash":"$2b$12$YAH2sWqKQt.mpzZsIFNIUvbv5W/L37aCztzYKheGbpz/UZ1/7bc/q","status":"active","username":"` + name + `"}`)}
}

// sends takes in a record about somebody with an id and an address.
func (r *rig) sends(id, email string, one record.Record) {
	r.T.Helper()
	if got, err := r.TakeAs(id, email, one); err != nil || got.Outcome != record.Stored {
		r.T.Fatal(got, err)
	}
	r.RunChanges()
}

// separates takes back the join of whom an id belonged to before it.
func (r *rig) separates(id string) {
	r.T.Helper()
	_, err := r.Identity.Separate(r.T.Context(), audit.Actor{Kind: audit.Machine, ID: servicetest.CRM}, subject.Named{Client: servicetest.CRM, ID: id},
		func(context.Context, privacy.SubjectID, subject.Former) error { return nil })
	if err != nil {
		r.T.Fatal(err)
	}
	r.RunChanges()
}

// usernames returns the usernames of the accounts in the bundle.
func usernames(t *testing.T, files map[string][]byte) (names []string) {
	t.Helper()
	var records []struct{ Data struct{ Username string } }
	if err := json.Unmarshal(files["data/account.json"], &records); err != nil {
		t.Fatal(err)
	}
	for _, one := range records {
		names = append(names, one.Data.Username)
	}
	return names
}

// joined is a person with two ids and two addresses, who was known as two data subjects before, and somebody else who shares nothing with them.
func (r *rig) joined() (opened request.File) {
	r.T.Helper()
	now := r.Clock.Now()
	r.sends("c-1", "first-canary@example.org", account("a", "old-canary", now.AddDate(0, -3, 0)))
	r.sends("c-1", "", account("b", "second-canary", now.AddDate(0, -2, 0)))
	r.sends("c-2", "other-canary@example.org", account("a", "new-canary", now.AddDate(0, -1, 0)))
	r.sends("c-9", "berta@example.org", account("a", "berta", now))
	for i, email := range []string{"first-canary@example.org", "other-canary@example.org"} {
		known, _, err := r.Find(r.T.Context(), r.Parse(email))
		if err != nil {
			r.T.Fatal(err)
		}
		r.Clock.Advance(time.Minute)
		r.decide(known.Subject, 1, []consent.State{consent.Granted, consent.Denied}[i], now.AddDate(3, 0, 0))
	}
	r.SetAddresses("c-1", false, "first-canary@example.org", "gone-canary@example.org")
	r.Clock.Advance(8 * 24 * time.Hour)
	r.confirmed(request.Filing{Right: privacy.Access, Email: "gone-canary@example.org", Details: "left-canary"})
	opened = r.Load(r.confirmed(request.Filing{Right: privacy.Access, Email: "first-canary@example.org", Details: "asked-canary"}))
	r.Clock.Advance(time.Minute)
	r.SetAddresses("c-1", false, "first-canary@example.org")
	return opened
}

// H01: an export that was begun before its data subject was joined to another one shows the data of both, if it is made after the join. So does one
// that was begun by the address of the other. One that was made before shows the data of the one alone.
func TestPromise_H01_AnExportAfterAJoinShowsBoth(t *testing.T) {
	r := newRig(t)
	opened := r.joined()
	if got := usernames(t, r.unpacked(opened)); !slices.Equal(got, []string{"old-canary", "second-canary"}) {
		t.Errorf("before the join: %q", got)
	}
	r.SetAddresses("c-2", true, "other-canary@example.org", "first-canary@example.org")
	known, _, err := r.Find(t.Context(), r.Parse("other-canary@example.org"))
	if err != nil || known.Subject == export.Of(opened)[0].Subject || len(known.Formerly) != 1 {
		t.Fatalf("%+v, %v", known, err)
	}
	files := r.unpacked(opened)
	if got := usernames(t, files); !slices.Equal(got, []string{"new-canary", "second-canary"}) {
		t.Errorf("of two records with one id, the newer one is shown: %q", got)
	}
	for name, want := range map[string][]string{
		"subject.json":  {"first-canary@example.org", "other-canary@example.org", `"system": "crm"`, string(known.Subject), string(known.Formerly[0].ID), `"attachedAt"`},
		"requests.json": {"asked-canary", "left-canary", "gone-canary@example.org"},
		"consents.json": {"granted", "denied"},
		"index.html":    {"first-canary@example.org", "other-canary@example.org", "new-canary", "left-canary"},
	} {
		for _, one := range want {
			if !bytes.Contains(files[name], []byte(one)) {
				t.Errorf("%s lacks %q", name, one)
			}
		}
	}
	for name, content := range files {
		for _, banned := range []string{"berta", "old-canary", servicetest.Aliases.IDAlias("crm", "c-1"), servicetest.Aliases.IDAlias("crm", "c-2"), `"c-1"`, `"c-2"`} {
			if bytes.Contains(content, []byte(banned)) {
				t.Errorf("%s holds %q", name, banned)
			}
		}
	}
	var consents []struct {
		Sub        string
		RecordedAt time.Time
		Receipt    string
	}
	if err := json.Unmarshal(files["consents.json"], &consents); err != nil || len(consents) != 2 || consents[0].Sub == consents[1].Sub || consents[1].RecordedAt.Before(consents[0].RecordedAt) {
		t.Errorf("%v, %+v", err, consents)
	}
	for _, one := range consents {
		if strings.Count(one.Receipt, ".") != 2 {
			t.Errorf("%q is no receipt", one.Receipt)
		}
	}
	r.inventoryOfSubject(files, "sids", "spelling", "client", "attachedAt", "formerly", "aliases", "primary")
	opened.Request.Right = privacy.Portability
	if got := usernames(t, r.unpacked(opened)); !slices.Equal(got, []string{"new-canary", "second-canary"}) {
		t.Errorf("an answer to portability: %q", got)
	}
}

// H01, T27: after the join was taken back, the export of each has their own data, whoever it was begun for.
func TestThreat_T27_AnExportAfterASeparation(t *testing.T) {
	r := newRig(t)
	opened := r.joined()
	r.SetAddresses("c-2", true, "other-canary@example.org", "first-canary@example.org")
	r.separates("c-1")
	if got := usernames(t, r.unpacked(opened)); !slices.Equal(got, []string{"old-canary", "second-canary"}) {
		t.Errorf("of the one who was joined: %q", got)
	}
	known, _, err := r.Find(t.Context(), r.Parse("other-canary@example.org"))
	if err != nil {
		t.Fatal(err)
	}
	attempt := export.Of(opened)[0]
	attempt.Subject, attempt.Number = known.Subject, 2
	if got := usernames(t, r.unpacked(opened.With(attempt))); !slices.Equal(got, []string{"new-canary"}) {
		t.Errorf("of the one who stayed: %q", got)
	}
}
