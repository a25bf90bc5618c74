package mail

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/ses"
	"github.com/helpdeskexpert/privacy/shared/feedback"
)

// F24: what the stand-in for SES reports about mails is read as what became of them, so that tests of this service on one machine test it.
func TestFault_F24_TheReportsOfTheStandIn(t *testing.T) {
	s, a := openAccount(t, ses.Limits{})
	want := map[ses.Fate][]feedback.Event{
		ses.Delivers:         {{Outcome: feedback.Delivered}},
		ses.Bounces:          {{Outcome: feedback.Bounced, Permanent: true, Reason: "general"}},
		ses.BouncesForNow:    {{Outcome: feedback.Delayed, Reason: "mailbox_full"}, {Outcome: feedback.Bounced, Reason: "mailbox_full"}},
		ses.Complains:        {{Outcome: feedback.Delivered}, {Outcome: feedback.Complained, Reason: "abuse"}},
		ses.AnswersByMachine: {{Outcome: feedback.Delivered}, {Outcome: feedback.Bounced, Reason: "general"}},
		ses.IsRejected:       {{Outcome: feedback.Rejected, Reason: "bad_content"}},
		ses.IsNotRendered:    {{Outcome: feedback.NotRendered, Reason: "not_rendered"}},
		ses.IsDelayed:        {{Outcome: feedback.Delayed, Reason: "transient_communication_failure"}, {Outcome: feedback.Delivered}},
		ses.IsSuppressed:     {{Outcome: feedback.Bounced, Permanent: true, Reason: "on_account_suppression_list"}},
		ses.IsSuppressedAll:  {{Outcome: feedback.Bounced, Permanent: true, Reason: "suppressed"}},
	}
	for _, fate := range ses.Fates() {
		a.SetFate("p0@example.org", fate)
		a.events = nil
		answers, err := s.Bulk(t.Context(), letter, crowd(1))
		if err != nil || answers[0].Verdict != feedback.Accepted {
			t.Fatalf("%v, %v", answers, err)
		}
		all := append([]feedback.Event{{Outcome: feedback.Sent}}, want[fate]...)
		if len(want[fate]) == 0 || len(a.events) != len(all) {
			t.Fatalf("%s: %d events", fate, len(a.events))
		}
		for i, e := range all {
			e.Mail, e.MessageID, e.Address = feedback.Mail{Kind: feedback.Notice, About: "2026-11-02", Part: "7-0"}, answers[0].MessageID, "p0@example.org"
			got, err := ParseEvent(a.events[i])
			if e.At = got.At; err != nil || got != e || time.Since(got.At) > time.Minute {
				t.Errorf("%s, %d: %+v, %v", fate, i, got, err)
			}
		}
	}
}
