package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/access"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/record"
)

const (
	name    = `{"firstName":"Anna","lastName":"Berg","jobTitle":"Lead"}`
	login   = `{"at":"2026-11-20T00:00:00Z","event":"login","ip":"192.0.2.1","userAgent":"x","sessionId":"y"}`
	counts  = `{"category":"analytics","id":"home-DE","source":"automatic","occurredAt":"2026-11-21T00:00:00Z","data":{"day":"2026-11-20","page":"/","country":"DE","browser":"Firefox 131.0","referrerHost":"example.com","count":40}}`
	hash    = "$2b$12$YAH2sWqKQt.mpzZsIFNIUvbv5W/L37aCztzYKheGbpz/UZ1/7bc/q"
	running = `{"username":"anna","passwordHash":"` + hash + `","status":"active","contractStartedAt":"2025-01-01T00:00:00Z"}`
)

// ndjson returns one line.
func ndjson(category, id, email, occurredAt, data string) string {
	return fmt.Sprintf(`{"category":%q,"id":%q,"subject":{"email":%q},"source":"direct","occurredAt":%q,"data":%s}`+"\n", category, id, email, occurredAt, data)
}

func TestOneRecord(t *testing.T) {
	s := newRig(t)
	if outcome, expires := s.put(t, "identity", "self", "Anna@Example.org", "2026-11-01T00:00:00Z", name); outcome != "stored" || expires != "2028-11-01T00:00:00Z" {
		t.Error(outcome, expires)
	}
	for _, email := range []string{"anna@example.org", "ANNA@EXAMPLE.ORG"} {
		if outcome, expires := s.put(t, "identity", "self", email, "2026-11-01T00:00:00Z", name); outcome != "unchanged" || expires != "2028-11-01T00:00:00Z" {
			t.Error(outcome, expires)
		}
	}
	if outcome, _ := s.put(t, "identity", "self", "anna@example.org", "2026-10-31T23:59:59Z", strings.Replace(name, "Anna", "Ann", 1)); outcome != "unchanged" {
		t.Errorf("an older record is %s", outcome)
	}
	if outcome, _ := s.put(t, "identity", "self", "anna@example.org", "2026-11-01T00:00:00Z", strings.Replace(name, "Anna", "Ann", 1)); outcome != "stored" {
		t.Errorf("other content of the same time is %s", outcome)
	}
	if outcome, expires := s.put(t, "marketing", "news", "anna@example.org", "2026-11-01T00:00:00Z", `{"list":"offers","subscribedAt":"2026-11-01T00:00:00Z","interests":[]}`); outcome != "stored" || expires != "2026-12-23T12:00:00Z" {
		t.Error(outcome, expires)
	}
	if outcome, expires := s.put(t, "security_log", "1", "anna@example.org", "2026-08-25T00:00:00Z", strings.Replace(login, "2026-11-20", "2026-08-25", 1)); outcome != "retention_over" || expires != "2026-11-23T00:00:00Z" {
		t.Error(outcome, expires)
	}
	code, body := s.call(t, "PUT", "/v1/records/analytics/home-DE", "application/json", strings.Replace(counts, `"category":"analytics","id":"home-DE",`, "", 1))
	if code != 200 || body != `{"outcome":"stored","expiresAt":"2029-01-20T00:00:00Z"}` {
		t.Error(code, body)
	}
	if stored := s.stored(t, "anna@example.org"); len(stored) != 2 || !strings.Contains(string(stored[0].Data), `"Ann"`) {
		t.Errorf("stored: %d", len(stored))
	}
}

