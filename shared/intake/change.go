package intake

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// walkAfter is how long after its transaction the task of a walk is due. The intake walks at once, so the task is needed only if that
// failed.
const walkAfter = time.Minute

// transaction returns what a plan writes. An unknown address becomes known only if something is stored about its data subject.
func (v *view) transaction(p *plan) Transaction {
	t := Transaction{Subject: v.id, Alias: v.alias, Spelling: v.address.Spelling, Before: v.snapshot, After: p.next, ExpiresAt: v.snapshot.ExpiresAt}
	for _, w := range p.writes {
		t.Puts = append(t.Puts, Put{
			Record: w.Record, Packed: w.packed, Hash: w.hash, ExpiresAt: w.expires, EndedAt: w.ended, OnlyNew: w.onlyNew,
			Versioned: followsState(w.Category),
		})
	}
	t.Change = v.change(p)
	switch t.Change {
	case CreateSubject:
		t.Subject = subject.NewID()
	case ChangeState:
		t.Walk = v.walkTask(p)
	default:
		return t
	}
	t.ExpiresAt, _ = p.next.Ends(v.in.accountRule())
	if t.Walk != nil && !t.ExpiresAt.IsZero() && t.ExpiresAt.Before(t.Walk.ExpiresAt) {
		t.ExpiresAt = t.Walk.ExpiresAt.Truncate(time.Second) // the walk needs the state, so the state outlives the task
	}
	return t
}

// change decides what happens to the state. If it stays as it is, change decides how the first write depends on it.
func (v *view) change(p *plan) Change {
	known, stores := v.id != "", len(p.writes) > 0
	if v.alias == "" || !stores && (!known || !p.ends) {
		return NoChange
	}
	if !known {
		return CreateSubject
	}
	if !p.next.Equal(v.snapshot.State) {
		return ChangeState
	}
	if stores && p.writes[0].Category == privacy.Account {
		return SameAccounts
	}
	if stores && followsState(p.writes[0].Category) {
		return SameState
	}
	return NoChange
}

// walkTask returns the task to walk over the stored account data, or nil if its expiry does not change.
func (v *view) walkTask(p *plan) *WalkTask {
	rule, now := v.in.accountRule(), v.in.Now()
	before, hadEnd := v.snapshot.AccountDataEnds(rule)
	after, hasEnd := p.next.AccountDataEnds(rule)
	if !v.snapshot.AccountData || hadEnd == hasEnd && before.Equal(after) {
		return nil
	}
	return &WalkTask{DueAt: now.Add(walkAfter), ExpiresAt: v.in.Policy(now).SpanOf(policy.WorkStep).After(now)}
}
