package ses

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Fate is what becomes of a mail to an address. The status of a bulk entry, such as INVALID_PARAMETER, is a fate too: SES refuses the mail
// with it.
type Fate string

// The fates of a mail that SES accepts, each with the events that SES publishes about it.
const (
	Delivers         Fate = "delivers"          // Send, Delivery
	Bounces          Fate = "bounces"           // Send, a permanent Bounce: the mailbox does not exist
	BouncesForNow    Fate = "bounces_for_now"   // Send, DeliveryDelay, a transient Bounce: the mailbox is full
	Complains        Fate = "complains"         // Send, Delivery, Complaint
	AnswersByMachine Fate = "answers_absent"    // Send, Delivery, a transient Bounce: an absence note
	IsRejected       Fate = "is_rejected"       // Send, Reject: SES found a virus
	IsNotRendered    Fate = "is_not_rendered"   // Send, Rendering Failure
	IsDelayed        Fate = "is_delayed"        // Send, DeliveryDelay, Delivery
	IsSuppressed     Fate = "is_suppressed"     // Send, a permanent Bounce: the address is on the account's suppression list
	IsSuppressedAll  Fate = "is_suppressed_all" // Send, a permanent Bounce: the address is on the list of all of SES
)

// Fates lists the fates of accepted mails.
func Fates() []Fate {
	return []Fate{Delivers, Bounces, BouncesForNow, Complains, AnswersByMachine, IsRejected, IsNotRendered, IsDelayed, IsSuppressed, IsSuppressedAll}
}

// simulator gives the addresses of SES's mailbox simulator their fates, by the local part up to a "+".
var simulator = map[string]Fate{
	"success": Delivers, "bounce": Bounces, "ooto": AnswersByMachine, "complaint": Complains, "suppressionlist": IsSuppressedAll,
}

// simulatorDomain is the domain of the mailbox simulator, to which an account may send even in the sandbox.
const simulatorDomain = "@simulator.amazonses.com"

// fates knows the fates of addresses.
type fates struct {
	mu         sync.RWMutex
	listed     map[string]Fate   // by address in small letters
	suppressed map[string]string // the account's suppression list: the reason by address in small letters
}

// of returns the fate of a mail to the address.
func (f *fates) of(address string) Fate {
	address = strings.ToLower(address)
	if local, found := strings.CutSuffix(address, simulatorDomain); found {
		local, _, _ = strings.Cut(local, "+")
		if fate, known := simulator[local]; known {
			return fate
		}
		return Bounces // the simulator has no other mailbox
	}
	f.mu.RLock()
	defer f.mu.RUnlock()
	if fate, listed := f.listed[address]; listed {
		return fate
	}
	return Delivers
}

// set gives an address a fate.
func (f *fates) set(address string, fate Fate) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.listed == nil {
		f.listed = map[string]Fate{}
	}
	f.listed[strings.ToLower(address)] = fate
}

// suppress puts an address on the account's suppression list, for "BOUNCE" or "COMPLAINT".
func (f *fates) suppress(address, reason string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.suppressed == nil {
		f.suppressed = map[string]string{}
	}
	f.suppressed[strings.ToLower(address)] = reason
}

// isSuppressed reports whether an address is on the account's list.
func (f *fates) isSuppressed(address string) bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	_, listed := f.suppressed[strings.ToLower(address)]
	return listed
}

// SetFate says what becomes of mails to an address, here and at /_local/mail/fates.
func (a *Account) SetFate(address string, fate Fate) { a.fates.set(address, fate) }

// Suppress puts an address on the account's suppression list. SES accepts a mail to it and does not send it, unless the configuration set
// overrides the list.
func (a *Account) Suppress(address string) { a.fates.suppress(address, "BOUNCE") }

// Fates serves what becomes of mails, at /_local/mail/fates: a POST of {"address": …, "fate": …} sets the fate of one address.
func (a *Account) Fates() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct {
			Address string `json:"address"`
			Fate    Fate   `json:"fate"`
		}
		if r.Method == http.MethodPost {
			err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<10)).Decode(&asked)
			if err != nil || asked.Address == "" || !slices.Contains(Fates(), asked.Fate) {
				http.Error(w, `send {"address": …, "fate": …} with one of the fates that GET lists`, http.StatusUnprocessableEntity)
				return
			}
			a.SetFate(asked.Address, asked.Fate)
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_ = json.NewEncoder(w).Encode(map[string]any{"fates": Fates()})
	})
}
