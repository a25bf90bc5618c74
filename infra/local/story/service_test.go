package story

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/process"
)

// root is the folder of go.mod.
const root = "../../.."

// build builds what `make run` builds, once per run of the tests. What is up to date costs no time.
var build = sync.OnceValue(func() error {
	cmd := exec.Command("make", "--no-print-directory", ".local/stamp/bootstraps", ".local/privacy-local", "infra/local/node_modules/.package-lock.json")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "MAKEFLAGS=", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building the service: %w\n%s", err, out)
	}
	return nil
})

// service is a running copy of the whole service.
type service struct {
	origin  string
	data    string // folder of everything that is kept
	client  *http.Client
	cmd     *exec.Cmd
	out     output
	secrets []string        // of the links that were mailed
	opened  map[string]bool // the links to mailboxes that were opened
	ended   chan struct{}
	err     error
}

// output keeps what the service prints, for a test that fails.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// start starts the service on a free port with the data folder and waits until it is ready. Another test may take the port first, so it tries a few.
func start(t *testing.T, data string, environment ...string) *service {
	t.Helper()
	if err := build(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if s := launch(t, data, environment...); s.ready(t) {
			return s
		}
	}
	t.Fatal("three ports were taken")
	return nil
}

// launch starts the service on a port that was free just now.
func launch(t *testing.T, data string, environment ...string) *service {
	t.Helper()
	binary, err := filepath.Abs(filepath.Join(root, ".local/privacy-local"))
	if err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	s := &service{origin: "http://localhost:" + port, data: data, client: &http.Client{Timeout: 40 * time.Second}, opened: map[string]bool{}, ended: make(chan struct{})}
	s.cmd = exec.Command(binary)
	s.cmd.Dir = root
	s.cmd.Env = append(append(os.Environ(), "PORT="+port, "DATA="+data), environment...)
	s.cmd.Stdout, s.cmd.Stderr = &s.out, &s.out
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		s.err = s.cmd.Wait()
		close(s.ended)
	}()
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		<-s.ended
		if t.Failed() {
			t.Logf("the service printed:\n%s", s.out.String())
		}
	})
	return s
}

// ready waits until the service is ready. It returns false if the service ended because its port was taken.
func (s *service) ready(t *testing.T) (ready bool) {
	t.Helper()
	wait(t, "the service to be ready", 90*time.Second, func() bool {
		select {
		case <-s.ended:
			if strings.Contains(s.out.String(), "is taken") {
				return true
			}
			t.Fatalf("the service ended: %v", s.err)
		default:
		}
		answer, err := s.client.Get(s.origin + "/_local/ready")
		if err != nil {
			return false
		}
		_ = answer.Body.Close()
		ready = answer.StatusCode == http.StatusOK
		return ready
	})
	return ready
}

// stop searches the tables, presses Ctrl-C, and fails the test if any process is left or the port is still open.
func (s *service) stop(t *testing.T) {
	t.Helper()
	s.expiries(t)
	family := descendants(s.cmd.Process.Pid)
	if runtime.GOOS == "linux" && len(family) == 0 {
		t.Error("the service runs no process of its own: this test looks in the wrong place")
	}
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	select {
	case <-s.ended:
	case <-time.After(20 * time.Second):
		t.Fatal("the service does not end")
	}
	if s.err != nil {
		t.Errorf("the service ended with %v", s.err)
	}
	s.discreet(t)
	wait(t, "its processes to end", 5*time.Second, func() bool {
		for _, pid := range family {
			if syscall.Kill(pid, 0) == nil && !zombie(pid) {
				return false
			}
		}
		return true
	})
	if conn, err := net.DialTimeout("tcp", strings.TrimPrefix(s.origin, "http://"), time.Second); err == nil {
		_ = conn.Close()
		t.Error("the port is still open")
	}
}

// discreet fails the test if the service's output contains personal data or the secret of a link (threats T04, T12).
func (s *service) discreet(t *testing.T) {
	t.Helper()
	if !strings.Contains(s.out.String(), "/v1/requests/{id}") {
		t.Error("the service printed no log: this test looks in the wrong place")
	}
	for _, canary := range append(s.secrets, address, eva, surname, "anzibarra", "村上", "203.0.113.9", "$2b$12$", visitor, "AGE-SECRET-KEY") {
		if strings.Contains(s.out.String(), canary) {
			t.Errorf("the service printed %.10q…", canary)
		}
	}
}

// descendants lists the processes that a process has started, and those that they have started. It works on Linux only.
func descendants(pid int) []int {
	if runtime.GOOS != "linux" {
		return nil
	}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	parents := map[int]int{}
	for _, file := range stats {
		if child, parent, _ := stat(file); child > 0 {
			parents[child] = parent
		}
	}
	var family []int
	for child := range parents {
		for p := parents[child]; p > 1; p = parents[p] {
			if p == pid {
				family = append(family, child)
				break
			}
		}
	}
	return family
}

// stat reads a process's number, its parent's and its state.
func stat(file string) (pid, parent int, state string) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return 0, 0, ""
	}
	pid, _ = strconv.Atoi(filepath.Base(filepath.Dir(file)))
	fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	if len(fields) > 1 {
		state = fields[0]
		parent, _ = strconv.Atoi(fields[1])
	}
	return pid, parent, state
}

func zombie(pid int) bool {
	_, _, state := stat(fmt.Sprintf("/proc/%d/stat", pid))
	return state == "Z" || state == ""
}

func freePort(t *testing.T) string {
	t.Helper()
	port, err := process.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return strconv.Itoa(port)
}

// wait polls until the condition holds or fails the test.
func wait(t *testing.T, what string, limit time.Duration, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !condition(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited %v for %s", limit, what)
		}
	}
}
