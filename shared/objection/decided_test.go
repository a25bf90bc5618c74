package objection_test

import (
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// closes has the team decide a request, and does what follows.
func (s *rig) closes(id string, result request.Result, goesOn ...privacy.Purpose) request.File {
	s.T.Helper()
	by := audit.Actor{Kind: audit.Operator, ID: "jane"}
	if err := request.CloseBy(s.T.Context(), s.Requests, id, by, request.Outcome{Result: result, Reason: "We have weighed it.", GoesOn: goesOn}, s.Clock.Now()); err != nil {
		s.T.Fatal(err)
	}
	s.works()
	return s.Load(id)
}

// H06: the team may refuse an objection to what it weighs, and never one to direct marketing (GDPR Art. 21(3)). If one request objects to both, the
// marketing stays forbidden until the person takes that back. What the team agrees with stays forbidden too.
func TestPromise_H06_DirectMarketingCannotBeRefused(t *testing.T) {
	mixed := request.Filing{Right: privacy.Objection, Email: anna, Purposes: []privacy.Purpose{weighed, marketing, privacy.MarketingEmail}}
	for _, c := range []struct {
		filing                     request.Filing
		result                     request.Result
		state                      request.State
		weighed, marketed, inForce bool // whether it may be done, and whether the request is in force
	}{
		{mixed, request.Declined, request.Refused, true, false, true}, {noReviews, request.Declined, request.Refused, true, true, false},
		{mixed, request.Done, request.Fulfilled, false, false, true},
	} {
		s := newRig(t)
		s.known("1", anna)
		id := s.limits(c.filing).Request.ID
		file := s.closes(id, c.result)
		check := func(when string) {
			t.Helper()
			if a, b := s.of("1", weighed), s.of("1", marketing); a.Allowed != c.weighed || b.Allowed != c.marketed {
				t.Errorf("%s %s, %s: %+v, %+v", c.filing.Purposes, c.result, when, a, b)
			}
		}
		check("decided")
		r := file.Request
		if r.State != c.state || r.InForce() != c.inForce || r.Step != "" || r.ExpiresAt().IsZero() != c.inForce {
			t.Errorf("%s %s: %+v", c.filing.Purposes, c.result, r)
		}
		if lifts := slices.Contains(servicetest.Kinds(file), request.EventLifted); lifts != (c.result == request.Declined) {
			t.Errorf("%s %s: %v", c.filing.Purposes, c.result, servicetest.Kinds(file))
		}
		s.Clock.Advance(10 * 365 * 24 * time.Hour)
		check("after ten years")
		if !c.inForce {
			continue
		}
		s.withdraws(id)
		s.works()
		if r := s.Load(id).Request; r.State != request.Withdrawn || r.InForce() || len(r.On) != 0 || r.ExpiresAt().IsZero() {
			t.Errorf("%s %s, taken back: %+v", c.filing.Purposes, c.result, r)
		}
		if _, is := s.state(anna); is.InForce() {
			t.Errorf("%s %s, taken back: %+v", c.filing.Purposes, c.result, is.Limits)
		}
	}
}

// F24: the mail with the refusal came back. What was lifted stays lifted, the marketing stays forbidden, and the request is open again.
func TestFault_F24_ARefusalThatCameBack(t *testing.T) {
	s := newRig(t)
	s.known("1", anna)
	id := s.limits(request.Filing{Right: privacy.Objection, Email: anna, Purposes: []privacy.Purpose{weighed, marketing}}).Request.ID
	s.closes(id, request.Declined)
	s.report(s.mails("closed", anna)[0])
	for range 2 {
		if r := s.Load(id).Request; !r.InForce() || !s.of("1", weighed).Allowed || s.of("1", marketing).Allowed {
			t.Errorf("%+v, %+v, %+v", r, s.of("1", weighed), s.of("1", marketing))
		}
		if r := s.Load(id).Request; r.State == request.Open {
			s.closes(id, request.Declined)
		}
	}
}

// H06: if the team agrees with a part of an objection, the rest ends once the person was told, and the part holds until they take it back.
func TestPromise_H06_APartOfAnObjectionHolds(t *testing.T) {
	const improving privacy.Purpose = "service_improvement"
	s := newRig(t)
	s.known("1", anna)
	id := s.limits(request.Filing{Right: privacy.Objection, Email: anna, Purposes: []privacy.Purpose{weighed, improving, security, marketing}}).Request.ID
	r := s.closes(id, request.PartlyDone, weighed, security).Request
	if stands := []privacy.Purpose{improving, marketing}; r.State != request.Fulfilled || !r.InForce() || !slices.Equal(r.Stands, stands) || r.Step != "" {
		t.Errorf("%+v", r)
	}
	for purpose, allowed := range map[privacy.Purpose]bool{weighed: true, improving: false, marketing: false} {
		if d := s.of("1", purpose); d.Allowed != allowed {
			t.Errorf("%s: %+v", purpose, d)
		}
	}
	s.withdraws(id)
	s.works()
	if _, is := s.state(anna); is.InForce() || s.Load(id).Request.InForce() {
		t.Errorf("%+v", is.Limits)
	}
}

// H06: an objection from an address that several people use is not imposed before the team has decided. What the team agrees with, and what it cannot
// refuse, holds from then on for all of them.
func TestPromise_H06_WhatStandsIsImposed(t *testing.T) {
	mixed := request.Filing{Right: privacy.Objection, Email: anna, Purposes: []privacy.Purpose{weighed, marketing}}
	for _, c := range []struct {
		filing            request.Filing
		result            request.Result
		weighed, marketed bool // whether it may be done afterwards
		kind              request.EventKind
	}{
		{mixed, request.Declined, true, false, request.EventImposed}, {mixed, request.Done, false, false, request.EventImposed},
		{noReviews, request.Declined, true, true, request.EventLifted},
	} {
		s := newRig(t)
		s.known("1", anna)
		s.known("2", anna)
		id := s.limits(c.filing).Request.ID
		if r := s.Load(id).Request; r.InForce() || r.WaitsFor(s.Clock.Now()) != request.ForTeam {
			t.Fatalf("%+v", r)
		}
		file := s.closes(id, c.result)
		for _, who := range []string{"1", "2"} {
			if a, b := s.of(who, weighed), s.of(who, marketing); a.Allowed != c.weighed || b.Allowed != c.marketed {
				t.Errorf("%s: %+v, %+v", c.result, a, b)
			}
		}
		if kinds := servicetest.Kinds(file); kinds[len(kinds)-1] != c.kind || kinds[len(kinds)-2] != request.EventClosed || file.Request.Step != "" || file.Request.InForce() != (!c.marketed || !c.weighed) {
			t.Errorf("%s: %v, %+v", c.result, kinds, file.Request)
		}
		if c.marketed {
			continue
		}
		s.withdraws(id)
		s.works()
		if a, b := s.of("1", weighed), s.of("2", marketing); !a.Allowed || !b.Allowed {
			t.Errorf("%s, taken back: %+v, %+v", c.result, a, b)
		}
	}
}
