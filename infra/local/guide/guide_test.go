package guide

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

func get(t *testing.T, host, path string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequest(http.MethodGet, path, nil)
	request.Host = host
	recorder := httptest.NewRecorder()
	Handler("/_local", "http://localhost:8080").ServeHTTP(recorder, request)
	return recorder
}

func TestThePageIsStrictAndWhole(t *testing.T) {
	page := get(t, "localhost:8080", "/_local/")
	body := page.Body.String()
	if csp := page.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
		t.Errorf("policy %q", csp)
	}
	if strings.Contains(body, "<style") || regexp.MustCompile(`\son[a-z]+=|style=`).MatchString(body) {
		t.Error("inline script or style, which the policy stops")
	}
	for _, reference := range regexp.MustCompile(`(?:href|src)="(/_local/[^"]*\.(?:css|js))"`).FindAllStringSubmatch(body, -1) {
		if answer := get(t, "localhost:8080", reference[1]); answer.Code != http.StatusOK {
			t.Errorf("%s: %d", reference[1], answer.Code)
		}
	}
	script := get(t, "localhost:8080", "/_local/guide.js").Body.String()
	for _, step := range regexp.MustCompile(`data-do="([^"]*)"`).FindAllStringSubmatch(body, -1) {
		if !regexp.MustCompile(`(async )?` + step[1] + `(\(out\)|: \(out\))`).MatchString(script) {
			t.Errorf("the button %q does nothing", step[1])
		}
	}
}

func TestAnotherNameOfTheMachineLeadsToTheOrigin(t *testing.T) {
	if answer := get(t, "127.0.0.1:8080", "/_local/"); answer.Code != http.StatusTemporaryRedirect || answer.Header().Get("Location") != "http://localhost:8080/_local/" {
		t.Errorf("%d %s", answer.Code, answer.Header().Get("Location"))
	}
}

// The commands on the page reach the stack that shows them, whatever its port.
func TestTheCommandsNameThePort(t *testing.T) {
	for origin, want := range map[string]string{"http://localhost:8080": "<code>make seed N=200</code>", "http://localhost:8090": "<code>make seed N=200 PORT=8090</code>"} {
		publish := strings.NewReplacer("seed N=200", "publish EXAMPLE=true").Replace(want)
		request := httptest.NewRequest(http.MethodGet, origin+"/_local/", nil)
		recorder := httptest.NewRecorder()
		Handler("/_local", origin).ServeHTTP(recorder, request)
		if body := recorder.Body.String(); !strings.Contains(body, want) || !strings.Contains(body, publish) || strings.Count(body, "localhost:") != strings.Count(body, origin) {
			t.Errorf("%s: the page lacks %s, or names another origin", origin, want)
		}
	}
}

