package identities

import (
	"context"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/identity/identitytest"
)

func TestMain(m *testing.M) { os.Exit(enginetest.EachEngine(m)) }

// engine is the store on real tables, with everybody whom one case has made known. Cases of a test share its tables.
type engine struct {
	*Store
	known  *subjects.Store
	tables *enginetest.Tables
	wire   *enginetest.Wire

	mu     sync.Mutex
	people map[string]bool // ids
}

// opener returns how the cases of a test open its tables.
func opener(t *testing.T) func() (*engine, identitytest.Clock) {
	tables := enginetest.DynamoDB(t)
	names := Tables{Subjects: tables.Name("SubjectsTable"), Requests: tables.Name("RequestsTable"), Ledger: tables.Name("LedgerTable")}
	return func() (*engine, identitytest.Clock) {
		clock, wire := tables.Clock(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)), &enginetest.Wire{}
		s := New(wire.Client(tables.Client, quickly), names, clock.Now)
		return &engine{Store: s, known: s.Store, tables: tables, wire: wire, people: map[string]bool{}}, clock
	}
}

// onTables returns how the suite opens the store.
func onTables(t *testing.T) func(*testing.T) (identitytest.Store, identitytest.Clock) {
	open := opener(t)
	return func(*testing.T) (identitytest.Store, identitytest.Clock) { return open() }
}

// Create implements [identitytest.Store].
func (e *engine) Create(ctx context.Context, n identitytest.Newcomer) (lost bool, err error) {
	var tx dynamo.Tx
	e.known.Create(&tx, n.ID, n.Learns, n.Shares, n.Owner, n.State, n.ExpiresAt)
	refusal, err := tx.Commit(ctx, e.tables.Client)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.people[string(n.ID)] = true
	return refusal != nil, err
}

// Type implements [identitytest.Store].
func (e *engine) Type(ctx context.Context, alias string, until time.Time) error {
	_, err := e.Introduce(ctx, alias, "typed@example.org", until)
	return err
}

// Listed implements [identitytest.Store].
func (e *engine) Listed(ctx context.Context) (primaries []string, err error) {
	e.tables.Settle()
	out, err := e.tables.Client.Scan(ctx, &dynamodb.ScanInput{TableName: aws.String(e.known.Table), IndexName: aws.String("people")})
	if err != nil {
		return nil, err
	}
	for _, item := range out.Items {
		if e.people[strings.TrimPrefix(dynamo.Text(item, dynamo.PK), "s#")] && !dynamo.Expired(item, e.Now()) {
			primaries = append(primaries, dynamo.Text(item, "primary"))
		}
	}
	return primaries, nil
}

// Audited implements [identitytest.Store].
func (e *engine) Audited(ctx context.Context) (all []audit.Entry, err error) {
	out, err := e.tables.Client.Scan(ctx, &dynamodb.ScanInput{TableName: aws.String(e.ledger), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, err
	}
	for _, item := range out.Items {
		at, id, _ := strings.Cut(dynamo.Text(item, dynamo.SK), "#")
		entry := audit.Entry{
			ID: id, Actor: audit.Actor{Kind: audit.ActorKind(dynamo.Text(item, "actorKind")), ID: dynamo.Text(item, "actor")},
			Act: audit.Act(dynamo.Text(item, "act")), About: dynamo.Text(item, "about"),
		}
		if entry.At, err = time.Parse(time.RFC3339, at); err != nil {
			return nil, err
		}
		if e.people[entry.About] {
			all = append(all, entry)
		}
	}
	return all, nil
}

func TestAddresses(t *testing.T) {
	identitytest.Run(t, onTables(t), identitytest.Addresses.Only(soak.Sample(identitytest.Addresses.Names(), 4)))
}

func TestThreat_T27_Owners(t *testing.T) {
	identitytest.Run(t, onTables(t), identitytest.Owners.Only(soak.Sample(identitytest.Owners.Names(), 4)))
}

func TestThreat_T33_Contests(t *testing.T) {
	identitytest.Run(t, onTables(t), identitytest.Contests.Only(soak.Sample(identitytest.Contests.Names(), 4)))
}

func TestJoins(t *testing.T) {
	identitytest.Run(t, onTables(t), identitytest.Joins.Only(soak.Sample(identitytest.Joins.Names(), 4)))
}

// H06: what people limited outlives joins, separations and attached addresses.
func TestPromise_H06_Limits(t *testing.T) {
	identitytest.Run(t, onTables(t), identitytest.Limits)
}

// F03: acts cut short at their calls.
func TestFault_F03_ActsCutShort(t *testing.T) {
	open := onTables(t)
	for name, c := range identitytest.Crashes {
		t.Run(name, func(t *testing.T) {
			c.Sweep(t, open, func(all []int) []int { return soak.Sample(all, 17) })
		})
	}
}

// After any acts in any order, aliases, states and the index say the same.
func TestAnyActs(t *testing.T) {
	open := onTables(t)
	for seed := range soak.Pick(uint64(1), 12) {
		store, clock := open(t)
		dice := rand.New(rand.NewPCG(seed, 13)) // the same seed gives the same acts
		identitytest.New(t, store, clock).Random(40, dice.IntN)
	}
}
