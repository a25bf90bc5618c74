package records

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// change is a transition of a subject's state.
type change struct {
	sid     privacy.SubjectID
	next    standing.State
	expires time.Time // of the state and the aliases; zero while something has no end
	version int64     // of the state, after it
	created bool      // the subject was not known
	changed bool      // the version grows
	walk    bool      // the expiry of stored account data moves
}

// change decides what becomes of the state. It makes nobody known of whom nothing is to be stored.
func (s *Session) change(p *plan) change {
	c := change{sid: s.sid, next: p.next, expires: s.state.ExpiresAt, version: s.state.Version}
	switch {
	case s.alias == "" || len(p.writes) == 0 && (s.sid == "" || !p.ends):
		return c
	case s.sid == "":
		c.sid, c.created = subject.NewID(), true
	case !p.next.Equal(s.state.State):
		c.changed = true
	default:
		return c
	}
	c.version++
	before, hadEnd := s.state.State.AccountDataEnds(s.w.account)
	after, hasEnd := p.next.AccountDataEnds(s.w.account)
	c.walk = c.changed && s.state.AccountData && (hadEnd != hasEnd || !before.Equal(after))
	end, ends := p.next.Ends(s.w.account)
	if !ends {
		c.expires = time.Time{}
		return c
	}
	c.expires = end
	if soonest := s.w.stepEnds(s.w.Now()); c.walk && end.Before(soonest) {
		c.expires = soonest.Truncate(time.Second) // the walk needs the state, so it outlives the step
	}
	return c
}

// stateWrites returns the parts of a transaction that carry out the change, or that hold the records whose expiry rests on the state to
// the one that the session knows.
func (s *Session) stateWrites(c change, p *plan) []types.TransactWriteItem {
	switch {
	case c.created:
		return s.w.subjects.Create(s.alias, subjects.Alias{Subject: c.sid, Spelling: s.spelling}, c.next, c.expires)
	case c.changed:
		writes := s.w.subjects.Change(c.sid, s.state, c.next, c.expires)
		if c.walk {
			writes = append(writes, s.w.step(c.sid, c.version))
		}
		return writes
	case len(p.writes) > 0 && p.writes[0].Category == privacy.Account:
		return []types.TransactWriteItem{s.w.subjects.Touch(c.sid, s.state)}
	case len(p.writes) > 0 && bound(p.writes[0].Category):
		return []types.TransactWriteItem{s.w.subjects.Same(c.sid, c.version)}
	}
	return nil
}
