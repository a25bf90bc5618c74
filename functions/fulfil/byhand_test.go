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

// command matches the command of the runbook that gives up the mails of a mailbox, up to its values.
var command = regexp.MustCompile(`delete-item --table-name <RequestsTable> --key '{"PK":{"S":"m#<id>"},"SK":{"S":"MAILBOX"}}' \\\s+` +
	`--condition-expression '([^']+)' --expression-attribute-values '([^']+)'`)

// byHand runs the runbook's command about a mailbox, as an operator would.
func (s *rig) byHand(id string) error {
	s.T.Helper()
	text, err := os.ReadFile("../../infra/README.md")
	if err != nil {
		s.T.Fatal(err)
	}
	c := command.FindStringSubmatch(string(text))
	if c == nil {
		s.T.Fatal("the runbook has no command about a mailbox")
	}
	var given map[string]struct{ N string }
	if err := json.Unmarshal([]byte(c[2]), &given); err != nil {
		s.T.Fatal(err)
	}
	values := dynamo.Item{}
	for name, value := range given {
		values[name] = &types.AttributeValueMemberN{Value: value.N}
	}
	table := s.Tables.Name("RequestsTable")
	_, err = s.Tables.Client.DeleteItem(s.T.Context(), &dynamodb.DeleteItemInput{TableName: &table, Key: dynamo.Key("m#"+id, "MAILBOX"),
		ConditionExpression: aws.String(c[1]), ExpressionAttributeValues: values})
	return err
}

// F23: a mail that SES always refuses is tried until the team ends it by hand. The team's command ends only the mails of a mailbox whose mail was
// refused many times. What waits behind it lapses like everything that nobody confirms.
func TestFault_F23_TheTeamEndsAMailThatNobodyCanGet(t *testing.T) {
	s := newRig(t)
	s.refuse = "bad@example.org"
	good, bad := s.file("anna@example.org"), s.file("bad@example.org")
	asked := s.ask("bad@example.org", "client", "", consent.Granted)
	for range 48 {
		s.fulfils()
		s.Clock.Advance(time.Hour)
	}
	if tries := s.mailboxItem("bad@example.org").Try; tries < 40 || s.work() == "" {
		t.Fatalf("%d tries", tries)
	}
	if err := s.byHand(s.mailboxOf("bad@example.org")); err != nil {
		t.Fatal(err)
	}
	if err := s.byHand(s.mailboxOf("anna@example.org")); err == nil {
		t.Error("a mailbox whose mail was accepted was given up")
	}
	s.Clock.Advance(time.Hour)
	s.counts.Reset()
	if s.fulfils(); s.counts.Len() != 0 || s.Load(good).Request.State != request.Verifying {
		t.Errorf("%d bytes of metrics", s.counts.Len())
	}
	for range 7 {
		s.Clock.Advance(24 * time.Hour)
		s.fulfils()
	}
	r := s.Load(bad).Request
	if r.State != request.Lapsed || r.Email != "" || s.counts.Len() != 0 {
		t.Errorf("%s, %d bytes of metrics", r.State, s.counts.Len())
	}
	if c, _, err := s.ByAddress.Confirmations.Load(t.Context(), asked); err != nil || !c.NextAt.IsZero() {
		t.Errorf("%v, next at %s", err, c.NextAt)
	}
}
