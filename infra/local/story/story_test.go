package story

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/sample"
	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

// TestStory_TheMainJob runs the main job as a newcomer sees it. The data subject requests access in a real browser.
// Promise: A02, B03, F07, G01, H01, H05, H14. Threat: T08, T10, T12.
func TestStory_TheMainJob(t *testing.T) {
	ctx := browsertest.New(t)
	data := t.TempDir()
	s := start(t, data)
	sent := records(t)

	s.collect(t, sent)
	s.consent(t)
	id := s.ask(t, ctx)
	s.confirm(t, ctx)
	export := s.link(t, 1, address, "/exports/", nil)
	saved := s.save(t, ctx, export)
	holds(t, unpack(t, saved), sent, "account", "communication", "contact", "identity", "preference", "security_log", "transaction")
	if !bytes.Equal(saved, s.open(t, export)) {
		t.Error("the browser and age open different files")
	}
	token := s.statusToken(t, id)
	s.status(t, id, token, 1)

	s.put(t, s.token(t, "records.write"), passing(t), "stored")
	s.expire(t, "security_log#log-2")
	s.call(t, http.StatusAccepted, "POST", "/v1/requests/"+id+"/exports", s.asks(t, 2, address), nil, nil)
	renewed := unpack(t, s.open(t, s.link(t, 2, address, "/exports/", nil)))
	if log := renewed["data/security_log.json"]; log == nil || bytes.Contains(log, []byte("log-2")) {
		t.Error("an expired record is visible before it is swept")
	}
	s.purge(t, "security_log")

	s.stop(t)
	again := start(t, data)
	again.decided(t, "denied")
	again.status(t, id, token, 2)
	again.stop(t)
}

// TestStory_WithoutStreams requests portability over HTTP while every stream is off. The schedules alone complete the request.
func TestStory_WithoutStreams(t *testing.T) {
	s := start(t, t.TempDir(), "STREAMS=off")
	sent := records(t)
	s.collect(t, sent)
	var filed struct{ ID, State string }
	body := map[string]string{"right": "portability", "email": strings.ToUpper(address[:1]) + address[1:], "jurisdiction": "uk"}
	s.call(t, http.StatusAccepted, "POST", "/v1/requests", nil, body, &filed)
	fulfil := func() { s.fire(t, "FulfilSchedule", nil) }
	session, seen := s.opens(t, 1, address, fulfil)
	if filed.State != "verifying" || !slices.Equal(seen.ids("request"), []string{filed.ID}) {
		t.Errorf("filed %+v, and the link shows %+v", filed, seen)
	}
	var confirmed struct{ State, DueAt string }
	s.call(t, http.StatusOK, "POST", "/v1/requests/"+filed.ID+"/confirm", session, nil, &confirmed)
	if confirmed.DueAt == "" || confirmed.State != "open" {
		t.Errorf("the confirmed request is %+v", confirmed)
	}
	s.call(t, http.StatusNotFound, "POST", "/v1/requests/"+filed.ID+"/confirm", session, nil, nil)
	export := s.link(t, 1, address, "/exports/", func() {
		fulfil()
		s.fire(t, "ExportSchedule", nil)
	})
	files := unpack(t, s.open(t, export))
	holds(t, files, sent, "account", "communication", "contact", "identity", "preference", "transaction")
	if files["processing.json"] != nil || files["data/security_log.json"] != nil {
		t.Error("portability holds more than what the person provided")
	}
	s.stop(t)
}

// TestStory_NobodyKnown files a request for an address about which nothing is stored. The answers are the same, and a mail says so.
// Promise: H14. Threat: T14.
func TestStory_NobodyKnown(t *testing.T) {
	const stranger = "stranger.story@example.org"
	s := start(t, t.TempDir())
	s.call(t, http.StatusAccepted, "POST", "/v1/requests", nil, map[string]string{"right": "access", "email": stranger}, nil)
	s.proves(t, 1, stranger, nil)
	wait(t, "the receipt and the answer", time.Minute, func() bool { return len(s.mails(t, stranger)) == 3 })
	for _, m := range s.mails(t, stranger) {
		if strings.Contains(m.Text, "/exports/") {
			t.Error("there is an export of nothing")
		}
	}
	s.stop(t)
}

