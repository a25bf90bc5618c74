package story

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"
)

// open opens the sealed object behind an export link as `age -d` does, and returns the ZIP.
func (s *service) open(t *testing.T, link string) []byte {
	t.Helper()
	id, secret := parts(t, link)
	token, key, _ := strings.Cut(secret, ".")
	var download struct {
		URL   string
		Bytes int64
	}
	s.call(t, http.StatusOK, "POST", "/v1/downloads", nil, map[string]string{"export": id, "token": token}, &download)
	answer, err := s.client.Get(download.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	sealed, err := io.ReadAll(answer.Body)
	if err != nil || int64(len(sealed)) != download.Bytes {
		t.Fatalf("downloaded %d bytes of %d: %s, %v", len(sealed), download.Bytes, answer.Status, err)
	}
	for _, canary := range []string{"PK\x03\x04", "index.html", address} {
		if bytes.Contains(sealed, []byte(canary)) {
			t.Errorf("the sealed object shows %q", canary)
		}
	}
	identity, err := age.ParseHybridIdentity(key)
	if err != nil {
		t.Fatal("the link's key is no age identity")
	}
	opened, err := age.Decrypt(bytes.NewReader(sealed), identity)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(opened)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// unpack returns the files of a bundle once each matches the manifest.
func unpack(t *testing.T, content []byte) map[string][]byte {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	var manifest struct {
		Files []struct{ Name, SHA256 string }
	}
	if err := json.Unmarshal(files["manifest.json"], &manifest); err != nil {
		t.Fatal(err)
	}
	if len(manifest.Files) != len(files)-1 {
		t.Errorf("the manifest lists %d of %d files", len(manifest.Files), len(files)-1)
	}
	for _, f := range manifest.Files {
		if digest := sha256.Sum256(files[f.Name]); hex.EncodeToString(digest[:]) != f.SHA256 {
			t.Errorf("%s does not match its digest", f.Name)
		}
	}
	return files
}

// holds checks that the bundle contains exactly the sent records of the categories. They are unchanged, except for data that must not leave.
func holds(t *testing.T, files map[string][]byte, sent []string, categories ...string) {
	t.Helper()
	type row struct {
		Category, ID, Source string
		Data                 map[string]any
	}
	want := map[string]map[string]row{}
	for _, c := range categories {
		want[c] = map[string]row{}
	}
	for _, raw := range sent {
		var r row
		if err := json.Unmarshal([]byte(raw), &r); err != nil {
			t.Fatal(err)
		}
		delete(r.Data, "passwordHash")
		if messages, ok := r.Data["messages"].([]any); ok && len(messages) == 3 {
			messages[0].(map[string]any)["text"] = "[redacted] told me to ask <you>."
			messages[1].(map[string]any)["name"] = "[redacted]"
			messages[1].(map[string]any)["text"] = "I am [redacted], [redacted]"
		}
		if want[r.Category] != nil && r.ID != "chat-0" {
			want[r.Category][r.ID] = r
		}
	}
	for c := range want {
		var rows []row
		if err := json.Unmarshal(files["data/"+c+".json"], &rows); err != nil {
			t.Fatalf("%s: %v", c, err)
		}
		got := map[string]row{}
		for _, r := range rows {
			r.Category = c
			got[r.ID] = r
		}
		if diff := cmp.Diff(want[c], got); diff != "" {
			t.Errorf("%s: %s", c, diff)
		}
	}
	for name, content := range files {
		for _, canary := range []string{"$2b$12$", "anzibarra", "7946 0958", "chat-0"} {
			if bytes.Contains(content, []byte(canary)) {
				t.Errorf("%s contains %q", name, canary)
			}
		}
	}
}
