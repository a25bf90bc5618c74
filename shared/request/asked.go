package request

import (
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Asked says what exactly a request asks for. Which members a right has, [Filing] says. All of it was typed by whoever filed the request.
type Asked struct {
	Scope      privacy.Scope      // of a request to know
	Declared   bool               // of a request to know what is stored: the person has declared that they are who they say (CCPA regulations §7062)
	Ground     privacy.Ground     // of a restriction
	Purposes   []privacy.Purpose  // of a restriction or an objection
	Categories []privacy.Category // of a restriction
	Child      string             // of a report about a child's data: the child's address, if the reporter knows it
	Agent      Agent              // who filed the request for the person; zero if the person did
}

// Agent files a request for somebody else (CCPA regulations §7063). The person confirms the request all the same, if it needs a confirmation.
type Agent struct {
	Name     string `json:"name"`
	Email    string `json:"email"`
	Relation string `json:"relation"` // lawyer, relative, organisation, other
}

// Equal reports whether both ask for the same.
func (a Asked) Equal(other Asked) bool {
	return a.Scope == other.Scope && a.Declared == other.Declared && a.Ground == other.Ground && slices.Equal(a.Purposes, other.Purposes) &&
		slices.Equal(a.Categories, other.Categories) && a.Child == other.Child && a.Agent == other.Agent
}

// Extension is a longer time for the answer. It is in force only once SES has accepted the notice of it, before the original deadline (GDPR Art. 12(3),
// CCPA regulations §7021(b)).
type Extension struct {
	Reason     string      // as the person is told
	By         audit.Actor // who decided it
	DecidedAt  time.Time
	NoticeSent time.Time // when SES accepted the notice; zero until then
}

// Result is how the team decided a request.
type Result string

// The results.
const (
	Done       Result = "done"        // what was asked for was done
	PartlyDone Result = "partly_done" // some of it was done; the reason says what was withheld, and why
	Declined   Result = "refused"     // nothing was done, for the reason given
)

// Outcome is what the team decided about a request.
type Outcome struct {
	Result    Result
	Reason    string            // as the person is told
	GoesOn    []privacy.Purpose // of an objection of which a part was agreed with: what may go on in spite of it
	By        audit.Actor
	DecidedAt time.Time
}
