package record

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// visits is a count with members changed; nil takes one out.
func visits(change map[string]any) Draft {
	data := map[string]any{"day": "2026-11-01", "page": "/pricing", "country": "DE", "browser": "Chrome 120.0.0.0", "referrerHost": "example.com", "count": 12}
	for name, value := range change {
		data[name] = value
		if value == nil {
			delete(data, name)
		}
	}
	text, err := json.Marshal(data)
	if err != nil {
		panic(err)
	}
	return draft(privacy.Analytics, string(text))
}

// stored expects the draft to be accepted and returns its data.
func stored(t *testing.T, d Draft) map[string]any {
	t.Helper()
	r, err := Check(policy.Newest(), d, now)
	if err != nil {
		t.Errorf("%s is refused: %v", d.Data, err)
		return nil
	}
	var data map[string]any
	if err := json.Unmarshal(r.Data, &data); err != nil {
		t.Error(err)
	}
	return data
}

func TestPromise_F05_AnalyticsPointAtNobody(t *testing.T) {
	with := visits(nil)
	with.Subject = anna
	refusedUnseen(t, "/subject", with)
	for pointer, change := range map[string]map[string]any{
		"/data/visitor":       {"visitor": "d96e02a3-9fbf-4224-9b20-58bcd2a6d8cd"},
		"/data/ip":            {"ip": "192.0.2.77"},
		"/data/country":       {"country": "Anna"},
		"/data/count":         {"count": 0},
		"/data/secondsOnPage": {"secondsOnPage": -1},
	} {
		refusedUnseen(t, pointer, visits(change), "d96e02a3", "192.0.2.77", "Anna")
	}
	refusedUnseen(t, "/data/count", visits(map[string]any{"count": 4915112345670}), "49151")
	refusedUnseen(t, "/data/secondsOnPage", visits(map[string]any{"secondsOnPage": 4915112345670}), "49151")
}

// identifying are values that belong to somebody, each with the part that must never be stored.
var identifying = map[string]string{
	"anna@example.org": "anna", "anna%40example.org": "anna", "anna%2540example.org": "anna", "anna%25252540example.org": "anna", "ANNA＠EXAMPLE．ORG": "ANNA", "anna&#64;example.org": "anna", "an\u00adna@example.org": "example.org",
	"anna(at)example.org": "anna", "anna [at] example.org": "anna", "anna at example dot org": "anna", "anna@localhost": "anna", "@anna_schmidt": "anna",
	"203.0.113.77": "203", "203.0.113.77:8080": "203", "from 203.0.113.77.": "203", "::ffff:203.0.113.77": "203", "203.000.113.077": "203", "203-0-113-77": "203", "203_0_113_77": "203",
	"%32%30%33.0.113.77": "113", "２０３．０．１１３．７７": "１１３", "203\u200b.0.113.77": "113", "203。0。113。77": "113", "3405803853": "3405803853", "0xCB00714D": "CB00714D",
	"2001:db8::77": "db8", "[2001:db8::77]:443": "db8", "2001:db8::77: me": "db8", "2001%3Adb8%3A%3A77": "db8", "2001:0DB8:0:0:0:0:0:77": "DB8", "2001-db8--77": "db8", "fe80::1%eth0": "fe80",
	"+4915112345678": "151", "+49 151 12345678": "151", "0049-151-1234-5678": "151", "(0151) 1234 5678": "0151", "0151/12345678": "0151", "+49 (0) 151 1234567": "151", "06 12 34 56 78": "06",
	"555-0199": "0199", "1-800-555-0199": "0199", "212 555 2019": "555", "%2B49%20151%2012345678": "151", "٠١٥١ ١٢٣٤٥٦٧٨": "٠١٥١", "０１５１１２３４５６７８": "０１５", "+49–151–1234–567": "151", "tel:+4915112345678": "151",
	"d96e02a3-9fbf-4224-9b20-58bcd2a6d8cd": "9fbf", "D96E02A39FBF42249B2058BCD2A6D8CD": "D96E", "{d96e02a3-9fbf-4224-9b20-58bcd2a6d8cd}": "9fbf", "d96e02a3": "d96e", "sess_4f9a2c": "4f9a",
	"eyJhbGciOiJIUzI1NiJ9": "eyJ", "C50-DF8OTgudDj9qH28rEQ": "OTgud", "kBGj9fHznVYFQMEnqDCfrDevf9YDtcDdKvEqHJLV8D": "kBG", "QWxhZGRpbjpvcGVuIHNlc2FtZQ": "QWxh", "jGzKqWmXpLrTvBnYsD": "jGz",
	"customer 20261120": "20261120", "1234567": "1234567", "4111 1111 1111 1111": "4111",
}

