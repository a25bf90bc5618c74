package limit

import "slices"

// MailsPerDay is the most mails with links that one address gets on one UTC day, no matter who asks for them (threat T09). Requests with a
// right and consents by address share this limit. Three are enough for a person who loses a mail or makes a typing mistake, and too few to
// flood a mailbox.
const MailsPerDay = 3

// Day counts the mails to one address on one UTC day. Each mail is known by the id of the request or the consent that it is about.
type Day struct {
	Mailed []string // ids of the mails that left on the day, or are about to
	Begun  []string // ids of the mails that were first tried on the day, accepted or not
}

// May reports whether the mail with the id may leave on the day. A mail that the day has already counted is not counted again, so that a run
// that was killed can be repeated. again says that the mail was tried before and not accepted. Such a mail needs room only among the mails
// of the day. A new mail also needs room among those that were first tried on the day. Otherwise a flood of mails to one address, sent while
// SES refuses mails, would fill a queue that lasts for weeks (fault F23).
//
// later says that a mail which may not leave should wait for another day. It is true if the mail was tried before, if its first try was on
// this day, or if mails that are tried again use up the day's mails. It is false if as many other mails as the limit allows were first tried
// on this day.
func (d Day) May(id string, again bool) (may, later bool) {
	begins := again || room(d.Begun, id)
	may = begins && room(d.Mailed, id)
	return may, !may && begins
}

// With returns the day with the mail counted. Call [Day.May] first.
func (d Day) With(id string, again bool) Day {
	d.Mailed = add(d.Mailed, id)
	if !again {
		d.Begun = add(d.Begun, id)
	}
	return d
}

// Without returns the day without a mail that was refused and did not leave. The mail still counts as first tried on the day.
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
