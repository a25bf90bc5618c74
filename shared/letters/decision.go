package letters

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode"

	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

var (
	errNoReason = errors.New("letters: the team gave no reason")       // GDPR Art. 12(3), 12(4); CCPA regulations §7021(b)
	errNoResult = errors.New("letters: the team decided nothing")      // or something that has no words
	errTooLate  = errors.New("letters: the answer was due before now") // a notice of more time must leave before the original deadline
)

// extended is the notice that an answer takes longer (GDPR Art. 12(3), CCPA regulations §7021(b)).
type extended struct {
	frame
	Right    right
	Received string   // a day
	Reason   []string // why, in the team's own words, line by line
	Original string   // the day by which the answer was due
	Due      string   // the day by which it is due now
	remedies
	StatusURL string
}

// closed is the mail with what the team decided about a request (GDPR Art. 12(4); promise L01).
type closed struct {
	frame
	Right    right
	Received string // a day
	Result   request.Result
	Heading  string   // the decision in a sentence
	Reason   []string // in the team's own words, line by line; says what was withheld if something was
	Kind     privacy.Right
	Ends     []string // what an objection forbade until now, and the team has not agreed with
	GoOn     []string // what was objected to and was never stopped, and goes on
	Stays    []string // what an objection forbids for good
	Imposed  bool     // what was asked for is in force, or was until now
	remedies
	OptOutURL string // of the form for an opt-out, which is offered to whoever is refused a deletion; empty otherwise (CCPA regulations §7022)
	StatusURL string
}

// Follows reports whether the decision changes what an objection or a restriction forbids, or leaves it in force.
func (m closed) Follows() bool {
	return m.Kind == privacy.Restriction && m.Imposed || len(m.Ends)+len(m.GoOn)+len(m.Stays) > 0
}

// follow says what follows from the outcome of an objection.
func (m *closed) follow(p *policy.Policy, r request.Request) {
	m.Kind, m.Imposed = r.Right, len(r.On) > 0
	if r.Right != privacy.Objection {
		return
	}
	ended, stands := r, r
	ended.Purposes, stands.Purposes = nil, r.StandsAfter(r.Outcome, p)
	for _, id := range r.Purposes {
		if !slices.Contains(stands.Purposes, id) {
			ended.Purposes = append(ended.Purposes, id)
		}
	}
	over := limitsOf(p, ended)
	m.Stays, m.GoOn = limitsOf(p, stands).Purposes, over.GoOn
	if m.Imposed {
		m.Ends = over.Purposes
	} else {
		m.GoOn = append(over.Purposes, m.GoOn...)
	}
}

// remedies are where a person turns who does not agree (GDPR Art. 77, 79).
type remedies struct{ Complain []policy.Authority }

// Extended mails the notice that the answer to a request takes longer, with the reason, both dates and the person's remedies. It fails without
// a reason, and after the original deadline.
func (p Post) Extended(ctx context.Context, to string, r request.Request, status subject.Token) error {
	in, zone := p.policy(), r.Terms.TimeZone
	before, after := r, r
	before.Extension = request.Extension{}
	after.Extension.NoticeSent = p.Now() // the notice is what puts it in force
	m := extended{
		frame: frame{Policy: in}, Right: askedIn(in, r), Received: dayOf(in, zone, r.ReceivedAt), Reason: linesOf(r.Extension.Reason),
		Original: dayOf(in, zone, request.DueAt(before)), Due: dayOf(in, zone, request.DueAt(after)),
		remedies: remedies{in.AuthoritiesOf(r.Jurisdiction)}, StatusURL: p.Origin.Status(r.ID, status),
	}
	switch {
	case len(m.Reason) == 0:
		return errNoReason
	case !after.Extended():
		return errTooLate
	}
	m.Subject = "We need more time for your " + m.Right.name
	return p.send(ctx, mail.Message{To: to, Subject: m.Subject, Mail: r.ExtendedMail()}, "extended", m, m.StatusURL)
}

// Closed mails what the team decided about a request. What was refused or withheld comes with the reason and the person's remedies; without a reason,
// Closed fails. The mail about a restriction leaves before the restriction is lifted (GDPR Art. 18(3)).
func (p Post) Closed(ctx context.Context, to string, r request.Request, status subject.Token) error {
	in, zone := p.policy(), r.Terms.TimeZone
	m := closed{
		frame: frame{Policy: in}, Right: askedIn(in, r), Received: dayOf(in, zone, r.ReceivedAt), Result: r.Outcome.Result,
		Heading: verdict(r.Right, r.Outcome.Result), Reason: linesOf(r.Outcome.Reason), StatusURL: p.Origin.Status(r.ID, status),
	}
	m.follow(in, r)
	if m.Result != request.Done || r.Right == privacy.Complaint {
		m.remedies = remedies{in.AuthoritiesOf(r.Jurisdiction)}
	}
	switch {
	case m.Heading == "":
		return errNoResult
	case m.Result != request.Done && len(m.Reason) == 0:
		return errNoReason
	}
	urls := []string{m.StatusURL}
	if r.Right == privacy.Delete && m.Result != request.Done {
		m.OptOutURL = p.Origin.Ask(privacy.OptOut)
		urls = append(urls, m.OptOutURL)
	}
	if m.Subject = "Our decision about your " + m.Right.name; r.Right == privacy.Question {
		m.Subject = "Our answer to your " + m.Right.name
	}
	return p.send(ctx, mail.Message{To: to, Subject: m.Subject, Mail: r.ClosedMail()}, "closed", m, urls...)
}

// verdicts says each decision in a sentence: first that of most rights, then those of rights that are about an opinion and not about a deed.
var verdicts = map[privacy.Right]map[request.Result]string{
	"": {
		request.Done: "We have done what you asked for", request.PartlyDone: "We have done a part of what you asked for",
		request.Declined: "We have not done what you asked for",
	},
	privacy.Objection: {
		request.Done: "We agree with your objection", request.PartlyDone: "We agree with a part of your objection",
		request.Declined: "We do not agree with your objection",
	},
	privacy.Question: {
		request.Done: "We have answered your question", request.PartlyDone: "We have answered a part of your question", request.Declined: "We cannot answer your question",
	},
	privacy.Complaint: {
		request.Done: "We have dealt with your complaint", request.PartlyDone: "We agree with a part of your complaint",
		request.Declined: "We do not agree with your complaint",
	},
}

// verdict returns a decision in a sentence, and nothing for a result that nobody decides.
func verdict(id privacy.Right, result request.Result) string {
	if own, ok := verdicts[id]; ok {
		return own[result]
	}
	return verdicts[""][result]
}

// linesOf returns the lines of a text that a person wrote, without empty ones and without characters that cannot be seen: those could end a line, or
// make it read backwards (threats T15, T17).
func linesOf(text string) (lines []string) {
	ends := func(c rune) bool { return c == '\n' || c == '\r' || unicode.In(c, unicode.Zl, unicode.Zp) }
	for line := range strings.FieldsFuncSeq(strings.ToValidUTF8(text, ""), ends) {
		seen := strings.Map(func(c rune) rune {
			switch {
			case c == '\t':
				return ' '
			case unicode.IsControl(c), unicode.In(c, unicode.Bidi_Control):
				return -1
			default:
				return c
			}
		}, line)
		if seen = strings.TrimSpace(seen); seen != "" {
			lines = append(lines, seen)
		}
	}
	return lines
}
