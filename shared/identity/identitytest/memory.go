// Package identitytest tests acts on identities on any store: in memory, and on DynamoDB. The suite of cases says what an act does, whom it has told
// and what a crash leaves behind.
package identitytest

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Memory is a store in memory, which refuses what the real one refuses.
type Memory struct {
	Clock

	mu      sync.Mutex
	aliases map[string]subject.Alias
	states  map[privacy.SubjectID]memoryState
	changes map[string]identity.Change
	waiting map[string]map[string]identity.Contestable // by mailbox, then by change
	entries map[string]audit.Entry
}

type memoryState struct {
	standing.Snapshot
	listed bool
}

// NewMemory returns an empty store.
func NewMemory(clock Clock) *Memory {
	return &Memory{
		Clock: clock, aliases: map[string]subject.Alias{}, states: map[privacy.SubjectID]memoryState{}, changes: map[string]identity.Change{},
		waiting: map[string]map[string]identity.Contestable{}, entries: map[string]audit.Entry{},
	}
}

// Aliases implements [identity.Store].
func (m *Memory) Aliases(_ context.Context, keys ...string) (map[string]subject.Alias, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := map[string]subject.Alias{}
	for _, key := range keys {
		if is, known := m.alias(key); known {
			found[key] = is
		}
	}
	return found, nil
}

func (m *Memory) alias(key string) (subject.Alias, bool) {
	is, stored := m.aliases[key]
	is = is.At(m.Now())
	is.Subjects = slices.Sorted(slices.Values(is.Subjects))
	return is, stored && (is.ExpiresAt.IsZero() || is.ExpiresAt.After(m.Now()))
}

// State implements [identity.Store].
func (m *Memory) State(_ context.Context, id privacy.SubjectID) (standing.Snapshot, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, found := m.states[id]
	return s.Snapshot, found, nil
}

// Commit implements [identity.Store].
func (m *Memory) Commit(_ context.Context, t identity.Transaction) (lost bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range t.States {
		if is := m.states[c.Subject]; is.Version != c.From.Version || is.Accounts != c.From.Accounts {
			return true, nil
		}
	}
	if !m.current(t.Aliases) {
		return true, nil
	}
	for _, c := range t.States {
		m.replace(c)
	}
	for _, c := range t.Aliases {
		m.put(c)
	}
	m.keep(t.Change)
	m.entries[t.Entry.ID] = t.Entry
	return false, nil
}

// current reports whether the aliases are as they were read.
func (m *Memory) current(changes []identity.AliasChange) bool {
	for _, c := range changes {
		is, known := m.alias(c.To.Key)
		if known != (c.From.Version > 0) || known && (is.Version != c.From.Version || !is.ExpiresAt.Equal(c.From.ExpiresAt)) {
			return false
		}
	}
	return true
}

func (m *Memory) put(c identity.AliasChange) {
	c.To.Version = c.From.Version + 1
	m.aliases[c.To.Key] = c.To
}

func (m *Memory) replace(c identity.StateChange) {
	is := m.states[c.Subject]
	since := is.Since
	if c.Renewed || c.To.ContractRenewed(is.State) {
		since = m.Now()
	}
	m.states[c.Subject] = memoryState{standing.Snapshot{
		State: c.To, Version: c.Version, Accounts: is.Accounts + 1, ExpiresAt: c.ExpiresAt, Since: since,
		Aliases: slices.Clone(c.Aliases), Shared: slices.Clone(c.Shared), Left: slices.Clone(c.Left), Primary: c.Primary,
	}, c.Listed}
	if c.To.Into == "" {
		m.moveFormer(c.To, c.ExpiresAt)
	}
}

func (m *Memory) moveFormer(of standing.State, expires time.Time) {
	for _, f := range of.Formerly {
		is := m.states[f.ID]
		is.ExpiresAt = expires
		m.states[f.ID] = is
	}
}

func (m *Memory) keep(c identity.Change) {
	if c.ID == "" {
		return
	}
	c.Version = 1
	m.changes[c.ID] = c
	for _, told := range c.Told {
		if told.Role != identity.Other {
			continue
		}
		if m.waiting[told.Mailbox] == nil {
			m.waiting[told.Mailbox] = map[string]identity.Contestable{}
		}
		m.waiting[told.Mailbox][c.ID] = identity.Contestable{ID: c.ID, Kind: c.Kind, At: c.At}
	}
}

