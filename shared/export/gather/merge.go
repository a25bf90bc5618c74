package gather

import (
	"cmp"
	"iter"

	"github.com/helpdeskexpert/privacy/shared/record"
)

// cursor is a list of records while it is read: the record that comes next, or the error that came instead.
type cursor struct {
	pull func() (record.OnFile, error, bool)
	record.OnFile
	err  error
	more bool
}

func (c *cursor) advance() { c.OnFile, c.err, c.more = c.pull() }

// merged yields the records of several lists, each in the order of its keys, in the order of all keys. Of several records with one key it yields
// the newest: the one that occurred last and, of those, the one that was stored last. Of each list it has one record in memory.
func merged(lists []iter.Seq2[record.OnFile, error]) iter.Seq2[record.OnFile, error] {
	return func(yield func(record.OnFile, error) bool) {
		cursors := make([]*cursor, len(lists))
		for i, list := range lists {
			pull, stop := iter.Pull2(list)
			defer stop()
			cursors[i] = &cursor{pull: pull}
			cursors[i].advance()
		}
		for {
			newest := first(cursors)
			if newest == nil {
				return
			}
			yielded := newest.OnFile
			if !yield(yielded, newest.err) || newest.err != nil {
				return
			}
			for _, c := range cursors {
				if c.more && compareKeys(c.OnFile, yielded) == 0 {
					c.advance()
				}
			}
		}
	}
}

// first returns the cursor whose record comes first, or one with an error, or nil at the end of all lists.
func first(cursors []*cursor) (first *cursor) {
	for _, c := range cursors {
		switch {
		case !c.more:
		case c.err != nil:
			return c
		case first == nil || compareKeys(c.OnFile, first.OnFile) < 0:
			first = c
		case compareKeys(c.OnFile, first.OnFile) == 0 && compareAge(c.OnFile, first.OnFile) > 0:
			first = c
		}
	}
	return first
}

func compareKeys(a, b record.OnFile) int {
	return cmp.Or(cmp.Compare(a.Category, b.Category), cmp.Compare(a.ID, b.ID))
}

// compareAge returns a positive number if a is newer than b.
func compareAge(a, b record.OnFile) int {
	return cmp.Or(a.OccurredAt.Compare(b.OccurredAt), a.StoredAt.Compare(b.StoredAt))
}
