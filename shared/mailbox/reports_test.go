package mailbox

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/policy/policytest"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Find implements [Known]: everybody but a stranger is on record.
func (p *person) Find(_ context.Context, a subject.Address) (subject.Known, bool, error) {
	if len(p.others) > 0 {
		return subject.Known{Others: p.others, Spelling: a.Spelling, Doubt: subject.Shared}, true, nil
	}
	return subject.Known{Subject: sid, Others: []privacy.SubjectID{sid}, Spelling: a.Spelling}, a.Lookup != "stranger@example.org", nil
}

// ListConsent implements [Lists]. The tests of reports list nothing.
func (*person) ListConsent(context.Context, string, string, time.Time) error { return errKilled }

// ListedConsents implements [Lists]: all that waits is listed under the mailbox of the person.
func (p *person) ListedConsents(_ context.Context, mailbox string) (ids []string, err error) {
	if mailbox != box {
		return nil, nil
	}
	for id := range p.waiting.byID {
		ids = append(ids, id)
	}
	return append(ids, "gone"), nil
}

func (p *person) reports() *Reports {
	return &Reports{Confirmations: p.waiting, Recorder: p.consents.Recorder, Subjects: p, Persons: p, Lists: p, Mailboxes: &boxes{}, Aliases: aliases, Cut: p.cut,
		Policy: policytest.Always(inForce), Now: p.clock.Now}
}

// bounced says that the mail with the first link to the mailbox came back for good.
func bounced() feedback.Event {
	return feedback.Event{Mail: Letter{Mailbox: box, N: 1}.Mail(), Outcome: feedback.Bounced, Permanent: true, Address: "Anna@example.org"}
}

// complaint is a complaint that was made so long after now.
func complaint(after time.Duration) feedback.Event {
	return feedback.Event{Mail: feedback.Mail{Kind: feedback.Request, About: "019ab2c4", Part: "export-1"}, Outcome: feedback.Complained, At: now.Add(after), MessageID: "m", Address: "Anna@example.org"}
}

func (p *person) marketing() consent.Decision {
	all := p.history()
	if len(all) == 0 {
		return consent.Record{}.Effective(privacy.MarketingEmail, p.Now())
	}
	return all[len(all)-1].Effective(privacy.MarketingEmail, p.Now())
}

func (p *person) grants(t *testing.T) {
	t.Helper()
	act := consent.Act{Subject: consent.Address(sid), Operation: "grant " + p.Now().String(), PolicyVersion: inForce.Version, Language: "en", Surface: "preferences",
		Decisions: map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Granted, privacy.Testimonials: consent.Granted}}
	if _, err := p.consents.Recorder.Record(t.Context(), act); err != nil {
		t.Fatal(err)
	}
}

// F07: a complaint about any mail withdraws the consent to marketing mail, and nothing else. It is one record, however often it is reported, and
// the record says where it came from. A consent that is given afterwards stays, even if the report comes once more.
func TestFault_F07_AComplaintWithdrawsTheConsentToMarketing(t *testing.T) {
	p := newPerson()
	p.grants(t)
	for range 3 {
		if err := p.reports().Complained(t.Context(), complaint(time.Hour)); err != nil {
			t.Fatal(err)
		}
		p.clock.Advance(time.Minute)
	}
	all := p.history()
	newest := all[len(all)-1]
	if len(all) != 2 || p.marketing().State != consent.Denied || newest.Surface != "complaint" || newest.Effective(privacy.Testimonials, p.Now()).State != consent.Granted {
		t.Fatalf("%d records, %+v", len(all), newest)
	}
	p.clock.Set(now.Add(2 * time.Hour))
	p.grants(t)
	if err := p.reports().Complained(t.Context(), complaint(time.Hour)); err != nil || p.marketing().State != consent.Granted {
		t.Errorf("%v: a consent that was given after the complaint is %s", err, p.marketing().State)
	}
	if err := p.reports().Complained(t.Context(), complaint(3*time.Hour)); err != nil || p.marketing().State != consent.Denied {
		t.Errorf("%v: after another complaint it is %s", err, p.marketing().State)
	}
}

// F07: somebody who never decided has refused from now on. Nothing is recorded about a stranger, or about a text that is no address.
func TestFault_F07_AComplaintOfSomebodyWhoNeverDecided(t *testing.T) {
	p := newPerson()
	for _, address := range []string{"stranger@example.org", "", "no address"} {
		e := complaint(0)
		e.Address = address
		if err := p.reports().Complained(t.Context(), e); err != nil || len(p.history()) != 0 {
			t.Errorf("%q: %v, %d records", address, err, len(p.history()))
		}
	}
	if err := p.reports().Complained(t.Context(), complaint(0)); err != nil || p.marketing().State != consent.Denied {
		t.Errorf("%v, %s", err, p.marketing().State)
	}
}

