package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/aws/aws-lambda-go/events"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	store "github.com/helpdeskexpert/privacy/infra/local/objects"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/consent/receipt"
	"github.com/helpdeskexpert/privacy/shared/dynamo/queue"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/export/gather"
	"github.com/helpdeskexpert/privacy/shared/objects"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // tests make exports fail on purpose, and each would be logged
	os.Exit(m.Run())
}

// rig makes bundles with the test service and a bucket that it calls over HTTP.
type rig struct {
	*servicetest.Rig
	bucket   *objects.Bucket
	receipts *receipt.Keys
	sealer   *gather.Sealer
}

func newRig(t testing.TB) *rig {
	server := httptest.NewServer(must(t, func() (http.Handler, error) {
		return store.Handler(store.Options{Dir: t.TempDir(), Buckets: []string{"exports"}, Secret: "test"})
	}))
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_REGION": engine.Region, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
		"AWS_ENDPOINT_URL_S3": server.URL,
	} {
		t.Setenv(name, value)
	}
	r := &rig{Rig: servicetest.New(t)}
	r.Clock.Advance(-30 * 24 * time.Hour) // begin in the past, because tests move the clock by some weeks
	r.bucket = objects.Open("exports", r.Clock.Now)
	r.receipts = must(t, func() (*receipt.Keys, error) { return receipt.NewKeys(strings.Repeat("r", 32), "") })
	r.sealer = &gather.Sealer{
		Records: r.Records.Store, Consents: &r.Consents.Store, Receipts: r.receipts, Requests: r.Requests, Subjects: r.Subjects,
		Confirmations: r.Confirmations, Mailboxes: r.Mailboxes, Bucket: r.bucket, Policy: policy.InForce, Now: r.Clock.Now,
	}
	r.Delivery.Bundles = r.sealer
	return r
}

