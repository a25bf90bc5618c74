package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/inbound"
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// forged is what SES finds out about a mail whose sender's domain denies that it sent the mail.
var forged = inbound.Verdicts{Spam: inbound.Pass, Virus: inbound.Pass, SPF: inbound.Fail, DKIM: inbound.Fail, DMARC: inbound.Fail}

// writes has a mail of anna taken in, and returns the id of its request.
func (s *rig) writes(text string) string {
	s.T.Helper()
	return s.Writes(inbound.Message{From: anna, Subject: "My data", Text: text}, servicetest.Vouched)
}

// answers has a mail of anna taken in that answers one of ours about a request.
func (s *rig) answers(request, text string) string {
	s.T.Helper()
	return s.Writes(inbound.Message{From: anna, Text: text, Answers: []string{links.Origin(servicetest.Origin).Thread(request)}}, servicetest.Vouched)
}

func (s *rig) choose(p person, id, body string) *httptest.ResponseRecorder {
	s.T.Helper()
	return s.as(p, "POST", "/v1/requests/"+id+"/confirm", body)
}

// choices are what can be said about a mail: every right, with all that it must have, and that it is a question.
func choices() map[privacy.Right]string {
	all := map[privacy.Right]string{privacy.Question: `{"right":"question"}`}
	for _, f := range filings("") {
		all[f.Right] = `{"right":"` + string(f.Right) + `","language":"en","jurisdiction":"eu"}`
	}
	all[privacy.Know] = `{"right":"know","scope":"specific","declaration":true}`
	all[privacy.Objection] = `{"right":"objection","purposes":["` + string(weighedPurpose) + `"]}`
	all[privacy.Restriction] = `{"right":"restriction","ground":"accuracy","categories":["account"]}`
	all[privacy.ChildErasure] = `{"right":"child_erasure","child":{"email":"child@example.org"},"details":"My child."}`
	return all
}

// chosen reads what a mail became.
func chosenOf(t *testing.T, w *httptest.ResponseRecorder) (out chosenShown) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return out
}

// H12: a mail can become a request with any right, or a question. Its deadline counts from its arrival (H13), and it waits no more. A second choice finds
// nothing.
func TestPromise_H12_AMailBecomesAnyRequest(t *testing.T) {
	statement, _ := policy.Newest().Right(privacy.AutomatedDecisions)
	for right, body := range choices() {
		s := newRig(t)
		s.Known(anna)
		arrived := s.Clock.Now().UTC().Truncate(time.Second)
		id := s.writes("What I wrote.")
		s.Clock.Advance(72 * time.Hour)
		p := s.fresh(t, anna)
		got := chosenOf(t, s.choose(p, id, body))
		ends := slices.Contains([]privacy.Right{privacy.OptOut, privacy.AutomatedDecisions}, right)
		if got.ID != id || got.Right != right || !got.ReceivedAt.Equal(arrived) || (got.State == request.Fulfilled) != ends || (got.Statement == statement.Text) != (right == privacy.AutomatedDecisions) {
			t.Errorf("%s: %+v", right, got)
		}
		r := s.Load(id).Request
		if kept := len(r.Messages); (kept == 1) != (right != privacy.AutomatedDecisions) || !r.VerifiedAt.Equal(arrived.Add(72*time.Hour)) {
			t.Errorf("%s: %+v", right, r)
		}
		if seen := s.me(t, p); len(seen.Pending) > 0 || right != privacy.AutomatedDecisions && (len(seen.Requests) != 1 || seen.Requests[0].Right != right) {
			t.Errorf("%s: %+v", right, seen)
		}
		if w := s.choose(p, id, body); w.Code != http.StatusNotFound {
			t.Errorf("%s again: %d %s", right, w.Code, w.Body)
		}
	}
}

