package gather

import (
	"bytes"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/policy/policytest"
)

// K06, A02: a version comes into force while a bundle is gathered. The whole bundle follows one version.
func TestPromise_K06_ABundleFollowsOneVersion(t *testing.T) {
	old := policy.Newest()
	next := policytest.Next(t, "2027-05-01", "2027-06-09", func(p *policy.Policy) {
		for i := range p.Purposes {
			p.Purposes[i].Text = "The new text."
		}
	})
	for before := range 10 {
		r, asked := everything()
		asks := 0
		r.Policy = func(time.Time) *policy.Policy {
			if asks++; asks <= before {
				return old
			}
			return next
		}
		files := r.unpacked(t, asked, "anna")
		fresh := bytes.Contains(files["processing.json"], []byte("The new text."))
		want := map[bool]string{true: next.Version, false: old.Version}[fresh]
		if fresh != (before == 0) {
			t.Errorf("asked %d times before the change: the bundle follows %s", before, want)
		}
		for _, name := range []string{"manifest.json", "processing.json"} {
			if !bytes.Contains(files[name], []byte(`"policyVersion":"`+want+`"`)) && !bytes.Contains(files[name], []byte(`"policyVersion": "`+want+`"`)) {
				t.Errorf("asked %d times before the change: %s is not of %s: %.300s", before, name, want, files[name])
			}
		}
	}
}