func TestWhatIsRefused(t *testing.T) {
	s := newRig(t)
	ok := `{"subject":{"email":"anna@example.org"},"source":"direct","occurredAt":"2026-11-01T00:00:00Z","data":` + name + `}`
	for _, c := range []struct {
		path, contentType, body string
		code                    int
		pointer                 string
	}{
		{"identity/self", "application/json", `{"subject":`, 400, ""},
		{"identity/self", "application/json", strings.Replace(ok, `"source"`, `"source":"direct","source"`, 1), 400, "/source"},
		{"identity/self", "application/json", strings.Replace(ok, `"firstName"`, `"firstName":"x","firstName"`, 1), 400, "/data/firstName"},
		{"identity/self", "text/plain", ok, 415, ""},
		{"identity/self", "application/json", `{}`, 422, "/subject /source /occurredAt /data"},
		{"health/self%20", "application/json", `{"subject":{"email":"x"},"source":"x","occurredAt":"x","data":7}`, 422, "/category /id /source /occurredAt"},
		{"identity/self", "application/json", `{"subject":{"email":"x"},"source":"direct","occurredAt":"2026-11-01T00:00:00Z","data":{"firstName":7}}`, 422, "/subject/email /data/firstName /data/lastName /data/jobTitle"},
		{"identity/self", "application/json", strings.Replace(ok, `"Anna"`, `null`, 1), 422, "/data/firstName"},
		{"identity/self", "application/json", strings.Replace(ok, "Anna", strings.Repeat("a", bodyLimit), 1), 413, ""},
		{"identity/self", "application/json", strings.Replace(ok, `"source"`, `"colour":"red","source"`, 1), 422, "/colour"},
		{"identity/self", "application/json", strings.Replace(ok, `"firstName"`, `"shoeSize":"43","firstName"`, 1), 422, "/data/shoeSize"},
		{"identity/self", "application/json", strings.Replace(ok, `"source":"direct"`, `"source":7`, 1), 422, "/source"},
		{"identity/self", "application/json", strings.Replace(ok, `anna@example.org`, `anna`, 1), 422, "/subject/email"},
		{"identity/self", "application/json", strings.Replace(ok, `"subject":{"email":"anna@example.org"},`, ``, 1), 422, "/subject"},
		{"identity/a%20b", "application/json", ok, 422, "/id"},
		{"health/self", "application/json", ok, 422, "/category"},
		{"identity/self", "application/json", strings.Replace(ok, "Anna", "4111 1111 1111 1111", 1), 422, "/data/firstName"},
		{"account/self", "application/json", strings.Replace(ok, name, strings.Replace(running, hash, "secret", 1), 1), 422, "/data/passwordHash"},
		{"analytics/x", "application/json", strings.Replace(ok, name, `{"day":"2026-11-20","page":"/","country":"DE","browser":"Edge","referrerHost":"","count":1}`, 1), 422, "/subject"},
	} {
		code, body := s.call(t, "PUT", "/v1/records/"+c.path, c.contentType, c.body)
		if code != c.code || named(body) != c.pointer || strings.Contains(body, "4111") || strings.Contains(body, "secret") {
			t.Errorf("%s %s: %d %.300s", c.path, c.pointer, code, body)
		}
	}
	if n := s.Count("RecordsTable"); n != 0 {
		t.Errorf("%d refused records were stored", n)
	}
}

// named returns the pointers of a problem document, in its order.
func named(body string) string {
	var problem struct{ Errors []fault.Field }
	_ = json.Unmarshal([]byte(body), &problem)
	var pointers []string
	for _, field := range problem.Errors {
		pointers = append(pointers, field.Pointer)
	}
	return strings.Join(pointers, " ")
}

func TestLines(t *testing.T) {
	s := newRig(t)
	body := ndjson("identity", "self", "anna@example.org", "2026-11-01T00:00:00Z", name) +
		"\n  \r\n" + // lines 2 and 3
		`{"category":"identity",` + "\n" +
		ndjson("identity", "self", "anna@example.org", "2026-11-01T00:00:00Z", name) +
		ndjson("identity", "self", "bo@example.org", "2026-11-01T00:00:00Z", strings.Replace(name, "Anna", "4111111111111111", 1)) +
		counts + "\n" +
		ndjson("account", "a", "anna@example.org", "2026-11-02T00:00:00Z", running) +
		ndjson("security_log", "1", "anna@example.org", "2026-08-01T00:00:00Z", strings.Replace(login, "2026-11-20", "2026-08-01", 1)) +
		`[1,2]`
	var got []string
	for _, a := range s.lines(t, body) {
		text := fmt.Sprintf("%d %s", a.Line, a.Outcome)
		if a.Error != nil {
			text += fmt.Sprintf("%s: %.40s %v", a.Error.Title, a.Error.Detail, a.Error.Retryable)
			for _, f := range a.Error.Errors {
				text += " " + f.Pointer
			}
		}
		got = append(got, text)
	}
	want := []string{"1 stored", "4 Bad Request: The body is not well-formed JSON. false", "5 unchanged",
		"6 Unprocessable Entity: The request is well-formed, but some of  false /data/firstName",
		"7 stored", "8 stored", "9 retention_over", "10 Unprocessable Entity: The request is well-formed, but some of  false "}
	if !slices.Equal(got, want) {
		t.Errorf("\n got  %q\n want %q", got, want)
	}
	if got := s.expiries(t, "anna@example.org"); !maps.Equal(got, map[string]string{"account/a": "", "identity/self": ""}) {
		t.Errorf("the account line takes effect first: %v", got)
	}
}

