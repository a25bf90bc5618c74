package ses

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/infra/local/guide"
	"github.com/helpdeskexpert/privacy/infra/local/seed/people"
	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Main(m.Run)) }

// serve serves the inbox of a new mailbox and returns its address.
func serve(t *testing.T) (*Mailbox, *httptest.Server) {
	t.Helper()
	box, err := OpenMailbox(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/_local/", guide.Handler("/_local", ""))
	mux.Handle("/_local/mail", Inbox(box, "/_local"))
	mux.Handle("/_local/mail.json", Inbox(box, "/_local"))
	mux.Handle("/_local/mail/", Inbox(box, "/_local"))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return box, server
}

// arrive puts a mail of the number into the mailbox.
func arrive(t *testing.T, box *Mailbox, number int) {
	t.Helper()
	subject := fmt.Sprintf("Mail %d", number)
	mail := Mail{ID: "id-" + strconv.Itoa(number), At: time.Date(2026, 11, 23, 10, number, 0, 0, time.UTC), From: "a@example.org", To: []string{"b@example.org"},
		Subject: subject, Text: subject, HTML: "<p>" + subject}
	if err := box.add(mail); err != nil {
		t.Fatal(err)
	}
}

// A long word in a subject or an address breaks, so that the inbox fits a small phone.
func TestLongWordsStayInTheWindow(t *testing.T) {
	box, server := serve(t)
	long := strings.Repeat("W", 200)
	if err := box.add(Mail{ID: "long", From: long + "@example.org", To: []string{long + "@example.org"}, Subject: long, HTML: "x"}); err != nil {
		t.Fatal(err)
	}
	ctx := browsertest.New(t)
	browsertest.Look(t, ctx, 320, 568, "light")
	browsertest.Do(t, ctx, chromedp.Navigate(server.URL+"/_local/mail"))
	for _, part := range []string{"summary strong", "summary span", ".from span"} {
		is(t, ctx, fmt.Sprintf(`document.querySelector(%q).getBoundingClientRect().right <= innerWidth`, ".mail "+part), "true")
	}
}

// waitFor waits until the open inbox shows that many mails, without a reload.
func waitFor(t *testing.T, ctx context.Context, mails int) {
	t.Helper()
	browsertest.Do(t, ctx, chromedp.Poll[chromedp.Void](fmt.Sprintf(`document.querySelectorAll("main > .mail").length === %d`, mails)))
}

func is(t *testing.T, ctx context.Context, expression, want string) {
	t.Helper()
	if got := browsertest.Get(t, ctx, chromedp.Evaluate[string]("String("+expression+")")); got != want {
		t.Errorf("%s is %q, want %q", expression, got, want)
	}
}

// T17: whatever a mail says in any part of it, the inbox shows it as text, whether the mail arrived before or after the inbox was opened.
func TestThreat_T17_NothingInAMailBecomesMarkup(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	for name, later := range map[string]bool{"the inbox": false, "a mail that arrives": true} {
		browsertest.SameNodes(t, ctx, name, func(change func(string) string) {
			box, server := serve(t)
			if later {
				browsertest.Do(t, ctx, chromedp.Navigate(server.URL+"/_local/mail"), chromedp.WaitVisible(chromedp.CSS("#none")))
			}
			texts := people.Markup()
			for i, text := range texts {
				text = change(text)
				header := map[string]string{text: text}
				if i%2 == 1 {
					header = nil
				}
				if err := box.add(Mail{ID: strconv.Itoa(i) + text, From: text, To: []string{text, text}, Subject: text, Text: text, HTML: "<p>a mail", Headers: header, Tags: header}); err != nil {
					t.Fatal(err)
				}
			}
			if !later {
				browsertest.Do(t, ctx, chromedp.Navigate(server.URL+"/_local/mail"))
			}
			waitFor(t, ctx, len(texts))
			browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](`document.querySelectorAll('details').forEach(d => d.open = true)`))
		})
		browsertest.Fits(t, ctx)
	}
}

// Mails appear in an open inbox. The first one is unfolded, and a screen reader announces each.
func TestTheInboxShowsNewMailsByItself(t *testing.T) {
	t.Parallel()
	box, server := serve(t)
	ctx := browsertest.New(t)
	browsertest.Do(t, ctx, chromedp.Navigate(server.URL+"/_local/mail"), chromedp.WaitVisible(chromedp.CSS("#none")))
	arrive(t, box, 1)
	waitFor(t, ctx, 1)
	is(t, ctx, `document.querySelector(".mail").open + " " + !document.getElementById("none") + " " + document.title`, "true true Inbox (1) – local stack")
	is(t, ctx, `document.getElementById("news").textContent`, "New email: Mail 1")
	arrive(t, box, 2)
	waitFor(t, ctx, 2)
	is(t, ctx, `[...document.querySelectorAll("main > .mail")].map(m => m.dataset.id + " " + m.open)`, "id-2 false,id-1 true")
	is(t, ctx, `scrollY`, "0")
	for scheme, widths := range map[string][]int64{"light": {1280, 390, 320}, "dark": {320, 390, 1280}} {
		for _, width := range widths {
			browsertest.Look(t, ctx, width, 844, scheme)
			browsertest.Fits(t, ctx)
		}
		browsertest.Accessible(t, ctx) // in light on a phone, in dark on a large screen
	}
}

