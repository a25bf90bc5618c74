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
	nobody        bool // only of an alias that stands for nobody
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
	{consents, "v#<SHA-256(visitor)>", "<version, 10 digits>", policy.ConsentRecord, false},
	{consents, "e#<sid>", "<version, 10 digits>", policy.ConsentRecord, false},
	{subjects, "i#<keyVersion>#<HMAC(address)>", "ALIAS", policy.DetachedAddress, true},
	{subjects, "i#<keyVersion>#<HMAC(address)>", "ALIAS", policy.SubjectAlias, false},
	{subjects, "x#<keyVersion>#<HMAC(client, id)>", "ALIAS", policy.SubjectAlias, false},
	{subjects, "s#<sid>", "!state", policy.SubjectState, false},
	{requests, "r#<id>", "REQUEST", policy.Request, false},
	{requests, "r#<id>", "EVENT#<n>", policy.RequestEvent, false},
	{requests, "r#<id>", "EXPORT#<attempt>", policy.ExportAttempt, false},
	{requests, "r#<id>", "ERASURE", policy.ErasurePlan, false},
	{requests, "c#<id>", "CONSENT", policy.Confirmation, false},
	{requests, "m#<HMAC(address)>", "REQUEST#<id>", policy.MailboxEntry, false},
	{requests, "s#<sid>", "REQUEST#<id>", policy.MailboxEntry, false},
	{requests, "m#<HMAC(address)>", "PENDING#<id>", policy.Confirmation, false},
	{requests, "m#<HMAC(address)>", "CHANGE#<id>", policy.IdentityChange, false},
	{requests, "y#<id>", "CHANGE", policy.IdentityChange, false},
	{requests, "m#<HMAC(address)>", "MAILBOX", policy.MailboxLink, false},
	{requests, "l#<id>", "LINK", policy.LinkWish, false},
	{requests, "s#<sid>", "STEP#consent", policy.WorkStep, false},
	{requests, "s#<sid>", "STEP#walk", policy.WorkStep, false},
	{requests, "r#<id>", "TASK#<kind>", policy.WorkStep, false},
	{requests, "limit#<HMAC>#<day>", "<kind or minute>", policy.ClientCounter, false},
	{ledger, "report#<year>", "<sweptAt>#<id>", policy.RetentionReport, false},
	{ledger, "audit#<day>", "<at>#<id>", policy.AuditEntry, false},
	{ledger, "replay#<day>", "<at>#<id>", policy.ReplayEntry, false},
	{ledger, "lease", "sweep", policy.SweepLease, false},
	{ledger, "cursor", "own", policy.SweepCursor, false},
	{ledger, "remind", "last", policy.SweepCursor, false},
	{notices, "n#<version>", "META", policy.NoticeCampaign, false},
	{notices, "n#<version>", "CLAIM#<n, 10 digits>", policy.NoticeClaim, false},
	{notices, "n#<version>", "EVENTS", policy.NoticeCampaign, false},
	{notices, "n#<version>#<00-63>", "i#<keyVersion>#<HMAC(address)>", policy.NoticeRecipient, false},
}

// kindOf returns the kind of an item, by its table and key. nobody says that no data subject is named by the item, which counts for an alias.
func kindOf(table, pk, sk string, nobody bool) policy.Kind {
	for _, k := range keys {
		if k.table == table && matches(k.pk, pk) && matches(k.sk, sk) && (nobody || !k.nobody) {
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
