package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/seed/people"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// The service knows the people of the cases as the printed lines say, also after everything was sent again.
func TestTheServiceKnowsThePeopleOfTheCases(t *testing.T) {
	stores := servicetest.NewStores(t)
	stores.Clock.Set(time.Now().UTC())
	s := stocked(t, stores)
	url := s.start(t)
	for _, run := range []string{"first", "second"} {
		out := seeded(t, url)
		for _, c := range people.Cases(time.Now()) {
			if !strings.Contains(out, c.Shows+"\n") {
				t.Errorf("the %s run does not print %q:\n%s", run, c.Shows, out)
			}
		}
		known := func(email, id string) subject.Alias {
			t.Helper()
			keys := []string{servicetest.Aliases.Alias(stores.Parse(email)), servicetest.Aliases.IDAlias(system, id)}
			found, err := stores.Subjects.Aliases(t.Context(), keys...)
			if err != nil {
				t.Fatal(err)
			}
			if !found[keys[0]].Belongs(found[keys[1]].Subject()) {
				t.Errorf("after the %s run, %s does not stand for %s", run, email, id)
			}
			return found[keys[0]]
		}
		now := stores.Clock.Now()
		for email, id := range map[string]string{"ida.keller@example.org": "cust-1001", "carla.weiss@example.org": "cust-1002", "hugo.brandt@example.org": "cust-1003",
			"carla.weiss@mail.test": "cust-1002", "nora.lind@example.org": "cust-1005"} {
			if is := known(email, id); is.Doubt(now) != subject.NoDoubt {
				t.Errorf("after the %s run, %s is in doubt: %s", run, email, is.Doubt(now))
			}
		}
		if is := known("front.desk@shop.example.org", "cust-1004"); is.Doubt(now) != subject.Detached || is.Shared() {
			t.Errorf("after the %s run, the address that changed hands is %+v", run, is)
		}
		if a, b := known("family.silva@example.org", "cust-1006"), known("family.silva@example.org", "cust-1007"); !a.Shared() || len(a.Subjects) != 2 || !b.Shared() {
			t.Errorf("after the %s run, the shared address is %+v", run, a)
		}
	}
}

// seeded sends one invented person and the people of the cases, and returns what was printed.
func seeded(t *testing.T, url string) string {
	t.Helper()
	var out strings.Builder
	if err := run(t.Context(), url, 1, "", &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	return out.String()
}

// An act that meets another writer is sent again; one that somebody else's address stands in the way of is not, and neither is one without the right
// to it. What was not carried out is said, and those people are not suggested.
func TestRefusedActsAreSaid(t *testing.T) {
	tries := map[string]int{}
	s := &service{reply: stored, act: func(r *http.Request, _ string) (int, string) {
		tries[r.URL.Path]++
		switch r.URL.Path {
		case "/v1/subjects/cust-1002":
			if tries[r.URL.Path] < 3 {
				return http.StatusConflict, "conflict"
			}
		case "/v1/subjects/cust-1003":
			return http.StatusConflict, "of-another"
		case "/v1/subjects/rename":
			return http.StatusNotFound, "not-found" // an earlier run has done it
		}
		return http.StatusOK, ""
	}}
	var out strings.Builder
	err := run(t.Context(), s.start(t), 1, "", &out)
	if err == nil || err.Error() != "acts on identities that were not carried out: 1" || !strings.Contains(out.String(), "  PUT /v1/subjects/cust-1003: call refused: 409 No\n") {
		t.Errorf("%v\n%s", err, out.String())
	}
	for path, want := range map[string]int{"/v1/subjects/cust-1002": 3, "/v1/subjects/cust-1003": 1, "/v1/subjects/rename": 1} {
		if tries[path] != want {
			t.Errorf("%s was called %d times", path, tries[path])
		}
	}
	for name, suggested := range map[string]bool{"is Ida": true, "is Carla": true, "Hugo's": false, "Nora's": true, "Mara": true} {
		if strings.Contains(out.String(), name) != suggested {
			t.Errorf("%s: %t is wrong in\n%s", name, !suggested, out.String())
		}
	}
}

// The steps of a case keep their order: the address is free before its next owner sends it.
func TestStepsKeepTheirOrder(t *testing.T) {
	s := &service{}
	var seen []string
	s.reply = func(text string, _ int) map[string]any {
		for _, id := range []string{"cust-1003", "cust-1004"} {
			if strings.Contains(text, `"id":"`+id+`"`) {
				seen = append(seen, id)
			}
		}
		return stored(text, 0)
	}
	s.act = func(r *http.Request, _ string) (int, string) {
		if r.PathValue("id") == "cust-1003" {
			seen = append(seen, "act")
		}
		return http.StatusOK, ""
	}
	seeded(t, s.start(t))
	if seen = slices.Compact(seen); !slices.Equal(seen, []string{"cust-1003", "act", "cust-1004"}) {
		t.Errorf("sent in the order %q", seen)
	}
}
