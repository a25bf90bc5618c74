package ses

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// F23: in each state the account answers with SES's own error name and status. Once it can send again, it accepts the next mail.
func TestFault_F23_AnAccountRefusesAsSESDoes(t *testing.T) {
	box, err := OpenMailbox(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	account := Handler(box, "privacy@example.com", time.Now)
	server := httptest.NewServer(account)
	t.Cleanup(server.Close)
	c := connect(t, server.URL)
	want := map[State]struct {
		status int
		kind   string
	}{
		Sandbox: {400, "MessageRejected"}, Paused: {400, "SendingPausedException"}, Suspended: {400, "AccountSuspendedException"},
		UnverifiedSender: {400, "MessageRejected"}, UnverifiedMailFrom: {400, "MailFromDomainNotVerifiedException"},
		Throttled: {429, "TooManyRequestsException"}, OverQuota: {400, "LimitExceededException"}, NoConfigurationSet: {404, "NotFoundException"},
		Failing: {500, "InternalServiceErrorException"},
	}
	if account.State() != Sending || len(States()) != len(want)+1 {
		t.Fatalf("%s, and %d states", account.State(), len(States()))
	}
	taken := 0
	for state, refused := range want {
		account.Set(state)
		_, err := c.SendEmail(t.Context(), message("HelpDesk <privacy@example.com>", "anna@example.org"))
		var named smithy.APIError
		var answered *smithyhttp.ResponseError
		if !errors.As(err, &named) || named.ErrorCode() != refused.kind || !errors.As(err, &answered) || answered.HTTPStatusCode() != refused.status {
			t.Errorf("%s: %v", state, err)
		}
		for _, to := range []string{"privacy@example.com", "success@simulator.amazonses.com"} {
			if _, err := c.SendEmail(t.Context(), message("privacy@example.com", to)); (err == nil) != (state == Sandbox) {
				t.Errorf("%s, to an address that is verified: %v", state, err)
			} else if err == nil {
				taken++
			}
		}
		account.Set(Sending)
		if _, err := c.SendEmail(t.Context(), message("privacy@example.com", "anna@example.org")); err != nil {
			t.Errorf("after %s: %v", state, err)
		}
		taken++
	}
	if n := len(box.All()); n != taken {
		t.Errorf("%d mails are kept of %d that were taken", n, taken)
	}
}

func TestAnAccountIsSwitched(t *testing.T) {
	account := Handler(nil, "privacy@example.com", time.Now)
	for _, c := range []struct {
		method, body string
		status       int
		state        State
	}{
		{"GET", "", 200, Sending}, {"POST", `{"state": "paused"}`, 200, Paused}, {"POST", `{"state": "asleep"}`, 422, Paused},
		{"POST", `paused`, 422, Paused}, {"GET", "", 200, Paused}, {"POST", `{"state": "sending"}`, 200, Sending},
	} {
		w := httptest.NewRecorder()
		account.Control().ServeHTTP(w, httptest.NewRequest(c.method, "/_local/mail/account", strings.NewReader(c.body)))
		if w.Code != c.status || account.State() != c.state {
			t.Errorf("%s %s: %d, %s", c.method, c.body, w.Code, account.State())
		}
		if answer, _ := io.ReadAll(w.Body); w.Code == http.StatusOK && !strings.HasPrefix(string(answer), `{"state":"`+string(c.state)+`","states":["sending","failing",`) {
			t.Errorf("%s", answer)
		}
	}
}
