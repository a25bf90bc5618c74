package policy

import "github.com/helpdeskexpert/privacy/shared/privacy"

// Kind names what is stored: a category of personal data, or one of the service's own kinds (promise F08).
type Kind string

// The kinds of items that the service stores for itself. Each needs a row in the retention schedule.
const (
	ConsentRecord   Kind = "consent_record"
	Request         Kind = "request"
	RequestEvent    Kind = "request_event"
	Challenge       Kind = "challenge"
	Confirmation    Kind = "confirmation"  // a consent by e-mail address that waits for its confirmation
	MailboxEntry    Kind = "mailbox_entry" // lists a request or an unconfirmed consent under an address
	ExportAttempt   Kind = "export_attempt"
	ExportObject    Kind = "export_object"
	ClientCounter   Kind = "client_counter"
	SubjectAlias    Kind = "subject_alias"
	SubjectState    Kind = "subject_state"
	WorkStep        Kind = "work_step"
	SweepLease      Kind = "sweep_lease"
	SweepCursor     Kind = "sweep_cursor"
	RetentionReport Kind = "retention_report"
	AuditEntry      Kind = "audit_entry"
	ServiceLog      Kind = "service_log"
)

// OwnKinds lists the kinds that the service stores besides the categories.
var OwnKinds = [...]Kind{
	ConsentRecord, Request, RequestEvent, Challenge, Confirmation, MailboxEntry, ExportAttempt, ExportObject, ClientCounter,
	SubjectAlias, SubjectState, WorkStep, SweepLease, SweepCursor, RetentionReport, AuditEntry, ServiceLog,
}

// StoredKinds returns every stored kind: the categories, then the service's own kinds. Validation refuses a policy whose retention
// schedule lacks a row for one of them (promise F08).
func StoredKinds() []Kind {
	kinds := make([]Kind, 0, len(privacy.Categories)+len(OwnKinds))
	for _, c := range privacy.Categories {
		kinds = append(kinds, Kind(c))
	}
	return append(kinds, OwnKinds[:]...)
}
