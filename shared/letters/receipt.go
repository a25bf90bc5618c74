package letters

import (
	"context"
	"fmt"
	"slices"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// receipt is the mail that says what was done from a mailbox, and how to undo it (threat T31).
type receipt struct {
	frame
	Attached  []done // when systems of ours added the address to records; oldest first
	Filed     []done // what came in with the address and counts already, since nothing has to prove it; oldest first
	Lapsed    []done // what nobody confirmed in time; oldest first
	Done      []done // what was done with a link; oldest first
	Decided   bool   // a choice is among them
	Withdrawn bool   // a request that was withdrawn is among them, other than for an erasure
	Planned   bool   // a request for an erasure that was confirmed is among them: its plan is made next
	Cancelled bool   // a request for an erasure that was withdrawn is among them
	Discarded bool   // something that was not the holder's is among them
	Contested bool   // a change that was stopped is among them
	Lifted    bool   // something that was in force and was taken back is among them
	Stated    bool   // a question that our policy answers is among what was filed
	Stops     bool   // one click in the mail program withdraws consent to marketing mail (promise C03)
	Secret    bool   // a link of the mail has a secret
	PageURL   string
}

// done is how the mail names one thing that was done. All its words are ours, as in [waiting].
type done struct {
	item
	What      string // "Confirmed", "Given", "Refused or withdrawn", "Discarded", "Stopped", "Withdrawn", "Taken back", "Received", "Lapsed"
	On        string // the time
	Due       string // the day of the binding deadline of a request that was confirmed or filed (promise H13); empty if there is none
	Already   bool   // what it forbids was forbidden already
	StatusURL string // of such a request
}

// Receipt mails what was done from a mailbox, what came in with its address, and that the address was added to records. The status page undoes the
// confirmation of a request, and the privacy page of the address undoes a choice. One click withdraws consent to marketing mail, too; it stands in a
// header of the mail if the receipt has a token for it (promise C03).
func (p Post) Receipt(ctx context.Context, to string, r mailbox.Receipt) error {
	in := p.policy()
	m := receipt{frame: frame{Policy: in, Subject: receiptSubject(in, r.Acts)}, PageURL: p.Origin.MePage()}
	message := mail.Message{To: to, Subject: m.Subject, Mail: r.Mail()}
	explained := map[string]bool{}
	for _, a := range r.Acts {
		if !m.add(in, p.Origin, a, explained) {
			return fmt.Errorf("letters: a receipt has an act of the kind %q", a.Kind)
		}
		if a.Kind == mailbox.Decided && a.Decisions[privacy.MarketingEmail] == consent.Granted && r.Unsubscribe != "" {
			message.Unsubscribe, m.Stops = p.Origin.Unsubscribe(r.Unsubscribe), true
		}
	}
	urls := []string{m.PageURL}
	for _, d := range slices.Concat(m.Filed, m.Done) {
		if d.StatusURL != "" {
			urls, m.Secret = append(urls, d.StatusURL), true
		}
	}
	return p.send(ctx, message, "receipt", m, urls...)
}

// add adds an act to the receipt. It returns false for a kind of act that it has no words for.
func (m *receipt) add(in *policy.Policy, origin links.Origin, a mailbox.Act, explained map[string]bool) bool {
	next := done{item: itemOf(in, a.Right, a.Scope, a.Decisions).once(explained), On: moment(zoneOf(in, a.TimeZone), a.At)}
	does := func(list *[]done, what string) { next.What = what; *list = append(*list, next) }
	answered := func() { next.Due, next.StatusURL = dayOf(in, a.TimeZone, a.DueAt), origin.Status(a.Request, a.Status) }
	switch a.Kind {
	case mailbox.Confirmed:
		answered()
		m.Planned = m.Planned || erases(a.Right)
		does(&m.Done, "Confirmed")
	case mailbox.Decided:
		m.Done, m.Decided = append(m.Done, decided(in, a, next.On)...), true
	case mailbox.Discarded:
		m.Discarded = true
		does(&m.Done, "Discarded")
	case mailbox.Attached:
		m.Attached = append(m.Attached, done{On: next.On})
	case mailbox.Contested:
		next.item, m.Contested = changeOf(audit.AddressesChanged), true
		does(&m.Done, "Stopped")
	case mailbox.Withdrawn:
		if m.Cancelled = m.Cancelled || erases(a.Right); !erases(a.Right) {
			m.Withdrawn = true
		}
		does(&m.Done, "Withdrawn")
	case mailbox.Lifted:
		m.Lifted = true
		does(&m.Done, "Taken back")
	case mailbox.Filed:
		answered()
		m.Stated = m.Stated || a.Right == privacy.AutomatedDecisions
		does(&m.Filed, "Received")
	case mailbox.Limited:
		next.Already = true
		does(&m.Filed, "Received")
	case mailbox.Lapsed:
		does(&m.Lapsed, "Lapsed")
	default:
		return false
	}
	return true
}

// decided returns what was given apart from what was refused or withdrawn.
func decided(p *policy.Policy, a mailbox.Act, on string) (all []done) {
	if given := titles(p, a.Decisions, consent.Granted); given != "" {
		all = append(all, done{item: item{Title: "Consent: " + given}, What: "Given", On: on})
	}
	if denied := titles(p, a.Decisions, consent.Denied); denied != "" {
		all = append(all, done{item: item{Title: "Consent: " + denied}, What: "Refused or withdrawn", On: on})
	}
	return all
}

// receiptSubject says in one line what was done. If it is one thing, the line names it.
func receiptSubject(p *policy.Policy, acts []mailbox.Act) string {
	is := func(kinds ...mailbox.ActKind) func(mailbox.Act) bool {
		return func(a mailbox.Act) bool { return slices.Contains(kinds, a.Kind) }
	}
	switch attached := is(mailbox.Attached); {
	case !slices.ContainsFunc(acts, func(a mailbox.Act) bool { return !attached(a) }):
		return "Your email address was added to our records"
	case len(acts) == 1 && acts[0].Kind == mailbox.Withdrawn && erases(acts[0].Right):
		return "Your deletion is cancelled"
	case len(acts) == 1:
		return actSubject(itemOf(p, acts[0].Right, acts[0].Scope, acts[0].Decisions), acts[0].Kind)
	case slices.ContainsFunc(acts, is(mailbox.Attached, mailbox.Filed, mailbox.Limited, mailbox.Lapsed)):
		return "What was done with your email address"
	default:
		return "What was done on your privacy page"
	}
}

// actSubject says in one line that one thing was done.
func actSubject(of item, kind mailbox.ActKind) string {
	switch kind {
	case mailbox.Confirmed:
		return "Your " + of.name + " is confirmed"
	case mailbox.Decided:
		return "Your choice is saved"
	case mailbox.Contested:
		return "The change to your records is stopped"
	case mailbox.Withdrawn:
		return "Your " + of.name + " is withdrawn"
	case mailbox.Lifted:
		return "Your " + of.name + " is taken back"
	case mailbox.Filed:
		return "We have received your " + of.name
	case mailbox.Limited:
		return "Your " + of.name + " was in force already"
	case mailbox.Lapsed:
		return "Your " + of.name + " has lapsed"
	case mailbox.Attached:
		return "Your email address was added to our records"
	case mailbox.Discarded:
		if of.Choice {
			return "The choice that was not yours was discarded"
		}
		return "Discarded: the " + of.name
	default:
		return "What was done on your privacy page"
	}
}
