package consent_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/consent"
)

// The key of a visitor is a hash of the id, and upper and lower case give the same key. Only a UUID in its hyphenated form has a key.
func TestTheKeyOfAVisitor(t *testing.T) {
	const id, want = "0B0E8C1A-95f1-4c86-b6a0-8f9d1f1d7a55", "v#K24Cj6RVi_bjAWrdVNq-cF6XmHWbE9Ar_SlFF_grm0Y"
	key, ok := consent.Visitor(id)
	if lower, _ := consent.Visitor(strings.ToLower(id)); !ok || key != want || lower != key {
		t.Errorf("%s, and in lower case %s, %t", key, lower, ok)
	}
	if other, _ := consent.Visitor(uuid.NewString()); other == key {
		t.Error("two visitors have one key")
	}
	bare := strings.ReplaceAll(id, "-", "")
	for _, none := range []string{
		"", "anna", uuid.Nil.String(), bare, "{" + id + "}", "urn:uuid:" + id, id + "0", id[1:], " " + id[1:], id[:35] + "g", strings.Replace(id, "-", "0", 1), bare[:4] + "-" + bare[4:] + "---",
	} {
		if key, ok := consent.Visitor(none); ok || key != "" {
			t.Errorf("%q is a visitor: %s", none, key)
		}
	}
}
