package received

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/helpdeskexpert/privacy/shared/inbound"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// check fails the test if a message breaks what package inbound promises of every message.
func check(t testing.TB, m inbound.Message) {
	t.Helper()
	if !utf8.ValidString(m.Subject) || !utf8.ValidString(m.Text) {
		t.Errorf("not UTF-8: %+v", m)
	}
	if len(m.Text) > inbound.MaxText || utf8.RuneCountInString(m.Subject) > maxSubject || len(m.Answers) > inbound.MaxAnswers || m.Attachments < 0 || m.Attachments > 3*maxParts {
		t.Errorf("over a bound: %d bytes of text, a subject of %d, %d answers, %d attachments", len(m.Text), len(m.Subject), len(m.Answers), m.Attachments)
	}
	if strings.ContainsFunc(m.Text, invisible) || strings.ContainsFunc(m.Subject, invisible) || strings.ContainsAny(m.Subject, "\n\t") {
		t.Errorf("characters that nobody sees: %+v", m)
	}
	for i, line := range strings.Split(m.Text, "\n") { // blanks before a line indent it, as a Chinese letter does with U+3000
		if line != strings.TrimRightFunc(line, blank) || i == 0 && line == "" && m.Text != "" {
			t.Errorf("blanks that say nothing in line %d: %+q", i, m.Text)
		}
	}
	if strings.Contains(m.Text, "\n\n\n\n") || strings.HasSuffix(m.Text, "\n") {
		t.Errorf("empty lines that say nothing: %+q", m.Text)
	}
	if m.From != "" {
		if a, err := subject.ParseAddress(m.From); err != nil || a.Spelling != m.From {
			t.Errorf("no address: %+q", m.From)
		}
	}
	for _, id := range m.Answers {
		if !sane(id) {
			t.Errorf("no id: %+q", id)
		}
	}
}
