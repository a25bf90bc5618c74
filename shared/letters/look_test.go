package letters_test

import (
	"context"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"golang.org/x/net/html"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// coloured lists the properties of a style that are colours, by their names in it.
var coloured = regexp.MustCompile(`(?:^|[;{\s])(background-color|color|border-color|border(?:-top|-left)?)\s*:[^;]*?(#[0-9a-f]{6})`)

// colours returns the colours of a style. Borders count as one property.
func colours(style string) map[string]string {
	found := map[string]string{}
	for _, match := range coloured.FindAllStringSubmatch(style, -1) {
		property := match[1]
		if strings.HasPrefix(property, "border") {
			property = "border-color"
		}
		found[property] = match[2]
	}
	return found
}

// darkRules returns the colours that a mail's style element gives each class where the reader wants it dark.
func darkRules(t *testing.T, mail string) map[string]map[string]string {
	t.Helper()
	_, rest, found := strings.Cut(mail, "@media (prefers-color-scheme: dark) {")
	rules, _, closed := strings.Cut(rest, "\n}\n")
	if !found || !closed {
		t.Fatal("the mail has no dark colours")
	}
	dark := map[string]map[string]string{}
	for _, match := range regexp.MustCompile(`\.([a-z]+) \{([^}]*)\}`).FindAllStringSubmatch(rules, -1) {
		dark[match[1]] = colours(match[2])
		if strings.Count(match[2], "#") != strings.Count(match[2], "!important") {
			t.Errorf(".%s does not win over the colours inline", match[1])
		}
	}
	return dark
}

func attribute(n *html.Node, key string) string {
	i := slices.IndexFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
	if i < 0 {
		return ""
	}
	return n.Attr[i].Val
}

// ground is the colours in force at an element of a mail.
type ground struct{ text, back string }

func (g ground) with(c map[string]string) ground {
	if c["color"] != "" {
		g.text = c["color"]
	}
	if c["background-color"] != "" {
		g.back = c["background-color"]
	}
	return g
}

// walk calls see with each text of a mail and the colours on which it stands in light and in dark.
func walk(t *testing.T, n *html.Node, dark map[string]map[string]string, light, night ground, see func(text string, light, night ground)) {
	t.Helper()
	if n.Type == html.ElementNode {
		if n.Data == "style" || n.Data == "title" {
			return
		}
		inline := colours(attribute(n, "style"))
		rules := map[string]string{}
		for _, class := range strings.Fields(attribute(n, "class")) {
			maps.Copy(rules, dark[class])
		}
		for property := range inline {
			if rules[property] == "" {
				t.Errorf("<%s class=%q> has the %s %s in light and none in dark", n.Data, attribute(n, "class"), property, inline[property])
			}
		}
		if back := attribute(n, "bgcolor"); back != "" && back != inline["background-color"] {
			t.Errorf("<%s> has the ground %s for old clients and %s for others", n.Data, back, inline["background-color"])
		}
		light, night = light.with(inline), night.with(rules)
	}
	if n.Type == html.TextNode && strings.TrimSpace(n.Data) != "" {
		see(strings.TrimSpace(n.Data), light, night)
	}
	for child := range n.ChildNodes() {
		walk(t, child, dark, light, night, see)
	}
}

// contrast is the ratio of two colours (WCAG 2.2, "contrast ratio").
func contrast(a, b string) float64 {
	luminance := func(hex string) float64 {
		var sum float64
		for i, weight := range []float64{.2126, .7152, .0722} {
			v, _ := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
			c := float64(v) / 255
			if c <= .04045 {
				c /= 12.92
			} else {
				c = math.Pow((c+.055)/1.055, 2.4)
			}
			sum += weight * c
		}
		return sum
	}
	x, y := luminance(a), luminance(b)
	return (max(x, y) + .05) / (min(x, y) + .05)
}

// Every text of every mail is readable in light and in dark: 4.5 to 1 at least (WCAG 2.2, 1.4.3). Each colour has one for the dark.
func TestMailsAreReadableInLightAndDark(t *testing.T) {
	if got := contrast("#ffffff", "#767676"); got < 4.5 || got > 4.6 {
		t.Fatalf("the ratio of white and #767676 is %.2f, not 4.54", got)
	}
	least := map[string]float64{"light": 21, "dark": 21}
	for name, m := range mails(t, small()) {
		root, err := html.Parse(strings.NewReader(m.HTML))
		if err != nil {
			t.Fatal(err)
		}
		texts := 0
		walk(t, root, darkRules(t, m.HTML), ground{}, ground{}, func(text string, light, night ground) {
			texts++
			for scheme, g := range map[string]ground{"light": light, "dark": night} {
				if g.text == "" || g.back == "" {
					t.Fatalf("%s: %q has no colour or no ground in %s", name, text, scheme)
				}
				ratio := contrast(g.text, g.back)
				least[scheme] = min(least[scheme], ratio)
				if ratio < 4.5 {
					t.Errorf("%s: %q is %s on %s in %s: %.2f", name, text, g.text, g.back, scheme, ratio)
				}
			}
		})
		if texts < 15 {
			t.Errorf("%s: only %d texts were looked at", name, texts)
		}
	}
	t.Logf("the least contrast is %.1f in light and %.1f in dark", least["light"], least["dark"])
}

// A mail has the colours of the site, each link one of them, and the site's mark as text.
func TestMailsLookLikeTheSite(t *testing.T) {
	sheet, err := os.ReadFile("../pages/src/style.css")
	if err != nil {
		t.Fatal(err)
	}
	css, _, _ := strings.Cut(string(sheet), "@media print")
	begin, end, _ := strings.Cut(css, "@media (prefers-color-scheme: dark)")
	end, _, _ = strings.Cut(end, "*, ::before")
	for name, m := range mails(t, small()) {
		for _, rules := range darkRules(t, m.HTML) {
			for _, c := range rules {
				if !strings.Contains(end, c) {
					t.Errorf("%s: %s is no dark colour of the site", name, c)
				}
			}
		}
		root, _ := html.Parse(strings.NewReader(m.HTML))
		for n := range root.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			own := colours(attribute(n, "style"))
			for _, c := range own {
				if !strings.Contains(begin, c) {
					t.Errorf("%s: %s is no colour of the site", name, c)
				}
			}
			if n.Data == "a" && (own["color"] == "" || attribute(n, "class") == "") {
				t.Errorf("%s: a link has the client's colour", name)
			}
		}
		if !strings.Contains(m.HTML, "HelpDesk Expert <b>Privacy</b>") || !strings.Contains(m.HTML, `aria-hidden="true" width="24"`) {
			t.Errorf("%s: the mark is missing", name)
		}
	}
}

