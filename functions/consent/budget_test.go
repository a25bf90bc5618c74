package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/web"
)

// metered returns a handler on real tables and a meter that counts its calls.
func metered(t testing.TB) (http.Handler, *enginetest.Meter, *enginetest.Tables) {
	tables, m := enginetest.DynamoDB(t), &enginetest.Meter{}
	store := &consents.Store{Client: m.Client(tables.Client), Table: tables.Name("ConsentsTable")}
	return routes(handler{visitors: &consent.Recorder{Log: store, Policy: policy.ForConsents(), Now: time.Now}}, origin), m, tables
}

func send(t testing.TB, h http.Handler, method, path, body string, headers ...string) {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code >= 300 {
		t.Fatalf("%s %s: %d", method, path, w.Code)
	}
}

// Budget: a first decision takes 1 request and 1 write unit. A later one takes 2 requests, 1 write unit and 1 read unit, without the write if it
// denies what is denied already. Reading the current state takes 1 request and 1 read unit, the same at 10 and 1,000 versions.
func TestBudgetRequestsAndUnits(t *testing.T) {
	h, m, _ := metered(t)
	visitor := uuid.NewString()
	body := decide(visitor, `"analytics_cookies":"granted","marketing_cookies":"denied"`)
	check := func(what string, requests int, writes, reads float64) {
		t.Helper()
		r, w, c := m.Take()
		t.Logf("budget: consent: %s | %d requests | %d", what, r, requests)
		t.Logf("budget: consent: %s | %.1f write units | %.0f", what, w, writes)
		t.Logf("budget: consent: %s | %.1f read units | %.0f", what, c, reads)
		if r != requests || w != writes || c > reads {
			t.Errorf("%s: %d requests, %.1f write units, %.1f read units", what, r, w, c)
		}
	}
	send(t, h, "POST", "/v1/consents", body, "If-None-Match", "*")
	check("a first decision", 1, 1, 0)
	send(t, h, "POST", "/v1/consents", body)
	check("a later decision", 2, 1, 1)
	send(t, h, "POST", "/v1/consents/"+visitor+"/withdraw", "")
	check("a withdrawal", 2, 1, 1)
	send(t, h, "POST", "/v1/consents/"+visitor+"/withdraw", "")
	check("a withdrawal of what is denied", 1, 0, 1)
	stored := 3
	for _, versions := range []int{10, 1000} {
		for ; stored < versions; stored++ {
			send(t, h, "POST", "/v1/consents", body)
		}
		m.Take()
		send(t, h, "GET", "/v1/consents/"+visitor, "")
		check(fmt.Sprintf("the state at %d versions", versions), 1, 0, 1)
	}
}

// Budget: up to five versions, a grant with an Idempotency-Key costs the same as any decision, because the newest record names all earlier acts.
// From then on it costs one more read, which looks for the act among all earlier versions and takes about one unit per 16 versions.
func TestBudgetGrantsThatMayBeSentAgain(t *testing.T) {
	h, m, _ := metered(t)
	visitor := uuid.NewString()
	body := decide(visitor, `"analytics_cookies":"granted"`)
	stored := 0
	for _, row := range []struct {
		before         int // versions
		requests       int
		writes, atMost float64
	}{{0, 2, 1, 1}, {5, 2, 1, 1}, {6, 3, 1, 2}, {900, 3, 1, 80}} {
		for ; stored < row.before; stored++ {
			send(t, h, "POST", "/v1/consents", body)
		}
		m.Take()
		send(t, h, "POST", "/v1/consents", body, "Idempotency-Key", fmt.Sprint(stored))
		requests, writes, reads := m.Take()
		t.Logf("budget: consent: a keyed grant at %d versions | %d requests | %d", row.before, requests, row.requests)
		t.Logf("budget: consent: a keyed grant at %d versions | %.1f read units | %.0f", row.before, reads, row.atMost)
		if requests != row.requests || writes != row.writes || reads > row.atMost {
			t.Errorf("at %d versions: %d requests, %.1f write units, %.1f read units", row.before, requests, writes, reads)
		}
		send(t, h, "POST", "/v1/consents", body, "Idempotency-Key", fmt.Sprint(stored))
		if requests, writes, _ := m.Take(); requests != 1 || writes != 0 {
			t.Errorf("sent again at once, at %d versions: %d requests, %.1f write units", row.before, requests, writes)
		}
		stored++
	}
}

// Budget: the median item is at most 512 bytes, as DynamoDB counts them.
func TestBudgetItemSize(t *testing.T) {
	h, _, tables := metered(t)
	for i, decisions := range []string{
		`"analytics_cookies":"granted"`, `"analytics_cookies":"granted","marketing_cookies":"denied"`,
		`"analytics_cookies":"granted","marketing_cookies":"denied","marketing_email":"denied","testimonials":"denied"`,
	} {
		for range 3 - i {
			send(t, h, "POST", "/v1/consents", decide(uuid.NewString(), decisions), "If-None-Match", "*")
		}
	}
	out, err := tables.Client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(tables.Name("ConsentsTable"))})
	if err != nil {
		t.Fatal(err)
	}
	var sizes []int
	for _, item := range out.Items {
		sizes = append(sizes, enginetest.Size(item))
	}
	slices.Sort(sizes)
	t.Logf("budget: consent: median item | %d bytes | 512", sizes[len(sizes)/2])
	if median := sizes[len(sizes)/2]; median > 512 || sizes[0] < 100 {
		t.Errorf("median %d bytes of %v", median, sizes)
	}
}

// Budget: a write takes at most 440 allocations, from the event to the table and back.
func TestBudgetAllocations(t *testing.T) {
	tables := enginetest.DynamoDB(t)
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", *tables.Client.Options().BaseEndpoint)
	t.Setenv("AWS_REGION", "eu-west-2")
	t.Setenv("AWS_ACCESS_KEY_ID", "tests")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "tests")
	store := &consents.Store{Client: dynamo.Open(), Table: tables.Name("ConsentsTable")}
	serve := web.Lambda(routes(handler{visitors: &consent.Recorder{Log: store, Policy: policy.ForConsents(), Now: time.Now}}, origin))
	const runs = 200
	var writes []events.APIGatewayV2HTTPRequest
	for range runs + 2 {
		e := events.APIGatewayV2HTTPRequest{
			RawPath: "/v1/consents", Body: decide(uuid.NewString(), `"analytics_cookies":"granted","marketing_cookies":"denied"`),
			Headers: map[string]string{"content-type": "application/json", "if-none-match": "*", "origin": origin},
		}
		e.RequestContext.HTTP.Method = "POST"
		writes = append(writes, e)
	}
	next := 0
	n := testing.AllocsPerRun(runs, func() {
		out, err := serve(t.Context(), writes[next])
		if err != nil || out.StatusCode != 201 {
			t.Fatalf("%d %v", out.StatusCode, err)
		}
		next++
	})
	if t.Logf("budget: consent: a write | %.0f allocations | 440", n); n > 440 {
		t.Errorf("%.0f allocations per write", n)
	}
}

// BenchmarkRecord measures a first decision, from the request to the table.
func BenchmarkRecord(b *testing.B) {
	h, _, _ := metered(b)
	b.ReportAllocs()
	for b.Loop() {
		send(b, h, "POST", "/v1/consents", decide(uuid.NewString(), `"analytics_cookies":"granted"`), "If-None-Match", "*")
	}
}
