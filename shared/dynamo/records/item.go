// Package records is the store of RecordsTable. It writes records together with their subject's state, moves their expiries, and lists
// expiring items for the sweep. Package intake decides what is written and when it expires.
package records

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/intake"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
)

// Shards is the number of partitions of each category in index due. It spreads items that expire in the same hour, so that no partition is
// overloaded.
const Shards = 16

// Attributes of a record besides the keys and expiresAt.
const (
	due        = "due"        // <category>#<00-15>, the partition in index due
	source     = "source"     // the system that sent the record
	occurredAt = "occurredAt" // nanoseconds since 1970, a number that conditions can compare
	storedAt   = "storedAt"   // nanoseconds since 1970
	hash       = "hash"       // record.Record.Hash
	data       = "data"       // canonical JSON
	packed     = "packed"     // data is compressed (RFC 1951)
	ended      = "ended"      // account: when its contract ended or will end, if that is known
	asOf       = "asOf"       // the version of the subject's state that the expiry follows; analytics counts have no subject
	after      = "cameAfter"  // the erasure of the subject after which the record was taken in; an erasure covers every record that does not name it
	otherwise  = "otherwise"  // when the record would expire if its use were not restricted; only of one with an expiry of its own, while it has none
)

func subjectPK(sid privacy.SubjectID) string { return "s#" + string(sid) }

// pk returns the partition key of a record: that of its subject, or for analytics counts one of the 16 of the day.
func pk(sid privacy.SubjectID, r record.Record) string {
	if r.Category.HasSubject() {
		return subjectPK(sid)
	}
	day := r.Time("day").Format(time.DateOnly)
	return fmt.Sprintf("a#%s#%02d", day, shard(r.ID))
}

func sk(r record.Record) string { return string(r.Category) + "#" + r.ID }

func shard(key string) int { return int(sha256.Sum256([]byte(key))[0]) % Shards }

func dueKey(category privacy.Category, shard int) string {
	return fmt.Sprintf("%s#%02d", category, shard)
}

// newItem returns the item of a record.
func newItem(id privacy.SubjectID, p intake.Put, now time.Time) dynamo.Item {
	pk, sk := pk(id, p.Record), sk(p.Record)
	item := dynamo.Key(pk, sk)
	item[due] = dynamo.String(dueKey(p.Category, shard(pk+sk)))
	item[source] = dynamo.String(string(p.Source))
	item[occurredAt] = dynamo.Number(p.OccurredAt.UnixNano())
	item[storedAt] = dynamo.Number(now.UnixNano())
	item[hash] = dynamo.Bytes(p.Hash)
	item[data] = dynamo.Bytes(p.Packed.Bytes)
	if p.Packed.Compressed {
		item[packed] = &types.AttributeValueMemberBOOL{Value: true}
	}
	for name, at := range map[string]time.Time{dynamo.ExpiresAt: p.ExpiresAt, otherwise: p.Otherwise} {
		if !at.IsZero() {
			item[name] = dynamo.Seconds(at)
		}
	}
	if p.After != "" {
		item[after] = dynamo.String(p.After)
	}
	if !p.EndedAt.IsZero() {
		item[ended] = dynamo.String(p.EndedAt.Format(time.RFC3339Nano))
	}
	return item
}

// parse reads an item back.
func parse(item dynamo.Item) (record.OnFile, error) {
	category, id, found := strings.Cut(dynamo.Text(item, dynamo.SK), "#")
	if !found {
		return record.OnFile{}, errors.New("records: a sort key is not <category>#<id>")
	}
	plain, err := plainOf(item)
	if err != nil {
		return record.OnFile{}, err
	}
	return record.OnFile{
		Record: record.Record{
			Category:   privacy.Category(category),
			ID:         id,
			Source:     privacy.Source(dynamo.Text(item, source)),
			OccurredAt: time.Unix(0, dynamo.Int(item, occurredAt)).UTC(),
			Data:       plain,
		},
		StoredAt:  time.Unix(0, dynamo.Int(item, storedAt)).UTC(),
		ExpiresAt: dynamo.Time(item, dynamo.ExpiresAt),
	}, nil
}
