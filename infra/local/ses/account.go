package ses

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"time"
)

// State is a state of an SES account that matters for mails. Every state but Sending refuses mails.
type State string

// The states, each with the error that SES (API version 2) answers in it.
const (
	Sending            State = "sending"
	Sandbox            State = "sandbox"              // MessageRejected for every recipient that is not verified: no production access yet
	Paused             State = "paused"               // SendingPausedException: sending is paused, for the account or the configuration set
	Suspended          State = "suspended"            // AccountSuspendedException: SES has ended the account's sending for good, until it is appealed
	UnverifiedSender   State = "unverified_sender"    // MessageRejected: the identity of the sender is not verified, or no more
	UnverifiedMailFrom State = "unverified_mail_from" // MailFromDomainNotVerifiedException: the MX record of the custom MAIL FROM domain is missing
	Throttled          State = "throttled"            // TooManyRequestsException: more mails in a second than the account may send
	OverQuota          State = "over_quota"           // LimitExceededException: more mails in 24 hours than the account may send
	NoConfigurationSet State = "no_configuration_set" // NotFoundException: the configuration set is gone
	Failing            State = "failing"              // InternalServiceErrorException: a failure of SES's own
)

// refusal is what SES answers to a mail that it does not take.
type refusal struct {
	status        int
	kind, message string
}

var unverified = refusal{http.StatusBadRequest, "MessageRejected", "Email address is not verified."}

var refusals = map[State]refusal{
	Sandbox:            unverified,
	UnverifiedSender:   unverified,
	Paused:             {http.StatusBadRequest, "SendingPausedException", "Email sending is disabled."},
	Suspended:          {http.StatusBadRequest, "AccountSuspendedException", "Your account's ability to send email is suspended."},
	UnverifiedMailFrom: {http.StatusBadRequest, "MailFromDomainNotVerifiedException", "The MAIL FROM domain is not verified."},
	Throttled:          {http.StatusTooManyRequests, "TooManyRequestsException", "Maximum sending rate exceeded."},
	OverQuota:          {http.StatusBadRequest, "LimitExceededException", "Daily message quota exceeded."},
	NoConfigurationSet: {http.StatusNotFound, "NotFoundException", "The configuration set does not exist."},
	Failing:            {http.StatusInternalServerError, "InternalServiceErrorException", "An internal failure."},
}

// States lists every state, the one that sends first.
func States() []State { return append([]State{Sending}, slices.Sorted(maps.Keys(refusals))...) }

// Account is an SES account whose state tests and people at a local stack change.
type Account struct {
	box    *Mailbox
	sender string
	now    func() time.Time

	mu    sync.RWMutex
	state State
}

// Set puts the account into a state. It returns false for an unknown state.
func (a *Account) Set(state State) bool {
	if !slices.Contains(States(), state) {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.state = state
	return true
}

// State returns the account's state.
func (a *Account) State() State {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.state
}

// refuses returns SES's answer to a mail that it does not accept. In the sandbox, SES accepts mails to its mailbox simulator and to
// verified addresses, here only the sender's.
func (a *Account) refuses(m Mail) (refusal, bool) {
	state := a.State()
	refused, refuses := refusals[state]
	if from, err := mail.ParseAddress(m.From); err != nil || from.Address != a.sender {
		return unverified, true
	}
	if state == Sandbox {
		refuses = slices.ContainsFunc(m.To, func(to string) bool {
			return to != a.sender && !strings.HasSuffix(to, "@simulator.amazonses.com")
		})
	}
	return refused, refuses
}

// Control serves the account's state as JSON, {"state": "sending"}, at /_local/mail/account. A POST of the same shape changes the state.
func (a *Account) Control() http.Handler {
	type body struct {
		State  State   `json:"state"`
		States []State `json:"states,omitempty"` // of an answer: all there are
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			var asked body
			if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<10)).Decode(&asked); err != nil || !a.Set(asked.State) {
				http.Error(w, `send {"state": …} with one of the states that GET lists`, http.StatusUnprocessableEntity)
				return
			}
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_ = json.NewEncoder(w).Encode(body{a.State(), States()})
	})
}
