package retention

import (
	"context"
	"iter"
	"log/slog"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
)

// OwnItem is what a survey knows of an item that the service keeps for itself.
type OwnItem struct {
	PK, SK     string
	Kind       policy.Kind // UnknownKind if the key belongs to no kind
	ExpiresAt  time.Time   // zero if there is none, or if TTL cannot read it
	Unreadable bool        // there is an expiry, but TTL does not read its type or its unit (fault F10)
}

// UnknownKind stands in a report for items whose key belongs to no kind: a newer version of the service has written them.
const UnknownKind policy.Kind = "unknown"

// Position is the key of the item at which a survey of a table stopped. The zero Position is the beginning of the table.
type Position struct{ PK, SK string }

// Page is a part of a table.
type Page struct {
	Items []OwnItem
	Next  Position // where the rest begins
	Last  bool     // there is no rest
}

// Own is what a survey needs of the tables that hold the service's own kinds.
type Own interface {
	// Tables names the tables.
	Tables() []string
	// Kinds lists the kinds that the tables hold.
	Kinds() []policy.Kind
	// Pages yields a table from the position on. Each page costs a bounded read; items may be a moment old.
	Pages(ctx context.Context, table string, from Position) iter.Seq2[Page, error]
}

const (
	pagesPerTable = 8              // pages that one survey reads of a table: 8 MB at most
	ownLate       = 72 * time.Hour // TTL takes days; an item later than this is logged and raises the alarm (promise F07, fault F09)
	ttlYears      = 5              // TTL does not delete what expired longer ago (fault F10)
)

// Survey looks at what the service keeps for itself. It deletes nothing, because DynamoDB's TTL does that. It finds the items that TTL is
// late to delete, and those that TTL never deletes (promises F07, F08; faults F09, F10).
type Survey struct {
	Own      Own
	Policy   func(now time.Time) *policy.Policy // policy.InForce
	Now      func() time.Time
	Deadline time.Time // when the function's time runs out; zero means never
}

// Run looks at a bounded part of each table, from the position at which the last survey stopped. It returns a row for each kind, and the
// positions at which the next survey goes on. A table without a position is read from its beginning. An error in one table does not stop the
// others, and the row counts what was read before the error.
func (s Survey) Run(ctx context.Context, from map[string]Position) (rows []OwnReport, next map[string]Position, failed error) {
	l := look{now: s.Now().UTC(), rows: map[policy.Kind]*OwnReport{}}
	next = map[string]Position{}
	for _, table := range s.Own.Tables() {
		position, err := s.table(ctx, table, from[table], &l)
		failed = first(failed, err)
		if position != (Position{}) {
			next[table] = position
		}
	}
	for _, kind := range s.Own.Kinds() {
		rows = append(rows, *l.row(kind))
		rows[len(rows)-1].Rule = s.Policy(l.now).RetentionOf(kind).ID
	}
	if unknown, seen := l.rows[UnknownKind]; seen {
		rows = append(rows, *unknown)
	}
	return rows, next, failed
}

// table looks at a part of a table and returns where the rest begins.
func (s Survey) table(ctx context.Context, table string, at Position, l *look) (Position, error) {
	if outOfTime(s.Now(), s.Deadline) {
		return at, nil
	}
	pages := 0
	for page, err := range s.Own.Pages(ctx, table, at) {
		if err != nil {
			return at, err
		}
		for _, item := range page.Items {
			l.item(ctx, item)
		}
		if at = page.Next; page.Last {
			return Position{}, nil
		}
		if pages++; pages == pagesPerTable || outOfTime(s.Now(), s.Deadline) {
			break
		}
	}
	return at, nil
}

// look is what a survey has seen so far.
type look struct {
	now  time.Time
	rows map[policy.Kind]*OwnReport
}

func (l *look) row(kind policy.Kind) *OwnReport {
	if l.rows[kind] == nil {
		l.rows[kind] = &OwnReport{Kind: kind}
	}
	return l.rows[kind]
}

// item counts an item. The log names the first few items of a kind that raise the alarm, so that the team can delete them by hand.
func (l *look) item(ctx context.Context, item OwnItem) {
	row := l.row(item.Kind)
	row.Looked++
	alarming := false
	switch {
	case item.Unreadable || item.ExpiresAt.IsZero() && !mayLackExpiry(item.Kind):
		row.Ignored++
		alarming = true
	case item.ExpiresAt.IsZero() || item.ExpiresAt.After(l.now):
	default:
		row.outlived(item.ExpiresAt)
		if item.ExpiresAt.Before(l.now.AddDate(-ttlYears, 0, 0)) {
			row.Ignored++
		}
		alarming = l.now.Sub(item.ExpiresAt) >= ownLate
	}
	if !alarming {
		return
	}
	if row.named++; row.named <= logged {
		slog.ErrorContext(ctx, "an item of the service's own is not deleted", "kind", item.Kind, "pk", item.PK, "sk", item.SK)
	}
}

// mayLackExpiry reports whether items of the kind may have no expiry for a while. A request has none until it is answered. The aliases and
// the state of a data subject have none while something of theirs has no end.
func mayLackExpiry(kind policy.Kind) bool {
	switch kind {
	case policy.Request, policy.SubjectAlias, policy.SubjectState:
		return true
	default:
		return false
	}
}
