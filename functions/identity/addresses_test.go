package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

const (
	anna  = "Anna@example.org"
	work2 = "anna.berg@example.net"
	bert  = "bert@example.com"
)

// A company system states the addresses of a person, step by step. Each call says what it changed and leaves one audit entry. The same call again
// changes nothing and leaves none.
func TestAWeekOfOnePersonsAddresses(t *testing.T) {
	s := newRig(t)
	id := s.knows("c-1", anna)
	for _, step := range []struct {
		emails []string
		want   changed
		on     []string // the addresses that stand for the person afterwards
	}{
		{[]string{anna}, changed{Addresses: 1}, []string{anna}},
		{[]string{anna, work2}, changed{2, 1, 0, 0}, []string{anna, work2}},
		{[]string{work2}, changed{1, 0, 1, 0}, []string{work2}},
		{[]string{bert}, changed{1, 1, 1, 0}, []string{bert}},
		{[]string{anna, bert}, changed{2, 1, 0, 0}, []string{anna, bert}},
		{nil, changed{0, 0, 2, 0}, nil},
		{[]string{anna}, changed{1, 1, 0, 0}, []string{anna}},
	} {
		s.Clock.Advance(time.Hour)
		if got := s.put("c-1", false, step.emails...); got != step.want {
			t.Errorf("%v: %+v, want %+v", step.emails, got, step.want)
		}
		if step.want.Attached+step.want.Detached > 0 {
			s.acted("addresses_changed")
		}
		again := s.put("c-1", false, step.emails...)
		if again != (changed{Addresses: step.want.Addresses}) {
			t.Errorf("%v again: %+v", step.emails, again)
		}
		s.acted()
		for _, email := range []string{anna, work2, bert} {
			if stands := s.behind(email) == id; stands != slices.Contains(step.on, email) {
				t.Errorf("after %v: %s stands for the person: %t", step.emails, email, stands)
			}
		}
		s.work()
	}
}

// Another spelling of an address changes where mail goes, and attaches nothing.
func TestThreat_T16_AnotherSpelling(t *testing.T) {
	s := newRig(t)
	s.knows("c-1", anna)
	if got := s.put("c-1", false, "anna@EXAMPLE.org"); got != (changed{Addresses: 1}) {
		t.Errorf("%+v", got)
	}
	s.acted("addresses_changed")
	if is := s.alias(servicetest.Aliases.Alias(s.Parse(anna))); is.Spelling != "anna@EXAMPLE.org" || !is.AttachedAt.IsZero() {
		t.Errorf("%+v", is)
	}
	if got := s.put("c-1", false, "anna@EXAMPLE.org", "аnna@example.org"); got.Attached != 1 { // a Cyrillic а
		t.Errorf("a look-alike: %+v", got)
	}
}

// A system takes away only the addresses that it sent or attached itself.
func TestAnotherSystemsAddressStays(t *testing.T) {
	s := newRig(t)
	id := s.knows("c-1", anna)
	shop := subject.Named{Client: "shop", ID: "k-9", Address: s.Parse(anna)}
	s.takes(shop, "identity", "shop", name)
	if code, answer := s.call(t, "PUT", "/v1/subjects/k-9", `{"emails":["`+anna+`","`+bert+`"]}`, "Test-Client", "shop"); code != http.StatusOK {
		t.Fatal(code, answer)
	}
	s.work()
	s.forget()
	if got := s.put("c-1", false, work2); got != (changed{2, 1, 1, 0}) || s.behind(bert) != id {
		t.Errorf("%+v", got)
	}
	s.acted("addresses_changed")
	code, answer := s.call(t, "PUT", "/v1/subjects/c-1", `{"emails":[]}`, "Test-Client", "shop")
	if code != http.StatusNotFound || strings.Contains(answer, "c-1") {
		t.Errorf("the id of another system: %d %s", code, answer)
	}
}

// Somebody only typed the address, and nothing is on record of them: it belongs to nobody yet. Their waiting wishes follow the address.
func TestAnAddressThatSomebodyTypedBelongsToNobodyYet(t *testing.T) {
	s := newRig(t)
	s.knows("c-1", anna)
	if _, err := s.Addresses.Introduce(t.Context(), s.Parse(work2), s.Clock.Now().AddDate(0, 0, 7)); err != nil {
		t.Fatal(err)
	}
	if got := s.put("c-1", false, anna, work2); got != (changed{2, 1, 0, 0}) || s.behind(work2) != s.behind(anna) {
		t.Errorf("%+v", got)
	}
	s.acted("addresses_changed")
}

