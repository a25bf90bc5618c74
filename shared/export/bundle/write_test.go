package bundle

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

func TestPromise_H01_AccessHoldsEverythingAndTheItemsOfArticle15(t *testing.T) {
	files, order, summary := build(t, input(privacy.Access, person()))
	if order[len(order)-1] != "manifest.json" {
		t.Errorf("the manifest is not last: %v", order)
	}
	for _, c := range []string{"account", "communication", "contact", "identity", "marketing", "preference", "security_log", "transaction"} {
		if files["data/"+c+".json"] == nil || files["data/"+c+".csv"] == nil {
			t.Errorf("no files for %s, which may be empty but is there", c)
		}
	}
	if summary.Records != 8 {
		t.Errorf("%d records, want all but the expired one", summary.Records)
	}
	var got map[string]any
	if err := json.Unmarshal(files["processing.json"], &got); err != nil {
		t.Fatal(err)
	}
	for _, item := range []string{"purposes", "categories", "recipients", "retention", "rights", "complaint", "sources", "transfers"} {
		if list, ok := got[item].([]any); !ok || len(list) == 0 {
			t.Errorf("%s is empty", item)
		}
	}
	if got["automatedDecisions"].(map[string]any)["text"] == "" {
		t.Error("nothing is said about automated decisions")
	}
}

func TestPromise_H01_AnEmptyItemFails(t *testing.T) {
	for _, c := range []struct {
		article string // the item that the error names
		empty   func(*policy.Policy)
	}{
		{"15(1)(a) purposes", func(p *policy.Policy) { p.Purposes = nil }},
		{"15(1)(b) categories", func(p *policy.Policy) { p.Categories = nil }},
		{"15(1)(c) recipients", func(p *policy.Policy) { p.Systems = nil }},
		{"15(1)(c) recipients", func(p *policy.Policy) { p.Disclosures = nil }},
		{"15(1)(d) retention", func(p *policy.Policy) { p.Retention = nil }},
		{"15(1)(e) rights", func(p *policy.Policy) { p.Rights = nil }},
		{"15(1)(f) complaint", func(p *policy.Policy) { p.Authorities = nil }},
		{"15(1)(h) automated decisions", func(p *policy.Policy) {
			p.Rights = slices.DeleteFunc(slices.Clone(p.Rights), func(r policy.DeclaredRight) bool { return r.ID == "automated_decisions" })
		}},
		{"15(2) transfers", func(p *policy.Policy) { p.Safeguards = nil }},
	} {
		p := *policy.Newest()
		c.empty(&p)
		in := input(privacy.Access, nil)
		in.Policy = &p
		if _, err := Write(t.Context(), &bytes.Buffer{}, in); err == nil || !strings.HasSuffix(err.Error(), "Art. "+c.article) {
			t.Errorf("the policy has no %s, and the error is %v", c.article, err)
		}
	}
	if err := Complete(policy.Newest()); err != nil {
		t.Error(err)
	}
}

func TestPromise_H05_PortabilityHoldsWhatTheSubjectProvided(t *testing.T) {
	files, _, summary := build(t, input(privacy.Portability, person()))
	for _, name := range []string{"processing.json", "data/security_log.json", "data/analytics.json"} {
		if files[name] != nil {
			t.Errorf("%s is there", name)
		}
	}
	if got := items(t, files["data/contact.json"]); len(got) != 0 {
		t.Error("a record of a referral partner is in a portability answer")
	}
	if want := []privacy.Source{privacy.Direct}; !slices.Equal(summary.Sources, want) {
		t.Errorf("sources %v, want %v", summary.Sources, want)
	}
}

func TestPromise_B03_SourcesAreListed(t *testing.T) {
	files, _, summary := build(t, input(privacy.Access, person()))
	want := []privacy.Source{privacy.Direct, privacy.Automatic, privacy.ReferralPartner, privacy.PublicSource}
	if diff := cmp.Diff(want, summary.Sources); diff != "" {
		t.Error(diff)
	}
	for _, s := range want {
		if !bytes.Contains(files["processing.json"], []byte(`"`+s+`"`)) {
			t.Errorf("%s is not in processing.json", s)
		}
	}
}

