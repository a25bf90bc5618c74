package mailbox

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
)

// memory is a store of confirmations in memory that behaves as the table does. The zero memory is empty.
type memory struct {
	fail func(Confirmation) error // if set, is asked about each item that is about to be saved; an item with an error is not saved

	mu    sync.Mutex
	byID  map[string]Confirmation
	saved int // how often an item was saved
}

var errKilled = errors.New("killed")

func (s *memory) Load(_ context.Context, id string) (Confirmation, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, found := s.byID[id]
	c.Act.Decisions = maps.Clone(c.Act.Decisions)
	return c, found, nil
}

func (s *memory) Save(_ context.Context, c Confirmation) (Confirmation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		if err := s.fail(c); err != nil {
			return c, err
		}
	}
	if s.byID[c.ID].Version != c.Version {
		return c, ErrChanged
	}
	if s.byID == nil {
		s.byID = map[string]Confirmation{}
	}
	c.Version++
	c.Act.Decisions = maps.Clone(c.Act.Decisions)
	s.byID[c.ID] = c
	s.saved++
	return c, nil
}

// only returns the one confirmation that is stored.
func (s *memory) only() (only Confirmation) {
	if len(s.byID) != 1 {
		panic("there is not one confirmation")
	}
	for _, only = range s.byID {
	}
	return only
}

// boxes is a store of mailboxes and of wishes for links, in memory. The zero boxes is empty.
type boxes struct {
	mu   sync.Mutex
	byID map[string]Mailbox
	asks map[string]Wish
}

func (s *boxes) Load(_ context.Context, id string) (Mailbox, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, found := s.byID[id]
	return copied(m), found, nil
}

func (s *boxes) Save(_ context.Context, m Mailbox) (Mailbox, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byID[m.ID].Version != m.Version {
		return m, ErrChanged
	}
	if s.byID == nil {
		s.byID = map[string]Mailbox{}
	}
	m.Version++
	s.byID[m.ID] = copied(m)
	return m, nil
}

func (s *boxes) LoadWish(_ context.Context, id string) (Wish, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, found := s.asks[id]
	return a, found, nil
}

func (s *boxes) SaveWish(_ context.Context, a Wish) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asks == nil {
		s.asks = map[string]Wish{}
	}
	s.asks[a.ID] = a
	return nil
}

func (s *boxes) DeleteWish(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.asks, id)
	return nil
}

// copied returns a mailbox that shares nothing with m.
func copied(m Mailbox) Mailbox {
	m.Links, m.Wanted, m.Acts, m.Mailed.Counts = slices.Clone(m.Links), slices.Clone(m.Wanted), slices.Clone(m.Acts), maps.Clone(m.Mailed.Counts)
	return m
}
