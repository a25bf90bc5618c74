package request_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// world is the desk, the fulfilment and the delivery on a real table, with a mailer and a bucket that remember.
type world struct {
	t      *testing.T
	tables *engine.Tables
	store  *requests.Store
	desk   *request.Desk
	ful    *request.Fulfilment
	del    *request.Delivery

	mu      sync.Mutex
	clock   time.Time
	known   map[string]string // lookup → spelling on record
	mails   []sent
	failing map[string]error // operation → error to answer once
	objects map[string]bool
}

// sent is one mail that a mailer was handed.
type sent struct {
	kind, to       string
	token, status  subject.Token
	identity, link string
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, tables: engine.DynamoDB(t), clock: time.Now().UTC().Truncate(time.Second),
		known: map[string]string{}, failing: map[string]error{}, objects: map[string]bool{}}
	key := subject.Key("a key of tests")
	w.store = &requests.Store{Client: w.tables.Client, Table: w.tables.Name("RequestsTable"), Now: w.now}
	w.desk = &request.Desk{Register: w.store, Tokens: key, Now: w.now}
	w.ful = &request.Fulfilment{Register: w.store, Addresses: w, Limiter: w, Mailer: w, Tokens: key, Now: w.now}
	w.del = &request.Delivery{Register: w.store, Bundles: w, Mailer: w, Tokens: key, Now: w.now}
	return w
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.clock
}

func (w *world) wait(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock = w.clock.Add(d)
}

func (w *world) fail(operation string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := w.failing[operation]
	delete(w.failing, operation)
	return err
}

func (w *world) Find(_ context.Context, a subject.Address) (privacy.SubjectID, string, bool, error) {
	spelling, ok := w.known[a.Lookup]
	return privacy.SubjectID("sid-" + a.Lookup), spelling, ok, nil
}

