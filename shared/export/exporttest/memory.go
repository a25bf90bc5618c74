// Package exporttest measures what the making of an export takes.
package exporttest

import (
	"runtime"
	"runtime/debug"
)

// Budget is the memory that the making of an export may hold, in bytes, however many records there are (design: budgets).
const Budget = 64 << 20

// Memory is the most memory that was in use at any of the moments looked at, in bytes.
type Memory struct {
	Taken uint64 // what the process had of the system: depends on how far the collector lags, so on the machine
	Live  uint64 // what a collection left: the same on every machine
}

// NewMemory begins with what others left given back.
func NewMemory() *Memory {
	debug.FreeOSMemory()
	return &Memory{}
}

// Look looks now, and collects garbage.
func (m *Memory) Look() {
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	m.Taken = max(m.Taken, s.Sys-s.HeapReleased)
	runtime.GC()
	runtime.ReadMemStats(&s)
	m.Live = max(m.Live, s.HeapAlloc)
}

// Growth returns how many times as much was live as in a smaller export.
func (m *Memory) Growth(smaller *Memory) float64 { return float64(m.Live) / float64(smaller.Live) }
