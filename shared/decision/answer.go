package decision

import (
	"context"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Question asks about one data subject and one purpose. The fields have the names by which an error points at them.
type Question struct {
	Subject consent.Who     `json:"subject"`
	Purpose privacy.Purpose `json:"purpose"`
	Under16 bool            `json:"under16"`
}

// Answer is the decision for a question.
type Answer struct {
	Decision
	// Unsubscribe is the data subject whose link for one-click unsubscribe must go with what is sent (RFC 8058; promise C03). It is empty if
	// nothing may be sent, if the purpose is not marketing mail, and for visitors, whom no mail reaches.
	Unsubscribe privacy.SubjectID
}

// Subjects finds data subjects.
type Subjects interface {
	// Subject returns the data subject behind an alias (subject.Key.Alias), or "" if there is none.
	Subject(ctx context.Context, alias string) (privacy.SubjectID, error)
}

// Consents reads the consent log.
type Consents interface {
	// Newest returns the newest record of a data subject by the key of the log, or the zero Record if there is none. It reads consistently,
	// so a withdrawal holds on the next decision (promise C03).
	Newest(ctx context.Context, subject string) (consent.Record, error)
}

// Decider answers questions under the version of the policy that is in force (promise K06).
type Decider struct {
	Policy   func(now time.Time) *policy.Policy // policy.InForce
	Subjects Subjects
	Consents Consents
	Aliases  subject.Key // makes the aliases by which Subjects finds data subjects
	Now      func() time.Time
}

// Answer answers one question. If the question is invalid, it returns fault.Unacceptable, which names every field at fault. If a store does
// not answer, it returns the store's error, and nothing is allowed.
func (d Decider) Answer(ctx context.Context, q Question) (Answer, error) {
	now := d.Now()
	p := d.Policy(now)
	key, by, err := d.check(p, q)
	if err != nil {
		return Answer{}, err
	}
	id, err := d.find(ctx, by)
	if err != nil {
		return Answer{}, err
	}
	if id != "" {
		key = consent.Address(id)
	}
	facts := Facts{Under16: q.Under16, Now: now}
	decision := Decide(p, q.Purpose, facts)
	if decision.Reason == Reason(consent.Undecided) && key != "" { // the consent log is read only if a record can change the decision
		if facts.Newest, err = d.Consents.Newest(ctx, key); err != nil {
			return Answer{}, err
		}
		decision = Decide(p, q.Purpose, facts)
	}
	answer := Answer{Decision: decision}
	if answer.Allowed && q.Purpose == privacy.MarketingEmail {
		answer.Unsubscribe = id
	}
	return answer, nil
}

// check refuses an invalid question. It returns the visitor's key in the consent log, or the address that names the data subject. A question
// about an undeclared purpose is invalid, because nothing may be done for such a purpose.
func (d Decider) check(p *policy.Policy, q Question) (visitor string, by subject.Address, err error) {
	var at fault.Fields
	visitor = q.Subject.Check(&at)
	if q.Subject.ByEmail() && len(at) == 0 {
		if by, err = subject.ParseAddress(q.Subject.Email); err != nil {
			at.Add("/subject/email", "must be an email address")
		}
	}
	_, declared := p.Purpose(q.Purpose)
	at.Need("/purpose", string(q.Purpose), declared, "must be a purpose that the policy declares")
	return visitor, by, at.Err()
}

// find returns the data subject behind an address. It returns "" if there is none, or if the question names a visitor.
func (d Decider) find(ctx context.Context, by subject.Address) (privacy.SubjectID, error) {
	if by.Lookup == "" {
		return "", nil
	}
	return d.Subjects.Subject(ctx, d.Aliases.Alias(by))
}
