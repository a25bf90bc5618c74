package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// weighedPurpose is a purpose on legitimate interests that is no direct marketing, and directMarketing one that is.
const (
	weighedPurpose  = privacy.Purpose("quality_assurance")
	directMarketing = privacy.Purpose("business_development")
)

// filings returns one filing of each right, with all that it must have, in the order of the alphabet. Only a mail can be a question.
func filings(email string) (all []request.Filing) {
	musts := map[privacy.Right]request.Filing{
		privacy.Know: {Scope: privacy.ByCategory}, privacy.Objection: {Purposes: []privacy.Purpose{weighedPurpose}}, privacy.Restriction: {Ground: privacy.Claims},
	}
	for _, right := range slices.Sorted(maps.Keys(request.Rights)) {
		if right == privacy.Question {
			continue
		}
		f := musts[right]
		f.Right, f.Email, f.Details = right, email, "canary"
		all = append(all, f)
	}
	return all
}

// unproven returns one filing of each right that nothing has to prove.
func unproven(email string) (all []request.Filing) {
	for _, f := range filings(email) {
		if f.Right == privacy.Objection {
			f.Purposes = []privacy.Purpose{directMarketing}
		} else if request.Rights[f.Right].Proof != request.ByNothing {
			continue
		}
		all = append(all, f)
	}
	return all
}

// sent files as a program does, from a client of its own.
func (s *rig) sent(f request.Filing, client int) *httptest.ResponseRecorder {
	s.T.Helper()
	body := map[string]any{"right": f.Right, "email": f.Email, "details": f.Details}
	for name, value := range map[string]any{"purposes": f.Purposes, "scope": f.Scope, "ground": f.Ground} {
		if !reflect.ValueOf(value).IsZero() {
			body[name] = value
		}
	}
	text, err := json.Marshal(body)
	if err != nil {
		s.T.Fatal(err)
	}
	return s.send("POST", "/v1/requests", string(text), fmt.Sprintf("192.%d.%d.%d", client>>16, client>>8&255, client&255))
}

