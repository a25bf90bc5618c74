package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/dynamo/records"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/subject/address"
)

// life is the service around the bundles: it takes requests and consents in, and mails what it has to mail to a test.
type life struct {
	*rig
	t        *testing.T
	store    *requests.Store
	desk     *request.Desk
	ful      *request.Fulfilment
	asks     *consent.ByMail
	subjects *subjects.Store
	aliases  subject.Key
	verifies map[string]subject.Token // by request, of the newest mail
	links    map[string]subject.Token // by export
	nothing  int                      // mails about no records
}

func newLife(t *testing.T) *life {
	l := &life{rig: newRig(t), t: t, aliases: subject.Key("alias key"), verifies: map[string]subject.Token{}, links: map[string]subject.Token{}}
	l.clock.Advance(-30 * 24 * time.Hour) // a test lives through some weeks
	l.store = l.register.(*requests.Store)
	l.subjects = l.bundles.subjects.(*subjects.Store)
	tokens := subject.Key("token key")
	l.desk = &request.Desk{Register: l.store, Tokens: tokens, Policy: policy.Current(), Now: l.clock.Now}
	l.ful = &request.Fulfilment{Register: l.store, Addresses: l, Mailboxes: l, Limiter: l, Mailer: l, Tokens: tokens, Policy: policy.Current(), Now: l.clock.Now}
	log := &consents.ByMail{Store: *l.consents, Requests: l.store.Table, Steps: policy.Current().SpanOf(policy.WorkStep)}
	l.asks = &consent.ByMail{Recorder: &consent.Recorder{Log: log, Periods: policy.CurrentConsentPeriods(), Now: l.clock.Now}, Confirmations: l.confirmations, Tokens: tokens}
	return l
}

func (l *life) Find(ctx context.Context, a subject.Address) (privacy.SubjectID, string, bool, error) {
	alias, ok, err := l.subjects.Find(ctx, l.aliases.Alias(a))
	return alias.Subject, alias.Spelling, ok, err
}
func (l *life) Mailbox(a subject.Address) string { return l.aliases.Mailbox(a) }
func (l *life) Listed(ctx context.Context, mailbox string) (request.Listed, error) {
	return l.store.Listed(ctx, mailbox)
}
func (l *life) MayChallenge(context.Context, subject.Address, string, bool, time.Time) (may, later bool, err error) {
	return true, false, nil
}

func (l *life) NotMailed(context.Context, subject.Address, string, time.Time) error { return nil }
func (l *life) Challenge(_ context.Context, _ string, r request.Request, verify, _ subject.Token) error {
	l.verifies[r.ID] = verify
	return nil
}
func (l *life) NothingHeld(context.Context, string, request.Request, subject.Token) error {
	l.nothing++
	return nil
}
func (l *life) ExportReady(_ context.Context, _ request.Request, e request.Export, token subject.Token, _ string, _ subject.Token) error {
	l.links[e.ID()] = token
	return nil
}

// step does the request's step that is due.
func (l *life) step(id string) {
	l.t.Helper()
	if err := l.ful.Run(l.t.Context(), id); err != nil {
		l.t.Fatal(err)
	}
}

// file files a request and mails its challenge.
func (l *life) file(f request.Filing) string {
	l.t.Helper()
	r, err := l.desk.File(l.t.Context(), f)
	if err != nil {
		l.t.Fatal(err)
	}
	l.step(r.ID)
	return r.ID
}

// confirmed files a request, presses its button and looks up who it is about.
func (l *life) confirmed(f request.Filing) string {
	l.t.Helper()
	id := l.file(f)
	l.clock.Advance(time.Minute)
	if _, err := l.desk.Verify(l.t.Context(), id, l.verifies[id]); err != nil {
		l.t.Fatal(err)
	}
	l.step(id)
	return id
}

// answered is a request whose export was mailed and downloaded.
func (l *life) answered(f request.Filing) string {
	l.t.Helper()
	id := l.confirmed(f)
	l.clock.Advance(time.Minute)
	delivery := &request.Delivery{Register: l.store, Bundles: l.bundles, Mailer: l, Tokens: l.desk.Tokens, Policy: policy.Current(), Now: l.clock.Now}
	if done, err := delivery.Run(l.t.Context(), id, 1); !done || err != nil {
		l.t.Fatal(done, err)
	}
	l.clock.Advance(time.Hour)
	if _, err := request.Redeem(l.t.Context(), l.store, l.desk.Tokens, id+".1", l.links[id+".1"], l.clock.Now()); err != nil {
		l.t.Fatal(err)
	}
	return id
}

