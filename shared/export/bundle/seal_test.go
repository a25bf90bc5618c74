package bundle

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

func TestPromise_H05_TheSealOpensWithItsOwnIdentityOnly(t *testing.T) {
	var file bytes.Buffer
	sealed, text, err := Seal(&file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(text, "AGE-SECRET-KEY-PQ-1") {
		t.Errorf("the identity is not a post-quantum one")
	}
	if _, err := Write(t.Context(), sealed, input(privacy.Access, person())); err != nil {
		t.Fatal(err)
	}
	if err := sealed.Close(); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(file.Bytes(), []byte("PK\x03\x04")) || bytes.Contains(file.Bytes(), []byte("index.html")) {
		t.Error("the sealed file shows the archive")
	}
	identity, err := age.ParseHybridIdentity(text)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := age.Decrypt(bytes.NewReader(file.Bytes()), identity)
	if err != nil {
		t.Fatal(err)
	}
	if content, err := io.ReadAll(opened); err != nil || !bytes.HasPrefix(content, []byte("PK\x03\x04")) {
		t.Errorf("opened: %v", err)
	}
	other, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := age.Decrypt(bytes.NewReader(file.Bytes()), other); err == nil {
		t.Error("another identity opens it")
	}
	cut := bytes.NewReader(file.Bytes()[:file.Len()-40])
	if opened, err = age.Decrypt(cut, identity); err == nil {
		_, err = io.Copy(io.Discard, opened)
	}
	if err == nil {
		t.Error("a cut file opens")
	}
}

func TestASealThatCannotBeMadeFails(t *testing.T) {
	sealed, identity, err := Seal(failing{})
	if err == nil || !errors.Is(err, errFull) || sealed != nil || identity != "" {
		t.Errorf("Seal on a failing writer: %v", err)
	}
}
