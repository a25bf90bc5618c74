package tour

import (
	"context"
	"fmt"
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
	from  string             // selector of what the picture begins with; empty for the top of the page
}

// The pages, in the order in which a person comes by them.
var pages = []page{
	{name: "start", reach: func(g guide) string { return g.origin + "/_local/" }, show: func(g guide) {
		g.press("#record [data-do=record]")
		g.see("#record .answer .call:last-of-type")
	}},
	{name: "policy", reach: func(g guide) string { return g.origin + "/" }},
	{name: "changes", reach: func(g guide) string { return g.origin + "/policy/changes/" + g.newest(g.t) }, from: "#compared"},
	{name: "rights", reach: func(g guide) string { return g.origin + "/request" }},
	{name: "request", reach: func(g guide) string { g.records(g.t); return g.origin + "/request?right=access" }, show: func(g guide) {
		browsertest.Do(g.t, g.ctx, chromedp.SendKeys(chromedp.CSS("#email"), person))
	}},
	{name: "mail", reach: func(g guide) string {
		g.press("#form button[type=submit]")
		_, m := g.link(g.t, "/me#")
		return g.origin + "/_local/mail/" + m.ID
	}},
	{name: "me", reach: func(g guide) string { return g.enter("") }, show: func(g guide) { g.see("#pending .confirm") }},
	{name: "inbox", reach: func(g guide) string {
		g.press("#pending .confirm")
		g.first("/exports/")
		return g.origin + "/_local/mail"
	}},
	{name: "export", reach: func(g guide) string { return g.first("/exports/") }, show: func(g guide) {
		g.press("#open")
		g.see("#done")
		g.press("#categories details:nth-child(2) summary")
		g.see("#categories .records")
	}},
	{name: "status", reach: func(g guide) string { return g.first("/requests/") }, show: func(g guide) { g.see(`#state[data-state="fulfilled"]`) }},
	{name: "choices", reach: func(g guide) string {
		before := g.first("/me#")
		g.agree(g.t)
		page := g.enter(before)
		g.press("#pending .confirm")
		g.see("#pending .result")
		return page
	}, show: func(g guide) { g.see("#choices") }, from: "#choices-title"},
	{name: "done", reach: func(g guide) string { return g.origin + "/request?right=opt_out" }, show: func(g guide) {
		browsertest.Do(g.t, g.ctx, chromedp.SendKeys(chromedp.CSS("#email"), person))
		g.press("#send")
		g.see("#sent")
	}},
	{name: "force", reach: func(g guide) string { return g.origin + "/me" }, show: func(g guide) { g.see("#requests .lift") }, from: "#requests-title"},
	{name: "written", reach: func(g guide) string {
		g.later(g.t)
		g.writes(g.t)
		return g.enter("")
	}, show: func(g guide) { g.see("#pending .wish") }, from: "#pending-title"},
	{name: "plan", reach: func(g guide) string {
		g.press("#pending .discard")
		g.see("#pending .result")
		g.later(g.t)
		browsertest.Do(g.t, g.ctx, chromedp.Navigate(g.origin+"/request?right=erasure"), chromedp.SendKeys(chromedp.CSS("#email"), person))
		g.press("#send")
		g.see("#sent")
		page := g.enter("")
		g.press("#pending .confirm")
		g.see("#deletions .agree")
		return page
	}, show: func(g guide) { g.see("#deletions .agree") }, from: "#deletion-title"},
	{name: "certificate", reach: func(g guide) string {
		g.press("#deletions .agree")
		return g.erased(g.t)
	}, show: func(g guide) { g.see("#certificate") }},
}

// The letter about a change of the policy. It comes from another service than the other pages: one that has published a change.
var letter = page{name: "notice", reach: func(g guide) string {
	_, m := g.link(g.t, "/policy/changes/")
	return g.origin + "/_local/mail/" + m.ID
}}

func TestTour(t *testing.T) {
	g := begin(t, "TOUR", person)
	var before []mail
	g.call(t, "GET", "/_local/mail.json", "", "", "", &before)
	g.old = len(before)
	for _, p := range pages {
		g.visit(p)
	}
}

// Whoever got the letter: it is the same for everybody.
func TestNotice(t *testing.T) { begin(t, "NOTICE", "").visit(letter) }

// begin opens a browser for the running service that an environment variable names. It reads the mails to an address, or to everybody if that is
// empty. It skips the test if the variable is empty, which leaves the pictures as they are.
func begin(t *testing.T, variable, to string) guide {
	t.Helper()
	origin := os.Getenv(variable)
	if origin == "" {
		t.Skip(variable + " names no running service: no pictures were taken")
	}
	s := &service{origin: origin, to: to}
	s.client.Timeout = time.Minute
	return guide{s, t, browsertest.New(t)}
}

// visit goes to a page and takes its picture in each look.
func (g guide) visit(p page) {
	g.t.Helper()
	address := p.reach(g)
	for _, on := range looks {
		g.open(on, address)
		if p.show != nil {
			p.show(g)
		}
		g.picture(p.name+on.suffix, p.from)
	}
}

// enter opens the link of the mailbox that was mailed after the given one, and returns the address of the page. The first opening alone confirms, so
// every look goes by its session.
func (g guide) enter(before string) string {
	g.t.Helper()
	link, _ := g.newer(g.t, "/me#", before)
	browsertest.Do(g.t, g.ctx, chromedp.Navigate("about:blank"), chromedp.Navigate(link))
	g.press("#open")
	g.see("#view")
	return g.origin + "/me"
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

// picture keeps what the window shows from the place with the selector on, without a focus ring.
func (g guide) picture(name, from string) {
	g.t.Helper()
	script := `document.activeElement?.blur(); scrollTo({top: 0, behavior: "instant"});`
	if from != "" {
		script += fmt.Sprintf(`document.querySelector(%q).scrollIntoView({behavior: "instant"})`, from)
	}
	browsertest.Do(g.t, g.ctx, chromedp.Evaluate[chromedp.Void](script), chromedp.Sleep(300*time.Millisecond))
	if err := save(name+".png", browsertest.Get(g.t, g.ctx, chromedp.CaptureScreenshot())); err != nil {
		g.t.Fatal(err)
	}
}
