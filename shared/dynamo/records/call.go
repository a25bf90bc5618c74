package records

import (
	"bytes"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// call is the records that are put together.
type call struct {
	lines       []*line
	hasAccounts bool
	walk        bool // the expiry of stored account data has moved
}

// line is a record of a call with what became of it.
type line struct {
	record.Record
	parcel
	key     string // sort key
	hash    []byte
	account standing.Account // as an account record says it
	start   *time.Time       // of its period, once it was read

	answered bool
	result   Result
}

// newCall wraps the records as they are stored; one that is too large has its answer already (fault F13).
func newCall(rs []record.Record) *call {
	c := &call{}
	for _, r := range rs {
		sum := r.Hash()
		l := &line{Record: r, key: sk(r), hash: sum[:]}
		var err error
		if l.parcel, err = wrap(r.Data); err != nil {
			l.answer(Result{Err: err})
		}
		if r.Category == privacy.Account {
			c.hasAccounts, l.account = true, accountOf(r)
		}
		c.lines = append(c.lines, l)
	}
	return c
}

// starts reads the member of the data at which the record's period starts, which is always the same one.
func (l *line) starts(member string) time.Time {
	if l.start == nil {
		at := l.Time(member)
		l.start = &at
	}
	return *l.start
}

func (l *line) answer(r Result) { l.answered, l.result = true, r }

// open reports whether a line has no answer yet.
func (c *call) open() bool {
	return slices.ContainsFunc(c.lines, func(l *line) bool { return !l.answered })
}

// fail answers every line that has no answer yet.
func (c *call) fail(err error) {
	for _, l := range c.lines {
		if !l.answered {
			l.answer(Result{Err: err})
		}
	}
}

// settle answers the lines that the plan decided without a write, and those of the writes that were carried out.
func (c *call) settle(p *plan, done []*write) {
	for l, r := range p.answers {
		l.answer(r)
	}
	for _, w := range done {
		for l, r := range w.answers {
			l.answer(r)
		}
	}
}

func (c *call) results() []Result {
	all := make([]Result, len(c.lines))
	for i, l := range c.lines {
		all[i] = l.result
	}
	return all
}

// chain is the lines of one record, in the order in which they were sent: newer content, or the same again.
type chain struct {
	key      string
	category privacy.Category
	lines    []*line
	ended    time.Time // account: when the contract ended, or will end, once all lines have taken effect
}

// chains returns the lines that have no answer yet, by record.
func (c *call) chains() []*chain {
	var all []*chain
	byKey := map[string]*chain{}
	for _, l := range c.lines {
		if l.answered {
			continue
		}
		if byKey[l.key] == nil {
			byKey[l.key] = &chain{key: l.key, category: l.Category}
			all = append(all, byKey[l.key])
		}
		byKey[l.key].lines = append(byKey[l.key].lines, l)
	}
	return all
}

// current is a record as it is stored, as far as it decides what becomes of a line.
type current struct {
	at      time.Time // occurredAt
	hash    []byte
	expires time.Time
	account standing.Account // of an account record, with the end that is known
}

// replacedBy reports whether a line says something new: it is newer than what is stored, or other content of the same time. The
// condition newer says the same to the table. A line about an account that only lacks the end which is known says nothing new.
func (c current) replacedBy(l *line, ended time.Time, now time.Time) bool {
	if !l.OccurredAt.Equal(c.at) {
		return l.OccurredAt.After(c.at)
	}
	if l.Category == privacy.Account {
		if a := l.account; a.EndedAt.IsZero() && !a.WithKnownEnd(ended, false, now).EndedAt.IsZero() {
			return false
		}
	}
	return !bytes.Equal(l.hash, c.hash)
}

func accountOf(r record.Record) standing.Account {
	started, ended := r.Contract()
	return standing.Account{ID: r.ID, StartedAt: started, EndedAt: ended, Closed: r.Closed()}
}
