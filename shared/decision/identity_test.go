package decision

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

const (
	bo     = "bo@example.org"
	family = "family@example.org"
	old    = "old@example.org"
)

// people knows Anna (s1) with the id 7 of the CRM and of the shop, who has granted everything, Bo (s2) with the id 8, who has denied it, and an address
// that both use. An address was taken away from Anna.
func people(t *testing.T) (Decider, *memory) {
	t.Helper()
	d, m := newDecider(t)
	alias := func(email string) string {
		a, err := subject.ParseAddress(email)
		if err != nil {
			t.Fatal(err)
		}
		return d.Aliases.Alias(a)
	}
	m.aliases = map[string]subject.Alias{alias(old): {Key: alias(old), From: "s1"}}
	m.knows("s1", "crm", d.Aliases.IDAlias("crm", "7"), alias(anna), alias(family))
	m.knows("s2", "crm", d.Aliases.IDAlias("crm", "8"), alias(bo), alias(family))
	m.knows("s1", "shop", d.Aliases.IDAlias("shop", "7"))
	m.states["s1"] = snapshot(d.Aliases.IDAlias("crm", "7"), d.Aliases.IDAlias("shop", "7"), alias(anna), alias(family))
	later := now.AddDate(1, 0, 0)
	m.records[consent.Address("s2")] = recorded(consent.Denied, later, later, rules.Purposes...)
	return d, m
}

