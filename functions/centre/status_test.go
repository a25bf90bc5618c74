package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

// A status page that could not reach the service offers to load again. After that it shows the request.
func TestStatusLoadsAgain(t *testing.T) {
	t.Parallel()
	f := serve(t)
	f.setDown(true)
	ctx := browsertest.New(t)
	browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/requests/"+testID+secret))
	if got := browsertest.Text(t, ctx, "#errors"); !strings.Contains(got, "cannot tell whether") || strings.Contains(got, "ask again") {
		t.Errorf("the page says %q", got)
	}
	f.setDown(false)
	click(t, ctx, "#retry")
	browsertest.Do(t, ctx, chromedp.WaitVisible(css("#view")), chromedp.WaitNotVisible(css("#errors")))
}

// A person who has asked for a new link sees that it is on its way, and is not told to ask again.
func TestStatusTellsOfANewExport(t *testing.T) {
	t.Parallel()
	f := serve(t)
	f.spoil(0, func(answer []byte) []byte {
		return bytes.ReplaceAll(answer, []byte(`"state":"sent"`), []byte(`"state":"building"`))
	})
	ctx := browsertest.New(t)
	browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/requests/"+testID+secret))
	if got := browsertest.Text(t, ctx, "#state"); !strings.Contains(got, "A new link is on its way") {
		t.Errorf("the page says %q", got)
	}
	if browsertest.Get(t, ctx, chromedp.Evaluate[bool]("!document.getElementById('renew').hidden")) {
		t.Error("the page says how to get another one")
	}
}

// A deadline is a day in the time zone in which the request's days are counted. The zone comes from the answer, and not from the policy in force.
func TestPromise_H13_DeadlinesAreDaysOfTheRequest(t *testing.T) {
	t.Parallel()
	f := serve(t)
	f.state = "open"
	f.spoil(0, func(answer []byte) []byte {
		return bytes.ReplaceAll(answer, []byte("Europe/London"), []byte("Asia/Tokyo"))
	})
	ctx := browsertest.New(t)
	browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/requests/"+testID+secret))
	for _, part := range []string{"#state", "#clocks"} {
		if got := browsertest.Text(t, ctx, part); !strings.Contains(got, "24 December 2026") {
			t.Errorf("%s says %q", part, got)
		}
	}
	browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/me"+secretOfMe))
	click(t, ctx, "#open")
	if got := browsertest.Text(t, ctx, "#pending li"); !strings.Contains(got, "by 24 December 2026") {
		t.Errorf("the page says %q", got)
	}
	click(t, ctx, "#pending li .confirm")
	if got := browsertest.Text(t, ctx, "#pending .result"); !strings.Contains(got, "by 24 December 2026") {
		t.Errorf("the page says %q", got)
	}
}

// F23: a person who waits for a stopped export reads that the team must restart it, and can still withdraw the request.
func TestFault_F23_StatusTellsOfAStoppedExport(t *testing.T) {
	t.Parallel()
	f := serve(t)
	f.state = "fulfilling"
	f.spoil(0, func(answer []byte) []byte {
		return bytes.ReplaceAll(answer, []byte(`"state":"sent"`), []byte(`"state":"stopped"`))
	})
	ctx := browsertest.New(t)
	browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/requests/"+testID+secret))
	if got := browsertest.Text(t, ctx, "#view"); !strings.Contains(got, "Delayed") || !strings.Contains(got, "could not be sent") || !strings.Contains(got, "We answer by") {
		t.Errorf("the page says %q", got)
	}
	if browsertest.Get(t, ctx, chromedp.Evaluate[bool]("document.getElementById('withdraw').hidden")) {
		t.Error("the request cannot be withdrawn")
	}
}

// F24: a person whose answer came back reads so. The way to a new link is there if there is a link to renew, and the page mentions it only
// then. Another answer that is underway comes first.
func TestFault_F24_StatusTellsOfAnAnswerThatCameBack(t *testing.T) {
	t.Parallel()
	const answered, confirmation = `,"kind":"answered"}`, `,"kind":"link_returned","reason":"general"}`
	for name, c := range map[string]struct {
		state, events, exports string
		says                   string
		way                    bool
	}{
		"an export":                  {"fulfilling", `,"kind":"answer_returned","reason":"mailbox_full"}`, "returned", "you can get a new link", true},
		"nothing":                    {"open", `,"kind":"answer_returned","reason":"no_email"}`, "", "they will send it again", false},
		"and later the confirmation": {"open", `,"kind":"answer_returned"},{"at":"2026-11-23T10:03:00Z"` + confirmation, "", "they will send it again", false},
		"only the confirmation":      {"open", confirmation, "", "We are about to gather your data", false},
		"while another is made":      {"fulfilling", `,"kind":"answer_returned"}`, "building", "We are gathering your data", false},
	} {
		f := serve(t)
		f.state = c.state
		f.spoil(0, func(answer []byte) []byte {
			answer = bytes.ReplaceAll(answer, []byte(answered), []byte(c.events))
			if c.exports == "" {
				before, _, _ := bytes.Cut(answer, []byte(`"exports":[`))
				return append(before, `"exports":[]}`...)
			}
			return bytes.ReplaceAll(answer, []byte(`"state":"sent"`), []byte(`"state":"`+c.exports+`"`))
		})
		ctx := browsertest.New(t)
		browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/requests/"+testID+secret))
		if got := browsertest.Text(t, ctx, "#state"); !strings.Contains(got, c.says) || !strings.Contains(got, "We answer by") {
			t.Errorf("%s: the page says %q", name, got)
		}
		if shown := !browsertest.Get(t, ctx, chromedp.Evaluate[bool]("document.getElementById('renew').hidden")); shown != c.way {
			t.Errorf("%s: the way to a new link is there: %v", name, shown)
		}
	}
}

func TestStatusShowsAndWithdraws(t *testing.T) {
	t.Parallel()
	f := serve(t)
	f.state = "fulfilling"
	ctx := browsertest.New(t)
	browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/requests/"+testID+secret))
	view := browsertest.Text(t, ctx, "#view")
	for _, want := range []string{"In progress", "23 December 2026", "this one counts", "You confirmed it", "9 more times", "A message was sent with this request. We do not show it here"} {
		if !strings.Contains(view, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	click(t, ctx, "#withdraw")
	click(t, ctx, `#sure button[value="withdraw"]`)
	browsertest.Do(t, ctx, chromedp.WaitVisible(css(`#state[data-state="withdrawn"]`)))
	if view := browsertest.Text(t, ctx, "#view"); strings.Contains(view, "Our deadlines") {
		t.Error("the page still shows deadlines")
	}
	if posts := f.sent(); len(posts) != 1 || !strings.HasPrefix(posts[0], "POST /v1/requests/"+testID+"/withdraw") {
		t.Errorf("sent %q", posts)
	}
}

// T30: a status page reads and withdraws. For a new link to the data it leads to the page of the mailbox, which needs a proof.
func TestThreat_T30_AStatusLinkAsksForNoExport(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/requests/"+testID+secret))
	if got := browsertest.Text(t, ctx, "#renew a[href='/me']"); got != "open your privacy page" {
		t.Errorf("the page says %q", got)
	}
	holds(t, ctx, "the buttons", `[...document.querySelectorAll('button')].map(b => b.textContent).join() === 'Try again,Withdraw this request,Keep it,Withdraw it'`)
}
