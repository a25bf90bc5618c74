package decision

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

const (
	anna    = "anna@example.org"
	visitor = "7d3f6c0e-2f4b-4f0a-9a57-1f6f1f0f8a11"
)

// memory is both stores in memory. It notes what it was asked, and fails by err or noLog.
type memory struct {
	aliases    map[string]subject.Alias
	states     map[privacy.SubjectID]standing.Snapshot
	records    map[string]consent.Record // by the key of the consent log
	finds      []string
	reads      []string
	err, noLog error
	order      *string // if it is not nil, the kinds of reads in their order
	after      func()  // if it is not nil, runs after a state was read
}

func (m *memory) note(read string) {
	if m.order != nil {
		*m.order += read
	}
}

func (m *memory) Aliases(_ context.Context, keys ...string) (map[string]subject.Alias, error) {
	m.note("a")
	m.finds = append(m.finds, strings.Join(keys, " "))
	found := map[string]subject.Alias{}
	for _, key := range keys {
		if a, known := m.aliases[key]; known {
			found[key] = a
		}
	}
	return found, m.err
}

func (m *memory) State(_ context.Context, id privacy.SubjectID) (standing.Snapshot, bool, error) {
	m.note("s")
	state, found := m.states[id]
	if m.after != nil {
		m.after()
	}
	return state, found, m.err
}

// knows puts a data subject on record who has these aliases.
func (m *memory) knows(id privacy.SubjectID, client string, keys ...string) {
	for _, key := range keys {
		a := m.aliases[key]
		a.Key, a.Client, a.Subjects = key, client, append(a.Subjects, id)
		m.aliases[key] = a
	}
	m.states[id] = standing.Snapshot{Aliases: keys}
}

func ptr(s string) *string { return &s }

func byEmail(email string) Who { return Who{Named: record.Named{Email: &email}} }

// byID names a data subject by an id, and by an address if it is not empty.
func byID(id, email string) Who {
	who := Who{Named: record.Named{ID: &id}}
	if email != "" {
		who.Email = &email
	}
	return who
}

func (m *memory) Newest(_ context.Context, subject string) (consent.Record, error) {
	m.note("l")
	m.reads = append(m.reads, subject)
	return m.records[subject], m.noLog
}

// newDecider knows Anna and a visitor, who have both granted everything.
func newDecider(t *testing.T) (Decider, *memory) {
	t.Helper()
	key := subject.Key("a key of tests")
	by, err := subject.ParseAddress(anna)
	if err != nil {
		t.Fatal(err)
	}
	later := now.AddDate(1, 0, 0)
	all := recorded(consent.Granted, later, later, rules.Purposes...)
	seen, _ := consent.Visitor(visitor)
	m := &memory{
		aliases: map[string]subject.Alias{}, states: map[privacy.SubjectID]standing.Snapshot{},
		records: map[string]consent.Record{consent.Address("s1"): all, seen: all},
	}
	m.knows("s1", "crm", key.Alias(by))
	return Decider{Policy: policy.InForce, Subjects: m, Consents: m, Aliases: key, Now: func() time.Time { return now }}, m
}

// The facts are those of the data subject who is named. If they may be sent marketing mail, the answer has their link for one-click
// unsubscribe, and otherwise none (promise C03).
func TestPromise_C03_WhoeverMayBeMailedGetsTheLink(t *testing.T) {
	seen, _ := consent.Visitor(visitor)
	const mail, cookies = privacy.MarketingEmail, privacy.MarketingCookies
	granted, undecided, age := Decision{true, privacy.Consent, ByConsent}, Decision{false, privacy.Consent, "undecided"}, Decision{false, privacy.Consent, ByAge}
	counting := Decision{true, privacy.LegitimateInterests, ByBasis}
	for _, c := range []struct {
		name     string
		question Question
		want     Answer
		finds    int
		reads    string // the key of the consent log that is read, empty for none
	}{
		{"known", Question{byEmail(anna), mail, "", false}, Answer{Decision: granted, Unsubscribe: "s1"}, 1, "e#s1"},
		{"known, spelt otherwise", Question{byEmail("ANNA@Example.org"), mail, "", false}, Answer{Decision: granted, Unsubscribe: "s1"}, 1, "e#s1"},
		{"known, for another purpose", Question{byEmail(anna), privacy.Testimonials, "", false}, Answer{Decision: granted}, 1, "e#s1"},
		{"known, under 16", Question{byEmail(anna), mail, "", true}, Answer{Decision: age}, 1, ""},
		{"known, no consent needed", Question{byEmail(anna), "internal_analytics", "", true}, Answer{Decision: counting}, 1, ""},
		{"unknown", Question{byEmail("berta@example.org"), mail, "", false}, Answer{Decision: undecided}, 1, ""},
		{"a visitor, for cookies", Question{Who{Visitor: ptr(visitor)}, cookies, "", false}, Answer{Decision: granted}, 0, seen},
		{"a visitor, for mail", Question{Who{Visitor: ptr(visitor)}, mail, "", false}, Answer{Decision: granted}, 0, seen},
		{"a visitor, no consent needed", Question{Who{Visitor: ptr(visitor)}, "internal_analytics", "", false}, Answer{Decision: counting}, 0, ""},
	} {
		d, m := newDecider(t)
		got, err := d.Answer(t.Context(), "crm", c.question)
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
		if read := strings.Join(m.reads, " "); len(m.finds) != c.finds || read != c.reads {
			t.Errorf("%s: %d finds, reads %q", c.name, len(m.finds), read)
		}
	}
}

