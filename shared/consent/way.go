package consent

// Way is what happens to a decision that somebody sends.
type Way int

// The ways.
const (
	// RecordNow records the decision: a visitor id is known only to the website that made it.
	RecordNow Way = iota
	// ConfirmFirst lets the decision wait for the button in a mail, since anybody can type any address (promise C02).
	ConfirmFirst
	// RefuseForAge denies everything: nobody under 16 consents here. Nothing about the person is read further, stored or logged (promise I01).
	RefuseForAge
)

// WayOf returns the way of a decision by how its sender names the data subject, and by whether they say that the person is under 16. The age
// comes first: what else was sent is not looked at then, and may be wrong.
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
