package intake

import (
	"bytes"
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/retention"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// shelf keeps records, states, aliases and the consent log in memory, as the stores do. It refuses a transaction whose conditions do not hold, and
// hides what has expired. A test can make its calls fail.
type shelf struct {
	mu      sync.Mutex
	now     func() time.Time
	aliases map[string]subject.Alias // the expiry of one that stands for somebody is that of their states
	states  map[privacy.SubjectID]standing.Snapshot
	records map[privacy.SubjectID]map[key]shelved
	log     map[string]consent.Record   // the newest record of each data subject
	tasks   map[privacy.SubjectID]int64 // walks that are due, by the version that asked for them
	walks   []WalkTask                  // all that were asked for
	acts    []identity.Change           // acts on identities
	entries []audit.Entry               // of the acts

	most    int                          // writes of one transaction
	calls   map[string]int               // by operation
	changes map[Change]int               // of the transactions that were carried out
	before  func(operation string) error // runs before each call, without the lock; its error is the answer
	lose    int                          // transactions that lose their race before one may win
}

// shelved is a record with the version of the state that its expiry follows.
type shelved struct {
	Put
	version int64
}

func (s *shelf) call(operation string) error {
	s.mu.Lock()
	s.calls[operation]++
	before := s.before
	s.mu.Unlock()
	if before == nil {
		return nil
	}
	return before(operation)
}

func (s *shelf) expired(at time.Time) bool { return !at.IsZero() && !at.After(s.now()) }

func (s *shelf) Aliases(_ context.Context, keys ...string) (map[string]subject.Alias, error) {
	if err := s.call("Aliases"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := map[string]subject.Alias{}
	for _, key := range keys {
		if a, known := s.alias(key); known {
			found[key] = a
		}
	}
	return found, nil
}

// alias returns an alias that is on record and has not expired.
func (s *shelf) alias(key string) (subject.Alias, bool) {
	a, known := s.aliases[key]
	for _, id := range a.Subjects { // as if each change of a state had moved them
		formerly := a.Formerly
		if a.Shared() {
			formerly = a.Sharers[id].Formerly
		}
		a = a.With(id, s.states[id].ExpiresAt, formerly)
	}
	a = a.At(s.now())
	if !known || s.expired(a.ExpiresAt) {
		return subject.Alias{}, false
	}
	return a, true
}

func (s *shelf) Spell(_ context.Context, alias, spelling, client string) error {
	if err := s.call("Spell"); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if is := s.aliases[alias]; is.Typed {
		is.Spelling, is.Typed, is.Client, is.Version = spelling, false, client, is.Version+1
		s.aliases[alias] = is
	}
	return nil
}

// Newest of the consent log.
func (l logShelf) Newest(_ context.Context, subject string) (consent.Record, error) {
	if err := l.call("Consents"); err != nil {
		return consent.Record{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.log[subject], nil
}

// logShelf is the consent log of a shelf.
type logShelf struct{ *shelf }

func (s *shelf) State(_ context.Context, id privacy.SubjectID) (standing.Snapshot, bool, error) {
	if err := s.call("State"); err != nil {
		return standing.Snapshot{}, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	snapshot, found := s.states[id]
	return snapshot, found, nil
}

func (s *shelf) Transition(_ context.Context, id privacy.SubjectID, decide func(standing.Snapshot) (standing.State, time.Time)) (standing.Snapshot, bool, error) {
	if err := s.call("Transition"); err != nil {
		return standing.Snapshot{}, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	from, found := s.states[id]
	if !found {
		return from, false, nil
	}
	to, expires := decide(from)
	if !to.Equal(from.State) || !expires.Equal(from.ExpiresAt) {
		from.State, from.ExpiresAt, from.Version, from.Accounts = to, expires, from.Version+1, from.Accounts+1
		s.states[id] = from
	}
	return from, true, nil
}

func (s *shelf) Accounts(_ context.Context, id privacy.SubjectID) (all []StoredAccount, err error) {
	if err := s.call("Accounts"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, r := range s.records[id] {
		if k.category == privacy.Account && !s.expired(r.ExpiresAt) {
			all = append(all, StoredAccount{OnFile: record.OnFile{Record: r.Record, ExpiresAt: r.ExpiresAt}, EndedAt: r.EndedAt, After: r.After})
		}
	}
	return all, nil
}

func (*shelf) Pack(data []byte) (Packed, error) { return Packed{Bytes: data}, nil }

func (s *shelf) Commit(_ context.Context, t Transaction) (Committed, error) {
	if err := s.call("Commit"); err != nil {
		return Committed{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lose > 0 {
		s.lose--
		return Committed{Lost: true}, nil
	}
	done := Committed{Refused: map[int]Found{}}
	var writes int
	done.After, writes, done.Lost = s.change(t)
	done.Puts = min(len(t.Puts), s.most-writes)
	for i, put := range t.Puts[:done.Puts] {
		old, there := s.records[t.Subject][key{put.Category, put.ID}]
		newer := put.OccurredAt.After(old.OccurredAt) || put.OccurredAt.Equal(old.OccurredAt) && !bytes.Equal(put.Hash, old.Hash)
		if there && !s.expired(old.ExpiresAt) && (put.OnlyNew || !newer) {
			done.Refused[i] = Found{OccurredAt: old.OccurredAt, Hash: old.Hash, ExpiresAt: old.ExpiresAt}
		}
	}
	if done.Lost || len(done.Refused) > 0 {
		return done, nil
	}
	s.changes[t.Change]++
	if t.Change != NoChange {
		s.states[t.Subject] = done.After
	}
	s.learn(t)
	if t.Walk != nil {
		s.tasks[t.Subject], s.walks = done.After.Version, append(s.walks, *t.Walk)
	}
	if s.records[t.Subject] == nil {
		s.records[t.Subject] = map[key]shelved{}
	}
	for _, put := range t.Puts[:done.Puts] {
		version := int64(math.MaxInt64)
		if put.Versioned {
			version = done.After.Version
		}
		s.records[t.Subject][key{put.Category, put.ID}] = shelved{put, version}
	}
	return done, nil
}

// change returns the state after a transaction, how many writes that takes, and whether another writer was faster.
func (s *shelf) change(t Transaction) (after standing.Snapshot, writes int, lost bool) {
	after, now := t.Before, s.states[t.Subject]
	lost = slices.ContainsFunc(t.Learns, s.stale) || t.Shared != nil && s.stale(t.Shared.Address)
	switch t.Change {
	case CreateSubject:
		after = standing.Snapshot{State: t.After, Version: 1, Accounts: 1, ExpiresAt: t.ExpiresAt}
		if writes = 1 + len(t.Learns); t.Shared != nil {
			after.Shared, after.Aliases, writes = []string{t.Shared.Address.To.Key}, []string{t.Shared.Address.To.Key}, writes+4
		}
	case ChangeState:
		writes = 1 + len(t.Learns)
		if !t.ExpiresAt.Equal(t.Before.ExpiresAt) {
			writes += len(t.Before.Aliases) + len(t.Before.Formerly)
		}
		if t.Walk != nil {
			writes++
		}
		after.State, after.ExpiresAt, after.Version, after.Accounts = t.After, t.ExpiresAt, after.Version+1, after.Accounts+1
		lost = lost || now.Version != t.Before.Version || now.Accounts != t.Before.Accounts
	case SameAccounts:
		after.Accounts++
		return after, 1, now.Version != t.Before.Version || now.Accounts != t.Before.Accounts
	case SameState:
		return after, 1, now.Version != t.Before.Version
	default:
		return after, 0, false
	}
	after.Aliases = slices.Clone(after.Aliases)
	for _, a := range t.Learns {
		after.Aliases = append(after.Aliases, a.To.Key)
		if after.Primary == "" && subject.IsAddress(a.To.Key) {
			after.Primary = a.To.Key
		}
	}
	return after, writes, lost
}

// stale reports whether an alias has changed since it was read.
func (s *shelf) stale(c identity.AliasChange) bool {
	is, _ := s.alias(c.To.Key)
	return is.Version != c.From.Version
}

// learn lets aliases stand for the data subject of a transaction.
func (s *shelf) learn(t Transaction) {
	for _, a := range t.Learns {
		is := a.To
		is.Subjects, is.Formerly, is.Version = []privacy.SubjectID{t.Subject}, t.After.Formerly, a.From.Version+1
		s.aliases[is.Key] = is
	}
	if t.Shared == nil {
		return
	}
	is := t.Shared.Address.To
	is.Version++
	s.aliases[is.Key] = is
	if owner := t.Shared.Owner; owner != "" {
		of := s.states[owner]
		if !slices.Contains(of.Shared, is.Key) {
			of.Shared = append(slices.Clone(of.Shared), is.Key)
		}
		s.states[owner] = of
	}
	s.acts, s.entries = append(s.acts, t.Shared.Change), append(s.entries, t.Shared.Entry)
}

func (s *shelf) Move(_ context.Context, id privacy.SubjectID, category privacy.Category, period retention.Period, version int64) error {
	if err := s.call("Move"); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, r := range s.records[id] {
		if k.category == category && r.version < version && !s.expired(r.ExpiresAt) {
			is := period.Of(retention.Expiry{At: r.ExpiresAt, Otherwise: r.Otherwise}, r.After)
			r.version, r.ExpiresAt, r.Otherwise = version, is.At, is.Otherwise
			s.records[id][k] = r
		}
	}
	return nil
}

func (s *shelf) FinishWalk(_ context.Context, id privacy.SubjectID, version int64) (bool, error) {
	if err := s.call("FinishWalk"); err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tasks[id] > version {
		return false, nil
	}
	delete(s.tasks, id)
	return true, nil
}

func (s *shelf) Newest(_ context.Context, id privacy.SubjectID) (newest time.Time, err error) {
	if err := s.call("Newest"); err != nil {
		return newest, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.records[id] {
		if !s.expired(r.ExpiresAt) && r.OccurredAt.After(newest) {
			newest = r.OccurredAt
		}
	}
	return newest, nil
}

func (s *shelf) Holders(_ context.Context, ids []privacy.SubjectID, category privacy.Category, id string) (holders []privacy.SubjectID, err error) {
	if err := s.call("Holders"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sid := range ids {
		if r, stored := s.records[sid][key{category, id}]; stored && !s.expired(r.ExpiresAt) {
			holders = append(holders, sid)
		}
	}
	return holders, nil
}

func (s *shelf) Retract(_ context.Context, r Retraction) (lost bool, err error) {
	if err := s.call("Retract"); err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now, k := s.states[r.Subject], key{r.Category, r.ID}
	if now.Version != r.Before.Version || now.Accounts != r.Before.Accounts {
		return true, nil
	}
	for _, sid := range r.Holders {
		if one, stored := s.records[sid][k]; !stored || s.expired(one.ExpiresAt) {
			return true, nil
		}
	}
	for _, sid := range r.Holders {
		one := s.records[sid][k]
		one.ExpiresAt = r.At
		s.records[sid][k] = one
	}
	now.Accounts++
	s.states[r.Subject], s.acts, s.entries = now, append(s.acts, r.Change), append(s.entries, r.Entry)
	return false, nil
}
