package own

import (
	"slices"
	"strings"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/retention"
)

// key says which kind the items under a key are. Table, PK and SK are spelt as in the table of keys of package dynamo. A test fails
// if the two lists differ.
type key struct {
	table, pk, sk string
	kind          policy.Kind
}

// The logical ids of the tables, as in template.yaml.
const (
	consents = "ConsentsTable"
	subjects = "SubjectsTable"
	requests = "RequestsTable"
	ledger   = "LedgerTable"
	notices  = "NoticesTable"
)

// keys lists every key outside RecordsTable. The items of RecordsTable belong to the categories instead.
var keys = [...]key{
	{consents, "v#<SHA-256(visitor)>", "<version, 10 digits>", policy.ConsentRecord},
	{consents, "e#<sid>", "<version, 10 digits>", policy.ConsentRecord},
	{subjects, "i#<keyVersion>#<HMAC(address)>", "ALIAS", policy.SubjectAlias},
	{subjects, "s#<sid>", "!state", policy.SubjectState},
	{requests, "r#<id>", "REQUEST", policy.Request},
	{requests, "r#<id>", "EVENT#<n>", policy.RequestEvent},
	{requests, "r#<id>", "EXPORT#<attempt>", policy.ExportAttempt},
	{requests, "c#<id>", "CONSENT", policy.Confirmation},
	{requests, "m#<HMAC(address)>", "REQUEST#<id>", policy.MailboxEntry},
	{requests, "s#<sid>", "REQUEST#<id>", policy.MailboxEntry},
	{requests, "m#<HMAC(address)>", "PENDING#<id>", policy.Confirmation},
	{requests, "m#<HMAC(address)>", "MAILBOX", policy.MailboxLink},
	{requests, "l#<id>", "LINK", policy.LinkWish},
	{requests, "s#<sid>", "STEP#consent", policy.WorkStep},
	{requests, "s#<sid>", "STEP#walk", policy.WorkStep},
	{requests, "r#<id>", "TASK#<kind>", policy.WorkStep},
	{requests, "limit#<HMAC>#<day>", "<kind or minute>", policy.ClientCounter},
	{ledger, "report#<year>", "<sweptAt>#<id>", policy.RetentionReport},
	{ledger, "audit#<day>", "<at>#<id>", policy.AuditEntry},
	{ledger, "lease", "sweep", policy.SweepLease},
	{ledger, "cursor", "own", policy.SweepCursor},
	{notices, "n#<version>", "META", policy.NoticeCampaign},
	{notices, "n#<version>", "CLAIM#<n, 10 digits>", policy.NoticeClaim},
	{notices, "n#<version>", "EVENTS", policy.NoticeCampaign},
	{notices, "n#<version>#<00-63>", "<keyVersion>#<HMAC(address)>", policy.NoticeRecipient},
}

// kindOf returns the kind of an item, by its table and key.
func kindOf(table, pk, sk string) policy.Kind {
	for _, k := range keys {
		if k.table == table && matches(k.pk, pk) && matches(k.sk, sk) {
			return k.kind
		}
	}
	return retention.UnknownKind
}

// matches reports whether a key has the form of a pattern, up to the pattern's first placeholder.
func matches(pattern, text string) bool {
	fixed, _, open := strings.Cut(pattern, "<")
	return text == fixed || open && strings.HasPrefix(text, fixed)
}

// Kinds lists the kinds that the tables contain, in the order of [keys].
func (*Store) Kinds() []policy.Kind {
	var kinds []policy.Kind
	for _, k := range keys {
		if !slices.Contains(kinds, k.kind) {
			kinds = append(kinds, k.kind)
		}
	}
	return kinds
}

// Tables lists the logical ids of the tables.
func (*Store) Tables() []string { return []string{consents, subjects, requests, ledger, notices} }
