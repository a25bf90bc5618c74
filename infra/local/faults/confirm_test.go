package faults

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/dynamo/records"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// subscription is one person's consent by e-mail address, from the form to the button. In between, one of the company's systems puts the
// person on a list.
type subscription struct {
	*rig
	browser // once the link was opened
	email   string
}

func (s *subscription) run(harmed func() bool) {
	body := `{"subject":{"email":"` + s.email + `"},"decisions":{"marketing_email":"granted"},"policyVersion":"` + policy.VersionInForce(time.Now()) + `","language":"en","surface":"form"}`
	if s.http("consent", "POST", "/v1/consents", body, nil).status != http.StatusAccepted && len(s.due()) == 0 {
		s.http("consent", "POST", "/v1/consents", body, nil)
	}
	s.twice()
	if harmed() {
		s.settle()
	}
	if got := s.listed("before"); got != record.Stored {
		s.t.Errorf("a marketing record without a consent is %s", got)
	}
	s.browser = s.opens(s.email)
	s.presses(s.browser, "consent")
	s.twice()
}

// twice fires the schedule of fulfil twice: what a person sets off makes the mail of a mailbox due.
func (r *rig) twice() {
	_ = r.schedule("fulfil")
	_ = r.schedule("fulfil")
}

// listed sends a marketing record and returns its outcome.
func (s subscription) listed(id string) record.Outcome {
	s.t.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	data, err := json.Marshal(map[string]any{"list": "news", "subscribedAt": now, "interests": []string{}})
	if err != nil {
		s.t.Fatal(err)
	}
	return s.put(s.email, record.Record{Category: privacy.Marketing, ID: id, Source: privacy.Direct, OccurredAt: now, Data: data})
}

// check expects one record of the act. The subject's other data must follow it, and no work may be left.
func (s subscription) check(label string) {
	s.t.Helper()
	store := &consents.Store{Client: s.tables.Client, Table: s.tables.Name("ConsentsTable")}
	versions := 0
	for one, err := range store.History(s.t.Context(), consent.Address(s.who(s.email)), time.Now()) {
		if err != nil || one.Effective(privacy.MarketingEmail, time.Now()).State != consent.Granted {
			s.t.Errorf("%s: %v, %+v", label, err, one.Decisions)
		}
		versions++
	}
	if versions != 1 {
		s.t.Errorf("%s: %d records of one act", label, versions)
	}
	state, _, err := subjects.New(s.tables.Client, s.tables.Name("SubjectsTable"), time.Now).State(s.t.Context(), s.who(s.email))
	if err != nil || state.Marketing != standing.Consented || state.Proof.Version != 1 {
		s.t.Errorf("%s: the subject's state says %q by record %d, %v", label, state.Marketing, state.Proof.Version, err)
	}
	for r, err := range records.New(s.tables.Client, s.tables.Name("RecordsTable"), time.Now).Stored(s.t.Context(), s.who(s.email)) {
		if err != nil || r.Category == privacy.Marketing && !r.ExpiresAt.IsZero() {
			s.t.Errorf("%s: the marketing data expires %v, %v", label, r.ExpiresAt, err)
		}
	}
	s.idle(label)
}

// F03, F04: whichever call of a consent by e-mail address is interrupted, the button makes one record, and the data subject's
// stored data follows it. A second link is mailed only in the windows of [windows].
func TestFault_F03_AConsentKilledAtEachCall(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	dry := &subscription{rig: r, email: "dry@example.org"}
	moments := r.moments(dry.run)
	dry.check("unharmed")
	if len(moments) < 30 {
		t.Errorf("only %d moments", len(moments))
	}
	windows := windows{}
	for i, at := range soak.Sample(moments, 19) {
		s := &subscription{rig: r, email: fmt.Sprintf("anna%d@example.org", i)}
		r.kills(at, s.run)
		r.settle()
		s.check(at.String())
		if extra := len(r.links(s.email, "me")) - 1; extra > 0 {
			windows.add(at)
		}
	}
	windows.check(t, len(moments))
	r.noSecretIsKept()
}
