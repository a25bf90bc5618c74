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

var looks = []look{{"", 1200, 760, 1}, {"-phone", 390, 780, 1.5}}

// guide is a browser on its way through the service.
type guide struct {
	*service
	t   *testing.T
	ctx context.Context
}

// page is one stop of the tour.
type page struct {
	name  string
	reach func(guide) string // does what leads to the page, once, and returns its address
	show  func(guide)        // brings into view what the picture is to show, in each look; nil for nothing
}

// The pages, in the order in which a person comes by them.
var pages = []page{
	{"start", func(g guide) string { return g.origin + "/_local/" }, func(g guide) {
		g.press("#record [data-do=record]")
		g.see("#record .answer .call:last-of-type")
	}},
	{"policy", func(g guide) string { return g.origin + "/" }, nil},
	{"request", func(g guide) string { g.records(g.t); return g.origin + "/request" }, func(g guide) {
		browsertest.Do(g.t, g.ctx, chromedp.SendKeys(chromedp.CSS("#email"), person))
	}},
	{"mail", func(g guide) string {
		g.press("#form button[type=submit]")
		_, m := g.link(g.t, "/verify/")
		return g.origin + "/_local/mail/" + m.ID
	}, nil},
	{"verify", func(g guide) string { return g.first("/verify/") }, func(g guide) { g.see("#confirm") }},
	{"inbox", func(g guide) string {
		g.press("#confirm")
		g.first("/exports/")
		return g.origin + "/_local/mail"
	}, nil},
	{"export", func(g guide) string { return g.first("/exports/") }, func(g guide) {
		g.press("#open")
		g.see("#done")
		g.press("#categories details:nth-child(2) summary")
		g.see("#categories .records")
	}},
	{"status", func(g guide) string { return g.first("/requests/") }, func(g guide) { g.see(`#state[data-state="fulfilled"]`) }},
	{"confirm", func(g guide) string { g.agree(g.t); return g.first("/confirm/") }, func(g guide) { g.see("#confirm") }},
	{"preferences", func(g guide) string {
		g.press("#confirm")
		g.see("#done")
		return g.first("/preferences/")
	}, func(g guide) { g.see("#view") }},
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
	for _, p := range pages {
		address := p.reach(g)
		for _, on := range looks {
			g.open(on, address)
			if p.show != nil {
				p.show(g)
			}
			g.picture(p.name + on.suffix)
		}
	}
}

// first is the link to the path in the first mail that has one.
func (g guide) first(path string) string {
	g.t.Helper()
	link, _ := g.link(g.t, path)
	return link
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

// picture keeps what the window shows from the page's top, without a focus ring.
func (g guide) picture(name string) {
	g.t.Helper()
	browsertest.Do(g.t, g.ctx, chromedp.Evaluate[chromedp.Void](`document.activeElement?.blur(); scrollTo(0, 0)`), chromedp.Sleep(300*time.Millisecond))
	if err := save(name+".png", browsertest.Get(g.t, g.ctx, chromedp.CaptureScreenshot())); err != nil {
		g.t.Fatal(err)
	}
}
