package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

const anna = "anna@example.org"

// everyKind has one of each kind of item wait behind anna's mailbox, and returns their ids and the paths that confirm them.
func (s *rig) everyKind(t *testing.T) (ids []string, confirm map[string]string) {
	t.Helper()
	confirm = map[string]string{}
	for _, f := range filings(anna) {
		if request.Rights[f.Right].Proof != request.ByMailbox {
			continue
		}
		for _, law := range []privacy.Jurisdiction{"", privacy.EU} {
			f.Jurisdiction = law
			id := s.waiting(f)
			ids, confirm[id] = append(ids, id), "/v1/requests/"+id+"/confirm"
			s.Clock.Advance(time.Second)
		}
	}
	for _, decisions := range []map[privacy.Purpose]consent.State{
		{privacy.MarketingEmail: consent.Granted}, {privacy.Testimonials: consent.Denied}, {privacy.MarketingEmail: consent.Denied, privacy.Testimonials: consent.Granted},
	} {
		id := s.ask(t, anna, decisions)
		ids, confirm[id] = append(ids, id), "/v1/pending/"+id+"/confirm"
		s.Clock.Advance(time.Second)
	}
	return ids, confirm
}

// T06: a press confirms or discards what it names, and nothing else. The route of requests confirms no consent, and the other way round.
func TestThreat_T06_APressChangesOneThing(t *testing.T) {
	s := newRig(t)
	ids, confirm := s.everyKind(t)
	p := s.fresh(t, anna)
	if pending, _ := s.me(t, p).ids(); !slices.Equal(pending, ids) {
		t.Fatalf("%v waits, not %v", pending, ids)
	}
	for _, id := range ids {
		wrong := strings.NewReplacer("/requests/", "/pending/", "/pending/", "/requests/").Replace(confirm[id])
		if w := s.as(p, "POST", wrong, ""); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", wrong, w.Code)
		}
	}
	for i, id := range ids {
		others := slices.Delete(slices.Clone(ids), i, i+1)
		before := s.versions(t, others...)
		path := confirm[id]
		if i%2 == 1 {
			path = "/v1/pending/" + id + "/discard"
		}
		if w := s.as(p, "POST", path, ""); w.Code >= 300 {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
		if after := s.versions(t, others...); after != before {
			t.Errorf("%s: %s became %s", path, before, after)
		}
		if pending, _ := s.me(t, p).ids(); !slices.Equal(pending, ids[i+1:]) {
			t.Errorf("after press %d %v waits", i, pending)
		}
		for _, again := range []string{confirm[id], "/v1/pending/" + id + "/discard"} {
			if w := s.as(p, "POST", again, ""); w.Code != http.StatusNotFound {
				t.Errorf("%s again: %d", again, w.Code)
			}
		}
	}
	m, _, err := s.Mailboxes.Load(t.Context(), p.mailbox)
	if err != nil || len(m.Acts) != len(ids) || !slices.ContainsFunc(m.Acts, func(a mailbox.Act) bool { return a.Kind == mailbox.Confirmed && !a.DueAt.IsZero() }) {
		t.Errorf("%d acts are told, %v", len(m.Acts), err)
	}
}

// T11: of 200 presses at once of one request one confirms it. The others get the same 404 as an unknown id.
func TestThreat_T11_TwoHundredPresses(t *testing.T) {
	s := newRig(t)
	id := s.waiting(request.Filing{Right: privacy.Access, Email: anna})
	p := s.fresh(t, anna)
	var mu sync.Mutex
	var wg sync.WaitGroup
	codes := map[int]int{}
	for range 200 {
		wg.Go(func() {
			w := s.as(p, "POST", "/v1/requests/"+id+"/confirm", "")
			mu.Lock()
			defer mu.Unlock()
			codes[w.Code]++
		})
	}
	wg.Wait()
	if codes[http.StatusOK] != 1 || codes[http.StatusNotFound] != 199 {
		t.Errorf("%v", codes)
	}
}