// collect sends records as the company's systems do.
func (s *service) collect(t *testing.T, sent []string) {
	t.Helper()
	token := s.token(t, "records.write")
	for lines := range slices.Chunk(sample.Lines(t), 500) {
		for _, l := range s.send(t, token, lines) {
			if l.Error != nil {
				t.Fatalf("sample: line %d was refused: %s", l.Line, l.Error)
			}
		}
	}
	s.put(t, token, sent[0], "stored")
	s.put(t, token, sent[0], "unchanged")
	s.call(t, http.StatusUnauthorized, "PUT", "/v1/records/identity/self", nil, map[string]any{}, nil)
	for i, l := range s.send(t, token, sent) {
		want := map[int]string{0: "unchanged", len(sent) - 1: "retention_over"}[i]
		if want == "" {
			want = "stored"
		}
		if l.Outcome != want || l.Error != nil {
			t.Errorf("line %d: %s %s, want %s", l.Line, l.Outcome, l.Error, want)
		}
	}
	for _, l := range s.send(t, token, sent[:len(sent)-1]) {
		if l.Outcome != "unchanged" {
			t.Errorf("line %d, sent again: %s %s", l.Line, l.Outcome, l.Error)
		}
	}
}

// put sends one record by its own path.
func (s *service) put(t *testing.T, token map[string]string, line, want string) {
	t.Helper()
	var body map[string]any
	if err := json.Unmarshal([]byte(line), &body); err != nil {
		t.Fatal(err)
	}
	path := fmt.Sprintf("/v1/records/%s/%s", body["category"], body["id"])
	delete(body, "category")
	delete(body, "id")
	var got struct{ Outcome string }
	if s.call(t, http.StatusOK, "PUT", path, token, body, &got); got.Outcome != want {
		t.Errorf("%s: %s, want %s", path, got.Outcome, want)
	}
}

// consent records a decision as the website does, reads it back and withdraws it.
func (s *service) consent(t *testing.T) {
	t.Helper()
	var policy struct{ Version string }
	s.call(t, http.StatusOK, "GET", "/v1/policy", nil, nil, &policy)
	decision := map[string]any{"subject": map[string]string{"visitor": visitor}, "decisions": map[string]string{"analytics_cookies": "granted"},
		"policyVersion": policy.Version, "language": "en", "surface": "banner"}
	s.call(t, http.StatusCreated, "POST", "/v1/consents", map[string]string{"If-None-Match": "*"}, decision, nil)
	s.decided(t, "granted")
	s.call(t, http.StatusCreated, "POST", "/v1/consents/"+visitor+"/withdraw", nil, map[string]any{}, nil)
	s.decided(t, "denied")
}

// decided reads the visitor's decision about analytics cookies.
func (s *service) decided(t *testing.T, want string) {
	t.Helper()
	var state struct {
		Decisions map[string]struct{ State string }
	}
	s.call(t, http.StatusOK, "GET", "/v1/consents/"+visitor, nil, nil, &state)
	if got := state.Decisions["analytics_cookies"].State; got != want {
		t.Errorf("analytics cookies are %s, want %s", got, want)
	}
}

// purge fires the sweep and reads its report: the category's expired record is gone, and nothing is overdue.
func (s *service) purge(t *testing.T, category string) {
	t.Helper()
	var report struct {
		SweptAt    time.Time
		Categories []struct {
			Category, Rule   string
			Deleted, Overdue int
		}
	}
	s.fire(t, "PurgeSchedule", &report)
	if report.SweptAt.IsZero() || len(report.Categories) != 9 {
		t.Errorf("the report of %v has %d categories", report.SweptAt, len(report.Categories))
	}
	for _, c := range report.Categories {
		if c.Rule == "" || c.Overdue != 0 || c.Category == category && c.Deleted == 0 {
			t.Errorf("%s: rule %q, %d deleted, %d overdue", c.Category, c.Rule, c.Deleted, c.Overdue)
		}
	}
}

// statusToken returns the token of the request's newest status link, as a header.
func (s *service) statusToken(t *testing.T, id string) map[string]string {
	t.Helper()
	links := s.links(t, address, "/requests/"+id)
	if len(links) == 0 {
		t.Fatal("no mail has a status link")
	}
	_, token := parts(t, links[len(links)-1])
	return map[string]string{"Authorization": "Bearer " + token}
}

// status reads the request: answered, with so many exports, the first of them downloaded twice. When that was, whoever has an old link does not
// learn (threat T30).
func (s *service) status(t *testing.T, id string, token map[string]string, exports int) {
	t.Helper()
	var got struct {
		State   string
		Exports []map[string]any
	}
	s.call(t, http.StatusOK, "GET", "/v1/requests/"+id, token, nil, &got)
	if got.State != "fulfilled" || len(got.Exports) != exports || got.Exports[0]["usesLeft"] != 8.0 || got.Exports[0]["downloads"] != nil || got.Exports[0]["bytes"] != nil {
		t.Errorf("request: %+v, want %d exports, the first used twice", got, exports)
	}
}

func read(t *testing.T, file browsertest.Saved) []byte {
	t.Helper()
	content, err := os.ReadFile(file.Path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
