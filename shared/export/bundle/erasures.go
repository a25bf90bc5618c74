package bundle

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Erasure is what an erasure that a request asks for will do, or has done (GDPR Art. 17; promise H03).
type Erasure struct {
	PlannedAt   time.Time       `json:"plannedAt,omitzero"`
	AgreedAt    time.Time       `json:"agreedAt,omitzero"` // when the data subject agreed to the plan
	ErasesAt    time.Time       `json:"erasesAt,omitzero"` // when it begins, or began, unless it is cancelled
	BegunAt     time.Time       `json:"begunAt,omitzero"`
	ErasedAt    time.Time       `json:"erasedAt,omitzero"`
	Kinds       []ErasedKind    `json:"kinds"`
	Systems     []ErasingSystem `json:"systems"`               // that have data of the data subject too
	Certificate string          `json:"certificate,omitempty"` // JWS
}

// ErasedKind is what an erasure does with some kinds of data.
type ErasedKind struct {
	Title   string              `json:"title"`   // in the words of the policy
	Outcome string              `json:"outcome"` // erased, withheld
	Count   *int                `json:"count,omitempty"`
	Ground  privacy.Withholding `json:"ground,omitempty"`
	Law     string              `json:"law,omitempty"`
	Reason  string              `json:"reason,omitempty"`
	Drops   []string            `json:"drops,omitempty"` // what is erased although the rest is withheld
	Until   time.Time           `json:"until,omitzero"`  // when the last of what is withheld is erased; absent if that is not known yet
}

// ErasingSystem is a system that has data of the data subject too.
type ErasingSystem struct {
	Title          string    `json:"title"`
	AcknowledgedAt time.Time `json:"acknowledgedAt,omitzero"` // when it was said that it has erased the data subject
}

// Erased says that the data subject was erased. What came after it counts like that of anybody else as soon as a contract begins, or a system has erased them
// too.
type Erased struct {
	Request      string    `json:"request"`
	Since        time.Time `json:"since"`
	NewContract  bool      `json:"newContract"`
	Acknowledged []string  `json:"acknowledged,omitempty"` // systems
}

// Hold is a legal hold on data of the data subject. One without categories is on all data.
type Hold struct {
	Since      time.Time          `json:"since"`
	Reason     string             `json:"reason"`
	Categories []privacy.Category `json:"categories,omitempty"`
}

// erasureLabel describes the erasure of a request.
func erasureLabel() label {
	return label{Name: "erasure", Title: "Deletion", Type: "objects", Fields: []label{
		{Name: "plannedAt", Title: "Planned", Type: "time"},
		{Name: "agreedAt", Title: "You agreed", Type: "time"},
		{Name: "erasesAt", Title: "Begins, unless it is cancelled", Type: "time"},
		{Name: "begunAt", Title: "Begun", Type: "time"},
		{Name: "erasedAt", Title: "Done", Type: "time"},
		{Name: "kinds", Title: "What is deleted", Type: "objects", Absent: "nothing", Fields: []label{
			{Name: "title", Title: "Data", Type: "string"},
			{Name: "outcome", Title: "Outcome", Type: "string", Words: said()["outcome"]},
			{Name: "count", Title: "Number of items", Type: "integer"},
			{Name: "ground", Title: "Ground", Type: "string", Words: said()["withholding"]},
			{Name: "reason", Title: "Why we keep it", Type: "string"},
			{Name: "law", Title: "Law", Type: "string"},
			{Name: "drops", Title: "Deleted all the same", Type: "list"},
			{Name: "until", Title: "The last of it is deleted", Type: "time"},
		}},
		{Name: "systems", Title: "Other systems that have to delete it", Type: "objects", Absent: "none", Fields: []label{
			{Name: "title", Title: "System", Type: "string"},
			{Name: "acknowledgedAt", Title: "Deleted there", Type: "time", Absent: "not confirmed yet"},
		}},
		{Name: "certificate", Title: "Certificate", Type: typeFile},
	}}
}

// erasedLabels describes the erasures of the data subject, and legal holds.
func erasedLabels(p *policy.Policy) []label {
	return []label{
		{Name: "erasures", Title: "Your data was deleted", Type: "objects", Absent: "no", Fields: []label{
			{Name: "since", Title: "On", Type: "time"},
			{Name: "newContract", Title: "A new contract has begun since", Type: "string", Words: said()["yes"]},
			{Name: "acknowledged", Title: "Systems that deleted it too", Type: "list", Absent: "none yet"},
			{Name: "request", Title: "Request number", Type: "string"},
		}},
		{Name: "holds", Title: "Kept for a legal claim or an investigation", Type: "objects", Absent: "nothing", Fields: []label{
			{Name: "since", Title: "Since", Type: "time"},
			{Name: "reason", Title: "Why", Type: "string"},
			{Name: "categories", Title: "Kinds of data", Type: "list", Words: categoryWords(p), Absent: "all"},
		}},
	}
}
