package consent

// Way is what happens to a decision that somebody sends.
type Way int

// The ways.
const (
	// RecordNow records the decision at once, because a visitor id is known only to the website that made it.
	RecordNow Way = iota
	// ConfirmFirst lets the decision wait for the button in a mail, since anybody can type any address (promise C02).
	ConfirmFirst
	// RefuseForAge denies everything, because nobody under 16 consents here. Nothing more about the person is read, and nothing is stored or
	// logged (promise I01).
	RefuseForAge
)

// WayOf returns the way of a decision. It depends on how the sender names the data subject, and on whether they say that the person is under
// 16. The age comes first, and nothing else that was sent is checked then.
func WayOf(who Who, under16 bool) Way {
	switch {
	case under16:
		return RefuseForAge
	case who.ByEmail():
		return ConfirmFirst
	default:
		return RecordNow
	}
}
