package main

import (
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/notice"
)

// Whatever stands in the path, an act reaches the campaign that the path names and no other, and nothing fails.
func FuzzVersion(f *testing.F) {
	s := newRig(f)
	s.Handler = s.routes(open{})
	s.start(f, announced, notice.Paused)
	for _, seed := range []string{announced, announced + "#META", announced + "#00", "..", "%", "", "2031-04-05", "n#" + announced, announced + "\x00", "\xff", "２０２６-11-02", "pause/x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, version string) {
		path := "/v1/notices/" + url.PathEscape(version) + "/pause"
		code, body := s.call(t, http.MethodPost, path, "")
		want := []int{http.StatusNotFound}
		switch version {
		case announced:
			want = []int{http.StatusOK}
		case "", ".", "..": // another route, or none
			want = []int{http.StatusNotFound, http.StatusMethodNotAllowed}
		}
		if !slices.Contains(want, code) {
			t.Errorf("%q: %d %s", version, code, body)
		}
	})
}
