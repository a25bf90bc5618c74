package runtime

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// copied returns the path of another copy of the probe, as a new build of it would be.
func copied(t *testing.T) string {
	t.Helper()
	bootstrap, err := build()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := os.ReadFile(bootstrap)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "bootstrap")
	if err := os.WriteFile(path, binary, 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// use replaces the function's binary and returns how many invocations still ran.
func use(t *testing.T, f *Function, bootstrap string) int {
	t.Helper()
	next, err := f.Successor(bootstrap)
	if err != nil {
		t.Fatal(err)
	}
	finishing, err := next.Use()
	if err != nil {
		t.Fatal(err)
	}
	return finishing
}

// An invocation that runs while the binary is replaced ends as it would have. Later ones use the new binary, and no process of the old one stays.
func TestASuccessorInterruptsNothing(t *testing.T) {
	f, next := probe(t, 20*time.Second, 3), copied(t)
	idle, err := invoke(t, f, "sleep", "1ms")
	if err != nil {
		t.Fatal(err)
	}
	type ended struct {
		pid string
		err error
	}
	running := make(chan ended)
	go func() {
		pid, err := invoke(t, f, "sleep", "1s")
		running <- ended{pid, err}
	}()
	for busy := false; !busy; time.Sleep(time.Millisecond) {
		f.mu.Lock()
		busy = len(f.slots) == 1 && len(f.warm) == 0 // the idle process has been taken
		f.mu.Unlock()
	}
	if n := use(t, f, next); n != 1 {
		t.Errorf("%d invocations run, want 1", n)
	}
	root, err := invoke(t, f, "env", "LAMBDA_TASK_ROOT")
	if err != nil || root != strconv.Quote(filepath.Dir(next)) {
		t.Errorf("after the replacement the binary in %s answered, %v", root, err)
	}
	old := <-running
	if old.err != nil {
		t.Errorf("the invocation under way: %v", old.err)
	}
	for _, text := range []string{idle, old.pid} {
		if pid, _ := strconv.Atoi(text); syscall.Kill(pid, 0) == nil {
			t.Errorf("process %d of the old binary is left", pid)
		}
	}
}

// Whatever the moment of a replacement, no call fails.
func TestNoCallFailsWhileBinariesAreReplaced(t *testing.T) {
	f, binaries := probe(t, 20*time.Second, 4), []string{copied(t), copied(t)}
	var callers sync.WaitGroup
	stop := make(chan struct{})
	for range 6 {
		callers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := invoke(t, f, "sleep", "2ms"); err != nil {
					t.Errorf("a call failed: %v", err)
					return
				}
			}
		})
	}
	for n := range 10 {
		use(t, f, binaries[n%2])
	}
	close(stop)
	callers.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	for w := range f.all {
		if w.bootstrap != binaries[1] {
			t.Error("a process of an older binary is left")
		}
	}
}

// A binary that does not start replaces nothing.
func TestABrokenSuccessorChangesNothing(t *testing.T) {
	f := probe(t, 5*time.Second, 1)
	before, err := invoke(t, f, "sleep", "1ms")
	if err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(t.TempDir(), "bootstrap")
	if err := os.WriteFile(broken, []byte("#!/bin/sh\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{broken: "ended before it asked for work", broken + "-missing": "start probe"} {
		if _, err := f.Successor(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	next, err := f.Successor(copied(t))
	if err != nil {
		t.Fatal(err)
	}
	next.Discard()
	if after, err := invoke(t, f, "sleep", "1ms"); err != nil || after != before {
		t.Errorf("process %s answered after %s, %v", after, before, err)
	}
}
