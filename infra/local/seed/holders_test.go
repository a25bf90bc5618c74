package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/sample"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/dynamo/identities"
	"github.com/helpdeskexpert/privacy/shared/dynamo/notices"
	"github.com/helpdeskexpert/privacy/shared/dynamo/records"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/notice/noticetest"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// accountOf returns an account line whose contract ended so many days ago; a negative number lies ahead, and "" means no end.
func accountOf(email, id, end string) string {
	return fmt.Sprintf(`{"category":"account","id":%q,"subject":{"email":%q},"source":"direct","occurredAt":"2026-01-01T00:00:00Z","data":{"contractStartedAt":"2019-01-01T00:00:00Z"%s}}`, id, email, end)
}

// withID returns an account line about somebody with an id, and with an address unless that is empty.
func withID(id, email, account, end string) string {
	who := fmt.Sprintf(`{"id":%q,"email":%q}`, id, email)
	if email == "" {
		who = fmt.Sprintf(`{"id":%q}`, id)
	}
	return strings.Replace(accountOf("x", account, end), `{"email":"x"}`, who, 1)
}

func ended(daysAgo int) string {
	return fmt.Sprintf(`,"contractEndedAt":%q`, time.Now().UTC().AddDate(0, 0, -daysAgo).Format(time.RFC3339))
}

// K02: the count is of people and not of lines, and only of those whose account data is still stored.
func TestPromise_K02_SeedCountsAccountHoldersOnce(t *testing.T) {
	s := &service{reply: func(text string, _ int) map[string]any {
		if strings.Contains(text, "refused") {
			return failure("Unprocessable Entity", false)
		}
		return stored(text, 1)
	}}
	url := s.start(t)
	for name, c := range map[string]struct {
		lines []string
		want  string
	}{
		"nobody":                  {[]string{`{"category":"identity","id":"self","subject":{"email":"a@example.org"}}`}, "0 account holders are among"},
		"one":                     {[]string{accountOf("a@example.org", "1", "")}, "1 account holder is among"},
		"two accounts":            {[]string{accountOf("a@example.org", "1", ""), accountOf("a@example.org", "2", ended(9))}, "1 account holder is among"},
		"two spellings":           {[]string{accountOf("a@example.org", "1", ""), accountOf("A@Example.ORG", "2", "")}, "1 account holder is among"},
		"two people":              {[]string{accountOf("a@example.org", "1", ""), accountOf("b@example.org", "1", ended(700))}, "2 account holders are among"},
		"ended long ago":          {[]string{accountOf("a@example.org", "1", ended(740))}, "0 account holders are among"},
		"ends next week":          {[]string{accountOf("a@example.org", "1", ended(-7))}, "1 account holder is among"},
		"came back":               {[]string{accountOf("a@example.org", "1", ended(1000)), accountOf("a@example.org", "2", "")}, "1 account holder is among"},
		"an end, then no end":     {[]string{accountOf("a@example.org", "1", ended(1000)), accountOf("a@example.org", "1", "")}, "0 account holders are among"},
		"an id, then its address": {[]string{withID("7", "a@example.org", "1", ""), accountOf("a@example.org", "1", "")}, "1 account holder is among"},
		"an id alone":             {[]string{withID("7", "a@example.org", "1", ""), withID("7", "", "2", "")}, "1 account holder is among"},
		"two share an address":    {[]string{withID("7", "a@example.org", "1", ""), withID("8", "A@example.org", "1", "")}, "2 account holders are among"},
		"was refused":             {[]string{accountOf("refused@example.org", "1", ""), accountOf("b@example.org", "1", "")}, "1 account holder is among"},
	} {
		var out strings.Builder
		if err := run(t.Context(), url, 0, file(t, c.lines...), &out); (err != nil) != (name == "was refused") {
			t.Errorf("%s: %v", name, err)
		}
		if !strings.Contains(out.String(), c.want) {
			t.Errorf("%s: no %q in\n%s", name, c.want, out.String())
		}
	}
}

// K02: the printed number of account holders is how many the service finds, for invented people, for the sample population, and for people of
// whom the same lines are sent again. It is also how many letters a notice has.
func TestPromise_K02_SeedCountsWhatTheServiceFinds(t *testing.T) {
	stores := servicetest.NewStores(t)
	stores.Clock.Set(time.Now().UTC())
	s := stocked(t, stores)
	url := s.start(t)
	lines := sample.Lines(t)
	send := func(name string, n int, path string) (count int) {
		t.Helper()
		var out strings.Builder
		if err := run(t.Context(), url, n, path, &out); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out.String())
		}
		_, after, _ := strings.Cut(out.String(), "lines per second\n")
		if _, err := fmt.Sscan(after, &count); err != nil {
			t.Fatalf("%s: %v in\n%s", name, err, out.String())
		}
		return count
	}
	const many, named = 48, 6 // customers among the people of the cases
	all := send("invented people", many, "")
	if all < many/2+named || all > many*7/8+named || all != found(t, stores) {
		t.Errorf("%d of %d invented people are account holders, the service finds %d", all, many, found(t, stores))
	}
	if again := send("sent again", many, ""); again != all || all != found(t, stores) {
		t.Errorf("sent again, %d people are account holders, the service finds %d", again, found(t, stores))
	}
	mailed := letters(t, stores)
	if len(mailed) != all {
		t.Errorf("%d letters to %d account holders", len(mailed), all)
	}
	for address, n := range mailed {
		if n != 1 {
			t.Errorf("%d letters to %s", n, address)
		}
	}
	if lines == nil {
		return
	}
	path := filepath.Join(t.TempDir(), "sample.ndjson")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	if of := send("the sample", 0, path); of == 0 || found(t, stores) != all+of {
		t.Errorf("%d people of the sample are account holders, the service finds %d besides", of, found(t, stores)-all)
	}
}

