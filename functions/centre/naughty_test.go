package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/infra/local/seed/people"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/pages"
	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// polyglots would be markup or script if anything took them for it (threat T17). Each tries to set window.broken.
var polyglots = []string{
	`<script>window.broken=1</script>`, `<img src=x onerror="window.broken=1">`, `"><svg onload=window.broken=1>`,
	`' onmouseover='window.broken=1`, `'--></style></script><script>window.broken=1</script>`,
	`</textarea></title><details open ontoggle=window.broken=1>`, `<iframe srcdoc="<script>parent.broken=1</script>"></iframe>`,
	`javascript:window.broken=1`, `<a href="javascript:window.broken=1">x</a>`, `{{constructor.constructor('window.broken=1')()}}`,
	`<math><mtext><form><mglyph><style></math><img src onerror=window.broken=1>`, `<!--<img src="--><img src=x onerror=window.broken=1//">`,
	`&lt;script&gt;window.broken=1&lt;/script&gt;`, `\u003cscript\u003ewindow.broken=1\u003c/script\u003e`,
	`<meta http-equiv="refresh" content="0;url=javascript:window.broken=1">`, `<base href="https://evil.example/">`,
	`<link rel=stylesheet href=//evil.example/x.css>`, `]]><script>window.broken=1</script>`,
	`<noscript><p title="</noscript><img src=x onerror=window.broken=1>">`, `<template><script>window.broken=1</script></template>`,
	"<scr\x00ipt>window.broken=1</scr\x00ipt>", `<form id=errors><input name=body>`, `</dd></dl></article></details></main><h1>Hello`,
	"\u202e<b>right to left</b>", `<dialog open>`, `<x style="position:fixed;inset:0;background:red">`,
}

// skeleton lists every element of the page, with the attributes that hold code. Text does not change it.
const skeleton = `String(window.broken) + [...document.querySelectorAll('*')].map(node => node.tagName +
  [...node.attributes].filter(a => /^on|^style$/.test(a.name) || /^(href|src|srcdoc|action)$/.test(a.name) && /^\s*javascript:/i.test(a.value)).map(a => a.name))`

// harmless returns the text without whatever could be taken for markup.
func harmless(text string) string {
	if strings.ContainsAny(text, `<>&"'{}[]=:;`+"`\x00\u202e") {
		return "x"
	}
	return text
}

