package retention

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Item is a stored record as far as the sweep knows it.
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
	// Delete deletes the item if it still expired at or before cutoff, and reports whether it did.
	Delete(ctx context.Context, item Item, cutoff time.Time) (bool, error)
}

const (
	spare    = 10 * time.Second // what is left for the report when the sweep stops early (fault F05)
	parallel = 16               // deletions at a time
	counted  = 250              // items of a partition that a stopped sweep still counts
	late     = 24 * time.Hour   // the promise: gone within a day after the expiry (promise F07)
)

// Sweep removes the records whose retention is over.
type Sweep struct {
	Records  Records
	Policy   *policy.Policy
	Now      func() time.Time
	Grace    time.Duration // how long DynamoDB's TTL, which is free, gets to delete first
	Deadline time.Time     // when the function's time runs out; zero means never
}

// Run sweeps once and reports. Nothing is remembered between sweeps: each asks the index for what has expired, so a
// sweep that was stopped, or did not run for days, is made good by the next (fault F18). An error of a partition does
// not stop the others; the report is complete but for it.
func (s Sweep) Run(ctx context.Context) (Report, error) {
	now := s.Now().UTC()
	report := Report{SweptAt: now, Categories: []CategoryReport{}}
	var failed error
	for _, category := range privacy.Categories {
		rule := s.Policy.RetentionFor(category)
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
		}
		report.Categories = append(report.Categories, row)
	}
	return report, failed
}

// shard sweeps one partition and returns the earliest expiry of what is left in it, zero if nothing with an expiry is.
func (s Sweep) shard(ctx context.Context, category privacy.Category, shard int, now time.Time, row *CategoryReport) (time.Time, error) {
	cutoff := now.Add(-s.Grace)
	var (
		mu       sync.Mutex
		wg       sync.WaitGroup
		slots    = make(chan struct{}, parallel)
		earliest time.Time
		failed   error
		stopped  bool
		left     int
	)
	kept := func(item Item) {
		if earliest.IsZero() || item.ExpiresAt.Before(earliest) {
			earliest = item.ExpiresAt
		}
		if now.Sub(item.ExpiresAt) > late {
			row.Overdue++
		}
	}
	for item, err := range s.Records.Due(ctx, category, shard) {
		mu.Lock()
		if err != nil {
			failed = first(failed, err)
		} else if item.ExpiresAt.After(cutoff) {
			kept(item)
			err = errStop
		} else if stopped = stopped || s.outOfTime(); stopped {
			kept(item) // the rest is only counted, as far as one page goes
			if left++; left == counted {
				err = errStop
			}
		}
		mu.Unlock()
		if err != nil {
			break
		}
		if stopped {
			continue
		}
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			deleted, err := s.Records.Delete(ctx, item, cutoff)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				failed = first(failed, err)
				kept(item)
			case deleted:
				row.Deleted++
			}
		})
	}
	wg.Wait()
	return earliest, failed
}

// first keeps the first of several errors: a log names its class, and a joined error has none of its own.
func first(known, err error) error {
	if known != nil {
		return known
	}
	return err
}

// errStop ends the loop over a partition: nothing further in it is due.
var errStop = errors.New("retention: nothing further is due")

func (s Sweep) outOfTime() bool {
	return !s.Deadline.IsZero() && s.Now().Add(spare).After(s.Deadline)
}
