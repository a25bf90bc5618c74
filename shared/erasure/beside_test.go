package erasure_test

import (
	"errors"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// comes brings an erasure of anna into a state, and returns its id.
func (s *rig) comes(state erasure.State) (id string) {
	s.T.Helper()
	refuse := func(operation string) error { return map[string]error{"mail": subject.ErrMailRefused}[operation] }
	switch s.customer(anna); state {
	case erasure.Planning:
		id = s.File(erasureOf(anna)).ID
		s.Prove(id)
		s.Fulfil(id)
	case erasure.Planned, erasure.Cancelled:
		id = s.Planned(erasureOf(anna))
		if state == erasure.Cancelled {
			if err := s.cancels(id); err != nil {
				s.T.Fatal(err)
			}
		}
	case erasure.Telling:
		id = s.Planned(erasureOf(anna))
		s.Fails = refuse
		s.Agree(id)
		s.Fails = nil
	default:
		id = s.Planned(erasureOf(anna))
		s.Agree(id)
		if state == erasure.Cooling {
			break
		}
		s.Erases(cooling)
		if state == erasure.Erasing {
			break
		}
		if state == erasure.Mailing {
			s.Fails = refuse
		}
		s.Erases(servicetest.Writers + time.Second)
		s.Fails = nil
		if state == erasure.Done {
			s.answers(id)
		}
		for i := 0; state == erasure.Done && i < 9; i++ {
			s.Erases(24 * time.Hour)
		}
	}
	if got := erasure.Of(s.Load(id)).State; got != state {
		s.T.Fatalf("the erasure is %s, not %s", got, state)
	}
	return id
}

var states = []erasure.State{
	erasure.Planning, erasure.Planned, erasure.Telling, erasure.Cooling, erasure.Erasing, erasure.Mailing, erasure.Watching, erasure.Done, erasure.Cancelled,
}

// A second erasure of the same person, asked for while the first one is in any state, comes to its end, and so does the first. Nothing is erased of what came
// after both.
func TestASecondErasureOfTheSamePerson(t *testing.T) {
	for _, state := range states {
		t.Run(string(state), func(t *testing.T) {
			s := newRig(t)
			first := s.comes(state)
			next := s.Planned(erasureOf(anna))
			if e := erasure.Of(s.Load(next)); e.State == erasure.Planned {
				s.Agree(next)
			}
			for range 12 {
				s.Erases(12 * time.Hour)
				for range 4 {
					s.Erases(servicetest.Writers + time.Second)
				}
				if e := erasure.Of(s.Load(first)); e.State == erasure.Planned {
					s.Agree(first)
				}
			}
			for _, id := range []string{first, next} {
				file := s.Load(id)
				if e := erasure.Of(file); e.State != erasure.Watching && e.State != erasure.Done && e.State != erasure.Cancelled || !file.Request.State.Final() {
					t.Errorf("%t: %s, and its request is %s", id == first, e.State, file.Request.State)
				}
			}
			if got := s.stored(anna); got != withheld {
				t.Errorf("stored: %s", got)
			}
		})
	}
}

// The team can close an erasure in every state in which it is not being done, and extend its deadline: nothing is erased after it was closed. It can release
// none of them.
func TestWhatTheTeamCanDo(t *testing.T) {
	type act func(s *rig, id string) error
	closes := act(func(s *rig, id string) error {
		return request.CloseBy(s.T.Context(), s.Requests, id, servicetest.Operator, request.Outcome{Result: request.Declined, Reason: "Because."}, s.Clock.Now())
	})
	told := act(func(s *rig, id string) error {
		return request.CloseTold(s.T.Context(), s.Requests, id, servicetest.Operator, request.Outcome{Result: request.Declined, Reason: "Because."}, s.Clock.Now())
	})
	extends := act(func(s *rig, id string) error {
		return request.Extend(s.T.Context(), s.Requests, id, servicetest.Operator, "Because.", s.Clock.Now())
	})
	releases := act(func(s *rig, id string) error {
		return request.Release(s.T.Context(), s.Requests, id, servicetest.Operator, s.Clock.Now())
	})
	for _, state := range states {
		t.Run(string(state), func(t *testing.T) {
			over := state == erasure.Watching || state == erasure.Done || state == erasure.Cancelled
			done := state == erasure.Erasing || state == erasure.Mailing
			for name, do := range map[string]act{"close": closes, "close told": told, "extend": extends, "release": releases} {
				s := newRig(t)
				id := s.comes(state)
				err := do(s, id)
				var want error
				switch {
				case over:
					want = request.ErrClosed
				case name == "release":
					want = request.ErrNotReleasable
				case done:
					want = request.ErrUnderway
				}
				if !errors.Is(err, want) {
					t.Errorf("%s: %v, want %v", name, err, want)
				}
				if want != nil {
					continue
				}
				s.Fulfil(id)
				for range 6 {
					s.Erases(24 * time.Hour)
				}
				if name == "extend" {
					s.extended(id)
					continue
				}
				s.stands(id, erasure.Cancelled, request.Refused, request.NoWait)
				if got := s.stored(anna); got != untouched {
					t.Errorf("%s: stored: %s", name, got)
				}
			}
		})
	}
}

// What the team has decided ends the erasure at once, even while SES does not accept the mail that says so.
func TestNothingIsErasedOnceTheTeamHasDecided(t *testing.T) {
	s := newRig(t)
	id := s.comes(erasure.Cooling)
	if err := request.CloseBy(t.Context(), s.Requests, id, servicetest.Operator, request.Outcome{Result: request.Declined, Reason: "Because."}, s.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	s.Fails = func(operation string) error { return map[string]error{"mail": subject.ErrMailRefused}[operation] }
	for range 4 {
		s.Fulfil(id)
		s.Erases(24 * time.Hour)
	}
	s.stands(id, erasure.Cancelled, request.Open, request.NoWait)
	if got := s.stored(anna); got != untouched {
		t.Errorf("stored: %s", got)
	}
	s.Fails = nil
	s.Clock.Advance(24 * time.Hour)
	s.Fulfil(id)
	s.stands(id, erasure.Cancelled, request.Refused, request.NoWait)
}

// extended checks that an erasure whose deadline was extended goes on to its end.
func (s *rig) extended(id string) {
	s.T.Helper()
	if file := s.Load(id); erasure.Of(file).State == erasure.Planned {
		if !file.Request.Extended() || file.Request.WaitsFor(s.Clock.Now()) != request.ForYou {
			s.T.Errorf("%+v", file.Request)
		}
		s.Agree(id)
		s.Erases(cooling)
	}
	s.Erases(servicetest.Writers + time.Second)
	s.stands(id, erasure.Watching, request.Fulfilled, request.NoWait)
}

// The notice of an extension that SES does not accept keeps nobody from agreeing, and the erasure goes on beside it.
func TestAnExtensionBesideAnErasure(t *testing.T) {
	s := newRig(t)
	id := s.comes(erasure.Planned)
	if err := request.Extend(t.Context(), s.Requests, id, servicetest.Operator, "Because.", s.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	s.stands(id, erasure.Planned, request.Open, request.ForYou)
	s.Agree(id)
	s.ends(id, anna)
}

// F07, H03, T07: a legal hold that is placed at any time before the end keeps what it covers, and the digits of a card in it too. A plan that was agreed to before
// it must be agreed to again. Once the hold has ended, what it has kept is erased.
func TestPromise_F07_AHoldBesideAnErasure(t *testing.T) {
	held := []privacy.Category{privacy.Communication, privacy.Transaction}
	for when, places := range map[string]int{"before the plan": 0, "while it can be cancelled": 1, "between the passes": 2} {
		t.Run(when, func(t *testing.T) {
			s := newRig(t)
			s.customer(anna)
			var hold string
			place := func(now int) {
				if now != places {
					return
				}
				var err error
				if hold, err = s.Identity.PlaceHold(t.Context(), servicetest.Operator, "maria", s.subject(anna), "a claim", held); err != nil {
					t.Fatal(err)
				}
			}
			place(0)
			id := s.Planned(erasureOf(anna))
			s.Agree(id)
			place(1)
			s.Erases(cooling)
			if places == 1 {
				s.stands(id, erasure.Planned, request.Open, request.ForYou)
				s.Agree(id)
				s.Erases(cooling)
			}
			place(2)
			s.Erases(servicetest.Writers + time.Second)
			s.stands(id, erasure.Watching, request.Fulfilled, request.NoWait)
			want := untouched
			if places == 2 {
				want = withheld // the first pass came before
			}
			if got := s.stored(anna); got != want {
				t.Errorf("beside the hold: %s", got)
			}
			s.Erases(400 * 24 * time.Hour)
			if got := s.stored(anna); got != want {
				t.Errorf("after a year: %s", got)
			}
			if err := s.Identity.ReleaseHold(t.Context(), servicetest.Operator, "joe", s.subject(anna), hold); err != nil {
				t.Fatal(err)
			}
			s.Erases(24 * time.Hour)
			if got := s.stored(anna); got != withheld {
				t.Errorf("after the hold: %s", got)
			}
		})
	}
}

// subject returns who has an address.
func (s *rig) subject(email string) privacy.SubjectID {
	s.T.Helper()
	known, found, err := s.Addresses.Find(s.T.Context(), s.Parse(email))
	if err != nil || !found {
		s.T.Fatal(found, err)
	}
	return known.Subject
}
