package runtime

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/process"
)

// worker is one process of a function with its Runtime API.
type worker struct {
	bootstrap string // the binary that it runs
	child     *process.Process
	server    *http.Server
	next      chan *invocation // handed to the process when it asks for work
	asked     chan struct{}    // closed when the process first asks for work

	mu      sync.Mutex
	current *invocation
	asking  sync.Once // closes asked
	ended   bool      // killed after a timeout, a crash or a failed start
	served  bool      // it has taken work before
}

// errStale says that a warm process died before it took the work, so that another process may take it.
var errStale = errors.New("runtime: the process died while it was idle")

// invocation is one piece of work and its outcome.
type invocation struct {
	id       string
	payload  []byte
	deadline time.Time
	outcome  chan outcome // of capacity 1, so the first outcome wins
}

// outcome is the answer of a function or its failure.
type outcome struct {
	payload []byte
	err     error
}

// startWorker starts a process. The Runtime API listens before that, because a process calls it first of all.
func startWorker(spec Spec) (*worker, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w := &worker{bootstrap: spec.Bootstrap, next: make(chan *invocation), asked: make(chan struct{})}
	w.server = &http.Server{Handler: w.api(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = w.server.Serve(listener) }()

	cmd := exec.Command(spec.Bootstrap)
	cmd.Dir = filepath.Dir(spec.Bootstrap)
	cmd.Env = spec.environment(listener.Addr().String())
	log := spec.Log()
	cmd.Stdout, cmd.Stderr = log, log
	if w.child, err = process.Start(cmd); err != nil {
		_ = w.server.Close()
		return nil, err
	}
	return w, nil
}

// run gives the process one invocation and waits for its outcome, its death or its timeout. The timeout counts from the moment when
// the process takes the work, because its start has its own limit.
func (w *worker) run(i *invocation, timeout time.Duration) ([]byte, error) {
	i.outcome = make(chan outcome, 1)
	starting := time.NewTimer(initLimit)
	defer starting.Stop()
	i.deadline = time.Now().Add(timeout)
	select {
	case w.next <- i:
		w.served = true
	case <-w.child.Done():
		if w.served {
			return nil, w.fail(errStale)
		}
		return nil, w.fail(exitError(i.id, w.child.Err()))
	case <-starting.C:
		return nil, w.fail(&Error{Type: "Sandbox.Timedout", Message: "the process asked for no work within 10 seconds"})
	}
	running := time.NewTimer(timeout)
	defer running.Stop()
	select {
	case o := <-i.outcome:
		return o.payload, o.err
	case <-w.child.Done():
		select {
		case o := <-i.outcome: // it answered, then died
			return o.payload, o.err
		default:
			return nil, w.fail(exitError(i.id, w.child.Err()))
		}
	case <-running.C:
		return nil, w.fail(timeoutError(i.id, timeout))
	}
}

// fail kills the process, because its state is unknown.
func (w *worker) fail(err error) error {
	w.mu.Lock()
	w.ended = true
	w.mu.Unlock()
	w.child.Kill()
	return err
}

// alive reports whether the process may get another invocation.
func (w *worker) alive() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.child.Done():
		return false
	default:
		return !w.ended
	}
}

// close kills the process first, because the process would complain if the Runtime API went away.
func (w *worker) close() {
	w.child.Kill()
	_ = w.server.Close()
}

// api is the Runtime API, version 2018-06-01.
func (w *worker) api() http.Handler {
	const invocations = "/2018-06-01/runtime/invocation/"
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+invocations+"next", w.give)
	mux.HandleFunc("POST "+invocations+"{id}/response", func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, MaxPayload))
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			w.settle(rw, r, outcome{err: &Error{Type: "Function.ResponseSizeTooLarge", Message: "the response is over 6 MB"}}, http.StatusRequestEntityTooLarge)
			return
		} else if err != nil {
			return // the process died while it answered; its death is the outcome
		}
		w.settle(rw, r, outcome{payload: body}, http.StatusAccepted)
	})
	mux.HandleFunc("POST "+invocations+"{id}/error", func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(http.MaxBytesReader(rw, r.Body, 1<<20))
		w.settle(rw, r, outcome{err: parseError(body)}, http.StatusAccepted)
	})
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", func(rw http.ResponseWriter, _ *http.Request) {
		rw.WriteHeader(http.StatusAccepted) // the exit that follows is the outcome
	})
	return mux
}

// give answers the process's call for work once there is some.
func (w *worker) give(rw http.ResponseWriter, r *http.Request) {
	w.asking.Do(func() { close(w.asked) })
	var i *invocation
	select {
	case i = <-w.next:
	case <-r.Context().Done():
		return
	}
	w.mu.Lock()
	w.current = i
	w.mu.Unlock()
	h := rw.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Lambda-Runtime-Aws-Request-Id", i.id)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(i.deadline.UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-2:000000000000:function:local")
	h.Set("Lambda-Runtime-Trace-Id", "Root=1-00000000-000000000000000000000000;Sampled=0")
	_, _ = rw.Write(i.payload)
}

// settle gives the current invocation its outcome, if the id is its own.
func (w *worker) settle(rw http.ResponseWriter, r *http.Request, o outcome, status int) {
	w.mu.Lock()
	i := w.current
	w.mu.Unlock()
	if i == nil || i.id != r.PathValue("id") {
		http.Error(rw, `{"errorType":"InvalidRequestID"}`, http.StatusBadRequest)
		return
	}
	select {
	case i.outcome <- o:
	default: // it has one already
	}
	rw.WriteHeader(status)
}
