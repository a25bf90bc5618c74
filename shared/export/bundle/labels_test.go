package bundle

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// older returns a version of the policy with other titles in another order.
func older(t *testing.T) *policy.Policy {
	t.Helper()
	p := *policy.Newest()
	p.Version = "2031-04-05"
	p.Categories, p.Purposes = slices.Clone(p.Categories), slices.Clone(p.Purposes)
	slices.Reverse(p.Categories)
	slices.Reverse(p.Purposes)
	for i := range p.Categories {
		p.Categories[i].Title = "Older " + string(p.Categories[i].ID)
		p.Categories[i].Fields = slices.Clone(p.Categories[i].Fields)
		slices.Reverse(p.Categories[i].Fields)
		for j := range p.Categories[i].Fields {
			p.Categories[i].Fields[j].Title = "Older " + p.Categories[i].Fields[j].Name
		}
	}
	for i := range p.Purposes {
		p.Purposes[i].Title = "Older " + string(p.Purposes[i].ID)
	}
	return &p
}

func manifestOf(t *testing.T, files map[string][]byte) (m manifest) {
	t.Helper()
	if err := json.Unmarshal(files["manifest.json"], &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// A bundle contains the words for showing it: the titles of the policy under which it is made, in that policy's order.
func TestPromise_H05_TheBundleHoldsThePolicysTitles(t *testing.T) {
	for _, p := range []*policy.Policy{policy.Newest(), older(t)} {
		for _, right := range []privacy.Right{privacy.Access, privacy.Portability} {
			in := input(right, person())
			in.Policy = p
			files, _, _ := build(t, in)
			m := manifestOf(t, files)
			i := 0
			for _, c := range p.Categories {
				if !c.ID.HasSubject() || right == privacy.Portability && !c.Portable {
					continue
				}
				if got := m.Categories[i]; got.Category != c.ID || got.Title != c.Title {
					t.Errorf("%s, %s: %s %q stands in the place of %s", p.Version, right, got.Category, got.Title, c.ID)
				}
				sameLabels(t, m.Categories[i].Fields, c.Fields)
				i++
			}
			if i != len(m.Categories) {
				t.Errorf("%d categories, want %d", len(m.Categories), i)
			}
			for i, x := range p.Purposes {
				if m.Purposes[i] != (purposeTitle{x.ID, x.Title}) {
					t.Errorf("purpose %d is %v", i, m.Purposes[i])
				}
			}
			var sections []string
			for _, match := range regexp.MustCompile(`<details id="([a-z_]+)"><summary>([^(]+) \((\d+)\)`).FindAllStringSubmatch(string(files["index.html"]), -1) {
				sections = append(sections, match[2])
			}
			for i, c := range m.Categories {
				if sections[i] != c.Title {
					t.Errorf("section %d of the page is %q, and %q in the manifest", i, sections[i], c.Title)
				}
			}
		}
	}
}

func sameLabels(t *testing.T, labels []label, fields []policy.Field) {
	t.Helper()
	fields = slices.DeleteFunc(slices.Clone(fields), func(f policy.Field) bool { return f.Type == credential })
	if len(labels) != len(fields) {
		t.Fatalf("%d labels for %d fields", len(labels), len(fields))
	}
	for i, f := range fields {
		if labels[i].Name != f.Name || labels[i].Title != f.Title || labels[i].Type != f.Type {
			t.Errorf("%+v for the field %s %q", labels[i], f.Name, f.Title)
		}
		sameLabels(t, labels[i].Fields, f.Fields)
	}
}

// Every member that a document can have has a label, so that no reader sees a machine name. Every word of the service has a meaning.
func TestEveryMemberOfADocumentHasATitle(t *testing.T) {
	in := personal(privacy.Access)
	in.Consents = []json.RawMessage{json.RawMessage(consented)}
	files, _, _ := build(t, in)
	for _, d := range manifestOf(t, files).Documents {
		var content any
		if err := json.Unmarshal(files[d.File], &content); err != nil {
			t.Fatal(err)
		}
		labelledAll(t, d.File, d.Fields, content)
	}
}

func labelledAll(t *testing.T, where string, labels []label, value any) {
	t.Helper()
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			labelledAll(t, where, labels, item)
		}
	case map[string]any:
		for name, inner := range v {
			i := slices.IndexFunc(labels, func(l label) bool { return l.Name == name })
			if i < 0 {
				t.Errorf("%s: %s has no label", where, name)
				continue
			}
			if labels[i].Type != typePurposes {
				labelledAll(t, where+"/"+name, labels[i].Fields, inner)
				continue
			}
			for _, decision := range inner.(map[string]any) {
				labelledAll(t, where+"/"+name, labels[i].Fields, decision)
			}
		}
	}
}

const consented = `{"sub":"sid","version":3,"policyVersion":"2026-11-02","language":"en","surface":"form","gpc":true,"recordedAt":"2026-11-03T10:00:00Z","receipt":"a.b.c","decisions":{
"retired_purpose":{"state":"denied","decidedAt":"2026-11-01T10:00:00Z","expiresAt":"2027-05-01T10:00:00Z"},
"testimonials":{"state":"denied","decidedAt":"2026-11-02T10:00:00Z","expiresAt":"2027-05-02T10:00:00Z"},
"marketing_email":{"state":"granted","decidedAt":"2026-11-03T10:00:00Z","expiresAt":"2027-05-03T10:00:00Z"}}}`

