package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/local/runtime"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/infra/local/starttest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// bootstrap is the function's own binary, built once for all tests.
var bootstrap string

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // tests provoke failures, and each would be logged
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "feedback-")
		if err == nil {
			defer func() { _ = os.RemoveAll(dir) }()
			bootstrap, err = starttest.Build(dir, ".")
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

// rig is the function's own binary on a Runtime API, on the tables of the test service.
type rig struct {
	*servicetest.Rig
	function *runtime.Function
	said     output // read it with log
}

// output is what the processes of a function write.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write implements [io.Writer].
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

// log ends the function and returns what it logged and counted. An answer of the function can overtake its log, and only its end brings all of it.
func (s *rig) log() string {
	s.function.Close()
	return s.said.text.String()
}

func newRig(t *testing.T) *rig {
	s := &rig{Rig: servicetest.New(t)}
	s.Clock.Set(time.Now().UTC().Truncate(time.Second)) // the binary's clock is the machine's
	endpoint := aws.ToString(s.Tables.Client.Options().BaseEndpoint)
	s.function = runtime.New(runtime.Spec{
		Name: "feedback", Bootstrap: bootstrap, Timeout: time.Minute, MemoryMB: 512, Concurrency: 2, Log: func() io.Writer { return &s.said },
		Environment: []string{
			"AWS_REGION=" + engine.Region, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_ENDPOINT_URL_DYNAMODB=" + endpoint,
			"REQUESTS_TABLE=" + s.Tables.Name("RequestsTable"), "CONSENTS_TABLE=" + s.Tables.Name("ConsentsTable"), "SUBJECTS_TABLE=" + s.Tables.Name("SubjectsTable"),
			"LEDGER_TABLE=" + s.Tables.Name("LedgerTable"), "NOTICES_TABLE=" + s.Tables.Name("NoticesTable"), "ALIAS_KEY=" + string(servicetest.Aliases), "STACK=test",
		},
	})
	t.Cleanup(s.function.Close)
	return s
}

// body is an event as SES publishes it.
func body(kind string, about feedback.Mail, messageID, to, details string) string {
	now := time.Now().UTC().Format(time.RFC3339Nano)
	return fmt.Sprintf(`{"eventType":%q,"mail":{"timestamp":%q,"messageId":%q,"destination":[%q],"tags":{"ses:configuration-set":["mails"],"kind":[%q],"about":[%q],"part":[%q]}}%s}`,
		kind, now, messageID, to, about.Kind, about.About, about.Part, strings.ReplaceAll(details, "NOW", now))
}

// bounce is the report that a mail of the rig came back.
func bounce(m servicetest.Mail, kind, why string) string {
	return body("Bounce", about(m), "m-"+m.About+m.Part, m.To, fmt.Sprintf(`,"bounce":{"bounceType":%q,"bounceSubType":%q,"bouncedRecipients":[{"emailAddress":%q}],"timestamp":"NOW"}`, kind, why, m.To))
}

func complaint(m servicetest.Mail) string {
	return body("Complaint", about(m), "m-"+m.About+m.Part, m.To, fmt.Sprintf(`,"complaint":{"complainedRecipients":[{"emailAddress":%q}],"complaintFeedbackType":"abuse","timestamp":"NOW"}`, m.To))
}

// about returns the tags of a mail of the rig.
func about(m servicetest.Mail) feedback.Mail {
	if kind := feedback.Kind(m.Kind); kind == feedback.Link || kind == feedback.Receipt {
		return feedback.Mail{Kind: kind, About: m.About, Part: m.Part}
	}
	id, _, _ := strings.Cut(m.About, ".")
	return feedback.Mail{Kind: feedback.Request, About: id, Part: m.Part}
}

// deliver gives a batch to the function and returns the positions of the messages that failed.
func (s *rig) deliver(bodies ...string) (failed []int) {
	s.T.Helper()
	var event events.SQSEvent
	for i, body := range bodies {
		event.Records = append(event.Records, events.SQSMessage{MessageId: fmt.Sprint(i), Body: body})
	}
	payload, err := json.Marshal(event)
	if err != nil {
		s.T.Fatal(err)
	}
	answer, err := s.function.Invoke(s.T.Context(), payload)
	if err != nil {
		s.T.Fatalf("%v: %s", err, s.log())
	}
	var response events.SQSEventResponse
	if err := json.Unmarshal(answer, &response); err != nil {
		s.T.Fatal(err)
	}
	for _, f := range response.BatchItemFailures {
		var i int
		_, _ = fmt.Sscan(f.ItemIdentifier, &i)
		failed = append(failed, i)
	}
	return failed
}

// answered returns a request that was answered by a mail that nothing is stored, or by an export if the address is on record.
func (s *rig) answered(email string) request.Request {
	s.T.Helper()
	r := s.File(request.Filing{Right: privacy.Access, Email: email})
	s.Prove(r.ID)
	s.Fulfil(r.ID)
	if s.Load(r.ID).Request.State == request.Fulfilling {
		if mailed, err := s.Delivery.Run(s.T.Context(), r.ID, 1); err != nil || !mailed {
			s.T.Fatal(mailed, err)
		}
	}
	if state := s.Load(r.ID).Request.State; state != request.Fulfilled {
		s.T.Fatal(state)
	}
	return r
}

// asked asks for the consent to marketing mail by address and mails the link to its button.
func (s *rig) asked(email string) servicetest.Mail {
	s.T.Helper()
	id, err := s.ByAddress.Ask(s.T.Context(), "client", consent.Act{Who: consent.Who{Email: email}, Operation: "key", PolicyVersion: policy.VersionInForce(s.Clock.Now()), Language: "en", Surface: "form",
		Decisions: map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Granted}})
	if err != nil {
		s.T.Fatal(err)
	}
	if err := s.Admission.Run(s.T.Context(), id); err != nil {
		s.T.Fatal(err)
	}
	s.Post(email)
	return s.LastMail()
}

// presses presses the button of the consent that waited behind the link of a mail, as if its mailbox had just been opened by another link.
func (s *rig) presses(m servicetest.Mail) error {
	s.T.Helper()
	proof, box := servicetest.Proof(m.To), s.box(m.To)
	for _, w := range m.Waiting {
		if w.Right == "" {
			_, err := s.ByAddress.Confirm(s.T.Context(), w.ID, box, proof, false)
			return err
		}
	}
	s.T.Fatal("no consent waits")
	return nil
}

// pressed does the same, and fails the test if the consent is not recorded.
func (s *rig) pressed(m servicetest.Mail) {
	s.T.Helper()
	if err := s.presses(m); err != nil {
		s.T.Fatal(err)
	}
}

// marketing returns the newest consent record of an address that is on record, and whether marketing mail is granted.
func (s *rig) marketing(email string) (consent.Record, consent.State) {
	s.T.Helper()
	record, err := s.ByAddress.Recorder.Current(s.T.Context(), consent.Address(s.Known(email)))
	if err != nil {
		s.T.Fatal(err)
	}
	return record, record.Effective(privacy.MarketingEmail, time.Now()).State
}
