package retention

import (
	"context"
	"iter"
	"log/slog"
	"sync"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Item is what the sweep knows of a stored record.
type Item struct {
	PK, SK    string
	ExpiresAt time.Time
}

// Records is what the sweep needs of the table of records.
type Records interface {
	// Shards returns the number of partitions of each category.
	Shards() int
	// Due yields the items of a partition by expiry, the earliest first.
	Due(ctx context.Context, category privacy.Category, shard int) iter.Seq2[Item, error]
	// Delete deletes the item if its expiry is still at or before cutoff, and reports whether it did.
	Delete(ctx context.Context, item Item, cutoff time.Time) (bool, error)
}

const (
	spare    = 10 * time.Second // time that is left for the report when the sweep stops early (fault F05)
	parallel = 16               // deletions at a time
	counted  = 250              // items of a partition that a stopped sweep still counts
	logged   = 3                // keys that are logged for each partition, of items that could not be deleted
	late     = 24 * time.Hour   // records are deleted within a day after their expiry (promise F07)
)

// Sweep removes the records whose retention is over.
type Sweep struct {
	Records  Records
	Policy   func(now time.Time) *policy.Policy // policy.InForce
	Now      func() time.Time
	Grace    time.Duration // how long DynamoDB's TTL, which is free, gets to delete first
	Deadline time.Time     // when the function's time runs out; zero means never
}

// Run sweeps once and returns the report. A sweep remembers nothing of the one before; it asks the index for what has expired. So the next
// sweep makes up for one that was stopped or did not run for days (fault F18). An error in one partition does not stop the others, and the
// report is incomplete only for that partition.
func (s Sweep) Run(ctx context.Context) (Report, error) {
	now := s.Now().UTC()
	report := Report{SweptAt: now, Categories: []CategoryReport{}}
	var failed error
	for _, category := range privacy.Categories {
		rule := s.Policy(now).RetentionFor(category)
		row := CategoryReport{Category: category, Rule: rule.ID}
		var earliest time.Time
		for shard := range s.Records.Shards() {
			left, err := s.shard(ctx, category, shard, now, &row)
			failed = first(failed, err)
			if !left.IsZero() && (earliest.IsZero() || left.Before(earliest)) {
				earliest = left
			}
		}
		if !earliest.IsZero() {
			oldest := start(rule, earliest)
			row.Oldest = &oldest
			report.PastExpiry = max(report.PastExpiry, now.Sub(earliest))
		}
		report.Categories = append(report.Categories, row)
	}
	return report, failed
}

// shard sweeps one partition and returns the earliest expiry of what is left in it, or the zero time if nothing left has an expiry.
func (s Sweep) shard(ctx context.Context, category privacy.Category, shard int, now time.Time, row *CategoryReport) (time.Time, error) {
	p := partition{row: row, now: now, cutoff: now.Add(-s.Grace), slots: make(chan struct{}, parallel)}
	left, stopped := 0, false
	for item, err := range s.Records.Due(ctx, category, shard) {
		if err != nil {
			p.fail(err)
			break
		}
		if item.ExpiresAt.After(p.cutoff) {
			p.keep(item)
			break
		}
		if stopped = stopped || s.outOfTime(); !stopped {
			p.delete(ctx, s.Records, item)
			continue
		}
		p.keep(item) // the rest is only counted, as far as one page goes
		if left++; left == counted {
			break
		}
	}
	p.wg.Wait()
	return p.earliest, p.failed
}

// partition is one partition while it is swept.
type partition struct {
	now, cutoff time.Time
	slots       chan struct{}
	wg          sync.WaitGroup

	mu       sync.Mutex
	row      *CategoryReport
	earliest time.Time // of what is left
	failed   error     // the first
	failures int
}

// fail notes a failure and returns how many there have been.
func (p *partition) fail(err error) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failed = first(p.failed, err)
	p.failures++
	return p.failures
}

// keep notes an item that is left.
func (p *partition) keep(item Item) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.earliest.IsZero() || item.ExpiresAt.Before(p.earliest) {
		p.earliest = item.ExpiresAt
	}
	if p.now.Sub(item.ExpiresAt) > late {
		p.row.Overdue++
	}
}

// delete deletes an item in the background. It waits while too many deletions are running.
func (p *partition) delete(ctx context.Context, records Records, item Item) {
	p.slots <- struct{}{}
	p.wg.Go(func() {
		defer func() { <-p.slots }()
		deleted, err := records.Delete(ctx, item, p.cutoff)
		if err != nil {
			if p.fail(err) <= logged { // the team needs the key to delete by hand in time
				slog.ErrorContext(ctx, "a record was not deleted", "pk", item.PK, "sk", item.SK, "error", fault.Class(err))
			}
			p.keep(item)
			return
		}
		if deleted {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.row.Deleted++
		}
	})
}

// first keeps the first of several errors. A log names the class of an error, and a joined error has none.
func first(known, err error) error {
	if known != nil {
		return known
	}
	return err
}

func (s Sweep) outOfTime() bool { return outOfTime(s.Now(), s.Deadline) }

// outOfTime reports whether less than spare is left before the deadline. Without a deadline it returns false.
func outOfTime(now, deadline time.Time) bool {
	return !deadline.IsZero() && now.Add(spare).After(deadline)
}
