package main

import (
	"bytes"
	"context"
	"encoding/json"
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

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/infra/local/ses"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo/queue"
	"github.com/helpdeskexpert/privacy/shared/letters"
	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/mail"
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
	handle func(context.Context, queue.Event) (queue.Answer, error)
	box    *ses.Mailbox
	ses    *ses.Account // its state can make it refuse all mails
	refuse string       // mails to an address that contains this text are refused
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
		s.ses.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { server.Close(); _ = s.box.Close() })
	for name, value := range map[string]string{
		"AWS_REGION": engine.Region, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_ENDPOINT_URL_SESV2": server.URL,
	} {
		t.Setenv(name, value)
	}
	mails := letters.Post{
		Sender: mail.Open("privacy@example.com", "mails", metric.Meter{Out: &s.counts, Stack: "test", Now: s.Clock.Now}),
		Origin: servicetest.Origin, Policy: policy.InForce, Now: s.Clock.Now,
	}
	f, c := s.Fulfilment, s.Mailing
	s.Opening.Addresses, s.Opening.Mailer = s.Addresses, mails
	f.Addresses, f.Limiter, f.Mailer = s.Addresses, s.Limits, mails
	c.Limiter, c.Clients, c.Mailer = s.Limits, limit.Clients{Counter: s.Limits.Store, PerMinute: 60}, mails
	s.handle = queue.Handler(newRunner(s.Queue, map[work.Kind]work.Do{
		work.Request:      work.Step(f.Run),
		work.Confirmation: work.Step(c.Run),
		work.Consent:      consented(s.Consents, s.Intake),
		work.Walk:         ofSubject(s.Intake.Walk),
	}, s.Clock.Now))
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

// schedule fires the schedule.
func (s *rig) schedule() error {
	_, err := s.handle(s.T.Context(), queue.Event{})
	return err
}

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

var secret = regexp.MustCompile(`/verify/([0-9a-f-]+)#(\S+)`)

// verify presses the button of every mailed challenge, once.
func (s *rig) verify() {
	s.T.Helper()
	for _, m := range s.box.All() {
		if found := secret.FindStringSubmatch(m.Text); found != nil {
			_, _ = s.Requester.Verify(s.T.Context(), found[1], subject.Token(found[2]))
		}
	}
}

// to returns the number of mails to exactly this spelling.
func (s *rig) to(email string) (n int) {
	for _, m := range s.box.All() {
		if slices.Contains(m.To, email) {
			n++
		}
	}
	return n
}
