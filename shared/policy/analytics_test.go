package policy

import "testing"

var analytics = Analytics{
	Pages:     []string{"/", "/pricing", "/blog/*", "/blog/about", "/help/**", "/shop/*/terms", "/ヘルプ"},
	Referrers: []string{"google.*", "bing.com", "github.com"},
	Browsers:  []string{"Chrome", "Samsung Internet"},
}

func TestPromise_F05_OnlyDeclaredPages(t *testing.T) {
	for path, want := range map[string]string{
		"/": "known", "/pricing": "known", "/blog/about": "known", "/ヘルプ": "known",
		"/blog/a": "rare", "/blog/anna-schmidt": "rare", "/help/a": "rare", "/help/a/b/c": "rare", "/shop/x/terms": "rare", "/blog/*": "rare", "/help/**": "rare",
		"": "", "pricing": "", "/Pricing": "", "/pricing/": "", "//": "", "//pricing": "", "/pricing//": "", "/blog": "", "/blog/": "", "/blog/a/b": "", "/help": "", "/help/": "",
		"/help//a": "", "/help/./a": "", "/help/a/..": "", "/blog/..": "", "/blog/.": "", "/shop/terms": "", "/shop/x/y/terms": "", "/account/anna-schmidt/invoices": "",
		"/pricing?q=anna": "", "/pricing#anna": "", "/pricing;anna": "", "/blog/a%2Fb": "", `/blog/a\b`: "", "/blog/a\nb": "", "/blog/a\u200bb": "", "/blog/\xff": "",
		"https://example.com/": "", "https://example.com/pricing": "", "//example.com/pricing": "", "/https://example.com": "",
	} {
		got := ""
		declared, rare := analytics.Page(path)
		if rare {
			got = "rare"
		} else if declared {
			got = "known"
		}
		if got != want || rare && !declared {
			t.Errorf("%q is %q, want %q", path, got, want)
		}
	}
}

func TestPromise_F05_ReferrersWithoutSubdomains(t *testing.T) {
	for host, want := range map[string]string{
		"google.com": "google.com", "google.de": "google.de", "www.google.co.uk": "google.co.uk", "anna.schmidt.google.com.br": "google.com.br", "google.com.google.de": "google.de",
		"bing.com": "bing.com", "www.bing.com": "bing.com", "anna.github.com": "github.com",
		"": "", "google": "", "google.": "", "google.org": "", "google.example.com": "", "google.de.anna": "", "googlex.de": "", "xgoogle.de": "", "google.ac.uk": "", "google.co.xyz": "", "google.d1": "",
		"xbing.com": "", "bing.com.example.org": "", "bing.de": "", "github.io": "", "anna.github.io": "", "other": "",
	} {
		if got, ok := analytics.Referrer(host); got != want || ok != (want != "") {
			t.Errorf("%q belongs to %q, want %q", host, got, want)
		}
	}
}

func TestPromise_F05_BrowsersWithTheirMajorVersion(t *testing.T) {
	for s, want := range map[string]string{
		"Chrome": "Chrome", "Chrome 131": "Chrome 131", "Chrome 120.0.0.0": "Chrome 120", "Chrome 131.0.6778.86": "Chrome 131", "Samsung Internet 27.0": "Samsung Internet 27", "Samsung Internet": "Samsung Internet",
		"": "", "chrome": "", "Chrome ": "", "Chrome  131": "", "Chrome/131": "", "Chrome 131 anna": "", "Chrome anna": "", "Chrome 0": "", "Chrome 007": "", "Chrome 1310": "", "Chrome 1.": "", "Chrome .1": "",
		"Chrome 1.2.3.4.5": "", "Chrome 1.123456": "", "Chrome -1": "", "Chrome +1": "", "Chrome ١٢": "", "Samsung": "", "Lynx 2": "", "Mozilla/5.0 (X11; Linux x86_64)": "",
	} {
		if got, ok := analytics.Browser(s); got != want || ok != (want != "") {
			t.Errorf("%q is %q, want %q", s, got, want)
		}
	}
}
