package gather

import (
	"bytes"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// TestPromise_H01_TheSourcesAreThoseOfTheInventory compares the kinds of the sources with those that the inventory says an answer shows.
func TestPromise_H01_TheSourcesAreThoseOfTheInventory(t *testing.T) {
	registered := map[policy.Kind]int{}
	for _, s := range sources {
		for _, kind := range s.kinds {
			registered[kind]++
		}
	}
	for _, row := range policy.Inventory {
		if want := map[bool]int{true: 1}[row.File != ""]; registered[row.Kind] != want {
			t.Errorf("%s has %d sources; the inventory says it is shown in %q, omitted because %q", row.Kind, registered[row.Kind], row.File, row.Omitted)
		}
		delete(registered, row.Kind)
	}
	for kind := range registered {
		t.Errorf("%s has a source and no row in the inventory", kind)
	}
}

// Each kind is in the very file that the inventory names.
func TestPromise_H01_EachKindIsInItsFile(t *testing.T) {
	r, asked := everything()
	r.erases()
	files := r.unpacked(t, asked, "anna")
	for _, row := range policy.Inventory {
		if row.File != "" && !bytes.Contains(files[row.File], []byte(`"canary-`+row.Kind+`"`)) {
			t.Errorf("%s is not in %s:\n%s", row.Kind, row.File, files[row.File])
		}
	}
}

// H05: requests and what is known of the person are stored because the law demands it, so they are not portable (GDPR Art. 20(1)). The
// person's own decisions are.
func TestPromise_H05_PortabilityLeavesOutWhatTheLawDemands(t *testing.T) {
	r, asked := everything()
	asked.Right = privacy.Portability
	files := r.unpacked(t, asked, "anna")
	for _, row := range policy.Inventory {
		category, _ := policy.Newest().Category(privacy.Category(row.Kind))
		portable := category.Portable || row.Kind == policy.ConsentRecord
		found := false
		for _, content := range files {
			found = found || bytes.Contains(content, []byte(`"canary-`+row.Kind+`"`))
		}
		if found != portable {
			t.Errorf("%s is in the answer: %t", row.Kind, found)
		}
	}
	for _, unread := range []string{"Listed", "ListedOf", "Load", "Aliases", "Confirmation", "Mailbox"} {
		r.broken = unread
		if in := r.gathered(t, asked, "anna"); len(in.Requests) != 0 || in.Subject.ID != "" || len(in.Subject.PendingConsents) != 0 || in.Subject.Mailbox != nil {
			t.Errorf("%d requests are in the answer, and %+v", len(in.Requests), in.Subject)
		}
	}
}
