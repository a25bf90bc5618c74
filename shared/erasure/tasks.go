package erasure

import "sync"

// tasks runs a number of tasks at a time.
type tasks struct {
	free   chan struct{} // has room for each task that runs
	wg     sync.WaitGroup
	mu     sync.Mutex
	failed error // of the first task that failed
}

func newTasks(atOnce int) *tasks { return &tasks{free: make(chan struct{}, atOnce)} }

// begin begins a task once there is room for it. It returns false, and begins none, after one has failed.
func (t *tasks) begin(do func() error) bool {
	t.free <- struct{}{}
	if t.err() != nil {
		<-t.free
		return false
	}
	t.wg.Go(func() {
		defer func() { <-t.free }()
		if err := do(); err != nil {
			t.mu.Lock()
			defer t.mu.Unlock()
			if t.failed == nil {
				t.failed = err
			}
		}
	})
	return true
}

// wait waits until all tasks that began have ended, and returns the error of the first that failed.
func (t *tasks) wait() error {
	t.wg.Wait()
	return t.err()
}

func (t *tasks) err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failed
}
