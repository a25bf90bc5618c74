package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/export/bundle"
	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// anna is an answer to access with something in every part of it.
func anna(records ...bundle.Record) bundle.Input {
	at := time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)
	record := func(category privacy.Category, id string, source privacy.Source, data string) bundle.Record {
		return bundle.Record{Category: category, ID: id, Source: source, OccurredAt: at, StoredAt: at, ExpiresAt: at.AddDate(2, 0, 0), Data: []byte(data)}
	}
	all := append([]bundle.Record{
		record("account", "a", "direct", `{"username":"anna","status":"active","contractStartedAt":"2026-03-01T00:00:00Z"}`),
		record("communication", "c", "direct", `{"agent":"agent-4","channel":"live_chat","endedAt":"2026-11-20T09:30:00Z","startedAt":"2026-11-20T09:12:00Z","messages":[{"at":"2026-11-20T09:12:00Z","from":"subject","name":"Anna Schmidt","text":"Good morning. Our tickets wait for more than a day, can you tell us why?"},{"at":"2026-11-20T09:13:00Z","from":"agent","name":"Priya","text":"Good morning Anna, I am looking into it."}]}`),
		record("identity", "i", "referral_partner", `{"firstName":"Anna","jobTitle":"Head of Support","lastName":"Schmidt","shoeSize":38}`),
		record("marketing", "m", "direct", `{"interests":["billing","reports"],"list":"news","subscribedAt":"2026-11-20T09:30:00Z"}`),
		record("security_log", "s", "automatic", `{"at":"2026-11-20T09:30:00Z","event":"login","ip":"203.0.113.7","sessionId":"x-1","userAgent":"Mozilla/5.0"}`),
		record("transaction", "t", "direct", `{"amount":"12.50","currency":"EUR","description":"Seats","invoiceNumber":"INV-1","issuedAt":"2026-11-20T09:30:00Z","lines":[{"description":"Seats","quantity":1,"unitPrice":"12.50"}],"status":"paid"}`),
	}, records...)
	slices.SortStableFunc(all, func(a, b bundle.Record) int { return strings.Compare(string(a.Category), string(b.Category)) })
	return bundle.Input{
		Right: privacy.Access, Content: request.Everything, RequestID: testID, CreatedAt: at.AddDate(0, 0, 3), Policy: policy.Newest(),
		Records: func(yield func(bundle.Record, error) bool) {
			for _, r := range all {
				if !yield(r, nil) {
					return
				}
			}
		},
		Consents: []json.RawMessage{
			[]byte(`{"sub":"sid","version":1,"policyVersion":"2025-08-18","language":"en","surface":"form","gpc":false,"recordedAt":"2026-05-01T10:00:00Z","receipt":"a.b.c","decisions":{"testimonials":{"state":"granted","decidedAt":"2026-05-01T10:00:00Z","expiresAt":"2026-11-01T10:00:00Z"}}}`),
			[]byte(`{"sub":"sid","version":2,"policyVersion":"2026-11-02","language":"en","surface":"preferences","gpc":true,"recordedAt":"2026-11-03T10:00:00Z","receipt":"a.b.c","decisions":{"testimonials":{"state":"denied","decidedAt":"2026-11-03T10:00:00Z","expiresAt":"2027-05-03T10:00:00Z"},"retired":{"state":"denied","decidedAt":"2026-11-03T10:00:00Z","expiresAt":"2027-05-03T10:00:00Z"},"marketing_email":{"state":"granted","decidedAt":"2026-11-03T10:00:00Z","expiresAt":"2027-05-03T10:00:00Z"}}}`),
		},
		Requests: []bundle.Request{
			{ID: "r-1", Right: privacy.Portability, State: "lapsed", PolicyVersion: "2026-11-02", ReceivedAt: at, ClosedAt: at, KeptUntil: at.AddDate(2, 0, 0), Details: "hidden", History: []bundle.Event{{At: at, Kind: "lapsed"}}},
			{ID: testID, Right: privacy.Access, State: "fulfilling", Confirmed: true, Address: "anna@example.org", Jurisdiction: privacy.UK, Language: "en", Details: "Please hurry.\nThank you.", PolicyVersion: "2026-11-02", ReceivedAt: at,
				ConfirmedAt: at, History: []bundle.Event{{At: at, Kind: "link_returned"}, {At: at, Kind: "verified"}},
				Exports: []bundle.Attempt{{Number: 1, State: "sent", CreatedAt: at, OpenUntil: at.AddDate(0, 0, 7), Bytes: 48230, Downloads: []time.Time{at, at.Add(time.Hour)}}}},
		},
		Subject: bundle.Subject{ID: "sid", Addresses: []bundle.Address{{Address: "anna@example.org"}, {Address: "Anna@example.net", Typed: true}}, Contract: "running",
			PendingConsents: []bundle.PendingConsent{{Address: "anna@example.org", Choices: map[privacy.Purpose]string{privacy.Testimonials: "denied", privacy.MarketingEmail: "granted"},
				PolicyVersion: "2026-11-02", Surface: "form", GPC: true, AskedAt: at, KeptUntil: at.AddDate(0, 0, 7)}}},
	}
}