// What a client may drop leaves a mail that can be read and used: one heading, then the text, the address of the main link in words, headings in the foot.
// Nothing comes from elsewhere.
func TestMailsStandWithoutStyles(t *testing.T) {
	links := map[string]string{"export": exportLink, "nothing": statusLink,
		"notice": changesLink, "transfer": changesLink}
	for name := range waits {
		links[name] = meLink
	}
	for name := range acts {
		links[name] = mePage
	}
	for _, of := range []map[string][]string{rightLinks(), erasureLinks()} {
		for name, all := range of {
			links[name] = append(all, "")[0]
		}
	}
	for name, m := range mails(t, small()) {
		root, _ := html.Parse(strings.NewReader(m.HTML))
		var outline []string
		readable := links[name] == ""
		for n := range root.Descendants() {
			if n.Type == html.TextNode && n.Data == links[name] && n.Parent.Data == "a" && attribute(n.Parent, "href") == links[name] {
				readable = true
			}
			if n.Type != html.ElementNode {
				continue
			}
			if n.Data == "h1" || n.Data == "h2" {
				outline = append(outline, n.Data)
			}
			if n.Data == "table" && attribute(n, "role") != "presentation" {
				t.Errorf("%s: a table that is none of data says so to nobody", name)
			}
			if style := attribute(n, "style"); n.Data == "td" && strings.Contains(style, "color:") && (!strings.Contains(style, "font-size:") || !strings.Contains(style, "line-height:")) {
				t.Errorf("%s: a cell says no size of its type, which it does not inherit where a client takes the doctype away: %s", name, style)
			}
			for _, key := range []string{"src", "srcset", "background", "poster", "data"} {
				if attribute(n, key) != "" {
					t.Errorf("%s: <%s> loads something", name, n.Data)
				}
			}
			if slices.Contains([]string{"img", "link", "script", "iframe", "object", "video", "form"}, n.Data) {
				t.Errorf("%s: <%s>", name, n.Data)
			}
		}
		if !readable {
			t.Errorf("%s: the address of the button cannot be read", name)
		}
		if want := "h1" + strings.Repeat(" h2", headings(name)); strings.Join(outline, " ") != want {
			t.Errorf("%s: the headings are %v", name, outline)
		}
		if strings.Contains(m.HTML, "url(") || strings.Contains(m.HTML, "@import") || strings.Contains(m.HTML, "data:") || strings.Contains(m.HTML, "cid:") {
			t.Errorf("%s: the mail loads something", name)
		}
		if links[name] != "" && !strings.Contains(m.HTML, "mso-padding-alt:12px 22px") {
			t.Errorf("%s: the button has no padding in Outlook", name)
		}
	}
}

