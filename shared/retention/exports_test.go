package retention

import (
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/policy/policytest"
)

// bucket is a bucket in memory that knows when each object was stored. It can refuse and count every deletion, and fail while it lists.
type bucket struct {
	objects  map[string]time.Time
	refuses  bool
	attempts int
	breaks   bool
}

func (b *bucket) All(context.Context) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		for key, at := range b.objects {
			if !yield(Object{Key: key, At: at}, nil) {
				return
			}
		}
		if b.breaks {
			yield(Object{}, errors.New("no answer"))
		}
	}
}

func (b *bucket) Delete(_ context.Context, key string) error {
	if b.attempts++; b.refuses {
		return errors.New("denied")
	}
	delete(b.objects, key)
	return nil
}

func (b *bucket) sweep(t *testing.T, p *policy.Policy, now time.Time) (int, OwnReport, error) {
	t.Helper()
	return ExportSweep{b, policytest.Always(p), func() time.Time { return now }}.Run(t.Context())
}

// Exports are deleted after the days that the schedule gives, seven in the published one, and an hour.
func TestPromise_F08_ExportsGoAsTheScheduleSays(t *testing.T) {
	now := at("2026-11-23T12:00:00Z")
	longer := *policy.Newest()
	longer.Retention = append([]policy.Retention{{Days: 12, Stored: []policy.Kind{policy.ExportObject}}}, longer.Retention...)
	for days, p := range map[int]*policy.Policy{7: policy.Newest(), 12: &longer} {
		over := now.AddDate(0, 0, -days).Add(-time.Hour)
		b := &bucket{objects: map[string]time.Time{"old": over.Add(-time.Second), "young": over}}
		deleted, row, err := b.sweep(t, p, now)
		if err != nil || deleted != 1 || row.Looked != 2 || row.Expired != 0 || len(b.objects) != 1 || b.objects["young"].IsZero() {
			t.Errorf("after %d days are left: %v; %+v, %v", days, b.objects, row, err)
		}
	}
}

// An export that cannot be deleted is reported like an overdue item of any own kind. A bucket that refuses every deletion is not asked again
// and again.
func TestPromise_F07_ExportsThatStayAreReported(t *testing.T) {
	now := at("2026-11-23T12:00:00Z")
	over := now.Add(-80 * time.Hour)
	made := policy.Newest().SpanOf(policy.ExportObject).Before(over.Add(-linkSlack))
	b := &bucket{refuses: true, objects: map[string]time.Time{
		"old": made, "older": made.Add(-time.Hour), "young": now, "third": made, "fourth": made, "fifth": made}}
	deleted, row, err := b.sweep(t, policy.Newest(), now)
	if err == nil || deleted != 0 || row.Looked != 6 || row.Expired != 5 || b.attempts != refusals || !row.ExpiredAt.Equal(over.Add(-time.Hour)) || row.Rule != "exports" {
		t.Errorf("%d deleted, %+v, %v", deleted, row, err)
	}
	if past := (Report{SweptAt: now, Own: []OwnReport{row}}).PastExpiryOwn(); past != 81*time.Hour {
		t.Errorf("past expiry %v", past)
	}
	b.refuses = false
	if deleted, row, err = b.sweep(t, policy.Newest(), now); err != nil || deleted != 5 || row.Looked != 6 || row.Expired != 0 || row.ExpiredAt != nil || len(b.objects) != 1 {
		t.Errorf("after their deletion: %d, %+v, %v", deleted, row, err)
	}
}

// A listing that fails makes the sweep fail, but the objects listed before count.
func TestPromise_F07_AListingThatBreaksOffFails(t *testing.T) {
	now := at("2026-11-23T12:00:00Z")
	b := &bucket{breaks: true, objects: map[string]time.Time{"old": now.AddDate(-1, 0, 0)}}
	if deleted, row, err := b.sweep(t, policy.Newest(), now); err == nil || deleted != 1 || row.Looked != 1 {
		t.Errorf("%d deleted, %+v, %v", deleted, row, err)
	}
}
