package faults

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/export"
)

// F21: each click on an export's link gets a newly signed URL, which works for 300 seconds from the click, and is recorded as a
// use. The clicks are a second apart, because a signature counts whole seconds.
func TestFault_F21_TwoClicksTwoURLs(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	j := job{rig: r, email: "anna@example.org"}
	r.known(j.email, "canary")
	j.mailed(func() bool { return false })
	l := r.links(j.email, "exports")[0]
	token, _, _ := strings.Cut(l.secret, ".")
	signed := map[string]bool{}
	for click := 1; click <= 2; click++ {
		var got struct {
			URL       string
			ExpiresAt time.Time
		}
		answer := r.expect(http.StatusOK, "download", "POST", "/v1/downloads", `{"export":"`+l.id+`","token":"`+token+`"}`, nil)
		if err := json.Unmarshal([]byte(answer), &got); err != nil {
			t.Fatal(err)
		}
		parsed, err := url.Parse(got.URL)
		if err != nil {
			t.Fatal(err)
		}
		query := parsed.Query()
		signed[query.Get("X-Amz-Signature")] = true
		at, err := time.Parse("20060102T150405Z", query.Get("X-Amz-Date"))
		if life := got.ExpiresAt.Sub(at); err != nil || query.Get("X-Amz-Expires") != "300" || life < 290*time.Second || life > 310*time.Second {
			t.Errorf("click %d: signed at %s for %s s, said to end at %s", click, at, query.Get("X-Amz-Expires"), got.ExpiresAt)
		}
		content, err := http.Get(got.URL) //nolint:noctx // a test's own server
		if err != nil || content.Body.Close() != nil || content.StatusCode != http.StatusOK {
			t.Errorf("click %d: %v", click, err)
		}
		time.Sleep(time.Second)
	}
	if uses := len(export.Of(r.files(j.email)[0])[0].Downloads); len(signed) != 2 || uses != 2 {
		t.Errorf("%d URLs and %d uses on record", len(signed), uses)
	}
}
