package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// service stands in for the running service. It answers each line as reply says and records what it was sent.
type service struct {
	mu      sync.Mutex
	calls   int
	sizes   []int
	tokens  int
	times   map[string]int // text of a line -> how often it came
	order   []string
	reply   func(text string, times int) map[string]any
	refused func(call int) int // a status for the whole call, or 0
	acts    []string           // method, path and body of each act on identities
	act     func(r *http.Request, body string) (status int, problem string)
}

func (s *service) start(t *testing.T) string {
	t.Helper()
	s.times = map[string]int{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /_local/oauth/token", func(w http.ResponseWriter, r *http.Request) {
		if r.PostFormValue("grant_type") != "client_credentials" || r.PostFormValue("scope") != "records.write subjects.write" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.tokens++
		_, _ = fmt.Fprintf(w, `{"access_token":"token-%d","token_type":"Bearer","expires_in":3600}`, s.tokens)
	})
	mux.HandleFunc("POST /v1/records", s.records)
	mux.HandleFunc("PUT /v1/subjects/{id}", s.identity)
	mux.HandleFunc("POST /v1/subjects/rename", s.identity)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

func (s *service) records(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if s.refused != nil {
		if status := s.refused(s.calls); status != 0 {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `{"title":"No"}`)
			return
		}
	}
	if r.Header.Get("Content-Type") != "application/x-ndjson" || r.Header.Get("Authorization") != fmt.Sprintf("Bearer token-%d", s.tokens) {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	answers := []map[string]any{}
	for i, text := range strings.Split(strings.TrimSuffix(string(body), "\n"), "\n") {
		s.times[text]++
		s.order = append(s.order, text)
		answer := s.reply(text, s.times[text])
		answer["line"] = i + 1
		answers = append(answers, answer)
	}
	s.sizes = append(s.sizes, len(body))
	_ = json.NewEncoder(w).Encode(answers)
}

