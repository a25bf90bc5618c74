package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
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
	l.clock = l.clock.Add(-30 * 24 * time.Hour) // a test lives through some weeks
	l.store = l.register.(*requests.Store)
	l.subjects = l.bundles.subjects.(*subjects.Store)
	tokens := subject.Key("token key")
	l.desk = &request.Desk{Register: l.store, Tokens: tokens, Now: l.time}
	l.ful = &request.Fulfilment{Register: l.store, Addresses: l, Mailboxes: l, Limiter: l, Mailer: l, Tokens: tokens, Now: l.time}
	log := &consents.ByMail{Store: *l.consents, Requests: l.store.Table}
	l.asks = &consent.ByMail{Recorder: &consent.Recorder{Log: log, Now: l.time}, Confirmations: l.confirmations, Tokens: tokens}
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
func (l *life) MayChallenge(context.Context, subject.Address, string, time.Time) (bool, error) {
	return true, nil
}
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
	l.clock = l.clock.Add(time.Minute)
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
	l.clock = l.clock.Add(time.Minute)
	delivery := &request.Delivery{Register: l.store, Bundles: l.bundles, Mailer: l, Tokens: l.desk.Tokens, Now: l.time}
	if done, err := delivery.Run(l.t.Context(), id, 1); !done || err != nil {
		l.t.Fatal(done, err)
	}
	l.clock = l.clock.Add(time.Hour)
	if _, err := request.Redeem(l.t.Context(), l.store, l.desk.Tokens, id+".1", l.links[id+".1"], l.clock); err != nil {
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
	if err := l.store.ListConsent(l.t.Context(), l.Mailbox(l.parse(email)), id, l.clock.Add(14*24*time.Hour)); err != nil {
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
		Requests: l.store.Table}, policy.Current(), l.time)
	ended := l.clock.AddDate(0, -1, 0).Format(time.RFC3339)
	if _, err := writer.Session(a, l.aliases.Alias(a)).Put(l.t.Context(), record.Record{Category: privacy.Account, ID: "a", Source: privacy.Direct, OccurredAt: l.clock.AddDate(0, -1, 0),
		Data: []byte(`{"contractEndedAt":"` + ended + `","contractStartedAt":"2020-01-01T00:00:00Z","passwordHash":"$2b$12$YAH2sWqKQt.mpzZsIFNIUvbv5W/L37aCztzYKheGbpz/UZ1/7bc/q","status":"closed","username":"` + name + `-user"}`)}); err != nil {
		l.t.Fatal(err)
	}
	who, _, err := l.subjects.Find(l.t.Context(), l.aliases.Alias(a))
	if err != nil {
		l.t.Fatal(err)
	}
	l.decide(l.t, who.Subject, 1, consent.Granted, l.clock.AddDate(3, 0, 0))
	filing := func(text string) request.Filing {
		return request.Filing{Right: privacy.Access, Email: typed, Details: name + " " + text, Language: "en-GB", Jurisdiction: privacy.UK}
	}
	l.answered(filing("first"))
	lapsed := l.file(filing("lapsed"))
	l.clock = l.clock.Add(request.LinkLife)
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

// H01: what is stored about a person anywhere is in the answer to access, and nothing of anybody else.
func TestPromise_H01_EverythingStoredIsInTheAnswer(t *testing.T) {
	engine.BothTTLs(t, everythingStored)
}

func everythingStored(t *testing.T) {
	l := newLife(t)
	l.customer("berta-canary")
	file := l.customer("anna-canary")
	l.tables.TTL(t, l.clock)
	files := l.unpacked(file)
	all := string(bytes.Join([][]byte{files["requests.json"], files["subject.json"], files["consents.json"], files["index.html"], files["data/account.json"]}, nil))
	for _, want := range []string{"anna-canary first", "anna-canary current", "anna-canary-user", `"anna-canary@example.org"`, "Anna-canary@EXAMPLE.org"} {
		if !strings.Contains(all, want) {
			t.Errorf("the answer lacks %q", want)
		}
	}
	for name, content := range files {
		for _, banned := range []string{"berta", "Berta", "anna-canary lapsed", "anna-canary stranger", "x-anna-canary", "en-x-canary", "anna-canary-client"} {
			if bytes.Contains(content, []byte(banned)) {
				t.Errorf("%s holds %q", name, banned)
			}
		}
	}
	for _, name := range []string{"requests", "subject", "manifest"} {
		schema := must(t, func() (*jsonschema.Schema, error) {
			return jsonschema.NewCompiler().Compile(filepath.Join(engine.Root(), "shared/export/schema", name+".schema.json"))
		})
		document := must(t, func() (any, error) { return jsonschema.UnmarshalJSON(bytes.NewReader(files[name+".json"])) })
		if err := schema.Validate(document); err != nil {
			t.Error(err)
		}
	}
	l.inventory(files, file.Request.Mailbox)
}