func TestLimitsOfACall(t *testing.T) {
	s := newRig(t)
	line := ndjson("identity", "self", "anna@example.org", "2026-11-01T00:00:00Z", name)
	for want, c := range map[int][2]string{
		415: {"application/json", line},
		413: {"application/x-ndjson", strings.Repeat("{}\n", maxLines+1)},
	} {
		if code, body := s.call(t, "POST", "/v1/records", c[0], c[1]); code != want {
			t.Errorf("%d %.100s", code, body)
		}
	}
	if code, _ := s.call(t, "POST", "/v1/records", "application/x-ndjson", strings.Repeat("\n", bodyLimit+1)); code != 413 {
		t.Errorf("%d for more than 4 MiB", code)
	}
	if code, body := s.call(t, "POST", "/v1/records", "application/x-ndjson", "\n\n"); code != 200 || body != "[]" {
		t.Errorf("%d %s for no line", code, body)
	}
	if got := s.lines(t, strings.Repeat("{}\n", maxLines)); len(got) != maxLines {
		t.Errorf("%d answers", len(got))
	}
}

func TestLinesThatTimeDoesNotAllow(t *testing.T) {
	s := newRig(t)
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(time.Hour))
	defer cancel()
	deadline, _ := ctx.Deadline()
	line := ndjson("identity", "self", "anna@example.org", "2026-11-01T00:00:00Z", name)
	for left, want := range map[time.Duration]string{6 * time.Second: `"outcome":"stored"`, 4 * time.Second: `"detail":"The call ran out of time and may or may not have taken effect. Send it again.","errors":[],"retryable":true`} {
		s.Clock.Set(deadline.Add(-left))
		if _, body := s.callIn(t, ctx, "POST", "/v1/records", "application/x-ndjson", strings.Replace(line, "anna", left.String(), 1)); !strings.Contains(body, want) {
			t.Errorf("%v left: %s", left, body)
		}
	}
}

func TestContractEnd(t *testing.T) {
	s := newRig(t)
	end := func(body string) (int, string) {
		return s.call(t, "POST", "/v1/subjects/contract-end", "application/json", body)
	}
	const ok = `{"subject":{"email":"anna@example.org"},"endedAt":"2026-11-01T00:00:00Z"}`
	if code, _ := end(ok); code != 404 {
		t.Errorf("%d for an unknown subject", code)
	}
	s.put(t, "account", "a", "anna@example.org", "2025-01-01T00:00:00Z", running)
	s.put(t, "identity", "self", "anna@example.org", "2025-01-01T00:00:00Z", name)
	for want, body := range map[string]string{
		"/endedAt": strings.Replace(ok, "2026-11-01T", "1.11.", 1), "/subject/email": strings.Replace(ok, "anna@", "@", 1),
		"/subject/email /endedAt": `{"subject":{"email":"anna"},"endedAt":"9999-12-31T00:00:00Z"}`,
	} {
		if code, answer := end(body); code != 422 || named(answer) != want {
			t.Errorf("%d %s", code, answer)
		}
	}
	if _, answer := end(`{}`); strings.Count(answer, `"detail":"is required"`) != 2 {
		t.Errorf("nothing sent: %s", answer)
	}
	if code, body := end(ok); code != 200 || body != `{"endedAt":"2026-11-01T00:00:00Z"}` {
		t.Errorf("%d %s", code, body)
	}
	if code, _ := end(ok); code != 404 {
		t.Errorf("%d for a contract that has ended", code)
	}
	if got := s.expiries(t, "anna@example.org"); !maps.Equal(got, map[string]string{"account/a": "2028-11-01T00:00:00Z", "identity/self": "2028-11-01T00:00:00Z"}) {
		t.Error(got)
	}
	if data := string(s.stored(t, "anna@example.org")[0].Data); !strings.HasPrefix(data, `{"contractEndedAt":"2026-11-01T00:00:00Z","contractStartedAt":`) {
		t.Error("the record does not say that the contract has ended")
	}
}

