package main

import (
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/policy/policytest"
)

// publish puts a later version of the policy into force, with an earlier deadline, another time zone and a shorter life of links.
func (s *rig) publish() {
	later := *policy.Newest()
	later.Version, later.AnswerWithin, later.Controller.TimeZone = "2027-03-02", 10, "Asia/Tokyo"
	later.Retention = append([]policy.Retention{
		{Days: 3, Stored: []policy.Kind{policy.MailboxLink}}, {Months: 5, Stored: []policy.Kind{policy.Request}},
	}, later.Retention...)
	s.Publish(&later)
	mails := s.mails
	mails.Policy = policytest.Always(&later)
	s.posts(mails)
}

// A mail names the deadline of the version under which the request was received, as a day in that version's time zone, even if the mail is sent
// late. The answer that nothing is stored says how long that version keeps the request. The life of a link begins with the mail, so it
// follows the version in force.
func TestPromise_A02_TheMailKeepsTheTermsOfItsRequest(t *testing.T) {
	s := newRig(t)
	s.Clock.Set(time.Date(2027, 3, 1, 20, 0, 0, 0, time.UTC))
	s.file("anna@example.org")
	s.publish()
	s.file("berta@example.org")
	s.Tables.Settle()
	s.fulfils()
	due := map[string]string{"anna@example.org": "by 31 March 2027 at", "berta@example.org": "by 12 March 2027 at"}
	for _, m := range s.box.All() {
		if want := due[m.To[0]]; want == "" || !strings.Contains(m.Text, want) || !strings.Contains(m.Text, "within 3 days") {
			t.Errorf("to %s: %s", m.To, m.Text)
		}
		delete(due, m.To[0])
	}
	if len(due) > 0 {
		t.Errorf("no mail to %v", due)
	}

	s.verify()
	s.Tables.Settle()
	s.fulfils()
	kept := map[string]string{"anna@example.org": "It keeps the request for 24 months after the answer.", "berta@example.org": "It keeps the request for 5 months after the answer."}
	for _, m := range s.box.All()[2:] {
		if m.Tags["kind"] == "receipt" {
			continue
		}
		if want := kept[m.To[0]]; want == "" || !strings.Contains(m.Text, want) {
			t.Errorf("to %s: %s", m.To, m.Text)
		}
		delete(kept, m.To[0])
	}
	if len(kept) > 0 {
		t.Errorf("no answer to %v", kept)
	}
}
