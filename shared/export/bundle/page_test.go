package bundle

import (
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// elements counts the elements of a page by name. It fails the test if the page could load or run something.
func elements(t *testing.T, page []byte) map[string]int {
	t.Helper()
	root, err := html.Parse(strings.NewReader(string(page)))
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		count[n.Data]++
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "style" {
				t.Errorf("<%s %s>", n.Data, a.Key)
			}
		}
	}
	return count
}

func TestThreat_T17_ThePageEscapesWhatItShows(t *testing.T) {
	naughty := `</dd></article><script>alert(1)</script><img src=x onerror=alert(1)>{{.}}" ' --> <!-- &lt;`
	member := string(quote(naughty))
	hostile := []Record{
		stored(privacy.Communication, naughty, privacy.Direct, 1, `{"agent":`+member+`,"messages":[{"from":"subject","name":`+member+`,"text":`+member+`}]}`),
		stored(privacy.Identity, "self", privacy.Direct, 1, `{"firstName":`+member+`}`),
		stored(privacy.Marketing, "news", privacy.Direct, 1, `{"interests":[`+member+`]}`),
	}
	tame := []Record{
		stored(privacy.Communication, "x", privacy.Direct, 1, `{"agent":"x","messages":[{"from":"subject","name":"x","text":"x"}]}`),
		stored(privacy.Identity, "self", privacy.Direct, 1, `{"firstName":"x"}`),
		stored(privacy.Marketing, "news", privacy.Direct, 1, `{"interests":["x"]}`),
	}
	attacked, _, _ := build(t, input(privacy.Access, hostile))
	plain, _, _ := build(t, input(privacy.Access, tame))
	got, want := elements(t, attacked["index.html"]), elements(t, plain["index.html"])
	if len(got) != len(want) {
		t.Errorf("new elements: %v, want %v", got, want)
	}
	for name, n := range got {
		if want[name] != n || name == "script" || name == "img" {
			t.Errorf("<%s> %d times, want %d", name, n, want[name])
		}
	}
}

func TestPromise_A01_ThePageNamesTheController(t *testing.T) {
	for _, right := range []privacy.Right{privacy.Access, privacy.Portability} {
		files, _, _ := build(t, input(right, nil))
		c := policy.Newest().Controller
		root, err := html.Parse(strings.NewReader(string(files["index.html"])))
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		for n := range root.Descendants() {
			if n.Type == html.TextNode {
				text.WriteString(n.Data)
			}
		}
		for _, fact := range []string{c.Name, c.Site, c.Phone, c.PrivacyEmail} {
			if !strings.Contains(text.String(), fact) {
				t.Errorf("%s: the page lacks %q", right, fact)
			}
		}
	}
}

func TestLongListsAreCut(t *testing.T) {
	messages := strings.Repeat(`{"from":"subject","name":"Anna","text":"hi"},`, 899) + `{"from":"agent","name":"Bo","text":"last"}`
	files, _, _ := build(t, input(privacy.Access, []Record{
		stored(privacy.Communication, "long", privacy.Direct, 1, `{"messages":[`+messages+`]}`)}))
	if !strings.Contains(string(files["index.html"]), "And 700 more in the data files.") {
		t.Error("the page does not say that there are more messages")
	}
}
