package pages

import (
	"html"
	"io/fs"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
)

// built is a dist folder that was made without npm.
var built = fstest.MapFS{
	"manifest.json": {Data: []byte(`{"style.css":"style-A.css","icon.svg":"icon-A.svg","form.js":"form-A.js","me.js":"me-A.js","status.js":"status-A.js","export.js":"export-A.js","worker.js":"worker-A.js"}`)},
	"style-A.css":   {Data: []byte("a{}")}, "icon-A.svg": {Data: []byte("<svg/>")}, "form-A.js": {}, "me-A.js": {}, "status-A.js": {}, "export-A.js": {}, "worker-A.js": {},
}

// noon is a time on the first day on which the newest version is in force.
var noon = policy.Versions()[0].InForceFrom().Add(12 * time.Hour)

// rendered returns a page while p is in force. A page about one version is about that one.
func rendered(t *testing.T, p *policy.Policy, name Name) string {
	t.Helper()
	policies := Compiled()
	policies.InForce = func(time.Time) *policy.Policy { return p }
	return shown(t, policies, name, p.Version, noon)
}

// shown returns a page at a time.
func shown(t *testing.T, p Policies, name Name, version string, now time.Time) string {
	t.Helper()
	s, err := newSite(p, built)
	if err != nil {
		t.Fatal(err)
	}
	page, err := s.Page(name, version, now)
	if err != nil {
		t.Fatal(err)
	}
	return string(page.Body)
}

var (
	tags   = regexp.MustCompile(`<[^>]*>`)
	blanks = regexp.MustCompile(`\s+`)
)

// text returns the text of a page that a person reads.
func text(page string) string {
	return blanks.ReplaceAllString(html.UnescapeString(tags.ReplaceAllString(page, " ")), " ")
}

// machine lists the members of the policy that are not sentences: ids, slugs and codes, which the page shows as words.
var machine = []string{
	"ID", "Version", "LastUpdated", "TimeZone", "Origins", "Purposes", "Sources", "Retention", "Name", "Type", "Enum", "Basis",
	"Starts", "Stored", "Consent", "Storage", "Owner", "Country", "Safeguard", "Categories", "Law", "Jurisdiction", "Site", "Kind", "EffectiveFrom", "AnnounceAt", "Withhold", "While", "Drops",
}

// sentences collects every text of the policy with its path.
func sentences(v reflect.Value, path string, found map[string]string) {
	switch v.Kind() { //nolint:exhaustive // the policy is made of these
	case reflect.String:
		if v.String() != "" {
			found[path] = v.String()
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			sentences(v.Index(i), path, found)
			path += "'"
		}
	case reflect.Struct:
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			list := v.Field(i).Kind() == reflect.Slice && v.Field(i).Type().Elem().Kind() == reflect.Struct
			if slices.Contains(machine, name) && !list {
				continue
			}
			sentences(v.Field(i), path+"."+name, found)
		}
	}
}

// The page contains every sentence of the policy: what is collected (B01, B02), with whom it is shared (D02, J01, J02), the cookies
// (E03), the schedule with the service's own rows (F08), the rights, the changes, the decisions.
func TestPromise_B01_PolicyPageStatesAllOfThePolicy(t *testing.T) {
	shown, changes := text(rendered(t, policy.Newest(), PolicyPage)), text(rendered(t, policy.Newest(), ChangesPage))
	found := map[string]string{}
	sentences(reflect.ValueOf(*policy.Newest()), "policy", found)
	if len(found) < 200 {
		t.Fatalf("found only %d sentences", len(found))
	}
	for path, sentence := range found {
		page := shown
		if strings.HasPrefix(path, "policy.WhatChanged") { // the policy's page links to the page of changes
			page = changes
		}
		if !strings.Contains(page, blanks.ReplaceAllString(sentence, " ")) {
			t.Errorf("%s is not on the page: %q", path, sentence)
		}
	}
}

// Nobody can prove that the statement is true. The promise is that every version of the policy makes it. An act that keeps the
// version in force says so too (A02).
func TestPromise_A04_TheAcknowledgementIsStated(t *testing.T) {
	shown := text(rendered(t, policy.Newest(), PolicyPage))
	i := slices.IndexFunc(policy.Newest().Preamble, func(s policy.Statement) bool { return s.ID == "acknowledgement" })
	if i < 0 {
		t.Fatal("the policy does not state it")
	}
	if s := policy.Newest().Preamble[i]; !strings.Contains(s.Text, "acknowledge") || !strings.Contains(shown, s.Title+" . "+s.Text) && !strings.Contains(shown, s.Title+". "+s.Text) {
		t.Errorf("the page does not state it: %q", s)
	}
}

