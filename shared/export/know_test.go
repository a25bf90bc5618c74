package export_test

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// toKnow files a request to know, confirms it and has it answered.
func (s *rig) toKnow(email string, scope privacy.Scope) request.Request {
	s.T.Helper()
	r := s.File(request.Filing{Right: privacy.Know, Email: email, Scope: scope, Declaration: scope == privacy.Specific})
	s.Prove(r.ID)
	s.Fulfil(r.ID)
	s.Work()
	return r
}

// H08: whoever asks for the categories gets the statement, by an address on record and by one that nobody knows. Whoever asks for the data itself is
// answered as somebody who asks for access.
func TestPromise_H08_WhoGetsWhichAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		email  string
		scope  privacy.Scope
		answer string
	}{
		"categories, known":   {annas, privacy.ByCategory, "export"},
		"categories, unknown": {"nobody@example.org", privacy.ByCategory, "export"},
		"specific, known":     {annas, privacy.Specific, "export"},
		"specific, unknown":   {"nobody@example.org", privacy.Specific, "nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newPeople(t)
			s.knows("c-1", annas)
			r := s.toKnow(c.email, c.scope)
			file, mails := s.Load(r.ID), s.answers()
			if file.Request.State != request.Fulfilled || len(mails) != 1 || mails[0].Kind != c.answer || mails[0].To != c.email {
				t.Fatalf("%s, %+v", file.Request.State, mails)
			}
			if c.answer == "export" {
				if _, err := export.Redeem(t.Context(), s.Requests, s.Requester.Tokens, mails[0].About, mails[0].Token, s.Clock.Now()); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// T33: the statement has no data, so it does not wait while its address is new. The data itself does.
func TestThreat_T33_TheStatementDoesNotWait(t *testing.T) {
	s := newPeople(t)
	s.knows("c-1", annas)
	s.SetAddresses("c-1", false, annas, works)
	if r := s.toKnow(works, privacy.ByCategory); s.Load(r.ID).Request.State != request.Fulfilled {
		t.Errorf("%+v", s.Load(r.ID))
	}
	if r := s.toKnow(works, privacy.Specific); s.Load(r.ID).Request.WaitsFor(s.Clock.Now()) != request.ForDays {
		t.Errorf("%+v", s.Load(r.ID))
	}
}

// T27: nothing is answered automatically about an address in doubt, the statement neither, since the doubt is about where it would be mailed.
func TestThreat_T27_ADoubtIsForTheTeamInEitherScope(t *testing.T) {
	for _, scope := range []privacy.Scope{privacy.ByCategory, privacy.Specific} {
		s := newPeople(t)
		s.knows("c-1", annas)
		s.knows("c-2", annas)
		s.team(s.toKnow(annas, scope).ID, string(subject.Shared))
	}
}

// H08: another export can be asked for with a fresh link, of either scope, and each is delivered like the first.
func TestPromise_H08_AnotherExport(t *testing.T) {
	for _, email := range []string{annas, "nobody@example.org"} {
		for _, scope := range []privacy.Scope{privacy.ByCategory, privacy.Specific} {
			s := newPeople(t)
			s.knows("c-1", annas)
			r := s.toKnow(email, scope)
			answered := scope == privacy.ByCategory || email == annas
			renews, err := export.CanRenew(t.Context(), s.Requester, s.Load(r.ID).Request)
			if err != nil || renews != answered {
				t.Errorf("%s of %s: another export: %t, %v", scope, email, renews, err)
			}
			s.Clock.Advance(time.Hour)
			if _, err := export.Another(t.Context(), s.Requester, r.ID, servicetest.Proof(email)); (err == nil) != answered {
				t.Fatalf("%s of %s: %v", scope, email, err)
			}
			s.Work()
			if all := export.Of(s.Load(r.ID)); answered && (len(all) != 2 || all[1].State != export.Sent || len(s.answers()) != 2) {
				t.Errorf("%s of %s: %+v", scope, email, all)
			}
		}
	}
}

// F24: an answer to know that came back can be made again, as any other.
func TestFault_F24_AStatementThatCameBack(t *testing.T) {
	s := newPeople(t)
	r := s.toKnow("nobody@example.org", privacy.ByCategory)
	s.Report(s.answers()[0], "bounced", true, "no_email")
	file := s.Load(r.ID)
	if !export.HasReturned(file) || !export.Renewable(file) {
		t.Errorf("%+v", file)
	}
}
