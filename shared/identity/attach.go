package identity

import (
	"context"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// blank reports whether nothing is, or was, on record of the data subject behind an address but that somebody typed it.
func blank(is subject.Alias, of standing.Snapshot) bool {
	return is.Typed && !of.Erased() && of.Proof.Equal(standing.Proof{}) && len(of.Aliases) == 1 && len(of.Formerly) == 0
}

// attach lets an address stand for the data subject. Whoever was known by it only because somebody had typed it is joined to them. A freeze of the
// address goes on: whoever could take it away and attach it again would end it otherwise (threat T33).
func (p *person) attach(ctx context.Context, is subject.Alias, spelling, client string) error {
	if typed := is.Subject(); typed != "" {
		other, err := p.person(ctx, typed)
		if err != nil {
			return err
		}
		if !blank(is, other.from) {
			return errStale
		}
		if err := p.unite(other); err != nil {
			return err
		}
		p.cut(is, Cut{})
	}
	if slices.Contains(p.to.Persons(p.id), is.From) {
		is.DoubtUntil = time.Time{} // it comes back to whom it was taken from
	}
	is.Subjects, is.Spelling, is.Typed, is.Client, is.AttachedAt = []privacy.SubjectID{p.id}, spelling, false, client, p.now
	p.after[is.Key] = is
	return nil
}

// spell gives an address of the data subject the spelling that a client system states.
func (p *person) spell(is subject.Alias, spelling, client string) {
	if is.Spelling == spelling && !is.Typed {
		return
	}
	if is.Spelling, is.Typed = spelling, false; is.Client == "" {
		is.Client = client
	}
	p.after[is.Key] = is
}

// detach takes an address away from the data subject, and lets its links and sessions die. Its spelling stays on record while there is doubt about
// its owner, so that somebody can be told there of later changes (threat T33). If one other data subject is left behind the address, it now stands
// for them alone, which is more than before.
func (p *person) detach(ctx context.Context, is subject.Alias) error {
	is = is.Without(p.id)
	is.From, is.DetachedAt, is.DoubtUntil = p.id, p.now, p.Policy(p.now).SpanOf(policy.DetachedAddress).After(p.now)
	leaves := Cut{} // while others use the address, nobody knows whose the requests by it are
	switch len(is.Subjects) {
	case 0:
		leaves.Leaves = p.id
		is.Client, is.Typed, is.AttachedAt, is.ExpiresAt = "", false, time.Time{}, is.DoubtUntil
	case 1:
		is.AttachedAt = p.now
		if _, err := p.person(ctx, is.Subject()); err != nil {
			return err
		}
	}
	p.after[is.Key], p.left = is, append(slices.Clone(p.left), is.Key)
	p.cut(is, leaves)
	return nil
}
