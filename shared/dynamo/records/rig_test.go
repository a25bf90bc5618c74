package records

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/intake"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // tests cut walks off on purpose, and each would be logged
	os.Exit(enginetest.EachEngine(m))
}

var aliasKey = subject.Key("0123456789abcdef0123456789abcdef")

const hash12 = "$2b$12$YAH2sWqKQt.mpzZsIFNIUvbv5W/L37aCztzYKheGbpz/UZ1/7bc/q"

// rig is a writer on real tables and the intake that decides for it. Its wire can lose an answer or fail a call, and tests move its clock.
type rig struct {
	t      testing.TB
	tables *enginetest.Tables
	clock  *testclock.Clock
	wire   *enginetest.Wire
	writer *Writer
	intake *intake.Intake // on the writer

	mu   sync.Mutex
	ids  map[string]bool   // of the calls so far; the SDK's retries of a call have its id
	lose string            // the operation whose next answer is lost, after it has been carried out
	fail func(string) bool // reports whether to fail a call before it is carried out
	seen func(operation string, body []byte)
}

func newRig(t testing.TB) *rig {
	r := &rig{t: t, tables: enginetest.DynamoDB(t), wire: &enginetest.Wire{}, ids: map[string]bool{}}
	r.clock = r.tables.Clock(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))
	r.wire.Through = r.through
	r.intake = r.newIntake(r.wire)
	r.writer = r.intake.Store.(*Writer)
	return r
}

func (r *rig) through(c *enginetest.Call) (*http.Response, error) {
	r.mu.Lock()
	r.ids[c.ID()] = true
	if r.seen != nil {
		r.seen(c.Operation, c.Body)
	}
	fail := r.fail != nil && r.fail(c.Operation)
	lose := r.lose == c.Operation
	if lose {
		r.lose = ""
	}
	r.mu.Unlock()
	if fail {
		return nil, errors.New("wire: cut before the call")
	}
	answer, err := c.Send()
	if lose && err == nil {
		_ = answer.Body.Close()
		return nil, errors.New("wire: the answer is lost")
	}
	return answer, err
}

// cut runs send, lets its first calls through and fails every later one, retries included. It returns how many calls send made. If there was no
// call left to cut, it fails the test, unless after is never.
func (r *rig) cut(t *testing.T, after int, send func()) (made int) {
	t.Helper()
	clear(r.ids)
	r.fail = func(string) bool { return len(r.ids) > after }
	send()
	r.fail = nil
	if made = len(r.ids); made <= after && after != never {
		t.Errorf("there is no call %d to cut", after+1)
	}
	return made
}

// never cuts nothing.
const never = math.MaxInt

// cuts returns every number of calls after which a run of so many can be cut: 0 up to calls-1.
func cuts(calls int) (all []int) {
	for i := range calls {
		all = append(all, i)
	}
	return all
}

// newIntake returns an intake behind a wire. The SDK tries a failed call as often as in the functions, but without pauses, which would take
// most of the time of these tests.
func (r *rig) newIntake(w *enginetest.Wire) *intake.Intake {
	client := w.Client(r.tables.Client, func(o *dynamodb.Options) {
		o.Retryer = retry.AddWithMaxBackoffDelay(retry.NewStandard(), time.Millisecond)
	})
	tables := Tables{Records: r.tables.Name("RecordsTable"), Subjects: r.tables.Name("SubjectsTable"), Requests: r.tables.Name("RequestsTable"),
		Ledger: r.tables.Name("LedgerTable")}
	return &intake.Intake{
		Subjects: subjects.New(client, tables.Subjects, r.clock.Now), Store: NewWriter(client, tables, r.clock.Now),
		Consents: &consents.Store{Client: client, Table: r.tables.Name("ConsentsTable")}, Aliases: aliasKey, Policy: policy.InForce, Now: r.clock.Now, Writers: writers,
	}
}

func (r *rig) set(at string) { r.clock.Set(moment(at)) }

