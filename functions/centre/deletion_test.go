package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

const theDeletion = `#deletions [data-id="` + deleting + `"]`

// says fails the test unless a part of the page says all of it.
func says(t testing.TB, ctx context.Context, part string, want ...string) {
	t.Helper()
	got := strings.Join(strings.Fields(browsertest.Text(t, ctx, part)), " ")
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("%s does not say %q: %q", part, w, got)
		}
	}
}

// T06, T07: a person sees the plan as soon as it is made, agrees to it by its one button, and cancels the deletion. A plan that has changed meanwhile is
// shown again with what is different, and is not agreed to by the first press.
func TestThreat_T06_ADeletionNeedsAPressOnItsPlan(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	f.erase(&deletion{}, "erasure", "open", "")
	openMe(t, ctx, f)
	says(t, ctx, theDeletion, "We are working out what will be deleted.", "by itself")
	f.become(func(d *deletion) { *d = *planned() })
	browsertest.Do(t, ctx, chromedp.WaitVisible(css(theDeletion+" .agree")))
	says(t, ctx, theDeletion, "What will be deleted Data Stored Identity data", "Communication data 1,204 items", "Transaction data 14 items A law makes us keep it. Tax law makes us keep every invoice", "2 October 2033 at the latest",
		"Deleted all the same: Last four digits of the card", "until your contract ends", "24 months after the answer", "2 other kinds of entries stay for a while", "We store nothing of 1 other kind of data", "we wait 72 hours")
	says(t, ctx, "#summary", "1 thing waits for your answer.")
	says(t, ctx, "#requests", "Waits for you")
	holds(t, ctx, "the buttons", `[...document.querySelectorAll('#deletions button')].map(b => b.textContent).join() === 'Delete my data,Keep my data'`)
	f.become(func(d *deletion) {
		d.hash = "second"
		d.items[0]["outcome"], d.items[0]["ground"] = "withheld", "hold"
	})
	click(t, ctx, theDeletion+" .agree")
	browsertest.Do(t, ctx, chromedp.WaitVisible(css(theDeletion+" .note")))
	says(t, ctx, theDeletion, "The plan has changed since you saw it, so nothing happened.", "“Identity data” is now kept.")
	holds(t, ctx, "what has changed", `document.activeElement === document.querySelector('#deletions .note')`)
	f.become(func(d *deletion) { d.erasesAt = time.Now().Add(71*time.Hour + 30*time.Minute) })
	click(t, ctx, theDeletion+" .agree")
	browsertest.Do(t, ctx, chromedp.WaitVisible(css(theDeletion+" .withdraw:only-child")))
	says(t, ctx, theDeletion, "Your data will be deleted on", "Time left to cancel: 2 days and 23 hours.", "Show the plan")
	says(t, ctx, "#requests", "Will be deleted", "Cancel the deletion")
	click(t, ctx, theDeletion+" .withdraw")
	says(t, ctx, "#sure", "Cancel the deletion?", "Do not cancel")
	click(t, ctx, `#sure button[value="withdraw"]`)
	browsertest.Do(t, ctx, chromedp.WaitNotVisible(css("#deletion")))
	says(t, ctx, "#requests", "Cancelled You cancelled the deletion, and nothing was deleted.")
	f.sentAre(t, "a deletion", `POST /v1/requests/`+deleting+`/confirm {"plan":"first"}`, `POST /v1/requests/`+deleting+`/confirm {"plan":"second"}`, `POST /v1/requests/`+deleting+`/withdraw `)
}

// T31: a later opening of a link shows the plan, and agrees to nothing.
func TestThreat_T31_ALaterOpeningAgreesToNoPlan(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	f.again()
	f.erase(planned(), "delete", "open", "you")
	openMe(t, ctx, f)
	says(t, ctx, theDeletion, "Identity data", "To agree to the plan, you need a new link.")
	holds(t, ctx, "the buttons", `[...document.querySelectorAll('#deletions button')].map(b => b.textContent).join() === 'Keep my data'`)
}

// H03: what was deleted is shown with the certificate, which is saved as a file: on the page of the mailbox, and by a status link.
func TestPromise_H03_TheCertificateIsSaved(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	d := planned()
	d.state = "watching"
	f.erase(d, "erasure", "fulfilled", "")
	saved := func(button string) {
		t.Helper()
		got := browsertest.Save(t, ctx, chromedp.Click(css(button)))
		if body, err := os.ReadFile(got.Path); err != nil || string(body) != certificate || got.Name != "deletion-certificate-"+deleting+".jws" {
			t.Errorf("%s saves %q as %s: %v", button, body, got.Name, err)
		}
	}
	openMe(t, ctx, f)
	click(t, ctx, "#requests .result")
	browsertest.Do(t, ctx, chromedp.WaitVisible(css("#requests .certificate")))
	says(t, ctx, "#requests", "What was deleted Data Deleted Identity data", "What we keep", "Tax law makes us keep")
	saved("#requests .certificate")
	browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/requests/"+deleting+secret), chromedp.WaitVisible(css("#certificate")))
	says(t, ctx, "#view", "Done", "What was deleted Data Deleted Identity data")
	saved("#certificate")
}