func write(t testing.TB, in bundle.Input) []byte {
	t.Helper()
	var out bytes.Buffer
	if _, err := bundle.Write(t.Context(), &out, in); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// unfolded opens the export on the page with everything unfolded.
func unfolded(t testing.TB, ctx context.Context, f *fake, zip []byte) {
	t.Helper()
	sealed, identity := lock(t, zip)
	f.sealed = sealed
	browsertest.Do(t, ctx, blank(f), chromedp.Navigate(f.origin+"/exports/"+testID+".1#t."+identity))
	click(t, ctx, "#open")
	browsertest.Do(t, ctx, chromedp.WaitVisible(css("#done")), unfold,
		chromedp.Poll[chromedp.Void](`[...document.querySelectorAll('details.category > div')].every(d => d.firstChild)`))
}

var (
	fold   = chromedp.Evaluate[chromedp.Void](`document.querySelectorAll('details').forEach(d => d.open = false)`)
	unfold = chromedp.Evaluate[chromedp.Void](`document.querySelectorAll('details').forEach(d => d.open = true)`)
)

// told extracts what a page says about an export: for each part, its title and the lines of each entry, each a title and a text. A
// list inside an entry gives lines of its own. Times are in the form that both pages use.
const told = `((parts, entries) => {
  const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')
  const say = node => node.innerText.trim().replace(/\s+/g, ' ')
    .replace(/(\d+) (January|February|March|April|May|June|July|August|September|October|November|December) (\d{4}), (\d\d:\d\d) UTC/g, (_, d, m, y, t) => d + ' ' + (m === 'September' ? 'Sept' : m.slice(0, 3)) + ' ' + y + ', ' + t)
  const lines = dl => [...dl.children].filter(n => n.tagName === 'DT').flatMap(dt => {
    const dd = dt.nextElementSibling, title = say(dt)
    const table = dd.querySelector(':scope > .wide > table')
    if (table) return [title, ...[...table.tBodies[0].rows].flatMap(row => [...row.cells].map((cell, i) => [say(table.tHead.rows[0].cells[i]), say(cell)]).filter(([, text]) => text !== '–').map(line => line.join(': ')))]
    const inner = [...dd.querySelectorAll(':scope > dl, :scope > ul > li > dl')]
    if (inner.length) return [title, ...inner.flatMap(lines).filter(line => !line.endsWith(': –'))]
    const items = [...dd.querySelectorAll(':scope > ul > li')]
    return [title + ': ' + (items.length ? items.map(say).join(', ') : say(dd))]
  })
  return [...document.querySelectorAll(parts)].map(part => ({
    title: say(part.querySelector('summary')).replace(/ \(?(\d+)( record| records| entry| entries|\))$/, ' $1'),
    entries: [...part.querySelectorAll(entries)].map(entry => lines(entry.querySelector('dl'))),
  }))
})`

// part is a part of an export as a page shows it.
type part struct {
	Title   string
	Entries [][]string
}

// H05: the page that opens an export and the index.html inside it say the same: the policy's titles in the policy's order, the
// service's words, consents, requests, and what identifies the data subject.
func TestPromise_H05_TheScreenTellsWhatTheFileTells(t *testing.T) {
	t.Parallel()
	renamed := *policy.Newest()
	renamed.Version = "2025-08-18"
	renamed.Categories, renamed.Purposes = slices.Clone(renamed.Categories), slices.Clone(renamed.Purposes)
	slices.Reverse(renamed.Categories)
	slices.Reverse(renamed.Purposes)
	for i := range renamed.Categories {
		renamed.Categories[i].Title += " of old"
	}
	f := serve(t)
	ctx := browsertest.New(t)
	browsertest.Look(t, ctx, 1280, 900, "light")
	for _, p := range []*policy.Policy{policy.Newest(), &renamed} {
		in := anna()
		in.Policy = p
		zip := write(t, in)
		open(t, ctx, unpack(t, zip, "index.html"))
		browsertest.Do(t, ctx, unfold)
		file := browsertest.Get(t, ctx, chromedp.Evaluate[[]part](told+`('#records ~ details', 'article')`))
		unfolded(t, ctx, f, zip)
		screen := browsertest.Get(t, ctx, chromedp.Evaluate[[]part](told+`('#categories > details', '.records > li')`))
		file = slices.DeleteFunc(file, func(p part) bool { return strings.HasSuffix(p.Title, " 0") })
		if diff := cmp.Diff(file, screen); diff != "" {
			t.Errorf("%s: index.html (-) and the page (+) differ: %s", p.Version, diff)
		}
		var titles []string
		for _, c := range p.Categories {
			if slices.Contains([]privacy.Category{"account", "communication", "identity", "marketing", "security_log", "transaction"}, c.ID) {
				titles = append(titles, c.Title+" 1")
			}
		}
		titles = append(titles, "Consent records 2", "Requests made with your address 2", "How we identify you, and what you limited")
		for i, want := range titles {
			if i >= len(screen) || screen[i].Title != want {
				t.Errorf("%s: part %d is not %q: %+v", p.Version, i, want, screen)
			}
		}
	}
	text := browsertest.Text(t, ctx, "#categories")
	for _, want := range []string{"IP address", "Session identifier", "Marketing emails", "Retired", "20 Nov 2026, 09:30", "on the preferences page", "Shoe size", "Please hurry."} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// An export of 100,000 records opens. The page shows small parts, and says of large ones that they are in the file. The
// number of its elements stays small.
func TestALargeExportOpens(t *testing.T) {
	t.Parallel()
	in, small := anna(), anna().Records
	in.Records = func(yield func(bundle.Record, error) bool) {
		done := false
		for r, err := range small {
			if r.Category > privacy.Communication && !done {
				done = true
				for i := range 100_000 {
					at := in.CreatedAt.AddDate(0, 0, -1).Add(-time.Duration(i) * time.Second)
					if !yield(bundle.Record{Category: "contact", ID: fmt.Sprintf("%06d", i), Source: "direct", OccurredAt: at, StoredAt: at, Data: []byte(`{"company":"Example","email":"anna@example.org","phone":"1"}`)}, nil) {
						return
					}
				}
			}
			if !yield(r, err) {
				return
			}
		}
	}
	f := serve(t)
	ctx := browsertest.New(t)
	unfolded(t, ctx, f, write(t, in))
	text := browsertest.Text(t, ctx, "#categories")
	for _, want := range []string{"100,000 records", "too much to show here", "Head of Support", "Consent records"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if n := browsertest.Get(t, ctx, chromedp.Evaluate[int](`document.querySelectorAll('*').length`)); n > 1500 {
		t.Errorf("the page has %d elements", n)
	}
}

// look is a width of the window in CSS pixels and a colour scheme.
type look struct {
	width  int64
	scheme string
}

// looks returns the widths in light and in dark.
func looks(widths ...int64) (all []look) {
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range widths {
			all = append(all, look{width, scheme})
		}
	}
	return all
}

// byTurns returns half of the looks, with each width once: the first in light, the next in dark, and so on, or the other way round for every
// second page. What axe-core finds depends on the width or on the colours, and not on both.
func byTurns(all []look, page int) (half []look) {
	for i, l := range all {
		if widths := len(all) / 2; (i%widths+i/widths+page)%2 == 0 {
			half = append(half, l)
		}
	}
	return half
}

// An opened export with everything unfolded is not wider than the window and breaks no rule of axe-core, in every look.
func TestAnOpenedExportIsAccessible(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	unfolded(t, ctx, serve(t), write(t, anna()))
	all := looks(320, 390, 1280)
	axe := soak.Sample(all, 3)
	for _, l := range all {
		browsertest.Look(t, ctx, l.width, 844, l.scheme)
		browsertest.Fits(t, ctx)
		if slices.Contains(axe, l) {
			browsertest.Accessible(t, ctx)
		}
		picture(t, ctx, fmt.Sprintf("opened-%d-%s", l.width, l.scheme))
	}
}

// In every look, index.html of an export is not wider than the window, breaks no rule of axe-core, and cuts off no file name.
func TestThePageOfTheFileIsAccessible(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	open(t, ctx, unpack(t, write(t, anna()), "index.html"))
	all := looks(320, 390, 700, 1280)
	axe := soak.Sample(all, 4)
	for _, l := range all {
		browsertest.Look(t, ctx, l.width, 844, l.scheme)
		browsertest.Do(t, ctx, fold)
		browsertest.Fits(t, ctx)
		picture(t, ctx, fmt.Sprintf("file-folded-%d-%s", l.width, l.scheme))
		browsertest.Do(t, ctx, unfold)
		browsertest.Fits(t, ctx)
		if slices.Contains(axe, l) {
			browsertest.Accessible(t, ctx)
		}
		picture(t, ctx, fmt.Sprintf("file-%d-%s", l.width, l.scheme))
		const cut = `[...document.querySelectorAll('main a, main td, main th, main dd')].filter(n => n.getBoundingClientRect().right > innerWidth || n.scrollWidth > n.clientWidth + 1 && getComputedStyle(n).overflowX === 'hidden').map(n => n.innerText)`
		if names := browsertest.Get(t, ctx, chromedp.Evaluate[[]string](cut)); len(names) > 0 {
			t.Errorf("these are cut off: %q", names)
		}
		if t.Failed() {
			t.Fatalf("at %d px, %s", l.width, l.scheme)
		}
	}
}

// On paper, the file's page shows everything unfolded, and dark on white whatever the screen's colours are.
func TestThePageOfTheFilePrintsWhole(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	browsertest.Look(t, ctx, 718, 1000, "dark")
	open(t, ctx, unpack(t, write(t, anna()), "index.html"))
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print",
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}}); err != nil {
		t.Fatal(err)
	}
	browsertest.Fits(t, ctx)
	picture(t, ctx, "file-print")
	const hidden = `[...document.querySelectorAll('details dl, details ul')].filter(n => !n.checkVisibility()).length`
	if n := browsertest.Get(t, ctx, chromedp.Evaluate[int](hidden)); n > 0 {
		t.Errorf("%d lists are folded away", n)
	}
	const colours = `getComputedStyle(document.body).color + ' on ' + getComputedStyle(document.body).backgroundColor`
	if got := browsertest.Get(t, ctx, chromedp.Evaluate[string](colours)); got != "rgb(0, 0, 0) on rgb(255, 255, 255)" {
		t.Errorf("the paper is %s", got)
	}
}

