package story

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

// hand is a person with a browser.
type hand struct {
	*service
	t     *testing.T
	ctx   context.Context
	email string
	name  string // of the device, for pictures
}

func (h hand) do(steps ...chromedp.Action[chromedp.Void]) {
	h.t.Helper()
	browsertest.Do(h.t, h.ctx, steps...)
}

// press presses a button and waits for what follows.
func (h hand) press(selector, follows string) {
	h.t.Helper()
	h.do(chromedp.WaitVisible(chromedp.CSS(selector)), chromedp.Click(chromedp.CSS(selector)), chromedp.WaitVisible(chromedp.CSS(follows)))
	browsertest.Fits(h.t, h.ctx)
}

// says waits until a part of the page says something.
func (h hand) says(selector, words string) {
	h.t.Helper()
	wait(h.t, selector+" says "+words, 30*time.Second, func() bool { return strings.Contains(browsertest.Text(h.t, h.ctx, selector), words) })
}

// picture keeps what the window shows, if STORY_PICTURES names a folder.
func (h hand) picture(name string) {
	h.t.Helper()
	folder := os.Getenv("STORY_PICTURES")
	if folder == "" {
		return
	}
	png := browsertest.Get(h.t, h.ctx, chromedp.FullScreenshot(100))
	if err := os.WriteFile(filepath.Join(folder, h.name+"-"+name+".png"), png, 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// open goes to an address that has the secret of a link in its fragment. A fragment alone would not load a page again.
func (h hand) open(address string) {
	h.t.Helper()
	h.do(chromedp.Navigate("about:blank"), chromedp.Navigate(address))
}

// files sends the request form.
func (h hand) files(right string) {
	h.t.Helper()
	h.open(h.origin + "/request?right=" + right)
	h.do(chromedp.SendKeys(chromedp.CSS("#email"), h.email))
	h.press("#send", "#sent")
}

// TestStory_OnAPhoneAndOnADesktop is a person's whole way with a browser, on a phone and on a desktop: file, mail, open, confirm, export, a new link
// and a new export, consent on and off, a request that was not theirs, and the end of all links.
// Promise: C02, C03, E02, H05. Threat: T06, T10, T31, T32.
func TestStory_OnAPhoneAndOnADesktop(t *testing.T) {
	s := start(t, t.TempDir())
	for name, look := range map[string]struct {
		width, height int64
		scheme        string
	}{"phone": {390, 844, "light"}, "desktop": {1280, 900, "dark"}} {
		h := hand{s, t, browsertest.New(t), name + ".story@example.org", name}
		browsertest.Look(t, h.ctx, look.width, look.height, look.scheme)
		h.records()
		h.files("access")
		h.picture("sent")
		h.open(s.link(t, 1, h.email, "/me#", nil))
		h.picture("ask")
		h.press("#open", "#pending .confirm")
		h.picture("waits")
		h.press("#pending .confirm", "#pending .result")
		h.picture("confirmed")
		h.open(s.link(t, 1, h.email, "/exports/", nil))
		h.press("#open", "#done")
		h.picture("export")

		h.open(s.link(t, 1, h.email, "/me#", nil)) // opened before, so it only shows
		h.press("#open", "#stale")
		if got := browsertest.Text(t, h.ctx, "#requests"); !strings.Contains(got, "Answered") || strings.Contains(got, "Send me a new link to my file") {
			t.Errorf("%s: a used link shows %q", name, got)
		}
		h.picture("stale")
		h.press("#renew", "#mailed")
		h.open(s.link(t, 2, h.email, "/me#", nil))
		h.press("#open", "#requests .renew")
		h.press("#requests .renew", "#view")
		s.link(t, 2, h.email, "/exports/", nil)

		h.press("#choose-marketing_email", `#choices [data-purpose=marketing_email][data-state=granted]`)
		h.picture("agreed")
		h.press("#choose-marketing_email", `#choices [data-purpose=marketing_email][data-state=denied]`)
		s.receipt(t, h.email, "Refused or withdrawn on")

		s.call(t, http.StatusAccepted, "POST", "/v1/requests", nil, map[string]string{"right": "portability", "email": h.email}, nil)
		wait(t, "the request of a stranger", 30*time.Second, func() bool {
			h.do(chromedp.Navigate(s.origin + "/me"))
			h.do(chromedp.WaitVisible(chromedp.CSS("#view")))
			return strings.HasPrefix(browsertest.Text(t, h.ctx, "#summary"), "1 thing waits") // the list itself is hidden while it is empty
		})
		h.press("#pending .discard", "#pending .result")
		h.says("#pending .result", "Discarded")
		h.picture("discarded")
		h.press("#close", "#closed")
		h.do(chromedp.Navigate(s.origin+"/me"), chromedp.WaitVisible(chromedp.CSS("#find")))
		h.picture("closed")
	}
	s.stop(t)
}

// records sends in a record of the person, so that there is something to export.
func (h hand) records() {
	h.t.Helper()
	body := map[string]any{
		"subject": map[string]string{"email": h.email}, "source": "direct", "occurredAt": time.Now().UTC().AddDate(0, 0, -1).Format(time.RFC3339),
		"data": map[string]string{"firstName": "Story", "lastName": "Teller", "jobTitle": "Head of Stories"},
	}
	h.call(h.t, http.StatusOK, "PUT", "/v1/records/identity/"+h.name, h.token(h.t, "records.write"), body, nil)
}
