package record

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/privacy/card"
)

// A record that is accepted says what was sent, holds only declared members and no card number, and is accepted again as it is stored. A
// refusal is the caller's fault and repeats nothing.
func FuzzCheck(f *testing.F) {
	for _, category := range privacy.Categories {
		f.Add(string(category), "one", "direct", "2026-11-01T00:00:00Z", []byte(examples[category]))
	}
	f.Add("transaction", "~", "automatic", "1899-12-31T23:59:59Z", []byte(strings.Replace(examples[privacy.Transaction], `"10.50"`, `"-0.0000001"`, 1)))
	f.Add("account", "4111111111111111", "public_source", "2026-11-24T12:00:01+00:00", []byte(strings.Replace(examples[privacy.Account], "$12$", "$11$", 1)))
	f.Add("communication", "é", "", "2026-02-29T00:00:00Z", []byte(strings.Replace(examples[privacy.Communication], "Hello", "4111-1111 1111\\u00201111", 1)))
	f.Add("analytics", "x", "analytics_provider", "0000-01-01T00:00:00Z", []byte(strings.Replace(examples[privacy.Analytics], "/pricing", "anna%40example.org", 1)))
	f.Add("analytics", "x", "automatic", "2026-11-01T00:00:00Z", []byte(`{"day":"2026-11-24","page":"/blog/%C3%BCber/","country":"DE","browser":"Safari 17.4","device":"phone","referrerHost":"WWW.Google.co.uk","searchTerm":"0151 2345678","secondsOnPage":7,"count":10}`))
	f.Add("analytics", "x", "automatic", "2026-11-01T00:00:00Z", []byte(`{"day":"2026-11-25","page":"/help/%2e%2e/a","country":"DE","browser":"Edge","referrerHost":"b\u00fccher.example","count":9}`))
	f.Add("identity", "", "direct", "", []byte(`{"a":1,"a":2}`))
	f.Add("identity", "411111111111.1111", "direct", "2026-11-01T00:00:00Z", []byte(`{"firstName":"Visa-4111","lastName":"\uff14111\u200b1111, 1111\t1111 12/27"}`))
	f.Fuzz(func(t *testing.T, category, id, source, occurredAt string, data []byte) {
		d := draft(privacy.Category(category), string(data))
		d.ID, d.Source, d.OccurredAt = id, source, occurredAt
		r, err := Check(policy.Newest(), d, now)
		if err != nil {
			if kind := fault.KindOf(err); kind != fault.Malformed && kind != fault.Unacceptable {
				t.Errorf("refused as %s", kind)
			}
			if slices.ContainsFunc([]string{id, source, occurredAt}, func(s string) bool { return len(s) > 20 && strings.Contains(err.Error(), s) }) {
				t.Errorf("the refusal repeats what was sent: %v", err)
			}
			return
		}
		var sent, kept map[string]any
		if json.Unmarshal(data, &sent) != nil || json.Unmarshal(r.Data, &kept) != nil || len(sent) != len(kept) {
			t.Fatalf("%+q was accepted as %+q", data, r.Data)
		}
		declared, _ := policy.Newest().Category(r.Category)
		for name := range kept {
			if !slices.ContainsFunc(declared.Fields, func(f policy.Field) bool { return f.Name == name }) {
				t.Errorf("%s holds %+q", r.Category, name)
			}
		}
		strict(t, kept)
		if r.Category == privacy.Analytics {
			ofNobody(t, kept)
		}
		if hash, ok := kept["passwordHash"].(string); ok && (len(hash) != 60 || hash[:2] != "$2" || hash[4:6] < "12") {
			t.Errorf("the password is kept as %+q", hash)
		}
		d.Data = r.Data
		again, err := Check(policy.Newest(), d, now)
		if err != nil || !bytes.Equal(again.Data, r.Data) || again.Hash() != r.Hash() {
			t.Errorf("stored as %+q, which is not canonical: %v", r.Data, err)
		}
	})
}

var (
	manyDigits  = regexp.MustCompile(`\d{7}`)
	listedPages = regexp.MustCompile(`^(/|/[a-z-]+|/(blog|case-studies)/[^/]+|/(docs|help)(/[^/]+)+)$`)
	listedHosts = regexp.MustCompile(`^(|other|(google|yahoo|yandex|capterra)(\.[a-z]{2,3}){1,2}|(bing|duckduckgo|baidu|linkedin|facebook|instagram|x|reddit|youtube|github|g2|trustpilot|helpdeskexpert)\.com|(ecosia|wikipedia)\.org|t\.co)$`)
	browserForm = regexp.MustCompile(`^[A-Z]?[A-Za-z ]+( [1-9]\d{0,2})?$`)
)

// ofNobody checks that a count contains nothing that could belong to a person. It reads the rules independently of the code.
func ofNobody(t *testing.T, kept map[string]any) {
	t.Helper()
	text := func(member string) string { s, _ := kept[member].(string); return s }
	page, referrer, term, count := text("page"), text("referrerHost"), text("searchTerm"), kept["count"].(float64)
	for member := range kept {
		if strings.ContainsAny(text(member), "@＠") || manyDigits.MatchString(text(member)) {
			t.Errorf("%s is kept as %+q", member, text(member))
		}
	}
	if !listedPages.MatchString(page) || strings.ContainsAny(page, "?#;%\\") || strings.Count(page, "/") > 1 && count < 10 {
		t.Errorf("%v visits of %+q", count, page)
	}
	if !listedHosts.MatchString(referrer) && (count < 10 || !strings.Contains(referrer, ".") || strings.ContainsAny(referrer, ":/ _")) {
		t.Errorf("%v visits from %+q", count, referrer)
	}
	if term != "" && count < 10 || count < 1 || !browserForm.MatchString(text("browser")) || text("day") > "2026-11-24" {
		t.Errorf("%+q was accepted", kept)
	}
}

// strict checks that no text below a value contains a card number.
func strict(t *testing.T, value any) {
	switch v := value.(type) {
	case string:
		if card.In(v) {
			t.Error("a card number was accepted")
		}
	case []any:
		for _, element := range v {
			strict(t, element)
		}
	case map[string]any:
		for _, member := range v {
			strict(t, member)
		}
	}
}
