package limit

import "slices"

// MailsPerDay is how many mails with links one address gets on one UTC day at most, whoever asks for them (threat T09). Requests with a right
// and consents by the address share them. Three are enough for a person who loses a mail or makes a typing mistake, and too few to flood a
// mailbox.
const MailsPerDay = 3

// Day is what one UTC day has seen of the mails to one address. Each mail is known by the id of the request or the consent that it is about.
type Day struct {
	Mailed []string // whose mails left on the day, or are about to
	Begun  []string // whose first try was on the day, whether or not the mail was accepted
}

// May reports whether the mail with the id may leave on the day. A mail that the day has counted is not counted again, so that a run that was
// killed can be repeated. again says that the mail was tried before and not accepted: such a mail needs room among the mails of the day only.
// A new one also needs room among those that were begun. Without this, whoever floods an address while SES refuses mails would fill a queue
// that lasts for weeks (fault F23).
//
// later reports, of a mail that may not leave, that it should wait for another day: it was tried before, or was begun on the day, or the day
// is taken by mails that are tried again. Any other mail has met the limit of its own day.
func (d Day) May(id string, again bool) (may, later bool) {
	begins := again || room(d.Begun, id)
	may = begins && room(d.Mailed, id)
	return may, !may && begins
}

// With returns the day after a mail was counted that May allowed.
func (d Day) With(id string, again bool) Day {
	d.Mailed = add(d.Mailed, id)
	if !again {
		d.Begun = add(d.Begun, id)
	}
	return d
}

// Without returns the day after a mail was refused and did not leave. It stays begun.
func (d Day) Without(id string) Day {
	d.Mailed = slices.DeleteFunc(slices.Clone(d.Mailed), func(other string) bool { return other == id })
	return d
}

// room reports whether the id is counted already or there is room for one more.
func room(counted []string, id string) bool {
	return len(counted) < MailsPerDay || slices.Contains(counted, id)
}

func add(counted []string, id string) []string {
	if slices.Contains(counted, id) {
		return counted
	}
	return append(slices.Clone(counted), id)
}
