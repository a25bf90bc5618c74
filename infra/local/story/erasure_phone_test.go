package story

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

// asksForDeletion sends the form, confirms the request by the nth link, and waits for the plan, which appears on the page by itself. It returns the number of
// the request and where the page shows the deletion.
func (h hand) asksForDeletion(nth int) (id, deletion string) {
	h.t.Helper()
	h.asksFor("erasure")
	id = h.sends("delete nothing before you have agreed to it")
	h.opensPage(nth)
	h.press("#pending .confirm", "#deletion-title")
	deletion = `#deletions [data-id="` + id + `"]`
	h.do(chromedp.WaitVisible(chromedp.CSS(deletion + " .agree")))
	browsertest.Accessible(h.t, h.ctx)
	h.picture("plan")
	return id, deletion
}

// agreesToDeletion agrees to the plan, and waits until it says when the deletion begins.
func (h hand) agreesToDeletion(deletion string) {
	h.t.Helper()
	h.press(deletion+" .agree", deletion+" .withdraw")
	h.says(deletion, "Your data will be deleted on")
	h.picture("cooling-off")
}

// TestStory_AnErasureOnAPhone takes an erasure from the form to the certificate with a browser on a phone, and cancels one before.
// Promise: H03. Threat: T06, T07.
func TestStory_AnErasureOnAPhone(t *testing.T) {
	s := start(t, t.TempDir(), "COOLING_OFF=15s")
	h := hand{s, t, browsertest.New(t), "phone.erasure@example.org", "erasure"}
	browsertest.Look(t, h.ctx, 390, 844, "light")
	h.records()

	cancelled, deletion := h.asksForDeletion(1)
	h.agreesToDeletion(deletion)
	h.press(deletion+" .withdraw", "#sure-yes")
	h.picture("cancel")
	h.do(chromedp.Click(chromedp.CSS("#sure-yes")))
	h.seesOf(cancelled, "Cancelled")
	h.picture("cancelled")

	const erased = "We have deleted your data, except what we have to keep" // keyed hashes of the address
	id, deletion := h.asksForDeletion(2)
	h.agreesToDeletion(deletion)
	h.told("Your data will be deleted on "+time.Now().UTC().Format("2 January 2006"), "Identity data")
	h.open(h.link(t, 1, h.email, "/requests/"+id, nil))
	h.says("#deletion", "Your data will be deleted on")
	h.picture("status-cooling-off")
	wait(t, "the mail about the erasure", 90*time.Second, func() bool {
		h.fire(t, "EraseSchedule", nil)
		return slices.ContainsFunc(h.mails(t, h.email), func(m mail) bool { return m.Subject == erased })
	})
	done := h.told(erased, "Identity data")
	for _, words := range []string{"Story", "Teller"} {
		if strings.Contains(done.Text+done.HTML, words) {
			t.Errorf("the mail about the erasure says %q", words)
		}
		if at := h.holding(t, words); at != "" {
			t.Errorf("%q is still in %s", words, at)
		}
	}
	links := h.links(t, h.email, "/requests/"+id)
	h.open(links[len(links)-1])
	h.do(chromedp.WaitVisible(chromedp.CSS("#certificate")))
	browsertest.Accessible(t, h.ctx)
	h.picture("certificate")
	h.stop(t)
}
