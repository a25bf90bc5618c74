package openapi

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// In YAML, a comma ends a description without quotes, and the words after it become a member with a null value. Only the example of an address in
// doubt has a null on purpose.
func TestNothingInTheContractIsNull(t *testing.T) {
	for line := range bytes.Lines(document) {
		line = bytes.TrimSuffix(bytes.TrimSpace(line), []byte(","))
		if string(line) == `"preferences": null` {
			continue
		}
		if bytes.HasSuffix(line, []byte(": null")) || bytes.Equal(line, []byte("null")) {
			t.Errorf("%s", line)
		}
	}
}

// One link replaced the links for each purpose. Nothing of the old ones is left in the contract.
func TestTheOldLinksAreGone(t *testing.T) {
	for _, path := range []string{
		"/v1/requests/x/verify", "/v1/consents/confirm/x", "/v1/preferences/x", "/v1/preferences/x/withdraw", "/verify/x", "/confirm/x", "/preferences/x",
	} {
		if methods := Methods(path); methods != nil {
			t.Errorf("%s: %v", path, methods)
		}
	}
}

func TestMethods(t *testing.T) {
	for path, want := range map[string]string{
		"/v1/policy":                    "GET",
		"/v1/consents":                  "POST",
		"/v1/records/identity/self":     "PUT",
		"/v1/requests/x/confirm":        "POST",
		"/v1/requests//confirm":         "",
		"/v1/links/x/open":              "POST",
		"/v1/links/end":                 "POST",
		"/v1/preferences":               "GET, POST",
		"/v1/policy/":                   "",
		"/":                             "GET",
		"":                              "",
		"/v1/policy/versions/a/b":       "",
		"/.well-known/security.txt":     "GET",
		"/v1/records/{category}/{id}":   "PUT",
		"/v1/records/account/a/retract": "POST",
		"/v1/subjects/c-1041":           "PUT",
		"/v1/subjects/rename":           "POST, PUT",
	} {
		if got := strings.Join(Methods(path), ", "); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	if !slices.IsSorted(Routes()) {
		t.Error("the routes are not sorted")
	}
}
