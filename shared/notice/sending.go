package notice

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// position is where the walk goes on.
type position struct {
	shard  int
	cursor string
}

// send mails the letter to up to a batch of recipients with one call to SES. next is where the walk goes on once they have been claimed.
//
// The claim is stored before the call and its outcome after it. An invocation that is killed in between leaves an open claim, and the next one
// finds whose outcome is missing (fault F04). Everything else that can fail comes before the claim, so that nobody becomes unknown whose mail
// certainly did not leave.
func (s *session) send(ctx context.Context, to []Recipient, next position) error {
	if err := s.await(ctx, len(to)); err != nil {
		return err
	}
	aliases := make([]string, len(to))
	for i, r := range to {
		aliases[i] = r.Alias
	}
	spellings, err := s.Spellings.Spellings(ctx, aliases)
	if err != nil {
		return err
	}
	claim, err := s.claim(ctx, aliases, to[0].Revision > 0, next)
	if err != nil {
		return err
	}
	answers := s.mail(ctx, claim, spellings)
	if err := s.record(ctx, claim, to, answers); err != nil {
		return err
	}
	s.c.Open, s.c.MovedAt = 0, s.Now()
	if err := s.save(ctx); err != nil {
		return err
	}
	return s.heed(ctx, answers)
}

// claim stores the recipients of the next call, and then that the claim is open. Claim numbers are never used twice: an invocation that lost its
// lease, or was killed before it could open its claim, leaves a number that nobody opens.
func (s *session) claim(ctx context.Context, aliases []string, again bool, next position) (Claim, error) {
	claim := Claim{Version: s.c.Version, Number: s.c.Next, At: s.Now().UTC().Truncate(time.Second), Again: again, Aliases: aliases}
	err := ErrChanged
	for errors.Is(err, ErrChanged) {
		claim.Number++
		err = s.Claims.Claim(ctx, claim, s.until(policy.NoticeClaim, claim.At))
	}
	if err != nil {
		return claim, err
	}
	before := s.c
	s.c.Next, s.c.Open, s.c.Reason = claim.Number, claim.Number, ""
	s.c.Shard, s.c.Cursor = next.shard, next.cursor
	s.c.Tally.Calls++
	if err := s.save(ctx); err != nil {
		s.c = before
		return claim, err
	}
	return claim, nil
}

// mail makes the call and returns an answer for each recipient of the claim.
func (s *session) mail(ctx context.Context, claim Claim, spellings map[string]string) []feedback.Answer {
	answers := make([]feedback.Answer, len(claim.Aliases))
	var to []feedback.Recipient
	var places []int // of each mail among the answers
	for i, alias := range claim.Aliases {
		answers[i] = feedback.Answer{Verdict: feedback.Refused, Reason: string(NoAddress)}
		if address, ok := spellings[alias]; ok {
			to, places = append(to, feedback.Recipient{Address: address, Part: part(claim.Number, i)}), append(places, i)
		}
	}
	if len(to) == 0 {
		return answers
	}
	s.sentSince += len(to)
	answered, err := s.Mailer.Mail(ctx, claim.Version, s.letter, to)
	if err != nil {
		slog.ErrorContext(ctx, "a call of a notice campaign was not made", "version", claim.Version, "claim", claim.Number, "error", fault.Class(err))
	}
	for i, place := range places {
		answers[place] = feedback.Answer{Verdict: feedback.Blocked, Reason: string(NoLetter)} // the mistake is ours, and nothing was sent
		if err == nil {
			answers[place] = answered[i]
		}
	}
	return answers
}

// part is the tag by which SES's events name a recipient: the claim and the position in it.
func part(claim, position int) string { return fmt.Sprintf("%d-%d", claim, position) }

// writers is how many outcomes are stored at a time.
const writers = 16

// record stores the outcome for each recipient.
func (s *session) record(ctx context.Context, claim Claim, to []Recipient, answers []feedback.Answer) error {
	failed := make([]error, len(to))
	outcomes := make([]Recipient, len(to))
	var wg sync.WaitGroup
	slots := make(chan struct{}, writers)
	for i := range to {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			outcomes[i], failed[i] = s.change(ctx, claim.At, to[i], func(r Recipient) Recipient { return r.answered(claim, i, answers[i], s.Now()) })
		})
	}
	wg.Wait()
	if err := errors.Join(failed...); err != nil {
		return err
	}
	lost := false
	for _, r := range outcomes {
		s.c.Tally.add(r)
		lost = lost || r.Outcome == Unknown
	}
	if lost {
		s.c.Lost = append(slices.Clone(s.c.Lost[max(0, len(s.c.Lost)+1-mostLost):]), claim.Number)
	}
	return nil
}

func (t *Tally) add(r Recipient) {
	switch r.Outcome {
	case Failed:
		t.Failed++
	case Waiting:
		t.Waiting++
	case Unknown:
		t.Unknown++
	default:
		t.Accepted++
	}
}

// change changes a stored recipient of the session's campaign. One that is not stored yet is kept for the period that begins at the time at.
func (s *session) change(ctx context.Context, at time.Time, from Recipient, to func(Recipient) Recipient) (Recipient, error) {
	return change(ctx, s.Recipients, s.c.Version, from, s.until(policy.NoticeRecipient, at), to)
}

// change stores what to makes of a recipient. While another writer interferes, it tries again with what that writer stored.
func change(ctx context.Context, store Recipients, version string, from Recipient, until time.Time, to func(Recipient) Recipient) (Recipient, error) {
	err := fault.Retry(ctx, func() (lost bool, err error) {
		is := to(from)
		if is == from {
			return false, nil
		}
		if is.ExpiresAt.IsZero() {
			is.ExpiresAt = until
		}
		from, err = store.Put(ctx, version, from, is)
		if errors.Is(err, ErrChanged) {
			return true, nil
		}
		return false, err
	})
	return from, err
}

// heed draws the consequences of the answers: it stops when SES takes no more mails at all, or none today, and slows down when SES asks for it.
func (s *session) heed(ctx context.Context, answers []feedback.Answer) error {
	ended, postponed := false, false
	for _, a := range answers {
		if a.Verdict == feedback.Blocked {
			return s.block(ctx, Reason(a.Reason))
		}
		ended = ended || a.Reason == feedback.DailyQuota
		postponed = postponed || a.Verdict == feedback.Postponed
	}
	switch {
	case ended:
		return s.exhausted()
	case postponed:
		s.pace.slower = min(s.pace.slower+1, slowest)
	default:
		s.pace.slower = max(s.pace.slower-1, 0)
	}
	return nil
}
