package guide

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

// The seventh step follows an erasure by the link of a mail about it, says how long it can be cancelled, fires the schedule once that time is over, and
// shows the certificate.
func TestTheSeventhStepFollowsAnErasure(t *testing.T) {
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	mux.Handle("/_local/", Handler("/_local", server.URL))
	mux.HandleFunc("POST /v1/requests", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, `{"id":"r-1","state":"verifying"}`)
	})
	var agreed atomic.Bool
	mux.HandleFunc("/_local/mail.json", func(w http.ResponseWriter, _ *http.Request) {
		text := server.URL + "/me#box.token"
		if agreed.Load() {
			text = server.URL + "/requests/r-1#status"
		}
		_, _ = fmt.Fprintf(w, `[{"at":%q,"to":["ada@example.com"],"subject":"s","text":%q}]`, time.Now().Add(time.Minute).UTC().Format(time.RFC3339), text)
	})
	var state atomic.Value
	state.Store(`{"state":"telling"}`)
	authorized := func(answer func() string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer status" {
				w.WriteHeader(http.StatusUnauthorized)
			}
			_, _ = io.WriteString(w, answer())
		}
	}
	mux.HandleFunc("GET /v1/requests/r-1/plan", authorized(func() string { return state.Load().(string) }))
	mux.HandleFunc("POST /_local/schedules/EraseSchedule", func(http.ResponseWriter, *http.Request) { state.Store(`{"state":"watching"}`) })
	mux.HandleFunc("GET /v1/requests/r-1/certificate", authorized(func() string {
		return "header." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"r-1","controller":"Über"}`)) + ".signature\n"
	}))

	ctx := browsertest.New(t)
	says := func(part string) {
		t.Helper()
		browsertest.Do(t, ctx, chromedp.Poll[chromedp.Void](fmt.Sprintf(`document.querySelector("#erase .answer").innerText.includes(%q)`, part)))
	}
	idle := chromedp.Poll[chromedp.Void](`!document.querySelector("#erase [aria-busy]")`)
	browsertest.Do(t, ctx, chromedp.Navigate(server.URL+"/_local/#erase"), chromedp.Click(chromedp.CSS(`#erase [data-do="erasure"]`)))
	says("Open the link")
	browsertest.Do(t, ctx, idle, chromedp.Click(chromedp.CSS(`#erase [data-do="watch"]`)))
	says("Nothing has begun yet.")
	agreed.Store(true)
	says("The person agreed.")
	state.Store(fmt.Sprintf(`{"state":"cooling","erasesAt":%q}`, time.Now().Add(5*time.Second).UTC().Format(time.RFC3339Nano)))
	says("seconds are left to cancel it.")
	says(`"controller": "Über"`)
	browsertest.Do(t, ctx, idle)
	if done := browsertest.Get(t, ctx, chromedp.Evaluate[bool](`document.getElementById("erase").classList.contains("done")`)); !done {
		t.Error("the step is not done")
	}
	browsertest.Accessible(t, ctx)
	browsertest.Look(t, ctx, 320, 568, "dark")
	browsertest.Fits(t, ctx)

	state.Store(fmt.Sprintf(`{"state":"cooling","erasesAt":%q}`, time.Now().Add(72*time.Hour).UTC().Format(time.RFC3339)))
	browsertest.Do(t, ctx, chromedp.Click(chromedp.CSS(`#erase [data-do="watch"]`)))
	says("make run COOLING_OFF=5s")
	browsertest.Do(t, ctx, idle)
}
