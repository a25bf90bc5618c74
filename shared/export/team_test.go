package export_test

import (
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/request"
)

const (
	annas = "anna@example.org"
	works = "anna.berg@example.net"
	berts = "bert@example.org"
	day   = 24 * time.Hour
)

// newPeople returns a rig on which addresses stand for people as in the tables.
func newPeople(t *testing.T) *rig {
	s := newRig(t)
	s.Opening.Addresses = s.Rig
	return s
}

// knows takes in an account of somebody with an id, and with an address if there is one.
func (s *rig) knows(id, email string) {
	s.T.Helper()
	got, err := s.TakeAs(id, email, record.Record{Category: privacy.Account, ID: id, Source: privacy.Direct, OccurredAt: s.Clock.Now().AddDate(0, -1, 0),
		Data: []byte(`{"contractStartedAt":"2026-01-02T03:04:05Z","passwordHash":"$2b$12$YAH2sWqKQt.mpzZsIFNIUvbv5W/L37aCztzYKheGbpz/UZ1/7bc/q","status":"active","username":"anna"}`)})
	if err != nil || got.Outcome != record.Stored {
		s.T.Fatal(got, err)
	}
	s.RunChanges()
}

// asks files a request by an address and confirms it, but has nothing done about it yet.
func (s *rig) asks(email string) request.Request {
	s.T.Helper()
	r := s.File(request.Filing{Right: privacy.Access, Email: email})
	s.Prove(r.ID)
	return r
}

// team checks that the request waits for the team for a reason, that nothing of it is due, and that the team was told once.
func (s *rig) team(id string, why string) {
	s.T.Helper()
	s.Work()
	file := s.Load(id)
	got, waits := export.ForTeam(file)
	told := 0
	for _, one := range s.ForTeam {
		if one == id {
			told++
		}
	}
	last := file.Events[len(file.Events)-1]
	if !waits || got != why || told != 1 || file.Request.State != request.Open || file.Request.Step != "" || last.Kind != request.EventForTeam || last.Reason != why {
		s.T.Errorf("it waits for the team: %t, %q; told %d times; %s %q: %+v", waits, got, told, file.Request.State, file.Request.Step, file.Events)
	}
	if len(s.answers()) != 0 || len(s.Objects) != 0 {
		s.T.Errorf("mailed: %+v, %d objects", s.answers(), len(s.Objects))
	}
}

// answers returns the mails with answers.
func (s *rig) answers() []servicetest.Mail {
	return slices.DeleteFunc(slices.Clone(s.Mails), func(m servicetest.Mail) bool { return m.Kind != "export" && m.Kind != "nothing" })
}

// T33: an export that is asked for less than seven days after its address was attached, or after a join, waits until then. One that is asked for
// later is made at once. The policy gives the days.
func TestThreat_T33_ExportsFromANewAddressWait(t *testing.T) {
	const week = 7 * day // of the published policy
	for name, change := range map[string]func(*rig){
		"attached": func(s *rig) { s.knows("c-1", annas); s.SetAddresses("c-1", false, annas, works) },
		"joined":   func(s *rig) { s.knows("c-1", annas); s.knows("c-2", works); s.SetAddresses("c-1", true, annas, works) },
	} {
		for _, asked := range []time.Duration{week - time.Hour, week + time.Hour} {
			t.Run(name+" "+asked.String(), func(t *testing.T) {
				s := newPeople(t)
				change(s)
				from := s.Clock.Now().Add(week)
				s.Clock.Advance(asked)
				r := s.asks(works)
				s.Work()
				if asked > week {
					if len(s.answers()) != 1 || s.Load(r.ID).Request.State != request.Fulfilled {
						t.Errorf("%+v, %v", s.answers(), servicetest.Kinds(s.Load(r.ID)))
					}
					return
				}
				for range 2 { // a run that comes too early changes nothing
					s.Fulfil(r.ID)
					file := s.Load(r.ID)
					if len(s.answers()) != 0 || !slices.Equal(servicetest.Kinds(file), []request.EventKind{"verified", "waits"}) || !file.Request.NextAt.Equal(from) {
						t.Fatalf("%+v, %v, next at %v", s.answers(), servicetest.Kinds(file), file.Request.NextAt)
					}
					s.Clock.Set(from.Add(-time.Second))
				}
				s.Clock.Set(from)
				s.Work()
				if file := s.Load(r.ID); len(s.answers()) != 1 || !slices.Equal(servicetest.Kinds(file), []request.EventKind{"verified", "waits", "exporting", "answered"}) {
					t.Errorf("%+v, %v", s.answers(), servicetest.Kinds(file))
				}
			})
		}
	}
}

// T33: an address that was there before the attach is answered at once: it stands for nobody else than before.
func TestThreat_T33_TheOldAddressDoesNotWait(t *testing.T) {
	s := newPeople(t)
	s.knows("c-1", annas)
	s.SetAddresses("c-1", false, annas, works)
	r := s.asks(annas)
	if s.Work(); s.Load(r.ID).Request.State != request.Fulfilled {
		t.Errorf("%v", servicetest.Kinds(s.Load(r.ID)))
	}
}

