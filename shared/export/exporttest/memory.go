// Package exporttest measures the memory that an export uses.
package exporttest

import (
	"runtime"
	"runtime/debug"
)

// Budget is the most memory in bytes that an export may use, however many records there are (design: budgets).
const Budget = 64 << 20

// Memory is the most memory in bytes that was in use at any measured moment.
type Memory struct {
	Taken uint64 // what the process had reserved from the system; depends on the collector's lag, and so on the machine
	Live  uint64 // what was left after a collection; the same on every machine
}

// NewMemory returns a Memory after it has returned unused memory to the system, so that earlier tests do not count.
func NewMemory() *Memory {
	debug.FreeOSMemory()
	return &Memory{}
}

// Look collects garbage and measures.
func (m *Memory) Look() {
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	m.Taken = max(m.Taken, s.Sys-s.HeapReleased)
	runtime.GC()
	runtime.ReadMemStats(&s)
	m.Live = max(m.Live, s.HeapAlloc)
}

// Growth returns the live memory as a multiple of that of a smaller export.
func (m *Memory) Growth(smaller *Memory) float64 { return float64(m.Live) / float64(smaller.Live) }
