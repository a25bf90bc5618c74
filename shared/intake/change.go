package intake

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/retention"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// walkAfter is how long after its transaction the task of a walk is due. The intake walks at once, so the task is needed only if that
// failed.
const walkAfter = time.Minute

// transaction returns what a plan writes. Somebody unknown becomes known only if something is stored about them. Somebody known learns an id even
// from a record that changes nothing.
func (v *view) transaction(p *plan) (t Transaction, err error) {
	t = Transaction{Subject: v.id, Before: v.snapshot, After: p.next, ExpiresAt: v.snapshot.ExpiresAt}
	for _, w := range p.writes {
		put := Put{
			Hash: w.hash, ExpiresAt: w.expiry.At, Otherwise: w.expiry.Otherwise, After: v.cameAfter(w), EndedAt: w.ended, OnlyNew: w.onlyNew,
			Versioned: w.Category.HasSubject(),
		}
		if put.Record, put.Packed, err = v.stripped(w); err != nil {
			return t, err
		}
		t.Puts = append(t.Puts, put)
	}
	t.Change = v.change(p)
	switch t.Change {
	case CreateSubject:
		t.Subject = subject.NewID()
	case ChangeState:
		t.Walk = v.walkTask(p)
	default:
		return t, nil
	}
	if t.Learns = v.learns; t.Change == ChangeState && p.next.Equal(v.snapshot.State) {
		return t, nil
	}
	t.ExpiresAt = p.next.KnownUntil(v.in.Policy(v.in.Now()))
	if t.Walk != nil && !t.ExpiresAt.IsZero() && t.ExpiresAt.Before(t.Walk.ExpiresAt) {
		t.ExpiresAt = t.Walk.ExpiresAt.Truncate(time.Second) // the walk needs the state, so the state outlives the task
	}
	if v.shared != nil {
		t.Shared = v.share(t.Subject, t.ExpiresAt)
	}
	return t, nil
}

// share lets an address stand for one more data subject, who is new. Its links and sessions die, since from now on nothing is answered by it
// automatically.
func (v *view) share(id privacy.SubjectID, expires time.Time) *Shared {
	now, rules := v.in.Now().UTC().Truncate(time.Second), v.in.Policy(v.in.Now())
	is := *v.shared
	s := &Shared{Address: identity.AliasChange{From: is, To: is.With(id, expires, nil)}, Owner: is.Subject(), Until: rules.SpanOf(policy.AuditEntry).After(now)}
	s.Entry = audit.New(audit.Actor{Kind: audit.Machine, ID: v.who.Client}, audit.AddressShared, string(id), now)
	s.Change = identity.Change{
		ID: s.Entry.ID, Kind: audit.AddressShared, Subject: id, At: now, Cut: []identity.Cut{{Mailbox: v.in.Aliases.Mailbox(v.who.Address), Leaves: s.Owner}},
		Due: work.Due{NextAt: now}, ExpiresAt: rules.SpanOf(policy.IdentityChange).After(now),
	}
	return s
}

// change decides what happens to the state. If it stays as it is, change decides how the first write depends on it.
func (v *view) change(p *plan) Change {
	known, stores, learns := v.id != "", len(p.writes) > 0, len(v.learns) > 0
	if v.keys == (identity.Keys{}) || !stores && (!known || !p.ends && !learns) {
		return NoChange
	}
	if !known {
		return CreateSubject
	}
	if learns || !p.next.Equal(v.snapshot.State) {
		return ChangeState
	}
	if stores && p.writes[0].Category == privacy.Account {
		return SameAccounts
	}
	if stores && retention.FollowsState(p.writes[0].Category) {
		return SameState
	}
	return NoChange
}

// walkTask returns the task to walk over the stored account data, or nil if its expiry does not change.
func (v *view) walkTask(p *plan) *WalkTask {
	rule, now := v.in.accountRule(), v.in.Now()
	before, hadEnd := v.snapshot.AccountDataEnds(rule)
	after, hasEnd := p.next.AccountDataEnds(rule)
	if !v.snapshot.StoresAccountData() || hadEnd == hasEnd && before.Equal(after) {
		return nil
	}
	return &WalkTask{DueAt: now.Add(walkAfter), ExpiresAt: v.in.Policy(now).SpanOf(policy.WorkStep).After(now)}
}
