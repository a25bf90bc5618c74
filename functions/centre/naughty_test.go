package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/infra/local/seed/people"
	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

// texts changes every text of a JSON document, except those under the given keys.
func texts(t testing.TB, document []byte, change func(string) string, but ...string) []byte {
	t.Helper()
	var value any
	if err := json.Unmarshal(document, &value); err != nil {
		t.Fatal(err)
	}
	var walk func(any) any
	walk = func(value any) any {
		switch v := value.(type) {
		case string:
			return change(v)
		case []any:
			for i := range v {
				v[i] = walk(v[i])
			}
		case map[string]any:
			for key := range v {
				if !slices.Contains(but, key) {
					v[key] = walk(v[key])
				}
			}
		}
		return value
	}
	out, err := json.Marshal(walk(value))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// machine lists the members of a policy and of a record that are not free text: ids, codes, times and addresses.
var machine = []string{
	"id", "version", "lastUpdated", "effectiveFrom", "announceAt", "kind", "basis", "starts", "retention", "category", "categories", "purposes", "sources", "law", "jurisdiction", "site",
	"country", "safeguard", "storage", "owner", "type", "origins", "timeZone", "enum", "consent", "collected", "fields",
	"at", "from", "issuedAt", "startedAt", "endedAt", "subscribedAt", "contractStartedAt", "contractEndedAt",
}

// inTurn replaces texts by one piece of markup after the other.
func inTurn(first int, change func(string) string) func(string) string {
	markup := people.Markup()
	return func(string) string {
		first++
		return change(markup[first%len(markup)])
	}
}

// open shows an HTML document from a file, like a person who has unpacked the ZIP or reads a mail.
func open(t testing.TB, ctx context.Context, document []byte) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "index.html")
	if err := os.WriteFile(file, document, 0o600); err != nil {
		t.Fatal(err)
	}
	browsertest.Do(t, ctx, chromedp.Navigate("file://"+file))
}

func TestThreat_T17_NaughtyTextStaysText(t *testing.T) {
	t.Parallel()
	f := serve(t)
	manifest := strings.ReplaceAll(testManifest, `"Identity data"`, naughtyJSON)
	sealed, _, identity := seal(t, manifest, 0)
	f.sealed = sealed
	ctx := browsertest.New(t)
	browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/exports/"+testID+".1#dG9rZW4."+identity))
	click(t, ctx, "#open")
	click(t, ctx, "#categories details:first-child summary")
	browsertest.Do(t, ctx, chromedp.WaitVisible(css("#categories .records")))
	if got := browsertest.Text(t, ctx, "#categories"); strings.Count(got, naughty) != 2 {
		t.Errorf("the text was lost: %q", got)
	}
	const nodes = "document.querySelectorAll('main img, main script').length + document.body.id"
	if got := browsertest.Get(t, ctx, chromedp.Evaluate[string](nodes)); got != "0" {
		t.Errorf("the text became markup: %q", got)
	}
}