func (w *world) MayChallenge(ctx context.Context, a subject.Address, id string, now time.Time) (bool, error) {
	return w.store.CountChallenge(ctx, a.Lookup, id, now)
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
		due, err := w.store.Due(w.t.Context(), w.now())
		if err != nil {
			w.t.Fatal(err)
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

func TestFromFilingToExport(t *testing.T) {
	w := newWorld(t)
	w.known["anna@example.org"] = "Anna@Example.org"
	r := w.file("ANNA@example.org")
	challenge := w.last()
	if challenge.kind != "challenge" || challenge.to != "Anna@Example.org" {
		t.Fatalf("challenge %+v", challenge)
	}
	if _, err := w.desk.Verify(t.Context(), r.ID, challenge.token); err != nil {
		t.Fatal(err)
	}
	w.work()
	mail := w.last()
	if mail.kind != "export" || mail.to != "Anna@Example.org" {
		t.Fatalf("answer %+v", mail)
	}
	file, err := w.desk.Status(t.Context(), r.ID, challenge.status)
	if err != nil || file.Request.State != request.Fulfilled || len(file.Exports) != 1 {
		t.Fatalf("%v %+v", err, file)
	}
	for i := range request.ExportUses {
		if _, err := request.Redeem(t.Context(), w.store, w.desk.Tokens, mail.link, mail.token, w.now()); err != nil {
			t.Fatalf("use %d: %v", i+1, err)
		}
	}
	if _, err := request.Redeem(t.Context(), w.store, w.desk.Tokens, mail.link, mail.token, w.now()); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an eleventh use: %v", err)
	}
}

// T01: an export that is asked for again is answered from what is on record by then: another data subject, another spelling, or nobody.
func TestThreat_T01_ANewExportLooksUpTheAddressAgain(t *testing.T) {
	w := newWorld(t)
	w.known["anna@example.org"] = "Anna@Example.org"
	r := w.file("anna@example.org")
	if _, err := w.desk.Verify(t.Context(), r.ID, w.last().token); err != nil {
		t.Fatal(err)
	}
	w.work()
	first := w.last()
	closed := w.state(r).Request.ClosedAt
	w.wait(30 * 24 * time.Hour)

	w.known["anna@example.org"] = "anna@example.org" // rectified
	for range 2 {                                    // the second press finds the export that is waited for
		file, err := w.desk.NewExport(t.Context(), r.ID, first.status)
		if err != nil || len(file.Exports) != 2 || file.Exports[1].State != request.Pending || file.Request.State != request.Fulfilled {
			t.Fatalf("%v, %+v", err, file)
		}
	}
	if done, err := w.del.Run(t.Context(), r.ID, 2); done || err != nil {
		t.Errorf("an export was begun before it is known whose it is: %v", err)
	}
	w.work()
	again := w.last()
	if again.kind != "export" || again.to != "anna@example.org" || again.link == first.link || again.token == first.token {
		t.Errorf("another export %+v", again)
	}

	delete(w.known, "anna@example.org")
	if _, err := w.desk.NewExport(t.Context(), r.ID, again.status); err != nil {
		t.Fatal(err)
	}
	w.work()
	file := w.state(r)
	if w.last().kind != "nothing" || file.Exports[2].State != request.Cancelled || !file.Exports[2].Finished() {
		t.Errorf("of nobody: %+v, %+v", w.last(), file.Exports)
	}
	if file.Request.State != request.Fulfilled || !file.Request.ClosedAt.Equal(closed) || !file.Request.NextAt.IsZero() {
		t.Errorf("the request is %+v", file.Request)
	}
}

// T14: an unknown address gets the same answer and the same mail; only who proves the address learns that nothing is held.
func TestThreat_T14_UnknownAddress(t *testing.T) {
	w := newWorld(t)
	r := w.file("nobody@example.org")
	challenge := w.last()
	if challenge.kind != "challenge" || challenge.to != "nobody@example.org" {
		t.Fatalf("challenge %+v", challenge)
	}
	if _, err := w.desk.Verify(t.Context(), r.ID, challenge.token); err != nil {
		t.Fatal(err)
	}
	w.work()
	if got := w.last(); got.kind != "nothing" || w.state(r).Request.State != request.Fulfilled {
		t.Errorf("answer %+v", got)
	}
}

// T09: at most three challenges per address and UTC day, whatever is filed. What was filed beyond has its chance on the day after, and
// only then.
func TestThreat_T09_ThreeChallengesADay(t *testing.T) {
	w := newWorld(t)
	w.clock = w.clock.Truncate(24 * time.Hour).Add(23 * time.Hour)
	for range 7 {
		w.file("victim@example.org")
	}
	if len(w.mails) != 3 {
		t.Errorf("%d challenges", len(w.mails))
	}
	w.wait(time.Hour - time.Second)
	w.work()
	if len(w.mails) != 3 {
		t.Errorf("%d challenges a second before the day is over", len(w.mails))
	}
	w.wait(time.Second)
	w.work()
	if len(w.mails) != 6 {
		t.Errorf("%d challenges on the day after", len(w.mails))
	}
	w.wait(24 * time.Hour)
	w.work()
	late := w.file("victim@example.org")
	if len(w.mails) != 7 || w.state(late).Request.Challenges != 1 {
		t.Errorf("%d challenges two days after: the seventh of the first day has had its chance", len(w.mails))
	}
	w.wait(request.LinkLife)
	w.work()
	if len(w.mails) != 7 || w.state(late).Request.State != request.Lapsed {
		t.Errorf("%d challenges in all, the last request is %s", len(w.mails), w.state(late).Request.State)
	}
}

// T11: of 200 concurrent calls with one token one succeeds, and the table holds no token.
func TestThreat_T11_OneUse(t *testing.T) {
	w := newWorld(t)
	r := w.file("anna@example.org")
	token := w.last().token
	var wins atomic.Int32
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			if _, err := w.desk.Verify(context.Background(), r.ID, token); err == nil {
				wins.Add(1)
			}
		})
	}
	wg.Wait()
	if wins.Load() != 1 {
		t.Errorf("%d calls succeeded", wins.Load())
	}
	w.work()
	out, err := w.tables.Client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &w.store.Table})
	if err != nil {
		t.Fatal(err)
	}
	var items []map[string]any
	if err := attributevalue.UnmarshalListOfMaps(out.Items, &items); err != nil {
		t.Fatal(err)
	}
	dump := fmt.Sprintf("%s", items)
	if !strings.Contains(dump, r.ID) {
		t.Fatal("the dump does not show what the table holds")
	}
	for _, mail := range w.mails {
		for _, secret := range []string{string(mail.token), string(mail.status), mail.identity} {
			if secret != "" && strings.Contains(dump, secret) {
				t.Error("the table holds a secret")
			}
		}
	}
}

