package engine

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/infra/sam"
)

// Tables are template.yaml's tables, created for one test and deleted after it.
type Tables struct {
	Client *dynamodb.Client
	prefix string
}

// Name returns the name of the table with the logical id, such as ConsentsTable.
func (t *Tables) Name(logicalID string) string { return t.prefix + logicalID }

// shared is one engine for all tests of a process: it lives in memory and dies with the process.
var shared = sync.OnceValues(func() (*Engine, error) { return Start(context.Background(), "") })

// DynamoDB returns tables of the test's own on a real engine. The tables have no stream, which would slow the engine as
// records pile up; the local stack's have. A missing engine fails the test, and says how to install one.
func DynamoDB(t testing.TB) *Tables {
	t.Helper()
	e, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	template, err := sam.Load(filepath.Join(Root(), "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	tables := &Tables{Client: e.Client(), prefix: fmt.Sprintf("t%.8s-", uuid.NewString())}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for _, table := range template.Tables {
		table.StreamView = ""
		if err := Create(ctx, tables.Client, table, tables.Name(table.LogicalID)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { tables.drop(table.LogicalID) })
	}
	return tables
}

// drop forgets a table; an engine in memory would otherwise grow with every test.
func (t *Tables) drop(logicalID string) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, _ = t.Client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: aws.String(t.Name(logicalID))})
}
