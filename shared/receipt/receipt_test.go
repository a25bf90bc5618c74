package receipt_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdeskexpert/privacy/shared/receipt"
)

func sample() receipt.Receipt {
	at := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	return receipt.Receipt{
		Issuer: "https://www.helpdeskexpert.com", Controller: receipt.Controller{Name: "HelpDesk Expert Ltd.", Email: "privacy@helpdeskexpert.com"},
		Subject: "c3ViamVjdA", RecordedAt: at, Version: 3, PolicyVersion: "2026-11-02", PolicySHA256: "ab", Language: "en", Surface: "banner", GPC: true,
		Decisions: map[string]receipt.Decision{"testimonials": {State: "granted", DecidedAt: at, ExpiresAt: at.AddDate(0, 6, 0)}},
	}
}

func keys(t testing.TB, secret, retired string) *receipt.Keys {
	t.Helper()
	k, err := receipt.NewKeys(secret, retired)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func published(t testing.TB, k *receipt.Keys) []byte {
	t.Helper()
	set, err := json.Marshal(k.Published())
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestAReceiptIsVerifiedOffline(t *testing.T) {
	k := keys(t, strings.Repeat("s", 32), "")
	jws, err := k.Sign(sample())
	again, _ := k.Sign(sample())
	if err != nil || jws != again {
		t.Fatalf("%v, deterministic %t", err, jws == again)
	}
	got, err := receipt.Verify(jws, published(t, k))
	if diff := cmp.Diff(sample(), got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if strings.Contains(string(published(t, k)), `"d"`) {
		t.Error("the published set holds a private key")
	}
}

func TestAReceiptOutlivesItsKey(t *testing.T) {
	old := keys(t, strings.Repeat("o", 32), "")
	jws, err := old.Sign(sample())
	if err != nil {
		t.Fatal(err)
	}
	retired, err := json.Marshal(old.Published().Keys)
	if err != nil {
		t.Fatal(err)
	}
	rotated := keys(t, strings.Repeat("n", 32), string(retired))
	if _, err := receipt.Verify(jws, published(t, rotated)); err != nil {
		t.Errorf("after a rotation: %v", err)
	}
	if _, err := receipt.Verify(jws, published(t, keys(t, strings.Repeat("n", 32), ""))); !errors.Is(err, receipt.ErrInvalid) {
		t.Errorf("without the retired key: %v", err)
	}
}

// Flipping any character of a receipt breaks it.
func TestAForgedReceiptIsNone(t *testing.T) {
	k := keys(t, strings.Repeat("s", 32), "")
	jws, err := k.Sign(sample())
	if err != nil {
		t.Fatal(err)
	}
	set := published(t, k)
	for i := range len(jws) - 1 { // the last character carries bits that base64url ignores
		flipped := []byte(jws)
		if flipped[i] = 'A'; jws[i] == 'A' {
			flipped[i] = 'B'
		}
		if _, err := receipt.Verify(string(flipped), set); err == nil {
			t.Fatalf("character %d can be changed", i)
		}
	}
	none := "eyJhbGciOiJub25lIn0." + strings.Split(jws, ".")[1] + "."
	if _, err := receipt.Verify(none, set); !errors.Is(err, receipt.ErrInvalid) {
		t.Errorf("alg none: %v", err)
	}
}

func TestKeysThatAreNone(t *testing.T) {
	for _, row := range []struct{ secret, retired string }{{"short", ""}, {strings.Repeat("s", 32), "{"}, {strings.Repeat("s", 32), `[{"kty":"oct","k":"AAAA"}]`}} {
		if _, err := receipt.NewKeys(row.secret, row.retired); err == nil {
			t.Errorf("%q was accepted", row.retired)
		}
	}
}

func FuzzVerify(f *testing.F) {
	k := keys(f, strings.Repeat("s", 32), "")
	jws, err := k.Sign(sample())
	if err != nil {
		f.Fatal(err)
	}
	set := published(f, k)
	f.Add(jws)
	f.Add("..")
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := receipt.Verify(text, set); err == nil && !cmp.Equal(got, sample()) {
			t.Errorf("a receipt that was never signed: %+v", got)
		}
	})
}