// T31: a later opening of a link does not confirm a request, grant or ask for an export, and the refusal is the same for what does not exist. It
// looks, denies, withdraws, discards and has a new link mailed.
func TestThreat_T31_AUsedLink(t *testing.T) {
	s := newRig(t)
	ids, confirm := s.everyKind(t)
	answered := s.verified(anna)
	s.exported(answered)
	open := s.waiting(request.Filing{Right: privacy.Access, Email: anna, Details: "another"})
	s.Prove(open)
	all := append(slices.Clone(ids), answered, open)
	p := s.later(t, anna)
	before := s.versions(t, all...)
	grants := map[string]string{}
	for _, id := range ids {
		if c, found, err := s.Confirmations.Load(t.Context(), id); err != nil {
			t.Fatal(err)
		} else if found && fmt.Sprint(c.Act.Decisions) == fmt.Sprint(map[privacy.Purpose]consent.State{privacy.Testimonials: consent.Denied}) {
			continue
		}
		grants[id] = confirm[id]
	}
	grants[answered], grants["another"], grants["unknown"] = "/v1/requests/"+answered+"/exports", "/v1/requests/"+open+"/exports", "/v1/requests/0192/confirm"
	for id, path := range grants {
		if w := s.as(p, "POST", path, ""); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "opened for the first time") {
			t.Errorf("%s of %s: %d %s", path, id, w.Code, w.Body)
		}
	}
	for _, decisions := range []map[privacy.Purpose]consent.State{mailGranted, {privacy.MarketingEmail: consent.Denied, privacy.Testimonials: consent.Granted}} {
		if status, answer := s.decide(t, p, decisions); status != http.StatusForbidden {
			t.Errorf("granting: %d %v", status, answer)
		}
	}
	if after := s.versions(t, all...); after != before || len(grants) != len(ids)+2 {
		t.Fatalf("%s became %s", before, after)
	}
	seen := s.me(t, p)
	if pending, requests := seen.ids(); seen.Fresh || len(pending) != len(ids) || len(requests) != 2 {
		t.Errorf("%+v", seen)
	}
	if status, _ := s.preferences(t, p); status != http.StatusOK {
		t.Errorf("looking at preferences: %d", status)
	}
	if status, _ := s.decide(t, p, everything()); status != http.StatusCreated {
		t.Errorf("denying: %d", status)
	}
	for _, path := range []string{"/v1/requests/" + open + "/withdraw", "/v1/requests/" + ids[0] + "/withdraw", "/v1/pending/" + ids[1] + "/discard", "/v1/pending/" + ids[len(ids)-3] + "/discard"} {
		if w := s.as(p, "POST", path, ""); w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if status, answer := s.confirm(t, ids[len(ids)-2], p); status != http.StatusCreated {
		t.Errorf("confirming a denial: %d %v", status, answer)
	}
	if w := s.as(p, "POST", "/v1/links", "{}"); w.Code != http.StatusAccepted {
		t.Errorf("a new link: %d", w.Code)
	}
}

// deliver makes the attempt of a request that is due.
func (s *rig) deliver(t *testing.T, id string, n int) {
	t.Helper()
	s.Fulfil(id)
	if mailed, err := s.Delivery.Run(t.Context(), id, n); !mailed || err != nil {
		t.Fatal(n, mailed, err)
	}
}

// T30, T31: a person who has just opened a link asks for another export, three times a day and ten times in all. A call while one is being made
// begins none.
func TestThreat_T30_HowManyExports(t *testing.T) {
	s := newRig(t)
	id := s.verified(anna)
	path := "/v1/requests/" + id + "/exports"
	if w := s.as(s.fresh(t, anna), "POST", path, ""); w.Code != http.StatusConflict {
		t.Errorf("before the answer: %d", w.Code)
	}
	s.exported(id)
	made := 0
	for day, want := range []int{3, 3, 3, 1, 0} {
		p := s.fresh(t, anna)
		if !s.me(t, p).Requests[0].Renewable {
			t.Errorf("day %d: it is not renewable", day)
		}
		for range want {
			for range 2 { // the second call comes while the first export is being made
				if w := s.as(p, "POST", path, ""); w.Code != http.StatusAccepted || strings.Count(w.Body.String(), `"export":`) != made+2 {
					t.Fatalf("export %d on day %d: %d %s", made+1, day, w.Code, w.Body)
				}
			}
			made++
			s.deliver(t, id, made+1)
		}
		before := s.Load(id).Request.Version
		if w := s.as(p, "POST", path, ""); w.Code != http.StatusConflict || s.Load(id).Request.Version != before {
			t.Errorf("one more on day %d: %d %s", day, w.Code, w.Body)
		}
		s.Clock.Advance(24 * time.Hour)
	}
	if made != 10 {
		t.Errorf("%d exports", made)
	}
}

