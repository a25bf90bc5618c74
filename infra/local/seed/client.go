package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// callTime is how long a call may take: HTTP APIs end one after 30 s.
const callTime = 35 * time.Second

// client talks to the running service.
type client struct {
	base  string
	http  *http.Client
	mu    sync.Mutex
	token string
}

func newClient(base string) *client {
	return &client{base: base, http: &http.Client{Timeout: callTime}}
}

// answer is what the service says about one line.
type answer struct {
	Line    int    `json:"line"` // from 1 within the call
	Outcome string `json:"outcome"`
	Error   *struct {
		Title  string `json:"title"`
		Errors []struct {
			Pointer string `json:"pointer"`
			Detail  string `json:"detail"`
		} `json:"errors"`
		Retryable bool `json:"retryable"`
	} `json:"error"`
}

// refusal is the answer to a call that was not taken at all.
type refusal struct {
	status int
	title  string
	kind   string // the type of the problem document; empty without one
}

func (r refusal) Error() string { return fmt.Sprintf("%d %s", r.status, r.title) }

// again reports whether the same call may succeed later.
func (r refusal) again() bool {
	return r.status >= 500 || r.status == http.StatusTooManyRequests || r.status == http.StatusRequestTimeout ||
		r.status == http.StatusConflict && !r.decided() || r.status == http.StatusUnauthorized // the next attempt has a fresh token
}

// decided reports whether it is somebody else's address that stands in the way, and not another writer, who is gone in a moment.
func (r refusal) decided() bool {
	return r.kind == "urn:problem:shared" || r.kind == "urn:problem:of-another"
}

// login gets a token of the local issuer, valid for an hour. Its errors say what to do.
func (c *client) login(ctx context.Context) error {
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"records.write subjects.write"}}
	body, err := c.call(ctx, http.MethodPost, "/_local/oauth/token", "application/x-www-form-urlencoded", "", []byte(form.Encode()))
	if refused, ok := errors.AsType[refusal](err); ok {
		return fmt.Errorf("the server on %s did not issue a token (%w): start the service with make run, or set PORT to its port", c.base, refused)
	}
	if err != nil {
		return fmt.Errorf("nothing answers on %s: start the service with make run", c.base)
	}
	var issued struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(body, &issued); err != nil || issued.Token == "" {
		return fmt.Errorf("the server on %s did not issue a token: start the service with make run, or set PORT to its port", c.base)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.token = issued.Token
	return nil
}

// records sends lines in one call and returns an answer for each, in order.
func (c *client) records(ctx context.Context, lines []line) ([]answer, error) {
	var ndjson bytes.Buffer
	for _, l := range lines {
		ndjson.Write(l.text)
		ndjson.WriteByte('\n')
	}
	body, err := c.admitted(ctx, http.MethodPost, "/v1/records", "application/x-ndjson", ndjson.Bytes())
	if err != nil {
		return nil, err
	}
	var answers []answer
	if err := json.Unmarshal(body, &answers); err != nil {
		return nil, errors.New("the answer is not a JSON array")
	}
	if len(answers) != len(lines) {
		return nil, fmt.Errorf("the service gave %d answers to %d lines", len(answers), len(lines))
	}
	for i, a := range answers {
		if a.Line != i+1 {
			return nil, errors.New("the answers are out of order")
		}
	}
	return answers, nil
}

// admitted makes a call with the token. If that is refused, the next call has a fresh one.
func (c *client) admitted(ctx context.Context, method, path, contentType string, body []byte) ([]byte, error) {
	c.mu.Lock()
	token := c.token
	c.mu.Unlock()
	answered, err := c.call(ctx, method, path, contentType, token, body)
	if refused, ok := errors.AsType[refusal](err); ok && refused.status == http.StatusUnauthorized {
		_ = c.login(ctx) // the hour is over; if there is no new token, the next attempt says so
	}
	return answered, err
}

func (c *client) call(ctx context.Context, method, path, contentType, token string, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", contentType)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	answered, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, refused(response.StatusCode, answered)
	}
	return answered, nil
}

// refused reads a problem document (RFC 9457). Without a title, the status says what happened.
func refused(status int, body []byte) refusal {
	var problem struct {
		Type  string `json:"type"`
		Title string `json:"title"`
	}
	if json.Unmarshal(body, &problem) != nil || strings.TrimSpace(problem.Title) == "" {
		problem.Title = http.StatusText(status)
	}
	return refusal{status, problem.Title, problem.Type}
}
