package links_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/functions/policy/openapi"
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

const origin = links.Origin("https://privacy.example")

// all lists every link, with the method of its route, its fragment, and the part of its path that it shares with no other kind of link.
var all = []struct{ link, want, method, fragment, path string }{
	{origin.Status("0190", "dG9r_-4"), "https://privacy.example/requests/0190#dG9r_-4", "GET", "dG9r_-4", "/requests/"},
	{origin.Export("0190.1", "dG9r_-4", "AGE-1Q"), "https://privacy.example/exports/0190.1#dG9r_-4.AGE-1Q", "GET", "dG9r_-4.AGE-1Q", "/exports/"},
	{origin.Me("bWFpbGJveA", "dG9r_-4"), "https://privacy.example/me#bWFpbGJveA.dG9r_-4", "GET", "bWFpbGJveA.dG9r_-4", "/me#"},
	{origin.MePage(), "https://privacy.example/me", "GET", "", "/me"},
	{origin.Unsubscribe("MDE5MQ.bWFj"), "https://privacy.example/v1/unsubscribe/MDE5MQ.bWFj", "POST", "", "/unsubscribe/"},
	{origin.Ask(privacy.OptOut), "https://privacy.example/request?right=opt_out", "GET", "", "/request?right=opt_out"},
	{origin.SecurityTxt(), "https://privacy.example/.well-known/security.txt", "GET", "", "/security.txt"},
	{origin.Versions(), "https://privacy.example/policy/versions", "GET", "", "/policy/versions"},
	{origin.Version("2026-11-02"), "https://privacy.example/policy/versions/2026-11-02", "GET", "", "/policy/versions/"},
	{origin.Version("a b?c#d"), "https://privacy.example/policy/versions/a%20b%3Fc%23d", "GET", "", "/policy/versions/"},
	{origin.Changes("2026-11-02"), "https://privacy.example/policy/changes/2026-11-02", "GET", "", "/policy/changes/"},
	{origin.RequestSent("access", "verifying"), "https://privacy.example/request/sent?right=access", "GET", "", "/request/sent"},
	{origin.RequestSent("complaint", "open"), "https://privacy.example/request/sent?right=complaint&state=open", "GET", "", "/request/sent"},
	{origin.RequestDone("opt_out"), "https://privacy.example/request/done?right=opt_out", "GET", "", "/request/done"},
	{origin.RequestProblem(links.Refusal{Kind: links.FormBusy}), "https://privacy.example/request/problem?kind=busy", "GET", "", "/request/problem"},
	{origin.Security(), "https://privacy.example/#security", "GET", "security", "/#"},
}

// Every link leads to a route that the API declares, at the origin that was given. Only the fragment contains secrets, and no browser sends
// it.
func TestThreat_T12_SecretsStandInTheFragment(t *testing.T) {
	for _, c := range all {
		u, err := url.Parse(c.link)
		if err != nil || c.link != c.want {
			t.Errorf("%s, want %s: %v", c.link, c.want, err)
			continue
		}
		if u.Scheme+"://"+u.Host != string(origin) || u.User != nil || u.RawQuery != "" && u.Path != "/request" && !strings.HasPrefix(u.Path, "/request/") {
			t.Errorf("%s leads elsewhere or has a query", c.link)
		}
		if methods := openapi.Methods(u.Path); strings.Join(methods, " ") != c.method {
			t.Errorf("%s: its path takes %q, want %s", c.link, methods, c.method)
		}
		if u.Fragment != c.fragment || strings.Contains(u.Path, "dG9r_-4") || !strings.Contains(c.link, c.path) {
			t.Errorf("%s: the fragment is %q, want %q, and the path %q", c.link, u.Fragment, c.fragment, u.Path)
		}
	}
}

// routeKey is what the functions register for a route: it names a path, and links to nothing.
var routeKey = regexp.MustCompile(`^[A-Z]+ /\S*$`)

// No other package of the service spells the path of a link, so that none builds one. Tests, and packages for tests, are not read.
func TestNoOtherPackageBuildsALink(t *testing.T) {
	read := 0
	for _, root := range []string{"../../shared", "../../functions"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			switch name := entry.Name(); {
			case err != nil:
				return err
			case entry.IsDir() && (name == "links" || name == "node_modules" || strings.HasSuffix(name, "test")):
				return fs.SkipDir
			case entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
				return nil
			}
			read++
			source := token.NewFileSet()
			file, err := parser.ParseFile(source, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			for _, text := range literals(file) {
				if linked := spelt(text); linked != "" {
					t.Errorf("%s: %q spells %s, which only shared/links may", path, text, linked)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if read < 150 {
		t.Errorf("only %d files were read", read)
	}
}

// literals returns the strings that a file holds.
func literals(file *ast.File) (texts []string) {
	for node := range ast.Preorder(file) {
		if literal, ok := node.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			text, _ := strconv.Unquote(literal.Value) // it was parsed
			texts = append(texts, text)
		}
	}
	return texts
}

// spelt returns what a text spells of a link's path: "" for nothing, and for a route key.
func spelt(text string) string {
	if routeKey.MatchString(text) {
		return ""
	}
	for _, c := range all {
		whole := regexp.QuoteMeta(c.path)
		if c.path[len(c.path)-1] >= 'a' { // it ends in a word, which a longer one may begin with
			whole += `(?:[^a-z]|$)`
		}
		if regexp.MustCompile(whole).MatchString(text) {
			return c.path
		}
	}
	return ""
}

// T12: nothing but a right gets into the address of a page about one.
func TestThreat_T12_OnlyARightStandsInAnAddress(t *testing.T) {
	for _, word := range []privacy.Right{"", "canary", "Access", "anna@example.org"} {
		for name, link := range map[string]func() string{
			"sent": func() string { return origin.RequestSent(word, "open") }, "done": func() string { return origin.RequestDone(word) },
		} {
			func() {
				defer func() { _ = recover() }()
				t.Errorf("%s: %q gives %s", name, word, link())
			}()
		}
	}
	if link := origin.RequestSent("access", "canary"); strings.Contains(link, "canary") {
		t.Error(link)
	}
}

// The check finds the spellings that it looks for.
func TestLinksAreSeen(t *testing.T) {
	for text, want := range map[string]string{
		"%s/requests/%s#%s": "/requests/", "https://a.test/exports/": "/exports/", "/v1/unsubscribe/": "/unsubscribe/", "/#security": "/#",
		"Canonical: %s/.well-known/security.txt": "/security.txt", "GET /requests/{id}": "", "GET /.well-known/security.txt": "", "/request": "", "requests": "", "/v1/records/": "",
		"/me#": "/me#", "https://a.test/me": "/me", "%s/me?a": "/me", "GET /me": "", "example.test/message": "", "me": "",
	} {
		if got := spelt(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
