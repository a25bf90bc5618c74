package record

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

const hash12 = "$2b$12$YAH2sWqKQt.mpzZsIFNIUvbv5W/L37aCztzYKheGbpz/UZ1/7bc/q"

// examples is an acceptable record of each category.
var examples = map[privacy.Category]string{
	privacy.Identity:      `{"firstName":"Anna","lastName":"Berg","jobTitle":"Head of Support"}`,
	privacy.Contact:       `{"email":"anna@example.org","phone":"+4915112345678","company":"Berg GmbH"}`,
	privacy.Account:       `{"username":"anna","passwordHash":"` + hash12 + `","status":"active","contractStartedAt":"2024-01-01T00:00:00Z"}`,
	privacy.Preference:    `{"supportChannel":"live_chat","serviceTier":"team","language":"de"}`,
	privacy.Transaction:   `{"invoiceNumber":"HDX-1","issuedAt":"2026-01-01T00:00:00Z","currency":"EUR","amount":"10.50","status":"paid","description":"Seats","lines":[{"description":"Seat","quantity":3,"unitPrice":"3.50"}],"cardLast4":"4242"}`,
	privacy.Communication: `{"channel":"live_chat","startedAt":"2026-01-01T00:00:00Z","endedAt":"2026-01-01T00:10:00Z","agent":"agent-1","messages":[{"at":"2026-01-01T00:00:00Z","from":"subject","name":"Anna","text":"Hello"}]}`,
	privacy.Marketing:     `{"list":"product","subscribedAt":"2026-01-01T00:00:00Z","interests":["chat"]}`,
	privacy.Analytics:     `{"day":"2026-11-01","page":"/pricing","country":"DE","browser":"Chrome 120.0.0.0","referrerHost":"example.com","searchTerm":"helpdesk","count":12}`,
	privacy.SecurityLog:   `{"at":"2026-11-01T00:00:00Z","event":"login","ip":"192.0.2.1","userAgent":"Mozilla/5.0","sessionId":"d96e02a3"}`,
}

// anna is a data subject who is named by her address.
var anna = named("", "anna@example.org")

// named returns how a call names a data subject; "" leaves a member out.
func named(id, email string) *Named {
	n := &Named{}
	if id != "" {
		n.ID = &id
	}
	if email != "" {
		n.Email = &email
	}
	return n
}

func draft(category privacy.Category, data string) Draft {
	d := Draft{Category: string(category), ID: "one", Source: "direct", OccurredAt: "2026-11-01T00:00:00Z", Data: []byte(data)}
	if category.HasSubject() {
		d.Subject = anna
	}
	return d
}

// pointers checks the draft and returns the pointers at fault.
func pointers(t interface{ Fatalf(string, ...any) }, d Draft) []string {
	_, err := Check(policy.Newest(), d, now)
	if err == nil {
		return nil
	}
	known, ok := errors.AsType[*fault.Error](err)
	if !ok {
		t.Fatalf("a refusal must be a fault, not %T", err)
		return nil
	}
	var out []string
	for _, f := range known.Fields {
		out = append(out, f.Pointer)
	}
	return out
}

func TestEveryCategoryHasAnAcceptableRecord(t *testing.T) {
	for _, category := range privacy.Categories {
		if at := pointers(t, draft(category, examples[category])); at != nil {
			t.Errorf("%s: refused at %v", category, at)
		}
	}
}

// TestPromise_B01_OnlyDeclaredDataIsCollected adds, drops and mistypes fields anywhere in an acceptable record.
func TestPromise_B01_OnlyDeclaredDataIsCollected(t *testing.T) {
	if at := pointers(t, Draft{Category: "health", ID: "x", Source: "direct", OccurredAt: "2026-11-01T00:00:00Z", Subject: anna, Data: []byte(`{}`)}); !slices.Contains(at, "/category") {
		t.Errorf("an undeclared category is refused at %v", at)
	}
	soak.Check(t, func(t *rapid.T) {
		category := rapid.SampledFrom(privacy.Categories[:]).Draw(t, "category")
		inventory, _ := policy.Newest().Category(category)
		var data map[string]any
		if err := json.Unmarshal([]byte(examples[category]), &data); err != nil {
			t.Fatal(err)
		}
		var want string
		switch rapid.IntRange(0, 2).Draw(t, "change") {
		case 0:
			name := rapid.StringMatching(`[a-z][a-zA-Z]{2,20}`).Filter(func(s string) bool {
				return !slices.ContainsFunc(inventory.Fields, func(f policy.Field) bool { return f.Name == s })
			}).Draw(t, "undeclared")
			data[name], want = rapid.String().Draw(t, "value"), "/data/"+name
		case 1:
			required := slices.DeleteFunc(slices.Clone(inventory.Fields), func(f policy.Field) bool { return f.Optional })
			name := rapid.SampledFrom(required).Draw(t, "required").Name
			delete(data, name)
			want = "/data/" + name
		default:
			name := rapid.SampledFrom(slices.Sorted(maps.Keys(data))).Draw(t, "mistyped")
			data[name], want = rapid.SampledFrom([]any{true, nil, map[string]any{}, 1.5}).Draw(t, "value"), "/data/"+name
		}
		sent, err := json.Marshal(data)
		if err != nil {
			t.Fatal(err)
		}
		if at := pointers(t, draft(category, string(sent))); !slices.Contains(at, want) {
			t.Fatalf("refused at %v, not at %s", at, want)
		}
	})
}