var anID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`)

// T14: what nobody has to prove takes effect before the answer. Yet known and unknown addresses, those that are in doubt, and those by which the same
// was asked for before get the same bytes by the same calls, in kind and number, many times in turn.
func TestThreat_T14_WhatTakesEffectAtOnceTellsNothing(t *testing.T) {
	rounds := soak.Pick(8, 30)
	for _, f := range unproven("") {
		s := newRig(t)
		s.inDoubt(t)
		s.known(t, "five", "before@example.org")
		f.Email = "before@example.org"
		s.sent(f, 0)
		var answer string
		var calls map[string]int
		mails := len(s.Mails)
		for i := range rounds {
			known := fmt.Sprintf("known%d@example.org", i)
			s.known(t, "of "+known, known)
			typed := fmt.Sprintf("typed%d@example.org", i)
			if _, err := s.Addresses.Introduce(t.Context(), s.Parse(typed), s.Clock.Now().AddDate(0, 0, 8)); err != nil {
				t.Fatal(err)
			}
			for n, email := range []string{known, fmt.Sprintf("x%04d@example.org", i), detached, frozen, "before@example.org", typed, strings.ToUpper(known)} {
				f.Email = email
				s.Wire.Take()
				w := s.sent(f, i*7+n+1)
				got, taken := anID.ReplaceAllString(fmt.Sprint(w.Code, w.Header(), w.Body), "id"), s.Wire.Take()
				if calls == nil {
					answer, calls = got, taken
				}
				if got != answer || !maps.Equal(taken, calls) {
					t.Fatalf("%s for %s: %s by %v, others %s by %v", f.Right, email, got, taken, answer, calls)
				}
			}
		}
		if len(s.Mails) > mails {
			t.Errorf("%s: mails leave from here", f.Right)
		}
	}
}

// H06, H07, H10, L03: what each filing is answered that nobody has to prove.
func TestWhatIsAnsweredAtOnce(t *testing.T) {
	s := newRig(t)
	s.Known(anna)
	statement, _ := policy.Newest().Right(privacy.AutomatedDecisions)
	want := map[privacy.Right]string{
		privacy.OptOut: `200 {"id":"id","right":"opt_out","state":"fulfilled"}`, privacy.Objection: `200 {"id":"id","right":"objection","state":"fulfilled"}`,
		privacy.AutomatedDecisions: `200 {"id":"id","right":"automated_decisions","state":"fulfilled","statement":"` + statement.Text + `"}`,
		privacy.Complaint:          `202 {"id":"id","right":"complaint","state":"open"}`,
	}
	for _, f := range unproven(anna) {
		w := s.sent(f, 1)
		if got := anID.ReplaceAllString(fmt.Sprint(w.Code, " ", strings.TrimSpace(w.Body.String())), "id"); got != want[f.Right] {
			t.Errorf("%s: %s, not %s", f.Right, got, want[f.Right])
		}
	}
	for right, f := range map[privacy.Right]request.Filing{
		"a mixed objection": {Right: privacy.Objection, Email: anna, Purposes: []privacy.Purpose{directMarketing, weighedPurpose}},
		"erasure":           {Right: privacy.Erasure, Email: anna},
	} {
		if w := s.sent(f, 1); w.Code != http.StatusAccepted || !strings.Contains(w.Body.String(), `"state":"verifying"`) {
			t.Errorf("%s: %d %s", right, w.Code, w.Body)
		}
	}
	m, found, err := s.Mailboxes.Load(t.Context(), servicetest.Aliases.Mailbox(s.Parse(anna)))
	if err != nil || !found || len(m.Acts) != 1 || m.Acts[0].Kind != mailbox.Filed || m.Acts[0].Right != privacy.AutomatedDecisions {
		t.Errorf("%+v %t %v", m.Acts, found, err)
	}
}

// T32: questions about automated decisions are answered at once, so anybody may file any number of them. They fill no mailbox, and keep nothing that was
// typed.
func TestThreat_T32_QuestionsFillNoMailbox(t *testing.T) {
	s := newRig(t)
	for i := range 20 {
		w := s.sent(request.Filing{Right: privacy.AutomatedDecisions, Email: anna, Details: "canary", OnBehalfOf: &request.Agent{Name: "canary", Email: "canary@example.org", Relation: "other"}}, i)
		r := s.Load(regexp.MustCompile(`01[0-9a-f-]{34}`).FindString(w.Body.String())).Request
		if w.Code != http.StatusOK || r.State != request.Fulfilled || r.Email+r.Details+r.Agent.Name+r.Agent.Email != "" {
			t.Fatalf("%d %s, %+v", w.Code, w.Body, r)
		}
	}
	listed, err := s.Requests.Listed(t.Context(), servicetest.Aliases.Mailbox(s.Parse(anna)))
	if err != nil || len(listed.Requests) > 0 {
		t.Errorf("%+v, %v", listed, err)
	}
}

// H10: an opt-out of a browser is never verified and holds on the next read. It stores no request and sends no mail.
func TestPromise_H10_AnOptOutOfABrowser(t *testing.T) {
	s := newRig(t)
	id := "6f9619ff-8b86-4011-b42d-00c04fc964ff"
	key, _ := consent.Visitor(id)
	for range 2 {
		w := s.send("POST", "/v1/requests", `{"right":"opt_out","visitor":"`+id+`"}`, "192.0.2.1")
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"state":"fulfilled"`) {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	record, err := s.ByAddress.Recorder.Current(t.Context(), key)
	if err != nil || record.Effective(privacy.MarketingCookies, s.Clock.Now()).State != consent.Denied || record.Version != 1 {
		t.Errorf("%+v, %v", record, err)
	}
	if due, err := s.Queue.Due(t.Context(), s.Clock.Now().AddDate(1, 0, 0)); err != nil || len(due) > 0 || len(s.Mails) > 0 {
		t.Errorf("%+v %v", due, err)
	}
	for range 60 {
		s.send("POST", "/v1/requests", `{"right":"opt_out","visitor":"`+id+`"}`, "192.0.2.9")
	}
	if w := s.send("POST", "/v1/requests", `{"right":"opt_out","visitor":"`+id+`"}`, "192.0.2.9"); w.Code != http.StatusTooManyRequests {
		t.Errorf("without a limit: %d", w.Code)
	}
}