func TestPromise_G01_NoCredentialLeaves(t *testing.T) {
	for _, right := range []privacy.Right{privacy.Access, privacy.Portability} {
		files, _, _ := build(t, input(right, person()))
		for name, content := range files {
			if bytes.Contains(content, []byte("canaryhash")) || strings.HasPrefix(name, "data/") && bytes.Contains(content, []byte("passwordHash")) {
				t.Errorf("%s: %s holds a credential", right, name)
			}
		}
		if want := `{"contractStartedAt":"2026-03-01T00:00:00Z","status":"active","username":"anna"}`; string(items(t, files["data/account.json"])[0].Data) != want {
			t.Errorf("account: %s", files["data/account.json"])
		}
	}
}

func TestFault_F09_TheExpiredIsLeftOut(t *testing.T) {
	files, _, _ := build(t, input(privacy.Access, person()))
	for name, content := range files {
		if bytes.Contains(content, []byte("expired-canary")) {
			t.Errorf("%s holds an expired record", name)
		}
	}
}

func TestThreat_T19_FileNamesAreOurOwn(t *testing.T) {
	_, order, _ := build(t, input(privacy.Access, person()))
	for _, name := range order {
		if !names.MatchString(name) {
			t.Errorf("%q", name)
		}
	}
	for _, name := range []string{"../x.json", "data/../x.csv", "/etc/x", `data\x.json`, "data/A.json", "index.html\n"} {
		if _, err := newArchive(&bytes.Buffer{}, created).create(name); err == nil {
			t.Errorf("%q was taken", name)
		}
	}
}

func TestManifestListsEveryFileWithItsDigest(t *testing.T) {
	files, order, _ := build(t, input(privacy.Access, person()))
	var m manifest
	if err := json.Unmarshal(files["manifest.json"], &m); err != nil {
		t.Fatal(err)
	}
	if len(m.Files) != len(order)-1 {
		t.Fatalf("%d rows for %d files", len(m.Files), len(order)-1)
	}
	for i, f := range m.Files {
		digest := sha256.Sum256(files[f.Name])
		if f.Name != order[i] || f.Bytes != int64(len(files[f.Name])) || f.SHA256 != hex.EncodeToString(digest[:]) {
			t.Errorf("%s: the manifest is wrong", f.Name)
		}
	}
	if m.PolicyVersion != policy.Newest().Version || m.Controller.PrivacyEmail != "privacy@helpdeskexpert.com" {
		t.Errorf("manifest: %+v", m)
	}
}

func TestStoredBytesComeBackUnchanged(t *testing.T) {
	soak.CheckCostly(t, func(rt *rapid.T) {
		data, err := json.Marshal(map[string]any{"firstName": rapid.String().Draw(rt, "first"), "lastName": rapid.String().Draw(rt, "last"),
			"more": rapid.SliceOf(rapid.Float64()).Draw(rt, "numbers")})
		if err != nil {
			rt.Skip()
		}
		files, _, _ := build(t, input(privacy.Access, []Record{stored(privacy.Identity, "self", privacy.Direct, 1, string(data))}))
		if got := items(t, files["data/identity.json"])[0].Data; !bytes.Equal(got, data) {
			rt.Errorf("stored %q, exported %q", data, got)
		}
	})
}

// The JSON file repeats a record's data byte for byte, even with spaces and escapes that our own encoder does not write.
func TestTheSpellingOfStoredDataStays(t *testing.T) {
	const data = `{ "firstName" : "\u0041nna\/" , "lastName":	"Berg" }`
	files, _, _ := build(t, input(privacy.Access, []Record{stored(privacy.Identity, "self", privacy.Direct, 1, data)}))
	if !bytes.Contains(files["data/identity.json"], []byte(`"data":`+data+"}")) {
		t.Errorf("%s became %s", data, files["data/identity.json"])
	}
}

