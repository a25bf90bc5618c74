package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/console"
	"github.com/helpdeskexpert/privacy/infra/local/stack"
	"github.com/helpdeskexpert/privacy/infra/sam"
)

const repository = "../../.."

// built returns the compiler of the policy and the tiny function, which are built once for all tests.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "publish")
	if err != nil {
		return "", err
	}
	for name, source := range map[string]string{"compile": "./shared/policy/compile", "tiny": "./infra/local/publish/testdata/tiny"} {
		cmd := exec.Command("go", "build", "-o", filepath.Join(dir, name), source)
		cmd.Dir = repository
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%w: %s", err, out)
		}
	}
	return dir, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := built(); err == nil {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

// rig is a publisher on a copy of the policy, with real generation and a function that needs no compiler.
type rig struct {
	*publisher
	t      *testing.T
	tools  string
	said   bytes.Buffer
	newest string
	asked  []string // the paths that the publisher has called
}

// RoundTrip notes what the publisher asks of the service.
func (r *rig) RoundTrip(request *http.Request) (*http.Response, error) {
	r.asked = append(r.asked, request.URL.Path)
	return http.DefaultTransport.RoundTrip(request)
}

func newRig(t *testing.T) *rig {
	t.Helper()
	tools, err := built()
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	r := &rig{t: t, tools: tools, publisher: open(root, "0")} // nothing listens on port 0
	if err := os.CopyFS(filepath.Join(root, "shared", "policy"), os.DirFS(filepath.Join(repository, "shared", "policy"))); err != nil {
		t.Fatal(err)
	}
	if r.newest, err = r.policy.newest(); err != nil {
		t.Fatal(err)
	}
	day, err := time.Parse(time.DateOnly, r.newest)
	if err != nil {
		t.Fatal(err)
	}
	committed, err := os.ReadFile(r.policy.sums())
	if err != nil {
		t.Fatal(err)
	}
	r.service.http.Transport = r
	r.out, r.now = &r.said, func() time.Time { return day.AddDate(0, 0, 10).Add(12 * time.Hour) }
	r.generate = func(ctx context.Context) (string, error) {
		cmd := exec.CommandContext(ctx, filepath.Join(tools, "compile"))
		cmd.Dir = string(r.policy)
		out, err := cmd.CombinedOutput()
		if err != nil {
			return "", errors.Join(err, errors.New(string(out)))
		}
		return string(out), nil
	}
	r.rebuild = func(context.Context) error { return r.link("tiny") }
	r.committed = func(context.Context) (string, error) { return string(committed), nil }
	return r
}

// link puts a program of the tools in the place of every function, with the list of versions behind it.
func (r *rig) link(program string) error {
	binary, err := os.ReadFile(filepath.Join(r.tools, program))
	if err != nil {
		return err
	}
	list, err := r.list()
	if err != nil {
		return err
	}
	template, err := sam.Load(filepath.Join(repository, "template.yaml"))
	if err != nil {
		return err
	}
	one := filepath.Join(r.root, "one")
	if err := os.WriteFile(one, append(append(binary, '\n'), list...), 0o700); err != nil {
		return err
	}
	for _, f := range template.Functions {
		path := filepath.Join(r.build, f.Name, "bootstrap")
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.RemoveAll(path), os.Link(one, path)); err != nil {
			return err
		}
	}
	return os.Remove(one)
}

// list is the list of versions that the generated files contain, as the function policy serves it.
func (r *rig) list() ([]byte, error) {
	all, err := r.policy.digests()
	if err != nil {
		return nil, err
	}
	var list []map[string]string
	for version, digest := range all {
		list = append(list, map[string]string{"version": version, "sha256": digest})
	}
	return json.Marshal(list)
}

// run starts a service on the functions as they are built.
func (r *rig) run() {
	r.t.Helper()
	if err := r.link("tiny"); err != nil {
		r.t.Fatal(err)
	}
	s, err := stack.Start(r.t.Context(), stack.Options{Data: r.t.TempDir(), Build: r.build, Template: filepath.Join(repository, "template.yaml"),
		Console: console.New(io.Discard), Now: time.Now, NoStreams: true})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(s.Close)
	r.service.url = s.URL
}

// errThrottled is the API's own limit, which the template declares.
var errThrottled = errors.New("too many calls")

// served returns what the service answers to a path. headers has names and values.
func (r *rig) served(path string, headers ...string) (string, error) {
	request, err := http.NewRequest(http.MethodGet, r.service.url+path, nil) //nolint:noctx // the test's own stack
	if err != nil {
		return "", err
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
	case response.StatusCode == http.StatusTooManyRequests:
		err = errThrottled
	case response.StatusCode != http.StatusOK:
		err = fmt.Errorf("%d %s", response.StatusCode, body)
	}
	return string(body), err
}

// listed is like served, and waits while the API refuses calls because there are too many.
func (r *rig) listed(path string, headers ...string) (list string, err error) {
	for list, err = r.served(path, headers...); errors.Is(err, errThrottled); list, err = r.served(path, headers...) {
		time.Sleep(10 * time.Millisecond)
	}
	return list, err
}

// says fails the test unless the publisher has said each part since the last call.
func (r *rig) says(parts ...string) {
	r.t.Helper()
	for _, part := range parts {
		if !strings.Contains(r.said.String(), part) {
			r.t.Errorf("it did not say %q but:\n%s", part, r.said.String())
		}
	}
	r.said.Reset()
}

// files returns everything in the policy's folder by name.
func (r *rig) files() map[string]string {
	r.t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(string(r.policy), func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all[path] = string(text)
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return all
}
