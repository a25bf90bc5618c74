package oidc_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/oidc"
)

var (
	here  = oidc.Config{Audience: "privacy"}
	right = map[string]any{"aud": "privacy", "client_id": "crm", "scope": "records.write"}
)

// bogus returns a token that is right in everything but its signing key.
func bogus(t testing.TB, f *foreign, id string) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	claims := map[string]any{"iss": f.URL, "exp": start.Add(time.Hour).Unix()}
	for name, value := range right {
		claims[name] = value
	}
	return signed(t, key, jose.ES256, id, "at+jwt", claims)
}

func wantKind(t testing.TB, err error, want fault.Kind, when string) {
	t.Helper()
	if fault.KindOf(err) != want {
		t.Errorf("%s: %v, want %s", when, err, want)
	}
}

// 50 invented tokens with 50 invented keys cost one fetch. A known key with a wrong signature costs none.
func TestInventedTokensDoNotMakeTheServiceFetchKeys(t *testing.T) {
	f := newForeign(t)
	v := f.verifier(t, here)
	for i := range 50 {
		wantKind(t, write(t, v, bogus(t, f, fmt.Sprint("invented ", i))), fault.Unauthenticated, "an invented key")
		wantKind(t, write(t, v, bogus(t, f, "first")), fault.Unauthenticated, "an invented signature")
		f.clock.Advance(time.Second)
	}
	if discoveries, keys := f.count(); discoveries != 1 || keys != 1 {
		t.Errorf("%d fetches of the discovery document and %d of the keys", discoveries, keys)
	}
	f.clock.Advance(time.Minute)
	for i := range 50 {
		_ = write(t, v, bogus(t, f, fmt.Sprint("again ", i)))
	}
	if discoveries, keys := f.count(); discoveries != 1 || keys != 2 {
		t.Errorf("a minute later: %d fetches of the discovery document and %d of the keys", discoveries, keys)
	}
	if err := write(t, v, f.token(t, "first", "at+jwt", right)); err != nil {
		t.Errorf("a right token after the flood: %v", err)
	}
}

// A token that cannot come from the issuer costs no fetch.
func TestWhatIsNoTokenOfTheIssuerCostsNoFetch(t *testing.T) {
	f := newForeign(t)
	v := f.verifier(t, here)
	elsewhere := map[string]any{"iss": "https://elsewhere.example", "aud": "privacy", "client_id": "crm", "scope": "records.write"}
	for name, token := range map[string]string{
		"nothing":        "..",
		"four parts":     f.token(t, "first", "at+jwt", right) + ".x",
		"another issuer": f.token(t, "first", "at+jwt", elsewhere),
		"another type":   f.token(t, "first", "logout+jwt", right),
		"no key id":      signed(t, f.keys["first"], jose.ES256, "", "at+jwt", map[string]any{"iss": f.URL}),
		"an HMAC":        signed(t, []byte("0123456789abcdef0123456789abcdef"), jose.HS256, "first", "at+jwt", map[string]any{"iss": f.URL}),
	} {
		wantKind(t, write(t, v, token), fault.Unauthenticated, name)
	}
	if discoveries, keys := f.count(); discoveries+keys != 0 {
		t.Errorf("%d and %d fetches", discoveries, keys)
	}
}

// The first token with the new key makes the service notice a rotation, within a minute, even while somebody sends invented tokens.
// The old key stops working at the same time.
func TestARotationIsNoticed(t *testing.T) {
	f := newForeign(t)
	v := f.verifier(t, here)
	old := f.token(t, "first", "at+jwt", right)
	if err := write(t, v, old); err != nil {
		t.Fatal(err)
	}
	f.clock.Advance(10 * time.Minute)
	f.rotate(t, "second")
	if err := write(t, v, f.token(t, "second", "at+jwt", right)); err != nil {
		t.Errorf("the first token after a rotation: %v", err)
	}
	wantKind(t, write(t, v, old), fault.Unauthenticated, "a token of the withdrawn key")

	f.clock.Advance(time.Minute)
	_ = write(t, v, bogus(t, f, "invented"))
	f.rotate(t, "third")
	token := f.token(t, "third", "at+jwt", right)
	wantKind(t, write(t, v, token), fault.Unauthenticated, "a rotation within the pause")
	f.clock.Advance(time.Minute)
	if err := write(t, v, token); err != nil {
		t.Errorf("a minute after the rotation: %v", err)
	}
}

