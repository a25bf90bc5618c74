package own

import (
	"slices"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/retention"
)

// documented is a line of the table of keys in package dynamo.
type documented struct{ table, pk, sk, index string }

func documentedKeys(t *testing.T) (all []documented) {
	t.Helper()
	for line := range strings.Lines(dynamo.Keys) {
		columns := strings.Split(strings.TrimSpace(strings.TrimPrefix(line, "//")), "|")
		if len(columns) != 5 || strings.HasPrefix(columns[0], "Keys:") {
			continue
		}
		for i := range columns {
			columns[i] = strings.TrimSpace(columns[i])
		}
		all = append(all, documented{columns[0], columns[1], columns[2], columns[4]})
	}
	if len(all) < 15 {
		t.Fatalf("%d keys are documented: this test looks in the wrong place", len(all))
	}
	return all
}

// A key without a kind would appear in no report. RecordsTable is left out, because its items are found through its index "due".
func TestPromise_F08_EveryKeyHasAKind(t *testing.T) {
	claimed := map[documented]int{}
	for _, k := range keys {
		if !k.nobody { // beside another kind with the same key
			claimed[documented{k.table, k.pk, k.sk, ""}]++
		}
	}
	for _, d := range documentedKeys(t) {
		if d.table == records {
			if d.index != "due" {
				t.Errorf("%s %s %s is found by no sweep", d.table, d.pk, d.sk)
			}
			continue
		}
		d.index = ""
		if claimed[d] != 1 {
			t.Errorf("%d kinds claim %s %s %s", claimed[d], d.table, d.pk, d.sk)
		}
		delete(claimed, d)
	}
	for d := range claimed {
		t.Errorf("%s %s %s is not in the table of keys", d.table, d.pk, d.sk)
	}
}

// records is the table of the categories.
const records = "RecordsTable"

// TestPromise_F08_EveryKindIsStoredWhereTheInventorySays compares the tables of the inventory with the keys. A kind has a key in each table
// that its row names, and in no other. The keys of categories are in RecordsTable, where the sort key begins with the category.
func TestPromise_F08_EveryKindIsStoredWhereTheInventorySays(t *testing.T) {
	stored := map[policy.Kind][]string{}
	for _, k := range keys {
		if !slices.Contains(stored[k.kind], k.table) {
			stored[k.kind] = append(stored[k.kind], k.table)
		}
	}
	for _, category := range privacy.Categories {
		stored[policy.Kind(category)] = []string{records}
	}
	for _, row := range policy.Inventory {
		tables := slices.DeleteFunc(slices.Clone(row.Places), func(place string) bool {
			return place != records && !slices.Contains((*Store)(nil).Tables(), place)
		})
		if !slices.Equal(stored[row.Kind], tables) {
			t.Errorf("%s has keys in %q, the inventory says %q", row.Kind, stored[row.Kind], tables)
		}
		delete(stored, row.Kind)
	}
	for kind := range stored {
		t.Errorf("%s has a key and no row in the inventory", kind)
	}
}

func TestTheKindFollowsFromTheKey(t *testing.T) {
	for _, c := range []struct {
		table, pk, sk string
		want          policy.Kind
	}{
		{consents, "v#9f86d081", "0000000001", policy.ConsentRecord},
		{consents, "e#anna", "0000000012", policy.ConsentRecord},
		{subjects, "i#1#aGFzaA", "ALIAS", policy.SubjectAlias},
		{subjects, "x#1#aGFzaA", "ALIAS", policy.SubjectAlias},
		{subjects, "s#anna", "!state", policy.SubjectState},
		{subjects, "s#anna", "!state2", retention.UnknownKind},
		{requests, "r#019a", "REQUEST", policy.Request},
		{requests, "r#019a", "EVENT#12", policy.RequestEvent},
		{requests, "r#019a", "CHALLENGE#1", retention.UnknownKind},
		{requests, "m#aGFzaA", "MAILBOX", policy.MailboxLink},
		{requests, "m#aGFzaA", "CHANGE#019a", policy.IdentityChange},
		{requests, "y#019a", "CHANGE", policy.IdentityChange},
		{requests, "y#019a", "CHANGE#1", retention.UnknownKind},
		{requests, "m#aGFzaA", "REQUEST#019a", policy.MailboxEntry},
		{requests, "m#aGFzaA", "PENDING#019a", policy.Confirmation},
		{requests, "m#aGFzaA", "MAILBOX#1", retention.UnknownKind},
		{requests, "l#019a", "LINK", policy.LinkWish},
		{requests, "l#019a", "CONSENT", retention.UnknownKind},
		{requests, "r#019a", "EXPORT#1", policy.ExportAttempt},
		{requests, "r#019a", "NEW#1", retention.UnknownKind},
		{requests, "c#019a", "CONSENT", policy.Confirmation},
		{requests, "m#aGFzaA", "MAILBOX", policy.MailboxLink},
		{requests, "l#019a", "LINK", policy.LinkWish},
		{requests, "s#anna", "STEP#walk", policy.WorkStep},
		{requests, "r#1", "TASK#inform", policy.WorkStep},
		{requests, "limit#aGFzaA#2026-11-23", "file#12:34", policy.ClientCounter},
		{ledger, "report#2026", "2026-11-23T12:00:00.000Z#1", policy.RetentionReport},
		{ledger, "lease", "sweep", policy.SweepLease},
		{ledger, "leased", "sweep", retention.UnknownKind},
		{ledger, "cursor", "own", policy.SweepCursor},
		{ledger, "r#019a", "REQUEST", retention.UnknownKind},
		{notices, "n#2026-12-01", "META", policy.NoticeCampaign},
		{notices, "n#2026-12-01", "EVENTS", policy.NoticeCampaign},
		{notices, "n#2026-12-01", "CLAIM#0000000017", policy.NoticeClaim},
		{notices, "n#2026-12-01#07", "i#1#aGFzaA", policy.NoticeRecipient},
	} {
		if got := kindOf(c.table, c.pk, c.sk, false); got != c.want {
			t.Errorf("%s %s %s is %s, not %s", c.table, c.pk, c.sk, got, c.want)
		}
	}
}

// An address that was taken away from everybody is a kind of its own: it must have an expiry. Nothing else depends on whom an item names.
func TestAnAddressOfNobodyIsAKindOfItsOwn(t *testing.T) {
	for _, k := range keys {
		pk, _, _ := strings.Cut(k.pk, "<")
		sk, _, _ := strings.Cut(k.sk, "<")
		want := kindOf(k.table, pk, sk, false)
		if pk == "i#" {
			want = policy.DetachedAddress
		}
		if got := kindOf(k.table, pk, sk, true); got != want {
			t.Errorf("%s %s %s of nobody is %s, not %s", k.table, k.pk, k.sk, got, want)
		}
	}
}
