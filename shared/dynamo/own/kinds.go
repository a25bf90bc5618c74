package own

import (
	"slices"
	"strings"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/retention"
)

// key says which kind the items of a key are. Table, PK and SK are spelt as in the table of keys of package dynamo, and a test compares
// the two: a key that is missing here, or is too many, fails it.
type key struct {
	table, pk, sk string
	kind          policy.Kind
}

// Logical ids of the tables, as template.yaml has them.
const (
	consents = "ConsentsTable"
	subjects = "SubjectsTable"
	requests = "RequestsTable"
	ledger   = "LedgerTable"
)

// keys lists every key outside of RecordsTable, whose items are the categories'.
var keys = [...]key{
	{consents, "v#<SHA-256(visitor)>", "<version, 10 digits>", policy.ConsentRecord},
	{consents, "e#<sid>", "<version, 10 digits>", policy.ConsentRecord},
	{subjects, "i#<keyVersion>#<HMAC(address)>", "ALIAS", policy.SubjectAlias},
	{subjects, "s#<sid>", "!state", policy.SubjectState},
	{requests, "r#<id>", "REQUEST", policy.Request},
	{requests, "r#<id>", "EVENT#<n>", policy.RequestEvent},
	{requests, "r#<id>", "CHALLENGE#<n>", policy.Challenge},
	{requests, "r#<id>", "EXPORT#<attempt>", policy.ExportAttempt},
	{requests, "r#<id>", "TASK#<kind>", policy.WorkStep},
	{requests, "c#<id>", "CONSENT", policy.Confirmation},
	{requests, "m#<HMAC(address)>", "REQUEST#<id>", policy.MailboxEntry},
	{requests, "m#<HMAC(address)>", "PENDING#<id>", policy.Confirmation},
	{requests, "s#<sid>", "STEP#consent", policy.WorkStep},
	{requests, "s#<sid>", "STEP#walk", policy.WorkStep},
	{requests, "limit#<HMAC>#<day>", "<kind or minute>", policy.ClientCounter},
	{ledger, "report#<year>", "<sweptAt>#<id>", policy.RetentionReport},
	{ledger, "audit#<day>", "<at>#<id>", policy.AuditEntry},
	{ledger, "lease", "sweep", policy.SweepLease},
	{ledger, "cursor", "own", policy.SweepCursor},
}

// kindOf returns the kind of an item of a table.
func kindOf(table, pk, sk string) policy.Kind {
	for _, k := range keys {
		if k.table == table && matches(k.pk, pk) && matches(k.sk, sk) {
			return k.kind
		}
	}
	return retention.UnknownKind
}

// matches reports whether a key has a pattern's form, as far as its first placeholder.
func matches(pattern, text string) bool {
	fixed, _, open := strings.Cut(pattern, "<")
	return text == fixed || open && strings.HasPrefix(text, fixed)
}

// Kinds lists the kinds of the tables, in the order of [keys].
func (*Store) Kinds() []policy.Kind {
	var kinds []policy.Kind
	for _, k := range keys {
		if !slices.Contains(kinds, k.kind) {
			kinds = append(kinds, k.kind)
		}
	}
	return kinds
}

// Tables names the tables by their logical ids.
func (*Store) Tables() []string { return []string{consents, subjects, requests, ledger} }
