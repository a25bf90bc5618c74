package export

import (
	"encoding/json"
	"fmt"

	"github.com/helpdeskexpert/privacy/shared/policy"
)

// document describes a JSON file of the bundle that holds no records: how a reader is told what is in it.
type document struct {
	File   string  `json:"file"`
	Title  string  `json:"title"`
	Text   string  `json:"text"`            // what it holds, in a sentence or two
	None   string  `json:"none,omitempty"`  // shown where the file is an empty list
	Count  *int    `json:"count,omitempty"` // items of the list, which is oldest first; absent where the file is one object
	Date   string  `json:"date,omitempty"`  // the member whose day heads an item
	Fields []label `json:"fields"`

	items []json.RawMessage // as they stand in the file
}

// counted adds the items of a list.
func (d document) counted(items []json.RawMessage) document {
	count := len(items)
	d.Count, d.items = &count, items
	return d
}

// encoded returns the items of a list as JSON, one by one.
func encoded[T any](list []T) ([]json.RawMessage, error) {
	items := make([]json.RawMessage, len(list))
	for i, x := range list {
		var err error
		if items[i], err = json.Marshal(x); err != nil {
			return nil, fmt.Errorf("export: encoding: %w", err)
		}
	}
	return items, nil
}

// consentRecords describes consents.json.
var consentRecords = document{
	File: "consents.json", Title: "Consent records", Date: "recordedAt",
	Text: "What you decided by your address. Each record shows all that stood after the decision; the file holds a signed receipt of each.",
	None: "No consent records are tied to your address. A choice made in the cookie banner is stored under a random identifier that only your browser knows.",
	Fields: []label{
		{Name: "decisions", Title: "Choices", Type: typePurposes, Fields: []label{
			{Name: "purpose", Title: "Purpose", Type: "string"},
			{Name: "state", Title: "Choice", Type: "string", Words: said["choice"]},
			{Name: "decidedAt", Title: "Decided", Type: "time"},
			{Name: "expiresAt", Title: "Valid until", Type: "time"},
		}},
		{Name: "recordedAt", Title: "Recorded", Type: "time"},
		{Name: "policyVersion", Title: "Policy version", Type: "string"},
		{Name: "surface", Title: "Where you decided", Type: "string", Words: said["surface"]},
		{Name: "language", Title: "Language of the text you saw", Type: "language"},
		{Name: "gpc", Title: "Global Privacy Control", Type: "string", Words: said["signal"]},
		{Name: "version", Title: "Number of the record", Type: "integer"},
		{Name: "sub", Title: "Random id", Type: "string"},
		{Name: "receipt", Title: "Signed receipt", Type: typeFile},
	},
}

// requestsMade describes requests.json.
func requestsMade(p *policy.Policy) document {
	return document{
		File: "requests.json", Title: "Requests by your address", Date: "receivedAt", None: "No requests.",
		Text: "Every request about personal data that came by your address, the one that this export answers included. We do not show what was written with a request that nobody confirmed, " +
			"because somebody else may have written it. It is deleted if nobody confirms the request in time.",
		Fields: []label{
			{Name: "right", Title: "Right", Type: "string", Words: rightWords(p)},
			{Name: "state", Title: "State", Type: "string", Words: said["state"]},
			{Name: "confirmed", Title: "Confirmed", Type: "string", Words: map[string]string{
				"true": "yes", "false": "No. Nobody has shown that the address is theirs, so somebody else may have sent the request."}},
			{Name: "confirmedAt", Title: "Confirmed on", Type: "time"},
			{Name: "address", Title: "Address", Type: "email"},
			{Name: "jurisdiction", Title: "Place of residence", Type: "string", Words: said["lives"]},
			{Name: "language", Title: "Language", Type: "language"},
			{Name: "hasDetails", Title: "A text was sent with it", Type: "string", Words: said["yes"]},
			{Name: "details", Title: "What you wrote", Type: "string"},
			{Name: "receivedAt", Title: "Received", Type: "time"},
			{Name: "policyVersion", Title: "Policy version", Type: "string"},
			{Name: "closedAt", Title: "Closed", Type: "time"},
			{Name: "keptUntil", Title: "Kept until", Type: "time", Absent: "its period starts when the request is closed"},
			{Name: "history", Title: "What happened", Type: "objects", Fields: []label{
				{Name: "at", Title: "When", Type: "time"},
				{Name: "kind", Title: "What", Type: "string", Words: said["event"]},
			}},
			{Name: "exports", Title: "Exports", Type: "objects", Absent: "none", Fields: []label{
				{Name: "number", Title: "Number", Type: "integer"},
				{Name: "state", Title: "State", Type: "string", Words: said["export"]},
				{Name: "createdAt", Title: "Begun", Type: "time"},
				{Name: "openUntil", Title: "Link open until", Type: "time"},
				{Name: "bytes", Title: "Size in bytes", Type: "integer"},
				{Name: "downloads", Title: "Downloads", Type: "list"},
			}},
			{Name: "id", Title: "Number", Type: "string"},
		},
	}
}

// subjectKnown describes subject.json.
var subjectKnown = document{
	File: "subject.json", Title: "What we know you by",
	Text: "Your addresses, the random id under which your data is stored, and what decides how long it is kept. A day until which it is kept is missing while something that is stored has no end.",
	Fields: []label{
		{Name: "addresses", Title: "Addresses", Type: "objects", Absent: "Nobody is on record under the address that this answer was mailed to.", Fields: []label{
			{Name: "address", Title: "Address", Type: "email"},
			{Name: "typed", Title: "Spelling", Type: "string", Words: map[string]string{
				"true": "as somebody typed it; none of our systems has sent it in", "false": "as one of our systems sent it in"}},
		}},
		{Name: "id", Title: "Random id", Type: "string"},
		{Name: "contract", Title: "Contract", Type: "string", Words: said["contract"]},
		{Name: "contractEndedAt", Title: "End of the contract", Type: "time"},
		{Name: "newestRecordAt", Title: "Newest record", Type: "time"},
		{Name: "marketing", Title: "Marketing emails", Type: "string", Words: said["marketing"], Absent: "no choice is on record"},
		{Name: "keptUntil", Title: "Kept until", Type: "time"},
		{Name: "pendingConsents", Title: "Choices sent by your address", Type: "objects", Absent: "none", Fields: []label{
			{Name: "choices", Title: "Choices", Type: typePurposes, Fields: []label{
				{Name: "purpose", Title: "Purpose", Type: "string"},
				{Name: "state", Title: "Choice", Type: "string", Words: said["choice"]},
			}},
			{Name: "askedAt", Title: "Sent to us", Type: "time"},
			{Name: "address", Title: "Address", Type: "email"},
			{Name: "mailedAt", Title: "Mailed", Type: "time"},
			{Name: "confirmedAt", Title: "Confirmed", Type: "time", Absent: "No. Until somebody presses the button in the mail about it, somebody else may have sent it."},
			{Name: "policyVersion", Title: "Policy version", Type: "string"},
			{Name: "surface", Title: "Where it was decided", Type: "string", Words: said["surface"]},
			{Name: "gpc", Title: "Global Privacy Control", Type: "string", Words: said["signal"]},
			{Name: "keptUntil", Title: "Kept until", Type: "time"},
		}},
	},
}