// TestThreat_T29_NoPersonInAnyField sends what belongs to somebody in each field, by itself and among other words, counted once and often. Only a
// host that is part of a listed one is accepted, without that part.
func TestThreat_T29_NoPersonInAnyField(t *testing.T) {
	for value, canary := range identifying {
		for _, field := range []string{"page", "browser", "device", "referrerHost", "searchTerm", "country", "day"} {
			for _, around := range []string{"%s", "/%s", "/blog/%s", "/help/a/%s/b", "/blog/%s/", "/pricing?q=%s", "/pricing#%s", "/pricing;%s", "//%s/pricing", "Chrome %s", "Chrome 120 %s", "%s Chrome 120", "phone %s", "%s.example.net", "help %s desk"} {
				for _, count := range []int{1, 10, 1_000_000} {
					d := visits(map[string]any{field: fmt.Sprintf(around, value), "count": count})
					if r, err := Check(policy.Newest(), d, now); err == nil {
						t.Errorf("%s as %s is stored as %s", field, d.Data, r.Data)
					}
					refusedUnseen(t, "/data/"+field, d, canary)
				}
			}
		}
	}
}

func TestPromise_B02_NoInternetAddressOutsideTheSecurityLog(t *testing.T) {
	for _, field := range []string{"page", "browser", "device", "referrerHost", "searchTerm"} {
		for _, canary := range []string{"203.0.113.77", "2001:db8::77", "[2001:db8::77]:443", "203.0.113.77:8080", "from 203.0.113.77.", "::ffff:203.0.113.77", "/x?ip=203.0.113.77", "/help/203.0.113.77"} {
			if at := pointers(t, visits(map[string]any{field: canary})); len(at) != 1 || at[0] != "/data/"+field {
				t.Errorf("%q as %s: refused at %v", canary, field, at)
			}
		}
	}
	if at := pointers(t, draft(privacy.SecurityLog, examples[privacy.SecurityLog])); at != nil {
		t.Errorf("the security log is refused at %v", at)
	}
}

// A policy without a smallest count accepts no counts, because nothing could say how rare a value is.
func TestPromise_F05_NothingIsStoredWithoutACount(t *testing.T) {
	p := *policy.Newest()
	p.Categories = slices.Clone(p.Categories)
	for i, category := range p.Categories {
		p.Categories[i].Fields = slices.Clone(category.Fields)
		for j := range category.Fields {
			p.Categories[i].Fields[j].Optional = true
		}
	}
	_, err := Check(&p, visits(map[string]any{"page": "/blog/anna-schmidt", "count": nil}), now)
	if fault.KindOf(err) != fault.Unacceptable {
		t.Errorf("answered %v", err)
	}
}

// TestThreat_T29_RareValuesNeedASmallestCount sends names, which look like any other word.
func TestThreat_T29_RareValuesNeedASmallestCount(t *testing.T) {
	for page, kept := range map[string]string{"/blog/anna-schmidt": "", "/help/anna/schmidt": "", "/blog/%C3%BCber-uns/": "/blog/über-uns", "/docs/ヘルプ": "", "/blog/2026-11-20-news": "", "/docs/iso27001/2022": "", "/docs/v2.0.1/office365": ""} {
		refusedUnseen(t, "/data/page", visits(map[string]any{"page": page, "count": 9}), "anna", "schmidt")
		if kept == "" {
			kept = page
		}
		if got := stored(t, visits(map[string]any{"page": page, "count": 10}))["page"]; got != kept {
			t.Errorf("%s is stored as %v", page, got)
		}
	}
	for _, term := range []string{"anna schmidt", "=1+1", "<b>support</b>", "std::vector", "12:30", "1.2.3", "Firefox 131.0", "10 downing street", "c++", "iso 27001 2022", "GDPR 2016/679", "since 20.11.2026", "24/7", "チャット 2026年11月20日", "office365 outlook", "Datenschutzgrundverordnung", "HelpDeskExpertPrivacy"} {
		refusedUnseen(t, "/data/searchTerm", visits(map[string]any{"searchTerm": term, "count": 9}), "anna", "schmidt")
		if got := stored(t, visits(map[string]any{"searchTerm": term, "count": 10}))["searchTerm"]; got != term {
			t.Errorf("%s is stored as %v", term, got)
		}
	}
	for _, page := range []string{"/", "/pricing", "/blog", "/privacy/", "/%70ricing"} {
		if got := stored(t, visits(map[string]any{"page": page, "count": 1}))["page"]; got != "/" && got != "/pricing" && got != "/blog" && got != "/privacy" {
			t.Errorf("%s is stored as %v", page, got)
		}
	}
}

