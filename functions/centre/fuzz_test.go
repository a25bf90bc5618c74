package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/shared/pages"
)

// gzipFirst begins a header that accepts gzip, whatever follows; noGzip begins one that refuses it.
const gzipFirst, noGzip = "gzip, ", "GZIP ; q=0.000, "

// Whatever page a client asks for and whatever it accepts, the page is the same for every id (threats T14, T23). It is compressed
// only for a client that names gzip and does not refuse it.
func FuzzPages(f *testing.F) {
	for _, seed := range [][2]string{{testID, "gzip"}, {testID, "br;q=1.0, gzip;q=0.8, *;q=0.1"}, {"x", "gzip;q=0"}, {"..", "*"}, {"\x00<script>", "gzip;q=0.0.1"}, {"é", "gzip;;,gzip;q"}, {" ", "xgzip, deflate"}} {
		f.Add(seed[0], seed[1])
	}
	h := routes(newSite(f), testNow, testOrigin, testStorage)
	want, err := newSite(f).Page(pages.StatusPage, "", testNow())
	if err != nil {
		f.Fatal(err)
	}
	named := regexp.MustCompile(`(?i)gzip`)
	f.Fuzz(func(t *testing.T, id, accept string) {
		if id == "" || id == "." || id == ".." || strings.Contains(id, "/") {
			return // not a route
		}
		for header, may := range map[string]bool{accept: named.MatchString(accept), gzipFirst + accept: true, noGzip + accept: false} {
			got := openapitest.Send(t, h, "GET", "/requests/"+id, "", "accept-encoding", header)
			body, packed := []byte(got.Body), got.Headers["Content-Encoding"] == "gzip"
			if packed {
				body = inflate(t, body)
			}
			if got.StatusCode != http.StatusOK || !bytes.Equal(body, want.Body) || packed && !may || !packed && header == gzipFirst+accept {
				t.Errorf("%+q for %+q: %d, compressed %t", id, header, got.StatusCode, packed)
			}
		}
		if got := openapitest.Send(t, h, "GET", "/assets/"+id, "", "accept-encoding", accept); got.StatusCode != http.StatusNotFound && !regexp.MustCompile(`^[A-Za-z0-9._-]+$`).MatchString(id) {
			t.Errorf("%+q is a file: %d", id, got.StatusCode)
		}
	})
}

func inflate(t *testing.T, packed []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}
