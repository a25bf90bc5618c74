package bundle

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/helpdeskexpert/privacy/shared/policy"
)

// document describes a JSON file of the bundle that has no records, so that a reader learns what is in it.
type document struct {
	File   string  `json:"file"`
	Title  string  `json:"title"`
	Text   string  `json:"text"`            // what the file contains, in a sentence or two
	None   string  `json:"none,omitempty"`  // shown if the file is an empty list
	Count  *int    `json:"count,omitempty"` // items of the list, oldest first; absent if the file is one object
	Date   string  `json:"date,omitempty"`  // the member whose day is the heading of an item
	Fields []label `json:"fields"`

	items []json.RawMessage // as they are in the file
}

// counted returns the document with the items of a list and their number.
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
			return nil, fmt.Errorf("bundle: encoding: %w", err)
		}
	}
	return items, nil
}

// consentRecords describes consents.json.
func consentRecords() document {
	return document{
		File: "consents.json", Title: "Consent records", Date: "recordedAt",
		Text: "The choices you made with your email address. Each record shows all the choices that held from then on. The file has a signed receipt for each record.",
		None: "No consent records are tied to your address. If you made a choice in the cookie banner, it is stored under a random identifier that only your browser knows.",
		Fields: []label{
			{Name: "decisions", Title: "Choices", Type: typePurposes, Fields: []label{
				{Name: "purpose", Title: "Purpose", Type: "string"},
				{Name: "state", Title: "Choice", Type: "string", Words: said()["choice"]},
				{Name: "decidedAt", Title: "Decided", Type: "time"},
				{Name: "expiresAt", Title: "Valid until", Type: "time"},
				{Name: "optOut", Title: "Opted out of sale and sharing", Type: "string", Words: said()["yes"]},
			}},
			{Name: "recordedAt", Title: "Recorded", Type: "time"},
			{Name: "policyVersion", Title: "Policy version", Type: "string"},
			{Name: "surface", Title: "Where you decided", Type: "string", Words: said()["surface"]},
			{Name: "language", Title: "Language of the text you saw", Type: "language"},
			{Name: "gpc", Title: "Global Privacy Control", Type: "string", Words: said()["signal"]},
			{Name: "version", Title: "Record number", Type: "integer"},
			{Name: "sub", Title: "Random identifier", Type: "string"},
			{Name: "receipt", Title: "Signed receipt", Type: typeFile},
		},
	}
}