func must[T any](t testing.TB, make func() (T, error)) T {
	t.Helper()
	v, err := make()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// breaks makes every call on a table fail.
func (r *rig) breaks(table string) {
	r.Wire.Through = func(c *enginetest.Call) (*http.Response, error) {
		if c.Names(r.Tables.Name(table)) {
			return nil, errors.New("broken")
		}
		return c.Send()
	}
}

// decide appends a consent record of the data subject.
func (r *rig) decide(id privacy.SubjectID, version int, state consent.State, expires time.Time) {
	r.T.Helper()
	err := r.Consents.Store.Append(r.T.Context(), consent.Record{
		Subject: consent.Address(id), Version: version, Operation: string(id) + string(state), PolicyVersion: policy.VersionInForce(time.Now()), Language: "en",
		Surface: "form", RecordedAt: r.Clock.Now(), ExpiresAt: expires,
		Decisions: map[privacy.Purpose]consent.Decision{privacy.MarketingEmail: {State: state, DecidedAt: r.Clock.Now(), ExpiresAt: r.Clock.Now().AddDate(0, 6, 0)}},
	})
	if err != nil {
		r.T.Fatal(err)
	}
}

// H01, F09: an access bundle contains the data subject's own consent records in the form of their schema, the oldest first, but no expired
// record. Each has its receipt, which the published keys verify.
func TestPromise_H01_ConsentsAreInTheBundle(t *testing.T) {
	enginetest.BothTTLs(t, consentsAreInTheBundle)
}

func consentsAreInTheBundle(t *testing.T) {
	r := newRig(t)
	later := r.Clock.Now().AddDate(3, 0, 0)
	r.decide("anna", 1, consent.Granted, r.Clock.Now()) // this record has expired
	r.decide("anna", 2, consent.Granted, later)
	r.decide("anna", 3, consent.Denied, later)
	r.decide("berta", 1, consent.Granted, later)
	r.Tables.TTL(t, r.Clock.Now())
	e := export.Attempt{Request: "r", Number: 1, Subject: "anna", Object: "exports/x"}
	size, identity, err := r.sealer.Seal(t.Context(), request.Request{ID: "r", Right: privacy.Access}, e)
	if err != nil {
		t.Fatal(err)
	}
	text := r.open(e.Object, size, identity)["consents.json"]
	schema := must(t, func() (*jsonschema.Schema, error) {
		return jsonschema.NewCompiler().Compile(filepath.Join(engine.Root(), "shared/export/bundle/schema/consents.schema.json"))
	})
	document := must(t, func() (any, error) { return jsonschema.UnmarshalJSON(bytes.NewReader(text)) })
	if err := schema.Validate(document); err != nil {
		t.Error(err)
	}
	var shown []struct {
		receipt.Facts
		Receipt string
	}
	if err := json.Unmarshal(text, &shown); err != nil || len(shown) != 2 || shown[0].Version != 2 || shown[1].Version != 3 {
		t.Fatalf("%v %s", err, text)
	}
	keySet := must(t, func() ([]byte, error) { return json.Marshal(must(t, r.receipts.Published)) })
	for _, one := range shown {
		said, err := receipt.Verify(one.Receipt, keySet)
		if err != nil || said.Version != one.Version || said.Subject != "anna" || said.Decisions[privacy.MarketingEmail] != one.Decisions[privacy.MarketingEmail] {
			t.Errorf("the receipt of version %d says %+v, %v", one.Version, said, err)
		}
	}
}

// open downloads, decrypts and unpacks a bundle.
func (r *rig) open(object string, size int64, identity string) map[string][]byte {
	t := r.T
	t.Helper()
	url := must(t, func() (string, error) {
		url, _, err := r.bucket.Presign(t.Context(), object, "x", time.Minute)
		return url, err
	})
	answer := must(t, func() (*http.Response, error) { return http.Get(url) }) //nolint:noctx // a test's own server
	defer answer.Body.Close()
	sealed := must(t, func() ([]byte, error) { return io.ReadAll(answer.Body) })
	if int64(len(sealed)) != size {
		t.Errorf("the object has %d bytes, and Seal returned %d", len(sealed), size)
	}
	key := must(t, func() (*age.HybridIdentity, error) { return age.ParseHybridIdentity(identity) })
	content := must(t, func() ([]byte, error) {
		opened, err := age.Decrypt(bytes.NewReader(sealed), key)
		if err != nil {
			return nil, err
		}
		return io.ReadAll(opened)
	})
	archive := must(t, func() (*zip.Reader, error) { return zip.NewReader(bytes.NewReader(content), int64(len(content))) })
	files := map[string][]byte{}
	for _, f := range archive.File {
		files[f.Name] = must(t, func() ([]byte, error) {
			r, err := f.Open()
			if err != nil {
				return nil, err
			}
			return io.ReadAll(r)
		})
	}
	return files
}

// F20: if reading a table fails, no object is left, and no identity is returned.
func TestFault_F20_ASourceThatBreaks(t *testing.T) {
	r := newRig(t)
	for _, broken := range []string{"RecordsTable", "ConsentsTable"} {
		r.breaks(broken)
		e := export.Attempt{Request: "r", Number: 1, Subject: "anna", Object: "exports/" + broken}
		if _, identity, err := r.sealer.Seal(t.Context(), request.Request{ID: "r", Right: privacy.Access}, e); err == nil || identity != "" {
			t.Errorf("without %s: %v", broken, err)
		}
		if _, err := r.bucket.Head(t.Context(), e.Object); !errors.Is(err, objects.ErrNotFound) {
			t.Errorf("without %s an object is there: %v", broken, err)
		}
		if err := r.sealer.Discard(t.Context(), e.Object); err != nil {
			t.Errorf("discarding nothing: %v", err)
		}
	}
}

// F19: a record about an item that is not an export does not fail. The answer names the records that failed.
func TestFault_F19_WhatFailedIsNamed(t *testing.T) {
	r := newRig(t)
	r.Requests.Table, r.Queue.Table = "no-such-table", "no-such-table"
	handle := queue.Handler(newRunner(r.Queue, r.Delivery, r.Clock.Now))
	var event queue.Event
	for i, key := range [][2]string{{"r#1", "REQUEST"}, {"c#1", "CONSENT"}, {"r#1", "EXPORT#x"}, {"r#1", "EXPORT#1"}} {
		var record events.DynamoDBEventRecord
		record.Change.SequenceNumber = string(rune('a' + i))
		record.Change.Keys = map[string]events.DynamoDBAttributeValue{"PK": events.NewStringAttribute(key[0]), "SK": events.NewStringAttribute(key[1])}
		event.Records = append(event.Records, record)
	}
	answer, err := handle(t.Context(), event)
	if err != nil || len(answer.BatchItemFailures) != 1 || answer.BatchItemFailures[0].ItemIdentifier != "d" {
		t.Errorf("%v %v", err, answer)
	}
	if _, err := handle(t.Context(), queue.Event{}); err == nil {
		t.Error("a schedule that cannot read the table reports no error")
	}
}