// The policy says in one place what a count may contain. The page takes the number and the lists from there.
func TestPromise_F05_PolicyPageSaysWhatACountMayHold(t *testing.T) {
	p := *policy.Newest()
	p.Analytics.SmallestCount = 4711
	shown := text(rendered(t, &p, PolicyPage))
	if !strings.Contains(shown, "The smallest count is 4711 visits") || !strings.Contains(shown, strings.Join(p.Analytics.Pages, ", ")) {
		t.Error("the page does not say what a count may hold")
	}
	for _, d := range p.Decisions {
		if strings.Contains(d.Text, "10 visits") {
			t.Errorf("%s repeats the smallest count", d.ID)
		}
	}
}

func TestPromise_E03_EveryCookieIsDescribed(t *testing.T) {
	shown := text(rendered(t, policy.Newest(), PolicyPage))
	for _, c := range policy.Newest().Cookies {
		if !strings.Contains(shown, c.Name) || !strings.Contains(shown, c.Purpose) || !strings.Contains(shown, c.Life) {
			t.Errorf("%s is not described", c.Name)
		}
	}
}

func TestPromise_F08_ScheduleShowsTheServicesOwnRecords(t *testing.T) {
	page := rendered(t, policy.Newest(), PolicyPage)
	for _, r := range policy.Newest().Retention {
		if !strings.Contains(page, `id="keep-`+r.ID+`"`) {
			t.Errorf("the schedule lacks %s", r.ID)
		}
	}
}

func TestPromise_K01_LastUpdatedIsTheDayOfPublication(t *testing.T) {
	p := *policy.Newest()
	p.LastUpdated = "2031-04-05"
	if page := rendered(t, &p, PolicyPage); !strings.Contains(page, `Last updated <time datetime="2031-04-05">5 April 2031</time>`) {
		t.Error("the page does not say when it was last updated")
	}
}

func TestPromise_A02_PolicyPageNamesItsVersionAndHash(t *testing.T) {
	shown := text(rendered(t, policy.Newest(), PolicyPage))
	now := policy.Versions()[0]
	if !strings.Contains(shown, now.Version) || !strings.Contains(shown, now.SHA256) {
		t.Error("the page does not say which version it shows")
	}
}

func TestPromise_A01_EveryPageNamesTheController(t *testing.T) {
	p := *policy.Newest()
	p.Controller = policy.Controller{
		Name: "Example & Sons", Site: "https://example.test", Email: "hello@example.test", Phone: "+44 1", Team: "The <Team>",
		PrivacyEmail: "privacy@example.test", SecurityEmail: "security@example.test", TimeZone: "Europe/London",
	}
	for name := range titles {
		page := html.UnescapeString(rendered(t, &p, name))
		for _, want := range []string{"Example & Sons", "https://example.test", "hello@example.test", "+44 1", "privacy@example.test", "security@example.test"} {
			if !strings.Contains(page, want) {
				t.Errorf("%s lacks %q", name, want)
			}
		}
	}
}

func TestPromise_L01_EveryPageNamesTheAuthorities(t *testing.T) {
	for name := range titles {
		page := html.UnescapeString(rendered(t, policy.Newest(), name))
		for _, a := range policy.Newest().Authorities {
			if !strings.Contains(page, a.Name) || !strings.Contains(page, a.Site) {
				t.Errorf("%s does not name %s", name, a.Name)
			}
		}
	}
}

func TestPagesLoadNothingFromElsewhere(t *testing.T) {
	loads := regexp.MustCompile(`(?:src|rel="(?:stylesheet|icon)" href)="([^"]*)"`)
	for name := range titles {
		for _, m := range loads.FindAllStringSubmatch(rendered(t, policy.Newest(), name), -1) {
			if !strings.HasPrefix(m[1], "/assets/") {
				t.Errorf("%s loads %s", name, m[1])
			}
		}
	}
}

func TestPagesNeedTheirAssets(t *testing.T) {
	if _, err := newSite(Compiled(), fstest.MapFS{}); err == nil || !strings.Contains(err.Error(), "npm run build") {
		t.Error("missing assets are not explained: ", err)
	}
	broken := fstest.MapFS{"manifest.json": {Data: []byte(`{"style.css":"style.exe"}`)}, "style.exe": {}}
	if _, err := newSite(Compiled(), broken); err == nil {
		t.Error("a file of an unknown kind is served")
	}
}

