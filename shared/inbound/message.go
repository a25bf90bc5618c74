package inbound

// Message is what is read of a mail to the privacy address. Whatever the mail looks like, something can be read of it: what cannot be read is empty.
type Message struct {
	From        string   // the address in the field From, as it is written there, without its display name; empty unless there is exactly one
	Subject     string   // decoded, one line without control characters; empty if there is none
	Text        string   // what a person reads: UTF-8 with "\n" between lines, of an HTML mail its words; no attachments. At most MaxText bytes
	Cut         bool     // some of the text is missing: it was too long, or could not be read
	Attachments int      // parts that are not the text: files, pictures, calendar entries, what is encrypted; they are not read
	Machine     Machine  // what shows that a machine wrote the mail; empty for the mail of a person
	Answers     []string // the ids of the messages that it answers (the fields In-Reply-To and References), without angle brackets; at most MaxAnswers
}

// What is read of a mail at most.
const (
	MaxText    = 256 << 10 // bytes of the text that are read; far more than is stored of it
	MaxAnswers = 64        // the newest ones count
)

// Machine is what shows that no person has written a mail, so that nobody may be mailed because of it (RFC 3834).
type Machine string

// What shows it.
const (
	Person    Machine = ""
	Automatic Machine = "automatic" // an automatic reply or a notification: Auto-Submitted, or what other systems write for it
	List      Machine = "list"      // a mailing list or a bulk mail: List-Id, Precedence and the like
	Report    Machine = "report"    // a bounce or a delivery report: an empty return path, multipart/report, a mailer daemon
	Own       Machine = "own"       // a mail of this service
)