// ordinary are search terms and page paths that identify nobody, although they contain digits, signs and capitals.
var ordinary = []string{
	"", "meet at 5", "c++ 2023", "c#", ".net 8", "node.js 20", "php 8.2", "std::vector", "c++ ::", "::before", "x=1", "a:b", "1:1 chat", "iso 27001", "iso 27001:2022", "iso 27001 2022", "iso/iec 27001:2022",
	"din en iso 9001:2015", "soc 2 type 2", "pci dss 4.0", "tls 1.2 1.3", "gdpr article 15", "§ 7025", "(eu) 2016/679", "24/7 support", "24/7 support 2026", "80/20 rule", "3-2-1 backup", "mon-fri 9-17", "9:00-17:00",
	"12:30", "20.11.2026", "2026-11-20", "11/20/2026", "20. 11. 2026", "q3 2026", "pricing 2026/2027", "trends 2024 2025 2026", "2024-2025-2026", "1998/1999 2000/2001", "1,000,000 tickets", "1.000.000 tickets", "1 000 000",
	"1 million users", "99.99% uptime", "$49/month", "€1.250,00", "windows 10 22h2", "office365 outlook", "iPhone15ProMax", "macOS 14.2.1", "chrome 120", "v2.0.1", "http 404", "port 8080", "rfc 7519", "utf8mb4", "utf-8",
	"sha256", "base64", "oauth2 openid", "ipv4 ipv6", "h264", "x86_64", "i18n l10n a11y", "b2b saas", "covid-19", "911", "ticket #41111", "plz 10115 berlin", "sw1a 1aa", "order 123456", "2fa", "5g", "wi-fi 6e",
	"kundenservice2024", "customersupport24", "Datenschutzgrundverordnung2018", "HelpDeskExpertPrivacyPolicy", "WordPressWooCommerceIntegration", "getElementsByClassName", "LinkedInSalesNavigator", "JavaScript",
	"look at polka dots", "arrive at noon", "at the dot", "/blog/2026/11/20/news", "/docs/api/v1/records", "/docs/iso27001/2022/annex-a-5-1", "/help/en/articles/123456", "/help/a/10-tips-for-2026",
	"/blog/5-reasons-24-7-support-2026", "/docs/sso-saml2-oidc", "/docs/errors/http-429", "/blog/2026-2027-2028",
}

func TestOrdinaryTermsPointAtNobody(t *testing.T) {
	for _, s := range ordinary {
		if Identifying(s) {
			t.Errorf("%q is refused", s)
		}
	}
}

// TestThreat_T29_MostRandomTokensAreSeen makes tokens as services make them: 16 to 32 characters, each as likely as any other.
func TestThreat_T29_MostRandomTokensAreSeen(t *testing.T) {
	dice := rand.New(rand.NewPCG(2026, 29))
	for _, alphabet := range []string{"0123456789abcdef", "0123456789abcdefghijklmnopqrstuvwxyz", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"} {
		seen := 0
		for range 2000 {
			token := make([]byte, 16+dice.IntN(17))
			for i := range token {
				token[i] = alphabet[dice.IntN(len(alphabet))]
			}
			if Identifying(string(token)) {
				seen++
			}
		}
		if seen < 1980 {
			t.Errorf("of 2,000 tokens of %s %d are seen", alphabet, seen)
		}
	}
}

