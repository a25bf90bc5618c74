// Package noticetest has what tests of campaigns need: a store in memory with the semantics of the real one, people, and a stand-in for SES
// that a test can make fail in every way.
package noticetest

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/notice"
)

// Stores is everything that package notice stores. [Conformance] says how it behaves.
type Stores interface {
	notice.Register
	notice.Campaigns
	notice.Recipients
	notice.Partition
	notice.Claims
	notice.Arrivals
}

// Memory implements [Stores]. It counts the capacity units that DynamoDB would consume.
type Memory struct {
	Now     func() time.Time
	Entries []audit.Entry // of the acts, oldest first

	mu         sync.Mutex
	campaigns  map[string]notice.Campaign
	recipients map[string]map[string]int32 // version → alias → index in stored
	stored     []row
	again      map[string]bool // keys of recipients with a NextAt
	claims     map[string]notice.Claim
	claimEnds  map[string]time.Time
	arrivals   map[string]time.Time
	ends       map[string]time.Time // of arrivals

	Reads, Writes float64 // capacity units
}

// row is a recipient without what its key says.
type row struct {
	alias string
	r     notice.Recipient
}

// NewMemory returns an empty store, with room for n recipients of the version [New].
func NewMemory(now func() time.Time, n int) *Memory {
	return &Memory{
		Now: now, campaigns: map[string]notice.Campaign{}, recipients: map[string]map[string]int32{New: make(map[string]int32, n)}, stored: make([]row, 0, n), again: map[string]bool{},
		claims: map[string]notice.Claim{}, claimEnds: map[string]time.Time{}, arrivals: map[string]time.Time{}, ends: map[string]time.Time{},
	}
}

func (m *Memory) expired(at time.Time) bool { return !at.IsZero() && !at.After(m.Now()) }

// All implements [notice.Reader].
func (m *Memory) All(ctx context.Context) ([]notice.Campaign, error) {
	m.mu.Lock()
	var versions []string
	for version := range m.campaigns {
		versions = append(versions, version)
	}
	m.mu.Unlock()
	return m.Load(ctx, versions...)
}

// Load implements [notice.Reader].
func (m *Memory) Load(_ context.Context, versions ...string) (found []notice.Campaign, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, version := range versions {
		m.Reads++
		if c, ok := m.campaigns[version]; ok && !m.expired(c.ExpiresAt) {
			found = append(found, c)
		}
	}
	return found, nil
}

// Act implements [notice.Register].
func (m *Memory) Act(_ context.Context, from, to notice.Campaign, entry audit.Entry, _ time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.Writes += 4 // two items in a transaction
	stored, ok := m.campaigns[from.Version]
	if !ok || stored.State != from.State {
		return notice.ErrChanged
	}
	stored.State, stored.Reason, stored.FinishedAt, stored.MovedAt, stored.RetryAskedAt = to.State, to.Reason, to.FinishedAt, to.MovedAt, to.RetryAskedAt
	m.campaigns[from.Version] = seconds(stored)
	m.Entries = append(m.Entries, entry)
	return nil
}

// Create implements [notice.Campaigns].
func (m *Memory) Create(_ context.Context, all []notice.Campaign) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range all {
		m.Writes += 2
		if stored, ok := m.campaigns[c.Version]; ok && !m.expired(stored.ExpiresAt) {
			return notice.ErrChanged
		}
	}
	for _, c := range all {
		m.campaigns[c.Version] = seconds(c)
	}
	return nil
}

// Lease implements [notice.Campaigns].
func (m *Memory) Lease(_ context.Context, version string, lease notice.Lease) (notice.Campaign, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.Writes++
	c, ok := m.campaigns[version]
	if !ok || c.Lease.TakenFrom(lease.Holder, m.Now()) {
		return notice.Campaign{}, notice.ErrLeaseLost
	}
	c.Lease = lease
	m.campaigns[version] = seconds(c)
	return m.campaigns[version], nil
}

// Save implements [notice.Campaigns].
func (m *Memory) Save(_ context.Context, was notice.State, c notice.Campaign) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.Writes++
	stored, ok := m.campaigns[c.Version]
	if !ok || stored.Lease.Holder != c.Lease.Holder {
		return notice.ErrLeaseLost
	}
	if stored.State != was && stored.State != c.State {
		return notice.ErrChanged
	}
	asked := stored.RetryAskedAt
	c.Kind, c.CreatedAt, c.AnnounceAt, c.Deadline, c.EndsAt, c.ExpiresAt =
		stored.Kind, stored.CreatedAt, stored.AnnounceAt, stored.Deadline, stored.EndsAt, stored.ExpiresAt
	c.RetryAskedAt = asked
	m.campaigns[c.Version] = seconds(c)
	return nil
}

// seconds returns a campaign as it is stored: with whole seconds, in UTC.
func seconds(c notice.Campaign) notice.Campaign {
	for _, at := range []*time.Time{&c.CreatedAt, &c.AnnounceAt, &c.Deadline, &c.EndsAt, &c.StartedAt, &c.FinishedAt, &c.MovedAt, &c.CountedAt,
		&c.WalkBegan, &c.LastWalk, &c.RetryAskedAt, &c.RetryBegunAt, &c.Lease.Until, &c.ExpiresAt} {
		*at = second(*at)
	}
	return c
}

func second(at time.Time) time.Time {
	if at.IsZero() {
		return at
	}
	return time.Unix(at.Unix(), 0).UTC()
}