// After a withdrawal the next answer allows nothing and has no link.
func TestPromise_C03_AWithdrawalHoldsOnTheNextAnswer(t *testing.T) {
	d, m := newDecider(t)
	m.records["e#s1"] = recorded(consent.Denied, now.AddDate(1, 0, 0), now.AddDate(1, 0, 0), privacy.MarketingEmail)
	got, err := d.Answer(t.Context(), "crm", Question{Subject: byEmail(anna), Purpose: privacy.MarketingEmail})
	if err != nil || got != (Answer{Decision: Decision{false, privacy.Consent, "denied"}}) {
		t.Errorf("%+v, %v", got, err)
	}
}

// An invalid question is refused before anything is read, with every field that is wrong.
func TestQuestionsThatAreRefused(t *testing.T) {
	const mail = privacy.MarketingEmail
	for _, c := range []struct {
		question Question
		fields   []fault.Field
	}{
		{Question{byEmail(anna), "profiling", "", false}, []fault.Field{{Pointer: "/purpose", Detail: "must be a purpose that the policy declares"}}},
		{Question{byEmail(anna), "", "", false}, []fault.Field{{Pointer: "/purpose", Detail: fault.Required}}},
		{Question{byEmail("anna"), mail, "", false}, []fault.Field{{Pointer: "/subject/email", Detail: "must be an email address"}}},
		{Question{byEmail("anna@xn--a.example"), "profiling", "", false}, []fault.Field{
			{Pointer: "/subject/email", Detail: "must be an email address"}, {Pointer: "/purpose", Detail: "must be a purpose that the policy declares"}}},
		{Question{Who{Visitor: ptr("anna")}, mail, "", false}, []fault.Field{{Pointer: "/subject/visitor", Detail: "must be a random UUID in its hyphenated form"}}},
		{Question{Who{}, "", "", true}, []fault.Field{
			{Pointer: "/subject", Detail: "is required: a visitor, an id or an email address"}, {Pointer: "/purpose", Detail: fault.Required}}},
		{Question{Who{Visitor: ptr(visitor), Named: record.Named{Email: ptr(anna)}}, mail, "", false}, []fault.Field{
			{Pointer: "/subject", Detail: "must contain either a visitor, or an id or an email address"}}},
	} {
		d, m := newDecider(t)
		got, err := d.Answer(t.Context(), "crm", c.question)
		refusal, ok := errors.AsType[*fault.Error](err)
		if !ok || refusal.Kind != fault.Unacceptable || !slices.Equal(refusal.Fields, c.fields) || got != (Answer{}) || len(m.finds)+len(m.reads) > 0 {
			t.Errorf("%+v: %+v, %v", c.question, got, err)
		}
	}
}

// When a store does not answer, nothing is allowed, even if it returned a value with its error.
func TestOnDoubtNothingIsAllowed(t *testing.T) {
	silent := errors.New("no answer")
	for name, broken := range map[string]*memory{"the subjects": {err: silent}, "the consent log": {noLog: silent}} {
		d, m := newDecider(t)
		m.err, m.noLog = broken.err, broken.noLog
		got, err := d.Answer(t.Context(), "crm", Question{Subject: byEmail(anna), Purpose: privacy.MarketingEmail})
		if !errors.Is(err, silent) || got != (Answer{}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if broken.err != nil && len(m.reads) > 0 {
			t.Errorf("the log is read for somebody who was not found: %q", m.reads)
		}
	}
}

// failing is a memory whose states cannot be read.
type failing struct {
	*memory
	err error
}

func (f failing) State(context.Context, privacy.SubjectID) (standing.Snapshot, bool, error) {
	return standing.Snapshot{}, false, f.err
}

// snapshot is the state of a data subject with these aliases.
func snapshot(aliases ...string) standing.Snapshot { return standing.Snapshot{Aliases: aliases} }
