package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/access"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/web"
)

// gate is an authorizer that admits everybody unless it refuses. It notes the rules that it was asked about.
type gate struct {
	refuses bool
	asked   []access.Rule
}

func (g *gate) Authorize(_ *http.Request, rule access.Rule) (access.Principal, error) {
	g.asked = append(g.asked, rule)
	if g.refuses {
		return access.Principal{}, fault.New(fault.Forbidden, "The token lacks the scope.")
	}
	return access.Principal{Kind: access.Machine, ID: "crm"}, nil
}

type handlers = map[string]func(http.ResponseWriter, *http.Request) error

const decisions = "POST /v1/decisions"

// Only a caller that the rule of the route admits reaches the handler.
func TestOnlyTheAdmittedReachAHandler(t *testing.T) {
	for _, refuses := range []bool{false, true} {
		mux, auth, calls := web.NewMux(), &gate{refuses: refuses}, 0
		web.HandleAdmitted(mux, auth, handlers{decisions: func(_ http.ResponseWriter, r *http.Request) error {
			calls++
			if p := access.PrincipalOf(r.Context()); p.Kind != access.Machine || p.ID != "crm" {
				t.Errorf("the handler sees %+v", p)
			}
			return nil
		}})
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("POST", "/v1/decisions", nil))
		if (w.Code == http.StatusForbidden) != refuses || (calls == 1) == refuses || !reflect.DeepEqual(auth.asked, []access.Rule{access.Rules[decisions]}) {
			t.Errorf("refuses %t: %d, %d calls, asked %+v", refuses, w.Code, calls, auth.asked)
		}
	}
}

// If the call has a time limit, a second of it is reserved for the answer. A call that ran out of time says so.
func TestAHandlerLeavesTimeForTheAnswer(t *testing.T) {
	ends := time.Now().Add(time.Minute)
	limited, cancel := context.WithDeadline(t.Context(), ends)
	defer cancel()
	for ctx, want := range map[context.Context]time.Time{t.Context(): {}, limited: ends.Add(-time.Second)} {
		mux := web.NewMux()
		web.HandleAdmitted(mux, &gate{}, handlers{decisions: func(_ http.ResponseWriter, r *http.Request) error {
			if got, _ := r.Context().Deadline(); !got.Equal(want) {
				t.Errorf("the handler has until %v, want %v", got, want)
			}
			return context.DeadlineExceeded
		}})
		w := httptest.NewRecorder()
		if mux.ServeHTTP(w, httptest.NewRequestWithContext(ctx, "POST", "/v1/decisions", nil)); w.Code != http.StatusServiceUnavailable {
			t.Errorf("out of time: %d", w.Code)
		}
	}
}

// A route without a rule does not start, so a row that was forgotten opens nothing.
func TestARouteWithoutARuleDoesNotStart(t *testing.T) {
	for _, route := range []string{"POST /v1/decision", "GET /v1/decisions", "POST /v1/decisions/", "", "$default"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q has no rule and starts", route)
				}
			}()
			web.HandleAdmitted(web.NewMux(), &gate{}, handlers{route: func(http.ResponseWriter, *http.Request) error { return nil }})
		}()
	}
}
