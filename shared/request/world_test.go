package request_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// linkLife is the figure of the published policy.
const linkLife = 7 * 24 * time.Hour

// world is the desk, the fulfilment and the delivery on a real table, with a mailer and a bucket that remember.
type world struct {
	t      *testing.T
	tables *enginetest.Tables
	clock  *testclock.Clock
	store  *requests.Store
	desk   *request.Desk
	ful    *request.Fulfilment
	del    *request.Delivery

	mu      sync.Mutex
	known   map[string]string // lookup → spelling on record
	mails   []sent
	failing map[string]error // operation → error to answer once
	down    map[string]error // operation → error to answer until it is taken away
	objects map[string]bool
	stopped int // exports
}

// sent is one mail that a mailer was handed.
type sent struct {
	kind, to       string
	token, status  subject.Token
	identity, link string
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, tables: enginetest.DynamoDB(t),
		known: map[string]string{}, failing: map[string]error{}, down: map[string]error{}, objects: map[string]bool{}}
	w.clock = w.tables.Clock(time.Now().UTC().Truncate(time.Second))
	key := subject.Key("a key of tests")
	w.store = &requests.Store{Client: w.tables.Client, Table: w.tables.Name("RequestsTable"), Policy: policy.Current(), Terms: policy.TermsOf, Now: w.clock.Now}
	w.desk = &request.Desk{Register: w.store, Tokens: key, Policy: policy.Current(), Now: w.clock.Now}
	w.ful = &request.Fulfilment{Register: w.store, Addresses: w, Mailboxes: w, Limiter: w, Mailer: w, Tokens: key, Policy: policy.Current(), Now: w.clock.Now}
	w.del = &request.Delivery{Register: w.store, Bundles: w, Mailer: w, Tokens: key, Policy: policy.Current(), Now: w.clock.Now,
		Stopped: func(context.Context, string) { w.stopped++ }}
	return w
}

func (w *world) fail(operation string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := w.failing[operation]
	delete(w.failing, operation)
	if err == nil {
		err = w.down[operation]
	}
	return err
}

func (w *world) Find(_ context.Context, a subject.Address) (privacy.SubjectID, string, bool, error) {
	spelling, ok := w.known[a.Lookup]
	return privacy.SubjectID("sid-" + a.Lookup), spelling, ok, w.fail("find")
}

func (w *world) Mailbox(a subject.Address) string { return w.desk.Tokens.Mailbox(a) }

func (w *world) Listed(ctx context.Context, mailbox string) (request.Listed, error) {
	return w.store.Listed(ctx, mailbox)
}

func (w *world) MayChallenge(ctx context.Context, a subject.Address, id string, again bool, now time.Time) (may, later bool, err error) {
	return w.store.CountChallenge(ctx, a.Lookup, id, again, now)
}

func (w *world) NotMailed(ctx context.Context, a subject.Address, id string, now time.Time) error {
	return w.store.UncountChallenge(ctx, a.Lookup, id, now)
}

func (w *world) mail(s sent) error {
	w.mu.Lock()
	w.mails = append(w.mails, s)
	w.mu.Unlock()
	return w.fail("mail")
}

func (w *world) Challenge(_ context.Context, to string, _ request.Request, verify, status subject.Token) error {
	return w.mail(sent{kind: "challenge", to: to, token: verify, status: status})
}

func (w *world) NothingHeld(_ context.Context, to string, _ request.Request, status subject.Token) error {
	return w.mail(sent{kind: "nothing", to: to, status: status})
}

func (w *world) ExportReady(_ context.Context, r request.Request, e request.Export, token subject.Token, identity string, status subject.Token) error {
	return w.mail(sent{kind: "export", to: r.Email, token: token, status: status, identity: identity, link: e.ID()})
}

func (w *world) Seal(_ context.Context, _ request.Request, e request.Export) (int64, string, error) {
	w.objects[e.Object] = true
	return 42, "AGE-SECRET-KEY-PQ-1TEST", w.fail("seal")
}

func (w *world) Discard(_ context.Context, key string) error {
	if err := w.fail("discard"); err != nil {
		return err
	}
	delete(w.objects, key)
	return nil
}

func (w *world) last() sent {
	w.t.Helper()
	if len(w.mails) == 0 {
		w.t.Fatal("no mail was sent")
	}
	return w.mails[len(w.mails)-1]
}

// file takes a request in and mails its challenge.
func (w *world) file(email string) request.Request {
	w.t.Helper()
	r, err := w.desk.File(w.t.Context(), request.Filing{Right: privacy.Portability, Email: email})
	if err != nil {
		w.t.Fatal(err)
	}
	w.work()
	return r
}

// work does everything that is due, as the schedules would.
func (w *world) work() {
	w.t.Helper()
	for range 3 {
		due, err := w.store.Due(w.t.Context(), w.clock.Now())
		if err != nil {
			w.t.Fatal(err)
		}
		if len(due) == 0 {
			return
		}
		for _, reference := range due {
			id, _ := requests.ParsePK(reference.PK)
			if attempt, export := requests.ParseExport(reference.SK); export {
				_, _ = w.del.Run(w.t.Context(), id, attempt)
			} else {
				_ = w.ful.Run(w.t.Context(), id)
			}
		}
	}
}

func (w *world) state(r request.Request) request.File {
	w.t.Helper()
	file, err := w.store.Load(w.t.Context(), r.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return file
}
