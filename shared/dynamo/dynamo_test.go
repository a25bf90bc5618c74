package dynamo_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
)

// Only a lost race is a conflict. If throttling or our own mistake counted as one, nobody would notice it.
func TestOnlyALostRaceIsAConflict(t *testing.T) {
	cancelled := func(codes ...string) error {
		failed := &types.TransactionCanceledException{}
		for _, code := range codes {
			failed.CancellationReasons = append(failed.CancellationReasons, types.CancellationReason{Code: aws.String(code)})
		}
		return failed
	}
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"a condition":              {&types.ConditionalCheckFailedException{}, true},
		"another transaction":      {&types.TransactionConflictException{}, true},
		"a condition of several":   {cancelled("None", "ConditionalCheckFailed"), true},
		"a transaction of several": {cancelled("TransactionConflict", "None"), true},
		"throttling of one":        {cancelled("ConditionalCheckFailed", "ThrottlingError"), false},
		"a mistake in one":         {cancelled("ValidationError", "TransactionConflict"), false},
		"no reason":                {cancelled(), false},
		"throttling":               {&types.ProvisionedThroughputExceededException{}, false},
		"anything else":            {errors.New("the connection is cut"), false},
		"no error":                 {nil, false},
	} {
		err := c.err
		if err != nil {
			err = fmt.Errorf("around: %w", err)
		}
		if got := dynamo.Conflict(err); got != c.want {
			t.Errorf("%s is a conflict: %t", name, got)
		}
	}
	for reasons, want := range map[string]bool{"None ThrottlingError": true, "ProvisionedThroughputExceeded ConditionalCheckFailed": true, "ThrottlingError ValidationError": false,
		"ConditionalCheckFailed": false, "TransactionConflict None": false} {
		if got := dynamo.Throttled(cancelled(strings.Fields(reasons)...)); got != want {
			t.Errorf("%s is throttling: %t", reasons, got)
		}
	}
	if dynamo.Throttled(nil) || dynamo.Throttled(errors.New("the connection is cut")) {
		t.Error("another error counts as throttling")
	}
	met := dynamo.Key("a", "b")
	if item, failed := dynamo.ConditionFailed(&types.ConditionalCheckFailedException{Item: met}); !failed || dynamo.Text(item, dynamo.PK) != "a" {
		t.Errorf("a refused write met %v, %t", item, failed)
	}
	if _, failed := dynamo.ConditionFailed(cancelled("ConditionalCheckFailed")); failed {
		t.Error("a refused transaction counts as a refused single write")
	}
}

// F09, F10: an expiry is a number of epoch seconds, and an item is expired from that second on. An item without an expiry never expires.
func TestFault_F09_AnItemExpiresToTheSecond(t *testing.T) {
	end := time.Date(2026, 11, 28, 12, 0, 0, 999_999_999, time.FixedZone("east", 14*60*60))
	item := dynamo.Item{dynamo.ExpiresAt: dynamo.Seconds(end)}
	if n, ok := item[dynamo.ExpiresAt].(*types.AttributeValueMemberN); !ok || n.Value != "1795816800" {
		t.Errorf("TTL would ignore %#v", item[dynamo.ExpiresAt])
	}
	if got := dynamo.Time(item, dynamo.ExpiresAt); !got.Equal(end.Truncate(time.Second)) || got.Location() != time.UTC {
		t.Errorf("it is read as %s", got)
	}
	for before, want := range map[time.Duration]bool{time.Second: false, 0: true, -time.Second: true} {
		if got := dynamo.Expired(item, end.Add(-before)); got != want {
			t.Errorf("%s before its end it is expired: %t", before, got)
		}
	}
	if dynamo.Expired(dynamo.Key("a", "b"), end) {
		t.Error("an item without an expiry is expired")
	}
}

// An attribute that is absent or has the wrong type is read as the zero value.
func TestAttributesThatAreNotThere(t *testing.T) {
	item := dynamo.Item{"text": dynamo.String("x"), "number": dynamo.Number(-7), "bytes": dynamo.Bytes([]byte("x"))}
	if dynamo.Text(item, "text") != "x" || dynamo.Int(item, "number") != -7 || string(dynamo.Blob(item, "bytes")) != "x" {
		t.Error("what was written is not read back")
	}
	for _, name := range []string{"absent", "number"} {
		if dynamo.Text(item, name) != "" || dynamo.Blob(item, name) != nil {
			t.Errorf("%s is read as a text or as bytes", name)
		}
	}
	for _, name := range []string{"absent", "text"} {
		if dynamo.Int(item, name) != 0 || !dynamo.Time(item, name).IsZero() {
			t.Errorf("%s is read as a number or as a time", name)
		}
	}
}

// Due work is in the index "work", in a partition that depends on the key alone, and all partitions are used. Items without due
// work are not in the index.
func TestWorkIsSpreadOverItsPartitions(t *testing.T) {
	at, used := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC), map[string]bool{}
	for i := range 100 {
		pk := fmt.Sprint("r#", i)
		item := dynamo.Key(pk, "REQUEST")
		dynamo.SetWork(item, time.Time{})
		if len(item) != 2 {
			t.Fatalf("nothing is due, and the item is %v", item)
		}
		dynamo.SetWork(item, at)
		if !dynamo.Time(item, dynamo.NextAt).Equal(at) || dynamo.Text(item, dynamo.Work) != dynamo.WorkShard(pk) {
			t.Fatalf("due at %s, the item is %v", at, item)
		}
		used[dynamo.Text(item, dynamo.Work)] = true
	}
	for i := range dynamo.WorkShards {
		if !used[fmt.Sprint("w#", i)] || len(used) != dynamo.WorkShards {
			t.Errorf("the partitions are %v", used)
		}
	}
}
