package runtime

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// build compiles the probe once for all tests.
var build = sync.OnceValues(func() (string, error) {
	bootstrap, err := filepath.Abs("../../../.local/build/probe/bootstrap")
	if err != nil {
		return "", err
	}
	out, err := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", bootstrap, "./testdata/probe").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return bootstrap, nil
})

func probe(t *testing.T, timeout time.Duration, concurrency int) *Function {
	t.Helper()
	bootstrap, err := build()
	if err != nil {
		t.Fatal(err)
	}
	f := New(Spec{Name: "probe", Bootstrap: bootstrap, Timeout: timeout, MemoryMB: 512, Concurrency: concurrency,
		Environment: []string{"ORIGIN=http://localhost:8080"}, Log: func() io.Writer { return io.Discard }})
	t.Cleanup(f.Close)
	return f
}

func invoke(t *testing.T, f *Function, do, value string) (string, error) {
	t.Helper()
	answer, err := f.Invoke(t.Context(), fmt.Appendf(nil, `{"do":%q,"value":%q}`, do, value))
	return string(answer), err
}

func wantError(t *testing.T, err error, kind string) {
	t.Helper()
	var failure *Error
	if !errors.As(err, &failure) || failure.Type != kind {
		t.Errorf("error is %v, want %s", err, kind)
	}
}

func TestInvokeRunsTheRealBinary(t *testing.T) {
	f := probe(t, 5*time.Second, 1)
	if got, err := invoke(t, f, "env", "ORIGIN"); err != nil || got != `"http://localhost:8080"` {
		t.Errorf("environment: %s, %v", got, err)
	}
	if got, err := invoke(t, f, "env", "TZ"); err != nil || got != `"UTC"` {
		t.Errorf("time zone: %s, %v", got, err)
	}
	got, err := invoke(t, f, "deadline", "")
	left, _ := strconv.Atoi(got)
	if err != nil || left < 4000 || left > 5000 {
		t.Errorf("the deadline is %s ms away, %v", got, err)
	}
	if len(f.all) != 1 {
		t.Errorf("%d processes for invocations one after another", len(f.all))
	}
}

func TestATimeoutKillsTheProcess(t *testing.T) {
	f := probe(t, 300*time.Millisecond, 1)
	_, err := invoke(t, f, "sleep", "20s")
	wantError(t, err, "Sandbox.Timedout")
	if _, err := invoke(t, f, "env", "TZ"); err != nil {
		t.Errorf("after a timeout: %v", err)
	}
}

func TestFailuresAreToldApart(t *testing.T) {
	f := probe(t, 5*time.Second, 1)
	_, err := invoke(t, f, "exit", "")
	wantError(t, err, "Runtime.ExitError")
	_, err = invoke(t, f, "error", "told by the function")
	wantError(t, err, "errorString")
	if strings.Contains(err.Error(), "told") {
		t.Error("the text of a function's error leaks into ours")
	}
	_, err = invoke(t, f, "big", "")
	wantError(t, err, "Function.ResponseSizeTooLarge")
	_, err = f.Invoke(t.Context(), make([]byte, MaxPayload+1))
	wantError(t, err, "RequestTooLarge")
	if _, err := invoke(t, f, "env", "TZ"); err != nil {
		t.Errorf("after failures: %v", err)
	}
}

func TestConcurrencyIsBoundedAndProcessesAreReused(t *testing.T) {
	f := probe(t, 5*time.Second, 3)
	pids := map[string]int{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 9 {
		all.Go(func() {
			pid, err := invoke(t, f, "sleep", "100ms")
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			pids[pid]++
		})
	}
	all.Wait()
	if len(pids) > 3 {
		t.Errorf("%d processes, want at most 3", len(pids))
	}
}

func TestCloseLeavesNoProcess(t *testing.T) {
	f := probe(t, 30*time.Second, 1)
	answer, err := invoke(t, f, "sleep", "1ms")
	if err != nil {
		t.Fatal(err)
	}
	pid, _ := strconv.Atoi(answer)
	done, begun := make(chan error, 1), filepath.Join(t.TempDir(), "begun")
	go func() { _, err := invoke(t, f, "hang", begun); done <- err }()
	for _, err := os.Stat(begun); err != nil; _, err = os.Stat(begun) {
		select {
		case err := <-done:
			t.Fatalf("the invocation ended before it had begun: %v", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	f.Close()
	if err := <-done; err == nil || errors.Is(err, ErrClosed) {
		t.Errorf("an invocation whose process was ended: %v", err)
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d still there: %v", pid, err)
	}
	if _, err := invoke(t, f, "env", "TZ"); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}