// Budget: an opt-out of somebody on record is one write of its file, one of the state, one of the outcome, and the reads that these need.
func TestBudgetOfAnOptOut(t *testing.T) {
	s := newRig(t)
	s.Known(anna)
	s.Wire.Take()
	s.sent(request.Filing{Right: privacy.OptOut, Email: anna}, 1)
	got, want := s.Wire.Take(), map[string]int{"UpdateItem": 1, "GetItem": 2, "TransactWriteItems": 3, "Query": 1}
	if t.Logf("budget: request: an opt-out | %v | %v", got, want); !maps.Equal(got, want) {
		t.Errorf("%v, not %v", got, want)
	}
}

// H10, F03: if an opt-out cannot take effect before the answer, the answer says that it is open, and it takes effect a minute later.
func TestPromise_H10_AnOptOutThatIsPutOff(t *testing.T) {
	s := newRig(t)
	s.Known(anna)
	h := s.handler()
	h.steps = &request.Fulfilment{Register: s.Requests, Answers: map[work.Kind]request.Answerer{work.Limit: broken{}}, Now: s.Clock.Now}
	s.serve(t, h)
	w := s.sent(request.Filing{Right: privacy.OptOut, Email: anna}, 1)
	var filed struct{ ID, State string }
	if err := json.Unmarshal(w.Body.Bytes(), &filed); err != nil || w.Code != http.StatusAccepted || filed.State != "open" {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	s.Fulfil(filed.ID)
	if r := s.Load(filed.ID).Request; r.InForce() || r.WaitsFor(s.Clock.Now()) != request.NoWait {
		t.Errorf("somebody races against the caller: %+v", r)
	}
	s.Clock.Advance(time.Minute)
	s.Fulfil(filed.ID)
	if r := s.Load(filed.ID).Request; !r.InForce() || r.State != request.Fulfilled {
		t.Errorf("%+v", r)
	}
}

// broken answers nothing.
type broken struct{}

func (broken) Answer(context.Context, request.File, time.Time) error { return io.ErrUnexpectedEOF }

// limitedBy returns the ids of the requests that limit anything about anna.
func (s *rig) limitedBy() (ids []string) {
	s.T.Helper()
	known, _, err := s.Addresses.Find(s.T.Context(), s.Parse(anna))
	if err != nil {
		s.T.Fatal(err)
	}
	is, _, err := s.Subjects.State(s.T.Context(), known.Subject)
	if err != nil {
		s.T.Fatal(err)
	}
	for _, o := range is.OptOuts {
		ids = append(ids, o.Request)
	}
	for _, o := range is.Objections {
		ids = append(ids, o.Request)
	}
	for _, r := range is.Restrictions {
		ids = append(ids, r.Request)
	}
	return ids
}

// T06: one request of every right waits behind one mailbox. A press on one has that one done and no other, whatever the services do afterwards.
func TestThreat_T06_APressHasOneRightDone(t *testing.T) {
	for pressed, f := range filings(anna) {
		if request.Rights[f.Right].Proof != request.ByMailbox {
			continue
		}
		s := newRig(t)
		s.Known(anna)
		var ids []string
		for _, each := range filings(anna) {
			if request.Rights[each.Right].Proof == request.ByMailbox {
				ids = append(ids, s.waiting(each))
			} else {
				ids = append(ids, "")
			}
		}
		if w := s.as(s.fresh(t, anna), "POST", "/v1/requests/"+ids[pressed]+"/confirm", ""); w.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", f.Right, w.Code, w.Body)
		}
		for range 4 {
			for _, id := range ids {
				if id != "" {
					s.Fulfil(id)
				}
			}
			s.Clock.Advance(time.Minute)
		}
		for i, id := range ids {
			if id != "" && (s.Load(id).Request.State != request.Verifying) != (i == pressed) {
				t.Errorf("a press on %s: %s is %s", f.Right, filings(anna)[i].Right, s.Load(id).Request.State)
			}
		}
		limits := s.limitedBy()
		if want := request.Rights[f.Right].Stays; len(limits) > 1 || want != (len(limits) == 1) || want && limits[0] != ids[pressed] {
			t.Errorf("a press on %s: %v", f.Right, limits)
		}
	}
}

