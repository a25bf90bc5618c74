package openapi

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// In YAML, a comma ends a description without quotes, and the words after it become a member with a null value.
func TestNothingInTheContractIsNull(t *testing.T) {
	for line := range bytes.Lines(document) {
		if line = bytes.TrimSuffix(bytes.TrimSpace(line), []byte(",")); bytes.HasSuffix(line, []byte(": null")) || bytes.Equal(line, []byte("null")) {
			t.Errorf("%s", line)
		}
	}
}

func TestMethods(t *testing.T) {
	for path, want := range map[string]string{
		"/v1/policy":                  "GET",
		"/v1/consents":                "POST",
		"/v1/records/identity/self":   "PUT",
		"/v1/requests/x/verify":       "POST",
		"/v1/requests//verify":        "",
		"/v1/policy/":                 "",
		"/":                           "GET",
		"":                            "",
		"/v1/policy/versions/a/b":     "",
		"/.well-known/security.txt":   "GET",
		"/v1/records/{category}/{id}": "PUT",
	} {
		if got := strings.Join(Methods(path), ", "); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	if !slices.IsSorted(Routes()) {
		t.Error("the routes are not sorted")
	}
}
