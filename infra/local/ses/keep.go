package ses

// Keep puts accepted mails into the mailbox. It is what [Options.Keep] needs.
func (b *Mailbox) Keep(mails ...Mail) error { return b.add(mails...) }
