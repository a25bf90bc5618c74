package inbound_test

import (
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/inbound"
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

const anna = "anna@example.org"

// forged is what SES finds out about a mail whose sender's domain denies that it sent the mail.
var forged = inbound.Verdicts{Spam: inbound.Pass, Virus: inbound.Pass, SPF: inbound.Fail, DKIM: inbound.Fail, DMARC: inbound.Fail}

func thread(request string) string { return links.Origin(servicetest.Origin).Thread(request) }

func writes(text string) inbound.Message {
	return inbound.Message{From: anna, Subject: "My data", Text: text}
}

// linksTo returns the mails with a link to an address.
func linksTo(s *servicetest.Rig, to string) (all []servicetest.Mail) {
	for _, m := range s.Mails {
		if m.Kind == "link" && m.To == to {
			all = append(all, m)
		}
	}
	return all
}

// chooses says what a mail means, with a fresh proof.
func chooses(t *testing.T, s *servicetest.Rig, id string, f request.Filing) request.Request {
	t.Helper()
	r, err := s.Requester.Choose(t.Context(), id, servicetest.Proof(anna), f)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A mail waits behind the mailbox of its sender, who is mailed one link. What they choose is what is answered; the deadline counts from the arrival of the
// mail.
func TestPromise_H12_AMailIsEnough(t *testing.T) {
	t.Parallel()
	s := servicetest.New(t)
	s.Known(anna)
	arrived := s.Clock.Now().UTC().Truncate(time.Second)
	id := s.Writes(writes("Please send me a copy of my data."), servicetest.Vouched)
	s.Post(anna)
	waiting := s.LastMail().Waiting
	if len(linksTo(s, anna)) != 1 || len(waiting) != 1 || waiting[0].Right != privacy.Question || waiting[0].ID != id {
		t.Fatalf("mailed %+v", s.Mails)
	}
	proof, _ := s.Open(s.LastMail())
	if _, err := s.Requester.Confirm(t.Context(), id, proof); fault.KindOf(err) != fault.Unacceptable {
		t.Errorf("a mail is confirmed although nobody said what it means: %v", err)
	}
	s.Clock.Advance(5 * 24 * time.Hour)
	r, err := s.Requester.Choose(t.Context(), id, proof, request.Filing{Right: privacy.Access})
	if err != nil || r.State != request.Open || r.Right != privacy.Access || !r.ReceivedAt.Equal(arrived) {
		t.Fatalf("%+v, %v", r, err)
	}
	if due, in := request.DueAt(r), arrived.AddDate(0, 0, 31); due.After(in) {
		t.Errorf("due at %s, so not from the arrival", due)
	}
	s.Fulfil(id)
	if file := s.Load(id); file.Request.State != request.Fulfilling {
		t.Errorf("%+v", file.Request)
	}
	if _, err := s.Requester.Choose(t.Context(), id, proof, request.Filing{Right: privacy.Erasure}); !errors.Is(err, request.ErrLink) {
		t.Errorf("a second choice: %v", err)
	}
}

// A question goes to the team, with its own deadline, and so does a mail whose link nobody opened. Its sender can still say what it means, and the team can
// close it without a mail. Neither is lost, and nobody is mailed again.
func TestPromise_L02_QuestionsReachTheTeam(t *testing.T) {
	t.Parallel()
	s := servicetest.New(t)
	asked := s.Writes(writes("Where are your servers?"), servicetest.Vouched)
	s.Post(anna)
	r := chooses(t, s, asked, request.Filing{Right: privacy.Question})
	s.Fulfil(asked)
	days := s.InForce(s.Clock.Now()).QuestionWithin
	if got := s.Load(asked).Request; got.WaitsFor(s.Clock.Now()) != request.ForTeam || got.State != request.Open || request.DueAt(r).After(s.Clock.Now().AddDate(0, 0, days+1)) || days == 0 {
		t.Errorf("%+v, due %s", got, request.DueAt(r))
	}
	s.Clock.Advance(time.Hour)
	unopened := s.Writes(writes("Hello?"), servicetest.Vouched)
	s.Post(anna)
	s.Clock.Advance(8 * 24 * time.Hour)
	s.Fulfil(unopened)
	if got := s.Load(unopened).Request; !got.Unopened() {
		s.Clock.Advance(8 * 24 * time.Hour)
		s.Fulfil(unopened)
	}
	got := s.Load(unopened).Request
	if !got.Unopened() || got.State != request.Verifying || len(got.Messages) != 1 || !slices.Contains(s.ForTeam, unopened) {
		t.Fatalf("%+v", got)
	}
	lines, err := s.Requests.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if digest := request.DigestOf(lines, s.Clock.Now()); digest.Waiting != 2 || len(lines) != 2 {
		t.Errorf("%+v, %+v", digest, lines)
	}
	outcome := request.Outcome{Result: request.Done, Reason: "Answered from our own mailbox."}
	if err := request.CloseBy(t.Context(), s.Requests, unopened, servicetest.Operator, outcome, s.Clock.Now()); !errors.Is(err, request.ErrUnconfirmed) {
		t.Errorf("a mail to whoever may not have written is sent: %v", err)
	}
	if err := request.CloseTold(t.Context(), s.Requests, unopened, servicetest.Operator, outcome, s.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	if got := s.Load(unopened).Request; !got.State.Final() || !got.Forgotten() {
		t.Errorf("%+v", got)
	}
}

// T02: forged mails change nothing, and nobody is mailed because of them. They wait for the team without a word on the page of whoever they pretend to be from.
func TestThreat_T02_AForgedMailStartsNothing(t *testing.T) {
	t.Parallel()
	s := servicetest.New(t)
	s.Known(anna)
	before := s.Scan("SubjectsTable")
	for _, v := range []inbound.Verdicts{
		forged, {}, {Spam: inbound.Pass, Virus: inbound.Pass}, {Spam: inbound.Pass, Virus: inbound.Pass, SPF: inbound.Pass, DMARC: inbound.Fail},
		{Spam: inbound.Pass, Virus: inbound.Pass, DKIM: inbound.Pass, DMARC: "PROCESSING_FAILED"}, {Spam: inbound.Pass, Virus: "PROCESSING_FAILED", SPF: inbound.Pass, DKIM: inbound.Pass, DMARC: inbound.Pass},
	} {
		id := s.Writes(writes("Delete my account at once. "+string(v.SPF+v.DKIM)), v)
		s.Post(anna)
		if got := s.Load(id).Request; got.State == request.Open {
			t.Errorf("%+v: %+v", v, got)
		}
	}
	if after := s.Scan("SubjectsTable"); len(s.Mails) != 0 || len(before) == 0 || !reflect.DeepEqual(after, before) {
		t.Errorf("mailed %+v; %v was stored, and is now %v", s.Mails, before, after)
	}
	lines, _ := s.Requests.Open(t.Context())
	if len(lines) != 1 {
		t.Errorf("%d lines", len(lines))
	}
	for _, v := range []inbound.Verdicts{{Spam: inbound.Fail, Virus: inbound.Pass, DMARC: inbound.Pass}, {Spam: inbound.Pass, Virus: inbound.Fail, DMARC: inbound.Pass}} {
		a := s.Arrives(writes("Buy this."), v)
		if got, err := s.Inbox.Take(t.Context(), a); got != inbound.Harmful || err != nil || slices.Contains(s.Arrived.Keys(), a.Object) {
			t.Errorf("%v, %v", got, err)
		}
	}
}

// T09, T32: whatever a thousand mails of one sender say, their holder gets one link a week, and the team one line.
func TestThreat_T09_AThousandMailsOfOneSender(t *testing.T) {
	t.Parallel()
	s := servicetest.New(t)
	first := ""
	for i := range 1000 {
		id := s.Writes(writes("Mail number "+strconv.Itoa(i)), servicetest.Vouched)
		if first == "" {
			first = id
		}
		if i%100 == 0 {
			s.Post(anna)
			s.Clock.Advance(10 * time.Minute)
		}
	}
	lines, err := s.Requests.Open(t.Context())
	if err != nil || len(lines) != 1 || lines[0].ID != first || len(linksTo(s, anna)) != 1 || len(s.Mails) != 1 {
		t.Fatalf("%d lines, %d mails, %v", len(lines), len(s.Mails), err)
	}
	got := s.Load(first).Request
	if len(got.Messages) != 6 || got.Repeats != 994 {
		t.Errorf("%d are kept, %d counted", len(got.Messages), got.Repeats)
	}
	s.Clock.Advance(8 * 24 * time.Hour)
	s.Writes(writes("A week later"), servicetest.Vouched)
	s.Post(anna)
	if len(linksTo(s, anna)) != 2 {
		t.Errorf("%d links", len(linksTo(s, anna)))
	}
}

// RFC 3834: nobody is answered who is a machine, or whose mail has an empty return path. Nothing is stored of it.
func TestPromise_H12_MachinesGetNoAnswer(t *testing.T) {
	t.Parallel()
	s := servicetest.New(t)
	for _, kind := range []inbound.Machine{inbound.Automatic, inbound.List, inbound.Report, inbound.Own} {
		m := writes("I am out of office.")
		m.Machine = kind
		if got, err := s.Inbox.Take(t.Context(), s.Arrives(m, servicetest.Vouched)); err != nil || string(got) != string(kind) {
			t.Errorf("%s: %s, %v", kind, got, err)
		}
	}
	bounce := s.Arrives(writes("Undeliverable"), servicetest.Vouched)
	bounce.Bounce = true
	if got, err := s.Inbox.Take(t.Context(), bounce); err != nil || got != inbound.Outcome(inbound.Report) {
		t.Errorf("%s, %v", got, err)
	}
	if lines, _ := s.Requests.Open(t.Context()); len(lines)+len(s.Arrived.Keys())+len(s.Mails) != 0 {
		t.Errorf("%+v, %v", lines, s.Arrived.Keys())
	}
}

// A mail that answers one about a request waits behind the mailbox too, and is added to that request once its sender says so and the team works on it. It
// can be added to no request of somebody else.
func TestPromise_H12_AReplyJoinsItsRequest(t *testing.T) {
	t.Parallel()
	s := servicetest.New(t)
	other := s.File(request.Filing{Right: privacy.Rectification, Email: "berta@example.org", Details: "My name is wrong."})
	s.Prove(other.ID)
	mine := s.File(request.Filing{Right: privacy.Rectification, Email: anna, Details: "My name is wrong."})
	s.Prove(mine.ID)
	s.Fulfil(mine.ID)
	s.Fulfil(other.ID)
	foreign := writes("About Berta's request.")
	foreign.Answers = []string{"x@example.org", thread(other.ID)}
	id := s.Writes(foreign, servicetest.Vouched)
	if got := s.Load(id).Request; got.About != "" {
		t.Errorf("a mail is about somebody else's request: %+v", got)
	}
	if err := s.Requester.Discard(t.Context(), id, servicetest.Proof(anna)); err != nil {
		t.Fatal(err)
	}
	reply := writes("It is Müller, not Miller.")
	reply.Answers = []string{thread(mine.ID), "0102@eu-west-2.amazonses.com"}
	id = s.Writes(reply, servicetest.Vouched)
	if got := s.Load(mine.ID).Request; s.Load(id).Request.About != mine.ID || len(got.Messages) != 0 {
		t.Errorf("it has joined before it was confirmed: %+v", got)
	}
	if got := chooses(t, s, id, request.Filing{Right: privacy.Question}); got.ID != mine.ID {
		t.Errorf("%+v", got)
	}
	file := s.Load(mine.ID)
	if len(file.Request.Messages) != 1 || !strings.Contains(file.Request.Messages[0].Text, "Müller") || !slices.Contains(servicetest.Kinds(file), request.EventJoined) || file.Request.Details == "" {
		t.Errorf("%+v", file)
	}
	if got := s.Load(id).Request; got.State != request.Fulfilled || !got.Forgotten() {
		t.Errorf("%+v", got)
	}
	if lines, _ := s.Requests.Open(t.Context()); len(lines) != 2 {
		t.Errorf("%+v", lines)
	}
}

// What has been answered takes no message any more: a reply to it is a question of its own, which the team reads.
func TestPromise_L02_AReplyToWhatIsAnsweredIsAQuestion(t *testing.T) {
	t.Parallel()
	s := servicetest.New(t)
	s.Known(anna)
	closed := s.File(request.Filing{Right: privacy.Access, Email: anna})
	s.Prove(closed.ID)
	s.Fulfil(closed.ID)
	reply := writes("Where is the rest?")
	reply.Answers = []string{thread(closed.ID)}
	id := s.Writes(reply, servicetest.Vouched)
	if got := chooses(t, s, id, request.Filing{Right: privacy.Question}); got.ID != id || got.State != request.Open {
		t.Errorf("%+v", got)
	}
}

// What nobody has to prove is in force as soon as its sender has chosen it, also by a link that was opened before; everything else needs the first opening.
func TestThreat_T31_AnOldLinkOnlyStops(t *testing.T) {
	t.Parallel()
	s := servicetest.New(t)
	p := s.InForce(s.Clock.Now())
	marketing := p.Purposes[slices.IndexFunc(p.Purposes, func(x policy.Purpose) bool { return x.DirectMarketing })].ID
	stale := servicetest.Proof(anna)
	stale.Fresh = false
	for right := range request.Rights {
		f := request.Filing{Right: right}
		if right == privacy.Objection {
			f.Purposes = []privacy.Purpose{marketing}
		}
		if right == privacy.Know {
			f.Scope = privacy.ByCategory
		}
		if right == privacy.Restriction {
			f.Ground = privacy.Claims
		}
		open := slices.Contains([]privacy.Right{privacy.Question, privacy.OptOut, privacy.Complaint, privacy.AutomatedDecisions, privacy.Objection}, right)
		id := s.Writes(writes("Mail about "+string(right)), servicetest.Vouched)
		r, err := s.Requester.Choose(t.Context(), id, stale, f)
		if open != (err == nil) || err != nil && fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s with an old link: %v", right, err)
		}
		if err != nil {
			if r, err = s.Requester.Choose(t.Context(), id, servicetest.Proof(anna), f); err != nil {
				t.Fatalf("%s with a fresh link: %v", right, err)
			}
		}
		if !r.Confirmed() {
			t.Errorf("%s: %+v", right, r)
		}
	}
}

// Bad choices are refused by name, and change nothing.
func TestThreat_T06_AChoiceIsChecked(t *testing.T) {
	t.Parallel()
	s := servicetest.New(t)
	id := s.Writes(inbound.Message{From: anna}, servicetest.Vouched)
	for pointer, f := range map[string]request.Filing{
		"/email":      {Right: privacy.Access, Email: "mallory@example.org"},
		"/visitor":    {Right: privacy.OptOut, Visitor: "8a6e0804-2bd0-4672-b79d-d97027f9071a"},
		"/onBehalfOf": {Right: privacy.Access, OnBehalfOf: &request.Agent{Name: "M", Email: "m@example.org", Relation: "other"}},
		"/right":      {Right: "everything"},
		"/ground":     {Right: privacy.Restriction},
		"/scope":      {Right: privacy.Know},
		"/details":    {Right: privacy.Rectification}, // the mail says nothing
	} {
		_, err := s.Requester.Choose(t.Context(), id, servicetest.Proof(anna), f)
		refused, _ := errors.AsType[*fault.Error](err)
		if refused == nil || len(refused.Fields) != 1 || refused.Fields[0].Pointer != pointer {
			t.Errorf("%s: %v", pointer, err)
		}
	}
	for name, proof := range map[string]subject.Proof{"of somebody else": servicetest.Proof("mallory@example.org"), "of nobody": {Fresh: true}} {
		if _, err := s.Requester.Choose(t.Context(), id, proof, request.Filing{Right: privacy.Access}); !errors.Is(err, request.ErrLink) {
			t.Errorf("a proof %s: %v", name, err)
		}
	}
	if got := s.Load(id).Request; got.State != request.Verifying || got.Right != privacy.Question {
		t.Errorf("%+v", got)
	}
}