// The file's page looks like the site: the same colours by the same names, the same type, the same mark.
func TestTheFileLooksLikeTheSite(t *testing.T) {
	read := func(path string) string {
		text, err := os.ReadFile(filepath.Join("../../shared", path))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	site, file := read("pages/src/style.css"), read("export/bundle/index.html.tmpl")
	for i, scheme := range []string{"light", "dark"} {
		ours, theirs := palettes(t, file)[i], palettes(t, site)[i]
		for _, name := range []string{"paper", "card", "ink", "soft", "line", "accent", "on-accent", "tint"} {
			if ours[name] == "" || ours[name] != theirs[name] {
				t.Errorf("%s: --%s is %q in the file and %q on the site", scheme, name, ours[name], theirs[name])
			}
		}
	}
	const fonts = `system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif`
	if !strings.Contains(site, fonts) || !strings.Contains(file, strings.ReplaceAll(fonts, ", ", ",")) {
		t.Error("the type differs")
	}
	layout := read("pages/html/layout.html")
	begin, end := strings.Index(layout, "<svg"), strings.Index(layout, "</a>\n<nav")
	if begin < 0 || end < begin || !strings.Contains(file, layout[begin:end]) {
		t.Error("the mark differs")
	}
}

var colour = regexp.MustCompile(`--([a-z-]+):\s*(#[0-9a-f]{6})\b`)

// palettes returns the colours that a stylesheet names, in light and in dark. It leaves out the colours for paper, which come later.
func palettes(t testing.TB, css string) [2]map[string]string {
	t.Helper()
	css, _, _ = strings.Cut(css, "@media print")
	light, dark, found := strings.Cut(css, "prefers-color-scheme")
	if !found {
		t.Fatal("there are no dark colours")
	}
	var both [2]map[string]string
	for i, part := range []string{light, dark} {
		both[i] = map[string]string{}
		for _, match := range colour.FindAllStringSubmatch(part, -1) {
			both[i][match[1]] = match[2]
		}
	}
	return both
}
