package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/receipt"
)

// A02, C02: each consent record has a receipt that names the policy as it was published and is verified offline.
func TestPromise_A02_Receipts(t *testing.T) {
	tables := engine.DynamoDB(t)
	store := &consents.Store{Client: tables.Client, Table: tables.Name("ConsentsTable")}
	keys, err := receipt.NewKeys(strings.Repeat("s", 64), "")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Second)
	clock := func() time.Time { return now }
	h := openapitest.Wrap(t, routes(handler{origin: origin, consents: store, keys: keys, now: clock}))
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		return w
	}

	visitor := uuid.NewString()
	recorder := consent.Recorder{Log: store, Now: clock}
	_, err = recorder.Record(t.Context(), consent.Act{
		Subject: consent.Visitor(visitor), Operation: "one", PolicyVersion: policy.CurrentVersion, Language: "en", Surface: "banner", GPC: true,
		Decisions: map[privacy.Purpose]consent.State{privacy.Testimonials: consent.Granted},
	})
	if err != nil {
		t.Fatal(err)
	}
	signed := get("/v1/consents/" + visitor + "/receipts/1")
	if signed.Code != http.StatusOK || signed.Body.String() != get("/v1/consents/"+visitor+"/receipts/1").Body.String() {
		t.Fatalf("%d %s", signed.Code, signed.Body)
	}
	got, err := receipt.Verify(signed.Body.String(), get("/.well-known/jwks.json").Body.Bytes())
	if err != nil || got.PolicySHA256 != policy.Versions()[0].SHA256 || got.Decisions["testimonials"].State != "granted" ||
		got.Decisions["marketing_cookies"].State != "denied" || !got.RecordedAt.Equal(now) || got.Controller.Email != "privacy@helpdeskexpert.com" {
		t.Errorf("%+v %v", got, err)
	}
	if text, _ := json.Marshal(got); strings.Contains(string(text), visitor) {
		t.Error("the receipt holds the visitor id")
	}
	for _, path := range []string{visitor + "/receipts/2", visitor + "/receipts/0", visitor + "/receipts/01x", visitor + "/receipts/99999999999999999999", uuid.NewString() + "/receipts/1", "x/receipts/1"} {
		if w := get("/v1/consents/" + path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	now = now.AddDate(4, 0, 0)
	if w := get("/v1/consents/" + visitor + "/receipts/1"); w.Code != http.StatusNotFound {
		t.Errorf("past its retention: %d", w.Code)
	}
}