// The second step is to record a consent. Its card is ticked once that has succeeded, and not after a read or a withdrawal.
func TestTheSecondStepIsDoneWithTheConsent(t *testing.T) {
	var refuse atomic.Bool
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	mux.Handle("/_local/", Handler("/_local", server.URL))
	mux.HandleFunc("/v1/", func(w http.ResponseWriter, r *http.Request) {
		if refuse.Load() && r.Method == http.MethodPost {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = io.WriteString(w, `{"version":"2026-11-02"}`)
	})
	ctx := browsertest.New(t)
	browsertest.Do(t, ctx, chromedp.Navigate(server.URL+"/_local/"))
	for _, c := range []struct {
		button        string
		refused, done bool
	}{{"read", false, false}, {"withdraw", false, false}, {"grant", true, false}, {"grant", false, true}, {"withdraw", false, true}} {
		refuse.Store(c.refused)
		browsertest.Do(t, ctx, chromedp.Click(chromedp.CSS(`#consent [data-do="`+c.button+`"]`)),
			chromedp.Poll[chromedp.Void](`document.querySelector("#consent .answer pre") && !document.querySelector("#consent [aria-busy]")`))
		if done := browsertest.Get(t, ctx, chromedp.Evaluate[bool](`document.getElementById("consent").classList.contains("done")`)); done != c.done {
			t.Errorf("after %s (refused: %v) the step is done: %v", c.button, c.refused, done)
		}
	}
	browsertest.Accessible(t, ctx)
	browsertest.Look(t, ctx, 320, 568, "dark")
	browsertest.Fits(t, ctx)
}

// The fourth step finds the link that was mailed after the request, and its card is ticked. Asking for another link finds the newer one.
func TestTheFourthStepFindsTheLink(t *testing.T) {
	var asked atomic.Int32
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	mux.Handle("/_local/", Handler("/_local", server.URL))
	mux.HandleFunc("POST /v1/", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/links" {
			asked.Add(1)
		}
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, `{"state":"accepted"}`)
	})
	mux.HandleFunc("/_local/mail.json", func(w http.ResponseWriter, _ *http.Request) {
		later := time.Now().Add(time.Minute).UTC().Format(time.RFC3339)
		mail := func(at, text string) string {
			return fmt.Sprintf(`{"at":%q,"to":["ada@example.com"],"subject":"s","text":%q}`, at, text)
		}
		_, _ = fmt.Fprintf(w, "[%s,%s,%s]", mail("2026-01-01T00:00:00Z", server.URL+"/me#old.token"), mail(later, fmt.Sprintf("Hello\n\n%s/me#box.%d\n", server.URL, asked.Load())),
			mail(later, "What was done\n\n"+server.URL+"/me\n\n"+server.URL+"/requests/1#status\n"))
	})
	ctx := browsertest.New(t)
	browsertest.Do(t, ctx, chromedp.Navigate(server.URL+"/_local/"), chromedp.Click(chromedp.CSS(`#request [data-do="file"]`)),
		chromedp.Poll[chromedp.Void](`document.querySelector("#request").classList.contains("done")`))
	for i, button := range []string{"link", "again", "again"} {
		browsertest.Do(t, ctx, chromedp.Click(chromedp.CSS(`#confirm [data-do="`+button+`"]`)),
			chromedp.Poll[chromedp.Void](fmt.Sprintf(`document.querySelector("#confirm .answer a")?.href === "%s/me#box.%d" && !document.querySelector("#confirm [aria-busy]")`, server.URL, i)))
	}
	if done := browsertest.Get(t, ctx, chromedp.Evaluate[bool](`document.getElementById("confirm").classList.contains("done")`)); !done {
		t.Error("the step is not done")
	}
	browsertest.Accessible(t, ctx)
	browsertest.Look(t, ctx, 320, 568, "dark")
	browsertest.Fits(t, ctx)
}

// The sixth step limits the use of data, and shows what a system is answered then. Asking alone does not do the step.
func TestTheSixthStepShowsWhatIsAnsweredThen(t *testing.T) {
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	mux.Handle("/_local/", Handler("/_local", server.URL))
	var filed atomic.Value
	filed.Store("")
	mux.HandleFunc("POST /v1/requests", func(w http.ResponseWriter, r *http.Request) {
		var body struct{ Right string }
		_ = json.NewDecoder(r.Body).Decode(&body)
		filed.Store(body.Right)
		_, _ = io.WriteString(w, `{"state":"fulfilled"}`)
	})
	mux.HandleFunc("POST /_local/oauth/token", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"access_token":"t"}`) })
	mux.HandleFunc("POST /_local/system/v1/decisions", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer t" {
			w.WriteHeader(http.StatusUnauthorized)
		}
		_, _ = fmt.Fprintf(w, `{"reason":"after %s"}`, filed.Load())
	})
	ctx := browsertest.New(t)
	browsertest.Do(t, ctx, chromedp.Navigate(server.URL+"/_local/"))
	for _, c := range []struct {
		button, says string
		done         bool
	}{{"decide", "after \"", false}, {"optOut", "after opt_out", true}, {"object", "after objection", true}} {
		browsertest.Do(t, ctx, chromedp.Click(chromedp.CSS(`#stop [data-do="`+c.button+`"]`)),
			chromedp.Poll[chromedp.Void](fmt.Sprintf(`document.querySelector("#stop .answer").innerText.includes(%q) && !document.querySelector("#stop [aria-busy]")`, c.says)))
		if done := browsertest.Get(t, ctx, chromedp.Evaluate[bool](`document.getElementById("stop").classList.contains("done")`)); done != c.done {
			t.Errorf("after %s the step is done: %v", c.button, done)
		}
	}
	browsertest.Accessible(t, ctx)
	browsertest.Look(t, ctx, 320, 568, "dark")
	browsertest.Fits(t, ctx)
}

