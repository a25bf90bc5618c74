package received

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Whatever arrives, Read returns a message that keeps the promises of package inbound, and the same one each time.
func FuzzRead(f *testing.F) {
	for _, data := range corpus(f) {
		f.Add(data)
	}
	f.Add([]byte(nested(3, "multipart/alternative")))
	f.Fuzz(func(t *testing.T, data []byte) {
		m := Read(bytes.NewReader(data))
		check(t, m)
		if again := Read(bytes.NewReader(data)); !cmp.Equal(m, again) {
			t.Errorf("read twice: %s", cmp.Diff(m, again))
		}
	})
}