func TestWhatARecordNeedsBesidesItsData(t *testing.T) {
	for want, change := range map[string]func(*Draft){
		"/id":         func(d *Draft) { d.ID = "a/b" },
		"/source":     func(d *Draft) { d.Source = "hearsay" },
		"/occurredAt": func(d *Draft) { d.OccurredAt = "yesterday" },
		"/data":       func(d *Draft) { d.Data = nil },
		"/subject":    func(d *Draft) { d.Subject = nil },
	} {
		d := draft(privacy.Identity, examples[privacy.Identity])
		change(&d)
		if at := pointers(t, d); !slices.Equal(at, []string{want}) {
			t.Errorf("refused at %v, not at %s", at, want)
		}
	}
	for at, ok := range map[string]bool{"2026-11-24T11:59:59Z": true, "2026-11-24T12:00:01Z": false, "1899-12-31T00:00:00Z": false} {
		d := draft(privacy.Identity, examples[privacy.Identity])
		d.OccurredAt = at
		if got := pointers(t, d) == nil; got != ok {
			t.Errorf("occurredAt %s: accepted %v", at, got)
		}
	}
}

func TestFieldForms(t *testing.T) {
	for _, c := range []struct {
		category      privacy.Category
		old, new, bad string
	}{
		{privacy.Transaction, `"10.50"`, `"10,50"`, "/data/amount"},
		{privacy.Transaction, `"10.50"`, `10.50`, "/data/amount"},
		{privacy.Transaction, `"EUR"`, `"Euro"`, "/data/currency"},
		{privacy.Transaction, `"quantity":3`, `"quantity":3.5`, "/data/lines/0/quantity"},
		{privacy.Transaction, `"quantity":3`, `"quantity":3,"colour":"red"`, "/data/lines/0/colour"},
		{privacy.Account, `"active"`, `"ACTIVE"`, "/data/status"},
		{privacy.Communication, `"from":"subject"`, `"from":"nobody"`, "/data/messages/0/from"},
		{privacy.Communication, `"2026-01-01T00:10:00Z"`, `"2026-01-01"`, "/data/endedAt"},
		{privacy.Contact, `anna@example.org`, `anna at example.org`, "/data/email"},
		{privacy.Preference, `"de"`, `"Deutsch!"`, "/data/language"},
		{privacy.SecurityLog, `192.0.2.1`, `192.0.2.256`, "/data/ip"},
		{privacy.Marketing, `["chat"]`, `["chat",7]`, "/data/interests/1"},
		{privacy.Identity, `"Berg"`, `"` + strings.Repeat("b", 10_001) + `"`, "/data/lastName"},
	} {
		data := strings.Replace(examples[c.category], c.old, c.new, 1)
		if at := pointers(t, draft(c.category, data)); !slices.Equal(at, []string{c.bad}) {
			t.Errorf("%s: refused at %v, not at %s", c.new[:min(20, len(c.new))], at, c.bad)
		}
	}
}

func TestCanonical(t *testing.T) {
	for in, want := range map[string]string{
		`{ "b" : 1 , "a" : [ 1.10, 1e3, 12345678901234567890 ] }`: `{"a":[1.10,1e3,12345678901234567890],"b":1}`,
		`{"a":"\u00e9\/"}`: `{"a":"é/"}`,
	} {
		if got, err := Canonical([]byte(in)); err != nil || string(got) != want {
			t.Errorf("%s: %s, %v", in, got, err)
		}
	}
	for _, in := range []string{`{"a":1,"a":2}`, `{"a":{"b":1,"b":1}}`, `{"a":1`, `{"a":"\ud800"}`, "{\"a\":\"\xff\"}", `{} {}`, ``} {
		if _, err := Canonical([]byte(in)); fault.KindOf(err) != fault.Malformed {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestEndedAccountSaysWhen(t *testing.T) {
	r, err := Check(policy.Newest(), draft(privacy.Account, examples[privacy.Account]), now)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 6, 30, 22, 0, 0, 0, time.UTC)
	over, err := r.Ended(at, now)
	if err != nil {
		t.Fatal(err)
	}
	if _, ended := over.Contract(); !ended.Equal(at) {
		t.Errorf("the contract ended at %v", ended)
	}
	if !over.OccurredAt.Equal(r.OccurredAt) || over.Hash() == r.Hash() {
		t.Error("an earlier end keeps the record's time and changes what it says")
	}
	for _, end := range []time.Time{now, now.AddDate(1, 0, 0)} {
		if later, err := r.Ended(end, now); err != nil || !later.OccurredAt.Equal(now) {
			t.Errorf("an end at %v moves the record's time to now and no further: %v, %v", end, later.OccurredAt, err)
		}
	}
}
