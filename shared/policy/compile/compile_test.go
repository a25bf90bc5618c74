package main

import (
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
	"testing/fstest"
)

// authored returns a copy of the authored policy up to the pinned version, so that a test can change one of its files. A later publication changes
// no test.
func authored(t *testing.T) fstest.MapFS {
	t.Helper()
	m := fstest.MapFS{}
	root := os.DirFS("..")
	for _, pattern := range []string{"versions/*", "published/*.json", sums, "schema.json"} {
		names, err := fs.Glob(root, pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if base := path.Base(name); base > pinned && strings.HasPrefix(base, "2") && !strings.HasPrefix(base, pinned) {
				continue
			}
			data, err := fs.ReadFile(root, name)
			if err != nil {
				t.Fatal(err)
			}
			m[name] = &fstest.MapFile{Data: data}
		}
	}
	return m
}

const pinned = "2026-11-02" // the newest version of these tests

const newestVersion, olderVersion = "versions/" + pinned + ".yaml", "versions/2025-08-18.yaml"

// replace replaces text in a file of m. It fails the test if the text is not there.
func replace(t *testing.T, m fstest.MapFS, name, old, text string) {
	t.Helper()
	if !strings.Contains(string(m[name].Data), old) {
		t.Fatalf("%s does not hold %q", name, old)
	}
	m[name] = &fstest.MapFile{Data: []byte(strings.Replace(string(m[name].Data), old, text, 1))}
}

// add adds a version that says the same as the newest, and returns its name. It is published and comes into force on the given days.
func add(t *testing.T, m fstest.MapFS, lastUpdated, effectiveFrom string) string {
	t.Helper()
	name := "versions/" + lastUpdated + ".yaml"
	m[name] = &fstest.MapFile{Data: m[newestVersion].Data}
	for field, day := range map[string]string{"\nversion": lastUpdated, "\nlastUpdated": lastUpdated, "\neffectiveFrom": effectiveFrom} {
		replace(t, m, name, field+`: "2026-11-02"`, field+`: "`+day+`"`)
	}
	return name
}

