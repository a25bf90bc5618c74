package letters

import (
	"context"

	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// mailboxLink is the mail with a link to the privacy page of an address. It names what waits there (threats T01, T10).
type mailboxLink struct {
	frame
	Changes []waiting   // changes of whom the address stands for, which can be stopped (threat T33); oldest first
	Plans   []waiting   // requests whose plan of an erasure waits until the person agrees to it; oldest first
	Mails   []waiting   // mails to the privacy team whose sender has to say what they mean (promise H12); oldest first
	Waiting []waiting   // what else waits, until it is confirmed; oldest first
	What    string      // all that waits to be confirmed, in a word: "request", "choices"
	Kept    policy.Span // how long a change can be stopped
	LinkURL string
	Life    policy.Span // until LinkURL must be opened first
	Again   string      // how long LinkURL opens again after that
}

// waiting is how the mail names one thing that waits. All its words are ours: nothing that the sender of a request or of a consent typed is
// among them (threats T04, T32).
type waiting struct {
	item
	Received string // a day
	Reminded bool   // its holder is reminded that it still waits
	Due      string // the day of the binding deadline once it is confirmed (promise H13); empty if there is none
}

// Link mails a link to the privacy page of an address. One-click unsubscription stands in a header of the mail if a consent waits and the letter has a
// token for it (promise C03). Days are counted in the time zone of each thing that waits.
func (p Post) Link(ctx context.Context, to string, l mailbox.Letter) error {
	in := p.policy()
	m := mailboxLink{LinkURL: p.Origin.Me(l.Mailbox, l.Token), Life: in.SpanOf(policy.MailboxLink), Again: in.LinkAgainWords(), Kept: in.SpanOf(policy.IdentityChange)}
	message := mail.Message{To: to, Mail: l.Mail()}
	explained := map[string]bool{}
	for _, w := range l.Waiting {
		if w.Change != "" {
			m.Changes = append(m.Changes, waiting{item: changeOf(w.Change), Received: day(zoneOf(in, w.TimeZone), w.ReceivedAt)})
			continue
		}
		of := itemOf(in, w.Right, w.Scope, w.Decisions).once(explained)
		next := waiting{item: of, Received: day(zoneOf(in, w.TimeZone), w.ReceivedAt), Reminded: w.Reminded, Due: dayOf(in, w.TimeZone, w.DueAt)}
		if w.Right == privacy.Question {
			m.Mails = append(m.Mails, next)
			continue
		}
		if w.Plan {
			m.Plans = append(m.Plans, next)
			continue
		}
		m.Waiting = append(m.Waiting, next)
		if of.Choice && l.Unsubscribe != "" {
			message.Unsubscribe = p.Origin.Unsubscribe(l.Unsubscribe)
		}
	}
	m.What = whatWaits(m.Waiting)
	m.frame = frame{Policy: in, Subject: linkSubject(m)}
	message.Subject = m.Subject
	return p.send(ctx, message, "link", m, m.LinkURL)
}

// whatWaits names all that waits in a word or two.
func whatWaits(all []waiting) string {
	choices := 0
	for _, w := range all {
		if w.Choice {
			choices++
		}
	}
	switch {
	case len(all) == 1 && choices == 1:
		return "choice"
	case len(all) == 1:
		return "request"
	case choices == 0:
		return "requests"
	case choices == len(all):
		return "choices"
	default:
		return "requests and choices"
	}
}

// linkSubject says in one line what the mail is for. If one thing waits, the line names it.
func linkSubject(m mailboxLink) string {
	switch changes, mails, others := len(m.Changes), len(m.Mails), len(m.Waiting); {
	case changes > 0 && mails+others > 0, len(m.Plans) > 0 && changes+mails+others > 0, mails > 0 && others > 0:
		return "Please look at what waits on your privacy page"
	case mails > 0 && m.Mails[0].Reminded:
		return "Your email of " + m.Mails[0].Received + " still waits for you"
	case mails > 0:
		return "Your email of " + m.Mails[0].Received + ": please tell us what you would like us to do"
	case len(m.Plans) > 0:
		return "Your deletion plan is ready"
	case changes == 1:
		return "Please check a change to your records"
	case changes > 1:
		return "Please check changes to your records"
	case others == 0:
		return "Your link to your privacy page"
	case others == 1 && m.Waiting[0].Reminded:
		return "Your " + m.Waiting[0].name + " still waits for you"
	case others == 1:
		return "Please confirm your " + m.Waiting[0].name
	default:
		return "Please confirm your " + m.What
	}
}
