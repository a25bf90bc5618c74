package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/consent/receipt"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

var secret = strings.Repeat("s", 64)

// rig serves the receipts of a real store, with a signing key that it can rotate.
type rig struct {
	*servicetest.Rig
	keys *receipt.Keys
}

func newRig(t *testing.T) *rig {
	s := &rig{Rig: servicetest.New(t)}
	s.rotate(t, secret, "")
	return s
}

func (s *rig) rotate(t *testing.T, secret, retired string) {
	t.Helper()
	keys, err := receipt.NewKeys(secret, retired)
	if err != nil {
		t.Fatal(err)
	}
	s.keys = keys
}

// get calls a path and checks the exchange against the contract.
func (s *rig) get(t *testing.T, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h := routes(handler{origin: origin, list: policy.Versions(), policy: policy.InForce, consents: &s.Consents.Store, keys: s.keys, now: s.Clock.Now})
	openapitest.Wrap(t, h).ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	return w
}

// receipt gets a receipt that must exist.
func (s *rig) receipt(t *testing.T, visitor, version string) string {
	t.Helper()
	w := s.get(t, "/v1/consents/"+visitor+"/receipts/"+version)
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/jose" || w.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	return w.Body.String()
}

func (s *rig) verify(t *testing.T, jws string) receipt.Receipt {
	t.Helper()
	r, err := receipt.Verify(jws, s.get(t, "/.well-known/jwks.json").Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// decide records one act of a visitor.
func (s *rig) decide(t *testing.T, visitor, version string, gpc bool, purpose privacy.Purpose, state consent.State) {
	t.Helper()
	_, err := s.ByAddress.Recorder.Record(t.Context(), consent.Act{
		Subject: keyOf(visitor), Operation: uuid.NewString(), PolicyVersion: version, Language: "en", Surface: "banner", GPC: gpc,
		Decisions: map[privacy.Purpose]consent.State{purpose: state},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A02, C02: a receipt says who decided what, when and how, and exactly which text was shown. It never contains the visitor id.
func TestPromise_A02_AReceiptNamesTheTextThatWasShown(t *testing.T) {
	s, visitor := newRig(t), uuid.NewString()
	first := s.Clock.Now()
	s.decide(t, visitor, policy.VersionInForce(s.Clock.Now()), true, privacy.Testimonials, consent.Granted)
	signed := s.receipt(t, visitor, "1")
	s.Clock.Advance(time.Hour)
	s.decide(t, visitor, policy.VersionInForce(s.Clock.Now()), false, privacy.Testimonials, consent.Denied)
	if s.receipt(t, visitor, "1") != signed {
		t.Error("the receipt of the first act became another")
	}
	text := s.get(t, "/v1/policy/versions/"+policy.VersionInForce(s.Clock.Now())).Body.Bytes()
	digest := sha256.Sum256(text)
	controller := decode[policy.Policy](t, s.get(t, "/v1/policy")).Controller
	hash := sha256.Sum256([]byte(visitor))
	end, again := first.AddDate(0, policy.InForce(first).ConsentMonths, 0), first.AddDate(0, policy.InForce(first).OptOutMonths, 0)
	want := receipt.Receipt{
		Issuer: controller.Site, IssuedAt: first.Unix(), PolicySHA256: hex.EncodeToString(digest[:]),
		Controller: receipt.Controller{Name: controller.Name, Email: controller.PrivacyEmail},
		Facts: receipt.Facts{
			Subject: base64.RawURLEncoding.EncodeToString(hash[:]), Version: 1, PolicyVersion: policy.VersionInForce(s.Clock.Now()),
			Language: "en", Surface: "banner", GPC: true, RecordedAt: first,
			Decisions: map[privacy.Purpose]receipt.Decision{
				privacy.Testimonials:     {State: "granted", DecidedAt: first, ExpiresAt: end},
				privacy.MarketingCookies: {State: "denied", DecidedAt: first, ExpiresAt: again, OptOut: true},
			},
		},
	}
	if diff := cmp.Diff(want, s.verify(t, signed)); diff != "" {
		t.Error(diff)
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(signed, ".")[1])
	if err != nil || bytes.Contains(payload, []byte(visitor)) {
		t.Errorf("the receipt holds the visitor id, or none can be read: %v", err)
	}
	second := s.verify(t, s.receipt(t, visitor, "2"))
	if got := second.Decisions[privacy.Testimonials]; got.State != "denied" || !got.DecidedAt.Equal(s.Clock.Now()) {
		t.Errorf("the withdrawal: %+v", got)
	}
	if got := second.Decisions[privacy.MarketingCookies]; !got.DecidedAt.Equal(first) {
		t.Errorf("what was carried over: %+v", got)
	}
}

// C02: receipts that were handed out before the key was rotated still verify. Receipts handed out afterwards are signed with the new key.
func TestPromise_C02_ReceiptsOutliveTheRotationOfTheirKey(t *testing.T) {
	s, visitor := newRig(t), uuid.NewString()
	s.decide(t, visitor, policy.VersionInForce(s.Clock.Now()), false, privacy.AnalyticsCookies, consent.Granted)
	before := s.receipt(t, visitor, "1")
	facts := s.verify(t, before)
	var set struct{ Keys json.RawMessage }
	if err := json.Unmarshal(s.get(t, "/.well-known/jwks.json").Body.Bytes(), &set); err != nil {
		t.Fatal(err)
	}
	s.rotate(t, strings.Repeat("n", 64), string(set.Keys)) // the part that an operator copies
	after := s.receipt(t, visitor, "1")
	if after == before {
		t.Error("the new key did not sign")
	}
	if diff := cmp.Diff(facts, s.verify(t, before)); diff != "" {
		t.Error("before:", diff)
	}
	if diff := cmp.Diff(facts, s.verify(t, after)); diff != "" {
		t.Error("after:", diff)
	}
}

// A missing record, an expired record and an invalid version get the same answer.
func TestReceiptsThatAreNone(t *testing.T) { enginetest.BothTTLs(t, receiptsThatAreNone) }

func receiptsThatAreNone(t *testing.T) {
	s, visitor := newRig(t), uuid.NewString()
	s.decide(t, visitor, policy.VersionInForce(s.Clock.Now()), false, privacy.Testimonials, consent.Granted)
	answer := s.get(t, "/v1/consents/"+uuid.NewString()+"/receipts/1").Body.String()
	check := func(path string) {
		t.Helper()
		if w := s.get(t, "/v1/consents/"+path); w.Code != http.StatusNotFound || w.Body.String() != answer {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	for _, version := range []string{"2", "0", "-1", "+1", "01", "1.0", "1x", "%20", "1000000000", "99999999999999999999"} {
		check(visitor + "/receipts/" + version)
	}
	for _, other := range []string{"x", uuid.Nil.String(), "urn:uuid:" + visitor, strings.ReplaceAll(visitor, "-", "")} {
		check(other + "/receipts/1")
	}
	s.receipt(t, strings.ToUpper(visitor), "1")
	s.Clock.AdvanceDate(4, 0, 0)
	check(visitor + "/receipts/1")
}

// keyOf returns the key of a visitor whose id is valid.
func keyOf(visitor string) string {
	key, _ := consent.Visitor(visitor)
	return key
}
