package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// F24: SES's events about a link and two answers, each twice and in every wrong order. The answers do not count as given, their requests
// wait for the team, which is told once each, and everything stands once in the history.
func TestFault_F24_EventsTwiceAndOutOfOrder(t *testing.T) {
	s := newRig(t)
	s.Known("anna@example.org")
	withExport, nothing := s.answered("anna@example.org"), s.answered("berta@example.org")
	pending := s.File(request.Filing{Right: "access", Email: "clara@example.org"})
	s.Fulfil(pending.ID)
	s.Post("clara@example.org")
	byPart := map[string]servicetest.Mail{}
	for _, m := range s.Mails {
		byPart[m.Kind+" "+m.To] = m
	}
	exported, answered, link := byPart["export anna@example.org"], byPart["nothing berta@example.org"], byPart["link clara@example.org"]
	delivered := func(m servicetest.Mail) string {
		return body("Delivery", about(m), "m-"+m.About+m.Part, m.To, `,"delivery":{"timestamp":"NOW"}`)
	}
	batch := []string{
		bounce(exported, "Permanent", "NoEmail"), delivered(exported), bounce(link, "Transient", "MailboxFull"), bounce(answered, "Transient", "General"),
		body("Send", about(exported), "m", exported.To, ""), bounce(answered, "Transient", "General"), bounce(exported, "Permanent", "NoEmail"), delivered(answered),
	}
	for range 3 {
		if failed := s.deliver(batch...); failed != nil {
			t.Fatalf("%v failed: %s", failed, s.log())
		}
		slices.Reverse(batch)
	}
	for id, want := range map[string]struct {
		state request.State
		last  request.EventKind
		why   string
		waits bool
	}{
		withExport.ID: {request.Fulfilling, request.EventAnswerReturned, "no_email", true},
		nothing.ID:    {request.Open, request.EventAnswerReturned, "general", true},
		pending.ID:    {request.Verifying, request.EventLinkReturned, "mailbox_full", false},
	} {
		file := s.Load(id)
		last := file.Events[len(file.Events)-1]
		lines := slices.DeleteFunc(servicetest.Kinds(file), func(k request.EventKind) bool { return k != want.last })
		if file.Request.State != want.state || last.Kind != want.last || last.Reason != want.why || len(lines) != 1 || export.HasReturned(file) != want.waits {
			t.Errorf("%s, %+v, %v", file.Request.State, last, servicetest.Kinds(file))
		}
	}
	said := s.log()
	if told := strings.Count(said, `"AnswersReturned":1`); told != 2 || strings.Contains(said, "@") {
		t.Errorf("the team was told %d times: %s", told, said)
	}
}

// F07: a complaint about an answer withdraws the consent to marketing mail, with the step that carries it into the other data, and ends the
// consents that wait. Consents whose link bounced for good end too.
func TestFault_F07_AComplaint(t *testing.T) {
	s := newRig(t)
	confirmed := s.asked("anna@example.org")
	s.pressed(confirmed)
	if _, state := s.marketing("anna@example.org"); state != consent.Granted {
		t.Fatal(state)
	}
	s.answered("anna@example.org")
	answer, waiting := s.LastMail(), s.asked("berta@example.org")
	gone := s.asked("clara@example.org")
	batch := []string{complaint(answer), complaint(waiting), bounce(gone, "Permanent", "General"), complaint(answer)}
	for range 2 {
		if failed := s.deliver(batch...); failed != nil {
			t.Fatalf("%v failed: %s", failed, s.log())
		}
	}
	for email, versions := range map[string]int{"anna@example.org": 2, "berta@example.org": 1} {
		if record, state := s.marketing(email); state != consent.Denied || record.Version != versions || record.Surface != "complaint" {
			t.Errorf("%s: %s, %+v", email, state, record)
		}
	}
	if _, state := s.marketing("clara@example.org"); state != consent.Undecided {
		t.Errorf("a bounce has made it %s", state)
	}
	for _, m := range []servicetest.Mail{waiting, gone} {
		if err := s.presses(m); fault.KindOf(err) != fault.NotFound {
			t.Errorf("the button of %s still works: %v", m.To, err)
		}
	}
	steps := 0
	for _, item := range s.Scan("RequestsTable") {
		if sk, _ := json.Marshal(item["SK"]); strings.Contains(string(sk), "STEP#consent") {
			steps++
		}
	}
	if said := s.log(); steps != 2 || strings.Contains(said, "@") {
		t.Errorf("%d steps; said %s", steps, said)
	}
}

// F19: one message of ten is poison. The nine others are dealt with, and it fails alone, every time.
func TestFault_F19_OnePoisonMessageInTen(t *testing.T) {
	s := newRig(t)
	r := s.answered("berta@example.org")
	good := bounce(s.LastMail(), "Permanent", "NoEmail")
	batch := append(slices.Repeat([]string{good}, 9), `{"eventType":"Bounce","mail":{"destination":["canary@example.org"],"tags":{"kind":["request"],"about":["x"],"part":["y"]}}}`)
	for range 2 {
		if failed := s.deliver(batch...); !slices.Equal(failed, []int{9}) {
			t.Errorf("%v failed", failed)
		}
	}
	if file := s.Load(r.ID); file.Request.State != request.Open {
		t.Error(file.Request.State)
	}
	if failed := s.deliver("Successfully validated SNS topic for Amazon SES event publishing.", body("Bounce", feedback.Mail{Kind: "other", About: "a", Part: "b"}, "m", "canary@example.org", "")); failed != nil {
		t.Errorf("%v of what is ignored failed", failed)
	}
	if said := s.log(); !strings.Contains(said, `"ignored":2`) || strings.Contains(said, "canary") {
		t.Errorf("what is ignored is not counted, or an address is logged: %s", said)
	}
}

// The sample event passes through the function.
func TestTheSampleEvent(t *testing.T) {
	s := newRig(t)
	text, err := os.ReadFile("../../events/feedback-mail-events.json")
	if err != nil {
		t.Fatal(err)
	}
	if answer, err := s.function.Invoke(t.Context(), text); err != nil || string(answer) != `{"batchItemFailures":null}` {
		t.Errorf("%s, %v", answer, err)
	}
}

// F19, F05: a report that fails, and those for which no time is left, come again; the others are done with.
func TestFault_F05_WhatComesAgain(t *testing.T) {
	taken := 0
	h := handler{now: time.Now, first: map[feedback.Outcome]take{feedback.Complained: func(context.Context, feedback.Event) error { return errors.New("down") }},
		take: map[feedback.Kind]take{feedback.Link: func(context.Context, feedback.Event) error { taken++; return nil }}}
	m := servicetest.Mail{Kind: "link", About: "id", Part: "link-1", To: "anna@example.org"}
	batch := events.SQSEvent{Records: []events.SQSMessage{{MessageId: "a", Body: bounce(m, "Transient", "General")}, {MessageId: "b", Body: complaint(m)}}}
	answer, err := h.handle(t.Context(), batch)
	if err != nil || taken != 1 || len(answer.BatchItemFailures) != 1 || answer.BatchItemFailures[0].ItemIdentifier != "b" {
		t.Errorf("%v, %+v, %d taken", err, answer, taken)
	}
	short, cancel := context.WithTimeout(t.Context(), spare-time.Second)
	defer cancel()
	if answer, err = h.handle(short, batch); err != nil || taken != 1 || len(answer.BatchItemFailures) != 2 {
		t.Errorf("%v, %+v, %d taken", err, answer, taken)
	}
}
