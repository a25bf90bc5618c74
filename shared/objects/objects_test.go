package objects

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/rclone/gofakes3"
	"github.com/rclone/gofakes3/s3mem"

	"github.com/helpdeskexpert/privacy/infra/local/paging"
)

// store is an S3 server on a local port that can refuse calls.
type store struct {
	*Bucket
	backend gofakes3.Backend
	refuse  atomic.Pointer[func(*http.Request) bool]
	status  int // the status of a refusal
}

func newStore(t *testing.T) *store {
	t.Helper()
	s := &store{backend: s3mem.New(), status: http.StatusForbidden}
	if err := s.backend.CreateBucket(t.Context(), "exports"); err != nil {
		t.Fatal(err)
	}
	fake := paging.S3(gofakes3.New(s.backend).Server()) // the pages of a listing have one object or none (fault F12)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refuse := s.refuse.Load(); refuse != nil && (*refuse)(r) {
			_, _ = io.Copy(io.Discard, r.Body)
			http.Error(w, "no", s.status)
			return
		}
		fake.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_S3": server.URL, "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
	} {
		t.Setenv(name, value)
	}
	s.Bucket = Open("exports", time.Now)
	return s
}

// uploads counts the unfinished multipart uploads.
func (s *store) uploads(t *testing.T) int {
	t.Helper()
	n := 0
	pages := s3.NewListMultipartUploadsPaginator(s.client, &s3.ListMultipartUploadsInput{Bucket: &s.name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if noUpload(err) {
			return n
		}
		if err != nil {
			t.Fatal(err)
		}
		n += len(page.Uploads)
	}
	return n
}

// stream hides that its reader can seek, because a sealed bundle cannot seek either.
type stream struct{ io.Reader }

func random(t *testing.T, n int) []byte {
	t.Helper()
	content := make([]byte, n)
	if _, err := rand.Read(content); err != nil {
		t.Fatal(err)
	}
	return content
}

func TestPutHeadPresignDelete(t *testing.T) {
	s := newStore(t)
	for _, size := range []int{0, 1, partSize - 1, partSize, 3*partSize + 5} {
		content := random(t, size)
		n, err := s.Put(t.Context(), "k", stream{bytes.NewReader(content)})
		if err != nil || n != int64(size) {
			t.Fatalf("%d bytes: put %d, %v", size, n, err)
		}
		if n, err = s.Head(t.Context(), "k"); err != nil || n != int64(size) {
			t.Fatalf("%d bytes: head %d, %v", size, n, err)
		}
		url, _, err := s.Presign(t.Context(), "k", "bundle.zip.age", time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(answer.Body)
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes: downloaded %d, %v", size, len(got), err)
		}
		_ = answer.Body.Close()
	}
	if err := s.Delete(t.Context(), "k"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Head(t.Context(), "k"); !errors.Is(err, ErrNotFound) {
		t.Errorf("head of nothing: %v", err)
	}
	if err := s.Delete(t.Context(), "k"); err != nil {
		t.Errorf("deleting nothing: %v", err)
	}
}

func TestFault_F21_LinksAreShort(t *testing.T) {
	s := newStore(t)
	s.now = func() time.Time { return time.Date(2026, 11, 23, 10, 0, 0, 5, time.UTC) }
	url, expires, err := s.Presign(t.Context(), "k", "bundle.zip.age", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if want := time.Date(2026, 11, 23, 10, 5, 0, 0, time.UTC); !expires.Equal(want) {
		t.Errorf("expires %v, want %v", expires, want)
	}
	for _, part := range []string{"X-Amz-Expires=300", "response-cache-control=no-store", "response-content-disposition=attachment", "bundle.zip.age"} {
		if !strings.Contains(url, part) {
			t.Errorf("the URL lacks %s", part)
		}
	}
}

// endless yields left bytes, calls stop, and then returns the error.
type endless struct {
	left int
	stop func()
	err  error
}

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		if e.stop != nil {
			e.stop()
		}
		return 0, e.err
	}
	n := min(len(p), e.left)
	e.left -= n
	return n, nil
}

func TestFault_F20_AFailedUploadLeavesNothing(t *testing.T) {
	broken := errors.New("broken")
	part := func(r *http.Request) bool { return r.URL.Query().Get("partNumber") == "2" }
	complete := func(r *http.Request) bool { return r.Method == http.MethodPost && r.URL.Query().Has("uploadId") }
	begin := func(r *http.Request) bool { return r.Method == http.MethodPost && r.URL.Query().Has("uploads") }
	single := func(r *http.Request) bool { return r.Method == http.MethodPut }
	for name, c := range map[string]struct {
		refuse func(*http.Request) bool
		size   int
		err    error
		cancel bool
	}{
		"the source breaks":     {size: 3 * partSize, err: broken},
		"the source breaks now": {size: 10, err: broken},
		"a part is refused":     {refuse: part, size: 3 * partSize, err: io.EOF},
		"the end is refused":    {refuse: complete, size: 3 * partSize, err: io.EOF},
		"the start is refused":  {refuse: begin, size: 3 * partSize, err: io.EOF},
		"one put is refused":    {refuse: single, size: 10, err: io.EOF},
		"time is over":          {size: 3 * partSize, err: context.Canceled, cancel: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			source := &endless{left: c.size, err: c.err}
			if c.cancel {
				source.stop = cancel
			}
			if c.refuse != nil {
				s.refuse.Store(&c.refuse)
			}
			if _, err := s.Put(ctx, "k", source); err == nil {
				t.Fatal("Put succeeded")
			}
			s.refuse.Store(nil)
			if _, err := s.Head(t.Context(), "k"); !errors.Is(err, ErrNotFound) {
				t.Errorf("an object is there: %v", err)
			}
			if n := s.uploads(t); n != 0 {
				t.Errorf("%d uploads are left", n)
			}
		})
	}
}

func TestFault_F20_UploadsOfAKilledAttemptAreAborted(t *testing.T) {
	s := newStore(t)
	for _, key := range []string{"k", "k", "kept"} {
		if _, err := s.client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &s.name, Key: &key}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Discard(t.Context(), "k"); err != nil {
		t.Fatal(err)
	}
	if n := s.uploads(t); n != 1 {
		t.Errorf("%d uploads are left, want the other key's one", n)
	}
	if err := s.Discard(t.Context(), "k"); err != nil {
		t.Errorf("discarding nothing: %v", err)
	}
}

// F12: a listing comes in pages of one object with empty pages between them, and All reads it to its end.
func TestFault_F12_ListingsOfEmptyPages(t *testing.T) {
	s := newStore(t)
	for _, key := range []string{"a", "b", "c & d"} {
		if _, err := s.Put(t.Context(), key, strings.NewReader(key)); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for object, err := range s.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if age := time.Since(object.At); age < -time.Hour || age > time.Hour {
			t.Errorf("%s was written %v ago", object.Key, age)
		}
		got = append(got, object.Key)
	}
	if !slices.Equal(got, []string{"a", "b", "c & d"}) {
		t.Errorf("%v", got)
	}
	all := func(*http.Request) bool { return true }
	s.refuse.Store(&all)
	for _, err := range s.All(t.Context()) {
		if err == nil {
			t.Error("a refused listing gave a key")
		}
	}
}
