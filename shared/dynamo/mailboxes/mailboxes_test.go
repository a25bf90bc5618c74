package mailboxes

import (
	"errors"
	"net/http"
	"os"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/filled"
	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/dynamo/queue"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/work"
)

func TestMain(m *testing.M) { os.Exit(enginetest.EachEngine(m)) }

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// rig is a store on real tables with a clock that tests move.
type rig struct {
	*Store
	t      *testing.T
	tables *enginetest.Tables
	clock  *testclock.Clock
}

func newRig(t *testing.T, tables *enginetest.Tables) *rig {
	r := &rig{t: t, tables: tables, clock: tables.Clock(noon)}
	r.Store = &Store{Client: tables.Client, Table: tables.Name("RequestsTable"), Now: r.clock.Now}
	return r
}

func (r *rig) loads() (mailbox.Mailbox, bool) {
	r.t.Helper()
	m, found, err := r.Load(r.t.Context(), "mac")
	if err != nil {
		r.t.Fatal(err)
	}
	return m, found
}

func (r *rig) saves(m mailbox.Mailbox) mailbox.Mailbox {
	r.t.Helper()
	saved, err := r.Save(r.t.Context(), m)
	if err != nil {
		r.t.Fatal(err)
	}
	return saved
}

// wanted is a mailbox as it is first stored: a mail with a link is due.
func wanted() mailbox.Mailbox {
	return mailbox.Mailbox{ID: "mac", Address: "Anna@example.org", Wanted: []mailbox.Reason{mailbox.ForRequests}, Due: work.Due{NextAt: noon}, ExpiresAt: noon.AddDate(0, 0, 7)}
}

// Every field comes back: those of a new mailbox, of one in which no field is empty, and of one in which nothing is due any more. The status token
// of an act is not stored, since the key makes it again.
func TestAMailboxComesBackAsItWas(t *testing.T) {
	r := newRig(t, enginetest.DynamoDB(t))
	if m, found := r.loads(); found {
		t.Errorf("an unknown mailbox: %+v", m)
	}
	all := filled.Value[mailbox.Mailbox]("Acts.Status")
	rests := all
	rests.Due, rests.Receipt, rests.Wanted, rests.Acts, rests.Links = work.Due{}, work.Due{}, nil, nil, nil
	unopened := wanted()
	unopened.Links = []mailbox.Link{{N: 3, Hash: []byte("hash"), MintedAt: noon}}
	for version, m := range []mailbox.Mailbox{wanted(), all, rests, unopened} {
		m.ID, m.Version = "mac", version
		saved := r.saves(m)
		if m.Version++; !reflect.DeepEqual(saved, m) {
			t.Errorf("saving returns %+v, not\n%+v", saved, m)
		}
		if got, found := r.loads(); !found || !reflect.DeepEqual(got, m) {
			t.Errorf("%+v is loaded, not\n%+v", got, m)
		}
	}
}

// F09: a mailbox is gone at the end of its retention, whether or not TTL has deleted it. A new one takes its place, and keeps nothing of it.
func TestFault_F09_AMailboxEnds(t *testing.T) { enginetest.BothTTLs(t, aMailboxEnds) }

func aMailboxEnds(t *testing.T) {
	r := newRig(t, enginetest.DynamoDB(t))
	old := wanted()
	old.Generation, old.Links = 4, []mailbox.Link{{N: 1, Hash: []byte("hash"), MintedAt: noon}}
	r.saves(old)
	r.clock.Set(old.ExpiresAt.Add(-time.Second))
	if _, found := r.loads(); !found {
		t.Error("it is gone a second before its end")
	}
	if _, err := r.Save(t.Context(), wanted()); !errors.Is(err, mailbox.ErrChanged) {
		t.Errorf("replaced before its end: %v", err)
	}
	r.clock.Set(old.ExpiresAt)
	if m, found := r.loads(); found {
		t.Errorf("at its end: %+v", m)
	}
	next := wanted()
	next.ExpiresAt = r.clock.Now().AddDate(0, 0, 7)
	r.saves(next)
	if got, found := r.loads(); !found || got.Version != 1 || got.Generation != 0 || len(got.Links) != 0 {
		t.Errorf("%+v, %t", got, found)
	}
}

