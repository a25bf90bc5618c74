package gather

import (
	"errors"
	"slices"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/export"
)

// F20: if a source fails, no object is left and no identity is returned.
func TestFault_F20_NoBundleLacksAKind(t *testing.T) {
	for _, broken := range []string{"Stored", "History", "Sign", "Listed", "ListedOf", "Load", "State", "Aliases", "Confirmation", "Mailbox"} {
		r, asked := everything()
		r.broken = broken
		size, identity, err := r.Seal(t.Context(), asked, export.Attempt{Subject: "anna", Object: "exports/x"})
		if !errors.Is(err, errBroken) || size != 0 || identity != "" || len(r.bucket.objects) != 0 {
			t.Errorf("without %s: %d bytes, %q, %v, %d objects", broken, size, identity, err, len(r.bucket.objects))
		}
	}
}

// F20: if the bucket refuses an object or stores only a part of it, no identity is returned.
func TestFault_F20_TheBucketMustHaveAllOfIt(t *testing.T) {
	for name, spoil := range map[string]func(*bucket){
		"refused": func(b *bucket) { b.refuses = errBroken },
		"cut off": func(b *bucket) { b.loses = 1 },
	} {
		r, asked := everything()
		spoil(r.bucket)
		size, identity, err := r.Seal(t.Context(), asked, export.Attempt{Subject: "anna", Object: "exports/x"})
		if err == nil || size != 0 || identity != "" {
			t.Errorf("%s: %d bytes, %q, %v", name, size, identity, err)
		}
	}
}

// An attempt deletes exactly the object that it made.
func TestDiscardTakesTheObjectAway(t *testing.T) {
	r := newRig()
	if err := r.Discard(t.Context(), "exports/x"); err != nil || !slices.Equal(r.bucket.discarded, []string{"exports/x"}) {
		t.Errorf("%v, discarded: %q", err, r.bucket.discarded)
	}
}
