package ses

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// change sends a setting, or asks for it with an empty body, and returns the status and the answer.
func change(h http.Handler, body string) (status int, answer map[string]any) {
	method := http.MethodPost
	if body == "" {
		method = http.MethodGet
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, "/", strings.NewReader(body)))
	_ = json.Unmarshal(w.Body.Bytes(), &answer)
	return w.Code, answer
}

// People at a local stack say what becomes of mails to an address. A wrong request changes nothing.
func TestAFateIsSet(t *testing.T) {
	r := newRig(t, Options{})
	for _, fate := range Fates() {
		status, _ := change(r.Fates(), `{"address": "Anna@Example.org", "fate": "`+string(fate)+`"}`)
		r.accepted(t, bulk("anna@example.org"))
		_, events := r.taken()
		if status != http.StatusOK || len(events) != len(eventsOfFates[fate]) || !strings.Contains(eventsOfFates[fate][len(events)-1], `"eventType":"`+kinds(events)[len(events)-1]+`"`) {
			t.Errorf("%s: %d, %v", fate, status, kinds(events))
		}
	}
	_, _ = change(r.Fates(), `{"address": "ben@example.org", "fate": "delivers"}`)
	want := map[string]any{"anna@example.org": "is_suppressed_all"}
	for _, wrong := range []string{
		`{"address": "anna@example.org", "fate": "asleep"}`, `{"address": "anna@example.org"}`, `{"fate": "bounces"}`, `{"address": "anna", "fate": "bounces"}`,
		`{"address": "anna@example.org", "fate": "INVALID_PARAMETER"}`, `{"address": "anna@example.org", "fate": "bounces", "for": 1}`,
		`{"address": "anna@example.org", "fate": "bounces"} {}`, `anna`, `[]`, `null`, `{"address": "` + strings.Repeat("a", longestSetting) + `"}`,
	} {
		if status, _ := change(r.Fates(), wrong); status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", wrong, status)
		}
	}
	status, answer := change(r.Fates(), "")
	if names, _ := answer["fates"].([]any); status != http.StatusOK || len(names) != len(Fates()) || !reflect.DeepEqual(answer["addresses"], want) {
		t.Errorf("%d, %v", status, answer)
	}
}

// People at a local stack make events late, double or lost.
func TestThePublishingIsSet(t *testing.T) {
	r := newRig(t, Options{})
	is := func(body string, want int, seconds, twice, lost float64) {
		t.Helper()
		status, _ := change(r.Events(), body)
		_, answer := change(r.Events(), "")
		if status != want || !reflect.DeepEqual(answer, map[string]any{"seconds": seconds, "twice": twice, "lost": lost}) {
			t.Errorf("%s: %d, %v", body, status, answer)
		}
	}
	is("", 200, 0, 0, 0)
	is(`{"twice": 1}`, 200, 0, 1, 0)
	r.accepted(t, bulk("anna@example.org"))
	if _, events := r.taken(); !slices.Equal(kinds(events), []string{"Send", "Send", "Delivery", "Delivery"}) {
		t.Errorf("%v", kinds(events))
	}
	is(`{"seconds": 30, "twice": 0.25, "lost": 0.75}`, 200, 30, .25, .75)
	for _, wrong := range []string{`{"seconds": -1}`, `{"seconds": 86401}`, `{"seconds": 1e999}`, `{"twice": -0.1}`, `{"lost": 0.8}`, `{"lost": "all"}`, `{"seed": 1}`, `{"order": "none"}`, `{} {}`, `1`, `late`} {
		is(wrong, 422, 30, .25, .75)
	}
	is(`{"seconds": 0, "twice": 0, "lost": 1}`, 200, 0, 0, 1)
	r.accepted(t, bulk("anna@example.org"))
	if _, events := r.taken(); len(events) != 0 {
		t.Errorf("%v", kinds(events))
	}
}

// F06: people at a local stack set what the account may send. A wrong request changes nothing.
func TestFault_F06_TheLimitsAreSet(t *testing.T) {
	r := newRig(t, Options{Limits: Limits{PerSecond: 14, PerDay: 1000}})
	for _, wrong := range []string{`{"perSecond": 0}`, `{"perSecond": -1}`, `{"perDay": -1}`, `{"perDay": 1.5}`, `{"perHour": 1}`, `{"state": "asleep", "perDay": 1}`, `{} x`} {
		if status, _ := change(r.Control(), wrong); status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", wrong, status)
		}
	}
	_, before := change(r.Control(), "")
	if status, _ := change(r.Control(), `{"perDay": 20}`); status != http.StatusOK || before["perSecond"] != 14.0 || before["perDay"] != 1000.0 {
		t.Errorf("%d, before %v", status, before)
	}
	if got := r.accepted(t, bulk(crowd(50)...)); got != 14 {
		t.Errorf("%d are accepted in a second", got)
	}
	r.clock.Advance(1e9)
	if got := r.accepted(t, bulk(crowd(50)...)); got != 6 {
		t.Errorf("%d are accepted of the rest of the day", got)
	}
	if status, after := change(r.Control(), `{"perDay": 0}`); status != http.StatusOK || after["state"] != "sending" {
		t.Errorf("%d, %v", status, after)
	}
}
