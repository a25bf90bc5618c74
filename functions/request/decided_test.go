package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// L01: the page of a mailbox and a status link say why the answer takes longer, and what the team decided, each once it was mailed and not before.
func TestPromise_L01_WhatTheTeamDecidedIsShownOnceItWasMailed(t *testing.T) {
	s := newRig(t)
	olga := audit.Actor{Kind: audit.Operator, ID: "olga"}
	id := s.File(request.Filing{Right: privacy.Rectification, Email: anna, Jurisdiction: privacy.UK, Details: "My name."}).ID
	s.Prove(id)
	s.Fulfil(id)
	p := s.fresh(t, anna)
	shows := func(when string, result request.Result, extended bool) {
		t.Helper()
		mine := s.me(t, p).Requests
		code, body := s.bearer("GET", "/v1/requests/"+id, status(id))
		var linked struct{ Outcome, Extension *decidedShown }
		if err := json.Unmarshal([]byte(body), &linked); err != nil || code != http.StatusOK || len(mine) != 1 {
			t.Fatalf("%s: %d %s %+v", when, code, body, mine)
		}
		for _, shown := range []struct{ outcome, extension *decidedShown }{{mine[0].Outcome, mine[0].Extension}, {linked.Outcome, linked.Extension}} {
			if (shown.extension != nil) != extended || extended && shown.extension.Reason != "There are many." {
				t.Errorf("%s: extension %+v", when, shown.extension)
			}
			if (shown.outcome != nil) != (result != "") || result != "" && (shown.outcome.Result != result || shown.outcome.Reason != "All but the invoices.") {
				t.Errorf("%s: outcome %+v", when, shown.outcome)
			}
		}
	}
	shows("before", "", false)
	if err := request.Extend(t.Context(), s.Requests, id, olga, "There are many.", s.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	shows("before the notice", "", false)
	s.Fulfil(id)
	shows("after the notice", "", true)
	if err := request.CloseBy(t.Context(), s.Requests, id, olga, request.Outcome{Result: request.PartlyDone, Reason: "All but the invoices."}, s.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	shows("before the mail", "", true)
	s.Fulfil(id)
	shows("after the mail", request.PartlyDone, true)
}

// T30, T31: a report that has stopped something for a child is shown as in force, on both pages: only a fresh session takes it back.
func TestThreat_T31_AReportIsInForce(t *testing.T) {
	s := newRig(t)
	id := s.File(request.Filing{Right: privacy.ChildErasure, Email: anna, Details: "She is nine.", Child: &request.Child{Email: "kid@example.org"}}).ID
	s.Prove(id)
	s.Fulfil(id)
	p := s.fresh(t, anna)
	shown := func() (mine, linked bool) {
		t.Helper()
		code, body := s.bearer("GET", "/v1/requests/"+id, status(id))
		var file struct{ InForce bool }
		if err := json.Unmarshal([]byte(body), &file); err != nil || code != http.StatusOK {
			t.Fatal(code, body)
		}
		return s.me(t, p).Requests[0].InForce, file.InForce
	}
	if mine, linked := shown(); !mine || !linked {
		t.Errorf("in force: %t, %t", mine, linked)
	}
	if code, _ := s.bearer("POST", "/v1/requests/"+id+"/withdraw", status(id)); code != http.StatusConflict {
		t.Errorf("a status link: %d", code)
	}
	if w := s.as(p, "POST", "/v1/requests/"+id+"/withdraw", ""); w.Code != http.StatusOK {
		t.Errorf("a fresh session: %d %s", w.Code, w.Body)
	}
	if mine, linked := shown(); mine || linked {
		t.Errorf("taken back: %t, %t", mine, linked)
	}
}

// H06: the pages say what stands of an objection with which the team agrees in part.
func TestPromise_H06_WhatStandsIsShown(t *testing.T) {
	s := newRig(t)
	id := s.File(request.Filing{Right: privacy.Objection, Email: anna, Purposes: []privacy.Purpose{"service_improvement", "quality_assurance"}}).ID
	s.Prove(id)
	for range 3 {
		s.Fulfil(id)
	}
	if err := request.CloseBy(t.Context(), s.Requests, id, audit.Actor{Kind: audit.Operator, ID: "olga"},
		request.Outcome{Result: request.PartlyDone, Reason: "Because.", GoesOn: []privacy.Purpose{"quality_assurance"}}, s.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		s.Fulfil(id)
	}
	mine := s.me(t, s.fresh(t, anna)).Requests
	if _, body := s.bearer("GET", "/v1/requests/"+id, status(id)); !strings.Contains(body, `"stands":["service_improvement"]`) || !strings.Contains(body, `"inForce":true`) {
		t.Error(body)
	}
	if len(mine) != 1 || !mine[0].InForce || mine[0].Outcome == nil || len(mine[0].Outcome.Stands) != 1 {
		t.Errorf("%+v", mine)
	}
}

// T06: what waits says what exactly is asked for, so that nobody confirms one thing and gets another.
func TestThreat_T06_WhatWaitsSaysWhatIsAskedFor(t *testing.T) {
	s := newRig(t)
	for _, f := range []request.Filing{
		{Right: privacy.Know, Scope: privacy.ByCategory},
		{Right: privacy.Objection, Purposes: []privacy.Purpose{"service_improvement"}},
		{Right: privacy.Restriction, Ground: privacy.Claims, Categories: []privacy.Category{privacy.Contact}},
	} {
		f.Email = anna
		s.Fulfil(s.File(f).ID)
	}
	waits := s.me(t, s.fresh(t, anna)).Pending
	if len(waits) != 3 || waits[0].Scope != privacy.ByCategory || len(waits[1].Purposes) != 1 || waits[1].Purposes[0] != "service_improvement" ||
		waits[2].Ground != privacy.Claims || len(waits[2].Categories) != 1 || waits[2].Categories[0] != privacy.Contact {
		t.Errorf("what waits is %+v", waits)
	}
}

// L01: an outcome that was decided, but not mailed before the person withdrew the request, is shown nowhere: nobody was told it.
func TestPromise_L01_AnOutcomeThatCameTooLate(t *testing.T) {
	s := newRig(t)
	id := s.File(request.Filing{Right: privacy.Rectification, Email: anna, Jurisdiction: privacy.UK, Details: "My name."}).ID
	s.Prove(id)
	s.Fulfil(id)
	if err := request.CloseBy(t.Context(), s.Requests, id, audit.Actor{Kind: audit.Operator, ID: "olga"}, request.Outcome{Result: request.PartlyDone, Reason: "All but the invoices."}, s.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	if code, body := s.bearer("POST", "/v1/requests/"+id+"/withdraw", status(id)); code != http.StatusOK {
		t.Fatal(code, body)
	}
	s.Fulfil(id)
	code, body := s.bearer("GET", "/v1/requests/"+id, status(id))
	if code != http.StatusOK || !strings.Contains(body, `"withdrawn"`) || strings.Contains(body, "invoices") {
		t.Errorf("%d %s", code, body)
	}
}
