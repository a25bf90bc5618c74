package gather

import (
	"context"
	"iter"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/consent/receipt"
	"github.com/helpdeskexpert/privacy/shared/export/bundle"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Records reads the records of data subjects.
type Records interface {
	// Stored yields a data subject's records by category, then by id, but none that has expired (fault F09).
	Stored(ctx context.Context, id privacy.SubjectID) iter.Seq2[record.OnFile, error]
}

// Consents reads consent records.
type Consents interface {
	// History yields the records of a subject that have not expired at now, newest first.
	History(ctx context.Context, subject string, now time.Time) iter.Seq2[consent.Record, error]
}

// Receipts signs receipts of consent records.
type Receipts interface {
	Sign(facts receipt.Facts) (string, error)
}

// Requests reads rights requests.
type Requests interface {
	// Listed returns the ids that are listed under the address with this HMAC.
	Listed(ctx context.Context, mailbox string) (request.Listed, error)
	// ListedOf returns the ids of the requests that are listed under a data subject.
	ListedOf(ctx context.Context, id privacy.SubjectID) ([]string, error)
	// Load returns the file of a request, and request.ErrUnknown if there is none or its retention is over.
	Load(ctx context.Context, id string) (request.File, error)
}

// Subjects reads what data subjects are known by.
type Subjects interface {
	// State returns the state of a data subject, even if its retention is over, and false if there is none.
	State(ctx context.Context, id privacy.SubjectID) (standing.Snapshot, bool, error)
	// Aliases returns those of the aliases that are stored and have not expired, by their keys.
	Aliases(ctx context.Context, keys ...string) (map[string]subject.Alias, error)
}

// Confirmations reads consents by address that wait for their button.
type Confirmations interface {
	Load(ctx context.Context, id string) (c mailbox.Confirmation, found bool, err error)
}

// Mailboxes reads mailboxes with their links.
type Mailboxes interface {
	// Load reads a mailbox by its id, and returns false if there is none or its retention is over.
	Load(ctx context.Context, id string) (m mailbox.Mailbox, found bool, err error)
}

// gathering is a bundle while its sources are read.
type gathering struct {
	*Sealer
	request request.Request
	who
	listed request.Listed // under the address of the request
	in     bundle.Input
}

// Gather returns the content of the bundle that answers a request. The records are read while the bundle is written. An empty id means that
// the address is unknown. The bundle then has no records and no consents, but it has the requests that came by the address (promise H01). A
// statement is gathered from the policy alone.
func (s *Sealer) Gather(ctx context.Context, r request.Request, id privacy.SubjectID) (bundle.Input, error) {
	now := s.Now().UTC().Truncate(time.Second)
	g := gathering{Sealer: s, request: r, in: bundle.Input{
		Right: r.Right, Content: r.Content(), RequestID: r.ID, CreatedAt: now, Policy: s.Policy(now),
		Records: func(func(bundle.Record, error) bool) {},
	}}
	if g.in.Content == request.Statement { // it says the same about everybody, so nothing is read about anybody (promise H08)
		return g.in, nil
	}
	var err error
	if g.who, err = s.resolve(ctx, id); err != nil {
		return bundle.Input{}, err
	}
	whole := g.in.Content == request.Everything
	if whole && r.Mailbox != "" {
		if g.listed, err = s.Requests.Listed(ctx, r.Mailbox); err != nil {
			return bundle.Input{}, err
		}
	}
	for _, source := range sources {
		if source.accessOnly && !whole {
			continue
		}
		if err := source.gather(&g, ctx); err != nil { // a bundle that lacks something is worse than none (fault F20)
			return bundle.Input{}, err
		}
	}
	return g.in, nil
}
