package dynamo

import (
	"encoding/json"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/replay"
)

// Replays adds entries for a restore to transactions. A nil Replays adds none, since its caller takes nothing away.
type Replays struct {
	ledger string
	Policy func(now time.Time) *policy.Policy // policy.InForce, which says how long an entry is kept
}

// ReplaysIn returns the entries in LedgerTable, which has this name. Without a name it returns nil.
func ReplaysIn(ledger string) *Replays {
	if ledger == "" {
		return nil
	}
	return &Replays{ledger, policy.InForce}
}

// Table returns the name of LedgerTable.
func (r *Replays) Table() string { return r.ledger }

// ReplayPK returns the partition key of the entries of a day, in UTC.
func ReplayPK(day time.Time) string { return "replay#" + day.UTC().Format(time.DateOnly) }

// Add adds an entry. One that is noted again replaces itself.
func (r *Replays) Add(tx *Tx, e replay.Entry) {
	if r == nil {
		return
	}
	text, err := json.Marshal(e)
	if err != nil {
		panic("dynamo: " + err.Error()) // it has only texts, numbers and times
	}
	item := Key(ReplayPK(e.At), e.At.Format("2006-01-02T15:04:05.000000Z")+"#"+e.ID)
	item["entry"], item[ExpiresAt] = String(string(text)), Seconds(r.Policy(e.At).SpanOf(policy.ReplayEntry).After(e.At))
	tx.Put(types.Put{TableName: &r.ledger, Item: item})
}
