package stack

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// restart asks the stack to take the binaries of the folder.
func restart(t *testing.T, s *Stack, build string) (int, string) {
	t.Helper()
	body, _ := json.Marshal(Restart{Build: build})
	response, err := http.Post(s.URL+"/_local/restart", "application/json", strings.NewReader(string(body))) //nolint:noctx // the test's own stack
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var text strings.Builder
	if err := response.Write(&text); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, text.String()
}

// rebuild writes the binary of every function anew, as make does.
func rebuild(t *testing.T, build string, binary []byte) {
	t.Helper()
	functions, _ := filepath.Glob(filepath.Join(build, "*", "bootstrap"))
	for _, path := range functions {
		if err := os.WriteFile(path+".new", binary, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
}

// taskRoot is the folder of the binary that answers.
func taskRoot(t *testing.T, s *Stack) string {
	t.Helper()
	response, err := http.Post(s.URL+"/_local/functions/CentreFunction", "application/json", strings.NewReader(`{"do":"env","value":"LAMBDA_TASK_ROOT"}`)) //nolint:noctx // the test's own stack
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var root string
	if err := json.NewDecoder(response.Body).Decode(&root); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%d %v", response.StatusCode, err)
	}
	return root
}

func TestARestartTakesTheNewBinariesAndFailsNoCall(t *testing.T) {
	o := options(t, probes(t))
	s := start(t, o)
	probe, err := os.ReadFile(filepath.Join(o.Build, "centre", "bootstrap"))
	if err != nil {
		t.Fatal(err)
	}
	var callers sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		callers.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(2 * time.Millisecond):
				}
				answer, err := http.Post(s.URL+"/_local/functions/PolicyFunction", "application/json", strings.NewReader("{}")) //nolint:noctx // the test's own stack
				if err != nil || answer.StatusCode != http.StatusOK || answer.Body.Close() != nil {
					t.Errorf("a call failed: %v %v", answer, err)
					return
				}
			}
		})
	}
	before := taskRoot(t, s)
	rebuild(t, o.Build, probe)
	if got := taskRoot(t, s); got != before {
		t.Errorf("a build alone moved the function from %s to %s", before, got)
	}
	linked := filepath.Join(t.TempDir(), "linked")
	if err := os.Symlink(o.Build, linked); err != nil {
		t.Fatal(err)
	}
	for _, build := range []string{o.Build, linked, o.Build} {
		if status, answer := restart(t, s, build); status != http.StatusOK || !strings.Contains(answer, `"functions":`) {
			t.Fatalf("%d %s", status, answer)
		}
	}
	close(stop)
	callers.Wait()
	if got := taskRoot(t, s); got == before {
		t.Error("the old binary answers")
	}
	if left, _ := filepath.Glob(filepath.Join(o.Data, "functions", "*")); len(left) != 1 {
		t.Errorf("folders of binaries: %v", left)
	}
}

func TestARestartThatCannotBeChangesNothing(t *testing.T) {
	o := options(t, probes(t))
	template, err := os.ReadFile(templatePath)
	if err != nil {
		t.Fatal(err)
	}
	o.Template = filepath.Join(t.TempDir(), "template.yaml")
	if err := os.WriteFile(o.Template, template, 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, o)
	before := taskRoot(t, s)
	refused := func(why, build string, want int, part string) {
		t.Helper()
		if status, answer := restart(t, s, build); status != want || !strings.Contains(answer, part) {
			t.Errorf("%s: %d %s", why, status, answer)
		}
		if got := taskRoot(t, s); got != before {
			t.Errorf("%s: the functions run from %s", why, got)
		}
	}
	if response, err := http.Post(s.URL+"/_local/restart", "application/json", strings.NewReader("x")); err != nil || response.StatusCode != http.StatusBadRequest || response.Body.Close() != nil { //nolint:noctx // the test's own stack
		t.Errorf("no JSON: %v %v", response, err)
	}
	refused("another folder", t.TempDir(), http.StatusConflict, "not those in")
	rebuild(t, o.Build, []byte("#!/bin/sh\nexit 1\n"))
	refused("binaries that do not start", o.Build, http.StatusInternalServerError, "ended before it asked for work")
	if err := os.Remove(filepath.Join(o.Build, "purge", "bootstrap")); err != nil {
		t.Fatal(err)
	}
	refused("a binary is missing", o.Build, http.StatusInternalServerError, "is not built")
	if err := os.WriteFile(o.Template, append(template, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	refused("the template has changed", o.Build, http.StatusConflict, "template.yaml has changed")
	s.options.API = func(context.Context, string) (http.Handler, error) { return nil, nil }
	refused("under SAM CLI", o.Build, http.StatusConflict, "make sam")
}
