package engine

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strconv"
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
