package gateway

import (
	"sync"
	"time"
)

// Limit is a token bucket: Rate tokens a second, at most Burst at once. The zero Limit means no limit.
type Limit struct{ Rate, Burst int }

// limiter has a bucket for each route with its own limit, and one for all others.
type limiter struct {
	fallback Limit
	own      map[string]Limit
	now      func() time.Time

	mu      sync.Mutex
	buckets map[string]*bucket
}

// bucket contains the tokens left at a time. The tokens that were added since are computed when somebody asks.
type bucket struct {
	tokens float64
	at     time.Time
}

func newLimiter(fallback Limit, own map[string]Limit, now func() time.Time) *limiter {
	return &limiter{fallback: fallback, own: own, now: now, buckets: map[string]*bucket{}}
}

// allow takes a token for the route key, if there is one.
func (l *limiter) allow(key string) bool {
	limit, ok := l.own[key]
	if !ok {
		limit, key = l.fallback, ""
	}
	if limit.Rate == 0 && limit.Burst == 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	b, ok := l.buckets[key]
	if !ok {
		b = &bucket{tokens: float64(limit.Burst), at: now}
		l.buckets[key] = b
	}
	b.tokens = min(float64(limit.Burst), b.tokens+now.Sub(b.at).Seconds()*float64(limit.Rate))
	b.at = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