// H06, H10: what a mail stops without a proof is stopped before the answer, also by a link that was opened before. The next decision call says no.
func TestPromise_H06_AMailStopsAtOnce(t *testing.T) {
	for body, because := range map[string]string{
		`{"right":"objection","purposes":["marketing_email"]}`: "objection", `{"right":"opt_out"}`: "",
	} {
		s := newRig(t)
		s.Known(anna)
		s.granted(t, anna)
		s.Clock.Advance(time.Minute)
		id, old := s.writes("Stop it."), s.later(t, anna)
		if may := s.mayMail(t, old); !may.Allowed {
			t.Fatalf("before it: %+v", may)
		}
		if got := chosenOf(t, s.choose(old, id, body)); got.State != request.Fulfilled {
			t.Errorf("%s: %+v", body, got)
		}
		if because != "" {
			s.sees(t, body, old, privacy.MarketingEmail, "denied", because)
		} else if limits := s.limitedBy(); len(limits) != 1 || limits[0] != id {
			t.Errorf("%s: %v", body, limits)
		}
		if seen := s.me(t, old).Requests; len(seen) != 1 || !seen[0].InForce {
			t.Errorf("%s: %+v", body, seen)
		}
	}
}

// T31: what has to be proven needs the first opening of a link. The refusal changes nothing.
func TestThreat_T31_AnOldLinkProvesNoChoice(t *testing.T) {
	s := newRig(t)
	s.Known(anna)
	id := s.writes("What I wrote.")
	old := s.later(t, anna)
	before := s.versions(t, id)
	for right, body := range choices() {
		if slices.Contains([]privacy.Right{privacy.Question, privacy.OptOut, privacy.AutomatedDecisions, privacy.Complaint}, right) {
			continue
		}
		if w := s.choose(old, id, body); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "opened for the first time") {
			t.Errorf("%s: %d %s", right, w.Code, w.Body)
		}
	}
	if after := s.versions(t, id); after != before {
		t.Errorf("%s became %s", before, after)
	}
	if got := chosenOf(t, s.choose(old, id, choices()[privacy.Question])); got.State != request.Open {
		t.Errorf("%+v", got)
	}
}

// T32: the words of a mail are shown to its sender, and those of a mail that nothing vouches for to nobody. No answer to a choice has any.
func TestThreat_T32_WordsThatAStrangerMayHaveWritten(t *testing.T) {
	s := newRig(t)
	s.Known(anna)
	id := s.writes("Please send me a copy of my data, says Anna.")
	s.Writes(inbound.Message{From: anna, Subject: "canary", Text: "canary: delete my account", Attachments: 2, Cut: true}, forged)
	p := s.fresh(t, anna)
	w := s.as(p, "GET", "/v1/me", "")
	seen := s.me(t, p).Pending
	if len(seen) != 1 || len(seen[0].Messages) != 2 || strings.Contains(w.Body.String(), "canary") {
		t.Fatalf("%s", w.Body)
	}
	sure, hidden := seen[0].Messages[0], seen[0].Messages[1]
	if !strings.Contains(sure.Text, "says Anna") || sure.Hidden || !hidden.Hidden || hidden.Text != "" || hidden.Attachments != 2 || !hidden.Cut || seen[0].Suggested != privacy.Access {
		t.Errorf("%+v", seen[0])
	}
	if w := s.choose(p, id, `{"right":"access"}`); w.Code != http.StatusOK || strings.Contains(w.Body.String(), "Anna") || strings.Contains(w.Body.String(), "canary") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if code, body := s.bearer("GET", "/v1/requests/"+id, status(id)); code != http.StatusOK || strings.Contains(body, "Anna") || strings.Contains(body, "canary") || !strings.Contains(body, `"hasDetails":true`) {
		t.Errorf("the status: %d %s", code, body)
	}
	if w := s.as(p, "GET", "/v1/me", ""); strings.Contains(w.Body.String(), "Anna") || strings.Contains(w.Body.String(), "canary") {
		t.Errorf("once it is confirmed: %s", w.Body)
	}
}

