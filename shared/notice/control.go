package notice

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// Control is what staff see of the campaigns and can do with them.
type Control struct {
	Register   Register
	Recipients Partition
	Published  func(version string) bool      // whether this release has the version
	Policy     func(time.Time) *policy.Policy // the version in force at a time, for the period of an audit entry
	Now        func() time.Time
}

// Overview is a campaign as a list shows it.
type Overview struct {
	Campaign
	// Orphaned says that this release does not have the version, because an older release was deployed again. The runner leaves the campaign
	// alone until a release has it.
	Orphaned bool
}

// Shown is a campaign with the exact counts of its recipients.
type Shown struct {
	Overview
	Counts Counts
}

// Counts are the recipients of a campaign by what became of the notice. Only Outcome[Delivered] are told.
type Counts struct {
	Recipients int
	Outcome    map[Outcome]int
	Failed     map[Reason]int // the recipients who failed, by reason
	Followed   int            // recipients who failed, while the campaign went on at another address of the same person; the others are left to the team
	Doubled    int            // recipients who may have got the notice twice
	Complained int            // recipients who reported it as spam
}

var errUnknown = fault.New(fault.NotFound, "There is no notice campaign about this version of the policy.")

// List returns every campaign, the newest first.
func (c Control) List(ctx context.Context) ([]Overview, error) {
	all, err := c.Register.All(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b Campaign) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(b.Version, a.Version))
	})
	list := make([]Overview, len(all))
	for i, one := range all {
		list[i] = c.overview(one)
	}
	return list, nil
}

func (c Control) overview(one Campaign) Overview {
	return Overview{Campaign: one, Orphaned: !one.Over() && !c.Published(one.Version)}
}

// Find returns one campaign without the counts of its recipients. A version without a campaign is [fault.NotFound], and so is a text that
// names no version, which the register is never asked for.
func (c Control) Find(ctx context.Context, version string) (Overview, error) {
	if _, err := time.Parse(time.DateOnly, version); err != nil {
		return Overview{}, errUnknown
	}
	found, err := c.Register.Load(ctx, version)
	if err != nil {
		return Overview{}, err
	}
	if len(found) == 0 {
		return Overview{}, errUnknown
	}
	return c.overview(found[0]), nil
}

// Show returns one campaign and counts its recipients, which reads all of them. A version without a campaign is [fault.NotFound].
func (c Control) Show(ctx context.Context, version string) (Shown, error) {
	one, err := c.Find(ctx, version)
	if err != nil {
		return Shown{}, err
	}
	counts, err := count(ctx, c.Recipients, version)
	return Shown{one, counts}, err
}

// counters is how many partitions are counted at a time.
const counters = 16

// count counts the recipients of all partitions.
func count(ctx context.Context, from Partition, version string) (Counts, error) {
	all := make([]Counts, Partitions)
	failed := make([]error, Partitions)
	var wg sync.WaitGroup
	slots := make(chan struct{}, counters)
	for n := range Partitions {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			all[n].init()
			for r, err := range from.Partition(ctx, version, n) {
				if err != nil {
					failed[n] = err
					return
				}
				all[n].add(r)
			}
		})
	}
	wg.Wait()
	var sum Counts
	sum.init()
	for _, one := range all {
		sum.merge(one)
	}
	return sum, errors.Join(failed...)
}

func (c *Counts) init() { c.Outcome, c.Failed = map[Outcome]int{}, map[Reason]int{} }

func (c *Counts) add(r Recipient) {
	c.Recipients++
	c.Outcome[r.Outcome]++
	if r.Outcome == Failed {
		c.Failed[r.Reason]++
		if r.Followed {
			c.Followed++
		}
	}
	if r.Doubled {
		c.Doubled++
	}
	if r.Complained {
		c.Complained++
	}
}

func (c *Counts) merge(other Counts) {
	c.Recipients += other.Recipients
	c.Followed += other.Followed
	c.Doubled += other.Doubled
	c.Complained += other.Complained
	for s, n := range other.Outcome {
		c.Outcome[s] += n
	}
	for r, n := range other.Failed {
		c.Failed[r] += n
	}
}
