package published_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/policy/published"
)

// The text of every version, even one that is two versions old, has the committed digest.
func TestPromise_A02_EveryVersionByteForByte(t *testing.T) {
	sums, err := os.ReadFile("SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	if got := policy.Versions(); len(got) < 3 || strings.Count(string(sums), "\n") != len(got) {
		t.Fatalf("%d versions against %d digests; the proof needs three at least", len(got), strings.Count(string(sums), "\n"))
	}
	for _, v := range policy.Versions() {
		text, ok := published.Text(v.Version)
		if !ok {
			t.Fatalf("%s has no text", v.Version)
		}
		digest := sha256.Sum256(text)
		sum := hex.EncodeToString(digest[:])
		if sum != v.SHA256 || !strings.Contains(string(sums), sum+"  "+v.Version+".json\n") {
			t.Errorf("%s is not what was published", v.Version)
		}
		var p policy.Policy
		if err := json.Unmarshal(text, &p); err != nil || p.Version != v.Version || p.LastUpdated != v.LastUpdated {
			t.Errorf("%s: %v, is %s of %s", v.Version, err, p.Version, p.LastUpdated)
		}
	}
}

func TestUnknownVersionHasNoText(t *testing.T) {
	for _, version := range []string{"", "2023-01-01", "../policy", "SHA256SUMS"} {
		if _, ok := published.Text(version); ok {
			t.Errorf("%q has a text", version)
		}
	}
}
