package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/helpdeskexpert/privacy/infra/local/stack"
)

// errSentence is an error in whole sentences for the person at the terminal.
type errSentence string

func (e errSentence) Error() string { return string(e) }

func sentence(format string, a ...any) error { return errSentence(fmt.Sprintf(format, a...)) }

// say prints a line, unless it is empty.
func (p *publisher) say(format string, a ...any) {
	if line := fmt.Sprintf(format, a...); line != "" {
		_, _ = fmt.Fprintln(p.out, line)
	}
}

// command is a make command for the same service.
func (p *publisher) command(target string) string { return "make " + target + p.suffix }

// prefix sets the port of the same service for another command.
func (p *publisher) prefix() string {
	if p.suffix == "" {
		return ""
	}
	return strings.TrimSpace(p.suffix) + " "
}

// short is a path as it is written in the repository's folder.
func (p *publisher) short(path string) string {
	if relative, err := filepath.Rel(p.root, path); err == nil {
		return relative
	}
	return path
}

// nothing says what to do when there is nothing to publish.
func (p *publisher) nothing(version string, running bool) error {
	next := ""
	if !running {
		next = fmt.Sprintf("\nNo service runs on %s. The next `%s` uses it.", p.service.url, p.command("run"))
	}
	return sentence("There is nothing to publish: %s, the newest version in %s, is published already.%s\n"+
		"  %-30s writes the next version as a draft, for you to edit\n"+
		"  %-30s publishes an example, for you to see the letters", version, p.short(filepath.Dir(p.policy.source(version))), next, p.command("draft"), p.command("publish EXAMPLE=true"))
}

func restarted(done stack.Restarted) string {
	text := fmt.Sprintf("The service has restarted its %d functions with it.", done.Functions)
	switch done.Finishing {
	case 0:
	case 1:
		text += " One call that was under way ends on the old version."
	default:
		text += fmt.Sprintf(" %d calls that were under way end on the old version.", done.Finishing)
	}
	return text
}

// alone runs a task while no other publication runs in this folder.
func (p *publisher) alone(task func() error) error {
	path := filepath.Join(p.root, ".local", "publish.lock")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // which also unlocks
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return sentence("Another publication runs in this folder. Wait until it has ended.")
	}
	return task()
}

// output runs a program in the repository's folder and returns what it printed. Its error is what the program complained about, without the
// status lines that go adds.
func (p *publisher) output(ctx context.Context, name string, arguments ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, arguments...)
	cmd.Dir, cmd.Env = p.root, append(os.Environ(), "MAKEFLAGS=", "MFLAGS=")
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	err := cmd.Run()
	if err == nil {
		return out.String(), nil
	}
	var lines []string
	for line := range strings.Lines(complaint.String()) {
		if !strings.HasPrefix(line, "exit status") && !strings.Contains(line, `: running "go": `) {
			lines = append(lines, strings.TrimRight(line, "\n"))
		}
	}
	if len(lines) == 0 {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return "", errSentence(strings.Join(lines, "\n"))
}

// tool runs a program and passes on what it prints.
func (p *publisher) tool(ctx context.Context, name string, arguments ...string) error {
	out, err := p.output(ctx, name, arguments...)
	_, _ = p.out.Write([]byte(out))
	return err
}
