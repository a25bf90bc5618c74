package tour

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

// look is a device that pictures are taken on, in CSS pixels.
type look struct {
	suffix        string
	width, height int64
	scale         float64
}

var (
	desktop = look{"", 1200, 760, 1}
	phone   = look{"-phone", 390, 780, 1.5}
)

// guide is a browser on its way through the service.
type guide struct {
	*service
	t   *testing.T
	ctx context.Context
}

func TestTour(t *testing.T) {
	origin := os.Getenv("TOUR")
	if origin == "" {
		t.Skip("TOUR names no running service: no pictures were taken")
	}
	s := &service{origin: origin}
	s.client.Timeout = time.Minute
	var before []mail
	s.call(t, "GET", "/_local/mail.json", "", "", "", &before)
	s.old = len(before)
	g := guide{s, t, browsertest.New(t)}
	g.start()
	s.records(t)
	g.ask()
	g.verify()
	g.export()
	g.status()
	g.consent()
}

func (g guide) start() {
	g.open(desktop, g.origin+"/_local/")
	g.press("#record [data-do=record]")
	g.see("#record .answer .call:last-of-type")
	g.picture(desktop, "start", "")
	g.open(desktop, g.origin+"/")
	g.picture(desktop, "policy", "#retention")
	g.open(phone, g.origin+"/")
	g.picture(phone, "policy", "")
}

func (g guide) ask() {
	for _, on := range []look{desktop, phone} {
		g.open(on, g.origin+"/request")
		browsertest.Do(g.t, g.ctx, chromedp.SendKeys(chromedp.CSS("#email"), person))
		g.picture(on, "request", "")
	}
	g.press("#form button[type=submit]")
	g.see("#sent")
}

func (g guide) verify() {
	link, _ := g.link(g.t, "/verify/")
	g.open(desktop, g.origin+"/_local/mail")
	g.picture(desktop, "inbox", "")
	g.open(phone, link)
	g.see("#confirm")
	g.picture(phone, "verify", "")
	g.press("#confirm")
	g.see("#done")
}

func (g guide) export() {
	link, m := g.link(g.t, "/exports/")
	g.open(phone, g.origin+"/_local/mail/"+m.ID)
	g.picture(phone, "mail", "")
	for _, on := range []look{desktop, phone} {
		g.open(on, link)
		g.press("#open")
		g.see("#done")
		g.press("#categories details:nth-child(2) summary")
		g.see("#categories .records")
		g.picture(on, "export", "#done")
	}
}

func (g guide) status() {
	link, _ := g.link(g.t, "/requests/")
	g.open(desktop, link)
	g.see(`#state[data-state="fulfilled"]`)
	g.picture(desktop, "status", "")
}

func (g guide) consent() {
	g.agree(g.t)
	link, _ := g.link(g.t, "/confirm/")
	g.open(phone, link)
	g.press("#confirm")
	g.see("#done")
	link, _ = g.link(g.t, "/preferences/")
	g.open(phone, link)
	g.see("#view")
	g.picture(phone, "preferences", "")
}

func (g guide) open(on look, address string) {
	g.t.Helper()
	browsertest.Look(g.t, g.ctx, on.width, on.height, "light")
	browsertest.Do(g.t, g.ctx, chromedp.EmulateViewport(on.width, on.height, chromedp.EmulateScale(on.scale)),
		chromedp.Navigate("about:blank"), chromedp.Navigate(address))
}

func (g guide) press(selector string) {
	g.t.Helper()
	browsertest.Do(g.t, g.ctx, chromedp.WaitVisible(chromedp.CSS(selector)), chromedp.Click(chromedp.CSS(selector)))
}

func (g guide) see(selector string) {
	g.t.Helper()
	browsertest.Do(g.t, g.ctx, chromedp.WaitVisible(chromedp.CSS(selector)))
}

// picture keeps what the window shows, scrolled to the element if one is named, without a focus ring.
func (g guide) picture(on look, name, scrollTo string) {
	g.t.Helper()
	script := `document.activeElement?.blur(); scrollTo(0, 0)`
	if scrollTo != "" {
		script = `document.activeElement?.blur(); document.querySelector('` + scrollTo + `').scrollIntoView()`
	}
	browsertest.Do(g.t, g.ctx, chromedp.Evaluate[chromedp.Void](script), chromedp.Sleep(300*time.Millisecond))
	if err := save(name+on.suffix+".png", browsertest.Get(g.t, g.ctx, chromedp.CaptureScreenshot())); err != nil {
		g.t.Fatal(err)
	}
}
