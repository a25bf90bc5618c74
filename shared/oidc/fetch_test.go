package oidc_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/oidc"
)

// lasting are the claims of a token that stays valid through every wait of a test.
var lasting = with(right, map[string]any{"exp": start.Add(9 * time.Hour).Unix()})

// An answer that is not a key set changes nothing: known keys still work, and calls with other keys are told to try again later.
func TestAnAnswerThatIsNoKeySetReplacesNoKeys(t *testing.T) {
	status := func(status int) func(http.ResponseWriter, []byte) {
		return func(w http.ResponseWriter, set []byte) { w.WriteHeader(status); _, _ = w.Write(set) }
	}
	body := func(body string) func(http.ResponseWriter, []byte) {
		return func(w http.ResponseWriter, _ []byte) { _, _ = w.Write([]byte(body)) }
	}
	for name, answer := range map[string]func(http.ResponseWriter, []byte){
		"a right set with the status of an error": status(http.StatusBadGateway),
		"a right set in an answer of 1 MiB": func(w http.ResponseWriter, set []byte) {
			_, _ = w.Write(append(bytes.Repeat([]byte(" "), 1<<20), set...))
		},
		"a page":                          body("<html>"),
		"an empty set":                    body(`{"keys":[]}`),
		"a set of keys that sign nothing": body(`{"keys":[{"kty":"oct","kid":"second","k":"c2VjcmV0"}]}`),
	} {
		f := newForeign(t)
		v := f.verifier(t, here)
		known := f.token(t, "first", "at+jwt", lasting)
		if err := write(t, v, known); err != nil {
			t.Fatal(err)
		}
		f.rotate(t, "second")
		f.answers(answer)
		f.clock.Advance(time.Hour)
		if err := write(t, v, known); err != nil {
			t.Errorf("%s: a known key: %v", name, err)
		}
		f.clock.Advance(time.Minute)
		wantKind(t, write(t, v, f.token(t, "second", "at+jwt", lasting)), fault.Unavailable, name)
	}
}

// An issuer may publish two keys under one id, so both are tried.
func TestTwoKeysOfOneIDAreBothTried(t *testing.T) {
	f := newForeign(t)
	v := f.verifier(t, here)
	old := f.token(t, "first", "at+jwt", right)
	var first []byte
	f.answers(func(w http.ResponseWriter, set []byte) { first = bytes.Clone(set); _, _ = w.Write(set) })
	if err := write(t, v, old); err != nil {
		t.Fatal(err)
	}
	f.rotate(t, "first")
	f.answers(func(w http.ResponseWriter, set []byte) { // serves the keys of both sets in one
		_, _ = w.Write(append(append(bytes.TrimSuffix(first, []byte("]}")), ','), bytes.TrimPrefix(set, []byte(`{"keys":[`))...))
	})
	v = f.verifier(t, here)
	for name, token := range map[string]string{"the first": old, "the second": f.token(t, "first", "at+jwt", right)} {
		if err := write(t, v, token); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// While the issuer is silent, calls with a known key wait for it at most once a minute.
func TestAnOutageSlowsKnownKeysOnceAMinute(t *testing.T) {
	f := newForeign(t)
	v := f.verifier(t, here)
	known := f.token(t, "first", "at+jwt", lasting)
	_ = write(t, v, known)
	f.fall(true)
	f.clock.Advance(time.Hour)
	for range 60 {
		if err := write(t, v, known); err != nil {
			t.Fatal(err)
		}
		f.clock.Advance(time.Second)
	}
	if _, keys := f.count(); keys != 2 {
		t.Errorf("%d fetches, the first one included", keys)
	}
}

// tripper sees the requests of http.DefaultClient.
type tripper func(*http.Request) (*http.Response, error)

func (t tripper) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

// A fetch has its own limit of five seconds. It goes on when the call that started it ends, since other calls need the keys.
func TestAFetchHasATimeOfItsOwn(t *testing.T) {
	f := newForeign(t)
	v := f.verifier(t, here)
	token, through, seen := f.token(t, "first", "at+jwt", right), http.DefaultTransport, 0
	t.Cleanup(func() { http.DefaultTransport = through })
	http.DefaultTransport = tripper(func(r *http.Request) (*http.Response, error) {
		seen++
		if ends, limited := r.Context().Deadline(); !limited || time.Until(ends) > 5*time.Second {
			t.Errorf("%s may take until %v", r.URL.Path, ends)
		}
		return through.RoundTrip(r)
	})
	ctx, hangUp := context.WithCancel(t.Context())
	hangUp()
	r := httptest.NewRequestWithContext(ctx, http.MethodPut, "/v1/records/contact/1", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	if _, err := v.Authorize(r, writing); err != nil || seen != 2 {
		t.Errorf("%v after %d requests", err, seen)
	}
}

// The log distinguishes an issuer that is spelt differently from one that is silent, as infra/README.md says. It repeats nothing of the token.
func TestTheLogNamesTheKindOfAFailedFetch(t *testing.T) {
	var said bytes.Buffer
	before := slog.Default()
	t.Cleanup(func() { slog.SetDefault(before) })
	slog.SetDefault(slog.New(slog.NewTextHandler(&said, nil)))
	f := newForeign(t)
	v, err := oidc.New(oidc.Config{Issuer: f.URL + "/", Audience: "privacy"}, f.clock.Now) // the discovery document has no final slash
	if err != nil {
		t.Fatal(err)
	}
	token := f.token(t, "first", "at+jwt", with(right, map[string]any{"iss": f.URL + "/"}))
	wantKind(t, write(t, v, token), fault.Unavailable, "an issuer that is spelt differently")
	line := said.String()
	if !strings.Contains(line, "the keys of the tokens' issuer were not fetched") || !strings.Contains(line, "IssuerMismatchError") ||
		strings.Contains(line, f.URL) || strings.Contains(line, "first") {
		t.Errorf("the log says %q", line)
	}
}
