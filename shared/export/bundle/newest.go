package bundle

import (
	"container/heap"
	"fmt"
	"io"
	"slices"
	"time"
)

// shown is the most records of a category that index.html shows.
const shown = 500

// compactAt is the size in bytes from which a spool is rewritten if most of it is outdated.
const compactAt = 64 << 20

// newest keeps the newest records of a category, at most shown of them: their times in memory, their JSON in a spool.
type newest struct {
	spool *spool
	heap  kept
}

// place says where a record's JSON is in the spool.
type place struct {
	at             time.Time
	order          int // position in the category, which orders records of the same time
	offset, length int64
}

// before orders places from oldest to newest.
func (p place) before(q place) bool {
	if !p.at.Equal(q.at) {
		return p.at.Before(q.at)
	}
	return p.order > q.order
}

// kept is a heap whose root is the oldest place.
type kept []place

func (k kept) Len() int           { return len(k) }
func (k kept) Less(i, j int) bool { return k[i].before(k[j]) }
func (k kept) Swap(i, j int)      { k[i], k[j] = k[j], k[i] }
func (k *kept) Push(x any)        { *k = append(*k, x.(place)) }
func (k *kept) Pop() any {
	last := (*k)[len(*k)-1]
	*k = (*k)[:len(*k)-1]
	return last
}

// offer keeps the record if it is among the newest so far.
func (n *newest) offer(at time.Time, order int, raw []byte) error {
	p := place{at: at, order: order, offset: n.spool.size, length: int64(len(raw))}
	if len(n.heap) == shown {
		if p.before(n.heap[0]) {
			return nil
		}
		n.heap[0] = p
		heap.Fix(&n.heap, 0)
	} else {
		heap.Push(&n.heap, p)
	}
	if _, err := n.spool.Write(raw); err != nil {
		return fmt.Errorf("bundle: writing a spool: %w", err)
	}
	return n.compact()
}

// compact rewrites the spool once half of it is outdated, so that its size stays bounded.
func (n *newest) compact() error {
	var live int64
	if n.spool.size < compactAt {
		return nil
	}
	for _, p := range n.heap {
		live += p.length
	}
	if n.spool.size < 2*live {
		return nil
	}
	fresh, err := newSpool()
	if err != nil {
		return err
	}
	for i, p := range n.heap {
		n.heap[i].offset = fresh.size
		content, err := n.spool.section(p.offset, p.length)
		if err == nil {
			_, err = io.Copy(fresh, content)
		}
		if err != nil {
			fresh.close()
			return fmt.Errorf("bundle: compacting a spool: %w", err)
		}
	}
	n.spool.close()
	n.spool = fresh
	return nil
}

// each calls do with the JSON of every kept record, newest first, and empties the spool.
func (n *newest) each(do func(raw []byte) error) error {
	slices.SortFunc(n.heap, func(a, b place) int {
		if b.before(a) {
			return -1
		}
		return 1
	})
	for _, p := range n.heap {
		raw := make([]byte, p.length)
		content, err := n.spool.section(p.offset, p.length)
		if err != nil {
			return err
		}
		if _, err := io.ReadFull(content, raw); err != nil {
			return fmt.Errorf("bundle: reading a spool: %w", err)
		}
		if err := do(raw); err != nil {
			return err
		}
	}
	n.heap = n.heap[:0]
	return n.spool.reset()
}
