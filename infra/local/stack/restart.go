package stack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
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
	if err == nil {
		next, err = s.successors(bootstraps)
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

// successors starts the new binary of every function, all at the same time. On an error it also returns those that have started.
func (s *Stack) successors(bootstraps map[string]string) (next []*runtime.Successor, err error) {
	var mu sync.Mutex
	var starting sync.WaitGroup
	for id, path := range bootstraps {
		starting.Go(func() {
			one, failed := s.functions[id].Successor(path)
			mu.Lock()
			defer mu.Unlock()
			if err = errors.Join(err, failed); failed == nil {
				next = append(next, one)
			}
		})
	}
	starting.Wait()
	return next, err
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