// requestsMade describes requests.json.
func requestsMade(p *policy.Policy) document {
	return document{
		File: "requests.json", Title: "Requests made with your address", Date: "receivedAt", None: "We store no requests.",
		Text: "Every request about personal data that was made with your address, including the one that this file answers. If nobody has confirmed a request, we do not show the message sent with it, " +
			"nor who it names, because someone else may have written it. If a request has to be confirmed, we delete them if nobody does so in time.",
		Fields: []label{
			{Name: "right", Title: "Asked for", Type: "string", Words: rightWords(p)},
			{Name: "state", Title: "State", Type: "string", Words: said()["state"]},
			{Name: "scope", Title: "How much", Type: "string", Words: said()["scope"]},
			{Name: "declared", Title: "You declared that you are who you say", Type: "string", Words: said()["yes"]},
			{Name: "ground", Title: "Because", Type: "string", Words: said()["ground"]},
			{Name: "purposes", Title: "Purposes", Type: "list", Words: purposeWords(p)},
			{Name: "categories", Title: "Kinds of data", Type: "list", Words: categoryWords(p)},
			{Name: "child", Title: "Address of the child", Type: "email"},
			{Name: "agent", Title: "Sent for you by", Type: "objects", Fields: []label{
				{Name: "name", Title: "Name", Type: "string"},
				{Name: "address", Title: "Address", Type: "email"},
				{Name: "relation", Title: "Who they are", Type: "string", Words: said()["relation"]},
			}},
			{Name: "confirmed", Title: "Confirmed", Type: "string", Words: map[string]string{
				"true": "yes", "false": "No. Nobody has confirmed this request, so someone else may have sent it."}},
			{Name: "unproven", Title: "Needed no confirmation", Type: "string", Words: map[string]string{
				"true": "Yes. So someone else may have sent it.", "false": "no"}},
			{Name: "confirmedAt", Title: "Confirmed on", Type: "time"},
			{Name: "address", Title: "Address", Type: "email"},
			{Name: "jurisdiction", Title: "Place of residence", Type: "string", Words: said()["lives"]},
			{Name: "language", Title: "Language", Type: "language"},
			{Name: "hasDetails", Title: "Message sent with it", Type: "string", Words: said()["yes"]},
			{Name: "details", Title: "What you wrote", Type: "string"},
			{Name: "messages", Title: "Emails to our privacy team", Type: "objects", Fields: []label{
				{Name: "at", Title: "Arrived", Type: "time"},
				{Name: "text", Title: "What you wrote", Type: "string"},
				{Name: "hidden", Title: "Not shown", Type: "string", Words: map[string]string{"true": "Someone else may have written it."}},
				{Name: "cut", Title: "Not complete", Type: "string", Words: map[string]string{"true": "Some of the words are not stored."}},
				{Name: "attachments", Title: "Attachments, which we did not keep", Type: "integer"},
			}},
			{Name: "about", Title: "Answers our email about request number", Type: "string"},
			{Name: "receivedAt", Title: "Received", Type: "time"},
			{Name: "repeats", Title: "Times asked for again", Type: "integer"},
			{Name: "repeatedAt", Title: "Last asked for again", Type: "time"},
			{Name: "policyVersion", Title: "Policy version", Type: "string"},
			{Name: "dueAt", Title: "Answer due", Type: "time"},
			{Name: "remindedAt", Title: "We reminded you to confirm it", Type: "time"},
			{Name: "inForce", Title: "In force", Type: "string", Words: said()["yes"]},
			{Name: "extension", Title: "Longer time for the answer", Type: "objects", Fields: []label{
				{Name: "reason", Title: "Why", Type: "string"},
				{Name: "decidedAt", Title: "Decided", Type: "time"},
				{Name: "noticeAt", Title: "We told you", Type: "time", Absent: "Not yet, so it does not count."},
			}},
			{Name: "outcome", Title: "What we decided", Type: "objects", Fields: []label{
				{Name: "result", Title: "Result", Type: "string", Words: said()["result"]},
				{Name: "reason", Title: "Why", Type: "string"},
				{Name: "decidedAt", Title: "Decided", Type: "time"},
			}},
			{Name: "closedAt", Title: "Closed", Type: "time"},
			{Name: "keptUntil", Title: "Kept until", Type: "time", Absent: "The period starts when the request is closed."},
			{Name: "history", Title: "What happened", Type: "objects", Fields: []label{
				{Name: "at", Title: "When", Type: "time"},
				{Name: "kind", Title: "What", Type: "string", Words: said()["event"]},
				{Name: "reason", Title: "Why", Type: "string", Words: said()["reason"]},
			}},
			{Name: "exports", Title: "Files we made", Type: "objects", Absent: "none", Fields: []label{
				{Name: "number", Title: "Number", Type: "integer"},
				{Name: "state", Title: "State", Type: "string", Words: said()["export"]},
				{Name: "createdAt", Title: "Started", Type: "time"},
				{Name: "openUntil", Title: "Link works until", Type: "time"},
				{Name: "bytes", Title: "Size in bytes", Type: "integer"},
				{Name: "downloads", Title: "Downloads", Type: "list"},
			}},
			erasureLabel(),
			{Name: "id", Title: "Request number", Type: "string"},
		},
	}
}

