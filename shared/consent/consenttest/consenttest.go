// Package consenttest has the stores of package consent in memory, for tests that make more calls than an engine can take.
package consenttest

import (
	"context"
	"maps"
	"sync"

	"github.com/helpdeskexpert/privacy/shared/consent"
)

// Log is a consent.Log that behaves as the table does. The zero Log is empty.
type Log struct {
	// Lose, if set, reports whether the answer to an append that succeeded is lost. The append then returns ErrTaken, as if the client had
	// tried again and found the version taken.
	Lose func() bool

	mu        sync.Mutex
	bySubject map[string][]consent.Record // by version, without gaps
	looked    int
}

// Newest implements consent.Log.
func (l *Log) Newest(_ context.Context, subject string) (consent.Record, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.bySubject[subject]
	if len(all) == 0 {
		return consent.Record{}, nil
	}
	return copied(all[len(all)-1]), nil
}

// Append implements consent.Log. A version that leaves a gap panics: no act may be recorded after a version that does not exist.
func (l *Log) Append(ctx context.Context, r consent.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.bySubject[r.Subject]
	switch {
	case r.Version <= len(all):
		return consent.ErrTaken
	case r.Version > len(all)+1:
		panic("consenttest: a version that leaves a gap")
	}
	if l.bySubject == nil {
		l.bySubject = map[string][]consent.Record{}
	}
	l.bySubject[r.Subject] = append(all, copied(r))
	if l.Lose != nil && l.Lose() {
		return consent.ErrTaken
	}
	return nil
}

// Has implements consent.Log.
func (l *Log) Has(_ context.Context, subject, operation string, first, last int) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.looked++
	for _, r := range l.bySubject[subject] {
		if r.Operation == operation && first <= r.Version && r.Version <= last {
			return true, nil
		}
	}
	return false, nil
}

// History returns every version, the oldest first.
func (l *Log) History(subject string) []consent.Record {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]consent.Record(nil), l.bySubject[subject]...)
}

// Looked returns how often Has was asked.
func (l *Log) Looked() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.looked
}

func copied(r consent.Record) consent.Record {
	r.Decisions = maps.Clone(r.Decisions)
	return r
}