// T32: what a person sees: what waits, oldest first, with its repeats; what was confirmed, but not what ended before that; and no text, name or address that anybody
// typed.
func TestThreat_T32_WhatAPersonSees(t *testing.T) {
	s := newRig(t)
	answered := s.verified(anna)
	s.exported(answered)
	s.Clock.Advance(time.Second)
	withdrawn := s.waiting(request.Filing{Right: privacy.Portability, Email: anna, Details: "canary"})
	if code, _ := s.bearer("POST", "/v1/requests/"+withdrawn+"/withdraw", status(withdrawn)); code != http.StatusOK {
		t.Fatal(code)
	}
	s.Clock.Advance(time.Second)
	ids, _ := s.everyKind(t)
	s.waiting(request.Filing{Right: privacy.Access, Email: "Anna@example.org", Details: "canary", Jurisdiction: privacy.EU})
	s.ask(t, anna, map[privacy.Purpose]consent.State{privacy.Testimonials: consent.Denied})
	p := s.fresh(t, anna)
	w := s.as(p, "GET", "/v1/me", "")
	var seen meSeen
	if err := json.Unmarshal(w.Body.Bytes(), &seen); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	pending, requests := seen.ids()
	if !seen.Fresh || !slices.Equal(pending, ids) || !slices.Equal(requests, []string{answered}) {
		t.Errorf("%s", w.Body)
	}
	repeats := 0
	for _, one := range seen.Pending {
		repeats += one.Repeats
		if is := one.Kind == "request"; is != (one.Right != "") || is == (one.Decisions != nil) || is != !one.DueAt.IsZero() || is != (one.TimeZone == "Europe/London") || one.ReceivedAt.IsZero() {
			t.Errorf("%+v", one)
		}
	}
	if repeats != 2 {
		t.Errorf("%d repeats", repeats)
	}
	for _, one := range seen.Requests {
		if one.Renewable != (one.ID == answered) || one.DueAt.IsZero() {
			t.Errorf("%+v", one)
		}
	}
	if body := strings.ToLower(w.Body.String()); strings.Contains(body, "canary") || strings.Contains(body, "anna@") {
		t.Errorf("it shows what was typed: %s", body)
	}
}

// T32: "this was not me" ends a request without keeping its address or its text, and a consent without recording it.
func TestThreat_T32_Discarded(t *testing.T) {
	s := newRig(t)
	id := s.waiting(request.Filing{Right: privacy.Access, Email: anna, Details: "canary"})
	decision := s.ask(t, anna, mailGranted)
	p := s.later(t, anna)
	for _, one := range []string{id, decision} {
		w := s.as(p, "POST", "/v1/pending/"+one+"/discard", "")
		if want := `{"id":"` + one + `","state":"discarded"}`; w.Code != http.StatusOK || strings.TrimSpace(w.Body.String()) != want {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	if got := s.Load(id).Request; got.State != request.Withdrawn || got.Email != "" || got.Details != "" {
		t.Errorf("%+v", got)
	}
	if _, answer := s.preferences(t, p); answer["version"] != 0.0 {
		t.Errorf("%v", answer)
	}
}

// T30, T31: whoever withdraws a request brings a receipt to its mailbox, once: by a session, and by a status link that is older than every link, so that
// the mailbox is not stored any more.
func TestThreat_T30_AWithdrawalIsTold(t *testing.T) {
	for _, by := range []string{"session", "status link"} {
		s := newRig(t)
		id := s.verified(anna)
		box := servicetest.Proof(anna).Mailbox
		told := func() (acts []mailbox.Act) {
			m, _, err := s.Mailboxes.Load(t.Context(), box)
			if err != nil {
				t.Fatal(err)
			}
			return slices.DeleteFunc(m.Acts, func(a mailbox.Act) bool { return a.Kind != mailbox.Withdrawn })
		}
		if by == "status link" {
			s.Clock.Advance(3 * linkLife)
		}
		for range 2 { // the second changes nothing
			if by == "session" {
				if w := s.as(s.fresh(t, anna), "POST", "/v1/requests/"+id+"/withdraw", ""); w.Code != http.StatusOK {
					t.Fatalf("%d %s", w.Code, w.Body)
				}
				continue
			}
			if code, body := s.bearer("POST", "/v1/requests/"+id+"/withdraw", status(id)); code != http.StatusOK {
				t.Fatalf("%d %s", code, body)
			}
		}
		if m, _, err := s.Mailboxes.Load(t.Context(), box); err != nil || m.Address != anna || !m.Receipt.Reached(s.Clock.Now()) {
			t.Errorf("by a %s: the receipt goes to %q, %v", by, m.Address, err)
		}
		if acts := told(); len(acts) != 1 || acts[0].Right != privacy.Access && acts[0].Right != privacy.Portability {
			t.Errorf("by a %s: told %+v", by, acts)
		}
	}
}
