package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/sam"
)

// TestMain lets the test binary stand in for the real one: started with this variable set, it is the command.
func TestMain(m *testing.M) {
	if os.Getenv("PRIVACY_LOCAL_IS_MAIN") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// probes builds a folder in which every function is the runtime's probe.
func probes(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	probe := filepath.Join(dir, "probe")
	if out, err := exec.Command("go", "build", "-o", probe, "./runtime/testdata/probe").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	template, err := sam.Load("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range template.Functions {
		if err := errors.Join(os.Mkdir(filepath.Join(dir, f.Name), 0o700), os.Link(probe, filepath.Join(dir, f.Name, "bootstrap"))); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// children lists the child processes of pid. It works on Linux only.
func children(t *testing.T, pid int) []int {
	t.Helper()
	var all []int
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, file := range files {
		text, _ := os.ReadFile(file)
		for word := range strings.FieldsSeq(string(text)) {
			var child int
			if _, err := fmt.Sscan(word, &child); err == nil {
				all = append(all, child)
			}
		}
	}
	return all
}

// alive reports whether a process runs. A process that has ended but that its parent has not collected does not count.
func alive(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(text), ") Z ")
}

func TestEverySignalEndsEverything(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("children are listed from /proc, which only Linux has")
	}
	build := probes(t)
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGKILL} {
		t.Run(signal.String(), func(t *testing.T) {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), "PRIVACY_LOCAL_IS_MAIN=1", "PORT=0", "DATA="+t.TempDir(), "BUILD="+build)
			output, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			url := regexp.MustCompile(`http://localhost:\d+`)
			origin := ""
			for lines := bufio.NewScanner(output); lines.Scan() && !strings.Contains(lines.Text(), "Ctrl-C"); {
				if found := url.FindString(lines.Text()); found != "" {
					origin = found
				}
			}
			response, err := http.Get(origin + "/v1/policy") //nolint:noctx // starts a function's process
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
			started := children(t, cmd.Process.Pid)
			if len(started) < 2 {
				t.Errorf("only %d processes: an engine and a function should run", len(started))
			}
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			end := time.Now().Add(10 * time.Second) // it takes some time until the kernel signals the children of a killed parent
			for _, pid := range started {
				for alive(pid) && time.Now().Before(end) {
					time.Sleep(10 * time.Millisecond)
				}
				if alive(pid) {
					t.Errorf("process %d is left", pid)
				}
			}
			if c, err := net.Dial("tcp", strings.TrimPrefix(origin, "http://")); err == nil {
				_ = c.Close()
				t.Error("the port is left open")
			}
		})
	}
}

func TestDataFolders(t *testing.T) {
	for want, c := range map[string]config{
		".local/data": {Port: 8080}, ".local/data-8081": {Port: 8081}, "/elsewhere": {Port: 8081, Data: "/elsewhere"},
	} {
		if got := c.data(); got != want {
			t.Errorf("%+v: %s, want %s", c, got, want)
		}
	}
}

// A variable that cannot be read is named, with what it must be.
func TestAWrongVariableIsNamed(t *testing.T) {
	for variable, want := range map[string]string{"PORT=abc": "PORT must be a number", "SAM=maybe": "SAM must be true or false"} {
		command := exec.Command(os.Args[0])
		command.Env = append(os.Environ(), "PRIVACY_LOCAL_IS_MAIN=1", variable)
		if out, err := command.CombinedOutput(); err == nil || !strings.Contains(string(out), want+"\n") {
			t.Errorf("%s: %v, %s", variable, err, out)
		}
	}
}