// H04, H06, H10, T30, T31: what is in force stands on the page, and only a fresh session takes it back there.
func TestThreat_T31_WhatIsInForceIsTakenBack(t *testing.T) {
	s := newRig(t)
	s.Known(anna)
	w := s.sent(request.Filing{Right: privacy.OptOut, Email: anna}, 1)
	id := anID.FindString(w.Body.String())
	if code, body := s.bearer("POST", "/v1/requests/"+id+"/withdraw", status(id)); code != http.StatusConflict || !strings.Contains(body, "privacy page") {
		t.Errorf("a status link: %d %s", code, body)
	}
	if code, body := s.bearer("GET", "/v1/requests/"+id, status(id)); code != http.StatusOK || !strings.Contains(body, `"in_force"`) {
		t.Errorf("%d %s", code, body)
	}
	old := s.later(t, anna)
	if w := s.as(old, "POST", "/v1/requests/"+id+"/withdraw", ""); w.Code != http.StatusForbidden || len(s.limitedBy()) != 1 {
		t.Errorf("an old link: %d %s", w.Code, w.Body)
	}
	if seen := s.me(t, old).Requests; len(seen) != 1 || !seen[0].InForce || seen[0].State != request.Fulfilled {
		t.Errorf("%+v", seen)
	}
	p := s.fresh(t, anna)
	if w := s.as(p, "POST", "/v1/requests/"+id+"/withdraw", ""); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"lifted"`) || len(s.limitedBy()) != 0 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if seen := s.me(t, p).Requests; len(seen) != 1 || seen[0].InForce || seen[0].State != request.Withdrawn {
		t.Errorf("%+v", seen)
	}
	m, _, err := s.Mailboxes.Load(t.Context(), p.mailbox)
	if err != nil || !slices.ContainsFunc(m.Acts, func(a mailbox.Act) bool { return a.Kind == mailbox.Lifted && a.Right == privacy.OptOut }) {
		t.Errorf("%+v, %v", m.Acts, err)
	}
}

// H11: whoever has used their rights is answered everything else with the same bytes as somebody who has not.
func TestPromise_H11_TheSameBytesWithAndWithoutARequest(t *testing.T) {
	answers := map[bool][]string{}
	for _, used := range []bool{true, false} {
		s := newRig(t)
		s.Known(anna)
		if used {
			for _, f := range slices.Concat(filings(anna), unproven(anna)) {
				s.sent(f, 1)
			}
		}
		for _, f := range slices.Concat(filings(anna), unproven(anna)) {
			w := s.sent(f, 3)
			answers[used] = append(answers[used], anID.ReplaceAllString(fmt.Sprint(w.Code, w.Header(), w.Body), "id"))
		}
		w := s.send("POST", "/v1/links", `{"email":"`+anna+`"}`, "192.0.2.1")
		answers[used] = append(answers[used], fmt.Sprint(w.Code, w.Header(), w.Body))
	}
	if len(answers[true]) < 14 || !slices.Equal(answers[true], answers[false]) {
		t.Errorf("%q\n%q", answers[true], answers[false])
	}
}
