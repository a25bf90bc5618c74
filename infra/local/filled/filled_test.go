package filled_test

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/filled"
)

type Base struct{ Try int }

type inner struct {
	Text, Skipped string
	At            time.Time
}

type outer struct {
	Base
	Flag    bool
	Bytes   []byte
	List    []inner
	Map     map[string]int64
	Skipped int
	hidden  int
}

// No field is empty but those that are left out, and no two values are the same.
func TestEveryFieldIsFilled(t *testing.T) {
	v := filled.Value[outer]("Skipped", "List.Skipped")
	if v.Try == 0 || !v.Flag || len(v.Bytes) != 2 || len(v.List) != 2 || len(v.Map) != 2 || v.Skipped != 0 || v.hidden != 0 {
		t.Errorf("%+v", v)
	}
	if a, b := v.List[0], v.List[1]; a.Text == "" || a.Text == b.Text || a.At.IsZero() || a.At.Equal(b.At) || a.Skipped != "" || a.At.Nanosecond() != 0 {
		t.Errorf("%+v, %+v", a, b)
	}
}
