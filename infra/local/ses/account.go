package ses

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
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

// Options describe an account.
type Options struct {
	// Keep takes the accepted mails of a call. Without it they are only counted, so that a simulation of a million needs no memory.
	Keep func(...Mail) error
	// Sender is the bare address that mails come from. Its domain is the account's one identity.
	Sender string
	Now    func() time.Time
	// ConfigurationSet is the only configuration set that the account has. If it is empty, any name is taken.
	ConfigurationSet string
	// Suppresses says that the configuration set leaves the account's suppression list in force. That of this service overrides it.
	Suppresses bool
	Limits     Limits // usual ones if they are left out
	// Sink gets each event as SES publishes it, in the goroutine that sent the mail or called Publish, so many may call it at once.
	Sink       func(event []byte)
	Publishing Publishing
}

// Account is an SES account whose state tests and people at a local stack change.
type Account struct {
	options   Options
	mux       *http.ServeMux
	quota     quota
	fates     fates
	publisher publisher

	mu    sync.RWMutex
	state State
}

// Open returns an account that may send.
func Open(o Options) *Account {
	if o.Limits == (Limits{}) {
		o.Limits = usual
	}
	a := &Account{options: o, state: Sending, quota: quota{limits: o.Limits, now: o.Now}}
	a.publisher = publisher{now: o.Now, sink: o.Sink, publishing: o.Publishing, random: rand.New(rand.NewPCG(o.Publishing.Seed, 0))}
	a.mux = a.routes()
	return a
}

// newID returns SES's id of a new mail, and its time. The id begins with the time.
func (a *Account) newID() (id string, at time.Time) {
	at = a.options.Now().UTC()
	return fmt.Sprintf("%016x-%s-000000", at.UnixMilli(), uuid.NewString()), at
}

// SetLimits changes how much the account may send.
func (a *Account) SetLimits(limits Limits) { a.quota.set(limits) }

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

// refuses returns SES's answer to a mail that it does not accept.
func (a *Account) refuses(m Mail, configurationSet string) (refusal, bool) {
	if refused, ok := a.refusesCall(m.From, configurationSet); ok {
		return refused, true
	}
	for _, to := range m.To {
		if a.fates.of(to).refuses() {
			return refusal{http.StatusBadRequest, "MessageRejected", "The local list refuses this address."}, true
		}
		if a.State() == Sandbox && !a.inSandbox(to) {
			return unverified, true
		}
	}
	state := a.quota.take(len(m.To))
	return refusals[state], state != Sending
}

// refusesCall returns SES's answer to a call that it refuses whoever the recipients are.
func (a *Account) refusesCall(sender, configurationSet string) (refusal, bool) {
	state := a.State()
	if from, err := mail.ParseAddress(sender); err != nil || from.Address != a.options.Sender {
		return unverified, true
	}
	if a.options.ConfigurationSet != "" && configurationSet != a.options.ConfigurationSet {
		return refusals[NoConfigurationSet], true
	}
	refused, refuses := refusals[state]
	return refused, refuses && state != Sandbox
}

// inSandbox reports whether an account in the sandbox may send to the address: it may send to the mailbox simulator and to verified domains,
// here only the sender's.
func (a *Account) inSandbox(to string) bool {
	_, domain, _ := strings.Cut(strings.ToLower(to), "@")
	_, own, _ := strings.Cut(a.options.Sender, "@")
	return domain == strings.ToLower(own) || domain == simulatorDomain
}