// T11: a link lives seven days, to the second; a wrong token, a token of another request and an unknown id are the same 404.
func TestThreat_T11_LifeOfALink(t *testing.T) {
	w := newWorld(t)
	r := w.file("anna@example.org")
	token := w.last().token
	other := w.file("berta@example.org")
	w.wait(request.LinkLife - time.Second)
	for name, call := range map[string]func() error{
		"wrong token":   func() error { _, err := w.desk.Verify(t.Context(), r.ID, subject.NewToken()); return err },
		"other request": func() error { _, err := w.desk.Verify(t.Context(), other.ID, token); return err },
		"unknown id":    func() error { _, err := w.desk.Verify(t.Context(), "0192", token); return err },
		"wrong status":  func() error { _, err := w.desk.Status(t.Context(), r.ID, token); return err },
		"wrong download": func() error {
			_, err := request.Redeem(t.Context(), w.store, w.desk.Tokens, r.ID+".1", token, w.now())
			return err
		},
	} {
		if err := call(); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.desk.Verify(t.Context(), r.ID, token); err != nil {
		t.Errorf("a second before its end: %v", err)
	}
	late := w.file("clara@example.org")
	token = w.last().token
	w.wait(request.LinkLife)
	if _, err := w.desk.Verify(t.Context(), late.ID, token); fault.KindOf(err) != fault.NotFound {
		t.Errorf("at its end: %v", err)
	}
	w.work()
	if got := w.state(late).Request.State; got != request.Lapsed {
		t.Errorf("state %s", got)
	}
}

// F02, F03: wake-ups arrive late, twice and together; a failed mail is tried again with a fresh link, and both links are of one request.
func TestFault_F03_AMailThatFailedIsMailedAgain(t *testing.T) {
	w := newWorld(t)
	w.failing["mail"] = errors.New("throttled")
	r := w.file("anna@example.org")
	if len(w.mails) != 1 {
		t.Fatalf("%d mails while the lease runs", len(w.mails))
	}
	w.wait(3 * time.Minute)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { _ = w.ful.Run(context.Background(), r.ID) })
	}
	wg.Wait()
	if len(w.mails) != 2 {
		t.Fatalf("%d mails after the lease", len(w.mails))
	}
	if _, err := w.desk.Verify(t.Context(), r.ID, w.last().token); err != nil {
		t.Error(err)
	}
}

// F20: a seal or a bucket that fails mails nothing, leaves no object, and a later attempt answers.
func TestFault_F20_AFailedExportIsSuperseded(t *testing.T) {
	w := newWorld(t)
	w.known["anna@example.org"] = "anna@example.org"
	r := w.file("anna@example.org")
	w.failing["seal"] = io.ErrUnexpectedEOF
	if _, err := w.desk.Verify(t.Context(), r.ID, w.last().token); err != nil {
		t.Fatal(err)
	}
	w.work()
	if w.last().kind != "challenge" || len(w.objects) != 0 {
		t.Fatalf("mails %d, objects %d", len(w.mails), len(w.objects))
	}
	w.wait(2 * time.Minute)
	w.work()
	file := w.state(r)
	if w.last().kind != "export" || len(w.objects) != 1 || file.Exports[0].State != request.Superseded || file.Exports[1].State != request.Sent {
		t.Errorf("%+v", file.Exports)
	}
}

// F04: a mail whose answer is lost may have arrived, so its object stays and its link works beside the newer one.
func TestFault_F04_AnExportThatMayHaveBeenMailedKeepsItsObject(t *testing.T) {
	w := newWorld(t)
	w.known["anna@example.org"] = "anna@example.org"
	r := w.file("anna@example.org")
	if _, err := w.desk.Verify(t.Context(), r.ID, w.last().token); err != nil {
		t.Fatal(err)
	}
	w.failing["mail"] = io.ErrUnexpectedEOF
	w.work()
	first := w.last()
	w.wait(2 * time.Minute)
	w.work()
	second := w.last()
	if first.link == second.link || len(w.objects) != 2 {
		t.Fatalf("links %s and %s, %d objects", first.link, second.link, len(w.objects))
	}
	for _, mail := range []sent{first, second} {
		if _, err := request.Redeem(t.Context(), w.store, w.desk.Tokens, mail.link, mail.token, w.now()); err != nil {
			t.Errorf("%s: %v", mail.link, err)
		}
	}
}
