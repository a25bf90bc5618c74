package request

import (
	"context"
	"errors"
	"time"

	"github.com/helpdeskexpert/privacy/shared/subject"
)

const useVerify = "verify" // what the token is for; its hash is bound to this use and to the request that it opens (threat T06)

// Verify uses up a challenge. Of any number of calls with the same token, one succeeds (threats T10, T11).
func (q *Requester) Verify(ctx context.Context, id string, token subject.Token) (Request, error) {
	hash := token.Hash(q.Tokens, useVerify, id)
	for range 5 {
		file, err := q.load(ctx, id)
		if err != nil {
			return Request{}, err
		}
		now, r := q.now(), file.Request
		c, ok := file.unspent(hash, now)
		if !ok || r.State != Verifying {
			return Request{}, ErrLink
		}
		c.UsedAt = now
		r.State, r.VerifiedAt = Open, now
		r.Next(StepAnswer, now)
		event := r.Record(EventVerified, now)
		file, err = q.Register.Save(ctx, file, r, c, event)
		if !errors.Is(err, ErrChanged) {
			return file.Request, err
		}
	}
	return Request{}, errBusy
}

// unspent returns the challenge whose hash is given, if it can still be used.
func (f File) unspent(hash []byte, now time.Time) (Challenge, bool) {
	for _, c := range f.Challenges {
		if subject.Same(c.Hash, hash) && c.UsedAt.IsZero() && c.ExpiresAt.After(now) {
			return c, true
		}
	}
	return Challenge{}, false
}
