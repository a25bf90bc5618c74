package dynamo_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
)

// fresh returns a put that succeeds only if nothing is stored under the key.
func fresh(tables *enginetest.Tables, table, pk string) types.Put {
	name := tables.Name(table)
	return types.Put{TableName: &name, Item: dynamo.Key(pk, "x"), ConditionExpression: aws.String("attribute_not_exists(PK)"),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}
}

func TestATransactionIsCarriedOutWholeOrNotAtAll(t *testing.T) {
	tables := enginetest.DynamoDB(t)
	var first dynamo.Tx
	first.Put(fresh(tables, "LedgerTable", "a"))
	if refusal, err := first.Commit(t.Context(), tables.Client); err != nil || refusal != nil {
		t.Fatal(refusal, err)
	}
	var second dynamo.Tx
	second.Put(fresh(tables, "LedgerTable", "b"))
	second.Put(fresh(tables, "LedgerTable", "a"))
	refusal, err := second.Commit(t.Context(), tables.Client)
	if err != nil || refusal == nil || len(refusal.Unmet) != 1 || dynamo.Text(refusal.Unmet[1], dynamo.PK) != "a" || refusal.Busy {
		t.Fatalf("%+v, %v", refusal, err)
	}
	if second.Len() != 2 {
		t.Errorf("%d writes", second.Len())
	}
	var alone dynamo.Tx
	alone.Put(fresh(tables, "LedgerTable", "b"))
	if refusal, err := alone.Commit(t.Context(), tables.Client); err != nil || refusal != nil {
		t.Errorf("the refused transaction has left something: %+v, %v", refusal, err)
	}
	alone = dynamo.Tx{}
	alone.Put(fresh(tables, "LedgerTable", "b"))
	if refusal, err := alone.Commit(t.Context(), tables.Client); err != nil || refusal == nil || dynamo.Text(refusal.Unmet[0], dynamo.PK) != "b" {
		t.Errorf("a put that is alone: %+v, %v", refusal, err)
	}
}

// F01: the SDK repeats a write whose answer was lost. The repeated write finds its own item and must not be refused.
func TestFault_F01_ATransactionRecognisesItself(t *testing.T) {
	tables := enginetest.DynamoDB(t)
	lost := false
	wire := &enginetest.Wire{Through: func(c *enginetest.Call) (*http.Response, error) {
		response, err := c.Send()
		if err == nil && !lost {
			lost = true
			_ = response.Body.Close()
			return nil, http.ErrHandlerTimeout
		}
		return response, err
	}}
	client := wire.Client(tables.Client)
	for name, build := range map[string]func(*dynamo.Tx){
		"a put that is alone": func(tx *dynamo.Tx) { tx.Put(fresh(tables, "LedgerTable", "one")) },
		"a transaction": func(tx *dynamo.Tx) {
			tx.Put(fresh(tables, "LedgerTable", "two"))
			tx.Put(fresh(tables, "LedgerTable", "three"))
		},
	} {
		lost = false
		var tx dynamo.Tx
		build(&tx)
		if refusal, err := tx.Commit(t.Context(), client); err != nil || refusal != nil || !lost {
			t.Errorf("%s: %+v, %v, an answer was lost: %t", name, refusal, err, lost)
		}
	}
}

// A cancelled transaction has written nothing, whatever the reasons say. So it is never taken for one that was carried out.
func TestACancelledTransactionIsRefused(t *testing.T) {
	tables := enginetest.DynamoDB(t)
	wire := &enginetest.Wire{Through: func(*enginetest.Call) (*http.Response, error) {
		body := `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","CancellationReasons":[{"Code":"None"},{"Code":"None"}]}`
		return &http.Response{StatusCode: http.StatusBadRequest, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
	}}
	var tx dynamo.Tx
	tx.Put(fresh(tables, "LedgerTable", "one"))
	tx.Put(fresh(tables, "LedgerTable", "two"))
	refusal, err := tx.Commit(t.Context(), wire.Client(tables.Client))
	if err != nil || refusal == nil || !refusal.Busy || len(refusal.Unmet) != 0 {
		t.Errorf("%+v, %v", refusal, err)
	}
}

func TestAnEntryIsStoredWithItsAct(t *testing.T) {
	tables := enginetest.DynamoDB(t)
	ledger, at := tables.Name("LedgerTable"), time.Date(2026, 11, 28, 9, 30, 0, 0, time.UTC)
	entry := audit.New(audit.Actor{Kind: audit.Operator, ID: "ada"}, audit.ExportRetried, "r-1", at)
	var tx dynamo.Tx
	tx.Put(fresh(tables, "RequestsTable", "r#r-1"))
	tx.Audit(ledger, entry, at.AddDate(3, 0, 0))
	if refusal, err := tx.Commit(t.Context(), tables.Client); err != nil || refusal != nil {
		t.Fatal(refusal, err)
	}
	out, err := tables.Client.Query(t.Context(), &dynamodb.QueryInput{TableName: &ledger, KeyConditionExpression: aws.String("PK = :p"),
		ExpressionAttributeValues: dynamo.Item{":p": dynamo.String("audit#2026-11-28")}})
	if err != nil || len(out.Items) != 1 {
		t.Fatal(out, err)
	}
	item := out.Items[0]
	for name, want := range map[string]string{dynamo.SK: "2026-11-28T09:30:00.000Z#" + entry.ID, "actorKind": "operator", "actor": "ada", "act": "export_retried", "about": "r-1"} {
		if got := dynamo.Text(item, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if end := dynamo.Time(item, dynamo.ExpiresAt); !end.Equal(at.AddDate(3, 0, 0)) {
		t.Errorf("the entry expires at %v", end)
	}
}
