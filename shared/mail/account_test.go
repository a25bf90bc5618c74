package mail

import (
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/ses"
	"github.com/helpdeskexpert/privacy/shared/feedback"
)

// F08: what the account says of itself in each state, before a campaign begins.
func TestFault_F08_TheAccountIsAsked(t *testing.T) {
	for state, want := range map[ses.State]feedback.Account{
		ses.Sending:          {Production: true, Sending: true, Verified: true, PerSecond: 14, PerDay: 50000},
		ses.Sandbox:          {Sending: true, Verified: true, PerSecond: 14, PerDay: 50000},
		ses.Paused:           {Production: true, Verified: true, PerSecond: 14, PerDay: 50000},
		ses.Suspended:        {Production: true, Verified: true, PerSecond: 14, PerDay: 50000},
		ses.UnverifiedSender: {Production: true, Sending: true, PerSecond: 14, PerDay: 50000},
		ses.OverQuota:        {Production: true, Sending: true, Verified: true, PerSecond: 14, PerDay: 50000, Sent: 50000},
	} {
		s, a := openAccount(t, ses.Limits{PerSecond: 14, PerDay: 50000})
		a.Set(state)
		if got, err := s.Account(t.Context()); err != nil || got != want {
			t.Errorf("%s: %+v, %v", state, got, err)
		}
	}
	s, a := openAccount(t, ses.Limits{PerSecond: 14, PerDay: 20})
	_, _ = s.Bulk(t.Context(), letter, crowd(14))
	a.calls = nil
	got, err := s.Account(t.Context())
	if err != nil || got.Sent != 14 || got.PerDay != 20 {
		t.Errorf("%+v, %v", got, err)
	}
	// The stand-in has verified the domain of the sender, so the address is asked about first.
	if want := []string{"GET /v2/email/account", "GET /v2/email/identities/privacy@mail.example.com", "GET /v2/email/identities/mail.example.com"}; !reflect.DeepEqual(a.calls, want) {
		t.Errorf("asked %q", a.calls)
	}
	a.Set(ses.Failing)
	if _, err := s.Account(t.Context()); err == nil {
		t.Error("an account that does not answer")
	}
}

// F08: the verified identity may be the address, its domain or a parent domain. If it is none of them, SES sends nothing.
func TestFault_F08_TheSenderMayBeVerifiedByAParentDomain(t *testing.T) {
	const unlimited = `{"ProductionAccessEnabled":true,"SendingEnabled":true,"EnforcementStatus":"HEALTHY","SendQuota":{"Max24HourSend":-1,"MaxSendRate":14,"SentLast24Hours":3}}`
	for identity, asked := range map[string]int{"privacy@mail.example.com": 1, "mail.example.com": 2, "example.com": 3, "com": 3, "none": 3} {
		s, a := openAccount(t, ses.Limits{})
		a.answer = func(w http.ResponseWriter, r *http.Request) bool {
			switch name, isIdentity := strings.CutPrefix(r.URL.Path, "/v2/email/identities/"); {
			case !isIdentity:
				_, _ = io.WriteString(w, unlimited)
			case name == identity:
				_, _ = io.WriteString(w, `{"VerifiedForSendingStatus":true}`)
			default:
				w.Header().Set("X-Amzn-Errortype", "NotFoundException")
				w.WriteHeader(http.StatusNotFound)
			}
			return true
		}
		got, err := s.Account(t.Context())
		if err != nil || got.Verified != strings.Contains(identity, ".") || len(a.calls) != asked+1 || got.PerDay != feedback.Unlimited {
			t.Errorf("%s: %+v, %v after %q", identity, got, err, a.calls)
		}
	}
	s, a := openAccount(t, ses.Limits{})
	a.answer = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, "/v2/email/identities/") {
			w.WriteHeader(http.StatusForbidden)
			return true
		}
		return false
	}
	if _, err := s.Account(t.Context()); err == nil {
		t.Error("an identity that may not be read counts as not verified")
	}
}