func moment(s string) time.Time {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return at.UTC()
}

// sender is one of the company's systems, which sends records about the data subject with an address.
type sender struct {
	in *intake.Intake
	to subject.Address
}

func from(in *intake.Intake, email string) sender {
	to, err := subject.ParseAddress(email)
	if err != nil {
		panic(err)
	}
	return sender{in, to}
}

// who names the data subject by the address.
func (s sender) who() subject.Named { return subject.Named{Client: "crm", Address: s.to} }

func (s sender) put(ctx context.Context, rec record.Record) (intake.Result, error) {
	return s.in.TakeOne(ctx, intake.Line{Who: s.who(), Record: rec})
}

func (s sender) putAll(ctx context.Context, rs []record.Record) []intake.Result {
	lines := make([]intake.Line, len(rs))
	for i, rec := range rs {
		lines[i] = intake.Line{Who: s.who(), Record: rec}
	}
	return s.in.Take(ctx, lines)
}

func (s sender) endContract(ctx context.Context, at time.Time) error {
	return s.in.EndContract(ctx, s.who(), at)
}

// put sends a record in a call of its own and expects the outcome.
func (r *rig) put(t testing.TB, rec record.Record, want record.Outcome) intake.Result {
	t.Helper()
	got, err := from(r.intake, "anna@example.org").put(t.Context(), rec)
	if err != nil || got.Outcome != want {
		t.Fatalf("%s: %v %v, not %s", rec.Category, got, err, want)
	}
	return got
}

// stored returns the expiry of each record stored about anna, by sort key; "" where nothing has started the period.
func (r *rig) stored(t testing.TB) map[string]string {
	t.Helper()
	out := map[string]string{}
	for one, err := range r.writer.Stored(t.Context(), r.sid(t)) {
		if err != nil {
			t.Fatal(err)
		}
		out[sk(one.Record)] = ""
		if !one.ExpiresAt.IsZero() {
			out[sk(one.Record)] = one.ExpiresAt.Format(time.RFC3339)
		}
	}
	return out
}

// sid returns the id of anna, "" if the address is not known.
func (r *rig) sid(t testing.TB) privacy.SubjectID {
	t.Helper()
	known, _, err := r.writer.subjects.Find(t.Context(), aliasKey.Alias(from(r.intake, "anna@example.org").to))
	if err != nil {
		t.Fatal(err)
	}
	return known.Subject
}

// person is a record of anna's name.
func person(occurredAt, first string) record.Record {
	return record.Record{Category: privacy.Identity, ID: "self", Source: privacy.Direct, OccurredAt: moment(occurredAt),
		Data: []byte(`{"firstName":"` + first + `","jobTitle":"Lead","lastName":"Berg"}`)}
}

// account is an account record; ended is "" while the contract runs.
func account(id, occurredAt, started, ended string) record.Record {
	over := ""
	if ended != "" {
		over = `"contractEndedAt":"` + ended + `",`
	}
	return record.Record{Category: privacy.Account, ID: id, Source: privacy.Direct, OccurredAt: moment(occurredAt),
		Data: []byte(`{` + over + `"contractStartedAt":"` + started + `","passwordHash":"` + hash12 + `","status":"active","username":"anna"}`)}
}

func invoice(id, issued string) record.Record {
	return record.Record{Category: privacy.Transaction, ID: id, Source: privacy.Direct, OccurredAt: moment(issued),
		Data: fmt.Appendf(nil, `{"amount":"10.00","currency":"EUR","description":"Seats","invoiceNumber":"HDX-1","issuedAt":%q,"lines":[],"status":"paid"}`, issued)}
}

func login(id, at string) record.Record {
	return record.Record{Category: privacy.SecurityLog, ID: id, Source: privacy.Automatic, OccurredAt: moment(at),
		Data: fmt.Appendf(nil, `{"at":%q,"event":"login","ip":"192.0.2.1","sessionId":"x","userAgent":"y"}`, at)}
}
