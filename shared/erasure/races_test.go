package erasure_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// at has act happen before the call number n that is made from now on, and reports by its result whether there was one.
func (s *rig) at(n int64, act func()) (happened func() bool) {
	var calls atomic.Int64
	s.Wire.Through = func(c *enginetest.Call) (*http.Response, error) {
		if calls.Add(1) == n {
			act()
		}
		return c.Send()
	}
	return func() bool {
		s.Wire.Through = nil
		return calls.Load() >= n
	}
}

// everyCall calls race with the number of each call, or of every so many of them, until it reports that there is none.
func everyCall(t *testing.T, every int64, race func(t *testing.T, n int64) (happened bool)) {
	for n := int64(1); ; n += every {
		happened := true
		t.Run(fmt.Sprint("call ", n), func(t *testing.T) { happened = race(t, n) })
		if !happened {
			if n == 1 {
				t.Error("there was no call at all")
			}
			return
		}
	}
}

func (s *rig) run(id string) {
	s.T.Helper()
	if err := s.Eraser.Run(s.T.Context(), id); err != nil {
		s.T.Error(err)
	}
}

func (s *rig) cancels(id string) error {
	_, err := s.Requester.Withdraw(s.T.Context(), id, request.StatusToken(servicetest.Tokens, id))
	return err
}

// decided checks that an erasure either was cancelled, and then nothing was erased, or goes on to its end.
func (s *rig) decided(id string, cancelled error) {
	s.T.Helper()
	switch kindOf(cancelled) {
	case "ok":
		s.Erases(2 * cooling)
		s.stands(id, erasure.Cancelled, request.Withdrawn, request.NoWait)
		if got := s.stored(anna); got != untouched {
			s.T.Errorf("cancelled, and stored: %s", got)
		}
		if kinds := servicetest.Kinds(s.Load(id)); slices.Contains(kinds, request.EventErasing) {
			s.T.Errorf("cancelled after its begin: %v", kinds)
		}
	case "conflict":
		s.ends(id, anna)
	default:
		s.T.Errorf("cancelled: %v", cancelled)
	}
}

// T07: whoever cancels while the erasure begins is either in time, and nothing is erased, or is told that it has begun.
func TestThreat_T07_CancelledWhileItBegins(t *testing.T) {
	everyCall(t, soak.Pick[int64](3, 1), func(t *testing.T, n int64) bool {
		s := newRig(t)
		id := s.agreed(anna)
		s.Clock.Advance(cooling)
		var cancelled error
		happened := s.at(n, func() { cancelled = s.cancels(id) })
		s.run(id)
		if !happened() {
			return false
		}
		s.decided(id, cancelled)
		return true
	})
}

// T07: whoever agrees while somebody cancels, or the other way round, leaves one outcome.
func TestThreat_T07_AgreedWhileItIsCancelled(t *testing.T) {
	everyCall(t, soak.Pick[int64](3, 1), func(t *testing.T, n int64) bool {
		s := newRig(t)
		s.customer(anna)
		id := s.Planned(erasureOf(anna))
		hash := s.hash(id)
		var cancelled error
		happened := s.at(n, func() { cancelled = s.cancels(id) })
		agreed := s.press(id, hash, servicetest.Proof(anna))
		if !happened() {
			return false
		}
		if cancelled != nil || kindOf(agreed) != "conflict" {
			t.Errorf("cancelled: %v, agreed: %v", cancelled, agreed)
		}
		s.Erases(0)
		s.decided(id, cancelled)
		return true
	})
	everyCall(t, soak.Pick[int64](3, 1), func(t *testing.T, n int64) bool {
		s := newRig(t)
		s.customer(anna)
		id := s.Planned(erasureOf(anna))
		hash := s.hash(id)
		var agreed error
		happened := s.at(n, func() { agreed = s.press(id, hash, servicetest.Proof(anna)) })
		cancelled := s.cancels(id)
		if !happened() {
			return false
		}
		if cancelled != nil || agreed != nil {
			t.Errorf("cancelled: %v, agreed: %v", cancelled, agreed)
		}
		s.Erases(0)
		s.decided(id, cancelled)
		return true
	})
}

// F27: an erasure begins at any point of the taking in of a record. If the record was welcome before and arrives afterwards, the last pass erases it.
func TestFault_F27_ARecordThatArrivesLate(t *testing.T) {
	late := 0
	everyCall(t, 1, func(t *testing.T, n int64) bool {
		s := newRig(t)
		id := s.agreed(anna)
		r := record.Record{Category: privacy.Communication, ID: "late", Source: privacy.Direct, OccurredAt: s.Clock.Now(), Data: []byte(`{"endedAt":"2026-11-01T00:00:00Z"}`)}
		happened := s.at(n, func() { s.Erases(cooling) })
		got, err := s.Take(anna, r)
		if !happened() {
			return false
		}
		if err != nil || got.Outcome != record.Stored && got.Outcome != record.Erased {
			t.Errorf("%+v, %v", got, err)
		}
		if arrived := s.stored(anna); arrived != withheld {
			if late++; arrived != "communication "+withheld {
				t.Errorf("stored: %s", arrived)
			}
		}
		s.Erases(servicetest.Writers + time.Second)
		s.stands(id, erasure.Watching, request.Fulfilled, request.NoWait)
		if left := s.stored(anna); left != withheld {
			t.Errorf("stored at last: %s", left)
		}
		return true
	})
	if late == 0 {
		t.Error("no record arrived after the first pass: this test proves nothing")
	}
}

// F02: two runs of one erasure at once, at any point of any step, come to the same end. Nobody is told twice that it can be cancelled.
func TestFault_F02_TwoRunsAtOnce(t *testing.T) {
	steps := map[string]func(*rig) string{
		"planning": func(s *rig) string {
			s.customer(anna)
			id := s.File(erasureOf(anna)).ID
			s.Prove(id)
			s.Fulfil(id)
			return id
		},
		"telling": func(s *rig) string {
			s.customer(anna)
			id := s.Planned(erasureOf(anna))
			if err := s.press(id, s.hash(id), servicetest.Proof(anna)); err != nil {
				s.T.Fatal(err)
			}
			return id
		},
		"beginning": func(s *rig) string {
			id := s.agreed(anna)
			s.Clock.Advance(cooling)
			return id
		},
		"ending": func(s *rig) string {
			id := s.agreed(anna)
			s.Erases(cooling)
			s.Clock.Advance(servicetest.Writers + time.Second)
			return id
		},
	}
	for name, comes := range steps {
		t.Run(name, func(t *testing.T) {
			everyCall(t, soak.Pick[int64](3, 1), func(t *testing.T, n int64) bool {
				s := newRig(t)
				id := comes(s)
				happened := s.at(n, func() { s.run(id) })
				s.run(id)
				if !happened() {
					return false
				}
				s.Erases(0)
				if erasure.Of(s.Load(id)).State == erasure.Planned {
					s.Agree(id)
				}
				s.ends(id, anna)
				if got := len(s.mails("agreed")); got != 1 {
					t.Errorf("%d mails with a way to cancel", got)
				}
				return true
			})
		})
	}
}
