package receipt_test

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/helpdeskexpert/privacy/shared/consent/receipt"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

var secret = strings.Repeat("s", 32)

func sample() receipt.Facts {
	at := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	return receipt.Facts{
		Subject: "c3ViamVjdA", RecordedAt: at, Version: 3, PolicyVersion: "2025-08-18", Language: "en", Surface: "banner", GPC: true,
		Decisions: map[privacy.Purpose]receipt.Decision{
			privacy.Testimonials:     {State: "granted", DecidedAt: at, ExpiresAt: at.AddDate(0, 6, 0)},
			privacy.MarketingCookies: {State: "denied", DecidedAt: at, ExpiresAt: at.AddDate(1, 0, 0), OptOut: true},
		},
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

func published(t testing.TB, k *receipt.Keys) jose.JSONWebKeySet {
	t.Helper()
	set, err := k.Published()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// served is the set as /.well-known/jwks.json serves it.
func served(t testing.TB, k *receipt.Keys) []byte {
	t.Helper()
	set, err := json.Marshal(published(t, k))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// C02: the key set is all it takes to see that a receipt is true.
func TestPromise_C02_AReceiptIsVerifiedOffline(t *testing.T) {
	k := keys(t, secret, "")
	jws, err := k.Sign(sample())
	again, _ := keys(t, secret, "").Sign(sample())
	if err != nil || jws != again {
		t.Fatalf("%v, deterministic %t", err, jws == again)
	}
	got, err := receipt.Verify(jws, served(t, k))
	if diff := cmp.Diff(sample(), got.Facts); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if set := string(served(t, k)); strings.Contains(set, `"d"`) || strings.Count(set, `"kid"`) != 1 {
		t.Errorf("the published set: %s", set)
	}
}

// A01, A02: the controller and the digest are those of the version that was shown, not of the one in force.
func TestPromise_A02_AReceiptSpeaksOfItsOwnPolicyVersion(t *testing.T) {
	k := keys(t, secret, "")
	jws, err := k.Sign(sample())
	if err != nil {
		t.Fatal(err)
	}
	got, err := receipt.Verify(jws, served(t, k))
	if err != nil || got.PolicySHA256 != "ff05a9408da4ecbf4185147eaf68f98517fee1840e158e2070e965e903c93dc0" || // SHA256SUMS
		got.Issuer != "https://www.helpdeskexpert.com" || got.Controller != (receipt.Controller{Name: "HelpDesk Expert Ltd.", Email: "privacy@helpdeskexpert.com"}) {
		t.Errorf("%+v %v", got, err)
	}
	unknown := sample()
	unknown.PolicyVersion = "2020-01-01"
	if _, err := k.Sign(unknown); err == nil {
		t.Error("a receipt names a version that never was")
	}
}

func TestPromise_C02_AReceiptOutlivesItsKey(t *testing.T) {
	old := keys(t, strings.Repeat("o", 32), "")
	jws, err := old.Sign(sample())
	if err != nil {
		t.Fatal(err)
	}
	retired, err := json.Marshal(published(t, old).Keys)
	if err != nil {
		t.Fatal(err)
	}
	rotated := keys(t, strings.Repeat("n", 32), string(retired))
	if _, err := receipt.Verify(jws, served(t, rotated)); err != nil {
		t.Errorf("after a rotation: %v", err)
	}
	if _, err := receipt.Verify(jws, served(t, keys(t, strings.Repeat("n", 32), ""))); !errors.Is(err, receipt.ErrInvalid) {
		t.Errorf("without the retired key: %v", err)
	}
}

// Flipping any character of a receipt breaks it.
func TestAForgedReceiptIsNone(t *testing.T) {
	k := keys(t, secret, "")
	jws, err := k.Sign(sample())
	if err != nil {
		t.Fatal(err)
	}
	set := served(t, k)
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

// Keys of the same algorithm sign other things too. A text whose type is not that of a receipt is refused, and so is a text that brings its
// own key.
func TestAnotherTextOfTheSameKeyIsNoReceipt(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: public, KeyID: "k"}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		typ   string
		kid   string
		embed bool
		want  bool
	}{{"consent-receipt+jwt", "k", false, true}, {"JWT", "k", false, false}, {"consent-receipt+jwt", "other", false, false}, {"consent-receipt+jwt", "", true, false}} {
		options := (&jose.SignerOptions{EmbedJWK: row.embed}).WithType(jose.ContentType(row.typ))
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: jose.JSONWebKey{Key: private, KeyID: row.kid}}, options)
		if err != nil {
			t.Fatal(err)
		}
		signed, err := signer.Sign([]byte("{}"))
		if err != nil {
			t.Fatal(err)
		}
		text, _ := signed.CompactSerialize()
		if _, err := receipt.Verify(text, set); (err == nil) != row.want {
			t.Errorf("%+v: %v", row, err)
		}
	}
}

func TestKeysThatAreNone(t *testing.T) {
	private, err := json.Marshal(jose.JSONWebKey{Key: ed25519.NewKeyFromSeed(make([]byte, 32)), KeyID: "k"})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ secret, retired string }{
		{"short", ""}, {secret, "{"}, {secret, "[null]"}, {secret, `[{"kty":"oct","k":"AAAA"}]`}, {secret, "[" + string(private) + "]"},
	} {
		if _, err := receipt.NewKeys(row.secret, row.retired); err == nil || row.retired != "" && strings.Contains(err.Error(), row.retired) {
			t.Errorf("%q: %v", row.retired, err)
		}
	}
}

// A function makes its Keys at each start, and few of its calls need them.
func TestNewKeysMakesNoKey(t *testing.T) {
	n := testing.AllocsPerRun(10, func() { keys(t, secret, "") })
	if n > 10 {
		t.Errorf("%.0f allocations before anything is signed", n)
	}
}

func TestTheFirstReceiptsAreSignedAtOnceWithOneKey(t *testing.T) {
	k := keys(t, secret, "")
	want, err := keys(t, secret, "").Sign(sample())
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if jws, err := k.Sign(sample()); err != nil || jws != want {
				t.Errorf("another receipt, %v", err)
			}
			if set, err := k.Published(); err != nil || len(set.Keys) != 1 {
				t.Errorf("%d keys published, %v", len(set.Keys), err)
			}
		})
	}
	all.Wait()
}

// An operator's copy of the published keys may lack names, or hold the key that still signs.
func TestRetiredKeysAreNamedAndPublishedOnce(t *testing.T) {
	current, old := published(t, keys(t, secret, "")).Keys[0], published(t, keys(t, strings.Repeat("o", 32), "")).Keys[0]
	unnamed := old
	unnamed.KeyID, unnamed.Algorithm = "", ""
	retired, err := json.Marshal([]jose.JSONWebKey{current, unnamed, old})
	if err != nil {
		t.Fatal(err)
	}
	want := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{current, old}}
	if diff := cmp.Diff(want, published(t, keys(t, secret, string(retired)))); diff != "" {
		t.Error(diff)
	}
}

func FuzzVerify(f *testing.F) {
	k := keys(f, secret, "")
	jws, err := k.Sign(sample())
	if err != nil {
		f.Fatal(err)
	}
	set := served(f, k)
	f.Add(jws)
	f.Add("..")
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := receipt.Verify(text, set); err == nil && !cmp.Equal(got.Facts, sample()) {
			t.Errorf("a receipt that was never signed: %+v", got)
		}
	})
}
