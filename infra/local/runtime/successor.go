package runtime

import (
	"fmt"
	"time"
)

// Successor is another binary of a function, such as that of a new version of the policy. One process of it has started and asked for work.
type Successor struct {
	function *Function
	first    *worker
}

// Successor starts one process of another binary. It returns an error if the process does not ask for work, and the function goes on as it was.
// The caller ends the successor by [Successor.Use] or [Successor.Discard].
func (f *Function) Successor(bootstrap string) (*Successor, error) {
	w, err := startWorker(f.spec.with(bootstrap))
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", f.spec.Name, err)
	}
	limit := time.NewTimer(initLimit)
	defer limit.Stop()
	select {
	case <-w.asked:
		w.served = true // so that its death while it is idle fails no call
		return &Successor{function: f, first: w}, nil
	case <-w.child.Done():
		err = fmt.Errorf("the new binary of %s ended before it asked for work", f.spec.Name)
	case <-limit.C:
		err = fmt.Errorf("the new binary of %s asked for no work within %v", f.spec.Name, initLimit)
	}
	w.close()
	return nil, err
}

// Use makes every later invocation use the successor. An invocation under way ends on the process that it began on, which takes no other. Use
// returns how many of those there are.
func (s *Successor) Use() (finishing int, err error) {
	f := s.function
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		s.first.close()
		return 0, ErrClosed
	}
	for _, idle := range f.warm {
		f.drop(idle)
	}
	finishing = len(f.all)
	f.bootstrap, f.warm = s.first.bootstrap, []*worker{s.first}
	f.all[s.first] = struct{}{}
	return finishing, nil
}

// Discard ends the successor's process. The function goes on as it was.
func (s *Successor) Discard() { s.first.close() }