// The index names a mailbox from the earlier of its two mails on, and a mailbox whose mails have left at no time.
func TestWhenAMailboxIsDue(t *testing.T) {
	r := newRig(t, enginetest.DynamoDB(t))
	q := &queue.Queue{Client: r.Client, Table: r.Table}
	m, hour := wanted(), time.Hour
	for name, row := range map[string]struct {
		link, receipt, due time.Duration // after noon; 0 for never
	}{
		"a link": {hour, 0, hour}, "a receipt": {0, hour, hour}, "a link first": {hour, 2 * hour, hour}, "a receipt first": {2 * hour, hour, hour}, "both at once": {hour, hour, hour}, "nothing": {},
	} {
		at := func(d time.Duration) (due work.Due) {
			if d > 0 {
				due.NextAt = noon.Add(d)
			}
			return due
		}
		m.Due, m.Receipt = at(row.link), at(row.receipt)
		m = r.saves(m)
		r.tables.Settle()
		for at, want := range map[time.Duration]bool{row.due - time.Second: false, row.due: row.due > 0, 48 * hour: row.due > 0} {
			due, err := q.Due(t.Context(), noon.Add(at))
			if found := len(due) == 1 && due[0] == (work.Task{Kind: work.Mailbox, Ref: "mac"}); err != nil || found != want {
				t.Errorf("%s, %v after noon: %v, %v", name, at, due, err)
			}
		}
	}
}

// F15: of 16 writers that change the same version, one succeeds.
func TestFault_F15_OneChangeOfAMailboxWins(t *testing.T) {
	r := newRig(t, enginetest.DynamoDB(t))
	for version := range 5 {
		var won atomic.Int64
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				m := wanted()
				m.Version = version
				switch _, err := r.Save(t.Context(), m); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, mailbox.ErrChanged):
					t.Error(err)
				}
			})
		}
		if wg.Wait(); won.Load() != 1 {
			t.Errorf("version %d was saved %d times", version, won.Load())
		}
	}
}

// loses makes the answer to the next call get lost. It returns how many calls there were since.
func (r *rig) loses() *int {
	calls := new(int)
	wire := &enginetest.Wire{Through: func(c *enginetest.Call) (*http.Response, error) {
		response, err := c.Send()
		if *calls++; err == nil && *calls == 1 {
			_ = response.Body.Close()
			return nil, http.ErrHandlerTimeout
		}
		return response, err
	}}
	r.Client = wire.Client(r.tables.Client, func(o *dynamodb.Options) {
		o.Retryer = retry.AddWithMaxBackoffDelay(retry.NewStandard(), time.Millisecond)
	})
	return calls
}

// F01: a write whose answer was lost is repeated by the SDK, and recognises its own item. A write that comes after another one does not.
func TestFault_F01_AWriteThatIsRepeated(t *testing.T) {
	r := newRig(t, enginetest.DynamoDB(t))
	m := wanted()
	for version := range 3 {
		calls := r.loses()
		saved, err := r.Save(t.Context(), m)
		if err != nil || saved.Version != version+1 || *calls != 2 {
			t.Fatalf("version %d, %v, after %d calls", saved.Version, err, *calls)
		}
		if _, err := r.Save(t.Context(), m); !errors.Is(err, mailbox.ErrChanged) {
			t.Errorf("another writer of version %d: %v", version, err)
		}
		m = saved
	}
	ask := mailbox.Wish{ID: "id", Email: "anna@example.org", ExpiresAt: noon.Add(time.Hour), Due: work.Due{NextAt: noon}}
	for name, do := range map[string]func() error{
		"save":   func() error { return r.SaveWish(t.Context(), ask) },
		"delete": func() error { return r.DeleteWish(t.Context(), ask.ID) },
	} {
		if calls := r.loses(); do() != nil || *calls != 2 {
			t.Errorf("%s a wish: %d calls", name, *calls)
		}
	}
}

// A failure of the table is an error, and no change by somebody else.
func TestATableThatFails(t *testing.T) {
	r := newRig(t, enginetest.DynamoDB(t))
	r.Table = "none"
	_, saveErr := r.Save(t.Context(), wanted())
	_, _, loadErr := r.Load(t.Context(), "mac")
	_, _, askErr := r.LoadWish(t.Context(), "id")
	for name, err := range map[string]error{"save": saveErr, "load": loadErr, "ask": askErr, "save ask": r.SaveWish(t.Context(), mailbox.Wish{ID: "id"}), "delete": r.DeleteWish(t.Context(), "id")} {
		if err == nil || errors.Is(err, mailbox.ErrChanged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