// T33: the holder of the old address contests the change while a request from the new one waits, or while its export is being made. The request
// goes to the team, and the link to its export dies. After the team has released the address, the seven days begin again, and the team's retry is
// answered when they are over.
func TestThreat_T33_AFreezeHandsTheRequestToTheTeam(t *testing.T) {
	for name, asked := range map[string]time.Duration{"waits": day, "is being made": 8 * day} {
		t.Run(name, func(t *testing.T) {
			s := newPeople(t)
			s.knows("c-1", annas)
			change := s.SetAddresses("c-1", false, annas, works).Changes[0]
			s.Clock.Advance(asked)
			r := s.asks(works)
			s.Fulfil(r.ID)
			s.Clock.Advance(time.Minute)
			if err := s.Holder.Contest(t.Context(), change, anna); err != nil {
				t.Fatal(err)
			}
			s.RunChanges()
			s.team(r.ID, "frozen")
			for range 2 {
				if err := s.Retry(r.ID); err != nil {
					t.Fatal(err)
				}
				s.ForTeam = nil
				s.team(r.ID, "frozen")
			}
			if err := s.Identity.Release(t.Context(), servicetest.Operator, servicetest.Aliases.Alias(s.Parse(works))); err != nil {
				t.Fatal(err)
			}
			if err := s.Retry(r.ID); err != nil {
				t.Fatal(err)
			}
			s.Pass(7*day - time.Minute)
			if len(s.answers()) != 0 || s.Load(r.ID).Request.Step != request.StepAnswer {
				t.Fatalf("%+v", s.answers())
			}
			s.Pass(time.Hour)
			if s.Load(r.ID).Request.State != request.Fulfilled || len(s.answers()) != 1 || s.answers()[0].Kind != "export" {
				t.Errorf("%+v, %v", s.answers(), servicetest.Kinds(s.Load(r.ID)))
			}
		})
	}
}

// T27: nothing is answered automatically about an address that several people use.
func TestThreat_T27_ASharedAddressIsForTheTeam(t *testing.T) {
	s := newPeople(t)
	s.knows("c-1", annas)
	s.knows("c-2", annas)
	r := s.asks(annas)
	s.team(r.ID, "shared")
	if err := s.Retry(r.ID); err != nil {
		t.Fatal(err)
	}
	s.ForTeam = nil
	s.team(r.ID, "shared")
}

// T27: for ninety days after an address was taken away, a request from it goes to the team, even if nobody else is known by it. After that, the
// address is unknown.
func TestThreat_T27_ADetachedAddressIsForTheTeam(t *testing.T) {
	for days, why := range map[int]string{0: "detached", 89: "detached", 91: ""} {
		s := newPeople(t)
		s.knows("c-1", annas)
		s.SetAddresses("c-1", false, annas, works)
		s.SetAddresses("c-1", false, annas)
		s.Clock.Advance(time.Duration(days)*day + time.Minute)
		r := s.asks(works)
		if why != "" {
			s.team(r.ID, why)
			continue
		}
		s.Work()
		if got := s.answers(); len(got) != 1 || got[0].Kind != "nothing" || s.Load(r.ID).Request.State != request.Fulfilled {
			t.Errorf("after %d days: %+v", days, got)
		}
	}
}

// T33, T30: another copy of an answer is asked for by an address that is frozen by now. The answer stays given, and the copy waits for the team.
func TestThreat_T33_AnotherCopyIsForTheTeam(t *testing.T) {
	s := newPeople(t)
	s.knows("c-1", annas)
	change := s.SetAddresses("c-1", false, annas, works).Changes[0]
	s.Clock.Advance(8 * day)
	r := s.asks(works)
	s.Work()
	closed := s.Load(r.ID).Request.ClosedAt
	if err := s.Holder.Contest(t.Context(), change, anna); err != nil {
		t.Fatal(err)
	}
	s.RunChanges()
	mails := len(s.answers())
	if _, err := export.Another(t.Context(), s.Requester, r.ID, servicetest.Proof(works)); err != nil {
		t.Fatal(err)
	}
	s.Work()
	file := s.Load(r.ID)
	all := export.Of(file)
	if why, waits := export.ForTeam(file); !waits || why != "frozen" || file.Request.State != request.Fulfilled || !file.Request.ClosedAt.Equal(closed) ||
		all[len(all)-1].State != export.Cancelled || len(s.answers()) != mails || len(s.ForTeam) != 1 || file.Request.Step != "" {
		t.Errorf("%q, %+v, %+v", why, file.Request, all)
	}
}

// T33, H05: the team's retries of a doubted request do not count as copies that the person asked for.
func TestPromise_H05_RetriesOfADoubtedRequest(t *testing.T) {
	s := newPeople(t)
	s.knows("c-1", annas)
	change := s.SetAddresses("c-1", false, annas, works).Changes[0]
	s.Clock.Advance(8 * day)
	r := s.asks(works)
	s.Fulfil(r.ID) // an export is begun
	if err := s.Holder.Contest(t.Context(), change, anna); err != nil {
		t.Fatal(err)
	}
	s.RunChanges()
	s.team(r.ID, "frozen")
	if err := s.Identity.Release(t.Context(), audit.Actor{Kind: audit.Operator, ID: "ada"}, servicetest.Aliases.Alias(s.Parse(works))); err != nil {
		t.Fatal(err)
	}
	s.Clock.Advance(8 * day)
	if err := s.Retry(r.ID); err != nil {
		t.Fatal(err)
	}
	s.Work()
	for range 3 {
		if _, err := export.Another(t.Context(), s.Requester, r.ID, servicetest.Proof(works)); err != nil {
			t.Fatalf("%v: %v", err, servicetest.Kinds(s.Load(r.ID)))
		}
		s.Work()
	}
	if got := s.Load(r.ID); got.Request.State != request.Fulfilled {
		t.Errorf("%v", servicetest.Kinds(got))
	}
	if _, err := export.Another(t.Context(), s.Requester, r.ID, servicetest.Proof(works)); !tooOften(err) {
		t.Errorf("the fourth of the day: %v", err)
	}
}
