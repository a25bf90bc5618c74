package noticetest

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/notice"
)

// SES stands in for Amazon SES behind the interfaces of package notice. It is no kinder than SES: it refuses what is beyond the account's rate in any second
// or beyond its quota in any 24 hours, entry by entry.
type SES struct {
	Now     func() time.Time
	Account feedback.Account // Sent is counted
	// Answer decides about the n-th call, from 1, before SES looks at it: nil lets it through.
	Answer func(n int, to []feedback.Recipient) Fault
	// Fate says what becomes of an accepted mail: its events, with their delays.
	Fate   func(address string) []Event
	Silent error // what the account answers instead of describing itself
	Log    bool  // whether mails are kept in Mails; a simulation of a million only counts them

	mu       sync.Mutex
	Calls    int
	Accepted int             // mails
	Most     int             // the most mails in any second
	Mails    map[string]int  // accepted mails by address, counted
	Beyond   int             // mails refused because of the rate
	Lost     map[string]bool // addresses whose mail was accepted while the answer was lost
	sent     []burst         // accepted mails of the last 24 hours, oldest first
	day      int             // how many they are
	pending  []Pending       // events that have not arrived, in the order in which they arrive
}

// Fault is what happens to a call.
type Fault struct {
	Verdict feedback.Verdict // for all entries, if it is set
	Reason  string
	Entries map[int]feedback.Answer // for some entries
	Lost    bool                    // SES takes the mails, and its answer is lost
	Err     error                   // the call is not made
}

// Event is an event that follows a mail after some time.
type Event struct {
	After     time.Duration
	Outcome   feedback.Outcome
	Permanent bool
	Reason    string
}

// Pending is an event on its way.
type Pending struct {
	At    time.Time
	Event feedback.Event
}

type burst struct {
	at time.Time
	n  int
}

// Healthy is the account of most tests: 14 mails a second, 50,000 a day.
var Healthy = feedback.Account{Production: true, Sending: true, Verified: true, PerSecond: 14, PerDay: 50_000}

// NewSES returns an SES that delivers every mail two seconds after it was sent.
func NewSES(now func() time.Time) *SES {
	return &SES{Now: now, Account: Healthy, Log: true, Mails: map[string]int{}, Lost: map[string]bool{}, Fate: Delivered}
}

// Delivered is the fate of a mail that arrives.
func Delivered(string) []Event {
	return []Event{{After: time.Second, Outcome: feedback.Sent}, {After: 2 * time.Second, Outcome: feedback.Delivered}}
}

// Mail implements [notice.Mailer].
func (s *SES) Mail(_ context.Context, version string, _ notice.Letter, to []feedback.Recipient) ([]feedback.Answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Calls++
	var f Fault
	if s.Answer != nil {
		f = s.Answer(s.Calls, to)
	}
	if f.Err != nil {
		return nil, f.Err
	}
	answers := make([]feedback.Answer, len(to))
	for i, r := range to {
		a, scripted := f.Entries[i]
		switch {
		case f.Verdict != "":
			answers[i] = feedback.Answer{Verdict: f.Verdict, Reason: f.Reason}
		case scripted:
			answers[i] = a
		default:
			answers[i] = s.take(version, r)
		}
		if f.Lost {
			if answers[i].Verdict == feedback.Accepted {
				s.Lost[r.Address] = true
			}
			answers[i] = feedback.Answer{Verdict: feedback.Uncertain, Reason: "no_answer"}
		}
	}
	return answers, nil
}

// take accepts one mail, or refuses it because of the rate or of the quota.
func (s *SES) take(version string, r feedback.Recipient) feedback.Answer {
	now := s.Now()
	s.forget(now)
	lately := 0
	for i := len(s.sent) - 1; i >= 0 && now.Sub(s.sent[i].at) < time.Second; i-- {
		lately += s.sent[i].n
	}
	switch {
	case float64(lately) >= s.Account.PerSecond:
		s.Beyond++
		return feedback.Answer{Verdict: feedback.Postponed, Reason: "throttled"}
	case s.Account.PerDay != feedback.Unlimited && s.day >= s.Account.PerDay:
		return feedback.Answer{Verdict: feedback.Postponed, Reason: feedback.DailyQuota}
	}
	s.Most = max(s.Most, lately+1)
	s.Accepted++
	if s.day++; len(s.sent) > 0 && s.sent[len(s.sent)-1].at.Equal(now) {
		s.sent[len(s.sent)-1].n++
	} else {
		s.sent = append(s.sent, burst{now, 1})
	}
	if s.Log {
		s.Mails[r.Address]++
	}
	id := "m"
	if s.Log {
		id = "m-" + r.Part + "-" + strconv.Itoa(s.Calls)
	}
	for _, e := range s.Fate(r.Address) {
		s.queue(Pending{now.Add(e.After), feedback.Event{Mail: feedback.Mail{Kind: feedback.Notice, About: version, Part: r.Part}, Outcome: e.Outcome,
			At: now.Add(e.After), MessageID: id, Permanent: e.Permanent, Reason: e.Reason, Address: r.Address}})
	}
	return feedback.Answer{Verdict: feedback.Accepted, MessageID: id}
}

// forget drops what was sent more than 24 hours ago.
func (s *SES) forget(now time.Time) {
	for len(s.sent) > 0 && now.Sub(s.sent[0].at) >= 24*time.Hour {
		s.day -= s.sent[0].n
		s.sent = s.sent[1:]
	}
}

// queue adds an event in the order of arrival. Most events arrive in the order in which they are queued, or nearly so.
func (s *SES) queue(p Pending) {
	i := len(s.pending)
	for i > 0 && s.pending[i-1].At.After(p.At) {
		i--
	}
	s.pending = append(s.pending, Pending{})
	copy(s.pending[i+1:], s.pending[i:])
	s.pending[i] = p
}

// Arrive returns the events that have arrived by now, and forgets them.
func (s *SES) Arrive() (arrived []feedback.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, n := s.Now(), 0
	for ; n < len(s.pending) && !s.pending[n].At.After(now); n++ {
		arrived = append(arrived, s.pending[n].Event)
	}
	s.pending = s.pending[n:]
	return arrived
}

// OnItsWay returns how many events have not arrived yet.
func (s *SES) OnItsWay() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.pending)
}
