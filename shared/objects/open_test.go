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

// calls notes what reaches the store, and asks whether to refuse it.
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

// A role's keys are refused without the token of its session, in a call as in a link.
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

// S3 compares what it received with the checksum that came along, in every call that can carry one.
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

// On AWS a bucket has a host of its own. A container's name for this machine has none below it.
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

// A throttled call is made three times, as by the SDK's own loader.
func TestACallIsTriedThreeTimes(t *testing.T) {
	s := newStore(t)
	s.status = http.StatusServiceUnavailable
	calls := s.calls(func(*http.Request) bool { return true })
	if err := s.Delete(t.Context(), "k"); err == nil || len(calls()) != 3 {
		t.Errorf("%d calls, %v", len(calls()), err)
	}
}
