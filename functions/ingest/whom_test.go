package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/access"
	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/identities"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// system is an authorizer that takes every token for that of one system.
type system string

func (s system) Authorize(*http.Request, access.Rule) (access.Principal, error) {
	return access.Principal{Kind: access.Machine, ID: string(s)}, nil
}

// as returns the rig as another system calls it.
func (s *rig) as(t testing.TB, client string) *rig {
	return &rig{Stores: s.Stores, Handler: openapitest.Wrap(t, s.routes(system(client)))}
}

// whom returns how a call names a data subject; "" leaves a member out.
func whom(id, email string) string {
	named := map[string]string{}
	for member, value := range map[string]string{"id": id, "email": email} {
		if value != "" {
			named[member] = value
		}
	}
	text, _ := json.Marshal(named)
	return string(text)
}

// said is the answer about a record, or the kind of the problem.
type said struct{ Outcome, Reason, Address, ExpiresAt, Type string }

// sends sends a record about whoever is named. It tries again while other calls are faster.
func (s *rig) sends(t testing.TB, category, id, who, occurredAt, data string) (answer said) {
	t.Helper()
	for {
		_, text := s.call(t, "PUT", "/v1/records/"+category+"/"+id, "application/json", `{"subject":`+who+`,"source":"direct","occurredAt":"`+occurredAt+`","data":`+data+`}`)
		answer = said{}
		if err := json.Unmarshal([]byte(text), &answer); err != nil {
			t.Error(err)
			return answer
		}
		if answer.Type != "urn:problem:conflict" {
			return answer
		}
	}
}

// logs sends a log line about whoever is named, and expects it to be stored.
func (s *rig) logs(t testing.TB, id, who string) said {
	t.Helper()
	answer := s.sends(t, "security_log", id, who, "2026-11-20T00:00:00Z", login)
	if answer.Outcome != "stored" {
		t.Errorf("%s of %s: %+v", id, who, answer)
	}
	return answer
}

// alias returns what is on record of a system's id, or of an address if the id is empty.
func (s *rig) alias(t testing.TB, client, id, email string) subject.Alias {
	t.Helper()
	key := servicetest.Aliases.IDAlias(client, id)
	if id == "" {
		key = servicetest.Aliases.Alias(s.Parse(email))
	}
	found, err := s.Subjects.Aliases(t.Context(), key)
	if err != nil {
		t.Error(err)
	}
	return found[key]
}

// of returns the ids of the records that are stored under a data subject's own id.
func (s *rig) of(t testing.TB, id privacy.SubjectID) (ids []string) {
	t.Helper()
	for _, r := range collect(t, s.Records.Stored(t.Context(), id)) {
		ids = append(ids, r.ID)
	}
	slices.Sort(ids)
	return ids
}

// aliases returns how many aliases stand for each data subject who is on record.
func (s *rig) aliases(t testing.TB) map[privacy.SubjectID]int {
	t.Helper()
	count := map[privacy.SubjectID]int{}
	for _, item := range s.Scan("SubjectsTable") {
		if id, isState := strings.CutPrefix(dynamo.Text(item, dynamo.PK), "s#"); isState {
			state, _, err := s.Subjects.State(t.Context(), privacy.SubjectID(id))
			if err != nil {
				t.Fatal(err)
			}
			count[privacy.SubjectID(id)] = len(state.Aliases)
		}
	}
	return count
}

// identity carries out acts on identities, as function identity does.
func (s *rig) identity() *identity.Identity {
	store := identities.New(s.Client, identities.Tables{
		Subjects: s.Tables.Name("SubjectsTable"), Requests: s.Tables.Name("RequestsTable"), Ledger: s.Tables.Name("LedgerTable"),
	}, s.Clock.Now)
	return &identity.Identity{Store: store, Aliases: servicetest.Aliases, Policy: s.InForce, Now: s.Clock.Now}
}

// addresses states the addresses of a data subject with an id of the CRM, and joins whoever they belong to.
func (s *rig) addresses(t testing.TB, id string, emails ...string) {
	t.Helper()
	all := make([]subject.Address, len(emails))
	for i, email := range emails {
		all[i] = s.Parse(email)
	}
	acts := s.identity()
	if _, err := acts.SetAddresses(t.Context(), audit.Actor{Kind: audit.Machine, ID: "crm"}, subject.Named{Client: "crm", ID: id}, all, true); err != nil {
		t.Error(err)
	}
	if _, err := s.Intake.Rebuild(t.Context(), s.alias(t, "crm", id, "").Subject()); err != nil {
		t.Error(err)
	}
}

