package access

import (
	"path/filepath"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/sam"
)

// Every route of the function that the company's systems call asks for a scope, and no other route does. Sending records in and asking for
// decisions are two permissions: whoever asks for decisions can write nothing.
func TestEveryRouteOfTheSystemsAsksForAScope(t *testing.T) {
	template, err := sam.Load(filepath.Join(engine.Root(), "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, f := range template.Functions {
		for _, route := range f.Routes {
			scope, asks := Scopes[route.Key]
			if asks != (f.Name == "ingest") {
				t.Errorf("%s of %s asks for a token: %t", route.Key, f.Name, asks)
			}
			if asks && (scope == DecisionsRead) != (route.Key == "POST /v1/decisions") {
				t.Errorf("%s asks for %s", route.Key, scope)
			}
			if asks {
				asked++
			}
		}
	}
	if asked == 0 || asked != len(Scopes) {
		t.Errorf("%d scopes for %d routes", len(Scopes), asked)
	}
}
