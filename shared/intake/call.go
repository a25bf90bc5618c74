package intake

import (
	"bytes"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// call is the records of one data subject that are taken in together.
type call struct {
	entries     []*entry
	hasAccounts bool
	walk        bool // the expiry of stored account data has moved
}

// entry is a record of a call, with what became of it.
type entry struct {
	record.Record
	packed  Packed
	hash    []byte
	account standing.Account // of an account record, as it was sent
	start   *time.Time       // start of the record's period, once it was read
	covers  string           // the erasure that covers it, if one does

	answered bool
	result   Result
}

// newCall packs the records. A record that is too large is answered at once (fault F13).
func newCall(records []record.Record, pack func([]byte) (Packed, error)) *call {
	c := &call{}
	for _, r := range records {
		sum := r.Hash()
		e := &entry{Record: r, hash: sum[:]}
		var err error
		if e.packed, err = pack(r.Data); err == nil && len(e.packed.Bytes) > record.MaxStored {
			err = fault.New(fault.TooLarge, "The record is too large to store.",
				fault.Field{Pointer: "/data", Detail: "must be at most 380 KB as stored, which is compressed if that is smaller"})
		}
		if err != nil {
			e.answer(Result{Err: err})
		}
		if r.Category == privacy.Account {
			c.hasAccounts, e.account = true, accountOf(r)
		}
		c.entries = append(c.entries, e)
	}
	return c
}

func accountOf(r record.Record) standing.Account {
	started, ended := r.Contract()
	return standing.Account{ID: r.ID, StartedAt: started, EndedAt: ended, Closed: r.Closed()}
}

func (e *entry) key() key { return key{e.Category, e.ID} }

// starts reads the member of the data at which the record's period starts. member is always the same, so the time is read only once.
func (e *entry) starts(member string) time.Time {
	if e.start == nil {
		at := e.Time(member)
		e.start = &at
	}
	return *e.start
}

func (e *entry) answer(r Result) { e.answered, e.result = true, r }

// open returns the entries that have no answer yet.
func (c *call) open() []*entry {
	return slices.DeleteFunc(slices.Clone(c.entries), func(e *entry) bool { return e.answered })
}

// fail answers every entry that has no answer yet.
func (c *call) fail(err error) {
	for _, e := range c.open() {
		e.answer(Result{Err: err})
	}
}

// settle answers the entries that the plan decided without a write, and those of the writes that were carried out.
func (c *call) settle(p *plan, done []*write) {
	for e, r := range p.answers {
		e.answer(r)
	}
	for _, w := range done {
		for e, r := range w.answers {
			e.answer(r)
		}
	}
}

func (c *call) results() []Result {
	all := make([]Result, len(c.entries))
	for i, e := range c.entries {
		all[i] = e.result
	}
	return all
}

// key names a record of one data subject.
type key struct {
	category privacy.Category
	id       string
}

// stored is what is known of a stored record, and decides what becomes of a line.
type stored struct {
	Found
	account standing.Account // of an account record, with the end that is known
	covered bool             // of an account record: an erasure covers it
}

// keeps says why an entry changes nothing: it is older than the stored record, or of the same time with the same content, or an account record
// of the same time that only lacks the known end. It returns "" if the entry says something new.
func (s stored) keeps(e *entry, ended time.Time, now time.Time) record.Reason {
	if e.OccurredAt.After(s.OccurredAt) {
		return ""
	}
	if e.OccurredAt.Before(s.OccurredAt) {
		return record.Older
	}
	if bytes.Equal(e.hash, s.Hash) {
		return record.Same
	}
	if e.Category == privacy.Account {
		if a := e.account; a.EndedAt.IsZero() && !a.WithKnownEnd(ended, false, now).EndedAt.IsZero() {
			return record.Ended
		}
	}
	return ""
}