// identity answers an act on identities as act says, and takes it without one.
func (s *service) identity(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Authorization") != fmt.Sprintf("Bearer token-%d", s.tokens) {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	s.acts = append(s.acts, r.Method+" "+r.URL.Path+" "+string(body))
	status, problem := http.StatusOK, ""
	if s.act != nil {
		status, problem = s.act(r, string(body))
	}
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"title":"No","type":"urn:problem:%s"}`, problem)
}

func stored(string, int) map[string]any { return map[string]any{"outcome": "stored"} }

func failure(title string, retryable bool) map[string]any {
	return map[string]any{"error": map[string]any{"title": title, "retryable": retryable,
		"errors": []map[string]string{{"pointer": "/data/amount", "detail": "must be a decimal number in a string"}}}}
}

func file(t *testing.T, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "lines.ndjson")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestMain(m *testing.M) {
	firstPause = time.Millisecond
	os.Exit(m.Run())
}

func TestPartialFailuresAreCountedAndRetried(t *testing.T) {
	s := &service{reply: func(text string, times int) map[string]any {
		switch {
		case strings.Contains(text, "busy") && times < 3:
			return failure("Service Unavailable", true)
		case strings.Contains(text, "bad"):
			return failure("Unprocessable Entity", false)
		case strings.Contains(text, "never"):
			return failure("Too Busy", true)
		case strings.Contains(text, "odd"):
			return map[string]any{"outcome": "something_new"}
		case strings.Contains(text, "old"):
			return map[string]any{"outcome": "retention_over"}
		}
		return stored(text, times)
	}}
	var out strings.Builder
	err := run(context.Background(), s.start(t), 0, file(t, `{"id":"good"}`, ``, `{"id":"busy"}`, `{"id":"bad"}`, `{"id":"never"}`, `{"id":"old"}`, `{"id":"odd"}`), &out)
	if err == nil || err.Error() != "2 lines were not stored" {
		t.Errorf("error %v", err)
	}
	if got := s.times[`{"id":"busy"}`]; got != 3 {
		t.Errorf("a busy line was sent %d times", got)
	}
	if got := s.times[`{"id":"bad"}`]; got != 1 {
		t.Errorf("a bad line was sent %d times", got)
	}
	if got := s.times[`{"id":"never"}`]; got < attempts || got > 2*attempts {
		t.Errorf("a line that never succeeds was sent %d times", got)
	}
	rows := strings.Join(strings.Fields(out.String()), " ")
	for _, want := range []string{"outcome lines meaning stored 2 new, or newer than what was stored under its id unchanged 0 the same as what is stored under its id, or older",
		"retention_over 1 so old that its retention period had ended already: not stored something_new 1 error: Too Busy 1 refused or not answered",
		"error: Unprocessable Entity 1 refused", "all 6",
		"line 4: Unprocessable Entity. /data/amount must be a decimal number in a string.", "line 5: Too Busy.", "lines per second"} {
		if !strings.Contains(rows, want) {
			t.Errorf("%q is not in the table:\n%s", want, out.String())
		}
	}
}

func TestCallsStayWithinTheLimits(t *testing.T) {
	var lines []string
	for i := range 1200 {
		lines = append(lines, fmt.Sprintf(`{"id":"%d"}`, i))
	}
	long := strings.Repeat("x", 1<<20)
	for i := range 6 {
		lines = append(lines, fmt.Sprintf(`{"subject":{"email":"a@example.org"},"id":"long-%d","x":"%s"}`, i, long))
	}
	lines = append(lines, strings.Repeat("y", maxBytes))
	s := &service{reply: stored}
	var out strings.Builder
	err := run(context.Background(), s.start(t), 0, file(t, lines...), &out)
	if err == nil || !strings.Contains(out.String(), "line 1207: longer than 4 MiB, not sent") {
		t.Errorf("error %v\n%s", err, out.String())
	}
	if len(s.order) != 1206 || slices.Max(s.sizes) > maxBytes {
		t.Errorf("%d lines came, the largest call had %d bytes", len(s.order), slices.Max(s.sizes))
	}
}

// Account lines are sent first, even if they come last in the file, after more lines than one call takes.
func TestAccountLinesGoFirst(t *testing.T) {
	var lines []string
	for i := range maxLines + 20 {
		lines = append(lines, fmt.Sprintf(`{"category":"security_log","id":"%d","subject":{"email":"a@example.org"}}`, i))
	}
	lines = append(lines, `{"category":"account","id":"1","subject":{"email":"A@example.org"}}`, `{"category":"account","id":"2","subject":{"email":"a@example.org"}}`)
	s := &service{reply: stored}
	if err := run(context.Background(), s.start(t), 0, file(t, lines...), io.Discard); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(s.order[0], `"id":"1"`) || !strings.Contains(s.order[1], `"id":"2"`) || !strings.Contains(s.order[2], "security_log") {
		t.Errorf("first came %q", s.order[:3])
	}
	if s.calls != 2 {
		t.Errorf("%d calls", s.calls)
	}
}

func TestCallsAreRepeated(t *testing.T) {
	s := &service{reply: stored, refused: func(call int) int {
		return map[int]int{1: http.StatusServiceUnavailable, 2: http.StatusUnauthorized}[call]
	}}
	if err := run(context.Background(), s.start(t), 0, file(t, `{"id":"1"}`), io.Discard); err != nil {
		t.Fatal(err)
	}
	if s.calls != 3 || s.tokens != 2 {
		t.Errorf("%d calls, %d tokens", s.calls, s.tokens)
	}
}

func TestRefusedCallsAreSaid(t *testing.T) {
	s := &service{reply: stored, refused: func(int) int { return http.StatusForbidden }}
	var out strings.Builder
	err := run(context.Background(), s.start(t), 0, file(t, `{"id":"1"}`, `{"id":"2"}`), &out)
	if err == nil || !strings.Contains(out.String(), "error: call refused: 403 No") {
		t.Errorf("error %v\n%s", err, out.String())
	}
}

func TestNoServiceIsOneSentence(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	err := run(context.Background(), server.URL, 1, "", io.Discard)
	if err == nil || !strings.Contains(err.Error(), "did not issue a token (404 Not Found): start the service with make run") {
		t.Errorf("another service: %v", err)
	}
	server.Close()
	err = run(context.Background(), server.URL, 1, "", io.Discard)
	if err == nil || err.Error() != "nothing answers on "+server.URL+": start the service with make run" {
		t.Errorf("no service: %v", err)
	}
	if err := run(context.Background(), server.URL, 1, filepath.Join(t.TempDir(), "missing"), io.Discard); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("no file: %v", err)
	}
}

// If the service disappears, the sending stops at once. It does not try and fail call by call.
func TestServiceThatGoesAway(t *testing.T) {
	s := &service{reply: stored}
	url := s.start(t)
	c := newClient(url)
	if err := c.login(context.Background()); err != nil {
		t.Fatal(err)
	}
	c.base = "http://127.0.0.1:1"
	endless := func(yield func(group) bool) {
		for yield(group{{1, []byte(`{}`)}}) {
		}
	}
	result, err := send(context.Background(), c, endless, watch(os.Stderr, 1))
	if !errors.Is(err, errGone) || result.failed() == 0 {
		t.Errorf("%v, %d failed", err, result.failed())
	}
}

func TestPopulationArrives(t *testing.T) {
	s := &service{reply: stored}
	url := s.start(t)
	var out strings.Builder
	if err := run(context.Background(), url, 40, "", &out); err != nil {
		t.Fatal(err)
	}
	if len(s.order) < 300 || len(s.times) != len(s.order) {
		t.Errorf("%d lines came, %d of them different", len(s.order), len(s.times))
	}
	_, suggested, _ := strings.Cut(out.String(), url+"/request:\n  ")
	address, _, _ := strings.Cut(suggested, "\n")
	if address == "" || !strings.Contains(strings.Join(s.order, "\n"), `"email":"`+address+`"`) {
		t.Errorf("the suggested address was not sent:\n%s", out.String())
	}
}

// The lines of a file that name the same id or the same address are one group, also when a later line shows that two groups are one.
func TestLinesOfAPersonAreOneGroup(t *testing.T) {
	groups, err := read(strings.NewReader(strings.Join([]string{
		`{"id":"1","subject":{"id":"a"}}`, `{"id":"2","subject":{"email":"x@example.org"}}`, `{"id":"3","subject":{"email":"y@example.org"}}`,
		`{"id":"4","subject":{"id":"a","email":"X@example.org"}}`, `{"id":"5","category":"account","subject":{"email":"x@example.org"}}`,
		`{"id":"6","subject":{"id":"x@example.org"}}`, `{"id":"7"}`, `not JSON`,
	}, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, g := range groups {
		numbers := ""
		for _, l := range g {
			numbers += fmt.Sprint(l.number)
		}
		got = append(got, numbers)
	}
	if !slices.Equal(got, []string{"5124", "3", "6", "7", "8"}) {
		t.Errorf("grouped as %q", got)
	}
}
