package faults

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/dynamo/records"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
)

// subscriber is a person who confirmed by mail that they want marketing mail, and who is on a mailing list.
type subscriber struct{ subscription }

var unsubscribeAddress = regexp.MustCompile(`<` + regexp.QuoteMeta(serviceOrigin) + `(/v1/unsubscribe/[^>]+)>`)

func (r *rig) subscriber(email string) subscriber {
	r.t.Helper()
	s := subscriber{subscription{rig: r, email: email}}
	s.run(func() bool { return false })
	if got := s.listed("news"); got != record.Stored {
		r.t.Fatalf("a marketing record with consent is %s", got)
	}
	return s
}

// byPage withdraws on the page of the mailbox, and presses again if there was no answer.
func (s subscriber) byPage(func() bool) {
	s.again(s.browser, "POST", "/v1/preferences", `{"decisions":{"marketing_email":"denied"}}`)
	s.twice()
}

// byClick sends the one click of a mail program (RFC 8058), and again if there was no answer.
func (s subscriber) byClick(func() bool) {
	path := unsubscribeAddress.FindStringSubmatch(s.mails(s.email)[0].Headers["List-Unsubscribe"])[1]
	form := map[string]string{"content-type": "application/x-www-form-urlencoded"}
	for range 2 {
		if s.http("request", "POST", path, "List-Unsubscribe=One-Click", form).status == http.StatusOK {
			break
		}
	}
	s.twice()
}

// check demands that the withdrawal is in force, in the record and in the stored data, and that no work is left.
func (s subscriber) check(label string) {
	s.t.Helper()
	id := s.who(s.email)
	store := &consents.Store{Client: s.tables.Client, Table: s.tables.Name("ConsentsTable")}
	recorder := consent.Recorder{Log: store, Policy: policy.ForConsents(), Now: time.Now}
	newest, err := recorder.Current(s.t.Context(), consent.Address(id))
	if err != nil || newest.Effective(privacy.MarketingEmail, time.Now()).State != consent.Denied {
		s.t.Errorf("%s: the newest record says %+v, %v", label, newest.Decisions, err)
	}
	for stored, err := range records.New(s.tables.Client, s.tables.Name("RecordsTable"), time.Now).Stored(s.t.Context(), id) {
		s.t.Errorf("%s: %s is still stored, %v", label, stored.Category, err)
	}
	if got := s.listed("news"); got != record.RetentionOver {
		s.t.Errorf("%s: a later marketing record is %s", label, got)
	}
	s.idle(label)
}

// C03: a deployment has a new key of tokens, and its secret still contains the old one. The one-click links of old mails still work.
func TestPromise_C03_OneClickAfterARotation(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.subscriber("anna@example.org")
	for i, variable := range r.env {
		if old, found := strings.CutPrefix(variable, "TOKEN_KEY="); found {
			r.env[i] = "TOKEN_KEY=new-key-of-the-tests " + old
		}
	}
	for _, name := range functions {
		r.kill(name)
	}
	r.expect(http.StatusUnauthorized, "request", "GET", "/v1/preferences", "", s.cookie)
	if r.open(r.links(s.email, "me")[0]) != nil {
		t.Error("a link of the old key opens the mailbox")
	}
	s.byClick(nil)
	s.check("after a rotation")
}

// F03: whichever call of a withdrawal is interrupted, the consent is withdrawn and the marketing data is deleted (promises C03, F04).
func TestFault_F03_AWithdrawalKilledAtEachCall(t *testing.T) {
	t.Parallel()
	for name, withdraw := range map[string]func(subscriber, func() bool){"page": subscriber.byPage, "click": subscriber.byClick} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			dry := r.subscriber("dry@example.org")
			moments := r.moments(func(harmed func() bool) { withdraw(dry, harmed) })
			dry.check("unharmed")
			if len(moments) < 16 {
				t.Fatalf("only %d moments", len(moments))
			}
			for i, at := range soak.Sample(moments, 19) {
				s := r.subscriber(fmt.Sprintf("anna%d@example.org", i))
				r.kills(at, func(harmed func() bool) { withdraw(s, harmed) })
				r.settle()
				s.check(at.String())
			}
			r.noSecretIsKept()
		})
	}
}
