package request

import "time"

// EventKind says what happened to a request. The words are those of the API.
type EventKind string

// What can happen to a request.
const (
	EventReceived      EventKind = "received" // of every request, by its ReceivedAt; no item is stored for it
	EventVerified      EventKind = "verified"
	EventExporting     EventKind = "exporting"
	EventStopped       EventKind = "stopped"
	EventRetried       EventKind = "retried"
	EventAnswered      EventKind = "answered"
	EventNothingStored EventKind = "nothing_held"
	EventWithdrawn     EventKind = "withdrawn"
	EventLapsed        EventKind = "lapsed"
	EventRepeated      EventKind = "repeated"  // it only repeated another request, which counts it
	EventDiscarded     EventKind = "discarded" // the holder of the address did not file it
	EventForTeam       EventKind = "for_team"  // the service may not answer it by itself, so it waits for the team (threats T27, T33)
	EventWaits         EventKind = "waits"     // its address is new, so its answer is put off (threat T33)
	EventJoined        EventKind = "joined"    // a mail was added to the request that it answers; the history of both says so
	EventImposed       EventKind = "in_force"  // what it forbids is forbidden from now on
	EventLifted        EventKind = "lifted"    // what it forbade is allowed again

	EventPlanned EventKind = "planned" // what an erasure will do is decided, and waits for the person
	EventAgreed  EventKind = "agreed"  // the person has agreed to what an erasure will do
	EventErasing EventKind = "erasing" // the erasure has begun
	EventErased  EventKind = "erased"  // everything is erased that could be
	EventEnded   EventKind = "ended"   // another request's erasure has ended this one: what it asked for is erased

	EventLinkReturned   EventKind = "link_returned"   // the mail with the link to confirm came back, or SES did not send it (fault F24)
	EventAnswerReturned EventKind = "answer_returned" // the same of the mail with the answer
	EventAgreedReturned EventKind = "agreed_returned" // the same of a mail that says how an erasure can be cancelled
)

// Event is a line of the request's history.
type Event struct {
	N         int // 1 for the first
	At        time.Time
	Kind      EventKind
	ExpiresAt time.Time
	Mail      string // the part of the mail ([feedback.Mail]) that came back, or that was the answer; empty for other kinds
	Reason    string // why the mail came back, in SES's words in snake case, or why the request waits for the team; empty for other kinds
}

// Record returns the next event of the request, and counts it. An event that is written before the answer cannot know the day of the answer.
// So the retention of each event starts with the receipt of the request (promise F08).
func (r *Request) Record(kind EventKind, at time.Time) Event {
	r.Events++
	return Event{N: r.Events, At: at, Kind: kind, ExpiresAt: r.Terms.History.After(r.ReceivedAt)}
}

// AddTo implements [Item].
func (e Event) AddTo(file *File) {
	file.Events = Place(file.Events, e, func(a, b Event) int { return a.N - b.N })
}
