// Package process runs child processes that cannot outlive the program that started them.
//
// A child has a process group of its own, so that a Ctrl-C in the terminal reaches only this program, which then ends
// its children in order. Where the system can do it (Linux), the kernel kills a child when this program dies,
// however it dies: a closed terminal or a kill -9 leaves no process and no port behind.
package process

import (
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// Process is a running child.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// Start starts cmd. The caller has set its path, arguments, environment and outputs, and nothing else.
func Start(cmd *exec.Cmd) (*Process, error) {
	cmd.SysProcAttr = attributes()
	p := &Process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go p.run(started)
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// run keeps one thread for the child. Linux sends the parent-death signal when the thread that started the child ends, not the process. The Go
// runtime may end a thread at any time unless a goroutine is locked to it.
func (p *Process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	p.err = p.cmd.Wait()
	close(p.done)
}

// Done is closed once the child has ended and its output has been read.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err returns how the child ended: nil for a status of 0. It is valid once Done is closed.
func (p *Process) Err() error { return p.err }

// Pid returns the child's process id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Kill ends the child's whole group at once and waits for its end.
func (p *Process) Kill() {
	p.signal(syscall.SIGKILL)
	<-p.done
}

// Stop asks the child to end, kills it after grace, and waits for its end.
func (p *Process) Stop(grace time.Duration) { p.end(syscall.SIGTERM, grace) }

// Interrupt is like [Process.Stop] with the signal of a Ctrl-C, for a child that cleans up only after that signal.
func (p *Process) Interrupt(grace time.Duration) { p.end(syscall.SIGINT, grace) }

func (p *Process) end(s syscall.Signal, grace time.Duration) {
	p.signal(s)
	select {
	case <-p.done:
	case <-time.After(grace):
		p.Kill()
	}
}

// signal sends s to the child's group, unless the child has ended, because its id may then belong to another process.
func (p *Process) signal(s syscall.Signal) {
	select {
	case <-p.done:
	default:
		_ = syscall.Kill(-p.Pid(), s)
	}
}
