package gather

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"slices"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/consent/receipt"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

var errBroken = errors.New("broken")

// stores are all sources in memory, of one data subject "anna" whose address has the HMAC "mac", and of those in more. A call named in broken
// fails.
type stores struct {
	records  []record.OnFile
	consents []consent.Record // newest first
	listed   request.Listed
	left     map[privacy.SubjectID][]string // requests that are listed under a data subject
	files    map[string]request.File
	known    *standing.Snapshot
	more     map[privacy.SubjectID]*other
	aliases  map[string]subject.Alias
	waiting  map[string]mailbox.Confirmation
	boxes    map[string]mailbox.Mailbox
	broken   string
}

// other is another data subject.
type other struct {
	records  []record.OnFile
	consents []consent.Record
	state    standing.Snapshot
}

func (s *stores) fails(call string) error {
	if s.broken == call {
		return errBroken
	}
	return nil
}

func (s *stores) Stored(_ context.Context, id privacy.SubjectID) iter.Seq2[record.OnFile, error] {
	return func(yield func(record.OnFile, error) bool) {
		records := s.records
		if one := s.more[id]; one != nil {
			records = one.records
		} else if err := s.fails("Stored"); err != nil || id != "anna" {
			yield(record.OnFile{}, errors.Join(err, errBroken))
			return
		}
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func (s *stores) History(_ context.Context, subject string, at time.Time) iter.Seq2[consent.Record, error] {
	return func(yield func(consent.Record, error) bool) {
		consents := s.consents
		for id, one := range s.more {
			if subject == consent.Address(id) {
				subject, consents = consent.Address("anna"), one.consents
			}
		}
		if err := s.fails("History"); err != nil || subject != consent.Address("anna") || at != now {
			yield(consent.Record{}, errors.Join(err, errBroken))
			return
		}
		for _, r := range consents {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func (s *stores) Sign(facts receipt.Facts) (string, error) {
	return "signed " + facts.Surface, s.fails("Sign")
}

func (s *stores) Listed(_ context.Context, mailbox string) (request.Listed, error) {
	if mailbox != "mac" {
		return request.Listed{}, s.fails("Listed")
	}
	return s.listed, s.fails("Listed")
}

func (s *stores) ListedOf(_ context.Context, id privacy.SubjectID) ([]string, error) {
	return s.left[id], s.fails("ListedOf")
}

func (s *stores) Load(_ context.Context, id string) (request.File, error) {
	file, known := s.files[id]
	if !known {
		return file, request.ErrUnknown
	}
	return file, s.fails("Load")
}

func (s *stores) State(_ context.Context, id privacy.SubjectID) (standing.Snapshot, bool, error) {
	if one := s.more[id]; one != nil {
		return one.state, true, nil
	}
	if err := s.fails("State"); err != nil || s.known == nil || id != "anna" {
		return standing.Snapshot{}, false, err
	}
	return *s.known, true, nil
}

func (s *stores) Aliases(_ context.Context, keys ...string) (map[string]subject.Alias, error) {
	found := map[string]subject.Alias{}
	for _, key := range keys {
		if a, known := s.aliases[key]; known {
			found[key] = a
		}
	}
	return found, s.fails("Aliases")
}

// confirmations are the waiting consents of the stores: their Load is not that of requests.
type confirmations struct{ *stores }

func (c confirmations) Load(_ context.Context, id string) (mailbox.Confirmation, bool, error) {
	one, known := c.waiting[id]
	return one, known, c.fails("Confirmation")
}

// mailboxes are the mailboxes of the stores.
type mailboxes struct{ *stores }

func (m mailboxes) Load(_ context.Context, id string) (mailbox.Mailbox, bool, error) {
	box, known := m.boxes[id]
	return box, known, m.fails("Mailbox")
}

// bucket is a bucket in memory. It may lose the last byte of an object, or refuse it after a while.
type bucket struct {
	objects   map[string][]byte
	loses     int   // bytes
	refuses   error // after one byte
	discarded []string
}

func (b *bucket) Put(_ context.Context, key string, r io.Reader) (int64, error) {
	if b.refuses != nil {
		_, _ = r.Read(make([]byte, 1))
		return 0, b.refuses
	}
	content, err := io.ReadAll(r)
	if err != nil {
		return 0, err
	}
	b.objects[key] = content[:len(content)-b.loses]
	return int64(len(content)), nil
}

func (b *bucket) Head(_ context.Context, key string) (int64, error) {
	content, there := b.objects[key]
	if !there {
		return 0, errBroken
	}
	return int64(len(content)), nil
}

func (b *bucket) Discard(_ context.Context, key string) error {
	b.discarded = append(b.discarded, key)
	return nil
}

// rig is a sealer on stores in memory.
type rig struct {
	*stores
	*Sealer
	bucket *bucket
}

func newRig() rig {
	s, b := &stores{}, &bucket{objects: map[string][]byte{}}
	return rig{s, &Sealer{
		Records: s, Consents: s, Receipts: s, Requests: s, Subjects: s, Confirmations: confirmations{s}, Mailboxes: mailboxes{s},
		Bucket: b, Policy: policy.InForce, Now: func() time.Time { return now },
	}, b}
}

// deletion is an erasure of one kind of data.
type deletion string

func (d deletion) Deletion(*policy.Policy, privacy.Right) request.Deletion {
	return request.Deletion{
		PlannedAt: now, BegunAt: now, Systems: []request.DeletedSystem{{Title: "CRM", AcknowledgedAt: now}},
		Kinds: []request.DeletedKind{{Title: string(d), Count: 2, Counted: true, Ground: privacy.LegalDuty, Law: "law", Reason: "reason", Until: now}, {Title: "rest"}},
	}
}

// everything returns a rig in which each kind that an answer to access shows holds its own name, and the request that asks for all of it.
func everything() (rig, request.Request) {
	r := newRig()
	canary := func(kind policy.Kind) string { return "canary-" + string(kind) }
	for _, kind := range categories() {
		r.records = append(r.records, record.OnFile{
			Record: record.Record{Category: privacy.Category(kind), ID: canary(kind), Source: privacy.Direct, OccurredAt: now, Data: []byte(`{}`)}, StoredAt: now})
	}
	slices.SortFunc(r.records, func(a, b record.OnFile) int {
		if a.Category < b.Category {
			return -1
		}
		return 1
	})
	r.consents = []consent.Record{{Version: 1, Surface: canary(policy.ConsentRecord)}}
	asked := request.Request{ID: "r", Right: privacy.Access, Mailbox: "mac", Details: canary(policy.Request), VerifiedAt: now, ReceivedAt: now}
	r.files = map[string]request.File{"r": {
		Request: asked, Events: []request.Event{{At: now, Kind: request.EventKind(canary(policy.RequestEvent))}},
		Answer: export.Attempts{{Number: 1, State: export.State(canary(policy.ExportAttempt))}},
	}}
	r.listed = request.Listed{Requests: []string{"r"}, Consents: []string{"c"}}
	r.known = &standing.Snapshot{State: standing.State{Contract: standing.Contract(canary(policy.SubjectState))}, Aliases: []string{"i#1#a"}}
	r.aliases = map[string]subject.Alias{"i#1#a": {Spelling: canary(policy.SubjectAlias)}}
	r.waiting = map[string]mailbox.Confirmation{"c": {ID: "c", Act: consent.Act{Surface: canary(policy.Confirmation)}}}
	r.boxes = map[string]mailbox.Mailbox{"mac": {ID: "mac", Address: canary(policy.MailboxLink)}}
	return r, asked
}

// erases adds a request that asks for an erasure, which holds the name of its kind.
func (r rig) erases() {
	r.files["s"] = request.File{Request: request.Request{ID: "s", Right: privacy.Erasure, ReceivedAt: now}, Answer: deletion("canary-" + policy.ErasurePlan)}
	r.listed.Requests = append(r.listed.Requests, "s")
}

// unpacked seals the answer and opens it again.
func (r rig) unpacked(t *testing.T, asked request.Request, id privacy.SubjectID) map[string][]byte {
	t.Helper()
	size, identity, err := r.Seal(t.Context(), asked, export.Attempt{Subject: id, Object: "exports/x"})
	if err != nil {
		t.Fatal(err)
	}
	sealed := r.bucket.objects["exports/x"]
	if int64(len(sealed)) != size {
		t.Errorf("%d bytes are stored, and %d were confirmed", len(sealed), size)
	}
	key, err := age.ParseHybridIdentity(identity)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := age.Decrypt(bytes.NewReader(sealed), key)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(opened)
	if err != nil {
		t.Fatal(err)
	}
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range archive.File {
		open, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(open); err != nil {
			t.Fatal(err)
		}
	}
	return files
}
