package ses

import (
	"maps"
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

// refuses reports whether SES refuses a mail with this fate. The statuses of entries are in capitals.
func (f Fate) refuses() bool { return f != "" && strings.ToUpper(string(f)) == string(f) }

// Fates lists the fates of accepted mails.
func Fates() []Fate {
	return []Fate{Delivers, Bounces, BouncesForNow, Complains, AnswersByMachine, IsRejected, IsNotRendered, IsDelayed, IsSuppressed, IsSuppressedAll}
}

// simulator gives the addresses of SES's mailbox simulator their fates, by the local part up to a "+".
var simulator = map[string]Fate{
	"success": Delivers, "bounce": Bounces, "ooto": AnswersByMachine, "complaint": Complains, "suppressionlist": IsSuppressedAll,
}

// simulatorDomain is the domain of the mailbox simulator, to which an account may send even in the sandbox.
const simulatorDomain = "simulator.amazonses.com"

// fates knows the fates of addresses.
type fates struct {
	mu         sync.RWMutex
	listed     map[string]Fate   // by address in small letters
	suppressed map[string]string // the account's suppression list: the reason by address in small letters
}

// of returns the fate of a mail to the address.
func (f *fates) of(address string) Fate {
	address = strings.ToLower(address)
	if local, found := strings.CutSuffix(address, "@"+simulatorDomain); found {
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

// all returns the fates that were set, by address.
func (f *fates) all() map[string]Fate {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return maps.Clone(f.listed)
}

// set gives an address a fate. Every address without one of its own delivers, so that one needs no place.
func (f *fates) set(address string, fate Fate) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if fate == Delivers {
		delete(f.listed, strings.ToLower(address))
		return
	}
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
