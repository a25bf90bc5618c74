package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/infra/local/ses"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo/queue"
	"github.com/helpdeskexpert/privacy/shared/letters"
	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // tests make steps fail on purpose, and each would be logged
	os.Exit(m.Run())
}

// linkLife is how long links live under the published policy.
const linkLife = 7 * 24 * time.Hour

// rig is the handler on the test service, with a real mailbox.
type rig struct {
	*servicetest.Rig
	steps  map[work.Kind]work.Do
	handle func(context.Context, queue.Event) (queue.Answer, error)
	mails  letters.Post
	box    *ses.Mailbox
	ses    *ses.Account // its state can make it refuse all mails
	refuse string       // mails to an address that contains this text are refused
	broken *cut         // breaks a call to SES, if it is set
	counts bytes.Buffer // the metrics that were written
}

func newRig(t *testing.T) *rig {
	s := &rig{Rig: servicetest.New(t)}
	var err error
	if s.box, err = ses.OpenMailbox(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	s.ses = ses.Handler(s.box, "privacy@example.com", s.Clock.Now)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if s.refuse != "" && strings.Contains(string(body), s.refuse) {
			w.Header().Set("X-Amzn-Errortype", "BadRequestException")
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if s.broken != nil && s.broken.breaks(true) {
			if s.broken.sent {
				s.ses.ServeHTTP(httptest.NewRecorder(), r)
			}
			s.broken.die()
			panic(http.ErrAbortHandler) // the connection ends without an answer
		}
		s.ses.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { server.Close(); _ = s.box.Close() })
	for name, value := range map[string]string{
		"AWS_REGION": engine.Region, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_ENDPOINT_URL_SESV2": server.URL,
	} {
		t.Setenv(name, value)
	}
	s.mails = letters.Post{
		Sender: mail.Open("privacy@example.com", "mails", metric.Meter{Out: &s.counts, Stack: "test", Now: s.Clock.Now}),
		Origin: servicetest.Origin, Policy: policy.InForce, Now: s.Clock.Now,
	}
	s.posts(s.mails)
	s.Opening.Addresses = s.Addresses
	s.Admission.Clients = limit.Clients{Counter: s.Limits, PerMinute: 60}
	meter := metric.Meter{Out: &s.counts, Stack: "test", Now: s.Clock.Now}
	s.Opening.ForTeam, s.Cutter.ForTeam = meter.Alarm(metric.RequestsForTeam, "a request waits for the team"), meter.Alarm(metric.RequestsForTeam, "a request waits for the team")
	s.Changes.Tell, s.Changes.Contested = told(s.Posting, s.Links), contested(meter)
	s.steps = map[work.Kind]work.Do{
		work.Request:      work.Step(s.Fulfilment.Run),
		work.Confirmation: work.Step(s.Admission.Run),
		work.Link:         work.Step(s.Posting.Take),
		work.Mailbox:      work.Step(s.Posting.Run),
		work.Identity:     work.Step(s.Changes.Run),
		work.Consent:      consented(s.Consents, s.Intake),
		work.Walk:         ofSubject(s.Intake.Walk),
	}
	s.handle = queue.Handler(newRunner(s.Queue, s.steps, s.Clock.Now))
	return s
}

// edit lets change modify each call before it reaches the engine.
func (s *rig) edit(change func(operation string, body map[string]any)) {
	s.Wire.Through = func(c *enginetest.Call) (*http.Response, error) {
		var body map[string]any
		if err := json.Unmarshal(c.Body, &body); err != nil {
			return nil, err
		}
		change(c.Operation, body)
		c.Body, _ = json.Marshal(body)
		return c.Send()
	}
}

// posts makes mails leave as letters.
func (s *rig) posts(mails letters.Post) {
	s.mails, s.Opening.Mailer, s.Posting.Mailer, s.Limiting.Mailer, s.Team.Mailer = mails, mails, mails, mails, mails
}

// schedule fires the schedule once.
func (s *rig) schedule() error {
	_, err := s.handle(s.T.Context(), queue.Event{})
	return err
}

// fulfils fires the schedule, which must not fail, until nothing that this function does is due: a step may make another one due, which the
// table's stream would start at once.
func (s *rig) fulfils() {
	s.T.Helper()
	var due []work.Task
	for range 10 {
		var err error
		if due, err = s.Queue.Due(s.T.Context(), s.Clock.Now()); err != nil {
			s.T.Fatal(err)
		}
		if !slices.ContainsFunc(due, func(t work.Task) bool { return s.steps[t.Kind] != nil }) {
			return
		}
		if err := s.schedule(); err != nil {
			s.T.Fatal(err)
		}
	}
	s.T.Fatalf("this work is never done: %+v", due)
}

// wake delivers the stream's record of one task, which must not fail.
func (s *rig) wake(kind work.Kind, ref string) {
	s.T.Helper()
	if err := s.wakes(s.T.Context(), kind, ref); err != nil {
		s.T.Error(err)
	}
}

func (s *rig) wakes(ctx context.Context, kind work.Kind, ref string) error {
	pk, sk := queue.Key(work.Task{Kind: kind, Ref: ref})
	var one events.DynamoDBEventRecord
	one.Change.Keys = map[string]events.DynamoDBAttributeValue{"PK": events.NewStringAttribute(pk), "SK": events.NewStringAttribute(sk)}
	answer, err := s.handle(ctx, queue.Event{Records: []events.DynamoDBEventRecord{one}})
	if err == nil && len(answer.BatchItemFailures) > 0 {
		err = fmt.Errorf("the record of %s %s failed", kind, ref)
	}
	return err
}

// mailboxOf returns the id of the mailbox of an address.
func (s *rig) mailboxOf(email string) string { return servicetest.Aliases.Mailbox(s.Parse(email)) }

// file files a request and returns its id.
func (s *rig) file(email string) string {
	s.T.Helper()
	return s.File(request.Filing{Right: privacy.Access, Email: email}).ID
}

// ask states a decision about marketing mail by address, as the given client, and returns the id of its confirmation.
func (s *rig) ask(email, client, key string, state consent.State) string {
	s.T.Helper()
	id, err := s.ByAddress.Ask(s.T.Context(), client, consent.Act{Who: consent.Who{Email: email}, Operation: key, PolicyVersion: policy.VersionInForce(time.Now()), Language: "en", Surface: "form",
		Decisions: map[privacy.Purpose]consent.State{privacy.MarketingEmail: state}})
	if err != nil {
		s.T.Fatal(err)
	}
	return id
}

// link matches the link in a mail: the id of the mailbox, and the token.
var link = regexp.MustCompile(`/me#([\w-]{43})\.([\w-]+)`)

// open opens the newest link that was mailed to a mailbox.
func (s *rig) open(email string) (subject.Proof, mailbox.Mailbox) {
	s.T.Helper()
	for _, m := range slices.Backward(s.box.All()) {
		if found := link.FindStringSubmatch(m.Text); found != nil && found[1] == s.mailboxOf(email) {
			session, _, box, err := s.Links.Open(s.T.Context(), found[1], subject.Token(found[2]))
			if err != nil {
				s.T.Fatal(err)
			}
			return session.Proof(), box
		}
	}
	s.T.Fatal("no link was mailed")
	return subject.Proof{}, mailbox.Mailbox{}
}

// verify opens the newest link of every mailbox that was mailed one, and presses the button of every request behind it.
func (s *rig) verify() {
	s.T.Helper()
	opened := map[string]bool{}
	for _, m := range slices.Backward(s.box.All()) {
		found := link.FindStringSubmatch(m.Text)
		if found == nil || opened[found[1]] {
			continue
		}
		opened[found[1]] = true
		session, _, _, err := s.Links.Open(s.T.Context(), found[1], subject.Token(found[2]))
		if err != nil || !session.Proof().Fresh {
			continue // it was opened before
		}
		waiting, err := s.Behind.Waiting(s.T.Context(), found[1])
		if err != nil {
			s.T.Fatal(err)
		}
		for _, w := range waiting {
			if w.Right != "" {
				s.confirm(w.ID, session.Proof())
			}
		}
	}
}

// confirm presses the button of a request, and has a receipt mailed about it.
func (s *rig) confirm(id string, proof subject.Proof) {
	s.T.Helper()
	r, err := s.Requester.Confirm(s.T.Context(), id, proof)
	if err == nil {
		err = s.Links.Tell(s.T.Context(), proof.Mailbox, "", confirmed(r))
	}
	if err != nil {
		s.T.Fatal(err)
	}
}

// confirmed is the act of confirming a request.
func confirmed(r request.Request) mailbox.Act {
	return mailbox.Act{Kind: mailbox.Confirmed, Request: r.ID, Right: r.Right, DueAt: request.DueAt(r), TimeZone: r.Terms.TimeZone}
}

// agrees opens the newest link of a mailbox, presses the button of a consent, and returns the error.
func (s *rig) agrees(email, id string) error {
	s.T.Helper()
	proof, box := s.open(email)
	_, err := s.ByAddress.Confirm(s.T.Context(), id, box, proof, false)
	return err
}

// waiting returns what waits behind the links of a mailbox.
func (s *rig) waiting(email string) []mailbox.Waiting {
	s.T.Helper()
	waiting, err := s.Behind.Waiting(s.T.Context(), s.mailboxOf(email))
	if err != nil {
		s.T.Fatal(err)
	}
	return waiting
}

// about returns the mails of one kind to exactly this spelling: links, receipts, or the others.
func (s *rig) about(email, kind string) (found []ses.Mail) {
	for _, m := range s.box.All() {
		part, _, _ := strings.Cut(m.Tags["part"], "-")
		if slices.Contains(m.To, email) && part == kind {
			found = append(found, m)
		}
	}
	return found
}

// links returns the number of links that were mailed to exactly this spelling.
func (s *rig) links(email string) int { return len(s.about(email, "link")) }

// to returns the number of mails to exactly this spelling.
func (s *rig) to(email string) (n int) {
	for _, m := range s.box.All() {
		if slices.Contains(m.To, email) {
			n++
		}
	}
	return n
}
