package periods

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/reminders"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/policy/policytest"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// noon is when everything is stored. The months after it are of different lengths.
var noon = time.Date(2026, 12, 31, 12, 0, 0, 0, time.UTC)

const anna = "anna@example.org"

// rig is the service at noon, under a policy that the test chooses.
type rig struct{ *servicetest.Rig }

func newRig(t *testing.T, p *policy.Policy) *rig {
	s := &rig{servicetest.Open(t, enginetest.DynamoDB(t), policytest.Always(p))}
	s.Clock.Set(noon)
	return s
}

// must ends the test if there is an error.
func (s *rig) must(err error) {
	s.T.Helper()
	if err != nil {
		s.T.Fatal(err)
	}
}

// ends returns when the only item with the given key prefixes in a table expires.
func (s *rig) ends(table, pk, sk string) time.Time {
	s.T.Helper()
	var found []time.Time
	for _, item := range s.Scan(table) {
		if strings.HasPrefix(dynamo.Text(item, dynamo.PK), pk) && strings.HasPrefix(dynamo.Text(item, dynamo.SK), sk) {
			found = append(found, dynamo.Time(item, dynamo.ExpiresAt))
		}
	}
	if len(found) != 1 || found[0].IsZero() {
		s.T.Fatalf("%s %s %s: %v expire, want one item with an expiry", table, pk, sk, found)
	}
	return found[0]
}

// file files a request, which then waits behind its mailbox, and mails a link.
func (s *rig) file() request.Request {
	s.T.Helper()
	r := s.File(request.Filing{Right: privacy.Access, Email: anna})
	s.Fulfil(r.ID)
	s.Post(anna)
	return r
}

// answer files a request by an address on record, confirms it by the mailed link, and mails its export.
func (s *rig) answer() request.Request {
	s.T.Helper()
	s.Known(anna)
	r := s.file()
	proof, _ := s.Open(s.LastMail())
	_, err := s.Requester.Confirm(s.T.Context(), r.ID, proof)
	s.must(err)
	s.Fulfil(r.ID)
	_, err = s.Delivery.Run(s.T.Context(), r.ID, 1)
	s.must(err)
	return r
}

// act grants or refuses marketing mail under the version in force.
func act(state consent.State) consent.Act {
	return consent.Act{
		Who: consent.Who{Email: anna}, Operation: "019ab2c4-7a10-7c3e-9d55-2f6b8a41c0de", PolicyVersion: policy.VersionInForce(noon), Language: "en", Surface: "form",
		Decisions: map[privacy.Purpose]consent.State{privacy.MarketingEmail: state},
	}
}

// changed returns a copy of the policy that change has modified.
func changed(t *testing.T, change func(p *policy.Policy)) *policy.Policy {
	t.Helper()
	text, err := json.Marshal(policy.Newest())
	if err != nil {
		t.Fatal(err)
	}
	var p policy.Policy
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	change(&p)
	return &p
}

// longer gives one kind its own row, whose period is one unit longer than before.
func longer(p *policy.Policy, kind policy.Kind) {
	row := p.RetentionOf(kind)
	row.ID, row.Stored = "changed", []policy.Kind{kind}
	row.Years, row.Months, row.Days = row.Years+min(row.Years, 1), row.Months+min(row.Months, 1), row.Days+min(row.Days, 1)
	p.Retention = append([]policy.Retention{row}, p.Retention...) // the first row that names a kind governs it
}

// endOfDay returns the end of the day so many days after noon, in London.
func endOfDay(days int) time.Time {
	return time.Date(2026, 12, 31+days, 23, 59, 59, 0, time.UTC)
}

// reminders reminds people of requests that they have not confirmed, and tells nobody else.
func (s *rig) reminders() *request.Reminders {
	at := func(time.Time) *policy.Policy { return s.Policy }
	return &request.Reminders{
		Queue: s.Requests, Register: s.Requests, Progress: &reminders.Store{Client: s.Client, Table: s.Ledger.Table, Policy: at, Now: s.Clock.Now},
		Proofs: wanted{}, Mailer: wanted{}, Measure: func(context.Context, request.Digest) {}, Policy: at,
		Failed: func(_ context.Context, _ string, err error) { s.must(err) }, Now: s.Clock.Now,
	}
}

// wanted takes mails and does nothing with them.
type wanted struct{}

func (wanted) Want(context.Context, subject.Address) error                { return nil }
func (wanted) TeamReminder(context.Context, string, request.Digest) error { return nil }
