package main

import (
	"context"
	"encoding/base64"
	"time"

	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// addresses finds data subjects by the alias of their address.
type addresses struct {
	store *subjects.Store
	key   subject.Key
}

func (a addresses) Introduce(ctx context.Context, address subject.Address, until time.Time) (privacy.SubjectID, string, error) {
	alias, err := a.store.Introduce(ctx, a.key.Alias(address), address.Spelling, until)
	return alias.Subject, alias.Spelling, err
}

func (a addresses) Find(ctx context.Context, address subject.Address) (privacy.SubjectID, string, bool, error) {
	alias, ok, err := a.store.Find(ctx, a.key.Alias(address))
	return alias.Subject, alias.Spelling, ok, err
}

// limiter counts challenges by the HMAC of the address.
type limiter struct {
	store *requests.Store
	key   subject.Key
	rate  int // confirmation mails that one client can set off per minute
}

func (l limiter) MayChallenge(ctx context.Context, a subject.Address, id string, again bool, now time.Time) (may, later bool, err error) {
	return l.store.CountChallenge(ctx, l.who(a), id, again, now)
}

func (l limiter) NotMailed(ctx context.Context, a subject.Address, id string, now time.Time) error {
	return l.store.UncountChallenge(ctx, l.who(a), id, now)
}

func (l limiter) who(a subject.Address) string {
	return base64.RawURLEncoding.EncodeToString(l.key.MAC("challenges", a.Lookup))
}

func (l limiter) MayMail(ctx context.Context, client string, now time.Time) (bool, error) {
	n, err := l.store.Count(ctx, client, "mails", now)
	return n <= l.rate, err
}
