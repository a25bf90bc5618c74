package engine

import "sync"

// tail keeps the last output of an engine, to say why it did not start.
type tail struct {
	mu    sync.Mutex
	bytes []byte
}

// Write keeps the newest 2 KiB.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bytes = append(t.bytes, p...)
	if extra := len(t.bytes) - 2<<10; extra > 0 {
		t.bytes = t.bytes[extra:]
	}
	return len(p), nil
}

// String returns what was kept.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.bytes)
}
