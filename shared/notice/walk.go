package notice

import (
	"context"
	"time"

	"github.com/helpdeskexpert/privacy/shared/standing"
)

// candidate is somebody whom the walk has found and who is not claimed yet.
type candidate struct {
	alias string
	at    position // of the page
}

// walk goes over the people and mails those who are not known to the campaign yet, in full batches. It goes on where the last invocation
// stopped: at the page of the first person who was not claimed.
func (s *session) walk(ctx context.Context) error {
	now := s.Now()
	if !s.c.walks(now) {
		return nil
	}
	if s.c.WalkBegan.IsZero() {
		s.c.WalkBegan, s.c.Shard, s.c.Cursor = now.UTC().Truncate(time.Second), 0, ""
	}
	var found []candidate
	for at := (position{s.c.Shard, s.c.Cursor}); at.shard < s.Shards; {
		if err := s.worthwhile(ctx); err != nil {
			return err
		}
		page, next, err := s.People.People(ctx, at.shard, s.from(), at.cursor)
		if err != nil {
			return err
		}
		if found, err = s.unknown(ctx, found, page, at); err != nil {
			return err
		}
		if at.cursor = next; next == "" {
			at.shard++
		}
		if found, err = s.sendFull(ctx, found, at); err != nil {
			return err
		}
	}
	if len(found) > 0 {
		if err := s.sendTo(ctx, found, position{s.Shards, ""}); err != nil {
			return err
		}
	}
	s.c.LastWalk, s.c.WalkBegan, s.c.Shard, s.c.Cursor, s.c.MovedAt = s.c.WalkBegan, time.Time{}, 0, "", s.Now()
	s.c.State, s.c.Reason = Following, ""
	return s.save(ctx)
}

// worthwhile ends the session before a page is read for nothing: when too little time is left, or when the first walk has no quota left for a
// full batch. Later walks go on without quota, since they find few people to mail.
func (s *session) worthwhile(ctx context.Context) error {
	if s.late(ctx, 0) {
		return errStop
	}
	if s.c.State != Running {
		return nil
	}
	if err := s.ready(ctx); err != nil {
		return err
	}
	if s.room() < s.batch() {
		return s.exhausted()
	}
	return nil
}

// from returns since when people must have become known to be found by the walk under way. The first walk finds everybody.
func (s *session) from() time.Time {
	if s.c.LastWalk.IsZero() {
		return time.Time{}
	}
	return s.c.LastWalk.Add(-day)
}

// unknown adds the people of a page whom the campaign concerns and does not know to the candidates. Two people with one address count once. Of
// somebody whose mail is lost, another address is looked for.
func (s *session) unknown(ctx context.Context, found []candidate, page []standing.Person, at position) ([]candidate, error) {
	now, seen := s.Now(), map[string]bool{}
	for _, f := range found {
		seen[f.alias] = true
	}
	var aliases []string
	for _, person := range page {
		if s.concerns(person, now) && !seen[person.Primary] {
			seen[person.Primary], aliases = true, append(aliases, person.Primary)
		}
	}
	if len(aliases) == 0 {
		return found, nil
	}
	known, err := s.Recipients.Known(ctx, s.c.Version, aliases)
	if err != nil {
		return nil, err
	}
	for _, alias := range aliases {
		r, stored := known[alias]
		if !stored {
			found = append(found, candidate{alias, at})
			continue
		}
		if _, err := s.change(ctx, now, r, func(is Recipient) Recipient { return is.due(now) }); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// sendFull sends to the candidates as long as there are enough for a full batch, and returns the rest. next is where the walk goes on. While it
// finds nobody to mail, it stores its place now and then.
func (s *session) sendFull(ctx context.Context, found []candidate, next position) ([]candidate, error) {
	for len(found) > 0 {
		if err := s.ready(ctx); err != nil {
			return nil, err
		}
		n := s.batch()
		if len(found) < n {
			break
		}
		then := next
		if len(found) > n {
			then = found[n].at
		}
		if err := s.sendTo(ctx, found[:n], then); err != nil {
			return nil, err
		}
		found = found[n:]
	}
	if len(found) > 0 {
		next = found[0].at
	}
	return found, s.keepLease(ctx, next)
}

func (s *session) sendTo(ctx context.Context, found []candidate, next position) error {
	to := make([]Recipient, len(found))
	for i, f := range found {
		to[i].Alias = f.alias
	}
	return s.send(ctx, to, next)
}
