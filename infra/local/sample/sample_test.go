package sample

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// listener is a test that only remembers what was said.
type listener struct {
	testing.TB
	said  string
	fatal bool
}

func (l *listener) Helper()         {}
func (l *listener) Log(args ...any) { l.said += fmt.Sprintln(args...) }
func (l *listener) Fatal(args ...any) {
	l.Log(args...)
	l.fatal = true
	runtime.Goexit()
}

// Without the variable, one line says what is left out. A named file that does not exist is a failure.
func TestAMissingSample(t *testing.T) {
	here := filepath.Join(t.TempDir(), "here.ndjson")
	if err := os.WriteFile(here, []byte("{}\n{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		variable string
		lines    int
		said     int
		fatal    bool
	}{{here, 2, 0, false}, {"", 0, 1, false}, {here + ".gone", 0, 1, true}} {
		t.Setenv("SAMPLE", c.variable)
		heard, lines := &listener{TB: t}, 0
		done := make(chan struct{})
		go func() {
			defer close(done)
			lines = len(Lines(heard))
		}()
		<-done
		if lines != c.lines || heard.fatal != c.fatal || strings.Count(heard.said, "\n") != c.said {
			t.Errorf("%q: %d lines, failed %t, said %q", c.variable, lines, heard.fatal, heard.said)
		}
	}
}