func recipientKey(version, alias string) string { return version + "#" + alias }

// Known implements [notice.Recipients].
func (m *Memory) Known(_ context.Context, version string, aliases []string) (map[string]notice.Recipient, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known := map[string]notice.Recipient{}
	m.Reads += float64(len(aliases))
	for _, alias := range aliases {
		if i, ok := m.recipients[version][alias]; ok && !m.expired(m.stored[i].r.ExpiresAt) {
			known[alias] = m.stored[i].recipient()
		}
	}
	return known, nil
}

func (r row) recipient() notice.Recipient {
	is := r.r
	is.Alias = r.alias
	return is
}

func (r row) matches(was notice.Recipient) bool {
	return r.r.Revision == was.Revision && r.r.Outcome == was.Outcome && r.r.Claim == was.Claim
}

// Put implements [notice.Recipients].
func (m *Memory) Put(_ context.Context, version string, was, is notice.Recipient) (notice.Recipient, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.Writes++
	i, ok := m.recipients[version][is.Alias]
	there := ok && !m.expired(m.stored[i].r.ExpiresAt)
	if was.Revision == 0 && there || was.Revision > 0 && (!ok || !m.stored[i].matches(was)) {
		if !there {
			return notice.Recipient{Alias: is.Alias}, notice.ErrChanged
		}
		return m.stored[i].recipient(), notice.ErrChanged
	}
	is.Revision = was.Revision + 1
	is.Since, is.NextAt, is.ExpiresAt = second(is.Since), second(is.NextAt), second(is.ExpiresAt)
	if key := recipientKey(version, is.Alias); len(m.again) > 0 || !is.NextAt.IsZero() {
		if due := !is.NextAt.IsZero(); due != m.again[key] {
			m.Writes++ // the index
			if delete(m.again, key); due {
				m.again[key] = true
			}
		}
	}
	if !ok {
		i = int32(len(m.stored))
		if m.recipients[version] == nil {
			m.recipients[version] = map[string]int32{}
		}
		m.recipients[version][is.Alias], m.stored = i, append(m.stored, row{alias: is.Alias})
	}
	m.stored[i].r = is
	return is, nil
}

// Due implements [notice.Recipients].
func (m *Memory) Due(_ context.Context, version string, now time.Time, limit int) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.Reads += 0.5
	var due []notice.Recipient
	for key := range m.again {
		alias, mine := strings.CutPrefix(key, version+"#")
		if !mine {
			continue
		}
		if r := m.stored[m.recipients[version][alias]].recipient(); !r.NextAt.After(now) {
			due = append(due, r)
		}
	}
	slices.SortFunc(due, func(a, b notice.Recipient) int {
		return cmp.Or(a.NextAt.Compare(b.NextAt), cmp.Compare(a.Alias, b.Alias))
	})
	var aliases []string
	for _, r := range due[:min(len(due), limit)] {
		aliases = append(aliases, r.Alias)
	}
	return aliases, nil
}

// Partition implements [notice.Partition]. It spreads the recipients in another way than the real store.
func (m *Memory) Partition(_ context.Context, version string, n int) iter.Seq2[notice.Recipient, error] {
	return func(yield func(notice.Recipient, error) bool) {
		m.mu.Lock()
		var all []notice.Recipient
		for i := n; i < len(m.stored); i += notice.Partitions {
			r := m.stored[i].recipient()
			if at, ok := m.recipients[version][r.Alias]; ok && int(at) == i && !m.expired(r.ExpiresAt) {
				all = append(all, r)
			}
		}
		m.mu.Unlock()
		for _, r := range all {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func claimKey(version string, number int) string { return fmt.Sprintf("%s#%010d", version, number) }

// Claim implements [notice.Claims].
func (m *Memory) Claim(_ context.Context, claim notice.Claim, until time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.Writes += units(64 + 47*len(claim.Aliases))
	key := claimKey(claim.Version, claim.Number)
	if _, taken := m.claims[key]; taken {
		return notice.ErrChanged
	}
	claim.At, claim.Aliases = second(claim.At), slices.Clone(claim.Aliases)
	m.claims[key], m.claimEnds[key] = claim, second(until)
	return nil
}

// units returns the write units of an item of so many bytes.
func units(size int) float64 { return float64((size + 1023) / 1024) }

// Claimed implements [notice.Claims].
func (m *Memory) Claimed(_ context.Context, version string, number int) (notice.Claim, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.Reads += 0.5
	claim, ok := m.claims[claimKey(version, number)]
	if !ok || m.expired(m.claimEnds[claimKey(version, number)]) {
		return notice.Claim{}, false, nil
	}
	return claim, true, nil
}

// Arrived implements [notice.Arrivals].
func (m *Memory) Arrived(_ context.Context, version string, at, until time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.Writes++
	m.arrivals[version], m.ends[version] = second(at), until
	return nil
}

// LastArrival implements [notice.Arrivals].
func (m *Memory) LastArrival(_ context.Context, version string) (time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.Reads++
	if m.expired(m.ends[version]) {
		return time.Time{}, nil
	}
	return m.arrivals[version], nil
}

// ForgetClaims drops the claims of a version before a number, so that a long simulation does not hold them all.
func (m *Memory) ForgetClaims(version string, before int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for n := before - 1; n > 0; n-- {
		key := claimKey(version, n)
		if _, ok := m.claims[key]; !ok {
			return
		}
		delete(m.claims, key)
		delete(m.claimEnds, key)
	}
}