// An address of somebody else is refused and named. Nothing changes, and no entry is left.
func TestAnAddressOfSomebodyElse(t *testing.T) {
	s := newRig(t)
	s.knows("c-1", anna)
	other := s.knows("c-2", bert)
	for _, call := range []struct{ method, path, body, pointer string }{
		{"PUT", "/v1/subjects/c-1", `{"emails":["` + anna + `","` + work2 + `","` + bert + `"]}`, "/emails/2"},
		{"POST", "/v1/subjects/rename", `{"from":"` + anna + `","to":"` + bert + `","join":false}`, "/to"},
	} {
		if kind, at := s.refused(http.StatusConflict, call.method, call.path, call.body); kind != "of-another" || !slices.Equal(at, []string{call.pointer}) {
			t.Errorf("%s: %s %v", call.path, kind, at)
		}
	}
	s.takes(s.named("c-3", bert), "identity", "self", name) // two people share it from now on
	s.forget()
	for _, call := range []struct{ method, path, body, pointer string }{
		{"PUT", "/v1/subjects/c-1", `{"emails":["` + anna + `","` + bert + `"],"join":true}`, "/emails/1"},
		{"POST", "/v1/subjects/rename", `{"from":"` + anna + `","to":"` + bert + `"}`, "/to"},
		{"POST", "/v1/subjects/rename", `{"from":"` + bert + `","to":"` + anna + `","join":true}`, "/from"},
	} {
		if kind, at := s.refused(http.StatusConflict, call.method, call.path, call.body); kind != "shared" || !slices.Equal(at, []string{call.pointer}) {
			t.Errorf("%s: %s %v", call.path, kind, at)
		}
	}
	if is := s.alias(servicetest.Aliases.Alias(s.Parse(bert))); !is.Belongs(other) || len(is.Subjects) != 2 || s.behind(work2) != "" {
		t.Errorf("%+v", is)
	}
	s.acted()
}

// A person has at most ten addresses, those of other systems included.
func TestElevenAddresses(t *testing.T) {
	s := newRig(t)
	s.knows("c-1", anna)
	s.takes(subject.Named{Client: "shop", ID: "k-9", Address: s.Parse(anna)}, "identity", "shop", name)
	if code, answer := s.call(t, "PUT", "/v1/subjects/k-9", `{"emails":["`+anna+`","`+bert+`"]}`, "Test-Client", "shop"); code != http.StatusOK {
		t.Fatal(code, answer)
	}
	s.forget()
	nine := []string{anna}
	for i := range 8 {
		nine = append(nine, fmt.Sprintf("anna%d@example.org", i))
	}
	if got := s.put("c-1", false, nine...); got.Addresses != subject.Most {
		t.Errorf("%+v", got)
	}
	s.acted("addresses_changed")
	body := `{"emails":["` + strings.Join(append(nine, work2), `","`) + `"]}`
	if kind, _ := s.refused(http.StatusConflict, "PUT", "/v1/subjects/c-1", body); kind != "conflict" {
		t.Error(kind)
	}
	s.knows("c-2", "carla@example.com")
	s.forget()
	if kind, _ := s.refused(http.StatusConflict, "POST", "/v1/subjects/rename", `{"from":"carla@example.com","to":"`+anna+`","join":true}`); kind != "conflict" {
		t.Error(kind)
	}
	s.acted()
}

// A system without ids says that an address has changed. The old address goes, whoever had sent it.
func TestRename(t *testing.T) {
	s := newRig(t)
	id := s.knows("", anna)
	for _, step := range []struct {
		from, to string
		want     changed
		entries  []string
	}{
		{anna, "anna@EXAMPLE.org", changed{Addresses: 1}, []string{"addresses_changed"}}, // another spelling
		{"anna@EXAMPLE.org", "anna@EXAMPLE.org", changed{Addresses: 1}, nil},
		{anna, work2, changed{1, 1, 1, 0}, []string{"addresses_changed"}},
		{work2, anna, changed{1, 1, 1, 0}, []string{"addresses_changed"}}, // and back
	} {
		s.Clock.Advance(time.Hour)
		got := s.change("POST", "/v1/subjects/rename", `{"from":"`+step.from+`","to":"`+step.to+`"}`)
		if got != step.want || s.behind(step.to) != id || s.Parse(step.from).Lookup != s.Parse(step.to).Lookup && s.behind(step.from) != "" {
			t.Errorf("%s to %s: %+v", step.from, step.to, got)
		}
		s.acted(step.entries...)
		s.work()
	}
}

// Whatever is unknown is answered alike: nobody learns which of it was ever on record, or is on record for another system.
func TestThreat_T14_UnknownIsUnknown(t *testing.T) {
	s := newRig(t)
	s.knows("c-1", anna, work2)
	s.put("c-1", false, anna) // work2 was taken away
	s.takes(subject.Named{Client: "shop", ID: "k-9", Address: s.Parse(bert)}, "identity", "self", name)
	s.forget()
	same := map[string]string{}
	ask := func(what, method, path, body string) {
		t.Helper()
		code, answer := s.call(t, method, path, body)
		if code != http.StatusNotFound {
			t.Errorf("%s: %d %s", what, code, answer)
		}
		route := method
		if method == http.MethodPost {
			route += path
		}
		if first, asked := same[route]; asked && first != answer {
			t.Errorf("%s: %s, and not %s", what, answer, first)
		}
		same[route] = answer
	}
	for what, id := range map[string]string{"never seen": "c-9", "of another system": "k-9", "the name of a route": "rename"} {
		ask(what, "PUT", "/v1/subjects/"+id, `{"emails":["`+anna+`"]}`)
		ask(what, "POST", "/v1/subjects/separate", `{"subject":{"id":"`+id+`"}}`)
	}
	for what, email := range map[string]string{"never seen": "carla@example.com", "taken away": work2} {
		ask(what, "POST", "/v1/subjects/rename", `{"from":"`+email+`","to":"dora@example.com"}`)
		ask(what, "POST", "/v1/subjects/separate", `{"subject":{"email":"`+email+`"}}`)
	}
	ask("nobody was joined", "POST", "/v1/subjects/separate", `{"subject":{"id":"c-1"}}`)
	s.acted()
}
