package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/dynamo/identities"
	"github.com/helpdeskexpert/privacy/shared/dynamo/records"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/identity/identitytest"
	"github.com/helpdeskexpert/privacy/shared/intake"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// storePeople puts people on record as the systems of a company do: Anna has two addresses and an id; Berta has an address that was Anna's; Carla
// and Dora share one; Emma was joined with Fay; what was attached to Gil is contested, and what was attached to Hal was, before it was taken away.
func storePeople(t *testing.T, client *dynamodb.Client, tables records.Tables, log string) {
	t.Helper()
	at := time.Now().UTC().Truncate(time.Second)
	writer := records.NewWriter(client, tables, time.Now)
	acts := &identity.Identity{
		Store:   identities.New(client, identities.Tables{Subjects: tables.Subjects, Requests: tables.Requests, Ledger: tables.Ledger}, time.Now),
		Aliases: servicetest.Aliases, Policy: policy.InForce, Now: time.Now,
	}
	in := &intake.Intake{Subjects: acts.Store.(intake.Subjects), Store: writer, Consents: &consents.Store{Client: client, Table: log},
		Aliases: servicetest.Aliases, Policy: policy.InForce, Now: time.Now}
	send := func(id, email, category, data string) {
		t.Helper()
		draft := record.Draft{Category: category, ID: "self", Source: "direct", OccurredAt: at.Add(-time.Hour).Format(time.RFC3339),
			Subject: &record.Named{}, Data: []byte(data)}
		if id != "" {
			draft.Subject.ID = &id
		}
		if email != "" {
			draft.Subject.Email = &email
		}
		line, err := in.Check("crm", draft)
		if err == nil {
			_, err = in.TakeOne(t.Context(), line)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	addresses := func(id string, join bool, emails ...string) identity.Result {
		t.Helper()
		all := make([]subject.Address, len(emails))
		for i, email := range emails {
			var err error
			if all[i], err = subject.ParseAddress(email); err != nil {
				t.Fatal(err)
			}
		}
		result, err := acts.SetAddresses(t.Context(), audit.Actor{Kind: audit.Machine, ID: "crm"}, subject.Named{Client: "crm", ID: id}, all, join)
		if err != nil {
			t.Fatal(err)
		}
		return result
	}
	const who = `{"firstName":"Canary","lastName":"Canary","jobTitle":"Analyst"}`
	send("canary-1", "canary.anna@example.com", "identity", who)
	send("canary-1", "", "account", `{"username":"canary","passwordHash":"$2b$12$YAH2sWqKQt.mpzZsIFNIUvbv5W/L37aCztzYKheGbpz/UZ1/7bc/q","status":"active","contractStartedAt":"2020-01-01T00:00:00Z"}`)
	addresses("canary-1", false, "canary.anna@example.com", "canary.work@example.com", "canary.old@example.com")
	addresses("canary-1", false, "canary.anna@example.com", "canary.work@example.com")
	send("canary-2", "canary.berta@example.com", "identity", who)
	addresses("canary-2", false, "canary.berta@example.com", "canary.old@example.com")
	send("canary-3", "canary.house@example.com", "identity", who)
	send("canary-4", "canary.house@example.com", "identity", who)
	send("canary-5", "canary.emma@example.com", "identity", who)
	send("canary-6", "canary.fay@example.com", "identity", who)
	addresses("canary-5", true, "canary.emma@example.com", "canary.fay@example.com")
	send("canary-7", "canary.gil@example.com", "identity", who)
	addresses("canary-7", false, "canary.gil@example.com", "canary.new@example.com")
	addresses("canary-7", false, "canary.new@example.com")
	freeze(t, acts, "canary.new@example.com")
	send("canary-8", "canary.hal@example.com", "identity", who)
	addresses("canary-8", false, "canary.hal@example.com", "canary.gone@example.com")
	freeze(t, acts, "canary.gone@example.com")
	addresses("canary-8", false, "canary.hal@example.com")
}

// freeze freezes an address, as the consequences of a contested change do.
func freeze(t *testing.T, acts *identity.Identity, email string) {
	t.Helper()
	address, err := subject.ParseAddress(email)
	if err != nil {
		t.Fatal(err)
	}
	key := servicetest.Aliases.Alias(address)
	found, err := acts.Store.Aliases(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	after := found[key]
	after.FrozenAt = time.Now().UTC().Truncate(time.Second)
	lost, err := acts.Store.Commit(t.Context(), identity.Transaction{Aliases: []identity.AliasChange{{From: found[key], To: after}},
		Entry: audit.New(audit.Actor{Kind: audit.Holder, ID: "mailbox"}, audit.ChangeContested, string(after.Subject()), after.FrozenAt),
		Until: time.Now().AddDate(1, 0, 0)})
	if err != nil || lost {
		t.Fatal(lost, err)
	}
}

// released is the command `released <number>` of a story: the audit log has so many entries about the end of a freeze, each by an operator and about
// a data subject.
func released(stores *servicetest.Stores) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		count := 0
		for _, item := range stores.Scan("LedgerTable") {
			if dynamo.Text(item, "act") == string(audit.AddressReleased) {
				count++
				if dynamo.Text(item, "actorKind") != "operator" || dynamo.Text(item, "actor") == "" || len(dynamo.Text(item, "about")) != 22 {
					ts.Fatalf("an entry by %s", dynamo.Text(item, "actorKind"))
				}
			}
		}
		if (strconv.Itoa(count) == args[0]) == neg {
			ts.Fatalf("%d entries", count)
		}
	}
}

// writeTyped writes a file for each address or id that a story types.
func writeTyped(dir string) error {
	for name, typed := range map[string]string{
		"anna": "Canary.Anna@Example.com", "old": "canary.old@example.com", "house": "canary.house@example.com", "fay": "canary.fay@example.com",
		"gil": "canary.gil@example.com", "new": "canary.new@example.com", "gone": "canary.gone@example.com", "nobody": "canary.nobody@example.com", "broken": "canary@", "none": "",
		"id": "canary-1", "badid": "canary 1",
	} {
		if err := os.WriteFile(filepath.Join(dir, "typed-"+name), []byte(typed+"\n"), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// T04: whatever an operator passes to the command, no error repeats it, since it may be an address.
func TestThreat_T04_NoErrorRepeatsWhatWasPassed(t *testing.T) {
	const canary = "canary@example.com"
	for _, args := range [][]string{
		{"subject", canary}, {"subject", "release", canary}, {"subject", "--" + canary}, {"subject", "--by", canary}, {"subject", "--json=" + canary},
		{"subject", "-x" + canary}, {"subject", "release", "--" + canary}, {"subject", "--by", "id", "--client", canary}, {"subject", "--client", canary},
		{"subject", "relase", canary},
	} {
		t.Setenv("SUBJECTS_TABLE", "none")
		t.Setenv("LEDGER_TABLE", "none")
		t.Setenv("ALIAS_KEY", "key")
		t.Setenv("AWS_REGION", "eu-west-2")
		var out, problems strings.Builder
		if run(args, &out, &problems) == 0 {
			t.Errorf("%d arguments are accepted", len(args))
		}
		if strings.Contains(out.String()+problems.String(), "canary") || !strings.HasPrefix(problems.String(), "ctl: ") && !strings.HasPrefix(problems.String(), "Id: ") {
			t.Errorf("it said %q", problems.String())
		}
	}
}

// T27: the command shows an address as shared until the data of one of two has expired, although the state of the other still says so. Then it shows
// who is left, and that their requests are not answered for a week yet.
func TestThreat_T27_WhoIsLeftBehindAnAddress(t *testing.T) {
	clock := testclock.New(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))
	store, key, end := identitytest.NewMemory(clock), "i#1#both", clock.Now().AddDate(0, 1, 0)
	look := lookup{&identity.Identity{Store: store, Policy: policy.InForce, Now: clock.Now}}
	for _, n := range []identitytest.Newcomer{{ID: "anna"}, {ID: "bert", Owner: "anna", ExpiresAt: end}} {
		found, err := store.Aliases(t.Context(), key)
		was := found[key]
		was.Key = key
		if to := was.With(n.ID, n.ExpiresAt, nil); n.Owner == "" {
			n.Learns = []identity.AliasChange{{From: was, To: to}}
		} else {
			n.Shares = &identity.AliasChange{From: was, To: to}
		}
		if lost, failed := store.Create(t.Context(), n); err != nil || failed != nil || lost {
			t.Fatal(lost, err, failed)
		}
	}
	for at, want := range map[time.Time]shownAlias{
		clock.Now(): {Doubt: subject.Shared, SharedBy: 2}, end: {AttachedAt: end, AnswersFrom: policy.InForce(end).AnswersFrom(end)},
	} {
		clock.Set(at)
		shown, err := look.find(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		want.Kind = "address"
		if is := shown.Alias; is.Doubt != want.Doubt || is.SharedBy != want.SharedBy || !is.AttachedAt.Equal(want.AttachedAt) || !is.AnswersFrom.Equal(want.AnswersFrom) {
			t.Errorf("at %v: %+v", at, is)
		}
		if people := shown.DataSubjects; people[0].ID != "anna" || len(people) != max(want.SharedBy, 1) || len(people[0].Aliases) != 1 || people[0].Aliases[0].SharedBy != want.SharedBy {
			t.Errorf("at %v: %+v", at, people)
		}
	}
}

// No member of the JSON has room for an address, an id of a system or a hash: every text in it comes from a list of words, is a date, a client's
// name or the random id of a data subject.
func TestTheAnswerHasNoRoomForAddresses(t *testing.T) {
	raw, err := json.Marshal(shownSubject{Alias: lookup{&identity.Identity{Policy: policy.InForce, Now: time.Now}}.name(subject.Alias{
		Key: "i#1#canary", Spelling: "canary@example.com", Client: "crm", Typed: true,
	})})
	if err != nil || strings.Contains(string(raw), "canary") {
		t.Errorf("%s, %v", raw, err)
	}
	var cmd cobra.Command
	var out strings.Builder
	cmd.SetOut(&out)
	if err := describeSubject(&cmd, shownSubject{Alias: shownAlias{Kind: "address"}}); err != nil || out.String() != "Typed  an address\n" {
		t.Errorf("%q, %v", out.String(), err)
	}
}
