package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/local/gateway"
	"github.com/helpdeskexpert/privacy/infra/sam"
	"github.com/helpdeskexpert/privacy/shared/web"
)

// invoked is the function as API Gateway invokes it.
type invoked func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error)

func (f invoked) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var event events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(payload, &event); err != nil {
		return nil, err
	}
	answer, err := f(ctx, event)
	if err != nil {
		return nil, err
	}
	return json.Marshal(answer)
}

// T09: behind a gateway with the template's limits, one client files 130 times a second, far above its own limit. Its calls are refused, and
// everybody else can still use the form.
func TestThreat_T09_OneClientStarvesNobody(t *testing.T) {
	template, err := sam.Load(filepath.Join(engine.Root(), "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s := newRig(t)
	const route = "POST /v1/requests"
	o := gateway.Options{Routes: map[string]gateway.Invoker{route: invoked(web.Lambda(s.bare))}, RouteLimits: map[string]gateway.Limit{},
		Limit: gateway.Limit{Rate: template.API.RateLimit, Burst: template.API.BurstLimit}, Domain: "localhost", Now: s.Clock.Now}
	for key, limit := range template.API.RouteLimits {
		o.RouteLimits[key] = gateway.Limit{Rate: limit.Rate, Burst: limit.Burst}
	}
	api, err := gateway.New(o)
	if err != nil {
		t.Fatal(err)
	}
	file := func(email, client string) int {
		r := httptest.NewRequest(http.MethodPost, "/v1/requests", strings.NewReader(filing(email)))
		r.RemoteAddr = client + ":1"
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		return w.Code
	}
	codes := map[int]int{}
	for tenth := range 60 {
		for range 13 {
			codes[file("victim@example.org", "192.0.2.1")]++
		}
		if code := file(fmt.Sprintf("a%d@example.org", tenth), fmt.Sprintf("198.51.100.%d", tenth)); code != http.StatusAccepted {
			t.Errorf("after %d tenths of a second somebody else is answered %d", tenth, code)
		}
		s.Clock.Advance(100 * time.Millisecond)
	}
	if codes[http.StatusAccepted] != 60 || codes[http.StatusTooManyRequests] != 60*13-60 {
		t.Errorf("the one client is answered %v", codes)
	}
}