// unshown are the attributes of the Requests table that no bundle shows, and why.
var unshown = map[string]string{
	"PK": "key", "SK": "key", "v": "version", "op": "version", "act": "version", "work": "work", "nextAt": "work", "step": "work",
	"challenges": "count of what the history says", "events": "count of the history", "exports": "count of the exports", "usedAt": "confirmedAt of its request",
	"mailbox": "HMAC", "client": "HMAC", "hash": "hash of a token", "preferences": "hash of a token", "tokenHash": "hash of a token", "statusHash": "hash of a token",
	"statusHashes": "hashes of tokens", "object": "name of an object", "lang": "a stranger may have written it; consents.json has it once it counts",
}

// inventory holds every attribute that is stored about the mailbox against the bundle: each is shown, or known not to be. What is not shown
// is in no file.
func (l *life) inventory(files map[string][]byte, mailbox string) {
	t := l.t
	t.Helper()
	listed := must(t, func() (request.Listed, error) { return l.store.Listed(t.Context(), mailbox) })
	if len(listed.Requests) != 4 || len(listed.Consents) != 1 {
		t.Errorf("listed %+v", listed)
	}
	shown, everything := string(files["requests.json"])+string(files["subject.json"]), string(bytes.Join(slices.Collect(maps.Values(files)), nil))
	unconfirmed := map[string]bool{}
	for _, item := range l.scan("RequestsTable") {
		if dynamo.Text(item, dynamo.SK) == "REQUEST" && item["verifiedAt"] == nil {
			unconfirmed[dynamo.Text(item, dynamo.PK)] = true
		}
	}
	for _, item := range l.scan("RequestsTable") {
		pk, sk := dynamo.Text(item, dynamo.PK), dynamo.Text(item, dynamo.SK)
		if !slices.Contains(listed.Requests, strings.TrimPrefix(pk, "r#")) && !slices.Contains(listed.Consents, strings.TrimPrefix(pk, "c#")) {
			continue
		}
		for name, value := range item {
			hidden := unshown[name] != "" || unconfirmed[pk] && (name == "details" || name == "language") ||
				name == dynamo.ExpiresAt && sk != "REQUEST" && sk != "CONSENT" || sk == "CONSENT" && name == "subject"
			for _, text := range texts(name, value) {
				secret := strings.Contains(unshown[name], "hash") || unshown[name] == "HMAC" || name == "object"
				if !hidden && !strings.Contains(shown, text) {
					t.Errorf("%s: %s %q is stored and in no file", sk, name, text)
				}
				if secret && text != "" && strings.Contains(everything, text) {
					t.Errorf("%s: %s is in the bundle", sk, name)
				}
			}
		}
	}
}

// texts is how an attribute would stand in a JSON document, in each way it could.
func texts(name string, value types.AttributeValue) (all []string) {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return []string{v.Value}
	case *types.AttributeValueMemberN:
		if strings.HasSuffix(name, "At") || name == "at" || name == "openUntil" || name == "downloads" {
			return []string{dynamo.Time(dynamo.Item{"n": v}, "n").Format(time.RFC3339)}
		}
		return []string{v.Value}
	case *types.AttributeValueMemberB:
		return []string{base64.StdEncoding.EncodeToString(v.Value), base64.RawURLEncoding.EncodeToString(v.Value), hex.EncodeToString(v.Value)}
	case *types.AttributeValueMemberBS:
		for _, b := range v.Value {
			all = append(all, texts(name, &types.AttributeValueMemberB{Value: b})...)
		}
	case *types.AttributeValueMemberL:
		for _, one := range v.Value {
			all = append(all, texts(name, one)...)
		}
	case *types.AttributeValueMemberM:
		for key, one := range v.Value {
			all = append(append(all, key), texts(name, one)...)
		}
	}
	return all
}