// texts changes every text of a JSON document, but those under the keys given.
func texts(t testing.TB, document []byte, change func(string) string, but ...string) []byte {
	t.Helper()
	var value any
	if err := json.Unmarshal(document, &value); err != nil {
		t.Fatal(err)
	}
	var walk func(any) any
	walk = func(value any) any {
		switch v := value.(type) {
		case string:
			return change(v)
		case []any:
			for i := range v {
				v[i] = walk(v[i])
			}
		case map[string]any:
			for key := range v {
				if !slices.Contains(but, key) {
					v[key] = walk(v[key])
				}
			}
		}
		return value
	}
	out, err := json.Marshal(walk(value))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// machine lists the members of a policy and of a record that are no free text: ids, codes, times and addresses.
var machine = []string{
	"id", "version", "lastUpdated", "kind", "basis", "starts", "retention", "category", "categories", "purposes", "sources", "law", "jurisdiction", "site",
	"country", "safeguard", "storage", "owner", "type", "origins", "timeZone", "enum", "consent", "collected", "fields",
	"at", "from", "issuedAt", "startedAt", "endedAt", "subscribedAt", "contractStartedAt", "contractEndedAt",
}

// inTurn puts one polyglot after the other in the place of texts.
func inTurn(first int, change func(string) string) func(string) string {
	return func(string) string {
		first++
		return change(polyglots[first%len(polyglots)])
	}
}

// rotten returns the policy in force with a polyglot in every sentence, or with the same made harmless.
func rotten(t testing.TB, change func(string) string) *policy.Policy {
	t.Helper()
	document, err := json.Marshal(policy.Current())
	if err != nil {
		t.Fatal(err)
	}
	var p policy.Policy
	if err := json.Unmarshal(texts(t, document, inTurn(0, change), machine...), &p); err != nil {
		t.Fatal(err)
	}
	return &p
}

// population returns the records of an export: the polyglots in every category that takes free text, and a whole population's, which
// no one person has, with its names, chats and invoices.
func population(t testing.TB, change func(string) string) []export.Record {
	t.Helper()
	at := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	var records []export.Record
	add := func(category privacy.Category, id string, source privacy.Source, data []byte) {
		records = append(records, export.Record{Category: category, ID: id, Source: source, OccurredAt: at, StoredAt: at, Data: texts(t, data, change, machine...)})
		at = at.Add(time.Second)
	}
	for lines := range people.Population(25, at) {
		for _, line := range lines {
			var r struct {
				Category privacy.Category
				ID       string
				Source   privacy.Source
				Data     json.RawMessage
			}
			if err := json.Unmarshal(line, &r); err != nil {
				t.Fatal(err)
			}
			if r.Category.HasSubject() {
				add(r.Category, r.ID, r.Source, r.Data)
			}
		}
	}
	for _, text := range polyglots {
		quoted, _ := json.Marshal(text)
		for category, data := range map[privacy.Category]string{
			privacy.Identity:      `{"firstName":§,"lastName":§,"jobTitle":§}`,
			privacy.Communication: `{"channel":"live_chat","startedAt":"2026-05-04T09:00:00Z","endedAt":"2026-05-04T09:00:00Z","agent":§,"messages":[{"at":"2026-05-04T09:00:00Z","from":"subject","name":§,"text":§}]}`,
			privacy.Transaction:   `{"invoiceNumber":§,"issuedAt":"2026-05-04T09:00:00Z","currency":"EUR","amount":"1.00","status":§,"description":§,"lines":[{"description":§,"quantity":1,"unitPrice":"1.00"}]}`,
			privacy.Marketing:     `{"list":§,"subscribedAt":"2026-05-04T09:00:00Z","interests":[§,§]}`,
		} {
			add(category, "polyglot", privacy.Direct, []byte(strings.ReplaceAll(data, "§", string(quoted))))
		}
	}
	slices.SortStableFunc(records, func(a, b export.Record) int { return strings.Compare(string(a.Category), string(b.Category)) })
	return records
}

// bundle packs an export of the population under the rotten policy.
func bundle(t testing.TB, change func(string) string) []byte {
	t.Helper()
	var out bytes.Buffer
	_, err := export.Write(t.Context(), &out, export.Input{
		Right: privacy.Access, RequestID: change(polyglots[0]), CreatedAt: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC), Policy: rotten(t, change),
		Records: func(yield func(export.Record, error) bool) {
			for _, r := range population(t, change) {
				if !yield(r, nil) {
					return
				}
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func same(text string) string { return text }

// nodes shows a page twice, once with naughty texts and once with harmless ones, and fails where the two differ in anything but text.
func nodes(t *testing.T, ctx context.Context, what string, show func(change func(string) string)) {
	t.Helper()
	show(harmless)
	want := browsertest.Get(t, ctx, chromedp.Evaluate[string](skeleton))
	show(same)
	got := browsertest.Get(t, ctx, chromedp.Evaluate[string](skeleton))
	if got == want && strings.HasPrefix(got, "undefined") && len(want) > 100 {
		return
	}
	i := 0
	for i < min(len(got), len(want)) && got[i] == want[i] {
		i++
	}
	t.Errorf("%s: naughty text became markup after %q: %.200q instead of %.200q", what, got[max(0, i-100):i], got[i:], want[i:])
}

// open shows an HTML document from a file, as a person who has unpacked the ZIP or reads a mail.
func open(t testing.TB, ctx context.Context, document []byte) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "index.html")
	if err := os.WriteFile(file, document, 0o600); err != nil {
		t.Fatal(err)
	}
	browsertest.Do(t, ctx, chromedp.Navigate("file://"+file))
}

func TestThreat_T17_NothingInAnExportBecomesMarkup(t *testing.T) {
	f := serve(t)
	ctx := browsertest.New(t)
	nodes(t, ctx, "index.html", func(change func(string) string) {
		open(t, ctx, unpack(t, bundle(t, change), "index.html"))
	})
	browsertest.Look(t, ctx, 360, 740, "light")
	browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](`document.querySelectorAll('details').forEach(d => d.open = true)`))
	browsertest.Fits(t, ctx)
	nodes(t, ctx, "the export page", func(change func(string) string) {
		sealed, identity := lock(t, bundle(t, change))
		f.sealed = sealed
		browsertest.Do(t, ctx, chromedp.Navigate("about:blank"), chromedp.Navigate(f.origin+"/exports/"+testID+".1#t."+identity))
		click(t, ctx, "#open")
		browsertest.Do(t, ctx, chromedp.WaitVisible(css("#done")),
			chromedp.Evaluate[chromedp.Void](`document.querySelectorAll('details').forEach(d => d.open = true)`),
			chromedp.WaitVisible(css("#categories details:first-child .records")), chromedp.Poll[chromedp.Void](`[...document.querySelectorAll('details.category > div')].every(d => d.firstChild)`))
	})
	browsertest.Fits(t, ctx)
}

// What the service answers is text to the pages too, even if it were to answer what it never does.
func TestThreat_T17_NothingInAnAnswerBecomesMarkup(t *testing.T) {
	f := serve(t)
	ctx := browsertest.New(t)
	for _, page := range []string{"/requests/", "/preferences/"} {
		for first := range 3 { // so that a polyglot meets more than one place
			nodes(t, ctx, page, func(change func(string) string) {
				f.spoil(func(body []byte) []byte { return texts(t, body, inTurn(first*9, change)) })
				browsertest.Do(t, ctx, chromedp.Navigate("about:blank"), chromedp.Navigate(f.origin+page+testID+secret), chromedp.WaitVisible(css("#view")))
			})
		}
	}
}

func TestThreat_T17_NothingInAPolicyBecomesMarkup(t *testing.T) {
	ctx := browsertest.New(t)
	nodes(t, ctx, "the policy", func(change func(string) string) {
		site, err := pages.NewSite(rotten(t, change), policy.Versions())
		if err != nil {
			t.Fatal(err)
		}
		file, err := site.Page(pages.PolicyPage)
		if err != nil {
			t.Fatal(err)
		}
		open(t, ctx, file.Body)
	})
	const link = "https://privacy.example/x/1#secret"
	for name, write := range map[string]func(*policy.Policy) (pages.Mail, error){
		"verify": func(p *policy.Policy) (pages.Mail, error) {
			return pages.VerifyRequest(p, pages.VerifyRequestMail{Right: privacy.Access, VerifyURL: link, StatusURL: link})
		},
		"export": func(p *policy.Policy) (pages.Mail, error) {
			return pages.ExportReady(p, pages.ExportReadyMail{Right: privacy.Access, ExportURL: link, StatusURL: link})
		},
		"nothing": func(p *policy.Policy) (pages.Mail, error) {
			return pages.NothingHeld(p, pages.NothingHeldMail{Right: privacy.Access, StatusURL: link})
		},
		"consent": func(p *policy.Policy) (pages.Mail, error) {
			return pages.ConfirmConsent(p, pages.ConfirmConsentMail{Granted: []privacy.Purpose{privacy.MarketingEmail, privacy.Testimonials}, ConfirmURL: link, PreferencesURL: link})
		},
	} {
		nodes(t, ctx, "the mail "+name, func(change func(string) string) {
			mail, err := write(rotten(t, change))
			if err != nil {
				t.Fatal(err)
			}
			open(t, ctx, []byte(mail.HTML))
		})
	}
}