func TestThreat_T29_PagesThatThePolicyDoesNotDeclare(t *testing.T) {
	for _, page := range []string{
		"", "pricing", "/account/anna-schmidt/invoices", "/pricing?q=anna+schmidt", "/pricing%3Fq=anna", "/pricing#anna", "/pricing%23anna", "/pricing;jsessionid=anna", "/pricing%253Fq=anna",
		"/blog/../account/anna", "/blog/%2e%2e/anna", "/blog/.", "//anna.example/pricing", "/blog//anna", "https://anna.example/", "anna.example/pricing", "/blog/anna%", "/blog/anna%zz", "/blog/anna%ff", "/blog/anna%00",
		"/blog/anna\u202e", "/blog/a/anna", `\blog\anna`, "/Pricing/anna", " /pricing",
	} {
		refusedUnseen(t, "/data/page", visits(map[string]any{"page": page, "count": 1_000_000}), "anna", "schmidt", "jsessionid")
	}
}

func TestThreat_T29_Referrers(t *testing.T) {
	for _, c := range []struct{ sent, rare, often string }{
		{"", "", ""}, {"other", "other", "other"},
		{"www.google.de", "google.de", "google.de"}, {"GOOGLE.COM", "google.com", "google.com"}, {"anna-schmidt.linkedin.com", "linkedin.com", "linkedin.com"}, {"de.wikipedia.org", "wikipedia.org", "wikipedia.org"},
		{"anna-schmidt.example", "other", "anna-schmidt.example"}, {"News.Example.org", "other", "news.example.org"}, {"bücher.example", "other", "xn--bcher-kva.example"}, {"пример.испытание", "other", "xn--e1afmkfd.xn--80akhbyknj4f"},
		{"web2.example", "other", "web2.example"}, {"google.com.example", "other", "google.com.example"},
	} {
		if got := stored(t, visits(map[string]any{"referrerHost": c.sent, "count": 9}))["referrerHost"]; got != c.rare {
			t.Errorf("%q is stored as %q with a small count", c.sent, got)
		}
		if got := stored(t, visits(map[string]any{"referrerHost": c.sent, "count": 10}))["referrerHost"]; got != c.often {
			t.Errorf("%q is stored as %q", c.sent, got)
		}
	}
	for _, host := range []string{
		"anna", "localhost", "Other", "annas-macbook.local", "anna.lan", "anna.internal", "anna.home.arpa", "77.113.0.203.in-addr.arpa", "https://anna.example", "anna.example/", "anna.example:443", "anna:secret@example.org", "anna.example.",
		".anna.example", "anna..example", "anna_schmidt.example", "-anna.example", "anna example.org", "anna.example?x", "xn--a.example", "anna.0x4d", "anna.77", strings.Repeat("a", 64) + ".example", strings.Repeat("anna.", 51) + "example",
		"203-0-113-77.google.com", "d96e02a3-9fbf-4224-9b20-58bcd2a6d8cd.google.com",
	} {
		for _, count := range []int{1, 1_000_000} {
			refusedUnseen(t, "/data/referrerHost", visits(map[string]any{"referrerHost": host, "count": count}), "anna", "203-0", "d96e02a3")
		}
	}
}

func TestThreat_T29_BrowsersAndDevicesAreListed(t *testing.T) {
	for sent, want := range map[string]string{"Chrome 120.0.0.0": "Chrome 120", "Chrome 131.0.6778.86": "Chrome 131", "Safari 17.4": "Safari 17", "Chrome 1.800.555.0199": "Chrome 1", "Samsung Internet": "Samsung Internet", "other": "other"} {
		if got := stored(t, visits(map[string]any{"browser": sent}))["browser"]; got != want {
			t.Errorf("%s is stored as %v", sent, got)
		}
	}
	for _, browser := range []string{"", "Anna", "Chrome Anna", "Chrome 120 Anna", "Mozilla/5.0 (Anna)", "Chrome 203.0.113.77"} {
		refusedUnseen(t, "/data/browser", visits(map[string]any{"browser": browser}), "Anna", "203")
	}
	for _, device := range []string{"", "Phone", "phone of Anna", "Anna"} {
		refusedUnseen(t, "/data/device", visits(map[string]any{"device": device}), "Anna")
	}
	if got := stored(t, visits(map[string]any{"device": "phone"}))["device"]; got != "phone" {
		t.Errorf("stored as %v", got)
	}
}