// The page shows consents with the policy's titles of purposes: what was decided, when, until when it is valid, and under which version.
func TestPromise_H01_ThePageShowsConsents(t *testing.T) {
	in := input(privacy.Portability, nil)
	in.Consents = []json.RawMessage{json.RawMessage(strings.ReplaceAll(consented, "2026-11-02", "2025-08-18")), json.RawMessage(consented)}
	files, _, _ := build(t, in)
	_, page, _ := strings.Cut(string(files["index.html"]), `<details id="consents">`)
	at := 0
	for _, want := range []string{"Consent records (2)", "3 November 2026", "Choices", choice("Marketing emails", "yes"), "3 November 2026, 10:00 UTC", "3 May 2027, 10:00 UTC",
		choice("Testimonials and case studies", "no"), choice("Retired purpose", "no"), "Policy version</dt><dd dir=\"auto\">2026-11-02", "in a form", "Global Privacy Control</dt><dd dir=\"auto\">sent",
		"Policy version</dt><dd dir=\"auto\">2025-08-18"} {
		i := strings.Index(page[at:], want)
		if i < 0 {
			t.Fatalf("the page lacks %q, or has it before", want)
		}
		at += i
	}
	if strings.Contains(page, "a.b.c") {
		t.Error("the page shows a receipt, which says nothing to a reader")
	}
}

// H10: the page says of a choice that it is an opt-out, and of no other.
func TestPromise_H10_ThePageShowsAnOptOut(t *testing.T) {
	in := input(privacy.Access, nil)
	in.Consents = []json.RawMessage{json.RawMessage(`{"version":1,"policyVersion":"2026-11-02","surface":"opt_out","recordedAt":"2026-11-03T10:00:00Z","receipt":"a.b.c","decisions":{
"marketing_cookies":{"state":"denied","decidedAt":"2026-11-03T10:00:00Z","expiresAt":"2027-11-03T10:00:00Z","optOut":true},
"testimonials":{"state":"denied","decidedAt":"2026-11-03T10:00:00Z","expiresAt":"2027-05-03T10:00:00Z"}}}`)}
	files, _, _ := build(t, in)
	_, page, _ := strings.Cut(string(files["index.html"]), `<details id="consents">`)
	page, _, _ = strings.Cut(page, "</details>")
	if n := strings.Count(page, `data-label="Opted out of sale and sharing" dir="auto">yes<`); n != 1 || !strings.Contains(page, "by opting out of sale and sharing") {
		t.Errorf("%d opt-outs are shown: %s", n, page)
	}
}

// A member that the policy does not declare is shown under its own name, split into words.
func TestMembersWithoutATitleAreReadable(t *testing.T) {
	for name, title := range map[string]string{"ip": "IP", "ipAddress": "IP address", "sessionId": "Session ID", "jobTitle": "Job title", "some_word": "Some word",
		"cardLast4": "Card last 4", "état": "État", "": ""} {
		if got := titleOf(name); got != title {
			t.Errorf("%s becomes %q, want %q", name, got, title)
		}
	}
	files, _, _ := build(t, input(privacy.Access, []Record{stored(privacy.SecurityLog, "log", privacy.Automatic, 1,
		`{"ipRange":"203.0.113.0/24","at":"2026-03-06T00:00:00Z","ip":"203.0.113.7","more":[{"someWord":"x"}]}`)}))
	page := string(files["index.html"])
	at := 0
	for _, want := range []string{"<dt>Time</dt>", "6 March 2026, 00:00 UTC", "<dt>IP address</dt>", "<dt>IP range</dt>", "203.0.113.0/24", "<dt>More</dt>", "<dt>Some word</dt>", "<dt>Source</dt>"} {
		i := strings.Index(page[at:], want)
		if i < 0 {
			t.Fatalf("the page lacks %q, or has it before", want)
		}
		at += i
	}
}

// An item of a list shows every member, even one that the policy does not declare and for which the table has no column.
func TestAListHidesNoMember(t *testing.T) {
	const message = `{"at":"2026-03-06T00:00:00Z","from":"subject","name":"Anna","text":"Good morning"`
	for name, c := range map[string]struct {
		messages string
		want     []string
	}{
		"all are declared": {message + "}", []string{`<th role="columnheader" scope="col">Text</th>`, "Good morning"}},
		"one is not":       {message + `},` + message + `,"mood":"calm"}`, []string{"<dt>Text</dt>", "Good morning", "<dt>Mood</dt>", "calm"}},
	} {
		files, _, _ := build(t, input(privacy.Access, []Record{stored(privacy.Communication, "chat", privacy.Direct, 1,
			`{"agent":"agent-4","channel":"live_chat","startedAt":"2026-03-06T00:00:00Z","messages":[`+c.messages+`]}`)}))
		for _, want := range c.want {
			if !strings.Contains(string(files["index.html"]), want) {
				t.Errorf("%s: the page lacks %q", name, want)
			}
		}
	}
}