// The committed files are what the compiler writes, so go generate was run after the last edit.
func TestCommittedFilesAreCompiled(t *testing.T) {
	files, err := compile(os.DirFS(".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		committed, err := os.ReadFile("../" + f.name)
		if err != nil {
			t.Fatal(err)
		}
		if string(committed) != string(f.data) {
			t.Errorf("%s is stale: run go generate ./shared/policy", f.name)
		}
	}
}

func TestPromise_A02_PublishedVersionNeverChanges(t *testing.T) {
	for name, change := range map[string]func(m fstest.MapFS){
		"its source":       func(m fstest.MapFS) { replace(t, m, olderVersion, "2 years", "3 years") },
		"a source's field": func(m fstest.MapFS) { replace(t, m, olderVersion, "under: 16", "under: 13") },
		"its bytes":        func(m fstest.MapFS) { replace(t, m, "published/2025-08-18.json", "HelpDesk", "Helpdesk") },
		"its digest":       func(m fstest.MapFS) { replace(t, m, sums, "  2025", "0  2025") },
		"it is lost":       func(m fstest.MapFS) { delete(m, "published/2025-08-18.json") },
		"one comes before": func(m fstest.MapFS) { m["versions/2025-01-01.yaml"] = m[olderVersion] },
	} {
		t.Run(name, func(t *testing.T) {
			m := authored(t)
			change(m)
			if _, err := compile(m); err == nil {
				t.Error("compiled")
			}
		})
	}
}

// A later version has its own terms, and leaves the terms of earlier versions unchanged.
func TestPromise_A02_TermsOfEveryVersionArePublished(t *testing.T) {
	m := authored(t)
	later := add(t, m, "2027-06-01", "2027-06-01")
	replace(t, m, later, "answerWithinDays: 30", "answerWithinDays: 10")
	replace(t, m, later, "timeZone: Europe/London", "timeZone: Europe/Dublin")
	replace(t, m, later, "months: 27, period: 27 months", "months: 30, period: 30 months")
	files, err := compile(m)
	if err != nil {
		t.Fatal(err)
	}
	source := string(files[len(files)-1].data)
	rest := "File: Span{Months: 24}, History: Span{Months: %s}, Entry: Span{Months: %s}, Attempts: Span{Months: %s}, Erasure: Span{Months: %s}, Export: Span{Days: 7}}"
	for _, row := range []string{
		`{Version: "2027-06-01", AnswerWithin: 10, ChildWithin: 3, ComplaintAck: 30, QuestionWithin: 14, TimeZone: "Europe/Dublin", ` + strings.ReplaceAll(rest, "%s", "30"),
		`{Version: "2026-11-02", AnswerWithin: 30, ChildWithin: 3, ComplaintAck: 30, QuestionWithin: 14, TimeZone: "Europe/London", ` + strings.ReplaceAll(rest, "%s", "27"),
		`{Version: "2024-09-02", AnswerWithin: 30, TimeZone: "Europe/London", ` + strings.ReplaceAll(rest, "%s", "27"),
	} {
		if !strings.Contains(source, row) {
			t.Errorf("the compiled policy lacks %s", row)
		}
	}
}

func TestPromise_K01_DatesOfPublicationFollow(t *testing.T) {
	m := authored(t)
	replace(t, m, newestVersion, `lastUpdated: "2026-11-02"`, `lastUpdated: "2025-08-18"`)
	if _, err := compile(m); err == nil || !strings.Contains(err.Error(), "K01") {
		t.Errorf("got %v, want a refusal by K01", err)
	}
}

// A mistake in the authored file stops the compiler, and the error names the path of the field.
func TestMistakesNameTheirPath(t *testing.T) {
	for name, c := range map[string]struct{ old, text, want string }{
		"a draft's text":    {"title: Your data online, text: \"You can ask for access to your data,", "title: Your data online, text: \"[Say it.]\"} # ", "/whatChanged/0/text: replace the text in brackets. Say it."},
		"unknown field":     {"under: 16", "under: 16\n  over: 3", "/children"},
		"field twice":       {"under: 16", "under: 16\n  under: 16", "already defined"},
		"wrong type":        {"under: 16", "under: sixteen", "/children/under"},
		"period twice":      {"years: 7,", "years: 7, months: 3,", "/retention/1"},
		"no period":         {"years: 7,", "", "/retention/1"},
		"other words":       {"days: 90,", "days: 60,", "/retention/5/period"},
		"figure, not text":  {"consentMonths: 6", "consentMonths: 13", "/decisions/5/text"},
		"not a mail":        {"email: hello@helpdeskexpert.com", "email: hello", "/controller/email"},
		"version and file":  {`version: "2026-11-02"`, `version: "2026-11-03"`, "/version"},
		"B04 no basis":      {", basis: contract}", "}", "/purposes/0/basis"},
		"D02 no agreement":  {"    agreement: Stripe Data Processing Agreement\n", "", "/systems/7/agreement"},
		"J01 no safeguard":  {", safeguard: scc", "", "/systems/4/subProcessors/0/safeguard"},
		"H07 automated":     {"basis: contract}", "basis: contract, automated: true}", "/purposes/0/automated"},
		"F05 one visit":     {"smallestCount: 10", "smallestCount: 1", "/analytics/smallestCount"},
		"F05 any page":      {"    - /about\n", "    - /**\n", "/analytics/pages/1"},
		"F05 no pages":      {"  pages:\n", "  sites:\n", "/analytics"},
		"K06 early notices": {"noticeDeadlineDays: 7", "noticeDeadlineDays: 7\nannounceAt: 2026-11-01T23:59:59Z", "/announceAt"},
		"K06 soon":          {"basis: contract}", "basis: legal_obligation}", "/effectiveFrom: new and changed purposes are announced 30 days before: service_delivery has changed (promise K06)"},
		"F08 kind, no rule": {", service_log]", "]", "/retention"},
	} {
		t.Run(name, func(t *testing.T) {
			m := authored(t)
			replace(t, m, newestVersion, c.old, c.text)
			if _, err := compile(m); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error that names %s", err, c.want)
			}
		})
	}
}
