package mailbox

import (
	"context"
	"errors"
	"maps"
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
