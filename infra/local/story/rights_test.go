package story

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

// TestStory_EveryRightOnAPhone takes each right from the form to its answer, with a browser on a phone. The team decides with the real ctl.
// Promise: D01, H04, H06, H07, H08, H10, I02, L03. Threat: T06, T30, T31.
func TestStory_EveryRightOnAPhone(t *testing.T) {
	s := start(t, t.TempDir())
	team := s.team(t)
	on := func(ctx context.Context, name string) hand {
		browsertest.Look(t, ctx, 390, 844, "light")
		h := hand{s, t, ctx, name + ".rights@example.org", name}
		h.records()
		return h
	}
	limits := on(browsertest.New(t), "limit") // it takes a while, and the page of a mailbox stays open in its browser
	restriction := limits.restricts()
	phone := browsertest.New(t)
	stops := on(phone, "stop")
	stops.optsOut()
	stops.objectsToMarketing()
	objects := on(phone, "object")
	team.refuses(t, objects, objects.objects())
	asks := on(phone, "ask")
	asks.asksAtOnce()
	team.extends(t, asks, asks.asksTheTeam())
	team.isReminded(t)
	limits.liftsRestriction(restriction)
	s.stop(t)
}

// asksFor opens a form by its place on the list of rights, and waits for the form's script.
func (h hand) asksFor(id string) {
	h.t.Helper()
	h.opensForm(id, scriptedForm)
}

// opensForm opens a form by its place on the list of rights, waits until the page shows what the selector names, and fills the address in.
func (h hand) opensForm(id, ready string) {
	h.t.Helper()
	h.do(chromedp.Navigate(h.origin+"/request"), chromedp.Click(chromedp.CSS("#ask-"+id)), chromedp.WaitVisible(chromedp.CSS(ready)), chromedp.SendKeys(chromedp.CSS("#email"), h.email))
}

// types writes into a field of the form.
func (h hand) types(field, text string) {
	h.t.Helper()
	h.do(chromedp.SendKeys(chromedp.CSS("#"+field), text))
}

// ticks ticks fields of the form.
func (h hand) ticks(fields ...string) {
	h.t.Helper()
	for _, field := range fields {
		h.do(chromedp.Click(chromedp.CSS("#" + field)))
	}
}

// sends sends the form, and returns the number of the request once the page says what happens now.
func (h hand) sends(says string) (id string) {
	h.t.Helper()
	h.press("#send", "#sent")
	if got := browsertest.Text(h.t, h.ctx, "#sent"); !strings.Contains(got, says) {
		h.t.Errorf("after the form: %q, not %q", got, says)
	}
	return browsertest.Text(h.t, h.ctx, "#sent-id")
}

// opensPage opens the page of the mailbox by the nth link that was mailed.
func (h hand) opensPage(nth int) {
	h.t.Helper()
	h.open(h.link(h.t, nth, h.email, "/me#", nil))
	h.press("#open", "#view")
}

// seesOf waits until the page of the mailbox says something about a request.
func (h hand) seesOf(id, words string) {
	h.t.Helper()
	card := `#requests [data-id="` + id + `"]`
	wait(h.t, "the page to say "+words, 30*time.Second, func() bool {
		h.do(chromedp.Navigate(h.origin+"/me"), chromedp.WaitVisible(chromedp.CSS("#view")))
		return strings.Contains(browsertest.Text(h.t, h.ctx, card), words)
	})
}

// lifts takes back what is in force, in two presses (promise C03, H10).
func (h hand) lifts(id string) {
	h.t.Helper()
	card := `#requests [data-id="` + id + `"]`
	h.press(card+" .lift", "#sure-yes")
	h.picture("lift-" + h.name)
	h.do(chromedp.Click(chromedp.CSS("#sure-yes")))
	h.do(chromedp.WaitNotPresent(chromedp.CSS(card + " .lift")))
}

// may waits until the decision about a use of the person's data has a reason.
func (h hand) may(purpose, reason string) {
	h.t.Helper()
	var decision struct {
		Allowed bool
		Reason  string
	}
	body := map[string]any{"subject": map[string]string{"email": h.email}, "purpose": purpose}
	token := h.token(h.t, "decisions.read")
	wait(h.t, "the decision "+reason, 30*time.Second, func() bool {
		h.call(h.t, http.StatusOK, "POST", "/v1/decisions", token, body, &decision)
		return decision.Reason == reason
	})
}

// told waits for a mail with the subject and returns it. It keeps a picture of it.
func (h hand) told(subject string, says ...string) mail {
	h.t.Helper()
	var found mail
	wait(h.t, "the mail "+subject, 90*time.Second, func() bool {
		all := h.mails(h.t, h.email)
		at := slices.IndexFunc(all, func(m mail) bool { return m.Subject == subject })
		if at >= 0 {
			found = all[at]
		}
		return at >= 0
	})
	for _, part := range says {
		if !strings.Contains(strings.Join(strings.Fields(found.Text), " "), part) {
			h.t.Errorf("the mail %q lacks %q:\n%s", subject, part, found.Text)
		}
	}
	return found
}
