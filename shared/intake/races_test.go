package intake

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
)

// everything is records of several categories, twelve in all.
func everything(occurredAt string) (all []record.Record) {
	for i := range 3 {
		id := fmt.Sprint(i)
		one := person(occurredAt, "Anna")
		one.ID = id
		all = append(all, account(id, occurredAt, "2020-01-01T00:00:00Z", fmt.Sprintf("2026-0%d-01T00:00:00Z", i+1)), one,
			invoice(id, "2026-11-01T00:00:00Z"), marketing(id, occurredAt))
	}
	return all
}

// F15: after a lost race the call decides again, and the outcome is that of a call that met no other writer.
func TestFault_F15_ALostRaceIsDecidedAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		alone, racing := newRig(), newRig()
		alone.send(everything("2026-11-01T00:00:00Z")...)
		racing.lose, racing.most = 5, 8
		for i, result := range racing.send(everything("2026-11-01T00:00:00Z")...) {
			if result.Err != nil || result.Outcome != record.Stored {
				t.Errorf("line %d: %+v", i, result)
			}
		}
		if !maps.Equal(alone.contents(), racing.contents()) {
			t.Errorf("\n got  %v\n want %v", racing.contents(), alone.contents())
		}
		if racing.calls["Aliases"] != 6 { // each lost race looks again
			t.Errorf("calls %v", racing.calls)
		}
	})
}

// F15: a call that loses every race has an answer that says so, and nothing is stored.
func TestFault_F15_ARaceLostEveryTimeIsAConflict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		r.lose = 1_000
		for i, result := range r.send(everything("2026-11-01T00:00:00Z")...) {
			if fault.KindOf(result.Err) != fault.Conflict || !Retryable(result.Err) {
				t.Errorf("line %d: %+v", i, result)
			}
		}
		if len(r.stored()) > 0 {
			t.Error("something is stored")
		}
	})
}

// F15: another writer of the same data subject comes in before each transaction. The result is what one call alone would leave.
func TestFault_F15_AnotherWriterComesInBetween(t *testing.T) {
	records := append(everything("2026-11-01T00:00:00Z"), everything("2026-11-02T00:00:00Z")...)
	alone := newRig()
	alone.send(records...)
	for nth := range 4 {
		synctest.Test(t, func(t *testing.T) {
			r, commits := newRig(), 0
			r.most = 4
			r.before = func(operation string) error {
				if operation == "Commit" {
					if commits++; commits == nth+1 {
						r.before = nil
						r.send(records[nth : nth+12]...)
					}
				}
				return nil
			}
			for i, result := range r.send(records...) {
				if result.Err != nil {
					t.Errorf("line %d: %v", i, result.Err)
				}
			}
			if r.before != nil || !maps.Equal(alone.contents(), r.contents()) || len(r.states) != 1 || len(r.tasks) > 0 {
				t.Errorf("before transaction %d: %d subjects, %d walks\n got  %v\n want %v", nth+1, len(r.states), len(r.tasks), r.contents(), alone.contents())
			}
		})
	}
}

// F15: many calls about one data subject at once. No line is lost.
func TestFault_F15_ManyCallsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		alone, r := newRig(), newRig()
		records := append(everything("2026-11-01T00:00:00Z"), everything("2026-11-02T00:00:00Z")...)
		alone.send(records...)
		r.most = 6
		var wg sync.WaitGroup
		for part := range slices.Chunk(records, 5) {
			wg.Go(func() {
				for left := part; len(left) > 0; {
					var again []record.Record
					for i, result := range r.send(left...) {
						if fault.KindOf(result.Err) == fault.Conflict {
							again = append(again, left[i])
						} else if result.Err != nil {
							t.Error(result.Err)
						}
					}
					left = again
				}
			})
		}
		wg.Wait()
		for id := range r.tasks {
			if err := r.Walk(t.Context(), id); err != nil {
				t.Error(err)
			}
		}
		if !maps.Equal(alone.contents(), r.contents()) || len(r.states) != 1 {
			t.Errorf("\n got  %v\n want %v", r.contents(), alone.contents())
		}
	})
}

// F03: a call that fails anywhere answers every line, and sending the same lines again completes it.
func TestFault_F03_KilledAnywhere(t *testing.T) {
	broken := errors.New("the connection is cut")
	whole := newRig()
	send := func(r *rig) []Result {
		r.most = 8
		return append(r.send(everything("2026-11-01T00:00:00Z")...), r.send(closed("9", "2026-11-02T00:00:00Z", "2026-11-02T00:00:00Z"))...)
	}
	send(whole)
	made := 0
	for _, n := range whole.calls {
		made += n
	}
	for after := range made {
		r, calls := newRig(), 0
		r.before = func(string) error {
			if calls++; calls > after {
				return broken
			}
			return nil
		}
		for i, result := range send(r) {
			if result.Outcome == "" && !errors.Is(result.Err, broken) {
				t.Errorf("after %d calls line %d has no answer: %+v", after, i, result)
			}
		}
		r.before = nil
		send(r)
		for id := range r.tasks {
			if err := r.Walk(t.Context(), id); err != nil {
				t.Error(err)
			}
		}
		if !maps.Equal(r.contents(), whole.contents()) {
			t.Errorf("after %d of %d calls:\n got  %v\n want %v", after, made, r.contents(), whole.contents())
		}
	}
}

// If an address is known but its state cannot be found, no new data subject is made.
func TestAStateThatIsMissing(t *testing.T) {
	r := newRig()
	r.put(t, login("1", "2026-11-20T00:00:00Z"), record.Stored)
	delete(r.states, r.sid())
	if _, err := r.TakeOne(t.Context(), Line{by(anna), login("2", "2026-11-20T00:00:00Z")}); fault.KindOf(err) != fault.Unavailable || len(r.aliases) != 1 {
		t.Errorf("%v, %d known", err, len(r.aliases))
	}
}

// F09: if the data subject expires between two transactions of a call, the remaining lines make a new one.
func TestFault_F09_TheSubjectExpiresDuringACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		r.put(t, login("0", "2026-11-20T00:00:00Z"), record.Stored)
		before := r.sid()
		r.before = func(operation string) error {
			if operation == "Commit" {
				r.before, r.lose = nil, 1
				r.clock.Set(r.states[before].ExpiresAt)
			}
			return nil
		}
		r.put(t, invoice("1", "2026-11-20T00:00:00Z"), record.Stored)
		after := r.sid()
		if _, stored := r.records[after][key{privacy.Transaction, "1"}]; after == before || after == "" || !stored || len(r.records[after]) != 1 {
			t.Errorf("%q, then %q with %d records", before, after, len(r.records[after]))
		}
	})
}
