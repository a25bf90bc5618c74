package dynamo

import (
	"errors"
	"hash/fnv"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/awsenv"
)

// Names of the attributes that every table shares.
const (
	PK        = "PK"
	SK        = "SK"
	ExpiresAt = "expiresAt" // the TTL attribute: epoch seconds
	NextAt    = "nextAt"    // when the work an item stands for is due: epoch seconds
	Work      = "work"      // the shard of index work
)

// Open returns a client configured from the environment that Lambda sets: region, session credentials, and
// AWS_ENDPOINT_URL_DYNAMODB where there is one. It reads no file, asks no service and links no other client, so a
// function starts in its own time.
func Open() *dynamodb.Client {
	return dynamodb.NewFromConfig(awsenv.Config("DYNAMODB"), func(o *dynamodb.Options) {
		o.DisableValidateResponseChecksum = true // TLS vouches for the bytes; the checksum costs allocations on the hot path
	})
}

// WorkShards is the number of partitions of index work.
const WorkShards = 4

// WorkShard returns the partition of index work for a partition key.
func WorkShard(pk string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(pk))
	return "w#" + strconv.Itoa(int(h.Sum32()%WorkShards))
}

// SetWork puts an item into index work while something is due about it.
func SetWork(item Item, at time.Time) {
	if !at.IsZero() {
		item[Work], item[NextAt] = String(WorkShard(Text(item, PK))), Seconds(at)
	}
}

// Item is one item of a table.
type Item = map[string]types.AttributeValue

// Seconds is the one constructor of times that DynamoDB compares: epoch seconds, as a number. TTL ignores anything else (fault F10).
func Seconds(t time.Time) types.AttributeValue { return Number(t.Unix()) }

// Number returns a number attribute.
func Number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

// String returns a string attribute.
func String(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

// Bytes returns a binary attribute.
func Bytes(b []byte) types.AttributeValue { return &types.AttributeValueMemberB{Value: b} }

// Key returns the key of an item.
func Key(pk, sk string) Item { return Item{PK: String(pk), SK: String(sk)} }

// Text reads a string attribute; absent is "".
func Text(item Item, name string) string {
	if s, ok := item[name].(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

// Int reads a number attribute; absent is 0.
func Int(item Item, name string) int64 {
	if n, ok := item[name].(*types.AttributeValueMemberN); ok {
		v, _ := strconv.ParseInt(n.Value, 10, 64)
		return v
	}
	return 0
}

// Blob reads a binary attribute; absent is nil.
func Blob(item Item, name string) []byte {
	if b, ok := item[name].(*types.AttributeValueMemberB); ok {
		return b.Value
	}
	return nil
}

// Time reads epoch seconds; absent is the zero time.
func Time(item Item, name string) time.Time {
	if n := Int(item, name); n != 0 {
		return time.Unix(n, 0).UTC()
	}
	return time.Time{}
}

// Expired reports whether the item's retention is over. DynamoDB deletes late; readers must not wait for it (fault F09).
func Expired(item Item, now time.Time) bool {
	at := Int(item, ExpiresAt)
	return at != 0 && at <= now.Unix()
}

// ConditionFailed reports whether a single conditional write was refused, and returns the item it met, if it asked for it.
func ConditionFailed(err error) (Item, bool) {
	if failed, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		return failed.Item, true
	}
	return nil, false
}

// Cancelled returns the reasons for which a transaction was refused, one per action, or nil.
func Cancelled(err error) []types.CancellationReason {
	if cancelled, ok := errors.AsType[*types.TransactionCanceledException](err); ok {
		return cancelled.CancellationReasons
	}
	return nil
}

// Conflict reports whether a write was refused because another writer was faster: a condition that no longer held, or a transaction
// under way on the same item. Throttling and mistakes of ours are no conflicts: they must be seen.
func Conflict(err error) bool {
	if _, ok := errors.AsType[*types.TransactionConflictException](err); ok {
		return true
	}
	if _, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		return true
	}
	reasons := Cancelled(err)
	for _, r := range reasons {
		switch aws.ToString(r.Code) {
		case "None", "ConditionalCheckFailed", "TransactionConflict":
		default:
			return false
		}
	}
	return len(reasons) > 0
}