// A campaign sends more mails than a page can show. The page shows the newest ones and says that there are older ones; the JSON has all of them.
func TestTheInboxOfACampaign(t *testing.T) {
	t.Parallel()
	box, server := serve(t)
	for i := range mostShown + 50 {
		mail := Mail{ID: "id-" + strconv.Itoa(i), From: "a@example.org", To: []string{"b@example.org"}, Subject: "A change", HTML: "<p>x", Tags: map[string]string{"kind": "notice", "about": "2026-11-02", "part": "1-" + strconv.Itoa(i)}}
		if err := box.add(mail); err != nil {
			t.Fatal(err)
		}
	}
	var all []Mail
	if err := json.Unmarshal([]byte(get(t, server.URL+"/_local/mail.json").body), &all); err != nil || !reflect.DeepEqual(all, box.All()) || len(all) != mostShown+50 {
		t.Errorf("%d mails as JSON, %v", len(all), err)
	}
	if status := get(t, server.URL+"/_local/mail/new?after=id-20").status; status != http.StatusGone {
		t.Errorf("more new mails than a page shows: %d", status)
	}
	ctx := browsertest.New(t)
	browsertest.Do(t, ctx, chromedp.Navigate(server.URL+"/_local/mail"))
	waitFor(t, ctx, mostShown)
	is(t, ctx, `document.title + " " + document.querySelector(".mail").dataset.id + " " + document.getElementById("older").querySelector("a").href.endsWith("/mail.json")`, "Inbox (250) – local stack id-249 true")
	is(t, ctx, `[...document.querySelectorAll(".mail dl")][0].textContent`, "about2026-11-02kindnoticepart1-249")
	arrive(t, box, 300)
	waitFor(t, ctx, mostShown+1)
	is(t, ctx, `document.title`, "Inbox (251) – local stack")
	browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](`document.querySelectorAll('.mail')[1].querySelectorAll('details').forEach(d => d.open = true)`))
	browsertest.Look(t, ctx, 390, 844, "light")
	browsertest.Fits(t, ctx)
	// the mails are alike, so axe-core looks at a few of them and at all else
	browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll("main > .mail")].slice(4).forEach(m => m.remove())`))
	is(t, ctx, `document.querySelectorAll(".mail").length + " " + !!document.getElementById("older")`, "4 true")
	for scheme, widths := range map[string][]int64{"light": {1280, 390}, "dark": {390, 1280}} {
		for _, width := range widths {
			browsertest.Look(t, ctx, width, 844, scheme)
			browsertest.Fits(t, ctx)
		}
		browsertest.Accessible(t, ctx)
	}
}

// When mails arrive, a reader keeps the scroll position, the focus and what is unfolded.
func TestTheInboxKeepsPlaceAndFocus(t *testing.T) {
	t.Parallel()
	box, server := serve(t)
	for i := range 5 {
		arrive(t, box, i)
	}
	ctx := browsertest.New(t)
	for _, size := range [][2]int64{{390, 844}, {1280, 900}} {
		browsertest.Look(t, ctx, size[0], size[1], "light")
		before := len(box.All())
		browsertest.Do(t, ctx, chromedp.Navigate(server.URL+"/_local/mail"))
		waitFor(t, ctx, before)
		browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](`
			window.reading = document.querySelector("[data-id=id-3]")
			reading.open = true
			reading.querySelector("details").open = true
			window.at = reading.querySelector("details summary")
			at.focus()
			at.scrollIntoView({block: "center"})
			window.frame = reading.querySelector("iframe").contentWindow
			window.place = at.getBoundingClientRect().top; undefined`))
		arrive(t, box, before)
		arrive(t, box, before+1)
		waitFor(t, ctx, before+2)
		is(t, ctx, `scrollY > 0`, "true")
		is(t, ctx, `Math.abs(at.getBoundingClientRect().top - place) <= 1`, "true")
		is(t, ctx, `document.activeElement === at && reading.open && at.parentElement.open && reading.querySelector("iframe").contentWindow === frame`, "true")
	}
}

// The inbox says when the stack has gone, and starts anew with another mailbox.
func TestTheInboxSaysThatTheStackIsGone(t *testing.T) {
	t.Parallel()
	box, server := serve(t)
	arrive(t, box, 1)
	ctx := browsertest.New(t)
	browsertest.Do(t, ctx, chromedp.Navigate(server.URL+"/_local/mail"))
	waitFor(t, ctx, 1)
	box.mu.Lock()
	box.mails = []Mail{{ID: "other", Subject: "Another mailbox"}}
	box.mu.Unlock()
	browsertest.Do(t, ctx, chromedp.WaitVisible(chromedp.CSS("[data-id=other]")))
	server.Close()
	browsertest.Do(t, ctx, chromedp.Poll[chromedp.Void](`document.getElementById("news").textContent.includes("does not answer")`))
}