// TestFault_F02_LinesTwiceAndOutOfOrder sends the same lines one to five times in any order, in calls of any size.
func TestFault_F02_LinesTwiceAndOutOfOrder(t *testing.T) {
	s := newRig(t)
	var want map[string]string
	for run := range 12 {
		email := fmt.Sprintf("anna%d@example.org", run)
		lines := []string{
			ndjson("account", "a", email, "2025-01-01T00:00:00Z", running),
			ndjson("account", "a", email, "2026-06-01T00:00:00Z", strings.Replace(running, `}`, `,"contractEndedAt":"2026-05-31T00:00:00Z"}`, 1)),
			ndjson("account", "b", email, "2024-01-01T00:00:00Z", strings.Replace(running, `2025-01-01T00:00:00Z"`, `2024-01-01T00:00:00Z","contractEndedAt":"2025-12-31T00:00:00Z"`, 1)),
			ndjson("identity", "self", email, "2025-01-01T00:00:00Z", name),
			ndjson("identity", "self", email, "2026-02-01T00:00:00Z", strings.Replace(name, "Anna", "Ann", 1)),
			ndjson("security_log", "1", email, "2026-11-20T00:00:00Z", login),
		}
		random := rand.New(rand.NewPCG(uint64(run), 1))
		var sent []string
		for _, l := range lines {
			for range 1 + random.IntN(5) {
				sent = append(sent, l)
			}
		}
		random.Shuffle(len(sent), func(i, j int) { sent[i], sent[j] = sent[j], sent[i] })
		for call := range slices.Chunk(sent, 1+random.IntN(6)) {
			for _, a := range s.lines(t, strings.Join(call, "")) {
				if a.Error != nil {
					t.Fatalf("%+v", a.Error)
				}
			}
		}
		got := s.expiries(t, email)
		for _, r := range s.stored(t, email) {
			got[r.ID+" data"] = string(r.Data)
		}
		if want == nil {
			want = got
		}
		if !maps.Equal(got, want) || got["identity/self"] != "2028-05-31T00:00:00Z" {
			t.Fatalf("run %d:\n got  %v\n want %v", run, got, want)
		}
	}
}

// refusing is an authorizer that admits nobody and records the rules that it was asked about.
type refusing struct{ asked []access.Rule }

func (r *refusing) Authorize(_ *http.Request, rule access.Rule) (access.Principal, error) {
	r.asked = append(r.asked, rule)
	return access.Principal{}, fault.New(fault.Forbidden, "The token lacks the scope.")
}

func TestEveryRouteAsksByItsRule(t *testing.T) {
	s, auth := newRig(t), &refusing{}
	s.Handler = s.routes(auth)
	for _, route := range guarded(t) {
		rule := access.Rules[route]
		method, path, _ := strings.Cut(route, " ")
		path = strings.NewReplacer("{category}", "identity", "{id}", "self").Replace(path)
		if code, _ := s.call(t, method, path, "application/json", "{}"); code != 403 {
			t.Errorf("%s: %d", route, code)
		}
		if got := auth.asked[len(auth.asked)-1]; !reflect.DeepEqual(got, rule) {
			t.Errorf("%s asks for %+v", route, got)
		}
	}
}

func TestThreat_T16_LookAlikesStayApart(t *testing.T) {
	s := newRig(t)
	pairs := []string{"anna@example.org", "аnna@example.org", "anna+a@example.org", "an.na@example.org", "anna@exampIe.org", "änna@example.org", "anna@exämple.org"}
	for i, email := range pairs {
		s.put(t, "identity", fmt.Sprint(i), email, "2026-11-01T00:00:00Z", name)
	}
	for i, email := range pairs {
		if got := s.stored(t, email); len(got) != 1 || got[0].ID != fmt.Sprint(i) {
			t.Errorf("%d records of the address %d", len(got), i)
		}
	}
}

// TestNoPersonalDataInKeys looks for the sent data in every key and in every attribute of an index.
func TestNoPersonalDataInKeys(t *testing.T) {
	s := newRig(t)
	s.put(t, "identity", "self", "canary@example.org", "2026-11-01T00:00:00Z", strings.Replace(name, "Anna", "Canary", 1))
	s.put(t, "account", "a", "canary@example.org", "2026-11-01T00:00:00Z", running)
	for _, table := range []string{"RecordsTable", "SubjectsTable", "RequestsTable"} {
		for _, item := range s.Scan(table) {
			for _, attribute := range []string{"PK", "SK", "due", "work"} {
				text, _ := json.Marshal(item[attribute])
				if strings.Contains(strings.ToLower(string(text)), "canary") {
					t.Errorf("%s: %s holds personal data", table, attribute)
				}
			}
		}
	}
	if record.MaxStored >= 400<<10 {
		t.Error("a record may be larger than an item")
	}
}
