package policy

import (
	"slices"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Kind names what is stored: a category of personal data, or one of the service's own kinds (promise F08).
type Kind string

// The kinds that the service stores for itself. [Inventory] says what each of them holds and where. Each needs a row in the retention
// schedule.
const (
	ConsentRecord   Kind = "consent_record"
	Request         Kind = "request"
	RequestEvent    Kind = "request_event"
	Confirmation    Kind = "confirmation"
	MailboxEntry    Kind = "mailbox_entry"
	MailboxLink     Kind = "mailbox_link"
	LinkWish        Kind = "link_wish"
	ExportAttempt   Kind = "export_attempt"
	ExportObject    Kind = "export_object"
	ErasurePlan     Kind = "erasure_plan"
	ClientCounter   Kind = "client_counter"
	SubjectAlias    Kind = "subject_alias"
	SubjectState    Kind = "subject_state"
	DetachedAddress Kind = "detached_address"
	IdentityChange  Kind = "identity_change"
	WorkStep        Kind = "work_step"
	SweepLease      Kind = "sweep_lease"
	SweepCursor     Kind = "sweep_cursor"
	RetentionReport Kind = "retention_report"
	AuditEntry      Kind = "audit_entry"
	ReplayEntry     Kind = "replay_entry"
	NoticeCampaign  Kind = "notice_campaign"
	NoticeRecipient Kind = "notice_recipient"
	NoticeClaim     Kind = "notice_claim"
	MailEvent       Kind = "mail_event"
	InboundMail     Kind = "inbound_mail"
	ServiceLog      Kind = "service_log"
)

// IsCategory reports whether the kind is a category of personal data.
func (k Kind) IsCategory() bool { return slices.Contains(privacy.Categories[:], privacy.Category(k)) }