// H01: the documents say what the tables say.
func TestPromise_H01_TheAnswerSaysWhatIsOnRecord(t *testing.T) {
	l := newLife(t)
	file := l.customer("anna-canary")
	files := l.unpacked(file)
	var who struct {
		Contract, Marketing        string
		ContractEndedAt, KeptUntil time.Time
		Addresses                  []struct{ Typed bool }
		PendingConsents            []struct {
			Choices map[string]string
			GPC     bool
		}
	}
	if err := json.Unmarshal(files["subject.json"], &who); err != nil {
		t.Fatal(err)
	}
	if who.Contract != "ended" || who.ContractEndedAt.IsZero() || who.KeptUntil.Before(who.ContractEndedAt.AddDate(2, 0, 0)) || len(who.Addresses) != 1 || who.Addresses[0].Typed ||
		len(who.PendingConsents) != 1 || !who.PendingConsents[0].GPC || who.PendingConsents[0].Choices["testimonials"] != "denied" {
		t.Errorf("%s", files["subject.json"])
	}
	var asked []struct {
		State                 string
		Confirmed, HasDetails bool
		Exports               []struct{ Downloads []time.Time }
	}
	if err := json.Unmarshal(files["requests.json"], &asked); err != nil || len(asked) != 4 {
		t.Fatalf("%v %s", err, files["requests.json"])
	}
	for i, want := range []struct {
		state                 string
		confirmed, hasDetails bool
	}{{"fulfilled", true, true}, {"lapsed", false, false}, {"verifying", false, true}, {"fulfilling", true, true}} {
		if asked[i].State != want.state || asked[i].Confirmed != want.confirmed || asked[i].HasDetails != want.hasDetails {
			t.Errorf("request %d is %+v", i, asked[i])
		}
	}
	if len(asked[0].Exports) != 1 || len(asked[0].Exports[0].Downloads) != 1 {
		t.Errorf("the download of the first is not shown: %+v", asked[0])
	}
	file.Request.Right = privacy.Portability
	if files := l.unpacked(file); files["requests.json"] != nil || files["subject.json"] != nil {
		t.Error("an answer to portability holds requests")
	}
	l.clock = who.KeptUntil // what was known is over
	if files := l.unpacked(file); strings.Contains(string(files["index.html"]), "anna-canary@example.org") {
		t.Error("an address is shown whose retention is over")
	}
}

// H01: who is unknown, and asked before, gets the earlier requests; who never asked is told that there are no records.
func TestPromise_H01_TheUnknownGetTheirRequests(t *testing.T) {
	l := newLife(t)
	l.confirmed(request.Filing{Right: privacy.Access, Email: "nobody@example.org", Details: "first canary"})
	if l.nothing != 1 {
		t.Fatalf("%d mails about no records", l.nothing)
	}
	second := l.confirmed(request.Filing{Right: privacy.Access, Email: "NOBODY@example.org", Details: "second canary"})
	file := must(t, func() (request.File, error) { return l.store.Load(t.Context(), second) })
	files := l.unpacked(file)
	for _, want := range []string{"first canary", "second canary", "nobody@example.org", "NOBODY@example.org"} {
		if !bytes.Contains(files["requests.json"], []byte(want)) || !bytes.Contains(files["index.html"], []byte(want)) {
			t.Errorf("the answer lacks %q", want)
		}
	}
	if l.nothing != 1 || string(files["consents.json"]) != "[]\n" || string(files["data/account.json"]) != "[\n]\n" {
		t.Errorf("%d mails about no records, %s", l.nothing, files["consents.json"])
	}
}

// F20: what is stored about the person besides records must be readable, or there is no bundle.
func TestFault_F20_RequestsThatCannotBeRead(t *testing.T) {
	l := newLife(t)
	file := l.customer("anna-canary")
	for _, broken := range []string{"RequestsTable", "SubjectsTable"} {
		l.broken = broken
		e := file.Exports[0]
		e.Object = "exports/x"
		if _, identity, err := l.Seal(t.Context(), file.Request, e); err == nil || identity != "" {
			t.Errorf("without %s: %v", broken, err)
		}
	}
}
