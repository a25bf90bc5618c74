package bundle

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Request is a rights request of the data subject, as requests.json holds it. It has no member for a secret: hashes of tokens, names of
// objects and HMACs are in no bundle.
type Request struct {
	ID            string               `json:"id"`
	Right         privacy.Right        `json:"right"`
	State         string               `json:"state"`     // verifying, open, fulfilling, fulfilled, refused, withdrawn, lapsed
	Confirmed     bool                 `json:"confirmed"` // whether the address was proven
	Address       string               `json:"address,omitempty"`
	Jurisdiction  privacy.Jurisdiction `json:"jurisdiction,omitempty"`
	Language      string               `json:"language,omitempty"`
	Details       string               `json:"details,omitempty"`
	HasDetails    bool                 `json:"hasDetails"` // whether a text is stored; Write sets it
	PolicyVersion string               `json:"policyVersion"`
	ReceivedAt    time.Time            `json:"receivedAt"`
	ConfirmedAt   time.Time            `json:"confirmedAt,omitzero"`
	ClosedAt      time.Time            `json:"closedAt,omitzero"`
	KeptUntil     time.Time            `json:"keptUntil,omitzero"` // absent until the request is closed
	History       []Event              `json:"history"`            // oldest first
	Exports       []Attempt            `json:"exports"`            // oldest first
}

// Event is a line of a request's history.
type Event struct {
	At   time.Time `json:"at"`
	Kind string    `json:"kind"`
}

// Attempt is one export that was made for a request.
type Attempt struct {
	Number    int         `json:"number"`
	State     string      `json:"state"`
	CreatedAt time.Time   `json:"createdAt"`
	OpenUntil time.Time   `json:"openUntil,omitzero"` // end of its link's life; absent before it is mailed
	Bytes     int64       `json:"bytes"`
	Downloads []time.Time `json:"downloads"`
}

// Subject is what a data subject is known by and what decides how long their data is kept, as subject.json holds it.
type Subject struct {
	ID              privacy.SubjectID `json:"id,omitempty"` // random; empty if nobody is known by the address
	Addresses       []Address         `json:"addresses"`
	Contract        string            `json:"contract,omitempty"` // none, running, ended
	ContractEndedAt time.Time         `json:"contractEndedAt,omitzero"`
	NewestRecordAt  time.Time         `json:"newestRecordAt,omitzero"` // kept for people without a contract only
	Marketing       string            `json:"marketing,omitempty"`     // consented, withdrawn; absent without a choice
	KeptUntil       time.Time         `json:"keptUntil,omitzero"`      // absent while something stored has no end
	PendingConsents []PendingConsent  `json:"pendingConsents"`         // oldest first
}

// Address is an address on record, in the spelling stored.
type Address struct {
	Address string `json:"address"`
	Typed   bool   `json:"typed"` // somebody typed it, and no system of the controller's has spelt it yet
}

// PendingConsent is a decision about consent that somebody sent by the address. It counts from the press of the button in a mail.
type PendingConsent struct {
	Address       string                     `json:"address"`
	Choices       map[privacy.Purpose]string `json:"choices"` // granted, denied
	PolicyVersion string                     `json:"policyVersion"`
	Surface       string                     `json:"surface"`
	GPC           bool                       `json:"gpc"`
	AskedAt       time.Time                  `json:"askedAt"`
	MailedAt      time.Time                  `json:"mailedAt,omitzero"`
	ConfirmedAt   time.Time                  `json:"confirmedAt,omitzero"` // then the consent record is in consents.json
	KeptUntil     time.Time                  `json:"keptUntil"`
}

// asked returns the requests as the bundle shows them. Anybody can send a request under somebody's address, so what was written with one
// that is not confirmed is shown to nobody (promise H14): that it is there is said, and it is deleted when the request lapses.
func asked(requests []Request) []Request {
	shown := make([]Request, len(requests))
	for i, r := range requests {
		r.HasDetails = r.Details != ""
		if !r.Confirmed {
			r.Details, r.Language = "", ""
		}
		r.History = append([]Event{}, r.History...)
		r.Exports = append([]Attempt{}, r.Exports...)
		for j := range r.Exports {
			r.Exports[j].Downloads = append([]time.Time{}, r.Exports[j].Downloads...)
		}
		shown[i] = r
	}
	return shown
}

// personal writes what is stored about the person besides records and consents. It is part of an answer to access alone: requests are kept
// because the law demands it, which GDPR Art. 20(1)(a) leaves out of portability.
func (b *bundle) personal(v *view) error {
	requests, known := asked(b.in.Requests), b.in.Subject
	known.Addresses = append([]Address{}, known.Addresses...)
	known.PendingConsents = append([]PendingConsent{}, known.PendingConsents...)
	made, err := encoded(requests)
	if err != nil {
		return err
	}
	subject, err := encoded([]Subject{known})
	if err != nil {
		return err
	}
	about := subjectKnown
	about.items = subject
	v.Documents = append(v.Documents, requestsMade(b.in.Policy).counted(made), about)
	if err := b.document("requests.json", requests); err != nil {
		return err
	}
	return b.document("subject.json", known)
}
