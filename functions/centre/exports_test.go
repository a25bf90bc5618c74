package main

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/infra/local/sample"
	"github.com/helpdeskexpert/privacy/infra/local/seed/people"
	"github.com/helpdeskexpert/privacy/shared/export/bundle"
	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// line is a record in the form in which systems send it.
type line struct {
	Category privacy.Category
	ID       string
	Source   privacy.Source
	Data     json.RawMessage
}

func parse(t testing.TB, text []byte) (l line) {
	t.Helper()
	if err := json.Unmarshal(text, &l); err != nil {
		t.Fatal(err)
	}
	return l
}

// invented returns the records of the seed's first people as if they were one person's, with their names, chats and invoices. Every
// category with free text also gets markup.
func invented(t testing.TB) (lines []line) {
	t.Helper()
	for group := range people.Population(25, time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)) {
		for _, text := range group {
			if l := parse(t, text); l.Category.HasSubject() {
				lines = append(lines, l)
			}
		}
	}
	for _, text := range people.Markup() {
		quoted, _ := json.Marshal(text)
		for category, data := range map[privacy.Category]string{
			privacy.Identity:      `{"firstName":§,"lastName":§,"jobTitle":§}`,
			privacy.Communication: `{"channel":"live_chat","startedAt":"2026-05-04T09:00:00Z","endedAt":"2026-05-04T09:00:00Z","agent":§,"messages":[{"at":"2026-05-04T09:00:00Z","from":"subject","name":§,"text":§}]}`,
			privacy.Transaction:   `{"invoiceNumber":§,"issuedAt":"2026-05-04T09:00:00Z","currency":"EUR","amount":"1.00","status":§,"description":§,"lines":[{"description":§,"quantity":1,"unitPrice":"1.00"}]}`,
			privacy.Marketing:     `{"list":§,"subscribedAt":"2026-05-04T09:00:00Z","interests":[§,§]}`,
		} {
			lines = append(lines, line{category, "markup", privacy.Direct, []byte(strings.ReplaceAll(data, "§", string(quoted)))})
		}
	}
	return lines
}

// shown is the most records of a category that the export page shows.
const shown = 20

var runes = regexp.MustCompile(`[\pL\pN\s]+`)

// sampled returns the records of the sample population whose punctuation is new to a browser. A browser never reads letters as
// markup, so a text is new if no text before it had the same marks in the same order. The export page can show each set as a whole.
func sampled(t testing.TB) (sets [][]line) {
	t.Helper()
	seen, count := map[string]bool{}, map[privacy.Category]int{}
	for _, text := range sample.Lines(t) {
		l, fresh := parse(t, []byte(text)), false
		texts(t, l.Data, func(s string) string {
			marks := runes.ReplaceAllString(s, "")
			fresh = fresh || !seen[marks]
			seen[marks] = true
			return s
		}, machine...)
		if !fresh || !l.Category.HasSubject() {
			continue
		}
		set := count[l.Category] / shown
		if count[l.Category]++; set == len(sets) {
			sets = append(sets, nil)
		}
		sets[set] = append(sets[set], l)
	}
	return sets
}

// packed packs an export of the records under the rotten policy.
func packed(t testing.TB, lines []line, change func(string) string) []byte {
	t.Helper()
	at := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	var records []bundle.Record
	for _, l := range lines {
		records = append(records, bundle.Record{Category: l.Category, ID: l.ID, Source: l.Source, OccurredAt: at, StoredAt: at, Data: texts(t, l.Data, change, machine...)})
		at = at.Add(time.Second)
	}
	slices.SortStableFunc(records, func(a, b bundle.Record) int { return strings.Compare(string(a.Category), string(b.Category)) })
	var out bytes.Buffer
	_, err := bundle.Write(t.Context(), &out, bundle.Input{
		Right: privacy.Access, Content: request.Everything, RequestID: change(people.Markup()[0]), CreatedAt: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC), Policy: rotten(t, change),
		Records: func(yield func(bundle.Record, error) bool) {
			for _, r := range records {
				if !yield(r, nil) {
					return
				}
			}
		},
		Requests: []bundle.Request{{ID: "r", Right: privacy.Access, State: "fulfilled", Confirmed: true, Address: change(people.Markup()[0]), Language: change(people.Markup()[1]),
			Details: change(strings.Join(people.Markup(), " ")), PolicyVersion: "2026-11-02", ReceivedAt: at, ConfirmedAt: at, History: []bundle.Event{{At: at, Kind: "verified"}}}},
		Subject: bundle.Subject{ID: "sid", Addresses: []bundle.Address{{Address: change(people.Markup()[2])}}, PendingConsents: []bundle.PendingConsent{
			{Address: change(people.Markup()[3]), Choices: map[privacy.Purpose]string{privacy.MarketingEmail: "granted"}, AskedAt: at, KeptUntil: at}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestThreat_T17_NothingInAnExportBecomesMarkup(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	browsertest.Look(t, ctx, 360, 740, "light")
	unfold := chromedp.Evaluate[chromedp.Void](`document.querySelectorAll('details').forEach(d => d.open = true)`)
	for _, lines := range append(sampled(t), invented(t)) {
		browsertest.SameNodes(t, ctx, "index.html", func(change func(string) string) {
			open(t, ctx, unpack(t, packed(t, lines, change), "index.html"))
		})
		browsertest.Do(t, ctx, unfold)
		browsertest.Fits(t, ctx)
		browsertest.SameNodes(t, ctx, "the export page", func(change func(string) string) {
			sealed, identity := lock(t, packed(t, lines, change))
			f.sealed = sealed
			browsertest.Do(t, ctx, blank(f), chromedp.Navigate(f.origin+"/exports/"+testID+".1#t."+identity))
			click(t, ctx, "#open")
			browsertest.Do(t, ctx, chromedp.WaitVisible(css("#done")), unfold, chromedp.WaitVisible(css("#categories .records")),
				chromedp.Poll[chromedp.Void](`[...document.querySelectorAll('details.category > div')].every(d => d.firstChild)`))
		})
		browsertest.Fits(t, ctx)
	}
}
