package decision

import (
	"context"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Question asks about one data subject and one purpose. The fields have the names by which an error points at them.
type Question struct {
	Subject Who             `json:"subject"`
	Purpose privacy.Purpose `json:"purpose"`
	// Category is that of the data to be used. Without one, the answer is about any data: a restriction of one category then forbids every purpose
	// that the category serves.
	Category privacy.Category `json:"category"`
	Under16  bool             `json:"under16"`
}

// Who names a data subject: a visitor by their random id, or a person by the id that the client system uses, by an address, or by both.
type Who struct {
	Visitor      *string `json:"visitor"`
	record.Named `json:",inline"`
}

// Answer is the decision for a question.
type Answer struct {
	Decision
	Address identity.Note // what the address of the question means, if it names an id as well
	// Unsubscribe is the data subject whose link for one-click unsubscribe must go with what is sent (RFC 8058; promise C03). It is empty if
	// nothing may be sent, if the purpose is not marketing mail, and for visitors, whom no mail reaches.
	Unsubscribe privacy.SubjectID
}

// Subjects finds data subjects.
type Subjects interface {
	// Aliases returns those of the aliases that are on record, by their keys.
	Aliases(ctx context.Context, keys ...string) (map[string]subject.Alias, error)
	// State returns the state of a data subject, with their aliases. It returns false if there is none.
	State(ctx context.Context, id privacy.SubjectID) (standing.Snapshot, bool, error)
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

// Answer answers one question of a client system. It makes nobody known, and teaches no alias. If the question is invalid, it returns
// fault.Unacceptable, which names every field at fault, and fault.Shared if several people use the address. If a store does not answer, it returns
// the store's error, and nothing is allowed.
func (d Decider) Answer(ctx context.Context, client string, q Question) (Answer, error) {
	now := d.Now()
	p := d.Policy(now)
	visitor, named, err := check(p, client, q)
	if err != nil {
		return Answer{}, err
	}
	facts := Facts{Category: q.Category, Under16: q.Under16, Now: now}
	decision := Decide(p, q.Purpose, facts)
	who, err := d.whom(ctx, named, needsState(p, q.Purpose, facts, decision))
	if err != nil {
		return Answer{}, err
	}
	facts.Standing = who.state.State
	decision = Decide(p, q.Purpose, facts)
	if needsLog(p, q.Purpose, decision) && (visitor != "" || who.id != "") {
		if facts.Newest, err = d.newest(ctx, visitor, who, now); err != nil {
			return Answer{}, err
		}
		decision = Decide(p, q.Purpose, facts)
	}
	answer := Answer{Decision: decision, Address: who.note}
	if answer.Allowed && q.Purpose == privacy.MarketingEmail {
		answer.Unsubscribe = who.id
	}
	return answer, nil
}

// needsState reports whether anything that the data subject has limited, or an erasure, can change a decision that was made without it.
func needsState(p *policy.Policy, id privacy.Purpose, facts Facts, d Decision) bool {
	purpose, _ := p.Purpose(id)
	return d.Reason != ByAge && (limitable(purpose) || erasable(p, purpose, facts))
}

// needsLog reports whether a consent record can change a decision that was made without one. It can if the purpose rests on consent, unless the age
// or an opt-out forbids it.
func needsLog(p *policy.Policy, id privacy.Purpose, d Decision) bool {
	purpose, _ := p.Purpose(id)
	return purpose.Basis == privacy.Consent && d.Reason != ByAge && d.Reason != ByOptOut
}

// check refuses an invalid question. It returns the visitor's key in the consent log, or what names the data subject. A question about an undeclared
// purpose is invalid, because nothing may be done for such a purpose.
func check(p *policy.Policy, client string, q Question) (visitor string, named subject.Named, err error) {
	var at fault.Fields
	switch who := q.Subject; {
	case who.Visitor == nil && who.Named == record.Named{}:
		at.Add("/subject", fault.Required+": a visitor, an id or an email address")
	case who.Visitor != nil && who.Named != record.Named{}:
		at.Add("/subject", "must contain either a visitor, or an id or an email address")
	case who.Visitor != nil:
		visitor = consent.Who{Visitor: *who.Visitor}.Check(&at)
	default:
		who.Check(&at, "/subject")
	}
	_, declared := p.Purpose(q.Purpose)
	if q.Category != "" && (!slices.Contains(privacy.Categories[:], q.Category) || !q.Category.HasSubject()) {
		at.Add("/category", "must be a category of personal data that the policy declares, or be left out")
	}
	at.Need("/purpose", string(q.Purpose), declared, "must be a purpose that the policy declares")
	if err := at.Err(); err != nil || visitor != "" {
		return visitor, subject.Named{}, err
	}
	named, err = q.Subject.Named.Named(client)
	return "", named, err
}

// newest returns what a visitor, or a data subject together with those who were joined to them, decided last.
func (d Decider) newest(ctx context.Context, visitor string, who person, now time.Time) (consent.Record, error) {
	if visitor != "" {
		return d.Consents.Newest(ctx, visitor)
	}
	return consent.Together(ctx, d.Consents.Newest, who.id, who.formerly, now)
}
