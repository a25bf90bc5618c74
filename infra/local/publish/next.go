package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
)

// next is the version that follows the newest one.
type next struct {
	newest   policy.Policy
	source   string // of the newest
	version  string // its name, which is its day
	today    string
	sentence string // says why its day is not today; empty if it is
}

// next finds the name of the next version: today where the controller is, or the day after the newest version if that one is not older. It
// returns an error if the newest version is not published yet.
func (p *publisher) next() (n next, err error) {
	name, err := p.policy.newest()
	if err != nil {
		return n, err
	}
	digests, err := p.policy.digests()
	if err != nil {
		return n, err
	}
	if digests[name] == "" {
		return n, sentence("%s is not published yet. Write it and run %s, or delete it first.", p.short(p.policy.source(name)), p.command("publish"))
	}
	if n.source, n.newest, err = p.policy.read(name); err != nil {
		return n, err
	}
	zone, err := time.LoadLocation(n.newest.Controller.TimeZone)
	if err != nil {
		return n, err
	}
	n.today = p.now().In(zone).Format(time.DateOnly)
	if n.version = n.today; name >= n.today {
		n.version = after(name, 1)
		n.sentence = fmt.Sprintf("%s exists already. A version's name is its day, so this one is called %s.", name, n.version)
	}
	return n, nil
}

// after returns the day that many days after a day.
func after(day string, days int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day // it is no date: the compiler refuses it and says so
	}
	return t.AddDate(0, 0, days).Format(time.DateOnly)
}

// head sets what every next version states anew. A version comes into force no earlier than the one that it replaces.
func (n next) head(from string, summary string, changes ...policy.Change) *edited {
	e, quoted := edit(n.source), strconv.Quote
	e.lines = slices.DeleteFunc(e.lines, func(line string) bool { return strings.HasPrefix(line, mark) })
	e.set("version", "", "version: "+quoted(n.version))
	e.set("lastUpdated", "version", "lastUpdated: "+quoted(n.version))
	e.set("kind", "lastUpdated", "kind: significant")
	e.set("summary", "author", "summary: "+quoted(summary))
	e.set("effectiveFrom", "summary", "effectiveFrom: "+quoted(max(from, n.newest.EffectiveFrom)))
	lines := []string{"whatChanged:"}
	for _, c := range changes {
		lines = append(lines, "  - title: "+quoted(c.Title), "    text: "+quoted(c.Text))
	}
	e.set("whatChanged", "effectiveFrom", lines...)
	if _, _, ok := e.find("announceAt"); ok {
		e.set("announceAt", "")
	}
	return e
}

// mark begins the comments that this program writes. The next version does not repeat them.
const mark = "#: "

// comment puts comment lines above a key.
func (e *edited) comment(key string, lines ...string) {
	if from, _, ok := e.find(key); ok {
		for i := range lines {
			lines[i] = mark + lines[i]
		}
		e.lines = append(e.lines[:from:from], append(lines, e.lines[from:]...)...)
	}
}

// write creates the source of the next version. It never replaces a file.
func (p *publisher) write(n next, e *edited) error {
	file, err := os.OpenFile(p.policy.source(n.version), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return sentence("%s is there already.", p.short(p.policy.source(n.version)))
	} else if err != nil {
		return err
	}
	_, err = file.WriteString(e.text())
	return errors.Join(err, file.Close())
}