// The sources name no other origin either; what they fetch comes from the service's answers.
func TestScriptsNameNoOrigin(t *testing.T) {
	files, err := os.ReadDir("src")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		source, err := os.ReadFile("src/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(f.Name(), ".test.js") || f.Name() == "icon.svg" {
			continue
		}
		for _, banned := range []string{"http://", "https://", "innerHTML", "eval(", "document.write", "localStorage", "document.cookie"} {
			if strings.Contains(string(source), banned) {
				t.Errorf("%s: %s", f.Name(), banned)
			}
		}
	}
}

// Each figure that a page prints is the policy's.
func TestPromise_A02_PagesPrintThePeriodsOfThePolicy(t *testing.T) {
	p := *policy.Newest()
	p.AnswerWithin, p.SessionLife = 12, 90
	p.Retention = append([]policy.Retention{
		{Days: 5, Stored: []policy.Kind{policy.MailboxLink}}, {Days: 4, Stored: []policy.Kind{policy.ExportObject}},
	}, p.Retention...)
	for name, figures := range map[Name][]string{
		PolicyPage:  {"within 12 days"},
		RequestPage: {"within 12 days"},
		MePage:      {"stays open in this browser for 90 minutes", "open it within 5 days"},
	} {
		page := text(rendered(t, &p, name))
		for _, figure := range figures {
			if !strings.Contains(page, figure) {
				t.Errorf("%s does not say %q", name, figure)
			}
		}
	}
}

// A purpose that a cookie of the policy needs is shown as the choice of a browser, and any other as a choice about the address.
func TestPromise_E03_ChoicesOfABrowserAreThePolicys(t *testing.T) {
	p := *policy.Newest()
	of := func() [2][]string {
		page := rendered(t, &p, MePage)
		var found [2][]string
		for i, list := range []string{"choices", "browser"} {
			_, rest, _ := strings.Cut(page, `<ul id="`+list+`"`)
			rest, _, _ = strings.Cut(rest, "</ul>")
			for _, m := range regexp.MustCompile(`data-purpose="([a-z_]+)"`).FindAllStringSubmatch(rest, -1) {
				found[i] = append(found[i], m[1])
			}
		}
		return found
	}
	if got, want := of(), [2][]string{{"marketing_email", "testimonials"}, {"analytics_cookies", "marketing_cookies"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	p.Cookies = []policy.Cookie{{Name: "x", Consent: "testimonials"}}
	if got, want := of(), [2][]string{{"analytics_cookies", "marketing_cookies", "marketing_email"}, {"testimonials"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// aPeriod matches a period that a text states itself. It does not match minutes, because "try again in a minute" is no period of the policy.
var aPeriod = regexp.MustCompile(`(?i)\b(\d+|an?|next|one|two|three|seven|thirty) (hour|day|week|month|year)s?\b`)

// No text of a page, a script or a mail repeats a figure of the policy, because the text would not change with the policy.
func TestPromise_A02_NoTextRepeatsAPeriod(t *testing.T) {
	read := 0
	for _, pattern := range []string{"pages/html/*.html", "letters/templates/*", "pages/src/*.js"} {
		files, err := fs.Glob(os.DirFS(".."), pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			source, err := os.ReadFile("../" + file)
			if err != nil {
				t.Fatal(err)
			}
			read++
			if found := aPeriod.FindString(string(source)); found != "" && !strings.HasSuffix(file, ".test.js") {
				t.Errorf("%s says %q", file, found)
			}
		}
	}
	if read < 20 {
		t.Errorf("only %d texts were read", read)
	}
}

// Access and portability are told apart where somebody chooses: in the list, and on each of the two forms.
func TestAccessAndPortabilityAreToldApart(t *testing.T) {
	_, access := about(t, policy.Newest(), RequestPage, "right=access")
	_, portability := about(t, policy.Newest(), RequestPage, "right=portability")
	for page, wants := range map[string][]string{
		rendered(t, policy.Newest(), RequestPage): {"Everything we hold about you", "The data that you gave us"},
		access:      {"To move your data to another provider, use Take my data to another provider", "a copy of your data covers more"},
		portability: {"To see everything we hold about you, use Get a copy of my data", "It covers more"},
	} {
		for _, want := range wants {
			if !strings.Contains(text(page), want) {
				t.Errorf("the page does not say %q", want)
			}
		}
	}
}
