package process

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// script starts a shell and returns the first line that it prints, once it has printed it.
func script(t *testing.T, lines string) (*Process, string) {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = reader.Close(), writer.Close() }()
	cmd := exec.Command("sh", "-c", lines)
	cmd.Stdout = writer
	p, err := Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(reader).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return p, strings.TrimSpace(line)
}

// killed fails unless SIGKILL has ended the child.
func killed(t *testing.T, p *Process) {
	t.Helper()
	var exit *exec.ExitError
	if !errors.As(p.Err(), &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Errorf("the child ended with %v", p.Err())
	}
}

func TestKillEndsTheGroup(t *testing.T) {
	p, line := script(t, "sleep 100 & echo $!; wait")
	grandchild, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	p.Kill()
	killed(t, p)
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) { // the process that adopts the orphan must first notice its end
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", grandchild))
		if strings.Contains(string(stat), ") Z ") || err != nil && errors.Is(syscall.Kill(grandchild, 0), syscall.ESRCH) {
			return
		}
		if time.Now().After(end) {
			t.Fatal("a child of the child is left")
		}
	}
}

func TestStopKillsAChildThatDoesNotListen(t *testing.T) {
	p, _ := script(t, "trap '' TERM; echo deaf; while :; do sleep 0.05; done")
	p.Stop(50 * time.Millisecond)
	killed(t, p)
	p.Stop(0) // a second time does nothing
}

func TestStartReportsAMissingProgram(t *testing.T) {
	if _, err := Start(exec.Command("/no/such/program")); err == nil {
		t.Error("no error")
	}
}

// A child that starts slowly must still find its port free. So the port is one that the system never gives to a program that asks for any port.
func TestAFreePortIsNotHandedOutByTheSystem(t *testing.T) {
	ports := map[int]bool{}
	for range 50 {
		port, err := FreePort()
		if err != nil {
			t.Fatal(err)
		}
		if ports[port] = true; port >= 32768 || port < 1024 {
			t.Errorf("port %d", port)
		}
	}
	if len(ports) < 40 {
		t.Errorf("%d different ports of 50", len(ports))
	}
}
