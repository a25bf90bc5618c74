package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/request"
)

// A status link may have been forwarded, so it shows that the request has a text, but neither the text nor the address. A lapsed request has no
// text any more.
func TestPromise_H14_TheStatusSaysThatATextWasSentAndNoMore(t *testing.T) {
	s := newRig(t)
	for details, want := range map[string]bool{`,"details":"canary text"`: true, "": false, `,"details":""`: false} {
		w := s.send("POST", "/v1/requests", `{"right":"access","email":"canary@example.org"`+details+`}`, "192.0.2.1")
		var filed struct{ ID string }
		if err := json.Unmarshal(w.Body.Bytes(), &filed); err != nil || w.Code != http.StatusAccepted {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		for _, ended := range []bool{false, true} {
			method, path := "GET", "/v1/requests/"+filed.ID
			if ended {
				method, path = "POST", path+"/withdraw"
			}
			code, body := s.bearer(method, path, status(filed.ID))
			var shown struct {
				HasDetails *bool
				State      request.State
			}
			if err := json.Unmarshal([]byte(body), &shown); err != nil || code != http.StatusOK || shown.HasDetails == nil {
				t.Fatalf("%d %s", code, body)
			}
			if *shown.HasDetails != (want && !ended) || strings.Contains(body, "canary") {
				t.Errorf("ended %t: %s", ended, body)
			}
		}
	}
}