// ask sends a decision about consent by an address, as fulfil lists it.
func (l *life) ask(email, client string) string {
	l.t.Helper()
	id, err := l.asks.Ask(l.t.Context(), client, consent.Act{Who: consent.Who{Email: email}, Operation: email, PolicyVersion: policy.CurrentVersion, Language: "en-x-canary",
		Surface: "form", GPC: true, Decisions: map[privacy.Purpose]consent.State{privacy.Testimonials: consent.Denied}})
	if err != nil {
		l.t.Fatal(err)
	}
	if err := l.store.ListConsent(l.t.Context(), l.Mailbox(l.parse(email)), id, l.clock.Now().Add(14*24*time.Hour)); err != nil {
		l.t.Fatal(err)
	}
	return id
}

func (l *life) parse(email string) subject.Address {
	l.t.Helper()
	return must(l.t, func() (subject.Address, error) { return address.Parse(email) })
}

// customer is a person with an account whose contract has ended, a grant, requests of every kind, and a consent that waits. Each text that
// is stored about the person holds the name.
func (l *life) customer(name string) (current request.File) {
	l.t.Helper()
	email := name + "@example.org"
	typed := strings.ToUpper(name[:1]) + name[1:] + "@EXAMPLE.org"
	a := l.parse(email)
	writer := records.NewWriter(l.tables.Client, records.Tables{Records: l.tables.Name("RecordsTable"), Subjects: l.tables.Name("SubjectsTable"),
		Requests: l.store.Table}, policy.Current(), l.clock.Now)
	ended := l.clock.Now().AddDate(0, -1, 0).Format(time.RFC3339)
	if _, err := writer.Session(a, l.aliases.Alias(a)).Put(l.t.Context(), record.Record{Category: privacy.Account, ID: "a", Source: privacy.Direct, OccurredAt: l.clock.Now().AddDate(0, -1, 0),
		Data: []byte(`{"contractEndedAt":"` + ended + `","contractStartedAt":"2020-01-01T00:00:00Z","passwordHash":"$2b$12$YAH2sWqKQt.mpzZsIFNIUvbv5W/L37aCztzYKheGbpz/UZ1/7bc/q","status":"closed","username":"` + name + `-user"}`)}); err != nil {
		l.t.Fatal(err)
	}
	who, _, err := l.subjects.Find(l.t.Context(), l.aliases.Alias(a))
	if err != nil {
		l.t.Fatal(err)
	}
	l.decide(l.t, who.Subject, 1, consent.Granted, l.clock.Now().AddDate(3, 0, 0))
	filing := func(text string) request.Filing {
		return request.Filing{Right: privacy.Access, Email: typed, Details: name + " " + text, Language: "en-GB", Jurisdiction: privacy.UK}
	}
	l.answered(filing("first"))
	lapsed := l.file(filing("lapsed"))
	l.clock.Set(policy.Current().SpanOf(policy.Challenge).After(l.clock.Now()))
	l.step(lapsed)
	stranger := filing("stranger")
	stranger.Language = "x-" + name
	l.file(stranger)
	l.ask(typed, name+"-client")
	current, err = l.store.Load(l.t.Context(), l.confirmed(filing("current")))
	if err != nil {
		l.t.Fatal(err)
	}
	return current
}

// unpacked makes the bundle of an export and returns its files.
func (l *life) unpacked(file request.File) map[string][]byte {
	l.t.Helper()
	e := file.Exports[len(file.Exports)-1]
	e.Object = "exports/" + file.Request.ID
	size, identity, err := l.Seal(l.t.Context(), file.Request, e)
	if err != nil {
		l.t.Fatal(err)
	}
	url, _, err := l.bucket.Presign(l.t.Context(), e.Object, "x", time.Minute)
	if err != nil {
		l.t.Fatal(err)
	}
	return open(l.t, url, size, identity)
}

// scan returns the items of a table.
func (l *life) scan(table string) []dynamo.Item {
	l.t.Helper()
	name := l.tables.Name(table)
	out, err := l.tables.Client.Scan(l.t.Context(), &dynamodb.ScanInput{TableName: &name})
	if err != nil {
		l.t.Fatal(err)
	}
	return out.Items
}