// The records may include categories that the policy does not declare: before, between and after those that it does.
func TestUndeclaredCategoriesAreLeftOut(t *testing.T) {
	var records []Record
	for _, c := range []privacy.Category{"aaa", privacy.Contact, "daa", privacy.Transaction, "zzz", "zzzz"} {
		records = append(records, stored(c, "x", privacy.Direct, 1, `{"canary":"`+string(c)+`"}`))
	}
	files, _, summary := build(t, input(privacy.Access, records))
	if summary.Records != 2 || len(items(t, files["data/contact.json"])) != 1 || len(items(t, files["data/transaction.json"])) != 1 {
		t.Errorf("%d records, want the two of declared categories", summary.Records)
	}
	for name, content := range files {
		for _, c := range []string{"aaa", "daa", "zzz"} {
			if bytes.Contains(content, []byte(`"canary":"`+c)) {
				t.Errorf("%s has a record of the category %s", name, c)
			}
		}
	}
}

// Every file of the archive has the time of the answer as its date.
func TestEveryFileIsDated(t *testing.T) {
	var out bytes.Buffer
	if _, err := Write(t.Context(), &out, input(privacy.Access, person())); err != nil {
		t.Fatal(err)
	}
	archive, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	first := archive.File[0]
	for _, f := range archive.File {
		if !f.Modified.Equal(created) || !bytes.Equal(f.Extra, first.Extra) || f.ModTime() != first.ModTime() {
			t.Errorf("%s is of %s", f.Name, f.Modified)
		}
	}
}

func TestSameInputSameBytes(t *testing.T) {
	var first, second bytes.Buffer
	for _, out := range []*bytes.Buffer{&first, &second} {
		if _, err := Write(t.Context(), out, input(privacy.Access, person())); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("two bundles of the same input differ")
	}
}

func TestWriteFails(t *testing.T) {
	broken := errors.New("broken")
	late := input(privacy.Access, nil)
	late.Records = func(yield func(Record, error) bool) {
		if yield(person()[0], nil) {
			yield(Record{}, broken)
		}
	}
	if _, err := Write(t.Context(), &bytes.Buffer{}, late); !errors.Is(err, broken) {
		t.Errorf("a failed read: %v", err)
	}
	disorder := person()
	slices.Reverse(disorder)
	if _, err := Write(t.Context(), &bytes.Buffer{}, input(privacy.Access, disorder)); err == nil {
		t.Error("records out of order were taken")
	}
	if _, err := Write(t.Context(), &bytes.Buffer{}, input("erasure", nil)); err == nil {
		t.Error("a bundle answered erasure")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Write(ended, &bytes.Buffer{}, input(privacy.Access, person())); !errors.Is(err, context.Canceled) {
		t.Errorf("an ended context: %v", err)
	}
	if _, err := Write(t.Context(), failing{}, input(privacy.Access, person())); !errors.Is(err, errFull) {
		t.Errorf("a failed write: %v", err)
	}
	corrupt := stored(privacy.Identity, "self", privacy.Direct, 1, `canary`)
	if _, err := Write(t.Context(), &bytes.Buffer{}, input(privacy.Access, []Record{corrupt})); err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("corrupt data: %v", err)
	}
}

var errFull = errors.New("full")

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errFull }

func TestTheNewestRecordsAreShown(t *testing.T) {
	var many []Record
	for i := range 1200 {
		r := stored(privacy.Identity, "r"+string(rune('a'+i%26))+time.Duration(i).String(), privacy.Direct, 1, `{"firstName":"x"}`)
		r.OccurredAt = created.AddDate(0, 0, -((i * 7) % 1200))
		many = append(many, r)
	}
	files, _, _ := build(t, input(privacy.Access, many))
	page, _, _ := strings.Cut(string(files["index.html"]), `<details id="consents">`)
	if got := strings.Count(page, "<article>"); got != shown {
		t.Errorf("%d records shown, want %d", got, shown)
	}
	if !strings.Contains(page, "These are the newest 500 of 1200 records. All of them") {
		t.Error("the page does not say that there are more")
	}
	if first, want := strings.Index(page, "<h3>23 November 2026"), strings.Index(page, "<article>"); first < want || first > want+20 {
		t.Error("the newest is not first")
	}
	if strings.Contains(page, created.AddDate(0, 0, -501).Format("<h3>2 January 2006")) {
		t.Error("a record older than the newest 500 is shown")
	}
}