// subjectKnown describes subject.json.
func subjectKnown(p *policy.Policy) document {
	return document{
		File: "subject.json", Title: "How we identify you, and what you limited",
		Text: "Your addresses, which of our systems know you by a number, the random identifier under which we store your data, what decides how long we keep it, which uses of your data you opted out of, objected to or had restricted, whether your data was deleted, and the links that we emailed to you. As long as the period of any stored item has not started, there is no date until which we keep this.",
		Fields: slices.Concat([]label{
			{Name: "addresses", Title: "Addresses", Type: "objects", Absent: "We store no records under the address that this answer was sent to.", Fields: []label{
				{Name: "address", Title: "Address", Type: "email", Absent: "Deleted. We have only a keyed hash of it."},
				{Name: "erasedAt", Title: "Deleted", Type: "time"},
				{Name: "typed", Title: "Spelling", Type: "string", Words: map[string]string{
					"true": "as someone typed it; none of our systems has sent it", "false": "as one of our systems sent it"}},
				{Name: "system", Title: "System that sent it", Type: "string"},
				{Name: "attachedAt", Title: "Added to your records", Type: "time"},
				{Name: "frozenAt", Title: "Contested since", Type: "time"},
				{Name: "shared", Title: "Others use it too", Type: "string", Words: said()["yes"]},
			}},
			{Name: "ids", Title: "Systems that have a number for you", Type: "objects", Absent: "none", Fields: []label{
				{Name: "system", Title: "System", Type: "string"},
			}},
			{Name: "id", Title: "Random identifier", Type: "string"},
			{Name: "formerly", Title: "Other records that turned out to be yours", Type: "objects", Absent: "none", Fields: []label{
				{Name: "joinedAt", Title: "Joined", Type: "time"},
				{Name: "id", Title: "Random identifier", Type: "string"},
			}},
			{Name: "contract", Title: "Contract", Type: "string", Words: said()["contract"]},
			{Name: "contractEndedAt", Title: "End of the contract", Type: "time"},
			{Name: "newestRecordAt", Title: "Newest record", Type: "time"},
			{Name: "knownSince", Title: "First stored, or contract last renewed", Type: "time"},
			{Name: "marketing", Title: "Marketing emails", Type: "string", Words: said()["marketing"], Absent: "We have no choice on record."},
			{Name: "keptUntil", Title: "Kept until", Type: "time"},
		}, limitLabels(p), erasedLabels(p), []label{
			{Name: "pendingConsents", Title: "Choices made with your address", Type: "objects", Absent: "none", Fields: []label{
				{Name: "choices", Title: "Choices", Type: typePurposes, Fields: []label{
					{Name: "purpose", Title: "Purpose", Type: "string"},
					{Name: "state", Title: "Choice", Type: "string", Words: said()["choice"]},
				}},
				{Name: "askedAt", Title: "Sent to us", Type: "time"},
				{Name: "address", Title: "Address", Type: "email"},
				{Name: "repeats", Title: "Times sent again", Type: "integer"},
				{Name: "repeatedAt", Title: "Last sent again", Type: "time"},
				{Name: "confirmedAt", Title: "Confirmed", Type: "time", Absent: "No. Someone else may have made this choice, so it does not count until it is confirmed."},
				{Name: "policyVersion", Title: "Policy version", Type: "string"},
				{Name: "surface", Title: "Where it was decided", Type: "string", Words: said()["surface"]},
				{Name: "gpc", Title: "Global Privacy Control", Type: "string", Words: said()["signal"]},
				{Name: "keptUntil", Title: "Kept until", Type: "time"},
			}},
			mailboxLabel(p),
		}),
	}
}

// mailboxLabel describes what is stored about the mails that the address got.
func mailboxLabel(p *policy.Policy) label {
	return label{Name: "mailbox", Title: "Links to your privacy page", Type: "objects", Absent: "We store no links to this address.", Fields: []label{
		{Name: "address", Title: "Address", Type: "email"},
		{Name: "links", Title: "Links we emailed", Type: "objects", Absent: "none that are still stored", Fields: []label{
			{Name: "mailedAt", Title: "Emailed", Type: "time"},
			{Name: "accepted", Title: "Email left", Type: "string", Words: map[string]string{"true": "yes", "false": "We do not know."}},
			{Name: "openedAt", Title: "First opened", Type: "time", Absent: "not opened"},
			{Name: "openings", Title: "Times opened", Type: "integer"},
		}},
		{Name: "linksMailed", Title: "Emails with a link so far", Type: "integer"},
		{Name: "receipts", Title: "Emails about what you did so far", Type: "integer"},
		{Name: "mailedOn", Title: "Last day with an email (UTC)", Type: "time"},
		{Name: "mailedThen", Title: "Emails on that day", Type: "integer"},
		{Name: "sessionUntil", Title: "Open in a browser until", Type: "time", Absent: "not opened"},
		{Name: "untold", Title: "Done on that page, and not yet told by email", Type: "objects", Absent: "nothing", Fields: []label{
			{Name: "at", Title: "When", Type: "time"},
			{Name: "kind", Title: "What", Type: "string", Words: said()["act"]},
			{Name: "right", Title: "Request", Type: "string", Words: rightWords(p)},
			{Name: "request", Title: "Request number", Type: "string"},
			{Name: "dueAt", Title: "Answer due", Type: "time"},
			{Name: "timeZone", Title: "Time zone of that day", Type: "string"},
			{Name: "choices", Title: "Choices", Type: typePurposes, Fields: []label{
				{Name: "purpose", Title: "Purpose", Type: "string"},
				{Name: "state", Title: "Choice", Type: "string", Words: said()["choice"]},
			}},
		}},
		{Name: "keptUntil", Title: "Kept until", Type: "time"},
	}}
}
