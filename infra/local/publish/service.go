package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/stack"
)

// service is the local service on a port.
type service struct {
	url  string
	http *http.Client
}

// errRefused is the service's reason for going on with the binaries that it has.
type errRefused string

func (e errRefused) Error() string { return string(e) }

// running reports whether the service answers. Another program on its port is an error.
func (s service) running(ctx context.Context) (bool, error) {
	status, _, err := s.call(ctx, http.MethodGet, "/_local/ready", nil)
	if errors.Is(err, syscall.ECONNREFUSED) {
		return false, nil
	}
	if err != nil || status != http.StatusOK {
		return false, fmt.Errorf("something answers on %s, but not as this service does: set PORT to the port of the service", s.url)
	}
	return true, nil
}

// serves reports whether the service serves these bytes of a version.
func (s service) serves(ctx context.Context, version, digest string) (bool, error) {
	status, body, err := s.call(ctx, http.MethodGet, "/v1/policy/versions", nil)
	for n := 0; n < 100 && err == nil && status == http.StatusTooManyRequests; n++ { // the API's own limit, if the service is busy
		time.Sleep(100 * time.Millisecond)
		status, body, err = s.call(ctx, http.MethodGet, "/v1/policy/versions", nil)
	}
	if err != nil {
		return false, err
	}
	var list []struct{ Version, SHA256 string }
	if err := json.Unmarshal(body, &list); err != nil || status != http.StatusOK {
		return false, fmt.Errorf("the service did not list its versions: status %d", status)
	}
	return slices.ContainsFunc(list, func(v struct{ Version, SHA256 string }) bool { return v.Version == version && v.SHA256 == digest }), nil
}

// restart makes the service take the new binaries. A refusal is an errRefused.
func (s service) restart(ctx context.Context, build string) (done stack.Restarted, err error) {
	body, err := json.Marshal(stack.Restart{Build: build})
	if err != nil {
		return done, err
	}
	status, answer, err := s.call(ctx, http.MethodPost, "/_local/restart", body)
	switch {
	case err != nil:
		return done, err
	case status == http.StatusConflict:
		return done, errRefused(strings.TrimSpace(string(answer)))
	case status == http.StatusNotFound, status == http.StatusMethodNotAllowed:
		return done, errRefused("The service that runs is older than this folder. Press Ctrl-C where `make run` runs, and run it again.")
	case status != http.StatusOK:
		return done, fmt.Errorf("the functions were not restarted: %s", strings.TrimSpace(string(answer)))
	}
	return done, json.Unmarshal(answer, &done)
}

// patience is how long the service may take for one call: to start every function once, each within ten seconds at most.
const patience = 3 * time.Minute

func (s service) call(ctx context.Context, method, path string, body []byte) (status int, answer []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, s.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := s.http.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err = io.ReadAll(response.Body)
	return response.StatusCode, answer, err
}

// look makes the service look for new versions now, as it does every minute. A new service tells nobody about the versions that it finds at its
// first look. Without this call, that would include a version that is published within its first minute. The look goes on if it takes longer.
func (s service) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	_, _, _ = s.call(ctx, http.MethodPost, "/_local/schedules/NotifySchedule", nil) // if it fails, the next minute's look does the same
}

// campaign returns the state of the campaign about a version, or "" if there is none or it cannot be read.
func (s service) campaign(ctx context.Context, version string) string {
	status, body, err := s.call(ctx, http.MethodGet, "/_local/notices/"+version, nil)
	var campaign struct{ State string }
	if err != nil || status != http.StatusOK || json.Unmarshal(body, &campaign) != nil {
		return ""
	}
	return campaign.State
}
