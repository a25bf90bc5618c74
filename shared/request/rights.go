package request

import (
	"slices"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// Right says how a request with a right is handled.
type Right struct {
	Proof  Proof     // what proves that the request comes from the data subject
	Answer work.Kind // the task that answers it
	Shows  Content   // what an export shows that answers it
	Asks   []string  // members of a filing that the right has besides those of every right
	Must   []string  // those of them that must be there
	Stays  bool      // what it imposes stays in force after it was answered, until it is taken back
}

// Proof says what a request must bring before anything is done.
type Proof string

// The proofs.
const (
	ByMailbox Proof = "mailbox" // somebody who has opened a link to the address confirms it
	ByNothing Proof = "none"    // whoever files it is believed, since it can only protect the person
)

// Content is what an export shows.
type Content string

// The contents.
const (
	Everything Content = "everything" // all that is stored, and how it is processed
	Provided   Content = "provided"   // what the person provided and can take along (GDPR Art. 20)
	Statement  Content = "statement"  // how personal data is processed, by category, and no data
)

// Rights is the one table of rights: what each asks for, what proves it, who answers it. The clocks are in [Clocks].
var Rights = map[privacy.Right]Right{
	privacy.Access:             {Proof: ByMailbox, Answer: work.Export, Shows: Everything},                                                                        // GDPR Art. 15
	privacy.Portability:        {Proof: ByMailbox, Answer: work.Export, Shows: Provided},                                                                          // GDPR Art. 20
	privacy.Know:               {Proof: ByMailbox, Answer: work.Export, Shows: Everything, Asks: []string{"scope", "declaration"}, Must: []string{"scope"}},       // CCPA §1798.110
	privacy.Objection:          {Proof: ByMailbox, Answer: work.Limit, Asks: []string{"purposes"}, Must: []string{"purposes"}, Stays: true},                       // GDPR Art. 21
	privacy.Restriction:        {Proof: ByMailbox, Answer: work.Limit, Asks: []string{"ground", "purposes", "categories"}, Must: []string{"ground"}, Stays: true}, // GDPR Art. 18
	privacy.OptOut:             {Proof: ByNothing, Answer: work.Limit, Asks: []string{"visitor"}, Stays: true},                                                    // CCPA §1798.120
	privacy.AutomatedDecisions: {Proof: ByNothing, Answer: work.Statement},                                                                                        // GDPR Art. 22
	privacy.Rectification:      {Proof: ByMailbox, Answer: work.Team, Must: []string{"details"}},                                                                  // GDPR Art. 16
	privacy.Erasure:            {Proof: ByMailbox, Answer: work.Erase},                                                                                            // GDPR Art. 17
	privacy.Delete:             {Proof: ByMailbox, Answer: work.Erase},                                                                                            // CCPA §1798.105
	privacy.ChildErasure:       {Proof: ByMailbox, Answer: work.Team, Asks: []string{"child"}, Must: []string{"details"}},                                         // promise I02
	privacy.Complaint:          {Proof: ByNothing, Answer: work.Team, Must: []string{"details"}},                                                                  // UK DPA 2018 s.164A
	privacy.Question:           {Proof: ByMailbox, Answer: work.Team},                                                                                             // promises H12, L02; only a mail begins it
}

// Content returns what an export shows that answers the request.
func (r Request) Content() Content {
	if r.Right == privacy.Know && r.Scope == privacy.ByCategory {
		return Statement
	}
	return Rights[r.Right].Shows
}

// unproven reports whether nothing has to prove the address of a filing. An objection needs no proof if it is to direct marketing alone: it holds
// whatever the person's reasons are (GDPR Art. 21(3)).
func (f Filing) unproven(p *policy.Policy) bool {
	if f.Right == privacy.Objection {
		return !slices.ContainsFunc(f.Purposes, func(id privacy.Purpose) bool {
			purpose, _ := p.Purpose(id)
			return !purpose.DirectMarketing
		})
	}
	return Rights[f.Right].Proof == ByNothing
}