// H12: a question that answers our mail about a request is added to it while the team works on it. The answer shows that request.
func TestPromise_H12_AReplyIsAddedToItsRequest(t *testing.T) {
	s := newRig(t)
	s.Known(anna)
	mine := s.verifiedAs(request.Filing{Right: privacy.Rectification, Email: anna, Details: "My name is wrong."})
	id := s.answers(mine, "It is Müller.")
	p := s.fresh(t, anna)
	if seen := s.me(t, p).Pending; len(seen) != 1 || seen[0].About != privacy.Rectification {
		t.Fatalf("%+v", seen)
	}
	if got := chosenOf(t, s.choose(p, id, `{"right":"question"}`)); got.ID != mine || got.Right != privacy.Rectification || got.State != request.Open {
		t.Errorf("%+v", got)
	}
	for _, one := range []string{id, mine} {
		if code, body := s.bearer("GET", "/v1/requests/"+one, status(one)); code != http.StatusOK || !strings.Contains(body, `"joined"`) {
			t.Errorf("%d %s", code, body)
		}
	}
	m, _, err := s.Mailboxes.Load(t.Context(), p.mailbox)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range m.Acts { // no other receipt: the mail itself began nothing
		if a.Right == privacy.Question {
			t.Errorf("told %+v", a)
		}
	}
	again := s.answers(mine, "And one more thing.")
	s.closes(t, mine)
	if seen := s.me(t, p).Pending; len(seen) != 1 || seen[0].About != "" {
		t.Errorf("of a request that is answered: %+v", seen)
	}
	if got := chosenOf(t, s.choose(p, again, `{"right":"question"}`)); got.ID != again || got.Right != privacy.Question {
		t.Errorf("%+v", got)
	}
}

// verifiedAs files a request, confirms it and does what follows.
func (s *rig) verifiedAs(f request.Filing) string {
	s.T.Helper()
	id := s.File(f).ID
	s.Prove(id)
	s.Fulfil(id)
	return id
}

// closes has the team decide about a request.
func (s *rig) closes(t *testing.T, id string) {
	t.Helper()
	err := request.CloseTold(t.Context(), s.Requests, id, servicetest.Operator, request.Outcome{Result: request.Done, Reason: "It is done."}, s.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
}

// H12: the holder is told of a question like of any other request, and can say that the mail was not theirs.
func TestPromise_H12_AQuestionIsTold(t *testing.T) {
	s := newRig(t)
	s.Known(anna)
	id, p := s.writes("Where are your servers?"), s.later(t, anna)
	if got := chosenOf(t, s.choose(p, id, `{"right":"question"}`)); got.Right != privacy.Question || got.State != request.Open {
		t.Errorf("%+v", got)
	}
	m, _, err := s.Mailboxes.Load(t.Context(), p.mailbox)
	if err != nil || !slices.ContainsFunc(m.Acts, func(a mailbox.Act) bool {
		return a.Kind == mailbox.Confirmed && a.Right == privacy.Question && !a.DueAt.IsZero()
	}) {
		t.Errorf("%+v, %v", m.Acts, err)
	}
	other := s.writes("I did not write this.")
	if w := s.as(p, "POST", "/v1/pending/"+other+"/discard", ""); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if r := s.Load(other).Request; r.State != request.Withdrawn || !r.Forgotten() {
		t.Errorf("%+v", r)
	}
}

// H11, T14: what a choice is answered is the same whether or not anything is stored of its sender, and whether or not they have used a right before.
func TestPromise_H11_AChoiceTellsNothing(t *testing.T) {
	for right, body := range choices() {
		answers := map[string]bool{}
		for _, known := range []int{0, 1, 2} {
			s := newRig(t)
			if known > 0 {
				s.Known(anna)
			}
			if known > 1 {
				s.verifiedAs(request.Filing{Right: privacy.Access, Email: anna})
			}
			id := s.writes("What I wrote.")
			p := s.fresh(t, anna)
			w := s.choose(p, id, body)
			answers[anID.ReplaceAllString(fmt.Sprint(w.Code, w.Header(), timeless.ReplaceAllString(w.Body.String(), "then")), "id")] = true
		}
		if len(answers) != 1 {
			t.Errorf("%s: %v", right, answers)
		}
	}
}
