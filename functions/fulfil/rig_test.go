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

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/ses"
	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/consent/confirming"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/confirmations"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/dynamo/records"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // tests make steps fail on purpose, and each says so
	os.Exit(m.Run())
}

const origin = "https://privacy.example.com"

// linkLife is the figure of the published policy.
const linkLife = 7 * 24 * time.Hour

// service is the handler with a real table and a real mailbox, the desk that files requests, and a clock that tests move.
type service struct {
	handler
	t      *testing.T
	tables *enginetest.Tables
	clock  *testclock.Clock
	box    *ses.Mailbox
	desk   *request.Desk
	asks   *consent.ByMail
	writer *records.Writer
	known  addresses
	wire   http.RoundTripper // to the engine
	ses    *ses.Account      // in whose state all mails are refused or none
	refuse string            // mails to an address that holds it are refused
	counts bytes.Buffer      // the metrics that were written

	edit  func(operation string, body map[string]any) // changes calls on their way to the engine
	serve func(operation string, body map[string]any) (answer map[string]any)
}

func newService(t *testing.T) *service {
	s := &service{t: t, wire: http.DefaultTransport, tables: enginetest.DynamoDB(t)}
	s.clock = s.tables.Clock(time.Now().UTC().Truncate(24 * time.Hour).Add(12 * time.Hour))
	var err error
	if s.box, err = ses.OpenMailbox(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	s.ses = ses.Handler(s.box, "privacy@example.com", s.clock.Now)
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
	options := s.tables.Client.Options()
	options.HTTPClient = s
	options.Retryer = retry.NewStandard(func(o *retry.StandardOptions) { // a lost answer is asked for again at once
		o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
	})
	client, tokens := dynamodb.New(options), subject.Key("token key")
	register := &requests.Store{Client: client, Table: s.tables.Name("RequestsTable"), Policy: policy.Current(), Terms: policy.TermsOf, Now: s.clock.Now}
	s.known = addresses{subjects.New(client, s.tables.Name("SubjectsTable"), s.clock.Now), subject.Key("alias key")}
	meter := metric.Meter{Out: &s.counts, Stack: "test", Now: s.clock.Now}
	mails, limit := mailer{mail.Open("privacy@example.com", "mails", meter), origin, policy.Current()}, limiter{register, tokens, 60}
	under := mailboxes{register, s.known.key}
	s.desk = &request.Desk{Register: register, Tokens: tokens, Policy: policy.Current(), Now: s.clock.Now}
	waiting := &confirmations.Store{Client: client, Table: register.Table, Now: s.clock.Now}
	log := &consents.ByMail{Store: consents.Store{Client: client, Table: s.tables.Name("ConsentsTable")}, Requests: register.Table, Steps: policy.Current().SpanOf(policy.WorkStep)}
	s.asks = &consent.ByMail{Recorder: &consent.Recorder{Log: log, Periods: policy.CurrentConsentPeriods(), Now: s.clock.Now}, Confirmations: waiting, Tokens: tokens}
	s.writer = records.NewWriter(client, records.Tables{Records: s.tables.Name("RecordsTable"), Subjects: s.tables.Name("SubjectsTable"),
		Requests: register.Table}, policy.Current(), s.clock.Now)
	s.handler = handler{
		due: register, now: s.clock.Now, carrier: carry{log, s.writer}, walker: s.writer,
		fulfilment: &request.Fulfilment{Register: register, Addresses: s.known, Mailboxes: under, Limiter: limit, Mailer: mails, Tokens: tokens, Policy: policy.Current(), Now: s.clock.Now},
		confirming: &confirming.Desk{Confirmations: waiting, Subjects: s.known, Mailboxes: under, Limiter: limit, Mailer: mails, Tokens: tokens, Periods: policy.CurrentConsentPeriods(), Now: s.clock.Now},
	}
	return s
}

// Do lets a test change a call, or answer it in the engine's place.
func (s *service) Do(r *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if s.edit != nil || s.serve != nil {
		var body map[string]any
		_ = json.Unmarshal(raw, &body)
		if s.serve != nil {
			if answer := s.serve(operation, body); answer != nil {
				text, _ := json.Marshal(answer)
				return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(text)),
					Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}}}, nil
			}
		}
		if s.edit != nil {
			s.edit(operation, body)
		}
		raw, _ = json.Marshal(body)
	}
	out := r.Clone(r.Context())
	out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
	return s.wire.RoundTrip(out)
}

// schedule fires the schedule.
func (s *service) schedule() error {
	_, err := s.handle(s.t.Context(), requests.Event{})
	return err
}

// file files a request and returns its id.
func (s *service) file(email string) string {
	s.t.Helper()
	r, err := s.desk.File(s.t.Context(), request.Filing{Right: privacy.Access, Email: email})
	if err != nil {
		s.t.Fatal(err)
	}
	return r.ID
}

// ask states a decision about marketing mail by address, in the name of a client, and returns the id of its confirmation.
func (s *service) ask(email, client, key string, state consent.State) string {
	s.t.Helper()
	id, err := s.asks.Ask(s.t.Context(), client, consent.Act{Who: consent.Who{Email: email}, Operation: key, PolicyVersion: policy.CurrentVersion, Language: "en", Surface: "form",
		Decisions: map[privacy.Purpose]consent.State{privacy.MarketingEmail: state}})
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

// introduce puts an address on record.
func (s *service) introduce(email string) privacy.SubjectID {
	s.t.Helper()
	id, _, err := s.known.Introduce(context.Background(), s.parse(email), s.clock.Now().AddDate(1, 0, 0))
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

var secret = regexp.MustCompile(`/verify/([0-9a-f-]+)#(\S+)`)

// verify presses the button of every challenge that was mailed and not pressed yet, whoever got it.
func (s *service) verify() {
	s.t.Helper()
	for _, m := range s.box.All() {
		if found := secret.FindStringSubmatch(m.Text); found != nil {
			_, _ = s.desk.Verify(s.t.Context(), found[1], subject.Token(found[2]))
		}
	}
}

// to returns how many mails went to exactly this spelling.
func (s *service) to(email string) (n int) {
	for _, m := range s.box.All() {
		if slices.Contains(m.To, email) {
			n++
		}
	}
	return n
}

// scan returns the items of a table.
func (s *service) scan(table string) (all []dynamo.Item) {
	s.t.Helper()
	name := s.tables.Name(table)
	pages := dynamodb.NewScanPaginator(s.tables.Client, &dynamodb.ScanInput{TableName: &name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		all = append(all, page.Items...)
	}
	return all
}

func (s *service) load(id string) request.File {
	s.t.Helper()
	file, err := s.desk.Register.Load(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return file
}
