package sources_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// canary is in everything that anybody typed or sent about the person, and in their addresses.
const canary = "zwirbelfink"

var (
	first = canary + "@example.org"
	other = "frau." + canary + "@example.com"
	old   = canary + "-alt@example.org"
)

// everything stores data of every kind about a person with two addresses and an id, to whom somebody was joined. It returns the id of their erasure, to which
// they have agreed, and that of a restriction that stays in force.
func (s *rig) everything() (id, restriction string) {
	s.T.Helper()
	for category, data := range map[privacy.Category]string{
		privacy.Identity: `{"firstName":"` + canary + `"}`, privacy.Contact: `{"company":"` + canary + `","email":"` + first + `"}`,
		privacy.Account:       `{"contractEndedAt":"` + s.at() + `","contractStartedAt":"2020-01-01T00:00:00Z","status":"closed","username":"` + canary + `"}`,
		privacy.Preference:    `{"serviceTier":"` + canary + `"}`,
		privacy.Transaction:   `{"cardLast4":"4242","description":"` + strings.Repeat(canary+" ", 40) + `","issuedAt":"` + s.at() + `"}`,
		privacy.Communication: `{"agent":"` + strings.Repeat(canary+" ", 40) + `","endedAt":"` + s.at() + `"}`,
		privacy.Marketing:     `{"list":"` + canary + `","subscribedAt":"` + s.at() + `"}`,
		privacy.SecurityLog:   `{"at":"` + s.at() + `","event":"` + canary + `"}`,
	} {
		s.puts(canary, first, category, data)
	}
	s.talks(canary+"-joined", other)
	s.SetAddresses(canary, true, first, other, old)
	s.SetAddresses(canary, true, first, other)
	s.works()
	s.Clock.Advance(10 * 24 * time.Hour) // the addresses are new no longer

	agent := &request.Agent{Name: canary, Email: canary + "@law.example", Relation: "lawyer"}
	answered := s.filed(request.Filing{Right: privacy.Access, Email: first, Details: canary, OnBehalfOf: agent})
	s.works()
	if s.Load(answered).Request.State != request.Fulfilled || len(s.Objects) != 1 {
		s.T.Fatalf("%+v %v", s.Load(answered).Request, s.Objects)
	}
	s.filed(request.Filing{Right: privacy.OptOut, Email: other})
	restriction = s.filed(request.Filing{Right: privacy.Restriction, Email: first, Ground: privacy.Unlawful, Details: canary})
	s.filed(request.Filing{Right: privacy.Rectification, Email: other, Details: canary})
	s.filed(request.Filing{Right: privacy.Complaint, Email: first, Details: canary})
	s.works()
	id = s.cools(first)
	s.File(request.Filing{Right: privacy.Portability, Email: other, Details: canary}) // nobody confirms it
	s.works()
	s.asks(first)
	s.asks(strings.ToUpper(other))
	s.works()
	return id, restriction
}

// settles has the team decide what waits for it, has the systems answer, and does what is due for nine days.
func (s *rig) settles(id string) {
	s.T.Helper()
	s.Clock.Advance(time.Hour)
	s.works()
	lines, err := s.Requests.Open(s.T.Context())
	s.must(err)
	for _, l := range lines {
		if s.Load(l.ID).Request.WaitsFor(s.Clock.Now()) == request.ForTeam {
			s.must(request.CloseTold(s.T.Context(), s.Requests, l.ID, servicetest.Operator, request.Outcome{Result: request.Done, Reason: "done"}, s.Clock.Now()))
		}
	}
	for _, system := range erasure.Of(s.Load(id)).Outstanding() {
		s.must(erasure.AcknowledgeFor(s.T.Context(), s.Requests, id, system, servicetest.Operator, s.Clock.Now()))
	}
	for range 9 {
		s.works()
		s.Erases(24 * time.Hour)
	}
}

// TestPromise_H03_FoundNowhere erases somebody about whom data of every kind is stored. The certificate says what is withheld: afterwards they are found there,
// and nowhere else. When the grounds are over, they are found nowhere at all.
func TestPromise_H03_FoundNowhere(t *testing.T) {
	s := newRig(t)
	id, restriction := s.everything()
	if before := s.finds(canary); len(before) < 20 {
		t.Fatalf("found only %d times: %q", len(before), before)
	} else if slices.ContainsFunc(before, func(where string) bool { return strings.HasPrefix(where, "LedgerTable") }) {
		t.Errorf("the notes for a restore name somebody: %q", before) // they outlive the erasure (threat T14)
	}
	plan := erasure.Of(s.Load(id)).Plan
	s.erases(id)
	if len(s.Objects) != 0 {
		t.Errorf("objects: %v", s.Objects)
	}
	for _, where := range s.finds(canary) {
		table, pk, sk := cut(where)
		switch {
		case table == "RecordsTable" && (strings.HasPrefix(sk, "transaction#") || strings.HasPrefix(sk, "security_log#")): // the law demands it; it is still necessary
		case table == "RequestsTable" && sk == "REQUEST" && s.stays(strings.TrimPrefix(pk, "r#"), id): // it waits for the team, or its certificate may come back
		default:
			t.Errorf("found in %s", where)
		}
	}
	if found := s.finds("4242"); len(found) > 0 {
		t.Errorf("the digits of the card are in %q", found)
	}
	s.compares(plan)

	s.settles(id)
	for _, where := range s.finds(canary) {
		if _, _, sk := cut(where); !strings.HasPrefix(sk, "transaction#") && !strings.HasPrefix(sk, "security_log#") {
			t.Errorf("once everything is closed, found in %s", where)
		}
	}
	if state := erasure.Of(s.Load(id)).State; state != erasure.Done {
		t.Errorf("the erasure is %s", state)
	}
	_, err := s.Requester.WithdrawOf(t.Context(), restriction, s.session(first)) // it keeps records for as long as it stands
	s.must(err)
	s.Clock.Advance(time.Hour)
	s.works()
	s.Clock.Advance(8 * 366 * 24 * time.Hour)
	s.sweeps()
	if found := s.finds(canary); len(found) > 0 {
		t.Errorf("when the grounds are over, found in %q", found)
	}
}