// A key that the issuer withdrew without a replacement stops working after an hour.
func TestAWithdrawnKeyEnds(t *testing.T) {
	f := newForeign(t)
	v := f.verifier(t, here)
	token := f.token(t, "first", "at+jwt", map[string]any{"aud": "privacy", "client_id": "crm", "scope": "records.write", "exp": start.Add(3 * time.Hour).Unix()})
	if err := write(t, v, token); err != nil {
		t.Fatal(err)
	}
	f.rotate(t, "second")
	f.clock.Advance(time.Hour - time.Second)
	if err := write(t, v, token); err != nil {
		t.Errorf("within the hour: %v", err)
	}
	f.clock.Advance(time.Second)
	wantKind(t, write(t, v, token), fault.Unauthenticated, "after an hour")
}

// While the issuer is silent from the start, calls are told to try again later and one fetch is tried every five seconds. The first
// fetch after the issuer is back succeeds.
func TestASilentIssuerIsAskedSeldomAndFoundAgain(t *testing.T) {
	f := newForeign(t)
	f.fall(true)
	v := f.verifier(t, here)
	token := f.token(t, "first", "at+jwt", right)
	for range 60 {
		wantKind(t, write(t, v, token), fault.Unavailable, "while the issuer is silent")
		wantKind(t, write(t, v, bogus(t, f, "invented")), fault.Unavailable, "an invented token while the issuer is silent")
		f.clock.Advance(time.Second)
	}
	if discoveries, keys := f.count(); discoveries != 12 || keys != 0 {
		t.Errorf("in a minute: %d fetches of the discovery document and %d of the keys", discoveries, keys)
	}
	f.fall(false)
	f.clock.Advance(5 * time.Second)
	if err := write(t, v, token); err != nil {
		t.Errorf("five seconds after the issuer is back: %v", err)
	}
}

// An outage after the keys were read stops no call whose key is known. A new key cannot be judged, so its caller is told to try again later.
func TestKnownKeysOutliveAnOutage(t *testing.T) {
	f := newForeign(t)
	v := f.verifier(t, here)
	forever := map[string]any{"aud": "privacy", "client_id": "crm", "scope": "records.write", "exp": start.Add(9 * time.Hour).Unix()}
	known := f.token(t, "first", "at+jwt", forever)
	if err := write(t, v, known); err != nil {
		t.Fatal(err)
	}
	f.clock.Advance(2 * time.Hour)
	f.fall(true)
	if err := write(t, v, known); err != nil {
		t.Errorf("a known key during an outage: %v", err)
	}
	f.rotate(t, "second")
	token := f.token(t, "second", "at+jwt", forever)
	wantKind(t, write(t, v, token), fault.Unavailable, "a new key during an outage")
	f.fall(false)
	f.clock.Advance(5 * time.Second)
	if err := write(t, v, token); err != nil {
		t.Errorf("a new key after the outage: %v", err)
	}
}

// Calls at the same moment share one fetch.
func TestConcurrentCallsShareAFetch(t *testing.T) {
	f := newForeign(t)
	v := f.verifier(t, here)
	token := f.token(t, "first", "at+jwt", right)
	var calls sync.WaitGroup
	for range 20 {
		calls.Go(func() {
			if err := write(t, v, token); err != nil {
				t.Error(err)
			}
		})
	}
	calls.Wait()
	if discoveries, keys := f.count(); discoveries != 1 || keys != 1 {
		t.Errorf("%d fetches of the discovery document and %d of the keys", discoveries, keys)
	}
}