// people are known to the CRM: Anna by an id and an address, Bo too, Cleo by her address, and two who share one. An address was taken away from Anna.
func people(t testing.TB) *rig {
	s := newRig(t)
	s.logs(t, "anna", whom("7", "anna@example.org"))
	s.logs(t, "bo", whom("8", "bo@example.org"))
	s.logs(t, "cleo", whom("", "cleo@example.org"))
	s.logs(t, "dora", whom("5", "family@example.org"))
	s.logs(t, "emil", whom("6", "family@example.org"))
	s.addresses(t, "7", "anna@example.org", "old@example.org")
	s.addresses(t, "7", "anna@example.org")
	return s
}

// row is a row of the table of identities: whom a record is about that names its subject like this.
type row struct {
	client, id, email string   // who sends it, and whom it names
	whose             []string // an id of the CRM or an address of that data subject; nil if they are new
	note              string
	learns            int    // aliases that come to stand for the data subject
	shares            bool   // the address comes to stand for one more
	problem           string // instead of an answer
}

var rows = map[string]row{
	"email, no":                             {client: "crm", email: "new@example.org", learns: 1},
	"email, yes":                            {client: "crm", email: "cleo@example.org", whose: []string{"", "cleo@example.org"}},
	"email, yes, spelt otherwise":           {client: "shop", email: "ANNA@Example.org", whose: []string{"7", ""}},
	"email, yes, two people":                {client: "crm", email: "family@example.org", problem: "urn:problem:shared"},
	"email, taken away":                     {client: "crm", email: "old@example.org", learns: 1},
	"id, no":                                {client: "crm", id: "9", learns: 1},
	"id, no, known to another system":       {client: "shop", id: "7", learns: 1},
	"id, yes":                               {client: "crm", id: "7", whose: []string{"7", ""}},
	"both, neither":                         {client: "crm", id: "9", email: "new@example.org", learns: 2},
	"both, neither, taken away":             {client: "crm", id: "9", email: "old@example.org", learns: 2},
	"both, id only":                         {client: "crm", id: "7", email: "new@example.org", whose: []string{"7", ""}, note: "not_attached"},
	"both, id only, taken away":             {client: "crm", id: "7", email: "old@example.org", whose: []string{"7", ""}, note: "not_attached"},
	"both, address only":                    {client: "crm", id: "9", email: "cleo@example.org", whose: []string{"", "cleo@example.org"}, learns: 1},
	"both, address only, of another system": {client: "shop", id: "1", email: "anna@example.org", whose: []string{"7", ""}, learns: 1},
	"both, address only, who has an id":     {client: "crm", id: "9", email: "anna@example.org", learns: 2, shares: true},
	"both, address only, two people":        {client: "crm", id: "9", email: "family@example.org", learns: 2, shares: true},
	"both, both, same":                      {client: "crm", id: "7", email: "anna@example.org", whose: []string{"7", ""}},
	"both, both, one of two":                {client: "crm", id: "6", email: "family@example.org", whose: []string{"6", ""}},
	"both, both, different":                 {client: "crm", id: "7", email: "bo@example.org", whose: []string{"7", ""}, note: "of_another"},
	"both, both, different, two people":     {client: "crm", id: "7", email: "family@example.org", whose: []string{"7", ""}, note: "of_another"},
}

// TestEachRowOfTheTableOfIdentities sends each row alone, and beside another call that names the same. Nothing is lost, and nobody becomes two.
func TestEachRowOfTheTableOfIdentities(t *testing.T) {
	for name, c := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, writers := range []int{1, 3} {
				s := people(t)
				s.sendsRow(t, c, writers)
			}
		})
	}
}