// No caller of the API can state the surface of a complaint.
func TestNobodyStatesAComplaint(t *testing.T) {
	act := news("anna@example.org", consent.Denied)
	act.Surface = surfaceComplaint
	if _, err := newPerson().consents.Ask(t.Context(), "client", act); fault.KindOf(err) != fault.Unacceptable {
		t.Errorf("%v", err)
	}
}

// F07, F24: which reports end a confirmation that waits. Its button then records nothing, and no mail is due. A complaint ends it too.
func TestFault_F24_WhatEndsAConfirmation(t *testing.T) {
	event := func(change func(*feedback.Event)) feedback.Event {
		e := bounced()
		change(&e)
		return e
	}
	for name, row := range map[string]struct {
		event feedback.Event
		ends  bool
	}{
		"bounced for good":         {bounced(), true},
		"bounced for a time":       {event(func(e *feedback.Event) { e.Permanent = false }), false},
		"rejected":                 {event(func(e *feedback.Event) { e.Outcome = feedback.Rejected }), false},
		"delivered":                {event(func(e *feedback.Event) { e.Outcome = feedback.Delivered }), false},
		"delayed":                  {event(func(e *feedback.Event) { e.Outcome = feedback.Delayed }), false},
		"of another mailbox":       {event(func(e *feedback.Event) { e.About = "another" }), false},
		"a receipt that came back": {event(func(e *feedback.Event) { e.Part = "receipt-1" }), true},
	} {
		p := newPerson()
		id := p.waits(t, consent.Granted)
		for range 2 {
			if err := p.reports().TakeLink(t.Context(), row.event); err != nil {
				t.Fatal(err)
			}
		}
		c := p.waiting.only()
		_, err := p.consents.Confirm(t.Context(), id, annas, fresh, false)
		if errors.Is(err, errLink) != row.ends || c.NextAt.IsZero() != row.ends {
			t.Errorf("%s: %v, next at %v", name, err, c.NextAt)
		}
	}
	for address, ends := range map[string]bool{"Anna@example.org": true, "anna@EXAMPLE.org": true, "bo@example.org": false} {
		p := newPerson()
		id := p.waits(t, consent.Granted)
		e := complaint(time.Hour)
		e.Address = address
		if err := p.reports().Complained(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		if _, err := p.consents.Confirm(t.Context(), id, annas, fresh, false); errors.Is(err, errLink) != ends {
			t.Errorf("after a complaint of %s: %v, %s", address, err, p.marketing().State)
		}
	}
}

// A confirmation whose button was pressed stays as it is, whatever comes later.
func TestFault_F24_APressedButtonStands(t *testing.T) {
	p := newPerson()
	id := p.waits(t, consent.Granted)
	if _, err := p.consents.Confirm(t.Context(), id, annas, fresh, false); err != nil {
		t.Fatal(err)
	}
	before := p.waiting.only()
	if err := p.reports().TakeLink(t.Context(), bounced()); err != nil || p.waiting.only().Version != before.Version {
		t.Errorf("%v, %+v", err, p.waiting.only())
	}
}

// F03: the run is killed between the two effects of a complaint, and repeated. The consent is withdrawn once, and the confirmation ends.
func TestFault_F03_AComplaintThatIsKilled(t *testing.T) {
	p := newPerson()
	p.grants(t)
	id := p.waits(t, consent.Granted)
	p.waiting.fail = func(Confirmation) error { return errKilled }
	if err := p.reports().Complained(t.Context(), complaint(time.Hour)); !errors.Is(err, errKilled) {
		t.Fatalf("%v", err)
	}
	p.waiting.fail = nil
	if err := p.reports().Complained(t.Context(), complaint(time.Hour)); err != nil || len(p.history()) != 2 || p.marketing().State != consent.Denied {
		t.Errorf("%v, %d records", err, len(p.history()))
	}
	if _, err := p.consents.Confirm(t.Context(), id, annas, fresh, false); !errors.Is(err, errLink) {
		t.Errorf("%v", err)
	}
}

// A confirmation that somebody else changes at the same moment is read again. If that does not end, the report comes again.
func TestFault_F02_AReportThatLosesARace(t *testing.T) {
	p := newPerson()
	p.waits(t, consent.Granted)
	lost := 0
	p.waiting.fail = func(Confirmation) error {
		if lost++; lost < 4 {
			return ErrChanged
		}
		return nil
	}
	if err := p.reports().TakeLink(t.Context(), bounced()); err != nil || !p.waiting.only().NextAt.IsZero() {
		t.Errorf("%v after %d races", err, lost)
	}
	other := newPerson()
	other.waits(t, consent.Granted)
	other.waiting.fail = func(Confirmation) error { return ErrChanged }
	if err := other.reports().TakeLink(t.Context(), bounced()); !errors.Is(err, ErrChanged) {
		t.Errorf("%v", err)
	}
}
