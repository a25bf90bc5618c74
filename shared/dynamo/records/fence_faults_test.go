package records

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/retention"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// TestFault_F27_AWriteFromBeforeTheFence holds the put of a record back that was decided before a restriction was imposed, or before it was lifted. It
// arrives after the walk has gone over all records. The last pass finds it.
func TestFault_F27_AWriteFromBeforeTheFence(t *testing.T) {
	const regular = "2033-11-20T00:00:00Z"
	for _, lifting := range []bool{false, true} {
		r := newRig(t)
		r.put(t, invoice("1", "2026-11-20T00:00:00Z"), record.Stored)
		before, after := regular, ""
		if lifting {
			before, after = "", regular
			r.restrict(t, "1")
			r.keep(t)
		}
		release := r.held(t, func() { r.put(t, invoice("2", "2026-11-20T00:00:00Z"), record.Stored) })
		if lifting {
			r.lift(t, "1")
		} else {
			r.restrict(t, "1")
		}
		fence := r.clock.Now()
		again, err := r.intake.Keep(t.Context(), r.sid(t))
		if err != nil || !again.Equal(fence.Add(writers)) {
			t.Fatalf("lifting %t: the last pass is due at %v, %v", lifting, again, err)
		}
		release()
		r.expect(t, fmt.Sprintf("lifting %t, the write arrives", lifting), map[string]string{"transaction#1": after, "transaction#2": before})
		r.clock.Set(again.Add(-time.Nanosecond))
		if early, err := r.intake.Keep(t.Context(), r.sid(t)); err != nil || !early.Equal(again) {
			t.Errorf("lifting %t: a moment before, the last pass is due at %v, %v", lifting, early, err)
		}
		r.clock.Set(again)
		if last, err := r.intake.Keep(t.Context(), r.sid(t)); err != nil || !last.IsZero() {
			t.Errorf("lifting %t: after the last pass another one is due at %v, %v", lifting, last, err)
		}
		r.expect(t, fmt.Sprintf("lifting %t, at last", lifting), map[string]string{"transaction#1": after, "transaction#2": after})
	}
}

// TestFault_F27_TheLastPassAlone lets the write arrive after every pass but the last one.
func TestFault_F27_TheLastPassAlone(t *testing.T) {
	r := newRig(t)
	r.put(t, invoice("1", "2026-11-20T00:00:00Z"), record.Stored)
	release := r.held(t, func() { r.put(t, login("2", "2026-11-20T00:00:00Z"), record.Stored) })
	r.restrict(t, "1")
	again, err := r.intake.Keep(t.Context(), r.sid(t))
	if err != nil {
		t.Fatal(err)
	}
	r.clock.Set(again.Add(-time.Nanosecond))
	if _, err := r.intake.Keep(t.Context(), r.sid(t)); err != nil {
		t.Fatal(err)
	}
	release()
	r.keep(t)
	r.expect(t, "at last", map[string]string{"transaction#1": "", "security_log#2": ""})
	if got := r.suspended(t)["security_log#2"]; got != "2027-02-18T00:00:00Z" {
		t.Errorf("it would expire at %q", got)
	}
}

// F11: a walk that read the state before a restriction was imposed or lifted changes nothing that follows the state since.
func TestFault_F11_AStaleWalkSuspendsAndLiftsNothing(t *testing.T) {
	r := newRig(t)
	all := r.everything(t)
	stale := func() standing.Snapshot {
		s, _, err := r.writer.subjects.State(t.Context(), r.sid(t))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	walk := func(s standing.Snapshot) {
		for _, category := range privacy.Categories[:7] {
			period := retention.PeriodOf(policy.Newest(), category, s.State, r.sid(t), r.clock.Now())
			if err := r.writer.Move(t.Context(), r.sid(t), category, period, s.Version); err != nil {
				t.Fatal(err)
			}
		}
	}
	before := stale()
	r.restrict(t, "1")
	during := stale()
	r.keep(t)
	walk(before)
	r.expect(t, "restricted", without(all, privacy.Categories[:]...))
	r.lift(t, "1")
	r.keep(t)
	walk(during)
	r.expect(t, "lifted", all)
}

// A walk that meets a newer record than it read looks at that one.
func TestFault_F15_AWalkBesideAWrite(t *testing.T) {
	r := newRig(t)
	r.put(t, invoice("1", "2026-11-01T00:00:00Z"), record.Stored)
	old := r.scan(t, "RecordsTable")[0]
	r.put(t, invoice("1", "2026-11-20T00:00:00Z"), record.Stored)
	period := retention.Period{Suspended: true, Own: true}
	now, lost, err := r.writer.move(t.Context(), old, period, 9)
	if err != nil || !lost || dynamo.Int(now, occurredAt) != moment("2026-11-20T00:00:00Z").UnixNano() {
		t.Fatal(now, lost, err)
	}
	if now, lost, err = r.writer.move(t.Context(), now, period, 9); err != nil || lost {
		t.Fatal(now, lost, err)
	}
	if got := r.suspended(t)["transaction#1"]; got != "2033-11-20T00:00:00Z" {
		t.Errorf("it would expire at %q", got)
	}
}

// TestFault_F03_KeepKilledAnywhere kills a walk before or after each of its calls, and lets another one begin. The records are as after a walk that
// nothing has killed, after a restriction and after it was lifted.
func TestFault_F03_KeepKilledAnywhere(t *testing.T) {
	for _, lifting := range []bool{false, true} {
		want, calls := keptAfter(t, lifting, -1)
		if calls < 15 {
			t.Fatalf("only %d calls", calls)
		}
		var all []int
		for at := range 2 * calls {
			all = append(all, at)
		}
		for _, at := range soak.Sample(all, 17) {
			if got, _ := keptAfter(t, lifting, at); got != want {
				t.Errorf("lifting %t, killed at call %d, done: %t:\n%s\nnot\n%s", lifting, at/2, at%2 == 1, got, want)
			}
		}
	}
}

// keptAfter walks over the records of somebody who imposes or lifts a restriction. The walk is killed before its call at/2, or after it if at is odd; -1 is
// never. It returns what is stored in the end, and how many calls the walk made.
func keptAfter(t *testing.T, lifting bool, at int) (dump string, calls int) {
	t.Helper()
	r := newRig(t)
	r.everything(t)
	r.restrict(t, "1")
	if lifting {
		r.keep(t)
		r.lift(t, "1")
	}
	clear(r.ids)
	r.wire.Through = func(c *enginetest.Call) (*http.Response, error) {
		known := r.ids[c.ID()]
		r.ids[c.ID()] = true
		n := len(r.ids) - 1
		switch {
		case at < 0 || n < at/2:
			return c.Send()
		case n == at/2 && at%2 == 1 && !known:
			if answer, err := c.Send(); err == nil {
				_ = answer.Body.Close()
			}
		}
		return nil, fmt.Errorf("wire: killed at call %d", n)
	}
	_, err := r.intake.Keep(t.Context(), r.sidDirect(t))
	if calls = len(r.ids); (err == nil) != (at < 0) {
		t.Errorf("killed at %d of %d calls: %v", at, calls, err)
	}
	r.wire.Through = r.through
	r.keep(t)
	for _, item := range r.scan(t, "RecordsTable") {
		dump += fmt.Sprintln(dynamo.Text(item, "SK"), dynamo.Int(item, "expiresAt"), dynamo.Int(item, otherwise), dynamo.Int(item, asOf))
	}
	return dump, calls
}
