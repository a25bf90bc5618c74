package bundle

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"iter"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

var created = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

// stored is a record that happened on day d of March 2026.
func stored(category privacy.Category, id string, source privacy.Source, d int, data string) Record {
	at := time.Date(2026, 3, d, 12, 30, 0, 0, time.UTC)
	return Record{
		Category: category, ID: id, Source: source, OccurredAt: at, Data: []byte(data),
		StoredAt: at.Add(time.Minute), ExpiresAt: at.AddDate(2, 0, 0),
	}
}

// person is one data subject with records in most categories, in the order of the keys.
func person() []Record {
	running := stored(privacy.Account, "acct-1", privacy.Direct, 1,
		`{"contractStartedAt":"2026-03-01T00:00:00Z","passwordHash":"$2b$12$canaryhash","status":"active","username":"anna"}`)
	running.ExpiresAt = time.Time{}
	gone := stored(privacy.Transaction, "inv-0", privacy.Direct, 1, `{"invoiceNumber":"expired-canary"}`)
	gone.ExpiresAt = created
	return []Record{
		running,
		stored(privacy.Communication, "chat-1", privacy.Direct, 3, `{"agent":"agent-1","channel":"live_chat","endedAt":"2026-03-03T12:00:00Z","messages":[`+
			`{"at":"2026-03-03T11:00:00Z","from":"subject","name":"Anna","text":"Hello, ask Justine Bode \u2028 or <b>justine@firm.example</b>."},`+
			`{"at":"2026-03-03T11:01:00Z","from":"other","name":"Justine Bode","text":"I am Justine, justine@firm.example, +44 20 7946 0958."},`+
			`{"at":"2026-03-03T11:02:00Z","from":"agent","name":"Justine","text":"Bode well, Justines: call +44 20 7946 0958 on 2026-03-04."}],"startedAt":"2026-03-03T10:00:00Z"}`),
		stored(privacy.Communication, "chat-2", privacy.Direct, 4, `{"agent":"agent-1","channel":"email","endedAt":"2026-03-04T12:00:00Z","messages":[{"at":"2026-03-04T11:00:00Z","from":"subject","name":"Anna","text":"anna@example.org is mine\t\u0000"}],"startedAt":"2026-03-04T10:00:00Z"}`),
		stored(privacy.Contact, "primary", privacy.ReferralPartner, 2, `{"company":"=1+1","email":"anna@example.org","phone":"+1 800 555 0199"}`),
		stored(privacy.Identity, "self", privacy.Direct, 1, `{"firstName":"Anna","jobTitle":"<script>alert(1)</script>","lastName":"\u0041…😀"}`),
		stored(privacy.Marketing, "news", privacy.Direct, 5, `{"interests":["a","=b"],"list":"news","subscribedAt":"2026-03-05T00:00:00Z"}`),
		stored(privacy.SecurityLog, "log-1", privacy.Automatic, 6, `{"at":"2026-03-06T00:00:00Z","event":"login","ip":"203.0.113.7","sessionId":"s","userAgent":"ua"}`),
		gone,
		stored(privacy.Transaction, "inv-1", privacy.PublicSource, 7, `{"amount":"-12.50","currency":"EUR","description":"@work","invoiceNumber":"INV-1","issuedAt":"2026-03-07T00:00:00Z","lines":[{"description":"=SUM(A1)","quantity":1,"unitPrice":"12.50"}],"status":"paid"}`),
	}
}

func each(records []Record) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func input(right privacy.Right, records []Record) Input {
	return Input{Right: right, Content: request.Rights[right].Shows, RequestID: "0191", CreatedAt: created, Policy: policy.Newest(), Records: each(records),
		Consents: []json.RawMessage{json.RawMessage(`{"version":1,"policyVersion":"2026-11-02","recordedAt":"2026-11-03T10:00:00Z","decisions":{"marketing_email":{"state":"granted"}},"receipt":"a.b.c"}`)}}
}

// build writes a bundle and returns its files by name, and their order in the archive.
func build(t testing.TB, in Input) (map[string][]byte, []string, Summary) {
	t.Helper()
	var out bytes.Buffer
	summary, err := Write(t.Context(), &out, in)
	if err != nil {
		t.Fatal(err)
	}
	if summary.Bytes != int64(out.Len()) {
		t.Errorf("summary says %d bytes, written were %d", summary.Bytes, out.Len())
	}
	archive, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	files, order := map[string][]byte{}, []string{}
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		files[f.Name], order = content, append(order, f.Name)
	}
	return files, order, summary
}

// item is a record in the form of a data file.
type item struct {
	ID         string          `json:"id"`
	Source     string          `json:"source"`
	OccurredAt string          `json:"occurredAt"`
	StoredAt   string          `json:"storedAt"`
	ExpiresAt  *string         `json:"expiresAt"`
	Data       json.RawMessage `json:"data"`
}

func items(t testing.TB, raw []byte) []item {
	t.Helper()
	var out []item
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
