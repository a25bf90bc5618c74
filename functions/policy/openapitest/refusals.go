package openapitest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Refusals sends the requests that every route with a JSON body must refuse, through a handler that [Wrap] returned. limit is the
// largest body of the route in bytes. header lists further headers that the route needs, such as Authorization.
func Refusals(t testing.TB, h http.Handler, method, path string, limit int, header ...string) {
	t.Helper()
	form := http.StatusUnsupportedMediaType
	if method+" "+path == "POST /v1/requests" { // takes a plain form, but not from a caller that is no page
		form = http.StatusForbidden
	}
	for _, c := range []struct {
		what, body string
		status     int
		header     []string
	}{
		{"no JSON", `{`, 400, nil},
		{"no UTF-8", "{\"\xff\":1}", 400, nil},
		{"a key twice", `{"k":1,"k":2}`, 400, nil},
		{"two values", `{}{}`, 400, nil},
		{"an array", `[]`, 422, nil},
		{"null", `null`, 422, nil},
		{"an unknown key", `{"k":1}`, 422, nil},
		{"too deep", strings.Repeat(`{"k":`, 10_001) + "1" + strings.Repeat("}", 10_001), 400, nil},
		{"too large", `{"k":"` + strings.Repeat("k", limit) + `"}`, 413, nil},
		{"a form", `k=1`, form, []string{"Content-Type", "application/x-www-form-urlencoded"}},
		{"a form of parts", "--k--", 415, []string{"Content-Type", "multipart/form-data; boundary=k"}},
		{"a foreign origin", `{}`, 403, []string{"Origin", "https://evil.example"}},
		{"no origin", `{}`, 403, []string{"Origin", "null"}},
	} {
		r := httptest.NewRequest(method, path, strings.NewReader(c.body))
		all := append(append([]string{"Content-Type", "application/json"}, header...), c.header...)
		for i := 0; i < len(all); i += 2 {
			r.Header.Set(all[i], all[i+1])
		}
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != c.status || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s, %s: %d %s", method, path, c.what, w.Code, w.Body)
		}
	}
}
