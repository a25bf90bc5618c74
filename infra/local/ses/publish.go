package ses

import (
	"cmp"
	"container/heap"
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// Publishing says how reliably events arrive. AWS promises neither an order nor that an event comes once, and events can be late.
type Publishing struct {
	// Seconds is how late an event may be. Each takes its own random time up to it, so events overtake one another. Without it, each event is
	// published at once, before the call that sent the mail is answered.
	Seconds float64 `json:"seconds"`
	Twice   float64 `json:"twice"` // the share of events that arrive twice
	Lost    float64 `json:"lost"`  // the share of events that never arrive
	Seed    uint64  `json:"-"`     // of the random choices, so that a test can repeat them
}

// valid reports whether the numbers make sense.
func (p Publishing) valid() bool {
	return p.Seconds >= 0 && p.Seconds <= day.Seconds() && p.Twice >= 0 && p.Lost >= 0 && p.Twice+p.Lost <= 1
}

// pending is an event that is not published yet.
type pending struct {
	due   time.Time
	turn  uint64 // among events that are due at the same time
	event *event
}

// publisher hands events to the sink when they are due.
type publisher struct {
	now  func() time.Time
	sink func([]byte)

	mu         sync.Mutex
	publishing Publishing
	random     *rand.Rand
	waiting    waiting
	turns      uint64
}

// waiting is a heap of pending events, the one that is due next on top.
type waiting []pending

func (w waiting) Len() int { return len(w) }
func (w waiting) Less(i, j int) bool {
	return cmp.Or(w[i].due.Compare(w[j].due), cmp.Compare(w[i].turn, w[j].turn)) < 0
}
func (w waiting) Swap(i, j int) { w[i], w[j] = w[j], w[i] }
func (w *waiting) Push(x any)   { *w = append(*w, x.(pending)) }
func (w *waiting) Pop() any {
	last := len(*w) - 1
	top := (*w)[last]
	(*w)[last] = pending{} // so that its event can be freed
	*w = (*w)[:last]
	return top
}

func (p *publisher) settings() Publishing {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.publishing
}

// SetPublishing changes how reliably events of later mails arrive.
func (a *Account) SetPublishing(publishing Publishing) {
	a.publisher.mu.Lock()
	defer a.publisher.mu.Unlock()
	publishing.Seed = a.publisher.publishing.Seed
	a.publisher.publishing = publishing
}

// add plans the events of one mail, which happen in the order given. What happened later also has a later time, even if it arrives first.
func (p *publisher) add(events []event) {
	if p.sink == nil {
		return
	}
	p.mu.Lock()
	settings, happened := p.publishing, p.now()
	for _, e := range events {
		happened = happened.Add(p.within(settings.Seconds / 2 / float64(len(events))))
		e.happened(happened)
		copies := 1
		switch chance := p.random.Float64(); {
		case chance < settings.Lost:
			copies = 0
		case chance < settings.Lost+settings.Twice:
			copies = 2
		}
		for range copies {
			p.turns++
			heap.Push(&p.waiting, pending{happened.Add(p.within(settings.Seconds / 2)), p.turns, &e})
		}
	}
	p.mu.Unlock()
	if settings.Seconds == 0 {
		p.publish()
	}
}

// within returns a random time up to the seconds.
func (p *publisher) within(seconds float64) time.Duration {
	return time.Duration(p.random.Float64() * seconds * float64(time.Second))
}

// fewWaiting is for how many events the publisher keeps memory while none is waiting.
const fewWaiting = 1024

// pulse is how often Run looks for events that are due.
const pulse = 100 * time.Millisecond

// Run publishes events when they are due, until the context ends. Events that are due later are never published, so a stack that stops loses
// them.
func (a *Account) Run(ctx context.Context) {
	ticker := time.NewTicker(pulse)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			a.Publish()
		}
	}
}

// Publish hands every event that is due to the sink, and returns the time at which the next one is due, or zero if none is waiting. Only
// events with a delay need it.
func (a *Account) Publish() time.Time { return a.publisher.publish() }

func (p *publisher) publish() time.Time {
	for {
		p.mu.Lock()
		if len(p.waiting) == 0 || p.waiting[0].due.After(p.now()) {
			var next time.Time
			if len(p.waiting) > 0 {
				next = p.waiting[0].due
			} else if cap(p.waiting) > fewWaiting {
				p.waiting = nil
			}
			p.mu.Unlock()
			return next
		}
		e := heap.Pop(&p.waiting).(pending).event
		p.mu.Unlock()
		p.sink(e.encode())
	}
}
