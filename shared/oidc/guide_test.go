package oidc_test

import (
	"os"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/oidc"
)

// The tests of each issuer's tokens use the settings that the deployment guide recommends for that issuer.
func TestTheGuidesSettingsAreTheOnesThatAreTried(t *testing.T) {
	guide, err := os.ReadFile("../../infra/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, tried := range map[string]oidc.Config{"Cognito": forCognito, "Entra": forEntraV2, "Okta": forOkta, "Keycloak": forKeycloak, "RFC 9068": here} {
		_, row, found := strings.Cut(string(guide), "\n| "+name+" | ")
		row, _, _ = strings.Cut(row, "\n")
		cells := strings.Split(strings.ReplaceAll(row, "`", ""), " | ")
		if !found || len(cells) != 5 {
			t.Errorf("the guide has no row for %s", name)
			continue
		}
		if none := cells[1] == "empty"; none != (tried.Audience == "") {
			t.Errorf("%s: the guide's audience is %q, tried is %q", name, cells[1], tried.Audience)
		}
		if named := !strings.HasPrefix(cells[2], "empty"); named != (len(tried.Clients) > 0) {
			t.Errorf("%s: the guide's clients are %q, tried are %q", name, cells[2], tried.Clients)
		}
		claim, prefix := cells[3], strings.TrimSuffix(cells[4], " |")
		if tried.ScopeClaim == "" {
			tried.ScopeClaim = "scope"
		}
		if prefix == "empty" {
			prefix = ""
		}
		if claim != tried.ScopeClaim || prefix != tried.ScopePrefix {
			t.Errorf("%s: the guide has the claim %q and the prefix %q, tried are %q and %q", name, claim, prefix, tried.ScopeClaim, tried.ScopePrefix)
		}
	}
}
