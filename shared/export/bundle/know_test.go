package bundle

import (
	"bytes"
	"encoding/json"
	"html"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// statement is the input of an answer to a request to know the categories.
func statement() Input {
	in := input(privacy.Know, nil)
	in.Content = request.Statement
	return in
}

// H08: a request to know the categories is answered with the statement and its page alone, whatever is stored about the person. The bundle is the
// same, byte for byte, with everything on record and with nothing.
func TestPromise_H08_TheStatementHasNoData(t *testing.T) {
	full := statement()
	full.Requests, full.Subject = requested(), known()
	full.Records = func(func(Record, error) bool) { t.Error("the records were read") }
	files, order, summary := build(t, full)
	if want := []string{"processing.json", "index.html", "manifest.json"}; !slices.Equal(order, want) {
		t.Errorf("files %v, want %v", order, want)
	}
	if summary.Records != 0 || len(summary.Categories) != 0 || len(summary.Sources) != 0 {
		t.Errorf("%+v", summary)
	}
	empty := statement()
	empty.Consents = nil
	without, _, _ := build(t, empty)
	if !reflect.DeepEqual(files, without) {
		t.Error("the statement depends on what is stored")
	}
	for _, stored := range []string{"Anna", "anna", "canary", "sid-former", "lena@law.example"} {
		for name, content := range files {
			if bytes.Contains(content, []byte(stored)) {
				t.Errorf("%s contains %q", name, stored)
			}
		}
	}
}

// H08: the statement says by category what is collected, with examples, sources, purposes, recipients and period, the purposes with their basis, the
// rights, where to complain, and how far back it reaches (CCPA §1798.110(c), §1798.130(a)(2)(B)).
func TestPromise_H08_TheStatementSaysEverythingByCategory(t *testing.T) {
	files, _, _ := build(t, statement())
	var got processing
	if err := json.Unmarshal(files["processing.json"], &got); err != nil {
		t.Fatal(err)
	}
	p, page := policy.Newest(), html.UnescapeString(string(files["index.html"]))
	i := 0
	for _, c := range p.Categories {
		if !c.ID.HasSubject() {
			continue
		}
		row := got.Categories[i]
		i++
		if row.Category != c.ID || row.Title != c.Title || !slices.Equal(row.Examples, c.Examples) || !slices.Equal(row.Sources, c.Sources) || !slices.Equal(row.Purposes, c.Purposes) ||
			row.Period == "" || row.Records != nil {
			t.Errorf("%+v for %s", row, c.ID)
		}
		for _, words := range append([]string{c.Title, row.Period}, row.Recipients...) {
			if !strings.Contains(page, words) {
				t.Errorf("the page lacks %q", words)
			}
		}
	}
	if i != len(got.Categories) || len(got.Sources) == 0 || slices.ContainsFunc(got.Sources, func(s source) bool { return s.Records != 0 }) {
		t.Errorf("%d categories of %d, sources %+v", len(got.Categories), i, got.Sources)
	}
	if got.Covers == nil || got.Covers.From != "2022-01-01" {
		t.Errorf("covers %+v", got.Covers)
	}
	if i := slices.IndexFunc(got.Purposes, func(x purpose) bool { return x.Sharing }); i < 0 || got.Purposes[i].ID != privacy.MarketingCookies {
		t.Error("no purpose counts as sharing")
	}
	for _, words := range []string{"This statement is the same for everybody", "since 1 January 2022", "your right to know (CCPA §1798.110)", "Right to know", "Under Californian law this counts as sharing",
		"Lawful basis: legitimate interests", p.Authorities[0].Name} {
		if !strings.Contains(page, words) {
			t.Errorf("the page lacks %q", words)
		}
	}
	for _, words := range []string{"The records", "No records", "Files", "We store no records", "holds about you"} {
		if strings.Contains(page, words) {
			t.Errorf("the page says %q", words)
		}
	}
}

// H08: the page that opens an export in the browser can show the statement, since its manifest describes processing.json with a title for each member.
func TestPromise_H08_TheManifestDescribesTheStatement(t *testing.T) {
	files, _, _ := build(t, statement())
	m := manifestOf(t, files)
	if len(m.Documents) != 1 || m.Documents[0].File != "processing.json" || m.Categories == nil || len(m.Categories) != 0 {
		t.Fatalf("%+v", m)
	}
	var content any
	if err := json.Unmarshal(files["processing.json"], &content); err != nil {
		t.Fatal(err)
	}
	labelledAll(t, "processing.json", m.Documents[0].Fields, content)
}

// H08: whoever declares that they are who they say gets the data itself: all that an answer to access has, and how far back it reaches.
func TestPromise_H08_SpecificPiecesAreAsAccess(t *testing.T) {
	with := func(right privacy.Right) (map[string][]byte, []string) {
		in := personal(right)
		files, order, _ := build(t, in)
		return files, order
	}
	access, names := with(privacy.Access)
	know, order := with(privacy.Know)
	if !slices.Equal(names, order) {
		t.Errorf("files %v, want %v", order, names)
	}
	for name, content := range access {
		if name != "index.html" && name != "manifest.json" && name != "processing.json" && !bytes.Equal(content, know[name]) {
			t.Errorf("%s differs from that of access", name)
		}
	}
	if page := string(know["index.html"]); !strings.Contains(page, "your right to know (CCPA §1798.110)") || !strings.Contains(page, "everything that we collected since 1 January 2022") {
		t.Error("the page does not name the right, or how far back it reaches")
	}
	if bytes.Contains(access["processing.json"], []byte("2022")) {
		t.Error("an answer to access names the period of the right to know")
	}
}

// H05, H08: a bundle is made of what its content says, and of nothing else, whatever is on record.
func TestPromise_H08_NoContentNoBundle(t *testing.T) {
	in := input(privacy.Access, person())
	for _, content := range []request.Content{"", "all"} {
		in.Content = content
		if _, err := Write(t.Context(), &bytes.Buffer{}, in); err == nil {
			t.Errorf("a bundle of %q was made", content)
		}
	}
}

// H04: restricted data is shown, since it is stored, and the page says since when its use is restricted and what that means.
func TestPromise_H04_RestrictedDataIsShownAsRestricted(t *testing.T) {
	files, _, _ := build(t, personal(privacy.Access))
	page := string(files["index.html"])
	for _, words := range []string{
		"Use restricted since 23 October 2026: all your data. We go on storing it.", "Use restricted since 17 November 2026: your data of these kinds: " + categoryWords(policy.Newest())["contact"] + ", for these purposes: Security.",
		"you need the data for a legal claim", "you say that the data is wrong", "or a restriction that you asked for keeps this record", "You opted out of sale and sharing", "23 August 2026, 10:00 UTC",
		"You objected to", "Marketing emails, Security", "In force</dt>",
	} {
		if !strings.Contains(page, words) {
			t.Errorf("the page lacks %q", words)
		}
	}
	if len(items(t, files["data/contact.json"])) != 1 {
		t.Error("restricted data is not in the bundle")
	}
	about := manifestOf(t, files).Documents[2]
	if about.File != "subject.json" || !strings.Contains(about.Text, "Use restricted since 23 October 2026: all your data.") {
		t.Errorf("%q", about.Text)
	}
	plain, _, _ := build(t, input(privacy.Access, person()))
	if bytes.Contains(plain["index.html"], []byte("Use restricted")) || !bytes.Contains(plain["index.html"], []byte("The period has not started.")) {
		t.Error("data of somebody who restricted nothing is said to be restricted")
	}
}

// Whatever a person limits is in subject.json as it was given, and the page names every purpose, kind of data and request of it.
func TestPromise_H01_EveryLimitIsShown(t *testing.T) {
	p := policy.Newest()
	soak.CheckCostly(t, func(rt *rapid.T) {
		purposes := rapid.SliceOfNDistinct(rapid.SampledFrom(p.Purposes), 1, 4, func(x policy.Purpose) privacy.Purpose { return x.ID })
		in, titles := input(privacy.Access, nil), []string{}
		of := func(draw []policy.Purpose) (ids []privacy.Purpose) {
			for _, x := range draw {
				ids, titles = append(ids, x.ID), append(titles, x.Title)
			}
			return ids
		}
		since := created.Add(-time.Duration(rapid.IntRange(0, 1e6).Draw(rt, "since")) * time.Second)
		in.Subject = Subject{
			OptOuts:      []OptOut{{"req-a", since}},
			Objections:   []Objection{{"req-b", since, of(purposes.Draw(rt, "objected"))}},
			Restrictions: []Restriction{{Request: "req-c", Since: since, Ground: rapid.SampledFrom(privacy.Grounds[:]).Draw(rt, "ground")}},
		}
		if rapid.Bool().Draw(rt, "some purposes") {
			in.Subject.Restrictions[0].Purposes = of(purposes.Draw(rt, "restricted"))
		}
		if rapid.Bool().Draw(rt, "some categories") {
			c := rapid.SampledFrom(p.Categories).Draw(rt, "category")
			in.Subject.Restrictions[0].Categories, titles = []privacy.Category{c.ID}, append(titles, c.Title)
		}
		files, _, _ := build(t, in)
		var got Subject
		if err := json.Unmarshal(files["subject.json"], &got); err != nil || !reflect.DeepEqual(got, in.Subject.shown()) {
			rt.Errorf("%v %+v", err, got)
		}
		_, page, _ := strings.Cut(string(files["index.html"]), `<details id="subject">`)
		for _, words := range append(titles, "req-a", "req-b", "req-c", said()["ground"][string(in.Subject.Restrictions[0].Ground)], moment(since)) {
			if !strings.Contains(page, words) {
				rt.Errorf("the page lacks %q", words)
			}
		}
	})
}

// The person's own answer is shown whole, even if it names somebody; so is whoever acted for them. Nobody else's names are shown.
func TestThreat_T08_TheTeamsAnswerIsThePersonsOwn(t *testing.T) {
	files, _, _ := build(t, personal(privacy.Access))
	if got := string(files["requests.json"]); !strings.Contains(got, `"reason": "Ask Bo Berg <bo@example.net>."`) || !strings.Contains(got, `"address": "lena@law.example"`) {
		t.Errorf("requests.json: %s", got)
	}
	page := string(files["index.html"])
	for _, words := range []string{"Ask Bo Berg &lt;bo@example.net&gt;.", "done in part", "Lena Agent", "lena@law.example", "a lawyer", "many &lt;systems&gt;", "17 November 2026, 10:00 UTC", "Yes. So someone else may have sent it.",
		"kid@example.org", "the data itself", "You declared that you are who you say", "Complaint", "Deletion of a child&#39;s data"} {
		if !strings.Contains(page, words) {
			t.Errorf("the page lacks %q", words)
		}
	}
	statement, _, _ := build(t, statement())
	for name, content := range statement {
		if bytes.Contains(content, []byte("lena@law.example")) || bytes.Contains(content, []byte("Bo Berg")) {
			t.Errorf("%s names somebody", name)
		}
	}
}

// Every reason of an event, every act and every ground is shown in words. [TestEveryEventHasWords] is about the events.
func TestEveryReasonHasWords(t *testing.T) {
	for kind, words := range map[string][]string{
		"reason": {"done", "partly_done", "refused", "late", "judgement", "not_stopped", "limits", "unmailable", "closing_returned", "shared", "detached", "frozen"},
		"act":    {"confirmed", "decided", "discarded", "withdrawn", "attached", "contested", "filed", "limited", "lifted", "lapsed"},
		"ground": {"accuracy", "unlawful", "claims", "objection"},
	} {
		for _, word := range words {
			if text := said()[kind][word]; text == "" {
				t.Errorf("%s %s has no words", kind, word)
			}
		}
	}
}
