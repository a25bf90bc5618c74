package policy

import (
	"slices"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Stored is a row of the inventory: a kind, where it is stored, and which duties about stored data cover it. Its retention rule is the row
// of the schedule that names the kind ([Policy.RetentionOf]).
type Stored struct {
	Kind     Kind
	Places   []string // tables, buckets, log groups and queues, by their logical ids in template.yaml; none while nothing writes the kind
	Holds    string   // what an item holds
	Personal bool     // whether it holds personal data, be it only a random id or a keyed hash of a person (GDPR Art. 4(1), 4(5))

	File    string // the file of the bundle in which an answer to access shows it; empty if none does
	Omitted string // why no answer to access shows it; empty if one does

	Unreported string // why the sweep's report has no row of it; empty if it has one

	Untouched string // why no erasure looks for it; empty if one does, and erases it or counts what is withheld
}

// Reasons that several rows share.
const (
	notPersonal = "It holds no personal data."
	logsExpire  = "CloudWatch Logs and SQS delete by themselves. Neither can be asked what it has not deleted yet."
)

// Inventory lists every kind that is stored, once: the categories in their order, then the service's own kinds. Tests compare it with the
// tables, buckets, log groups and queues of template.yaml, with the keys of package dynamo, with the sources of packages export and erasure, and with
// the rows of a report, so that no kind is left out of an answer to access, of an erasure or of a sweep by oversight (promises F07, F08, H01, H03).
var Inventory = [...]Stored{
	{Kind: Kind(privacy.Identity), Places: []string{"RecordsTable"}, Holds: "Who a person is.", Personal: true, File: "data/identity.json"},
	{Kind: Kind(privacy.Contact), Places: []string{"RecordsTable"}, Holds: "How to reach a person.", Personal: true, File: "data/contact.json"},
	{Kind: Kind(privacy.Account), Places: []string{"RecordsTable"}, Holds: "A customer's account.", Personal: true, File: "data/account.json"},
	{Kind: Kind(privacy.Preference), Places: []string{"RecordsTable"}, Holds: "A customer's settings.", Personal: true, File: "data/preference.json"},
	{Kind: Kind(privacy.Transaction), Places: []string{"RecordsTable"}, Holds: "What a customer ordered and paid.", Personal: true, File: "data/transaction.json"},
	{Kind: Kind(privacy.Communication), Places: []string{"RecordsTable"}, Holds: "Conversations with a person.",
		Personal: true, File: "data/communication.json"},
	{Kind: Kind(privacy.Marketing), Places: []string{"RecordsTable"}, Holds: "What a person is sent as marketing.", Personal: true, File: "data/marketing.json"},
	{Kind: Kind(privacy.Analytics), Places: []string{"RecordsTable"}, Holds: "Counts of visits in one day.", Omitted: notPersonal, Untouched: notPersonal},
	{Kind: Kind(privacy.SecurityLog), Places: []string{"RecordsTable"}, Holds: "Logins and other events of a person's account.",
		Personal: true, File: "data/security_log.json"},

	// A visitor is known by the hash of a random id that only their browser has. No request by address leads to it (GDPR Art. 11(2)), so
	// the browser itself reads these records, with GET /v1/consents/{visitor}.
	{Kind: ConsentRecord, Places: []string{"ConsentsTable"}, Holds: "What a person decided about the purposes that need consent, and when.",
		Personal: true, File: "consents.json"},
	{Kind: Request, Places: []string{"RequestsTable"}, Holds: "A request with a right: the address, the text or the mails, the state.",
		Personal: true, File: "requests.json"},
	{Kind: RequestEvent, Places: []string{"RequestsTable"}, Holds: "A line of a request's history.",
		Personal: true, File: "requests.json"},
	{Kind: Confirmation, Places: []string{"RequestsTable"}, Holds: "A consent by address that waits for its button.",
		Personal: true, File: "subject.json"},
	{Kind: MailboxEntry, Places: []string{"RequestsTable"}, Holds: "A keyed hash of an address or the random id of a person, and the id of a request or of a waiting consent.",
		Personal: true, Omitted: "It only leads to the requests in requests.json and to the waiting consents in subject.json."},
	{Kind: MailboxLink, Places: []string{"RequestsTable"}, Holds: "An address that was mailed a link, or is about to be, the keyed hashes of its links, and what was done with them and no mail has told yet.",
		Personal: true, File: "subject.json"},
	{Kind: LinkWish, Places: []string{"RequestsTable"}, Holds: "An address to which somebody wants a link mailed, until the mail is on its way.",
		Personal: true, Omitted: "It is deleted within minutes, and what follows from it is in subject.json."},
	{Kind: ExportAttempt, Places: []string{"RequestsTable"}, Holds: "An attempt at an export: its state, its size and its downloads.",
		Personal: true, File: "requests.json"},
	{Kind: ExportObject, Places: []string{"ExportBucket"}, Holds: "A sealed bundle.",
		Personal: true, Omitted: "It is an answer itself, and only its mailed link opens it. Its attempt is in requests.json."},
	{Kind: ErasurePlan, Places: []string{"RequestsTable"}, Holds: "What an erasure will do or has done: counts, grounds and dates by kind, and which systems have to erase it too.",
		Personal: true, File: "requests.json"},
	{Kind: ClientCounter, Places: []string{"RequestsTable"}, Holds: "A keyed hash of a client, and how often it was counted in a minute.",
		Personal: true, Omitted: "Nobody can tell whose client it was (GDPR Art. 11(2)).",
		Untouched: "Nobody can tell whose client it was, and it is gone after a day."},
	{Kind: SubjectAlias, Places: []string{"SubjectsTable"}, Holds: "An address of a person, in a spelling on record, or a keyed hash of the id that a system uses for a person.",
		Personal: true, File: "subject.json"},
	{Kind: SubjectState, Places: []string{"SubjectsTable"}, Holds: "What decides how long a person's data is kept, and since when they are known.",
		Personal: true, File: "subject.json"},
	{Kind: DetachedAddress, Places: []string{"SubjectsTable"}, Holds: "An address that was taken away from a person, and may have another owner by now.",
		Personal: true, Omitted: "It leads to nobody any more. Its new owner may not learn of the person, nor the person of its new owner."},
	{Kind: IdentityChange, Places: []string{"RequestsTable"}, Holds: "A change of the addresses or ids that lead to a person, and who is told of it.",
		Personal: true, Omitted: "Everybody whom it concerns is told by mail. What it changed is in subject.json."},
	{Kind: WorkStep, Places: []string{"RequestsTable"}, Holds: "The random id of a person, and which step is still due.",
		Personal: true, Omitted: "It says nothing besides what consents.json and subject.json say, and ends with the step.",
		Untouched: "It has a random id at most, and ends with the step."},
	{Kind: SweepLease, Places: []string{"LedgerTable"}, Holds: "Until when a sweep may run.", Omitted: notPersonal, Untouched: notPersonal},
	{Kind: SweepCursor, Places: []string{"LedgerTable"}, Holds: "The key at which the last sweep stopped, which may be the random id of a person.",
		Personal: true, Omitted: "It says nothing about the person. The item that has the key is a kind of its own.",
		Untouched: "It has a key at most, and the next sweep replaces it."},
	{Kind: RetentionReport, Places: []string{"LedgerTable"}, Holds: "Counts and dates by kind.", Omitted: notPersonal, Untouched: notPersonal},
	{Kind: AuditEntry, Places: []string{"LedgerTable"}, Holds: "Which member of staff, which system or the holder of which address did what, about which request or which person, by random ids and keyed hashes.", Personal: true,
		Omitted:   "The history in requests.json and the addresses, ids and joins in subject.json show what came of it. The entry adds who did it, which concerns somebody else (GDPR Art. 15(4)).",
		Untouched: "The log of what was done must be whole. It has random ids and keyed hashes."},
	{Kind: ReplayEntry, Places: []string{"LedgerTable"}, Holds: "What was taken away from a person, by a random id and keyed hashes, to be done again after a restore.", Personal: true,
		Omitted:   "It repeats what subject.json, consents.json and requests.json show, for a restored copy of the tables.",
		Untouched: "It is what keeps the person erased after a restore."},
	{Kind: NoticeCampaign, Places: []string{"NoticesTable"}, Holds: "A campaign of notices about a policy version: its state, its progress, its counts.", Omitted: notPersonal, Untouched: notPersonal},
	{Kind: NoticeRecipient, Places: []string{"NoticesTable"}, Holds: "A keyed hash of an address, and what became of the notice that was mailed to it.", Personal: true,
		Omitted:   "It says that the address was mailed a notice that everybody can read, and what became of that mail.",
		Untouched: "It has a keyed hash of an address, and proves that the person was told."},
	{Kind: NoticeClaim, Places: []string{"NoticesTable"}, Holds: "The keyed hashes of the addresses of one call to SES.", Personal: true,
		Omitted:   "It says nothing besides what the recipients of the notice say.",
		Untouched: "It has keyed hashes of addresses, and ends with the campaign."},
	{Kind: MailEvent, Places: []string{"MailEvents", "FailedMailEvents"}, Holds: "What SES reports about one mail: the address, and whether the mail arrived.", Personal: true,
		Omitted:    "A report is deleted as soon as it is dealt with. What followed from it is in requests.json and consents.json.",
		Unreported: logsExpire, Untouched: "Nobody can look for one message of a queue."},
	{Kind: InboundMail, Places: []string{"InboundBucket", "InboundMails", "FailedInboundMails"}, Holds: "A mail to the privacy address, as it arrived.", Personal: true,
		Omitted:    "What the person wrote is in requests.json once they have confirmed it. The rest is what mail servers added, and whatever was attached, which nobody reads.",
		Unreported: "S3 and SQS delete what the function inbox has not deleted. Neither can be asked what it has not deleted yet.",
		Untouched:  "A mail is deleted when its request is confirmed or lapses, and after 30 days at the latest. An erasure ends what waits behind an address, and its mails go with it."},
	{Kind: ServiceLog, Places: []string{"FunctionLogs", "AccessLogs", "FailedEvents"},
		Holds:      "What the service did, with random ids and keyed hashes at most; routes and status codes; positions of events that were not delivered.",
		Personal:   true,
		Omitted:    "An id says only that something was done about a request or a record that the answer shows.",
		Unreported: logsExpire, Untouched: "Nobody can look for one person in it. It has random ids and keyed hashes at most."},
}

// StoredKinds returns every kind of the inventory, in its order. Validation refuses a policy that leaves one of them without a row in the
// retention schedule (promise F08).
func StoredKinds() []Kind {
	kinds := make([]Kind, len(Inventory))
	for i, row := range Inventory {
		kinds[i] = row.Kind
	}
	return kinds
}

// OwnKinds returns the kinds that the service stores besides the categories.
func OwnKinds() []Kind { return slices.DeleteFunc(StoredKinds(), Kind.IsCategory) }
