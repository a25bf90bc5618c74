package links_test

import (
	"testing"

	"github.com/helpdeskexpert/privacy/shared/links"
)

// T12, T13: only the path of a rewritten link leads anywhere, and only to the page of the same service.
func TestThreat_T12_OnlyARewrittenLinkIsRestored(t *testing.T) {
	for path, want := range map[string]string{
		"/me#bWFpbGJveA.dG9r-ZW_4": "/me#bWFpbGJveA.dG9r-ZW_4",
		"/me":                      "", "/me#": "", "/me#a": "", "/me#a.b.c": "", "/me#a./x": "", "/me/#a.b": "", "//evil.example/me#a.b": "",
		"/me#a.b\r\nSet-Cookie: x": "", "/me#a.b#c": "", "/requests/1#a.b": "", "/me#a.b\n": "",
	} {
		if got, ok := links.Restored(path); got != want || ok != (want != "") {
			t.Errorf("%q: %q, %t", path, got, ok)
		}
	}
}
