package bundle

import (
	"slices"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Request is a rights request of the data subject, as in requests.json. It has no member for a secret: no bundle contains hashes of
// tokens, names of objects or HMACs.
type Request struct {
	ID            string               `json:"id"`
	Right         privacy.Right        `json:"right"`
	State         string               `json:"state"`                // verifying, open, fulfilling, fulfilled, refused, withdrawn, lapsed
	Scope         privacy.Scope        `json:"scope,omitempty"`      // of a request to know: categories, specific
	Declared      bool                 `json:"declared,omitempty"`   // of a request to know: they declared that they are who they say
	Ground        privacy.Ground       `json:"ground,omitempty"`     // of a restriction
	Purposes      []privacy.Purpose    `json:"purposes,omitempty"`   // of a restriction or an objection
	Categories    []privacy.Category   `json:"categories,omitempty"` // of a restriction
	Child         string               `json:"child,omitempty"`      // the child's address, in the bundle of whoever reported the child's data
	Agent         *Agent               `json:"agent,omitempty"`      // who filed it for the data subject
	Confirmed     bool                 `json:"confirmed"`            // whether the data subject proved control of the address, or nothing had to prove it
	Unproven      bool                 `json:"unproven,omitempty"`   // nothing had to prove it
	Address       string               `json:"address,omitempty"`
	Jurisdiction  privacy.Jurisdiction `json:"jurisdiction,omitempty"`
	Language      string               `json:"language,omitempty"`
	Details       string               `json:"details,omitempty"`
	HasDetails    bool                 `json:"hasDetails"`         // whether a text or a mail is stored; set by Write
	Messages      []Message            `json:"messages,omitempty"` // the mails to the privacy address that it consists of, oldest first
	About         string               `json:"about,omitempty"`    // the id of the request that its mail answers
	PolicyVersion string               `json:"policyVersion"`
	ReceivedAt    time.Time            `json:"receivedAt"`
	Repeats       int                  `json:"repeats"` // how often the same was asked for again before somebody confirmed it
	RepeatedAt    time.Time            `json:"repeatedAt,omitzero"`
	ConfirmedAt   time.Time            `json:"confirmedAt,omitzero"`
	DueAt         time.Time            `json:"dueAt,omitzero"`      // when the answer is due; absent once the request is closed
	RemindedAt    time.Time            `json:"remindedAt,omitzero"` // when they were reminded that it waits for a confirmation
	InForce       bool                 `json:"inForce,omitempty"`   // what it imposed holds
	Extension     *Extension           `json:"extension,omitempty"`
	Outcome       *Outcome             `json:"outcome,omitempty"`
	ClosedAt      time.Time            `json:"closedAt,omitzero"`
	KeptUntil     time.Time            `json:"keptUntil,omitzero"` // absent until the request is closed
	History       []Event              `json:"history"`            // oldest first
	Exports       []Attempt            `json:"exports"`            // oldest first
	Erasure       *Erasure             `json:"erasure,omitempty"`  // of a request that asks for one, once it is planned
}

// Message is a mail to the privacy address.
type Message struct {
	At          time.Time `json:"at"`                    // when it arrived
	Text        string    `json:"text,omitempty"`        // its subject and its words; absent if they are hidden or could not be read
	Hidden      bool      `json:"hidden,omitempty"`      // somebody else may have written it
	Cut         bool      `json:"cut,omitempty"`         // some of its words are not stored
	Attachments int       `json:"attachments,omitempty"` // how many there were; none is stored
}

// Agent is who filed a request for the data subject. The agent acted in their name, so the data subject sees who it was, although the agent is
// another person (CCPA regulations §7063).
type Agent struct {
	Name     string `json:"name"`
	Address  string `json:"address"`
	Relation string `json:"relation"` // lawyer, relative, organisation, other
}

// Extension is a longer time for the answer.
type Extension struct {
	Reason    string    `json:"reason"`
	DecidedAt time.Time `json:"decidedAt"`
	NoticeAt  time.Time `json:"noticeAt,omitzero"` // when our mail provider took the notice; absent before, and the extension is not in force
}

// Outcome is what the privacy team decided about a request. Its reason was written to the data subject, so nothing in it is redacted (threat
// T08). It does not name who of the team decided: employees are no recipients (CJEU C-579/21).
type Outcome struct {
	Result    string    `json:"result"` // done, partly_done, refused
	Reason    string    `json:"reason,omitempty"`
	DecidedAt time.Time `json:"decidedAt"`
}

// Event is an entry of a request's history.
type Event struct {
	At     time.Time `json:"at"`
	Kind   string    `json:"kind"`
	Reason string    `json:"reason,omitempty"` // why a mail came back, or why the request waits for the team
}

// Attempt is one export that was made for a request.
type Attempt struct {
	Number    int         `json:"number"`
	State     string      `json:"state"`
	CreatedAt time.Time   `json:"createdAt"`
	OpenUntil time.Time   `json:"openUntil,omitzero"` // when its link ends; absent until the link is mailed
	Bytes     int64       `json:"bytes"`
	Downloads []time.Time `json:"downloads"`
}

// Subject is what identifies a data subject and what decides how long their data is kept, as in subject.json.
type Subject struct {
	ID              privacy.SubjectID `json:"id,omitempty"` // random; empty if nobody is known by the address
	Addresses       []Address         `json:"addresses"`
	IDs             []SystemID        `json:"ids"`
	Formerly        []Former          `json:"formerly"`           // who was joined to the data subject, because both are one person
	Contract        string            `json:"contract,omitempty"` // none, running, ended
	ContractEndedAt time.Time         `json:"contractEndedAt,omitzero"`
	NewestRecordAt  time.Time         `json:"newestRecordAt,omitzero"`   // stored only for people without a contract
	KnownSince      time.Time         `json:"knownSince,omitzero"`       // or, if that was later, when the contract was last renewed
	Marketing       string            `json:"marketing,omitempty"`       // consented, withdrawn; absent without a choice
	KeptUntil       time.Time         `json:"keptUntil,omitzero"`        // absent while some stored data has no end date
	OptOuts         []OptOut          `json:"optOuts"`                   // at most one, or one of each who were joined
	Objections      []Objection       `json:"objections"`                // oldest first
	Restrictions    []Restriction     `json:"restrictions"`              // oldest first
	KeepingChanged  time.Time         `json:"keepingChangedAt,omitzero"` // when what restrictions and holds keep past its period, or an erasure, last changed
	Erasures        []Erased          `json:"erasures"`                  // newest first
	Holds           []Hold            `json:"holds"`                     // oldest first
	PendingConsents []PendingConsent  `json:"pendingConsents"`           // oldest first
	Mailbox         *Mailbox          `json:"mailbox,omitempty"`         // absent if no link to the address is stored and no mail to it is due
}

// Address is an address on record, as it is spelt there. Once the data subject was erased, only a keyed hash of it is stored.
type Address struct {
	Address    string    `json:"address,omitempty"`
	ErasedAt   time.Time `json:"erasedAt,omitzero"`   // when its spelling was erased
	Typed      bool      `json:"typed"`               // somebody typed it, and no system of the controller has confirmed the spelling yet
	System     string    `json:"system,omitempty"`    // the system of the controller that sent or attached it
	AttachedAt time.Time `json:"attachedAt,omitzero"` // when it last came to stand for more than before; absent if it came with the data subject
	FrozenAt   time.Time `json:"frozenAt,omitzero"`   // since when somebody contests that it belongs to the data subject; absent if nobody does
	Shared     bool      `json:"shared"`              // others use it too
}

// SystemID says that a system of the controller has an id for the data subject. Only a keyed hash of the id itself is stored.
type SystemID struct {
	System string `json:"system"`
}

// Former is a data subject who was joined to another one, and whose data is in the bundle too.
type Former struct {
	ID       privacy.SubjectID `json:"id"` // random
	JoinedAt time.Time         `json:"joinedAt"`
}

// PendingConsent is a decision about consent that somebody sent with the address. It takes effect when the data subject presses the button in a mail.
type PendingConsent struct {
	Address       string                     `json:"address"`
	Choices       map[privacy.Purpose]string `json:"choices"` // granted, denied
	PolicyVersion string                     `json:"policyVersion"`
	Surface       string                     `json:"surface"`
	GPC           bool                       `json:"gpc"`
	AskedAt       time.Time                  `json:"askedAt"`
	Repeats       int                        `json:"repeats"` // how often the same was sent again
	RepeatedAt    time.Time                  `json:"repeatedAt,omitzero"`
	ConfirmedAt   time.Time                  `json:"confirmedAt,omitzero"` // once set, the consent record is in consents.json
	KeptUntil     time.Time                  `json:"keptUntil"`
}

// Mailbox is what is stored about the mails that the address got: the links to the page of its requests and choices, and the receipts for what
// was done on that page.
type Mailbox struct {
	Address      string    `json:"address,omitempty"`     // as it was typed; absent once it was erased
	Links        []Link    `json:"links"`                 // that may still open the page, or have until recently; oldest first
	LinksMailed  int       `json:"linksMailed"`           // so far, with those that were tried again
	Receipts     int       `json:"receipts"`              // so far
	MailedOn     time.Time `json:"mailedOn,omitzero"`     // the last UTC day on which mails were counted
	MailedThen   int       `json:"mailedThen"`            // mails of that day
	SessionUntil time.Time `json:"sessionUntil,omitzero"` // when the page closes, or closed, in the last browser; absent before a link is opened
	Untold       []Act     `json:"untold"`                // what was done on the page and no receipt has told yet, oldest first
	KeptUntil    time.Time `json:"keptUntil"`
}

// Link is one mailed link, without the hash of its token.
type Link struct {
	MailedAt time.Time `json:"mailedAt"`
	Accepted bool      `json:"accepted"`          // whether our provider took the mail; of a mail without an answer nobody knows
	OpenedAt time.Time `json:"openedAt,omitzero"` // for the first time
	Openings int       `json:"openings"`
}

// Act is something that was done on the page of an address.
type Act struct {
	At       time.Time                  `json:"at"`
	Kind     string                     `json:"kind"` // confirmed, decided, discarded, withdrawn, attached, contested, filed, limited, lifted, lapsed
	Request  string                     `json:"request,omitempty"`
	Right    privacy.Right              `json:"right,omitempty"`
	Scope    privacy.Scope              `json:"scope,omitempty"` // of a request to know
	DueAt    time.Time                  `json:"dueAt,omitzero"`  // the deadline of the request that was confirmed
	TimeZone string                     `json:"timeZone,omitempty"`
	Choices  map[privacy.Purpose]string `json:"choices,omitempty"` // granted, denied
}

// shown returns the data subject in the form that the bundle shows: an empty list is a list.
func (s Subject) shown() Subject {
	s.Addresses = append([]Address{}, s.Addresses...)
	s.IDs, s.Formerly = append([]SystemID{}, s.IDs...), append([]Former{}, s.Formerly...)
	s.PendingConsents = append([]PendingConsent{}, s.PendingConsents...)
	s = s.shownLimits()
	s.Erasures, s.Holds = append([]Erased{}, s.Erasures...), append([]Hold{}, s.Holds...)
	if s.Mailbox != nil {
		shown := *s.Mailbox
		shown.Links, shown.Untold = append([]Link{}, shown.Links...), append([]Act{}, shown.Untold...)
		s.Mailbox = &shown
	}
	return s
}

// asked returns the requests in the form that the bundle shows. Anybody can send a request with somebody else's address. So the
// text of a request that nobody has confirmed is shown to nobody, nor are the people whom it names, whether or not it has to be confirmed (promise H14,
// threat T32). The bundle says that the text exists; if the request has to be confirmed, it is deleted when the request lapses.
func asked(requests []Request) []Request {
	shown := make([]Request, len(requests))
	for i, r := range requests {
		r.HasDetails, r.Messages = r.Details != "" || len(r.Messages) > 0, slices.Clone(r.Messages)
		if r.ConfirmedAt.IsZero() {
			r.Details, r.Language, r.Child, r.Agent = "", "", "", nil
			for j := range r.Messages {
				r.Messages[j].Text, r.Messages[j].Hidden = "", true
			}
		}
		r.History = append([]Event{}, r.History...)
		r.Exports = append([]Attempt{}, r.Exports...)
		if r.Erasure != nil {
			shown := *r.Erasure
			shown.Kinds, shown.Systems = append([]ErasedKind{}, shown.Kinds...), append([]ErasingSystem{}, shown.Systems...)
			r.Erasure = &shown
		}
		for j := range r.Exports {
			r.Exports[j].Downloads = append([]time.Time{}, r.Exports[j].Downloads...)
		}
		shown[i] = r
	}
	return shown
}

// personal writes what is stored about the data subject besides records and consents. It belongs to an answer to access only:
// requests are kept because the law demands it, and GDPR Art. 20(1)(a) does not make such data portable.
func (b *bundle) personal(v *view) error {
	requests, who := asked(b.in.Requests), b.in.Subject.shown()
	made, err := encoded(requests)
	if err != nil {
		return err
	}
	subject, err := encoded([]Subject{who})
	if err != nil {
		return err
	}
	about := subjectKnown(b.in.Policy)
	about.Text = strings.Join(append([]string{about.Text}, restricted(b.in.Policy, who.Restrictions)...), " ")
	about.items = subject
	v.Documents = append(v.Documents, requestsMade(b.in.Policy).counted(made), about)
	if err := b.document("requests.json", requests); err != nil {
		return err
	}
	return b.document("subject.json", who)
}
