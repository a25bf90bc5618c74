package main

import (
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// F09: a bundle contains a record until the second in which it expires, whether or not DynamoDB has deleted it.
func TestFault_F09_TheExpiredIsInNoBundle(t *testing.T) {
	enginetest.BothTTLs(t, theExpiredIsInNoBundle)
}

func theExpiredIsInNoBundle(t *testing.T) {
	r := newRig(t)
	at := r.Clock.Now().Format(time.RFC3339)
	one, err := r.Take("anna@example.org", record.Record{
		Category: privacy.SecurityLog, ID: "canary", Source: privacy.Automatic, OccurredAt: r.Clock.Now(),
		Data: []byte(`{"at":"` + at + `","event":"login","ip":"192.0.2.1","sessionId":"x","userAgent":"y"}`)})
	if err != nil || one.Outcome != record.Stored {
		t.Fatal(one, err)
	}
	known, found, err := r.Find(t.Context(), r.Parse("anna@example.org"))
	if err != nil || !found {
		t.Fatal(found, err)
	}
	for _, before := range []time.Duration{time.Second, 0} {
		want := before > 0
		r.Clock.Set(one.ExpiresAt.Add(-before))
		e := export.Attempt{Request: "r", Number: 1, Subject: known.Subject, Object: "exports/" + before.String()}
		size, identity, err := r.sealer.Seal(t.Context(), request.Request{ID: "r", Right: privacy.Access}, e)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, content := range r.open(e.Object, size, identity) {
			found = found || strings.Contains(string(content), "canary")
		}
		if found != want {
			t.Errorf("%s before its end the record is in the bundle: %t", before, found)
		}
	}
}
