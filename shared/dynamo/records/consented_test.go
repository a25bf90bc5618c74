package records

import (
	"fmt"
	"sync"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
)

func marketing(id, occurredAt string) record.Record {
	return record.Record{Category: privacy.Marketing, ID: id, Source: privacy.Direct, OccurredAt: moment(occurredAt),
		Data: fmt.Appendf(nil, `{"interests":[],"list":"offers","subscribedAt":%q}`, occurredAt)}
}

// said returns the consent record of a version, whose retention ends in three and a half years. With state "" it says nothing about
// marketing mail, only about another purpose.
func said(state consent.State, version int) consent.Record {
	r := consent.Record{Version: version, ExpiresAt: moment("2030-05-23T12:00:00Z"),
		Decisions: map[privacy.Purpose]consent.Decision{privacy.Testimonials: {State: consent.Granted}}}
	if state != "" {
		r.Decisions[privacy.MarketingEmail] = consent.Decision{State: state}
	}
	return r
}

func (r *rig) choose(t testing.TB, state consent.State, version int) {
	t.Helper()
	if err := r.intake.FollowConsent(t.Context(), r.sid(t), said(state, version)); err != nil {
		t.Fatal(err)
	}
}

func TestPromise_F04_AWithdrawalEndsMarketingDataAtOnce(t *testing.T) {
	r := newRig(t)
	r.put(t, marketing("news", "2026-11-01T00:00:00Z"), record.Stored)
	r.put(t, invoice("1", "2026-11-01T00:00:00Z"), record.Stored)
	r.choose(t, consent.Granted, 1)
	r.expect(t, "granted", map[string]string{"marketing#news": "", "transaction#1": "2033-11-01T00:00:00Z"})

	for range 2 { // the step may be found twice (F02)
		r.choose(t, consent.Denied, 2)
		r.expect(t, "withdrawn", map[string]string{"transaction#1": "2033-11-01T00:00:00Z"})
	}
	r.put(t, marketing("news", "2026-11-22T00:00:00Z"), record.RetentionOver)
	r.put(t, marketing("other", "2026-11-22T00:00:00Z"), record.RetentionOver)
	r.set("2026-11-23T12:00:01Z")
	r.tables.Settle()
	deleted := 0
	for shard := range Shards {
		for item, err := range r.writer.Due(t.Context(), privacy.Marketing, shard) {
			if gone, failed := r.writer.Delete(t.Context(), item, r.clock.Now()); err != nil || failed != nil || !gone {
				t.Fatal(gone, err, failed)
			}
			deleted++
		}
	}
	if left := r.scan(t, "RecordsTable"); deleted != 1 && !r.tables.TTLFirst() || len(left) != 1 { // the invoice
		t.Errorf("the purge removed %d, %d are left", deleted, len(left))
	}

	r.choose(t, consent.Granted, 3)
	r.put(t, marketing("news", "2026-11-23T00:00:00Z"), record.Stored)
	r.expect(t, "granted again", map[string]string{"marketing#news": "", "transaction#1": "2033-11-01T00:00:00Z"})
}

// TestPromise_F08_AfterAWithdrawalTheSubjectIsForgotten: marketing data without an end kept the address on record. After a withdrawal, the
// address is kept only as long as the proof of consent.
func TestPromise_F08_AfterAWithdrawalTheSubjectIsForgotten(t *testing.T) {
	r := newRig(t)
	r.put(t, marketing("news", "2026-11-01T00:00:00Z"), record.Stored)
	r.choose(t, consent.Denied, 1)
	for _, item := range r.scan(t, "SubjectsTable") {
		if at := dynamo.Time(item, dynamo.ExpiresAt); !at.Equal(moment("2030-06-01T00:00:00Z")) {
			t.Errorf("%s expires %v", dynamo.Text(item, dynamo.SK), at)
		}
	}
}

// TestFault_F03_AChoiceCutOffAnywhere cuts the connection before each call in turn and then repeats the same choice.
func TestFault_F03_AChoiceCutOffAnywhere(t *testing.T) {
	calls := choiceCutOff(t, never)
	if calls < 3 {
		t.Fatalf("only %d calls", calls)
	}
	for _, after := range cuts(calls) {
		choiceCutOff(t, after)
	}
}

// choiceCutOff cuts the connection after the given number of calls, and returns how many were made.
func choiceCutOff(t *testing.T, after int) (calls int) {
	t.Helper()
	r := newRig(t)
	for i := range 3 {
		r.put(t, marketing(fmt.Sprint(i), "2026-11-01T00:00:00Z"), record.Stored)
	}
	sid := r.sid(t)
	calls = r.cut(t, after, func() { _ = r.intake.FollowConsent(t.Context(), sid, said(consent.Denied, 1)) })
	r.choose(t, consent.Denied, 1)
	r.expect(t, fmt.Sprintf("cut after %d calls", after), map[string]string{})
	return calls
}

// TestFault_F15_NoMarketingLineSlipsPastAWithdrawal races the intake of marketing data against a withdrawal.
func TestFault_F15_NoMarketingLineSlipsPastAWithdrawal(t *testing.T) {
	for round := range 8 {
		r := newRig(t)
		r.put(t, marketing("first", "2026-11-01T00:00:00Z"), record.Stored)
		sid, ctx := r.sid(t), t.Context()
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				_, err := from(r.intake, "anna@example.org").put(ctx, marketing(fmt.Sprint(i), "2026-11-02T00:00:00Z"))
				if err != nil && fault.KindOf(err) != fault.Conflict {
					t.Error(err)
				}
			})
			if i == round {
				wg.Go(func() {
					for r.intake.FollowConsent(ctx, sid, said(consent.Denied, 1)) != nil { // the step is found again until it is done
					}
				})
			}
		}
		wg.Wait()
		r.expect(t, "withdrawn", map[string]string{})
	}
}
