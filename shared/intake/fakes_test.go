package intake

import (
	"bytes"
	"context"
	"maps"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// shelf keeps records, states and addresses in memory, as the stores do. It refuses a transaction whose conditions do not hold, and hides
// what has expired. A test can make its calls fail.
type shelf struct {
	mu      sync.Mutex
	now     func() time.Time
	known   map[string]subject.Known // by alias
	states  map[privacy.SubjectID]standing.Snapshot
	records map[privacy.SubjectID]map[key]shelved
	tasks   map[privacy.SubjectID]int64 // walks that are due, by the version that asked for them
	walks   []WalkTask                  // all that were asked for

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

func (s *shelf) Find(_ context.Context, alias string) (subject.Known, bool, error) {
	if err := s.call("Find"); err != nil {
		return subject.Known{}, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	known, found := s.known[alias]
	if !found || s.expired(s.states[known.Subject].ExpiresAt) {
		return subject.Known{}, false, nil
	}
	return known, true, nil
}

func (s *shelf) Spell(_ context.Context, alias, spelling string) error {
	if err := s.call("Spell"); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.known[alias]
	known.Spelling, known.Typed = spelling, false
	s.known[alias] = known
	return nil
}

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
			all = append(all, StoredAccount{OnFile: record.OnFile{Record: r.Record, ExpiresAt: r.ExpiresAt}, EndedAt: r.EndedAt})
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
	if t.Change == CreateSubject {
		s.known[t.Alias] = subject.Known{Subject: t.Subject, Spelling: t.Spelling}
	}
	if t.Alias != "" {
		s.states[t.Subject] = done.After
	}
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
	switch t.Change {
	case CreateSubject:
		known, taken := s.known[t.Alias]
		after = standing.Snapshot{State: t.After, Version: 1, Accounts: 1, ExpiresAt: t.ExpiresAt, Aliases: []string{t.Alias}}
		return after, 2, taken && !s.expired(s.states[known.Subject].ExpiresAt)
	case ChangeState:
		writes = 1
		if !t.ExpiresAt.Equal(t.Before.ExpiresAt) {
			writes += len(t.Before.Aliases)
		}
		if t.Walk != nil {
			writes++
		}
		after.State, after.ExpiresAt, after.Version, after.Accounts = t.After, t.ExpiresAt, after.Version+1, after.Accounts+1
		return after, writes, now.Version != t.Before.Version || now.Accounts != t.Before.Accounts
	case SameAccounts:
		after.Accounts++
		return after, 1, now.Version != t.Before.Version || now.Accounts != t.Before.Accounts
	case SameState:
		return after, 1, now.Version != t.Before.Version
	default:
		return after, 0, false
	}
}

func (s *shelf) Move(_ context.Context, id privacy.SubjectID, category privacy.Category, expires time.Time, version int64) error {
	if err := s.call("Move"); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, r := range s.records[id] {
		if k.category == category && r.version < version && !s.expired(r.ExpiresAt) {
			r.version, r.ExpiresAt = version, expires
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

// rig is an intake on a shelf, with a clock that tests move.
type rig struct {
	*Intake
	*shelf
	clock *testclock.Clock
}

const (
	anna  = "anna@example.org"
	start = "2026-11-23T12:00:00Z"
)

func newRig() *rig {
	clock := testclock.New(moment(start))
	s := &shelf{
		now: clock.Now, known: map[string]subject.Known{}, states: map[privacy.SubjectID]standing.Snapshot{},
		records: map[privacy.SubjectID]map[key]shelved{}, tasks: map[privacy.SubjectID]int64{}, most: 100,
		calls: map[string]int{}, changes: map[Change]int{},
	}
	return &rig{&Intake{Subjects: s, Store: s, Aliases: subject.Key("alias key"), Policy: policy.InForce, Now: clock.Now}, s, clock}
}

func at(email string) subject.Address {
	to, err := subject.ParseAddress(email)
	if err != nil {
		panic(err)
	}
	return to
}

// moment reads a time; "" is the zero time.
func moment(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil && s != "" {
		panic(err)
	}
	return t
}

// sid returns the id of anna, "" if she is not known.
func (r *rig) sid() privacy.SubjectID {
	known := r.known[r.Aliases.Alias(at(anna))].Subject
	if r.expired(r.states[known].ExpiresAt) {
		return ""
	}
	return known
}

// stored returns the expiry of each record that is stored about anna; "" where nothing has started the period.
func (r *rig) stored() map[string]string {
	out := map[string]string{}
	for k, one := range r.records[r.sid()] {
		if r.expired(one.ExpiresAt) {
			continue
		}
		expires := ""
		if !one.ExpiresAt.IsZero() {
			expires = one.ExpiresAt.Format(time.RFC3339)
		}
		out[string(k.category)+"#"+k.id] = expires
	}
	return out
}

// expect compares what is stored about anna with the expiries given.
func (r *rig) expect(t testing.TB, name string, want map[string]string) {
	t.Helper()
	if got := r.stored(); !maps.Equal(got, want) {
		t.Errorf("%s:\n got  %v\n want %v", name, got, want)
	}
}

// put sends one record about anna and expects the outcome.
func (r *rig) put(t testing.TB, one record.Record, want record.Outcome) Result {
	t.Helper()
	got, err := r.TakeOne(t.Context(), Line{at(anna), one})
	if err != nil || got.Outcome != want {
		t.Errorf("%s %s: %v %v, not %s", one.Category, one.ID, got, err, want)
	}
	return got
}

// send sends records about anna in one call.
func (r *rig) send(records ...record.Record) []Result {
	lines := make([]Line, len(records))
	for i, one := range records {
		lines[i] = Line{at(anna), one}
	}
	return r.Take(context.Background(), lines)
}

// outcomes returns the outcome of each result; an error is its kind.
func outcomes(results []Result) (all []string) {
	for _, r := range results {
		if r.Err != nil {
			all = append(all, "error")
		} else {
			all = append(all, string(r.Outcome))
		}
	}
	return slices.Clip(all)
}
