package engine

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/infra/sam"
)

func TestARestartFindsItsData(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	table := sam.Table{LogicalID: "Things", PK: "PK", SK: "SK", TTL: "expiresAt", StreamView: "NEW_IMAGE",
		Attributes: map[string]string{"PK": "S", "SK": "S"}}
	key := map[string]types.AttributeValue{"PK": &types.AttributeValueMemberS{Value: "a"}, "SK": &types.AttributeValueMemberS{Value: "b"}}
	first, err := Start(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := Create(ctx, first.Client(), table, "Things"); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Client().PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("Things"), Item: key}); err != nil {
		t.Fatal(err)
	}
	first.Stop()
	second, err := Start(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Stop()
	if err := Create(ctx, second.Client(), table, "Things"); err != nil {
		t.Errorf("a table that is there: %v", err)
	}
	out, err := second.Client().GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("Things"), Key: key})
	if err != nil || len(out.Item) != 2 {
		t.Errorf("after a restart: %v, %v", out, err)
	}
}

// Another program may have taken the port while the engine was starting. Its answer must not count as the engine's.
// A table without an index of the template is refused, since an index that is added later would leave out what is stored already.
func TestATableOfAnOlderTemplateIsRefused(t *testing.T) {
	e, err := Start(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer e.Stop()
	table := func(indexes ...sam.Index) sam.Table {
		made := sam.Table{LogicalID: "Things", PK: "PK", SK: "SK", Attributes: map[string]string{"PK": "S", "SK": "S"}, Indexes: indexes}
		for _, index := range indexes {
			made.Attributes[index.PK], made.Attributes[index.SK] = "S", "N"
		}
		return made
	}
	due := sam.Index{Name: "due", PK: "due", SK: "at", Projection: "KEYS_ONLY"}
	people := sam.Index{Name: "people", PK: "people", SK: "since", Projection: "INCLUDE", Included: []string{"primary", "contract"}}
	other := func(change func(*sam.Index)) sam.Index {
		index := people
		change(&index)
		return index
	}
	for name, c := range map[string]struct {
		before, now sam.Table
		older       bool
	}{
		"no index":               {table(), table(), false},
		"the same":               {table(due, people), table(people, due), false},
		"attributes rearranged":  {table(people), table(other(func(i *sam.Index) { i.Included = []string{"contract", "primary"} })), false},
		"an index that has gone": {table(due, people), table(due), false},
		"a new index":            {table(), table(people), true},
		"one more index":         {table(due), table(due, people), true},
		"one more attribute":     {table(people), table(other(func(i *sam.Index) { i.Included = append(i.Included, "more") })), true},
		"another projection":     {table(people), table(other(func(i *sam.Index) { i.Projection, i.Included = "ALL", nil })), true},
		"another key":            {table(people), table(other(func(i *sam.Index) { i.SK = "at" })), true},
	} {
		name := strings.ReplaceAll(name, " ", "-")
		if err := Create(t.Context(), e.Client(), c.before, name); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := Create(t.Context(), e.Client(), c.now, name); errors.Is(err, ErrOlder) != c.older || !c.older && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnotherProgramOnThePortIsNoEngine(t *testing.T) {
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	_, port, err := net.SplitHostPort(other.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	if e, err := launch(t.Context(), exec.Command("sleep", "0.1"), "an engine that cannot listen", number); err == nil {
		e.Stop()
		t.Error("started")
	}
}
