package sources

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// requests has the requests of a person. Those that are closed lose their address and what was written in them at once. Those that ask for data, and for
// another erasure, are closed, since what they ask for is erased, and so are mails whose senders have not said what they mean. What people decide stays as it is until they have; what a request has imposed goes on
// without the address.
type requests struct{ *Stores }

// Kinds implements [erasure.Source].
func (requests) Kinds() []policy.Kind {
	return []policy.Kind{policy.Request, policy.RequestEvent, policy.ExportAttempt, policy.ExportObject, policy.ErasurePlan, policy.MailboxEntry}
}

// Count implements [erasure.Source]. It reads the files of the requests that may have more than their history shows: erasures, and exports.
func (s requests) Count(ctx context.Context, w erasure.Whom) (map[policy.Kind]erasure.Tally, error) {
	now := s.now()
	filed, err := s.Filed.FiledBy(ctx, w.Mailboxes, w.Persons)
	if err != nil {
		return nil, err
	}
	counts := tallies{}
	for _, r := range filed {
		if s.ends(r) {
			r.ClosedAt = now
		}
		counts.add(policy.Request, 1, r.ExpiresAt())
		counts.add(policy.MailboxEntry, 1, r.Listing().ExpiresAt)
		if history := r.Terms.History.After(r.ReceivedAt); history.After(now) {
			counts.add(policy.RequestEvent, r.Events, history)
		}
		if attempts := r.Terms.Attempts.After(r.ReceivedAt); attempts.After(now) {
			counts.add(policy.ExportAttempt, r.Attempts, attempts)
		}
		if err := s.countAnswer(ctx, r, counts, now); err != nil {
			return nil, err
		}
	}
	return counts.of(s.Kinds()), nil
}

// countAnswer counts what is stored with a request to answer it.
func (s requests) countAnswer(ctx context.Context, r request.Request, counts tallies, now time.Time) error {
	answer, known := s.Answers[request.Rights[r.Right].Answer]
	if !known || r.Forgotten() || !r.Confirmed() {
		return nil
	}
	file, err := s.Register.Load(ctx, r.ID)
	if errors.Is(err, request.ErrUnknown) {
		return nil
	}
	if err != nil {
		return err
	}
	counts.add(policy.ExportObject, answer.Count(file, now), time.Time{})
	if e := erasure.Of(file); e.Version > 0 {
		counts.add(policy.ErasurePlan, 1, e.ExpiresAt)
	}
	return nil
}

// ends reports whether the erasure closes a request, or is what it asks for. It closes a mail whose sender has not said what they mean by it.
func (requests) ends(r request.Request) bool {
	return r.AwaitsSender() || !r.State.Final() && slices.Contains([]work.Kind{work.Export, work.Erase}, request.Rights[r.Right].Answer)
}

// Erase implements [erasure.Source].
func (s requests) Erase(ctx context.Context, w erasure.Whom, now time.Time) (waits bool, err error) {
	filed, err := s.Filed.FiledBy(ctx, w.Mailboxes, w.Persons)
	if err != nil {
		return false, err
	}
	seen := map[string]bool{}
	for _, r := range filed {
		if seen[r.ID] = true; r.ID == w.Request || r.Forgotten() || r.ReceivedAt.After(w.BegunAt) {
			continue // package erasure sees to its own request
		}
		stays, err := s.change(ctx, r.ID, func(file request.File) (request.File, []request.Item, bool, error) {
			return s.forget(ctx, file, now)
		})
		if err != nil {
			return false, err
		}
		waits = waits || stays
	}
	for _, o := range w.Standing.Objections {
		if o.Source != "" || seen[o.Request] { // not of a report that the person is a child, or their own
			continue
		}
		stays, err := s.change(ctx, o.Request, func(file request.File) (request.File, []request.Item, bool, error) { return s.unname(file, w) })
		if err != nil {
			return false, err
		}
		waits = waits || stays
	}
	return waits, nil
}

// mostTries is how often a file is read again while another writer changes it.
const mostTries = 10

// change stores the items that decide returns for the file of a request, and decides again while another writer changes it. stays says that something of
// it has to stay for now.
func (s requests) change(ctx context.Context, id string, decide func(request.File) (request.File, []request.Item, bool, error)) (stays bool, err error) {
	for range mostTries {
		file, err := s.Register.Load(ctx, id)
		if errors.Is(err, request.ErrUnknown) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		file, items, stays, err := decide(file)
		if err == nil && len(items) > 0 {
			_, err = s.Register.Save(ctx, file, items...)
		}
		if !errors.Is(err, request.ErrChanged) {
			return stays, err
		}
	}
	return false, request.ErrChanged
}

// forget deletes what was typed into a request and names somebody, and closes the request if what it asks for is erased. What was handed out to answer it
// opens nothing any more, and is deleted, before anything else is forgotten: a run that is killed in between is repeated.
func (s requests) forget(ctx context.Context, file request.File, now time.Time) (request.File, []request.Item, bool, error) {
	if stays, waits := s.stays(file); stays {
		return file, nil, waits, nil
	}
	var items []request.Item
	if answer, known := s.Answers[request.Rights[file.Request.Right].Answer]; known {
		if revoked := answer.Revoke(file, now); len(revoked) > 0 {
			var err error
			if file, err = s.Register.Save(ctx, file, revoked...); err != nil {
				return file, nil, false, err
			}
		}
		keys, without := answer.Left(file, now)
		for _, key := range keys {
			if err := s.Objects.Discard(ctx, key); err != nil {
				return file, nil, false, err
			}
		}
		items = without
	}
	r := file.Request
	if r.Rest(); !r.State.Final() {
		r.Close(request.Withdrawn, now)
		items = append(items, r.Record(request.EventEnded, now))
	}
	r.Forget()
	return file, append(items, r), false, nil
}

// stays reports whether the request stays as it is, and whether it has to be looked at again. Another erasure that has begun, or has found nothing to erase,
// goes on by itself, and sees to its own address.
func (s requests) stays(file request.File) (stays, waits bool) {
	r, e := file.Request, erasure.Of(file)
	if r.AwaitsSender() {
		return r.Forgotten(), false
	}
	switch request.Rights[r.Right].Answer {
	case work.Export:
		return r.Forgotten(), false
	case work.Erase:
		return r.Forgotten() || e.Begun() || e.State == erasure.Watching, false
	default: // it is open until somebody has decided, or a step about it is due
		waits = !r.State.Final() || r.Step != ""
		return r.Forgotten() || waits, waits && !r.Forgotten()
	}
}

// unname deletes the address of a child from a report by somebody else, once that is closed.
func (s requests) unname(file request.File, w erasure.Whom) (request.File, []request.Item, bool, error) {
	r := file.Request
	if !s.of(w, r.Child) {
		return file, nil, false, nil
	}
	if !r.State.Final() || r.Step != "" {
		return file, nil, true, nil
	}
	r.Child = ""
	return file, []request.Item{r}, false, nil
}

// Cancelled ends erasures that have not begun. It implements [Answer].
type Cancelled struct{}

// Revoke implements [Answer].
func (Cancelled) Revoke(file request.File, _ time.Time) []request.Item {
	if e := erasure.Of(file); e.Version > 0 && e.State != erasure.Cancelled {
		items, _ := e.End()
		return items
	}
	return nil
}

// Left implements [Answer]. An erasure has no objects.
func (Cancelled) Left(request.File, time.Time) ([]string, []request.Item) { return nil, nil }

// Count implements [Answer].
func (Cancelled) Count(request.File, time.Time) int { return 0 }