// T07: a status link shows until when a deletion can be cancelled, and cancels it. It agrees to nothing.
func TestThreat_T07_AStatusLinkCancelsADeletion(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	d := planned()
	f.erase(d, "erasure", "open", "you")
	f.state = "open"
	browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/requests/"+deleting+secret), chromedp.WaitVisible(css("#deletion details")))
	says(t, ctx, "#view", "Waits for you", "open your privacy page. This page cannot start the deletion.", "Withdraw this request", "We worked out what will be deleted, and asked you to agree")
	f.become(func(d *deletion) { d.state, d.erasesAt = "cooling", time.Now().Add(90*time.Second) })
	browsertest.Do(t, ctx, chromedp.Reload(), chromedp.WaitVisible(css("#left")))
	says(t, ctx, "#view", "Will be deleted", "Time left to cancel: 1 minute.", "You agreed to the plan")
	click(t, ctx, "#withdraw")
	says(t, ctx, "#sure", "If you cancel it, we delete nothing.")
	click(t, ctx, `#sure button[value="withdraw"]`)
	browsertest.Do(t, ctx, chromedp.WaitVisible(css(`#state[data-state="withdrawn"]`)))
	says(t, ctx, "#state", "Cancelled")
}

// A deletion ends the links to the page, and so its session. The page says so, and does not ask for another link.
func TestADeletionEndsThePage(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	d := planned()
	d.state, d.erasesAt = "cooling", time.Now().Add(time.Second)
	f.erase(d, "erasure", "open", "cooling_off")
	openMe(t, ctx, f)
	browsertest.Do(t, ctx, chromedp.WaitVisible(css(theDeletion+" .left")))
	f.endSession()
	browsertest.Do(t, ctx, chromedp.WaitNotPresent(css(theDeletion+" .withdraw")))
	says(t, ctx, theDeletion, "The links to this page are deleted too", "We email you once it is done.")
}

// Each state of a deletion in a sample of the looks: not wider than the window, and no rule of axe-core broken.
func TestADeletionIsAccessible(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	all := looks(320, 390, 1280)
	i := 0
	look := func(name string) {
		t.Helper()
		for _, l := range soak.Pick(append(slices.Clone(all[:2]), all[i%len(all)], all[(i+3)%len(all)]), all) {
			browsertest.Look(t, ctx, l.width, 844, l.scheme)
			browsertest.Fits(t, ctx)
			picture(t, ctx, fmt.Sprintf("deletion-%s-%d-%s", name, l.width, l.scheme))
		}
		browsertest.Accessible(t, ctx)
		if i++; t.Failed() {
			t.Fatal(name)
		}
	}
	for _, state := range []string{"", "planned", "cooling", "erasing", "watching"} {
		d := planned()
		d.state, d.erasesAt = state, time.Now().Add(50*time.Hour)
		f.restart()
		f.erase(d, "erasure", map[string]string{"erasing": "fulfilling", "watching": "fulfilled"}[state], "")
		if d.state != "erasing" && d.state != "watching" {
			f.mailbox.Requests[0]["state"] = "open"
		}
		openMe(t, ctx, f)
		switch state {
		case "watching":
			click(t, ctx, "#requests .result")
			browsertest.Do(t, ctx, chromedp.WaitVisible(css("#requests .certificate")))
		case "planned":
			browsertest.Do(t, ctx, chromedp.WaitVisible(css(theDeletion+" .agree")), unfold)
		case "":
			browsertest.Do(t, ctx, chromedp.WaitVisible(css(theDeletion+" .note")))
		default:
			browsertest.Do(t, ctx, chromedp.WaitVisible(css(theDeletion+" details")), unfold)
		}
		look("me-" + state)
		f.state = f.mailbox.Requests[0]["state"].(string)
		browsertest.Do(t, ctx, blank(f), chromedp.Navigate(f.origin+"/requests/"+deleting+secret), chromedp.WaitVisible(css("#view")))
		if state != "" {
			browsertest.Do(t, ctx, chromedp.WaitVisible(css("#deletion > *")))
		}
		look("status-" + state)
	}
}