// The last step follows the newest version until its letters have arrived. It also works while there is no campaign, and says so.
func TestTheLastStepFollowsTheLetters(t *testing.T) {
	const counts = `"expected":3,"counts":{"recipients":3,"told":%d,"accepted":%d,"waiting":0,"unknown":0,"failed":1}}`
	var campaign, versions atomic.Value
	versions.Store(`[{"version":"2026-11-28","kind":"significant","state":"coming","effectiveFrom":"2026-12-28"}]`)
	campaign.Store("")
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	mux.Handle("/_local/", Handler("/_local", server.URL))
	mux.HandleFunc("/v1/policy/versions", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, versions.Load().(string)) })
	mux.HandleFunc("/_local/notices/2026-11-28", func(w http.ResponseWriter, _ *http.Request) {
		answer := campaign.Load().(string)
		if answer == "" {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = io.WriteString(w, answer)
	})
	ctx := browsertest.New(t)
	browsertest.Do(t, ctx, chromedp.Navigate(server.URL+"/_local/#publish"), chromedp.Click(chromedp.CSS(`#publish [data-do="letters"]`)))
	for _, c := range []struct {
		campaign string
		want     []string
		done     bool
	}{
		{"", []string{"The newest version is 2026-11-28. It comes into force on 28 Dec 2026.", "There is no campaign about it yet"}, false},
		{`{"state":"before"}`, []string{"Its campaign is before.", "nobody is mailed"}, false},
		{`{"state":"blocked","reason":"sandbox",` + fmt.Sprintf(counts, 0, 0), []string{"blocked (sandbox)", "tries again every minute"}, false},
		{`{"state":"running",` + fmt.Sprintf(counts, 1, 1), []string{"The letters are leaving now.", "3 of 3 people", "Delivered\t1", "Failed\t1", "See the difference"}, false},
		{`{"state":"following",` + fmt.Sprintf(counts, 2, 0), []string{"Everybody was mailed once.", "Delivered\t2"}, true},
	} {
		campaign.Store(c.campaign)
		for _, part := range c.want {
			browsertest.Do(t, ctx, chromedp.Poll[chromedp.Void](fmt.Sprintf(`document.querySelector("#publish .answer").innerText.includes(%q)`, part)))
		}
		if c.done {
			browsertest.Do(t, ctx, chromedp.Poll[chromedp.Void](`!document.querySelector("#publish [aria-busy]")`))
		}
		if done := browsertest.Get(t, ctx, chromedp.Evaluate[bool](`document.getElementById("publish").classList.contains("done")`)); done != c.done {
			t.Errorf("%s: the step is done: %v", c.campaign, done)
		}
	}
	browsertest.Accessible(t, ctx)
	browsertest.Look(t, ctx, 320, 568, "dark")
	browsertest.Fits(t, ctx)
	versions.Store(`[{"version":"2026-11-28","kind":"editorial"}]`)
	campaign.Store("")
	browsertest.Do(t, ctx, chromedp.Click(chromedp.CSS(`#publish [data-do="letters"]`)),
		chromedp.Poll[chromedp.Void](`document.querySelector("#publish .answer").innerText.includes("Its kind is editorial, so nobody is told by mail.")`))
}
