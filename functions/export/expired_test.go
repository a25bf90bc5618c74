package main

import (
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/shared/dynamo/records"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// F09: a bundle holds what is held to the second: what has expired is in it no more, whether or not DynamoDB has deleted it.
func TestFault_F09_TheExpiredIsInNoBundle(t *testing.T) {
	enginetest.BothTTLs(t, theExpiredIsInNoBundle)
}

func theExpiredIsInNoBundle(t *testing.T) {
	r := newRig(t)
	w := records.NewWriter(r.tables.Client, records.Tables{Records: r.tables.Name("RecordsTable"), Subjects: r.tables.Name("SubjectsTable"),
		Requests: r.tables.Name("RequestsTable")}, policy.Current(), r.clock.Now)
	at := r.clock.Now().Format(time.RFC3339)
	one, err := w.Session(subject.Address{Lookup: "anna@example.org", Spelling: "anna@example.org"}, "alias").Put(t.Context(), record.Record{
		Category: privacy.SecurityLog, ID: "canary", Source: privacy.Automatic, OccurredAt: r.clock.Now(),
		Data: []byte(`{"at":"` + at + `","event":"login","ip":"192.0.2.1","sessionId":"x","userAgent":"y"}`)})
	if err != nil || one.Outcome != record.Kept {
		t.Fatal(one, err)
	}
	alias, known, err := subjects.New(r.tables.Client, r.tables.Name("SubjectsTable"), r.clock.Now).Find(t.Context(), "alias")
	if err != nil || !known {
		t.Fatal(known, err)
	}
	for _, before := range []time.Duration{time.Second, 0} {
		want := before > 0
		r.clock.Set(one.ExpiresAt.Add(-before))
		e := request.Export{Request: "r", Attempt: 1, Subject: alias.Subject, Object: "exports/" + before.String()}
		size, identity, err := r.Seal(t.Context(), request.Request{ID: "r", Right: privacy.Access}, e)
		if err != nil {
			t.Fatal(err)
		}
		url, _, err := r.bucket.Presign(t.Context(), e.Object, "x", time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		held := false
		for _, content := range open(t, url, size, identity) {
			held = held || strings.Contains(string(content), "canary")
		}
		if held != want {
			t.Errorf("%s before its end the record is in the bundle: %t", before, held)
		}
	}
}
