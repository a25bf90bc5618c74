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

// The names of the attributes that every table shares.
const (
	PK        = "PK"
	SK        = "SK"
	ExpiresAt = "expiresAt" // the TTL attribute: epoch seconds
	NextAt    = "nextAt"    // when the work of the item is due: epoch seconds
	Work      = "work"      // the shard of the index "work"
)

// Open returns a client configured from the environment that Lambda sets: region, session credentials, and
// AWS_ENDPOINT_URL_DYNAMODB if it is set. To keep a cold start short, it reads no file, calls no service and links no other client.
func Open() *dynamodb.Client {
	return dynamodb.NewFromConfig(awsenv.Config("DYNAMODB"), func(o *dynamodb.Options) {
		o.DisableValidateResponseChecksum = true // TLS already protects the bytes; the checksum costs allocations on the hot path
	})
}

// WorkShards is the number of partitions of the index "work".
const WorkShards = 4

// WorkShard returns the partition of the index "work" for a partition key.
func WorkShard(pk string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(pk))
	return "w#" + strconv.Itoa(int(h.Sum32()%WorkShards))
}

// SetWork puts an item into the index "work", where it is found from the given time on. With the zero time it does nothing.
func SetWork(item Item, at time.Time) {
	if !at.IsZero() {
		item[Work], item[NextAt] = String(WorkShard(Text(item, PK))), Seconds(at)
	}
}

// Item is one item of a table.
type Item = map[string]types.AttributeValue

// Seconds returns epoch seconds as a number attribute. Every expiry is made with it, because TTL ignores any other form (fault F10).
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

// Text reads a string attribute, or "" if it is absent.
func Text(item Item, name string) string {
	if s, ok := item[name].(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

// Int reads a number attribute, or 0 if it is absent.
func Int(item Item, name string) int64 {
	if n, ok := item[name].(*types.AttributeValueMemberN); ok {
		v, _ := strconv.ParseInt(n.Value, 10, 64)
		return v
	}
	return 0
}

// Flag reads a boolean attribute, or false if it is absent.
func Flag(item Item, name string) bool {
	b, ok := item[name].(*types.AttributeValueMemberBOOL)
	return ok && b.Value
}

// Blob reads a binary attribute, or nil if it is absent.
func Blob(item Item, name string) []byte {
	if b, ok := item[name].(*types.AttributeValueMemberB); ok {
		return b.Value
	}
	return nil
}

// Time reads epoch seconds, or the zero time if the attribute is absent.
func Time(item Item, name string) time.Time {
	if n := Int(item, name); n != 0 {
		return time.Unix(n, 0).UTC()
	}
	return time.Time{}
}

// Expired reports whether the item's retention period has ended. DynamoDB deletes expired items late, so readers check the expiry
// themselves (fault F09).
func Expired(item Item, now time.Time) bool {
	at := Int(item, ExpiresAt)
	return at != 0 && at <= now.Unix()
}

// ConditionFailed reports whether the condition of a single write failed. It also returns the stored item if the write asked for it.
func ConditionFailed(err error) (Item, bool) {
	if failed, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		return failed.Item, true
	}
	return nil, false
}

// Cancelled returns the reasons why a transaction was cancelled, one per write, or nil for any other error.
func Cancelled(err error) []types.CancellationReason {
	if cancelled, ok := errors.AsType[*types.TransactionCanceledException](err); ok {
		return cancelled.CancellationReasons
	}
	return nil
}

// Conflict reports whether a write failed because another writer was faster: a condition was no longer true, or a transaction was
// in progress on the same item. Throttling and our own mistakes are not conflicts, because they must become visible.
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

// Throttled reports whether DynamoDB refused a transaction because an item had too much traffic. The SDK repeats a throttled call, but not a
// transaction that was cancelled for this reason.
func Throttled(err error) bool {
	throttled := false
	for _, r := range Cancelled(err) {
		switch aws.ToString(r.Code) {
		case "None", "ConditionalCheckFailed", "TransactionConflict":
		case "ThrottlingError", "ProvisionedThroughputExceeded":
			throttled = true
		default:
			return false
		}
	}
	return throttled
}
