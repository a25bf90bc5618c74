package identities

import (
	"context"
	"math/rand/v2"
	"os"
	"strings"
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
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

func TestMain(m *testing.M) { os.Exit(enginetest.EachEngine(m)) }

// engine is the store on real tables. Everything but the acts comes to it around the wire.
type engine struct {
	*Store
	tables *enginetest.Tables
	wire   *enginetest.Wire
}

func open(t *testing.T) (*engine, identitytest.Clock) {
	tables, wire := enginetest.DynamoDB(t), &enginetest.Wire{}
	clock := tables.Clock(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))
	names := Tables{Subjects: tables.Name("SubjectsTable"), Requests: tables.Name("RequestsTable"), Ledger: tables.Name("LedgerTable")}
	return &engine{New(wire.Client(tables.Client, quickly), names, clock.Now), tables, wire}, clock
}

// onTables opens the store for the suite.
func onTables(t *testing.T) (identitytest.Store, identitytest.Clock) { return open(t) }

// Create implements [identitytest.Store].
func (e *engine) Create(ctx context.Context, n identitytest.Newcomer) (lost bool, err error) {
	var tx dynamo.Tx
	e.Store.Store.Create(&tx, n.ID, n.Learns, n.Shares, n.Owner, n.State, n.ExpiresAt)
	refusal, err := tx.Commit(ctx, e.tables.Client)
	return refusal != nil, err
}

// Expire implements [identitytest.Store].
func (e *engine) Expire(ctx context.Context, id privacy.SubjectID, at time.Time) error {
	_, _, err := e.Transition(ctx, id, func(s standing.Snapshot) (standing.State, time.Time) {
		s.Latest = at
		return s.State, at
	})
	return err
}

// Type implements [identitytest.Store].
func (e *engine) Type(ctx context.Context, alias string, until time.Time) error {
	_, err := e.Introduce(ctx, alias, "typed@example.org", until)
	return err
}

// Listed implements [identitytest.Store].
func (e *engine) Listed(ctx context.Context) (primaries []string, err error) {
	e.tables.Settle()
	for shard := range subjects.Shards {
		page, _, err := e.People(ctx, shard, time.Time{}.AddDate(1970, 0, 0), "")
		if err != nil {
			return nil, err
		}
		for _, person := range page {
			primaries = append(primaries, person.Primary)
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
		e := audit.Entry{
			ID: id, Actor: audit.Actor{Kind: audit.ActorKind(dynamo.Text(item, "actorKind")), ID: dynamo.Text(item, "actor")},
			Act: audit.Act(dynamo.Text(item, "act")), About: dynamo.Text(item, "about"),
		}
		if e.At, err = time.Parse(time.RFC3339, at); err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

func TestAddresses(t *testing.T) { identitytest.Run(t, onTables, identitytest.Addresses) }

func TestThreat_T27_Owners(t *testing.T) { identitytest.Run(t, onTables, identitytest.Owners) }

func TestThreat_T33_Contests(t *testing.T) { identitytest.Run(t, onTables, identitytest.Contests) }

func TestJoins(t *testing.T) { identitytest.Run(t, onTables, identitytest.Joins) }

// F03: acts cut short at their calls.
func TestFault_F03_ActsCutShort(t *testing.T) {
	for name, c := range identitytest.Crashes {
		t.Run(name, func(t *testing.T) {
			c.Sweep(t, onTables, func(all []int) []int { return soak.Sample(all, 11) })
		})
	}
}

// After any acts in any order, aliases, states and the index say the same.
func TestAnyActs(t *testing.T) {
	for seed := range soak.Pick(uint64(2), 100) {
		store, clock := onTables(t)
		dice := rand.New(rand.NewPCG(seed, 13)) //nolint:gosec // the same seed gives the same acts
		identitytest.New(t, store, clock).Random(40, dice.IntN)
	}
}
