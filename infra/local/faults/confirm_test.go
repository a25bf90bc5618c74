package faults

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// subscription is one person's consent by e-mail address, from the form to the button.
type subscription struct {
	*rig
	email string
}

func (s subscription) run(harmed func() bool) {
	body := `{"subject":{"email":"` + s.email + `"},"decisions":{"marketing_email":"granted"},"policyVersion":"` + policy.CurrentVersion + `","language":"en","surface":"form"}`
	if s.http("consent", "POST", "/v1/consents", body, nil).status != http.StatusAccepted && len(s.due()) == 0 {
		s.http("consent", "POST", "/v1/consents", body, nil)
	}
	_ = s.schedule("fulfil")
	if harmed() {
		s.settle()
	}
	for _, l := range s.links(s.email, "confirm") {
		path, body := "/v1/consents/confirm/"+l.id, `{"token":"`+l.secret+`"}`
		if s.http("request", "POST", path, body, nil).status == 0 {
			s.http("request", "POST", path, body, nil)
		}
	}
	_ = s.schedule("fulfil")
}

// check wants the one record of the one act, and nothing left to do about it.
func (s subscription) check(label string) {
	s.t.Helper()
	store := &consents.Store{Client: s.tables.Client, Table: s.tables.Name("ConsentsTable")}
	versions := 0
	for record, err := range store.History(s.t.Context(), consent.Address(s.who(s.email)), time.Now()) {
		if err != nil || record.Effective(privacy.MarketingEmail, time.Now()).State != consent.Granted {
			s.t.Errorf("%s: %v, %+v", label, err, record.Decisions)
		}
		versions++
	}
	if versions != 1 {
		s.t.Errorf("%s: %d records of one act", label, versions)
	}
	s.idle(label)
}

// F03, F04: whatever call of a consent by e-mail address is broken off, the button makes one record, what is held about the subject
// learns of it, and a second mail is sent only in the window of F04.
func TestFault_F03_AConsentKilledAtEachCall(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	dry := subscription{r, "dry@example.org"}
	r.kills(func(Call) bool { return false }, Lost, dry.run)
	calls := r.proxy.Calls()
	dry.check("unharmed")
	windows := 0
	for n := 1; n <= calls; n++ {
		for fault, when := range map[Fault]string{Lost: "before", Unanswered: "after"} {
			s := subscription{r, fmt.Sprintf("anna%d%s@example.org", n, when)}
			hit, _ := r.kills(func(c Call) bool { return c.N == n }, fault, s.run)
			r.settle()
			s.check(fmt.Sprintf("killed %s call %d, %s %s %s", when, n, hit.Function, hit.Service, hit.Operation))
			if extra := len(r.mails(s.email)) - 1; extra > 0 {
				windows++
			}
		}
	}
	t.Logf("%d calls; a second mail was sent after %d of %d kills", calls, windows, 2*calls)
	if calls < 15 || windows > 2 {
		t.Errorf("%d calls, %d kills led to a second mail; the window of F04 has two", calls, windows)
	}
	r.noSecretIsKept()
}
