package main

import (
	"encoding/json"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// command matches the commands of the runbook that change an item of the Requests table, up to their values.
var command = regexp.MustCompile(`update-item --table-name <RequestsTable> --key '{"PK":{"S":"([rc])#<id>"},"SK":{"S":"([A-Z]+)"}}' \\\s+` +
	`--update-expression '([^']+)' --condition-expression '([^']+)' \\\s+--expression-attribute-values '([^']+)'(?: --expression-attribute-names '([^']+)')?`)

// byHand runs the runbook's command about a kind of item, as an operator would.
func (s *rig) byHand(kind, id string) error {
	s.T.Helper()
	text, err := os.ReadFile("../../infra/README.md")
	if err != nil {
		s.T.Fatal(err)
	}
	for _, c := range command.FindAllStringSubmatch(string(text), -1) {
		if c[1] != kind {
			continue
		}
		var given map[string]struct{ S, N string }
		if err := json.Unmarshal([]byte(c[5]), &given); err != nil {
			s.T.Fatal(err)
		}
		var names map[string]string
		if c[6] != "" {
			if err := json.Unmarshal([]byte(c[6]), &names); err != nil {
				s.T.Fatal(err)
			}
		}
		values := dynamo.Item{}
		for name, value := range given {
			if values[name] = dynamo.String(value.S); value.N != "" {
				values[name] = &types.AttributeValueMemberN{Value: value.N}
			}
		}
		table := s.Tables.Name("RequestsTable")
		_, err = s.Tables.Client.UpdateItem(s.T.Context(), &dynamodb.UpdateItemInput{TableName: &table, Key: dynamo.Key(kind+"#"+id, c[2]),
			UpdateExpression: aws.String(c[3]), ConditionExpression: aws.String(c[4]), ExpressionAttributeValues: values, ExpressionAttributeNames: names})
		return err
	}
	s.T.Fatalf("the runbook has no command about %s#", kind)
	return nil
}

// F23: a mail that SES always refuses is tried until the team ends it by hand. The team's command ends only a mail that was refused many
// times.
func TestFault_F23_TheTeamEndsAMailThatNobodyCanGet(t *testing.T) {
	s := newRig(t)
	s.refuse = "bad@example.org"
	good, bad := s.file("anna@example.org"), s.file("bad@example.org")
	asked := s.ask("bad@example.org", "client", "", consent.Granted)
	for range 48 {
		s.fulfils()
		s.Clock.Advance(time.Hour)
	}
	if tries := s.Load(bad).Request.Try; tries < 40 || s.work() == "" {
		t.Fatalf("%d tries", tries)
	}
	for kind, id := range map[string]string{"r": bad, "c": asked} {
		if err := s.byHand(kind, id); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.byHand("r", good); err == nil {
		t.Error("a request whose mail was accepted was ended")
	}
	s.Clock.Advance(time.Hour)
	s.counts.Reset()
	s.fulfils()
	r := s.Load(bad).Request
	if r.State != request.Lapsed || r.Email != "" || s.counts.Len() != 0 || s.Load(good).Request.State != request.Verifying {
		t.Errorf("%s, %d bytes of metrics", r.State, s.counts.Len())
	}
	c, _, err := s.ByAddress.Confirmations.Load(t.Context(), asked)
	if err != nil || !c.NextAt.IsZero() || !c.ExpiresAt.Before(s.Clock.Now().Add(linkLife)) {
		t.Errorf("%v, next at %s", err, c.NextAt)
	}
}