// cut returns the parts of what [rig.finds] returns.
func cut(where string) (table, pk, sk string) {
	parts := strings.SplitN(where, " ", 3)
	return parts[0], parts[1], parts[2]
}

// stays reports whether a request may still have its address: it is open, or it is that of the erasure, whose certificate was just mailed.
func (s *rig) stays(request, erasure string) bool {
	return request == erasure || !s.Load(request).Request.State.Final()
}

// compares compares the counts of a plan with what is stored after the erasure: what is withheld is there, and what is erased is not.
func (s *rig) compares(plan erasure.Plan) {
	s.T.Helper()
	counts := map[privacy.Category]int{}
	for _, item := range s.Scan("RecordsTable") {
		category, _, _ := strings.Cut(dynamo.Text(item, dynamo.SK), "#")
		counts[privacy.Category(category)]++
	}
	for _, item := range plan.Items {
		if !item.Kind.IsCategory() {
			continue
		}
		want := 1
		if item.Kind == policy.Kind(privacy.Communication) {
			want = 2 // one under each id
		}
		if item.Count != want || !item.Counted {
			s.T.Errorf("the plan counts %d of %s", item.Count, item.Kind)
		}
		if left := counts[privacy.Category(item.Kind)]; item.Erased() && left != 0 || !item.Erased() && left != want {
			s.T.Errorf("%d of %s are left", left, item.Kind)
		}
	}
	uncounted := slices.DeleteFunc(slices.Clone(plan.Items), func(i erasure.Item) bool { return i.Counted })
	for _, item := range uncounted {
		if item.Erased() {
			s.T.Errorf("%s is erased and not counted", item.Kind)
		}
	}
}

// sweeps deletes everything that has expired, as the sweep and DynamoDB's TTL do.
func (s *rig) sweeps() {
	s.T.Helper()
	for _, table := range []string{"ConsentsTable", "SubjectsTable", "RecordsTable", "RequestsTable", "LedgerTable", "NoticesTable"} {
		s.deleteExpired(table)
	}
}

// The certificate's mail leaves after the person was erased, to the address of the request. The erasure of an export leaves no link that opens it.
func TestPromise_H03_NoLinkOpensAnExportOfBefore(t *testing.T) {
	s := newRig(t)
	s.talks("a", anna)
	asked := s.filed(request.Filing{Right: privacy.Access, Email: anna})
	s.works()
	mail := s.LastMail()
	if mail.Kind != "export" {
		t.Fatalf("%+v", mail)
	}
	id := s.cools(anna)
	s.erases(id)
	if _, err := export.Redeem(t.Context(), s.Requests, servicetest.Tokens, mail.About, mail.Token, s.Clock.Now()); err == nil {
		t.Error("the link opens the export")
	}
	if to := s.LastMail(); to.Kind != "erased" || to.To != anna {
		t.Errorf("%+v", to)
	}
	file := s.Load(asked)
	if a := export.Of(file)[0]; a.State != export.Revoked || a.Object != "" || a.TokenHash != nil {
		t.Errorf("%+v", a)
	}
	if export.Renewable(file) {
		t.Error("another export can be asked for, which nobody could be mailed")
	}
}

// While a contract runs, the service needs the addresses of its customer, also those that were taken away. The plan says so. They go once the contract is over.
func TestPromise_H03_AContractKeepsTheAddresses(t *testing.T) {
	s := newRig(t)
	s.puts("a", first, privacy.Account, `{"contractStartedAt":"2020-01-01T00:00:00Z","status":"active","username":"anna"}`)
	s.talks("a", first)
	s.SetAddresses("a", true, first, old)
	s.SetAddresses("a", true, first)
	s.works()
	s.Clock.Advance(10 * 24 * time.Hour)
	id := s.cools(first)
	for _, item := range erasure.Of(s.Load(id)).Plan.Items {
		if item.Kind == policy.SubjectAlias || item.Kind == policy.DetachedAddress {
			if len(item.Drops) != 0 || item.Count != 1 && item.Kind == policy.DetachedAddress {
				t.Errorf("%+v", item)
			}
		}
	}
	s.erases(id)
	for _, email := range []string{first, old} {
		if s.alias(email).Spelling == "" {
			t.Errorf("%s is erased while the contract runs", email)
		}
	}
	for range 40 { // more than three years, while the request of an erasure that keeps nothing is gone after two
		s.Erases(30 * 24 * time.Hour)
		s.sweeps()
	}
	if s.alias(first).Spelling == "" {
		t.Error("after years the address is erased while the contract runs")
	}
	over := record.Record{Category: privacy.Account, ID: "a", Source: privacy.Direct, OccurredAt: s.Clock.Now(),
		Data: []byte(`{"contractEndedAt":"` + s.at() + `","contractStartedAt":"2020-01-01T00:00:00Z","status":"closed","username":"anna"}`)}
	if got, err := s.TakeAs("a", first, over); err != nil || got.Outcome != record.RetentionOver {
		t.Fatalf("%+v, %v", got, err)
	}
	s.settles(id)
	for _, email := range []string{first, old} {
		if is := s.alias(email); is.Spelling != "" {
			t.Errorf("%s is still there: %+v", email, is)
		}
	}
	if _, err := s.Requests.Load(t.Context(), id); !errors.Is(err, request.ErrUnknown) {
		t.Errorf("the request is still on file: %v", err)
	}
}
