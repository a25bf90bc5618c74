package objects

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// calls records every call that reaches the store, and refuses those that the function selects.
func (s *store) calls(refuse func(*http.Request) bool) func() []*http.Request {
	var mu sync.Mutex
	var all []*http.Request
	note := func(r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, r)
		return refuse(r)
	}
	s.refuse.Store(&note)
	return func() []*http.Request {
		mu.Lock()
		defer mu.Unlock()
		return all
	}
}

// S3 refuses a role's keys without the token of its session, both in a call and in a link.
func TestCallsAndLinksCarryTheSession(t *testing.T) {
	t.Setenv("AWS_SESSION_TOKEN", "session")
	s := newStore(t)
	calls := s.calls(func(*http.Request) bool { return false })
	if _, err := s.Put(t.Context(), "k", strings.NewReader("content")); err != nil {
		t.Fatal(err)
	}
	made := calls()
	if len(made) != 1 || made[0].Header.Get("X-Amz-Security-Token") != "session" || made[0].URL.Path != "/exports/k" {
		t.Fatalf("%d calls, the first %s with %v", len(made), made[0].URL.Path, made[0].Header)
	}
	link, _, err := s.Presign(t.Context(), "k", "bundle.zip.age", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if to, err := url.Parse(link); err != nil || to.Query().Get("X-Amz-Security-Token") != "session" {
		t.Errorf("%s %v", link, err)
	}
}

// Every call that can carry a checksum does, so that S3 can compare it with the content it received.
func TestContentIsSentWithItsChecksum(t *testing.T) {
	s := newStore(t)
	calls := s.calls(func(*http.Request) bool { return false })
	if _, err := s.Put(t.Context(), "k", strings.NewReader("content")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &s.name, Key: aws.String("l"), Body: strings.NewReader("content")}); err != nil {
		t.Fatal(err)
	}
	for _, call := range calls() {
		if call.Header.Get("X-Amz-Checksum-Crc32") == "" && call.Header.Get("X-Amz-Trailer") != "x-amz-checksum-crc32" {
			t.Errorf("%s %s has no checksum: %v", call.Method, call.URL.Path, call.Header)
		}
	}
}

// On AWS each bucket has its own host name. The name under which a container reaches this machine has no subdomains.
func TestTheBucketIsInTheHostOnAWSAndElsewhereInThePath(t *testing.T) {
	newStore(t) // for its credentials
	for endpoint, want := range map[string]string{
		"":                                 "https://exports.s3.eu-west-1.amazonaws.com/k?", // as template.yaml sets it
		"http://host.docker.internal:9000": "http://host.docker.internal:9000/exports/k?",
	} {
		t.Setenv("AWS_ENDPOINT_URL_S3", endpoint)
		link, _, err := Open("exports", time.Now).Presign(t.Context(), "k", "bundle.zip.age", time.Minute)
		if err != nil || !strings.HasPrefix(link, want) {
			t.Errorf("endpoint %q: %s %v", endpoint, link, err)
		}
	}
}

// A throttled call is tried three times, which is also the default of the SDK's own loader.
func TestACallIsTriedThreeTimes(t *testing.T) {
	s := newStore(t)
	s.status = http.StatusServiceUnavailable
	calls := s.calls(func(*http.Request) bool { return true })
	if err := s.Delete(t.Context(), "k"); err == nil || len(calls()) != 3 {
		t.Errorf("%d calls, %v", len(calls()), err)
	}
}
