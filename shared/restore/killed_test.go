package restore_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// everything has something of every kind taken away after a backup.
func (s *service) everything() backup {
	s.T.Helper()
	ctx := s.T.Context()
	for _, email := range []string{"anna@example.org", "ben@example.org", "liam@example.org", "nora@example.org", "olga@example.org"} {
		s.knows(email, canary)
	}
	for id, email := range map[string]string{"gina": "gina@example.org", "hugo": "hugo@example.org"} {
		if _, err := s.TakeAs(id, email, conversation(s.Clock.Now())); err != nil {
			s.T.Fatal(err)
		}
	}
	nora := s.agrees("nora@example.org")
	olga := s.Planned(request.Filing{Right: privacy.Erasure, Email: "olga@example.org"})
	b := s.backup()
	if _, err := s.Requester.WithdrawOf(ctx, nora, servicetest.Proof("nora@example.org")); err != nil {
		s.T.Fatal(err)
	}
	s.Agree(olga)
	s.erases("anna@example.org")
	s.decides("ben@example.org", consent.Denied, privacy.MarketingEmail)
	s.asks(request.Filing{Right: privacy.Restriction, Email: "ben@example.org", Ground: privacy.Claims})
	s.asks(request.Filing{Right: privacy.OptOut, Email: "unknown@example.org"})
	s.SetAddresses("gina", true, "gina@example.org", "hugo@example.org", "gina.new@example.org")
	if err := s.Intake.Retract(ctx, servicetest.System, subject.Named{Client: servicetest.CRM, Address: s.Parse("liam@example.org")}, privacy.Communication, "one"); err != nil {
		s.T.Fatal(err)
	}
	if _, err := s.Identity.PlaceHold(ctx, servicetest.Operator, "maria", s.ids["liam@example.org"], "a claim", nil); err != nil {
		s.T.Fatal(err)
	}
	s.works()
	return b
}

// F03, F17: a restore that is killed at any call, before it or after it, comes to the same end once it is repeated. A restore that is killed at a call that
// only reads has left the same before it and after it.
func TestFault_F17_ARestoreThatIsKilledIsRepeated(t *testing.T) {
	s := newService(t)
	b := s.everything()
	c := s.copied(b)
	now := c.Clock.Now()
	var calls []string
	c.Wire.Through = func(c *enginetest.Call) (*http.Response, error) {
		calls = append(calls, c.Operation)
		return c.Send()
	}
	report, err := s.restorer(c, b).Run(t.Context())
	if err != nil || report.Erasures != 2 || report.Retractions != 1 || report.Refusals != 1 {
		t.Fatalf("%+v, %v", report, err)
	}
	c.Wire.Through = nil
	end := c.backup()
	points := make([]int, len(calls))
	for i := range points {
		points[i] = i + 1
	}
	for _, at := range soak.Sample(points, 50) {
		for name, sent := range map[string]bool{"before": false, "after": true} {
			if sent && slices.Contains([]string{"GetItem", "BatchGetItem", "Query", "Scan"}, calls[at-1]) {
				continue
			}
			c.becomes(b)
			c.Clock.Set(now)
			if err := s.killed(c, b, at, sent); err == nil {
				t.Errorf("killed %s call %d: no error", name, at)
			}
			if again, err := s.restorer(c, b).Run(t.Context()); err != nil || again != report {
				t.Errorf("killed %s call %d, and repeated: %+v, %v", name, at, again, err)
			}
			c.same(end)
			if t.Failed() {
				t.Fatalf("killed %s call %d", name, at)
			}
		}
	}
}

var errKilled = errors.New("killed")

// killed restores until a call, before or after which the process is killed.
func (s *service) killed(c *service, b backup, at int, sent bool) error {
	ctx, kill := context.WithCancel(s.T.Context())
	defer kill()
	var calls atomic.Int64
	c.Wire.Through = func(call *enginetest.Call) (*http.Response, error) {
		n := calls.Add(1)
		if n < int64(at) {
			return call.Send()
		}
		if n == int64(at) && sent {
			if answer, err := call.Send(); err == nil {
				_ = answer.Body.Close()
			}
		}
		kill()
		return nil, errKilled
	}
	defer func() { c.Wire.Through = nil }()
	_, err := s.restorer(c, b).Run(ctx)
	return err
}

// F19: an entry that cannot be read stops a restore. Something would come back if it were passed over.
func TestFault_F19_AnEntryThatCannotBeReadStopsARestore(t *testing.T) {
	for name, text := range map[string]string{"broken": "{", "empty": "", "of a later version": `{"ID":"x","At":"2026-11-28T06:00:00Z","Correction":{}}`} {
		t.Run(name, func(t *testing.T) {
			s := newService(t)
			anna := s.knows("anna@example.org", canary)
			b := s.backup()
			item := dynamo.Key(dynamo.ReplayPK(s.Clock.Now()), s.Clock.Now().Format("2006-01-02T15:04:05.000000Z")+"#x")
			item["entry"] = dynamo.String(strings.ReplaceAll(text, "2026-11-28T06:00:00Z", s.Clock.Now().Format(time.RFC3339)))
			if _, err := s.Tables.Client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(s.Tables.Name("LedgerTable")), Item: item}); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Identity.PlaceHold(t.Context(), servicetest.Operator, "maria", anna, "a claim", nil); err != nil {
				t.Fatal(err)
			}
			c := s.copied(b)
			if report, err := s.restorer(c, b).Run(t.Context()); err == nil {
				t.Errorf("no error, %+v", report)
			}
			c.same(b)
		})
	}
}
