package letters

import (
	"context"
	"fmt"

	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// limited is the mail that says that an objection, an opt-out or a restriction is in force (GDPR Art. 12(3), 18, 21; promises H04, H06, H10).
type limited struct {
	frame
	Right     right
	Received  string // a day
	Confirmed string // a day; empty if nothing had to prove the address
	InForce   string // a time at which it was in force
	limits
	Decides   string // the day by which the team decides about it; empty if it holds whatever anybody thinks of it
	NotAsked  string // for how long the person is not asked again; empty if nobody would ask
	StatusURL string
	PageURL   string
}

// limits says what an objection, an opt-out or a restriction forbids, and what goes on in spite of it. All but Ground are titles of the policy.
type limits struct {
	Kind       privacy.Right
	Ground     privacy.Ground // of a restriction
	Purposes   []string       // what is forbidden; empty if a restriction names no purpose
	Categories []string       // to which data a restriction is limited; empty for all data
	GoOn       []string       // what was named and goes on all the same
	Protects   []string       // what protects others, and so goes on while the use of data is restricted (GDPR Art. 18(2))
	Marketing  []string       // the direct marketing among Purposes, which an objection stops for good (GDPR Art. 21(3))
	Weighed    []string       // what is stopped while the team weighs the objection to it
	Consents   []string       // those of Marketing that a new consent allows again
}

// Limited mails that what the request imposed is in force: what it covers, what goes on, how long it holds, who decides about it and how to take it
// back. It fails for a right that imposes nothing.
func (p Post) Limited(ctx context.Context, to string, r request.Request, status subject.Token) error {
	if !request.Rights[r.Right].Stays {
		return fmt.Errorf("letters: the right %q imposes nothing", r.Right)
	}
	in, zone := p.policy(), r.Terms.TimeZone
	m := limited{
		frame: frame{Policy: in}, Right: askedIn(in, r), limits: limitsOf(in, r),
		Received: dayOf(in, zone, r.ReceivedAt), Confirmed: dayOf(in, zone, r.VerifiedAt), InForce: moment(zoneOf(in, zone), p.Now()),
		StatusURL: p.Origin.Status(r.ID, status), PageURL: p.Origin.MePage(),
	}
	if m.Decided() {
		m.Decides = dayOf(in, zone, request.DueAt(r))
	} else if m.Kind != privacy.Restriction {
		m.NotAsked = in.OptOutWords()
	}
	m.Subject = m.subject()
	return p.send(ctx, mail.Message{To: to, Subject: m.Subject, Mail: r.LimitedMail()}, "limited", m, m.StatusURL, m.PageURL)
}

// limitsOf says what a request imposes under a policy, as package decision reads it.
func limitsOf(p *policy.Policy, r request.Request) limits {
	l := limits{Kind: r.Right, Ground: r.Ground, Categories: categoryTitles(p, r.Categories)}
	for _, of := range p.Purposes {
		if of.Compelling {
			l.Protects = append(l.Protects, of.Title)
		}
		if r.Right == privacy.OptOut && of.Sells {
			l.Purposes = append(l.Purposes, of.Title)
		}
	}
	for _, id := range r.Purposes {
		of, ok := p.Purpose(id)
		if !ok { // the policy in force no longer names it
			of.Title = string(id)
		}
		l.name(of)
	}
	return l
}

// name adds a purpose that the request names.
func (l *limits) name(of policy.Purpose) {
	if of.Compelling || l.Kind == privacy.Restriction && of.Basis == privacy.LegalObligation {
		l.GoOn = append(l.GoOn, of.Title)
	} else {
		l.Purposes = append(l.Purposes, of.Title)
	}
	switch {
	case l.Kind != privacy.Objection || of.Compelling:
	case !of.DirectMarketing:
		l.Weighed = append(l.Weighed, of.Title)
	case of.Basis == privacy.Consent:
		l.Consents = append(l.Consents, of.Title)
		fallthrough
	default:
		l.Marketing = append(l.Marketing, of.Title)
	}
}

// Decided reports whether the team decides about it: an objection to anything but direct marketing is weighed, and the accuracy of data is checked.
func (l limits) Decided() bool {
	return len(l.Weighed) > 0 || l.Considers() || l.Ground == privacy.Accuracy || l.Ground == privacy.Weighing
}

// Considers reports whether the team weighs an objection to something that goes on until then.
func (l limits) Considers() bool { return l.Kind == privacy.Objection && len(l.GoOn) > 0 }

// Keeps reports whether data is kept past its normal period while a restriction is in force.
func (l limits) Keeps() bool { return l.Kind == privacy.Restriction && l.Ground != privacy.Weighing }

// subject says in one line what is in force.
func (m limited) subject() string {
	switch {
	case m.Kind == privacy.Restriction:
		return "The use of your data is restricted"
	case len(m.Purposes) == 0:
		return "We are considering your " + m.Right.name
	default:
		return "Your " + m.Right.name + " is in force"
	}
}