// LoadChange implements [identity.Changes].
func (m *Memory) LoadChange(_ context.Context, id string) (identity.Change, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, found := m.changes[id]
	return c, found && c.ExpiresAt.After(m.Now()), nil
}

// SaveChange implements [identity.Changes].
func (m *Memory) SaveChange(_ context.Context, c identity.Change) (lost bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !m.save(c), nil
}

func (m *Memory) save(c identity.Change) bool {
	if m.changes[c.ID].Version != c.Version {
		return false
	}
	c.Version++
	m.changes[c.ID] = c
	return true
}

// LoadContestable implements [identity.Contests].
func (m *Memory) LoadContestable(_ context.Context, mailbox, id string) (identity.Contestable, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, found := m.waiting[mailbox][id]
	return c, found, nil
}

// Contest implements [identity.Contests].
func (m *Memory) Contest(_ context.Context, c identity.Change, mailbox string) (lost bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, found := m.waiting[mailbox][c.ID]; !found || !m.save(c) {
		return true, nil
	}
	delete(m.waiting[mailbox], c.ID)
	return false, nil
}

// Seen implements [identity.Contests].
func (m *Memory) Seen(_ context.Context, mailbox, id string) (found bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, found = m.waiting[mailbox][id]
	delete(m.waiting[mailbox], id)
	return found, nil
}

// Create implements [Store].
func (m *Memory) Create(_ context.Context, n Newcomer) (lost bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := n.Learns
	if n.Shares != nil {
		all = append(slices.Clone(all), *n.Shares)
	}
	if !m.current(all) {
		return true, nil
	}
	s := standing.Snapshot{State: n.State, Version: 1, Accounts: 1, ExpiresAt: n.ExpiresAt, Since: m.Now()}
	var own []subject.Alias
	for _, c := range n.Learns {
		c.To = c.To.With(n.ID, n.ExpiresAt, nil)
		m.put(c)
		own, s.Aliases = append(own, c.To), append(s.Aliases, c.To.Key)
	}
	if n.Shares != nil {
		m.put(*n.Shares)
		own, s.Aliases, s.Shared = append(own, n.Shares.To), append(s.Aliases, n.Shares.To.Key), []string{n.Shares.To.Key}
	}
	s.Primary = identity.PrimaryOf(own)
	m.states[n.ID] = memoryState{s, true}
	if owner, known := m.states[n.Owner]; known {
		owner.Version++
		if !slices.Contains(owner.Shared, n.Shares.To.Key) {
			owner.Shared = append(slices.Clone(owner.Shared), n.Shares.To.Key)
		}
		m.states[n.Owner] = owner
	}
	return false, nil
}

// Transition implements [Store].
func (m *Memory) Transition(
	_ context.Context, id privacy.SubjectID, decide func(standing.Snapshot) (standing.State, time.Time),
) (standing.Snapshot, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, found := m.states[id]
	if !found || s.Into != "" {
		return s.Snapshot, found, nil
	}
	s.State, s.ExpiresAt = decide(s.Snapshot)
	s.Version++
	s.Accounts++
	m.states[id] = s
	m.moveFormer(s.State, s.ExpiresAt)
	for _, key := range s.Aliases {
		is := m.aliases[key]
		if !is.Belongs(id) { // an act has left them out while their data had expired
			continue
		}
		if is = is.With(id, s.ExpiresAt, s.Formerly); is.Shared() {
			is.Version++
		}
		m.aliases[key] = is
	}
	return s.Snapshot, true, nil
}

// Type implements [Store].
func (m *Memory) Type(ctx context.Context, alias string, until time.Time) error {
	m.mu.Lock()
	is, _ := m.alias(alias)
	m.mu.Unlock()
	for _, id := range is.Subjects {
		_, _, err := m.Transition(ctx, id, func(s standing.Snapshot) (standing.State, time.Time) {
			if s.ExpiresAt.IsZero() || !until.After(s.ExpiresAt) {
				return s.State, s.ExpiresAt
			}
			return s.Known(until), until
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Listed implements [Store].
func (m *Memory) Listed(context.Context) (primaries []string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.states {
		if s.listed && (s.ExpiresAt.IsZero() || s.ExpiresAt.After(m.Now())) {
			primaries = append(primaries, s.Primary)
		}
	}
	return primaries, nil
}

// Audited implements [Store].
func (m *Memory) Audited(context.Context) ([]audit.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Collect(maps.Values(m.entries)), nil
}
