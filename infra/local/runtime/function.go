// Package runtime hosts the Lambda Runtime API for the functions' real binaries.
//
// Each process of a function has its own Runtime API and serves one invocation at a time, like an execution environment on AWS.
// Processes are started on demand, kept warm, killed on a timeout, and replaced when they die.
package runtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Limits that AWS Lambda sets.
const (
	initLimit = 10 * time.Second // from start to the first question for work
	// MaxPayload is the most bytes of a synchronous invocation, either way (6 MB).
	MaxPayload = 6*1024*1024 + 100
)

// Spec describes one function.
type Spec struct {
	Name        string           // as in functions/<name>
	Bootstrap   string           // path of the binary
	Environment []string         // NAME=value, on top of what Lambda itself sets
	Timeout     time.Duration    // of one invocation
	MemoryMB    int              // told to the function, not enforced
	Concurrency int              // most processes at once
	Log         func() io.Writer // a writer for one process's output
}

// Function is a function that can be invoked.
type Function struct {
	spec  Spec          // never changes
	slots chan struct{} // one per invocation under way

	mu        sync.Mutex
	bootstrap string    // the binary that new processes run: the spec's, until another one replaces it
	warm      []*worker // idle, newest last; all of that binary
	all       map[*worker]struct{}
	closed    bool
}

// New returns a function; no process starts before the first invocation.
func New(spec Spec) *Function {
	return &Function{spec: spec, bootstrap: spec.Bootstrap, slots: make(chan struct{}, max(1, spec.Concurrency)), all: map[*worker]struct{}{}}
}

// Error is what a function, or Lambda on its behalf, answered instead of a result.
type Error struct {
	Type    string `json:"errorType"` // such as Runtime.ExitError or Sandbox.Timedout
	Message string `json:"errorMessage"`
}

// Error returns only the type, because the message is the function's and may contain anything.
func (e *Error) Error() string { return e.Type }

// ErrClosed says that the stack is ending.
var ErrClosed = errors.New("runtime: closed")

// Invoke runs the function once and returns its answer. An *Error is the function's failure. If all processes are busy, Invoke
// waits until ctx ends, while AWS would throttle. Once the invocation has begun, only the function's timeout ends it.
func (f *Function) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	if len(payload) > MaxPayload {
		return nil, &Error{Type: "RequestTooLarge", Message: "the payload is over 6 MB"}
	}
	select {
	case f.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-f.slots }()
	for {
		w, err := f.take()
		if err != nil {
			return nil, err
		}
		answer, err := w.run(&invocation{id: uuid.NewString(), payload: payload}, f.spec.Timeout)
		f.give(w)
		if !errors.Is(err, errStale) {
			return answer, err
		}
	}
}

// take returns a warm process or starts one.
func (f *Function) take() (*worker, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for !f.closed && len(f.warm) > 0 {
		w := f.warm[len(f.warm)-1]
		f.warm = f.warm[:len(f.warm)-1]
		if w.alive() {
			return w, nil
		}
		f.drop(w)
	}
	if f.closed {
		return nil, ErrClosed
	}
	w, err := startWorker(f.spec.with(f.bootstrap))
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", f.spec.Name, err)
	}
	f.all[w] = struct{}{}
	return w, nil
}

// give returns a process to the pool, unless it has ended.
func (f *Function) give(w *worker) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed || !w.alive() || w.bootstrap != f.bootstrap { // the last: another binary has replaced it
		f.drop(w)
		return
	}
	f.warm = append(f.warm, w)
}

// drop ends a process for good. The caller holds the lock.
func (f *Function) drop(w *worker) {
	delete(f.all, w)
	w.close()
}

// Close kills every process; invocations under way fail.
func (f *Function) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	for w := range f.all {
		f.drop(w)
	}
}

// with returns the spec with another binary.
func (s Spec) with(bootstrap string) Spec {
	s.Bootstrap = bootstrap
	return s
}

// environment returns the variables that Lambda sets for a process, followed by the function's own.
func (s Spec) environment(api string) []string {
	return append([]string{
		"AWS_LAMBDA_RUNTIME_API=" + api,
		"_HANDLER=bootstrap",
		"AWS_LAMBDA_FUNCTION_NAME=" + s.Name,
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=" + strconv.Itoa(s.MemoryMB),
		"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
		"AWS_LAMBDA_LOG_FORMAT=JSON",
		"AWS_LAMBDA_LOG_GROUP_NAME=/local/" + s.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME=local",
		"LAMBDA_TASK_ROOT=" + filepath.Dir(s.Bootstrap),
		"PATH=/usr/local/bin:/usr/bin:/bin",
		"LANG=en_US.UTF-8",
		"TZ=UTC",
	}, s.Environment...)
}

// exitError is Lambda's answer for a process that died during an invocation.
func exitError(id string, err error) *Error {
	return &Error{Type: "Runtime.ExitError", Message: fmt.Sprintf("RequestId: %s Error: Runtime exited with error: %v", id, err)}
}

// timeoutError is Lambda's answer for a process that was killed because it took too long.
func timeoutError(id string, after time.Duration) *Error {
	return &Error{Type: "Sandbox.Timedout", Message: fmt.Sprintf("RequestId: %s Error: Task timed out after %.2f seconds", id, after.Seconds())}
}

// parseError reads what a function reported through the Runtime API.
func parseError(body []byte) *Error {
	e := &Error{}
	if json.Unmarshal(body, e) != nil || e.Type == "" {
		e.Type = "Function.Unknown"
	}
	return e
}