// stocked stands in for the running service with the real intake and the real acts on identities.
func stocked(t *testing.T, stores *servicetest.Stores) *service {
	t.Helper()
	names := identities.Tables{Subjects: stores.Tables.Name("SubjectsTable"), Requests: stores.Tables.Name("RequestsTable"), Ledger: stores.Tables.Name("LedgerTable")}
	stores.Intake.Consents = &stores.Consents.Store
	stores.Intake.Store = records.NewWriter(stores.Client,
		records.Tables{Records: stores.Tables.Name("RecordsTable"), Subjects: names.Subjects, Requests: names.Requests, Ledger: names.Ledger}, stores.Clock.Now)
	acts := &identity.Identity{Store: identities.New(stores.Client, names, stores.Clock.Now), Aliases: servicetest.Aliases, Policy: stores.InForce, Now: stores.Clock.Now}
	return &service{reply: func(text string, _ int) map[string]any { return take(t, stores, text) }, act: func(r *http.Request, text string) (int, string) {
		var body struct {
			Emails   []string
			From, To string
		}
		if err := json.Unmarshal([]byte(text), &body); err != nil {
			t.Error(err)
		}
		by := audit.Actor{Kind: audit.Machine, ID: system}
		var err error
		if r.Method == http.MethodPut {
			_, err = acts.SetAddresses(t.Context(), by, subject.Named{Client: system, ID: r.PathValue("id")}, parsed(stores, body.Emails...), false)
		} else {
			both := parsed(stores, body.From, body.To)
			_, err = acts.Rename(t.Context(), by, system, both[0], both[1], false)
		}
		if err != nil {
			return fault.Status(err), string(fault.KindOf(err))
		}
		return http.StatusOK, ""
	}}
}

// system is the client id in the token of the local stack.
const system = "local-system"

func parsed(s *servicetest.Stores, emails ...string) (all []subject.Address) {
	for _, email := range emails {
		all = append(all, s.Parse(email))
	}
	return all
}

// take lets the service take in a line.
func take(t *testing.T, s *servicetest.Stores, text string) map[string]any {
	t.Helper()
	var l struct {
		record.Draft
		Data json.RawMessage
	}
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		t.Fatal(err)
	}
	l.Draft.Data = []byte(l.Data)
	line, err := s.Intake.Check(system, l.Draft)
	if err != nil {
		return failure(err.Error(), false)
	}
	result, err := s.Intake.TakeOne(t.Context(), line)
	if err != nil {
		return failure(err.Error(), false)
	}
	return map[string]any{"outcome": result.Outcome}
}

// letters runs a notice to its end and returns how many letters each address got.
func letters(t *testing.T, s *servicetest.Stores) map[string]int {
	t.Helper()
	w := noticetest.NewWorld(t, 0, func(now func() time.Time) noticetest.Stores {
		return &notices.Store{Client: s.Client, Table: s.Tables.Name("NoticesTable"), Ledger: s.Tables.Name("LedgerTable"), Now: now}
	})
	w.Clock.Set(s.Clock.Now())
	w.Runner.People, w.Runner.Shards, w.Runner.Spellings = s.Subjects, subjects.Shards, s.Subjects
	w.Pass(time.Minute) // the first run of the service
	w.Publish(noticetest.New, "significant", 30)
	w.Pass(5 * time.Minute)
	if shown := w.Show(noticetest.New); shown.State != notice.Following || shown.Counts.Outcome[notice.Delivered] != len(w.SES.Mails) {
		t.Errorf("%+v", shown)
	}
	return w.SES.Mails
}

// found is how many account holders a walk finds, as a notice does.
func found(t *testing.T, s *servicetest.Stores) int {
	t.Helper()
	s.Tables.Settle()
	who := map[string]bool{}
	for shard := range subjects.Shards {
		for cursor, first := "", true; first || cursor != ""; first = false {
			page, next, err := s.Subjects.People(t.Context(), shard, time.Time{}, cursor)
			if err != nil {
				t.Fatal(err)
			}
			for _, person := range page {
				who[person.Primary] = who[person.Primary] || person.HoldsAccount(s.InForce(s.Clock.Now()).RetentionFor(privacy.Account), s.Clock.Now())
			}
			cursor = next
		}
	}
	n := 0
	for _, holds := range who {
		if holds {
			n++
		}
	}
	return n
}