// headings returns how many headings of the second level a mail has: those of its text, and two of its foot.
func headings(name string) int {
	kind, _, _ := strings.Cut(name, "-")
	switch name {
	case "team": // its foot is not for people
		return 0
	case "closed-nothing", "closed-question": // what we did, or our answer
		return 3
	case "closed-done": // nothing to say but that it is done
		return 2
	case "closed-objection", "closed-half", "closed-shared", "closed-lifted":
		return 5 // why, what follows, and what if the reader does not agree
	case "erased", "erased-california":
		return 7 // what was deleted, what is kept, other systems, the certificate, and what if the reader does not agree
	case "erased-all":
		return 5
	default:
		return map[string]int{"notice": 2, "transfer": 2, "limited": 3, "extended": 2, "closed": 2, "agreed": 3}[kind] + 2
	}
}

var (
	styleElement = regexp.MustCompile(`(?s)<style>.*?</style>`)
	styles       = regexp.MustCompile(` (?:style|bgcolor|class|width|height|align|valign)="[^"]*"`)
)

// stripped is a mail as clients show it: all of it, without the style element, without any style.
func stripped(mail string) map[string]string {
	plain := styleElement.ReplaceAllString(mail, "")
	return map[string]string{"styled": mail, "inline": plain, "bare": styles.ReplaceAllString(plain, "")}
}

// typical lists mails that have together every piece of every template.
var typical = []string{"export", "nothing", "notice", "transfer", "link-all", "link-reminder", "receipt-every", "limited-objection", "limited-accuracy", "extended",
	"closed-objection", "closed-partly", "team", "agreed", "erased-california", "link-plan-too", "link-mail-all", "closed-question"}

// Every mail in Chromium, in each form in which clients show it, on a phone and on a large screen, in light and in dark: nothing wider than the
// window, the button as high as a finger, no rule of axe-core broken. axe-core sees each mail once: with its style element or without, in light or in
// dark, by turns. SCREENSHOTS names a folder that receives a picture of each. make test shows the typical ones.
func TestMailsInABrowser(t *testing.T) {
	ctx := browsertest.New(t)
	all := mails(t, policy.Newest())
	for i, name := range soak.Pick(typical, slices.Sorted(maps.Keys(all))) {
		m := all[name]
		for form, text := range stripped(m.HTML) {
			file := filepath.Join(t.TempDir(), "mail.html")
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			browsertest.Do(t, ctx, chromedp.Navigate("file://"+file))
			for _, scheme := range []string{"light", "dark"} {
				for _, width := range soak.Pick([]int64{320}, []int64{320, 700}) {
					browsertest.Look(t, ctx, width, 844, scheme)
					picture(t, ctx, fmt.Sprintf("mail-%s-%s-%d-%s", name, form, width, scheme))
					if form == "bare" { // without styles nothing breaks the address of a link, and a client chooses the colours
						continue
					}
					browsertest.Fits(t, ctx)
					if inTurn := (form == "styled") == (i%2 == 0) && (scheme == "light") == (i/2%2 == 0); inTurn && width == 320 {
						browsertest.Accessible(t, ctx)
					}
					looks(t, ctx, form, scheme)
					if t.Failed() {
						t.Fatalf("in %s, %s, %d px, %s", name, form, width, scheme)
					}
				}
			}
		}
	}
}

// looks holds the button and the ground of the mail on show against what they should be.
func looks(t *testing.T, ctx context.Context, form, scheme string) {
	t.Helper()
	button := `!!document.querySelector('a.solid')`
	if !browsertest.Get(t, ctx, chromedp.Evaluate[bool](button)) { // the team's reminder has nothing to press
		return
	}
	if high := browsertest.Get(t, ctx, chromedp.Evaluate[float64](`document.querySelector('a.solid').getBoundingClientRect().height`)); high < 44 {
		t.Errorf("the button is %v px high", high)
	}
	want := "rgb(251, 251, 248) rgb(11, 93, 90)"
	if form == "styled" && scheme == "dark" {
		want = "rgb(16, 22, 21) rgb(127, 211, 200)"
	}
	const show = `getComputedStyle(document.body).backgroundColor + ' ' + getComputedStyle(document.querySelector('a.solid')).backgroundColor`
	if got := browsertest.Get(t, ctx, chromedp.Evaluate[string](show)); got != want {
		t.Errorf("ground and button are %s, want %s", got, want)
	}
}

func picture(t *testing.T, ctx context.Context, name string) {
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), browsertest.Get(t, ctx, chromedp.FullScreenshot(100)), 0o600); err != nil {
		t.Fatal(err)
	}
}
