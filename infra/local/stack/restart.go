package stack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/helpdeskexpert/privacy/infra/local/runtime"
)

// Restart is a call of POST /_local/restart.
type Restart struct {
	Build string `json:"build"` // the folder with the new binaries, absolute. It must be the stack's own, so that nobody restarts the stack of another folder
}

// Restarted is its answer.
type Restarted struct {
	Functions int `json:"functions"`
	Finishing int `json:"finishing"` // invocations that began before and end on the old binaries
}

// errRefused is a reason for which the functions go on as they are. Its text is for the developer.
type errRefused string

func (e errRefused) Error() string { return string(e) }

// binaries is the folder of the binaries that the functions run.
type binaries struct {
	mu    sync.Mutex // held by a restart
	dir   string
	count int // of the folders so far
}

// remove deletes the folder. A process keeps the binary that it runs.
func (b *binaries) remove() {
	if b.dir != "" {
		_ = os.RemoveAll(b.dir)
	}
}

// snapshot links the binaries into a folder of this run's own and returns their paths by logical id. So a build changes nothing here until
// [Stack.Restart], even a build that another stack asked for.
func (s *Stack) snapshot() (dir string, bootstraps map[string]string, err error) {
	s.binaries.count++
	dir = filepath.Join(s.options.Data, "functions", strconv.Itoa(s.binaries.count))
	bootstraps = map[string]string{}
	for _, f := range s.template.Functions {
		built, mine := filepath.Join(s.options.Build, f.Name, "bootstrap"), filepath.Join(dir, f.Name, "bootstrap")
		if _, err := os.Stat(built); err != nil {
			return dir, nil, fmt.Errorf("the function %s is not built: %s is missing; `make run` builds it", f.Name, built)
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(mine), 0o700), link(built, mine)); err != nil {
			return dir, nil, err
		}
		bootstraps[f.LogicalID] = mine
	}
	return dir, bootstraps, nil
}

// link gives a file a second name, or copies it to another file system.
func link(from, to string) error {
	if os.Link(from, to) == nil {
		return nil
	}
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()
	target, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o700)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Close())
}

// Restart replaces the binaries of all functions by those that were built last, or of none. Every new binary must start first. Invocations
// under way end on the old ones.
func (s *Stack) Restart(call Restart) (Restarted, error) {
	s.binaries.mu.Lock()
	defer s.binaries.mu.Unlock()
	if err := s.restartable(call); err != nil {
		return Restarted{}, err
	}
	dir, bootstraps, err := s.snapshot()
	var next []*runtime.Successor
	for id, path := range bootstraps {
		var one *runtime.Successor
		if one, err = s.functions[id].Successor(path); err != nil {
			break
		}
		next = append(next, one)
	}
	if err != nil {
		for _, one := range next {
			one.Discard()
		}
		return Restarted{}, errors.Join(err, os.RemoveAll(dir))
	}
	done := Restarted{Functions: len(next)}
	for _, one := range next {
		finishing, used := one.Use()
		done.Finishing, err = done.Finishing+finishing, errors.Join(err, used)
	}
	s.binaries.remove()
	s.binaries.dir = dir
	return done, err
}

// restartable returns why the functions of this stack cannot be restarted, or nil.
func (s *Stack) restartable(call Restart) error {
	if s.options.API != nil {
		return errRefused("The functions that answer HTTP calls run under SAM CLI, which keeps their containers. Press Ctrl-C where `make sam` runs, and run it again.")
	}
	if !same(call.Build, s.options.Build) {
		return errRefused(fmt.Sprintf("The service on port %d runs the functions in %s, not those in %s.", s.options.Port, s.options.Build, call.Build))
	}
	now, err := os.ReadFile(s.options.Template)
	if err != nil {
		return err
	}
	if !bytes.Equal(now, s.declared) {
		return errRefused("template.yaml has changed since the service started. Press Ctrl-C where `make run` runs, and run it again.")
	}
	return nil
}

// same reports whether two paths lead to one folder.
func same(a, b string) bool {
	one, err := os.Stat(a)
	other, err2 := os.Stat(b)
	return err == nil && err2 == nil && os.SameFile(one, other)
}

// restart is the handler of POST /_local/restart.
func (s *Stack) restart(w http.ResponseWriter, r *http.Request) {
	var call Restart
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&call); err != nil {
		http.Error(w, `the body must be {"build": "<the folder with the new binaries>"}`, http.StatusBadRequest)
		return
	}
	done, err := s.Restart(call)
	var refused errRefused
	switch {
	case errors.As(err, &refused):
		http.Error(w, refused.Error(), http.StatusConflict)
	case err != nil:
		s.options.Console.Line("restart", "the functions go on as they are: "+err.Error())
		http.Error(w, err.Error(), http.StatusInternalServerError)
	default:
		s.options.Console.Line("restart", fmt.Sprintf("%d functions have new binaries; %d calls end on the old ones", done.Functions, done.Finishing))
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(done)
	}
}
