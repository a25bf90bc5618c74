package starttest

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/sam"
)

// starter starts binaries with the environment of one function, and stands in for the Runtime API. It answers a call for an event
// without one, so the function gives up and its process ends.
type starter struct {
	env   []string
	asked int    // the current process's calls for an event
	first func() // called at its first question, unless nil
}

func newStarter(t testing.TB, function string) *starter {
	t.Helper()
	s := &starter{env: environment(t, function)}
	api := httptest.NewServer(s)
	t.Cleanup(api.Close)
	s.env = append(s.env, "AWS_LAMBDA_RUNTIME_API="+strings.TrimPrefix(api.URL, "http://"))
	return s
}

func (s *starter) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	if !strings.HasSuffix(r.URL.Path, "/invocation/next") {
		return
	}
	if s.asked++; s.asked == 1 && s.first != nil {
		s.first()
	}
}

// start runs a binary once and returns the CPU time of its process. If the process did not ask for exactly one event, it did more
// or less than start, and the test fails.
func (s *starter) start(t testing.TB, cmd *exec.Cmd) time.Duration {
	t.Helper()
	var said bytes.Buffer
	s.asked, cmd.Env, cmd.Stderr = 0, s.env, &said
	_ = cmd.Run() // it ends with a failure because it gets no event
	if s.asked != 1 {
		t.Fatalf("it asked for %d events, not one: %s", s.asked, said.String())
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

// name is the name of the function whose test is running: the folder it runs in.
func name(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Base(dir)
}

// secret is how template.yaml refers to a secret's value.
var secret = regexp.MustCompile(`\{\{resolve:[^}]+\}\}`)

// environment returns the variables that template.yaml and Lambda give a function: two CPUs, unless the template says otherwise.
// References have their own name as value, and secrets have the length that the template generates.
func environment(t testing.TB, function string) []string {
	t.Helper()
	template, err := sam.Load("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"GOMAXPROCS=2", "AWS_REGION=eu-west-2", "AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY=secret", "AWS_SESSION_TOKEN=token"}
	for _, f := range template.Functions {
		if f.Name != function {
			continue
		}
		for variable, value := range f.Environment {
			text, err := template.Resolve(value, func(logicalID, _ string) (string, bool) {
				_, parameter := template.Parameters[logicalID]
				return logicalID, !parameter // a parameter has a default
			})
			if err != nil {
				t.Fatalf("%s of %s: %v", variable, function, err)
			}
			if text == "" {
				continue // as if it were not set
			}
			env = append(env, variable+"="+secret.ReplaceAllString(text, strings.Repeat("k", 64)))
		}
	}
	return env
}
