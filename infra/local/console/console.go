// Package console writes the logs of many functions to one terminal: a time, a coloured name, and JSON log lines as words. It uses
// colours only on a terminal.
package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// Console is one output that many writers share, a line at a time.
type Console struct {
	mu     sync.Mutex
	out    io.Writer
	colour bool
	names  map[string]int // name -> index of its colour
}

// palette holds ANSI colours that read well on dark and on light.
var palette = []string{"36", "33", "35", "32", "34", "31", "96", "93", "95", "92"}

// New returns a console on out, coloured where out is a terminal and NO_COLOR is not set.
func New(out io.Writer) *Console {
	file, ok := out.(*os.File)
	return &Console{out: out, names: map[string]int{}, colour: ok && term.IsTerminal(int(file.Fd())) && os.Getenv("NO_COLOR") == ""}
}

// Line writes one line under a name.
func (c *Console) Line(name, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	padded := fmt.Sprintf("%-9s", name)
	if c.colour {
		if _, ok := c.names[name]; !ok {
			c.names[name] = len(c.names) % len(palette)
		}
		padded = "\x1b[" + palette[c.names[name]] + "m" + padded + "\x1b[0m"
	}
	_, _ = fmt.Fprintf(c.out, "%s %s %s\n", time.Now().UTC().Format("15:04:05"), padded, text)
}

// Writer returns a writer whose lines appear under the name. A line over 64 KiB is cut.
func (c *Console) Writer(name string) io.Writer { return &lines{console: c, name: name} }

// lines cuts the output of one process into lines.
type lines struct {
	console *Console
	name    string
	mu      sync.Mutex
	rest    []byte
}

// longest is how much of a line is kept before it is written without its end, so that no process can fill the memory.
const longest = 64 << 10

// Write writes the complete lines and keeps the rest for the next call.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, p...)
	for {
		line, rest, found := bytes.Cut(l.rest, []byte("\n"))
		if !found && len(l.rest) <= longest {
			return len(p), nil
		}
		if text := readable(line); text != "" {
			l.console.Line(l.name, text)
		}
		l.rest = rest
	}
}

// readable turns a slog JSON line into words: level, message, then the other fields. Anything else stays as it is.
func readable(line []byte) string {
	var fields map[string]any
	if bytes.Contains(line, []byte(`"_aws":`)) {
		return "" // metrics are for CloudWatch, which removes them from the log
	}
	if json.Unmarshal(line, &fields) != nil {
		return strings.TrimSpace(string(line))
	}
	var b strings.Builder
	if level, _ := fields["level"].(string); level != "" && level != "INFO" {
		b.WriteString(level + " ")
	}
	fmt.Fprint(&b, fields["msg"])
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		switch key {
		case "time", "level", "msg":
			continue
		}
		fmt.Fprintf(&b, " %s=%s", key, strings.Trim(encoded(fields[key]), `"`))
	}
	return b.String()
}

// encoded returns the value as JSON on one line, with >, < and & as they are: a chain of errors has arrows in it.
func encoded(value any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(value) // it came out of JSON
	return strings.TrimSuffix(b.String(), "\n")
}
