package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Whatever a body says, the call is refused, or the addresses of the person are afterwards those of the body. Nobody else's address moves.
func FuzzAddresses(f *testing.F) {
	s := newRig(f)
	s.Handler = s.routes(open{})
	id := s.knows("c-1", anna)
	other := s.knows("c-2", bert)
	for _, seed := range []string{
		`{"emails":["anna@example.org"]}`, `{"emails":["Anna@EXAMPLE.org","anna.berg@example.net"]}`, `{"emails":[]}`, `{"emails":["bert@example.com"]}`, `{"emails":null}`,
		`{"emails":["a@b.example","A@B.example"]}`, `{"emails":["ä@ü.example"],"join":false}`, `{"join":1}`, `[]`, `{"emails":["x@x.example"],"emails":[]}`, "\xff",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		var sent struct{ Join bool }
		if _ = json.Unmarshal([]byte(body), &sent); sent.Join { // it would end the other person
			return
		}
		code, answer := s.call(t, http.MethodPut, "/v1/subjects/c-1", body)
		if !slices.Contains([]int{200, 400, 409, 413, 422}, code) {
			t.Fatalf("%d %s", code, answer)
		}
		if found, err := s.Subjects.Aliases(t.Context(), servicetest.Aliases.Alias(mustParse(t, bert))); err != nil || found[servicetest.Aliases.Alias(mustParse(t, bert))].Subject() != other {
			t.Fatalf("somebody else's address has moved: %v, %v", found, err)
		}
		if code != http.StatusOK {
			return
		}
		var said struct{ Emails []string }
		if err := json.Unmarshal([]byte(body), &said); err != nil {
			t.Fatal(err)
		}
		for _, email := range said.Emails {
			a := mustParse(t, email)
			found, err := s.Subjects.Aliases(t.Context(), servicetest.Aliases.Alias(a))
			if is := found[servicetest.Aliases.Alias(a)]; err != nil || is.Subject() != id || is.Spelling != a.Spelling {
				t.Fatalf("%q: %+v, %v", email, is, err)
			}
		}
		if snapshot, _, err := s.Subjects.State(t.Context(), id); err != nil || len(snapshot.Aliases) != len(said.Emails)+1 { // and the id
			t.Fatalf("%q: the person has %d aliases, %v", said.Emails, len(snapshot.Aliases), err)
		}
	})
}

func mustParse(t *testing.T, email string) subject.Address {
	t.Helper()
	a, err := subject.ParseAddress(email)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
