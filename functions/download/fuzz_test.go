package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
)

// Whatever the call is, only the mailed id and secret get a URL. Each URL counts as a recorded use.
func FuzzDownload(f *testing.F) {
	const id, secret = "the export of this run", "the token of this run"
	right := `{"export":"` + id + `","token":"` + secret + `"}`
	f.Add(right)
	f.Add(`{"export":"x.1","token":"x","token":"y"}`)
	f.Add(`{"export":"` + id + `1","token":"` + secret + `"}`)
	f.Add(`{"export":".","token":"\u0000"}`)
	f.Add(`{"export":"{0b9d3e0c-5f0e-4e0b-9d0e-3f6a1f6f2b11}.01","token":"` + secret + `"}`)
	f.Add(`{"export":"0b9d3e0c-5f0e-4e0b-9d0e-3f6a1f6f2b11.-9223372036854775809","token":"x"}`)
	stores := servicetest.NewStores(f)
	f.Fuzz(func(t *testing.T, sent string) {
		s := newRigOn(t, stores)
		body := strings.ReplaceAll(strings.ReplaceAll(sent, id, s.export.ID()), secret, string(s.token))
		got := openapitest.Send(t, s.bare, "POST", "/v1/downloads", body, "content-type", "application/json")
		var asked struct{ Export, Token string }
		_ = json.Unmarshal([]byte(body), &asked)
		opened := got.StatusCode == http.StatusOK
		if opened && (asked.Export != s.export.ID() || asked.Token != string(s.token)) || !opened && sent == right {
			t.Errorf("%+q is answered %d", sent, got.StatusCode)
		}
		if uses := s.uses(t); opened != (len(uses) == 1) {
			t.Errorf("answered %d after %d uses", got.StatusCode, len(uses))
		}
	})
}
