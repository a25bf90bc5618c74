package mailbox

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Find implements [Known]: everybody but a stranger is on record.
func (p *person) Find(_ context.Context, a subject.Address) (privacy.SubjectID, string, bool, error) {
	return sid, a.Spelling, a.Lookup != "stranger@example.org", nil
}

// Pending implements [Pending]: all that waits waits under every address.
func (p *person) Pending(context.Context, subject.Address) (ids []string, err error) {
	for id := range p.waiting.byID {
		ids = append(ids, id)
	}
	return append(ids, "gone"), nil
}

func (p *person) reports() *Reports {
	return &Reports{Confirmations: p.waiting, Recorder: p.consents.Recorder, Subjects: p, Pending: p}
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

// F07, F24: which reports end a confirmation that waits. Its links then open nothing, and no mail is due. A complaint ends it too.
func TestFault_F24_WhatEndsAConfirmation(t *testing.T) {
	for name, row := range map[string]struct {
		event feedback.Event
		ends  bool
	}{
		"bounced for good":   {feedback.Event{Outcome: feedback.Bounced, Permanent: true}, true},
		"bounced for a time": {feedback.Event{Outcome: feedback.Bounced}, false},
		"delivered":          {feedback.Event{Outcome: feedback.Delivered}, false},
		"delayed":            {feedback.Event{Outcome: feedback.Delayed}, false},
		"of another":         {feedback.Event{Outcome: feedback.Bounced, Permanent: true, Mail: feedback.Mail{About: "another"}}, false},
	} {
		p := newPerson()
		id := p.mailed(t, consent.Granted)
		p.change(t, func(c *Confirmation) { c.NextAt = p.Now().Add(time.Hour) })
		if row.event.About == "" {
			row.event.About = id
		}
		for range 2 {
			if err := p.reports().Take(t.Context(), row.event); err != nil {
				t.Fatal(err)
			}
		}
		c := p.waiting.only()
		_, err := p.consents.Confirm(t.Context(), id, confirms, false)
		if errors.Is(err, errLink) != row.ends || c.NextAt.IsZero() != row.ends {
			t.Errorf("%s: %v, next at %v", name, err, c.NextAt)
		}
	}
	p := newPerson()
	id := p.mailed(t, consent.Granted)
	if err := p.reports().Complained(t.Context(), complaint(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := p.consents.Confirm(t.Context(), id, confirms, false); !errors.Is(err, errLink) || p.marketing().State != consent.Denied {
		t.Errorf("after the complaint: %v, %s", err, p.marketing().State)
	}
}

// A confirmation whose button was pressed stays as it is, whatever comes later.
func TestFault_F24_APressedButtonStands(t *testing.T) {
	p := newPerson()
	id := p.mailed(t, consent.Granted)
	if _, err := p.consents.Confirm(t.Context(), id, confirms, false); err != nil {
		t.Fatal(err)
	}
	before := p.waiting.only()
	if err := p.reports().Take(t.Context(), feedback.Event{Outcome: feedback.Bounced, Permanent: true, Mail: feedback.Mail{About: id}}); err != nil || p.waiting.only().Version != before.Version {
		t.Errorf("%v, %+v", err, p.waiting.only())
	}
}

// F03: the run is killed between the two effects of a complaint, and repeated. The consent is withdrawn once, and the confirmation ends.
func TestFault_F03_AComplaintThatIsKilled(t *testing.T) {
	p := newPerson()
	p.grants(t)
	id := p.mailed(t, consent.Granted)
	p.waiting.fail = func(Confirmation) error { return errKilled }
	if err := p.reports().Complained(t.Context(), complaint(time.Hour)); !errors.Is(err, errKilled) {
		t.Fatalf("%v", err)
	}
	p.waiting.fail = nil
	if err := p.reports().Complained(t.Context(), complaint(time.Hour)); err != nil || len(p.history()) != 2 || p.marketing().State != consent.Denied {
		t.Errorf("%v, %d records", err, len(p.history()))
	}
	if _, err := p.consents.Confirm(t.Context(), id, confirms, false); !errors.Is(err, errLink) {
		t.Errorf("%v", err)
	}
}

// A confirmation that somebody else changes at the same moment is read again. If that does not end, the report comes again.
func TestFault_F02_AReportThatLosesARace(t *testing.T) {
	p := newPerson()
	id := p.mailed(t, consent.Granted)
	lost := 0
	p.waiting.fail = func(Confirmation) error {
		if lost++; lost < 4 {
			return ErrChanged
		}
		return nil
	}
	bounce := feedback.Event{Outcome: feedback.Bounced, Permanent: true, Mail: feedback.Mail{About: id}}
	if err := p.reports().Take(t.Context(), bounce); err != nil || p.waiting.only().Hash != nil {
		t.Errorf("%v after %d races", err, lost)
	}
	other := newPerson()
	bounce.About = other.mailed(t, consent.Granted)
	other.waiting.fail = func(Confirmation) error { return ErrChanged }
	if err := other.reports().Take(t.Context(), bounce); !errors.Is(err, ErrChanged) {
		t.Errorf("%v", err)
	}
}