// sendsRow sends a record of a row from several writers at once, and then checks who is known by what.
func (s *rig) sendsRow(t *testing.T, c row, writers int) {
	t.Helper()
	before, caller := s.aliases(t), s.as(t, c.client)
	whose := privacy.SubjectID("")
	if c.whose != nil {
		whose = s.alias(t, "crm", c.whose[0], c.whose[1]).Subject()
	}
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			got := caller.sends(t, "security_log", fmt.Sprint(i), whom(c.id, c.email), "2026-11-20T00:00:00Z", login)
			if got.Type != c.problem || got.Address != c.note || (got.Outcome == "stored") != (c.problem == "") {
				t.Errorf("writer %d of %d: %+v", i, writers, got)
			}
		})
	}
	wg.Wait()
	after := s.aliases(t)
	if c.problem != "" {
		if !maps.Equal(before, after) {
			t.Errorf("%v became %v", before, after)
		}
		return
	}
	if c.whose == nil {
		for id := range after {
			if _, known := before[id]; !known {
				whose = id
			}
		}
	}
	want := maps.Clone(before)
	want[whose] += c.learns
	if !maps.Equal(after, want) {
		t.Errorf("%d writers: %v became %v, not %v", writers, before, after, want)
	}
	stored := 0
	for _, id := range s.of(t, whose) {
		if len(id) == 1 {
			stored++
		}
	}
	if stored != writers {
		t.Errorf("%d writers: %d records of %s", writers, stored, whose)
	}
	if c.id != "" && s.alias(t, c.client, c.id, "").Subject() != whose {
		t.Errorf("%d writers: the id stands for %v", writers, s.alias(t, c.client, c.id, "").Subjects)
	}
	if c.email != "" && c.note == "" && (!s.alias(t, "", "", c.email).Belongs(whose) || c.shares != (s.alias(t, "", "", c.email).Shared() && c.whose == nil)) {
		t.Errorf("%d writers: the address stands for %v", writers, s.alias(t, "", "", c.email).Subjects)
	}
}

// F15: calls that name one unknown person by the address and by both race. One data subject has all the records, except those that named only an id
// before any call had both.
func TestFault_F15_OnePersonBecomesKnownInSeveralWaysAtOnce(t *testing.T) {
	s := newRig(t)
	var wg sync.WaitGroup
	const each = 3
	for i := range each {
		for way, who := range []string{whom("7", "anna@example.org"), whom("", "Anna@example.org"), whom("7", "ANNA@example.org")} {
			wg.Go(func() { s.logs(t, fmt.Sprintf("%d-%d", way, i), who) })
		}
	}
	wg.Wait()
	if known := s.aliases(t); len(known) != 1 || known[s.alias(t, "crm", "7", "").Subject()] != 2 || len(s.stored(t, "anna@example.org")) != 3*each {
		t.Errorf("%v, %d records", known, len(s.stored(t, "anna@example.org")))
	}
}

// F15: a person is joined to another one while records about both come in. Every record is filed, and all of them are found by either id.
func TestFault_F15_RecordsBesideAJoin(t *testing.T) {
	s := people(t)
	annas, bos := s.alias(t, "crm", "7", "").Subject(), s.alias(t, "crm", "8", "").Subject()
	var wg sync.WaitGroup
	const each = 4
	for i := range each {
		for _, who := range []string{whom("7", ""), whom("8", ""), whom("", "bo@example.org")} {
			wg.Go(func() {
				data := strings.Replace(running, `"anna"`, `"`+fmt.Sprint(i)+`"`, 1)
				if got := s.sends(t, "account", fmt.Sprintf("%d-%x", i, who), who, "2026-11-20T00:00:00Z", data); got.Outcome != "stored" {
					t.Errorf("%+v", got)
				}
			})
		}
		if i == 1 {
			wg.Go(func() { s.addresses(t, "7", "anna@example.org", "bo@example.org") })
		}
	}
	wg.Wait()
	state, _, err := s.Subjects.State(t.Context(), annas)
	if err != nil || s.alias(t, "crm", "8", "").Subject() != annas || len(state.Formerly) != 1 || state.Contract != "running" {
		t.Fatalf("%+v, %v", state, err)
	}
	if got := len(s.of(t, annas)) + len(s.of(t, bos)); got != 2+3*each {
		t.Errorf("%d records", got)
	}
	for _, id := range state.Persons(annas) {
		for _, r := range collect(t, s.Records.Stored(t.Context(), id)) {
			if r.Category == privacy.Account && !r.ExpiresAt.IsZero() {
				t.Errorf("%s expires %v", r.ID, r.ExpiresAt)
			}
		}
	}
}

// The ids of a call are those of its system. Another system's id of the same spelling is somebody else.
func TestIDsOfTwoSystems(t *testing.T) {
	s := newRig(t)
	shop := s.as(t, "shop")
	s.logs(t, "crm", whom("1", ""))
	shop.logs(t, "shop", whom("1", ""))
	if got := shop.sends(t, "security_log", "crm", whom("1", ""), "2026-11-20T00:00:00Z", login); got.Outcome != "stored" || len(s.aliases(t)) != 2 {
		t.Errorf("%+v, %v", got, s.aliases(t))
	}
}
