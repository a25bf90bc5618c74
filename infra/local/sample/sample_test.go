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

// Where the sample is missing, one line says so, and only where it should be there is that a failure.
func TestAMissingSample(t *testing.T) {
	for _, c := range []struct {
		name, folder, variable, ci string
		lines                      int
		fatal                      bool
	}{
		{"beside the checkout", "shared/sample/subjects.ndjson", "", "true", 2, false},
		{"where the variable says", "here.ndjson", "here.ndjson", "", 2, false},
		{"nowhere", "", "", "", 0, false},
		{"nowhere in CI", "", "", "true", 0, false},
		{"gone from its folder", "shared/README.md", "", "", 0, false},
		{"gone from its folder in CI", "shared/README.md", "", "true", 0, true},
		{"gone from where the variable says", "", "there.ndjson", "", 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for _, file := range []string{"checkout/go.mod", c.folder} {
				path := filepath.Join(dir, file)
				if file == "" {
					continue
				}
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte("{}\n{}\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			t.Chdir(filepath.Join(dir, "checkout"))
			t.Setenv("CI", c.ci)
			t.Setenv("SAMPLE", filepath.Join(dir, c.variable))
			if c.variable == "" {
				os.Unsetenv("SAMPLE")
			}
			heard, lines := &listener{TB: t}, 0
			done := make(chan struct{})
			go func() {
				defer close(done)
				lines = len(Lines(heard))
			}()
			<-done
			if lines != c.lines || heard.fatal != c.fatal || strings.Count(heard.said, "\n") != map[bool]int{true: 0, false: 1}[c.lines > 0] {
				t.Errorf("%d lines, failed %t, said %q", lines, heard.fatal, heard.said)
			}
		})
	}
}