// TestPromise_F05_NoDayThatHasNotBegun uses the clocks that are ahead of all others, UTC+14.
func TestPromise_F05_NoDayThatHasNotBegun(t *testing.T) {
	for _, c := range []struct {
		now, day string
		ok       bool
	}{
		{"2026-11-23T12:00:00Z", "2026-11-24", true}, {"2026-11-23T09:59:59Z", "2026-11-24", false}, {"2026-11-23T10:00:00Z", "2026-11-24", true}, {"2026-11-23T23:59:59Z", "2026-11-25", false},
		{"2026-11-23T12:00:00Z", "2026-11-23", true}, {"2026-11-23T12:00:00Z", "2027-02-01", false}, {"2026-11-23T12:00:00Z", "9999-12-31", false}, {"2026-11-23T09:59:59-12:00", "2026-11-24", true},
	} {
		at, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Check(policy.Newest(), visits(map[string]any{"day": c.day}), at); (err == nil) != c.ok {
			t.Errorf("%s at %s: %v", c.day, c.now, err)
		}
	}
}

// TestThreat_T29_TheIDIsNotStored sends ids that name somebody: a count is found again by the day and the id, and by no other way.
func TestThreat_T29_TheIDIsNotStored(t *testing.T) {
	id := func(sent, day string) string {
		d := visits(map[string]any{"day": day})
		d.ID = sent
		r, err := Check(policy.Newest(), d, now)
		if err != nil {
			t.Fatal(err)
		}
		return r.ID
	}
	first := id("anna-schmidt", "2026-11-01")
	if !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(first) || first != id("anna-schmidt", "2026-11-01") {
		t.Errorf("stored under %s", first)
	}
	if first == id("anna-schmidt", "2026-11-02") || first == id("anna-schmidu", "2026-11-01") {
		t.Error("two counts have one id")
	}
}

// TestThreat_T29_NoCanaryIsStored puts a word that stands for a person into one field, in some spelling, among other words, with any count.
// If too few visits share the value, or the word is part of an address, nothing that is stored contains it.
func TestThreat_T29_NoCanaryIsStored(t *testing.T) {
	const canary = "zoraida"
	hidden := map[string]func(string) string{
		"as it is": func(s string) string { return s }, "in capitals": strings.ToUpper, "encoded": func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "z", "%7A") },
		"encoded twice": func(s string) string { return url.QueryEscape(strings.ReplaceAll(url.QueryEscape(s), "z", "%7A")) },
		"full width": func(s string) string {
			return strings.Map(func(r rune) rune {
				if r > ' ' && r <= '~' {
					return r + 0xfee0
				}
				return r
			}, s)
		},
	}
	soak.Check(t, func(t *rapid.T) {
		field := rapid.SampledFrom([]string{"page", "browser", "device", "referrerHost", "searchTerm", "country", "day", "id"}).Draw(t, "field")
		value := rapid.SampledFrom([]string{canary, canary + "@example.org", "+4915112345678 " + canary, canary + ".203.0.113.77", "d96e02a3-9fbf-4224-9b20-58bcd2a6d8cd-" + canary}).Draw(t, "value")
		way := rapid.SampledFrom([]string{"as it is", "in capitals", "encoded", "encoded twice", "full width"}).Draw(t, "way")
		around := rapid.SampledFrom([]string{"%s", "/%s", "/blog/%s", "/help/%s/x", "/pricing?%s", "Chrome %s", "%s.google.com", "%s.example.org", "https://%s.example/", "help %s"}).Draw(t, "around")
		count := rapid.SampledFrom([]int{1, 2, 9, 10, 5000}).Draw(t, "count")
		sent := fmt.Sprintf(around, hidden[way](value))
		d := visits(map[string]any{"count": count})
		if field == "id" {
			d.ID = sent
		} else {
			d = visits(map[string]any{"count": count, field: sent})
		}
		r, err := Check(policy.Newest(), d, now)
		if err != nil {
			if strings.Contains(strings.ToLower(err.Error()), canary) {
				t.Fatalf("the refusal repeats what was sent: %v", err)
			}
			return
		}
		kept := strings.ToLower(plain(string(r.Data))) + r.ID
		if strings.Contains(kept, canary) && (count < 10 || value != canary || field != "page" && field != "referrerHost" && field != "searchTerm") {
			t.Fatalf("%s is stored: %s", sent, r.Data)
		}
	})
}