// T27, H06: what somebody has limited still holds by an address that was taken away from them not long ago, since that may have been a mistake. Nothing
// else of theirs counts there, and once there is no doubt any more, nothing does.
func TestThreat_T27_LimitsOutlastAMistake(t *testing.T) {
	const purpose = "business_development"
	for _, c := range []struct {
		name    string
		until   time.Time
		purpose privacy.Purpose
		want    Reason
	}{
		{"in doubt", now.Add(time.Second), purpose, ByObjection}, {"no doubt any more", now, purpose, ByBasis},
		{"a consent of theirs", now.Add(time.Second), privacy.Testimonials, "undecided"}, {"what nobody can limit", now.Add(time.Second), "invoicing", ByBasis},
	} {
		d, m := people(t)
		for key, a := range m.aliases {
			if a.From == "s1" {
				a.DoubtUntil = c.until
				m.aliases[key] = a
			}
		}
		anna := m.states["s1"]
		anna.Objections = []standing.Objection{{Request: "r", At: now, Purposes: []privacy.Purpose{purpose}}}
		m.states["s1"] = anna
		got, err := d.Answer(t.Context(), "crm", Question{Subject: byEmail(old), Purpose: c.purpose})
		if err != nil || got.Reason != c.want || got.Unsubscribe != "" {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
		m.err = errors.New("no answer")
		if got, err := d.Answer(t.Context(), "crm", Question{Subject: byEmail(old), Purpose: c.purpose}); err == nil {
			t.Errorf("%s, without the store: %+v", c.name, got)
		}
	}
}

// Whom a question means, by the table of package identity. An unknown id of a known address means somebody else, if that one has another id of the
// same client. Nobody becomes known, and nothing is learnt.
func TestWhomAQuestionMeans(t *testing.T) {
	for name, c := range map[string]struct {
		client string
		who    Who
		reason Reason
		note   identity.Note
		link   privacy.SubjectID
	}{
		"an id":                               {"crm", byID("7", ""), ByConsent, "", "s1"},
		"an id of another client":             {"billing", byID("7", ""), "undecided", "", ""},
		"an unknown id":                       {"crm", byID("9", ""), "undecided", "", ""},
		"both, one person":                    {"crm", byID("7", anna), ByConsent, "", "s1"},
		"an id and an unknown address":        {"crm", byID("7", "new@example.org"), ByConsent, identity.NotAttached, "s1"},
		"an id and an address taken away":     {"crm", byID("7", old), ByConsent, identity.NotAttached, "s1"},
		"an id and an address of another":     {"crm", byID("7", bo), ByConsent, identity.OfAnother, "s1"},
		"an id and the address of the other":  {"crm", byID("8", anna), "denied", identity.OfAnother, ""},
		"an id and a shared address":          {"crm", byID("8", family), "denied", "", ""},
		"an unknown id and a known address":   {"billing", byID("9", anna), ByConsent, "", "s1"},
		"another id and a known address":      {"crm", byID("9", anna), "undecided", "", ""},
		"an unknown id and a shared address":  {"billing", byID("9", family), "undecided", "", ""},
		"neither is known":                    {"crm", byID("9", "new@example.org"), "undecided", "", ""},
		"an address that was taken away":      {"crm", byEmail(old), "undecided", "", ""},
		"an address":                          {"crm", byEmail(bo), "denied", "", ""},
		"the id of the shop, asked as itself": {"shop", byID("7", bo), ByConsent, identity.OfAnother, "s1"},
	} {
		d, m := people(t)
		aliases := len(m.aliases)
		got, err := d.Answer(t.Context(), c.client, Question{Subject: c.who, Purpose: privacy.MarketingEmail})
		if err != nil || got.Reason != c.reason || got.Address != c.note || got.Unsubscribe != c.link || len(m.aliases) != aliases {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// T27: nothing is answered about an address that several people use, for any purpose, until the question says whom it means.
func TestThreat_T27_ASharedAddressIsNotAnswered(t *testing.T) {
	for _, purpose := range []privacy.Purpose{privacy.MarketingEmail, "internal_analytics"} {
		d, m := people(t)
		got, err := d.Answer(t.Context(), "crm", Question{Subject: byEmail(family), Purpose: purpose})
		if !errors.Is(err, identity.ErrShared) || fault.Status(err) != 409 || got != (Answer{}) || len(m.reads) > 0 {
			t.Errorf("%s: %+v, %v", purpose, got, err)
		}
	}
}

// The decisions of a data subject and of everybody who was joined to them count together: a denial before the join holds, and a later decision
// replaces it.
func TestPromise_C03_DecisionsCountTogetherAfterAJoin(t *testing.T) {
	joined, later := now.AddDate(0, -1, 0), now.AddDate(1, 0, 0)
	said := func(state consent.State, at time.Time) consent.Record {
		r := recorded(state, later, later, privacy.MarketingEmail)
		r.Decisions[privacy.MarketingEmail] = consent.Decision{State: state, DecidedAt: at, ExpiresAt: later}
		return r
	}
	before, after := joined.Add(-time.Hour), joined.Add(time.Hour)
	for name, c := range map[string]struct {
		own, of consent.Record
		want    Reason
	}{
		"only the other granted":     {consent.Record{}, said(consent.Granted, before), ByConsent},
		"the other had denied":       {said(consent.Granted, before), said(consent.Denied, before.Add(-time.Hour)), "denied"},
		"granted after the join":     {said(consent.Granted, after), said(consent.Denied, before), ByConsent},
		"denied after the join":      {said(consent.Denied, after), said(consent.Granted, before), "denied"},
		"an old mail's unsubscribe":  {said(consent.Granted, before), said(consent.Denied, after), "denied"},
		"nobody decided":             {consent.Record{}, consent.Record{}, "undecided"},
		"had denied, only the other": {consent.Record{}, said(consent.Denied, before), "denied"},
	} {
		d, m := people(t)
		for key, a := range m.aliases {
			if a.Subject() == "s1" {
				a.Formerly = []subject.Former{{ID: "s3", At: joined}}
				m.aliases[key] = a
			}
		}
		m.records[consent.Address("s1")], m.records[consent.Address("s3")] = c.own, c.of
		for _, who := range []Who{byID("7", ""), byEmail(anna)} {
			m.reads = nil
			got, err := d.Answer(t.Context(), "crm", Question{Subject: who, Purpose: privacy.MarketingEmail})
			if err != nil || got.Reason != c.want || got.Allowed && got.Unsubscribe != "s1" || strings.Join(m.reads, " ") != "e#s1 e#s3" {
				t.Errorf("%s: %+v, %v, reads %v", name, got, err, m.reads)
			}
		}
	}
}

// When the aliases or the state behind an address cannot be read, nothing is allowed.
func TestOnDoubtAboutAnIDNothingIsAllowed(t *testing.T) {
	d, m := people(t)
	broken := errors.New("no answer")
	d.Subjects = failing{m, broken}
	if got, err := d.Answer(t.Context(), "billing", Question{Subject: byID("9", anna), Purpose: privacy.MarketingEmail}); !errors.Is(err, broken) || got != (Answer{}) {
		t.Errorf("%+v, %v", got, err)
	}
}
