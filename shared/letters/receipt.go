package letters

import (
	"context"
	"fmt"
	"slices"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// receipt is the mail that says what was done from a mailbox, and how to undo it (threat T31).
type receipt struct {
	frame
	Attached  []done // when systems of ours added the address to records; oldest first
	Done      []done // what was done with a link; oldest first
	Decided   bool   // a choice is among them
	Withdrawn bool   // a request that was withdrawn is among them
	Discarded bool   // something that was not the holder's is among them
	Contested bool   // a change that was stopped is among them
	Stops     bool   // one click in the mail program withdraws consent to marketing mail (promise C03)
	Secret    bool   // a link of the mail has a secret
	PageURL   string
}

// done is how the mail names one thing that was done. All its words are ours, as in [waiting].
type done struct {
	item
	What      string // "Confirmed", "Given", "Refused or withdrawn", "Discarded", "Stopped", "Withdrawn"
	On        string // the time
	Due       string // the day of the binding deadline of a request that was confirmed (promise H13); empty if there is none
	StatusURL string // of a request that was confirmed
}

// Receipt mails what was done from a mailbox, and that the address was added to records. The status page undoes the confirmation of a request, and the
// privacy page of the address undoes a choice. One click withdraws consent to marketing mail, too; it stands in a header of the mail if the receipt has
// a token for it (promise C03).
func (p Post) Receipt(ctx context.Context, to string, r mailbox.Receipt) error {
	in := p.policy()
	m := receipt{frame: frame{Policy: in, Subject: receiptSubject(in, r.Acts)}, PageURL: p.Origin.MePage()}
	message := mail.Message{To: to, Subject: m.Subject, Mail: r.Mail()}
	urls, explained := []string{m.PageURL}, map[string]bool{}
	for _, a := range r.Acts {
		of := itemOf(in, a.Right, a.Decisions).once(explained)
		on := moment(zoneOf(in, a.TimeZone), a.At)
		switch a.Kind {
		case mailbox.Confirmed:
			next := done{item: of, What: "Confirmed", On: on, Due: dueDay(in, a.TimeZone, a.DueAt), StatusURL: p.Origin.Status(a.Request, a.Status)}
			m.Done, urls, m.Secret = append(m.Done, next), append(urls, next.StatusURL), true
		case mailbox.Decided:
			m.Done, m.Decided = append(m.Done, decided(in, a, on)...), true
			if a.Decisions[privacy.MarketingEmail] == consent.Granted && r.Unsubscribe != "" {
				message.Unsubscribe, m.Stops = p.Origin.Unsubscribe(r.Unsubscribe), true
			}
		case mailbox.Discarded:
			m.Done, m.Discarded = append(m.Done, done{item: of, What: "Discarded", On: on}), true
		case mailbox.Attached:
			m.Attached = append(m.Attached, done{On: on})
		case mailbox.Contested:
			m.Done, m.Contested = append(m.Done, done{item: changeOf(audit.AddressesChanged), What: "Stopped", On: on}), true
		case mailbox.Withdrawn:
			m.Done, m.Withdrawn = append(m.Done, done{item: of, What: "Withdrawn", On: on}), true
		default:
			return fmt.Errorf("letters: a receipt has an act of the kind %q", a.Kind)
		}
	}
	return p.send(ctx, message, "receipt", m, urls...)
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
	attached := func(a mailbox.Act) bool { return a.Kind == mailbox.Attached }
	others := slices.DeleteFunc(slices.Clone(acts), attached)
	switch {
	case len(others) == 0:
		return "Your email address was added to our records"
	case len(others) < len(acts):
		return "What was done with your email address"
	case len(acts) != 1:
		return "What was done on your privacy page"
	}
	of := itemOf(p, acts[0].Right, acts[0].Decisions)
	switch acts[0].Kind {
	case mailbox.Confirmed:
		return "Your " + of.name + " is confirmed"
	case mailbox.Decided:
		return "Your choice is saved"
	case mailbox.Contested:
		return "The change of your records is stopped"
	case mailbox.Withdrawn:
		return "Your " + of.name + " is withdrawn"
	default:
		return "The " + of.name + " that was not yours was discarded"
	}
}
