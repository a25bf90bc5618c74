package samcli

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// stub puts a shell script in SAM CLI's place.
func stub(t *testing.T, script string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "sam"), []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

// The stub answers one HTTP request per connection with its own command line; python is not needed for that.
const answers = `exec go run "$STUB" "$@"`

func TestRequestsArePassedOnWithTheirHost(t *testing.T) {
	source, err := filepath.Abs("testdata/stub/main.go")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("STUB", source)
	stub(t, answers)
	s := &Server{Output: io.Discard, Arguments: "--invoke-image  here", WebsiteOrigins: "http://localhost:3000,https://a.example"}
	handler, err := s.Start(t.Context(), "env.json")
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "http://localhost:8080/v1/consents?x=%2F", nil)
	r.Header.Set("Cookie", "__Host-me=a.1.2.b; other=c")
	handler.ServeHTTP(w, r)
	if set := w.Header()["Set-Cookie"]; !slices.Equal(set, []string{"__Host-me=a.1.2.b; Secure", "other=c; Secure"}) {
		t.Errorf("cookies pass in both directions: %q", set)
	}
	if body := w.Body.String(); !strings.HasPrefix(body, "POST localhost:8080 /v1/consents?x=%2F local start-api --host 127.0.0.1 --port ") ||
		!strings.HasSuffix(body, "--warm-containers EAGER --invoke-image here") || !strings.Contains(body, "--env-vars env.json") ||
		!strings.Contains(body, " WebsiteOrigins=http://localhost:3000,https://a.example --") {
		t.Error(body)
	}
	s.Stop()
	<-s.Done()
}

func TestContainersReachThisMachine(t *testing.T) {
	switch c := Containers(); {
	case c.Bridge == "" && c.Host != "host.docker.internal", c.Bridge != "" && c.Host != c.Bridge:
		t.Errorf("%+v", c)
	}
}

func TestAnEndIsTold(t *testing.T) {
	stub(t, "echo no container engine; exit 1")
	var out bytes.Buffer
	s := &Server{Output: &out}
	if _, err := s.Start(t.Context(), "env.json"); err == nil || !strings.Contains(out.String(), "no container engine") {
		t.Errorf("%v, %q", err, out.String())
	}
}

func TestThreat_T12_PathsAreNotLogged(t *testing.T) {
	var out bytes.Buffer
	f := &filter{to: &out}
	for _, part := range []string{"START Requ", "estId: 1\n2026-11-23 20:03:23 127.0.0.1 - - [23/Nov/2026 20:03:23] \"GET /requests/",
		"019ab2c4 HTTP/1.1\" 200 -\nEND\n", "\"\x1b[35mPOST /requests/019ab2c4 HTTP/1.1\x1b[0m\" 202 -\n", "no end"} {
		if n, err := f.Write([]byte(part)); n != len(part) || err != nil {
			t.Fatal(n, err)
		}
	}
	if out.String() != "START RequestId: 1\nEND\n" {
		t.Errorf("%q", out.String())
	}
}

func TestContainersAreRememberedAndRemoved(t *testing.T) {
	source, err := filepath.Abs("testdata/stub/main.go")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("STUB", source)
	id, removed := strings.Repeat("0123456789abcdef", 4), filepath.Join(t.TempDir(), "removed")
	stub(t, "echo SAM_CONTAINER_ID: "+id+"\n"+answers)
	dir, _, _ := strings.Cut(os.Getenv("PATH"), ":")
	if err := os.WriteFile(filepath.Join(dir, "docker"), []byte("#!/bin/sh\necho $* >"+removed), 0o700); err != nil {
		t.Fatal(err)
	}
	s := &Server{Output: io.Discard}
	if _, err := s.Start(t.Context(), "env.json"); err != nil {
		t.Fatal(err)
	}
	s.Stop()
	if text, err := os.ReadFile(removed); err != nil || string(text) != "rm --force "+id+"\n" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestAMissingSAMIsTold(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	s := &Server{}
	if _, err := s.Start(t.Context(), "env.json"); err == nil || !strings.Contains(err.Error(), "pip install") {
		t.Error(err)
	}
	s.Stop()
}
