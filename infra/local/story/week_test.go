package story

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// step is a block of commands of a document, and the answer that the document shows below it; empty if it shows none.
type step struct{ commands, answer string }

// TestStory_ACompanySystemsWeek runs the commands of the section "A company system's week" of infra/README.md word for word, in one shell. The
// answers are those that the document shows, and the mails are those that it speaks of.
// Threat: T27, T33.
func TestStory_ACompanySystemsWeek(t *testing.T) {
	for _, needed := range []string{"sh", "curl", "sed"} {
		if _, err := exec.LookPath(needed); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is not installed", needed)
			}
			t.Skipf("%s is not installed: the commands of the documents were not run", needed)
		}
	}
	steps := week(t)
	s := start(t, t.TempDir())
	const end = "\n-- end of a step --\n"
	var script strings.Builder
	for _, one := range steps {
		script.WriteString(strings.ReplaceAll(one.commands, "http://localhost:8080", s.origin) + "\nprintf '" + strings.ReplaceAll(end, "\n", `\n`) + "'\n")
	}
	shell := exec.CommandContext(t.Context(), "sh", "-eu")
	shell.Stdin = strings.NewReader(script.String())
	var problems bytes.Buffer
	shell.Stderr = &problems
	out, err := shell.Output()
	if err != nil || problems.Len() > 0 {
		t.Fatalf("%v: %s", err, problems.String())
	}
	answers := strings.Split(string(out), end)
	for i, one := range steps {
		if got := strings.TrimSpace(answers[i]); got != one.answer {
			t.Errorf("%s\nanswers   %s\nis to be  %s", one.commands, got, one.answer)
		}
	}
	s.told(t, "ada@example.org", "Please check a change to your records", true)
	s.told(t, "ada.byron@example.com", "Your email address was added to our records", false)
	for _, canary := range append(s.secrets, "ada@", "ada.byron@", "augusta", "hale@", "c-17") {
		if strings.Contains(s.out.String(), canary) {
			t.Errorf("the service printed %.10q…", canary)
		}
	}
}

// several has the subject of a mail that tells of more than one thing, because they came so soon after one another.
var several = map[string]string{"Please check a change to your records": "Please check changes to your records"}

// told waits for a mail with the subject, which the document names. With a link, the mail leads to what can be contested.
func (s *service) told(t *testing.T, address, subject string, linked bool) {
	t.Helper()
	if !strings.Contains(section(t), `"`+subject+`"`) {
		t.Errorf("the document does not name the mail %q", subject)
	}
	var first mail
	wait(t, "a mail that says "+subject, time.Minute, func() bool {
		all := s.mails(t, address)
		at := slices.IndexFunc(all, func(m mail) bool { return m.Subject == subject || m.Subject == several[subject] })
		if at >= 0 {
			first = all[at]
		}
		return at >= 0
	})
	if strings.Contains(first.Text, s.origin+"/me#") != linked {
		t.Errorf("the mail %q has a link: %t", subject, !linked)
	}
	s.links(t, address, "/me#") // notes the secrets of the links
}

// section reads the section of the document.
func section(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "infra/README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(text), "\n## A company system's week\n")
	section, _, ended := strings.Cut(after, "\n## ")
	if !found || !ended {
		t.Fatal("infra/README.md has no such section")
	}
	return section
}

// week reads the steps of the document.
func week(t *testing.T) (steps []step) {
	t.Helper()
	for _, block := range regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$").FindAllStringSubmatch(section(t), -1) {
		content := strings.TrimSpace(block[2])
		switch {
		case block[1] == "sh":
			steps = append(steps, step{commands: content})
		case block[1] == "json" && len(steps) > 0 && steps[len(steps)-1].answer == "":
			steps[len(steps)-1].answer = content
		default:
			t.Fatalf("a block of %s answers nothing", block[1])
		}
	}
	if len(steps) < 15 {
		t.Fatalf("the document has a week of %d steps", len(steps))
	}
	return steps
}
