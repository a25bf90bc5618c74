package sam_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/sam"
)

// SES checks the permission for the verified identity: the sender's address, its domain or a parent domain. Only the operator knows
// which. So the role names any identity of this account and region, and the condition fixes the sender, so that no mail can leave
// under another address.
func TestThreat_T13_MailsHaveOneSender(t *testing.T) {
	template, senders := load(t), 0
	for _, f := range template.Functions {
		for _, s := range f.Statements {
			if !slices.Contains(s.Actions, "ses:SendEmail") && !slices.Contains(s.Actions, "ses:SendBulkEmail") {
				continue
			}
			senders++
			const ses = "arn:AWS::Partition:ses:AWS::Region:AWS::AccountId:"
			if have := texts(t, template, s.Resources...); !slices.Equal(have, []string{ses + "identity/*", ses + "configuration-set/MailConfiguration"}) {
				t.Errorf("%s may send as %q", f.LogicalID, have)
			}
			from, _ := s.Condition.Get("StringEquals", "ses:FromAddress").Target()
			if from != "MailFrom" || len(s.Condition.Entries()) != 1 || len(s.Condition.Get("StringEquals").Entries()) != 1 {
				t.Errorf("%s: the sender is pinned to %q", f.LogicalID, from)
			}
		}
	}
	if senders != 5 {
		t.Errorf("%d functions send mail", senders)
	}
}

// Mails are not tracked: SES rewrites links only for a configuration set that says where opens and clicks are reported.
func TestThreat_T12_MailIsNotTracked(t *testing.T) {
	template := load(t)
	p := template.Resources["MailConfiguration"].Properties
	suppressed := p.Get("SuppressionOptions", "SuppressedReasons")
	if p.Get("TrackingOptions").Exists() || !suppressed.Exists() || len(suppressed.List()) != 0 {
		t.Error("mails are tracked or suppressed")
	}
	// A setting that is not turned off here follows the account's settings, which somebody may turn on for another service.
	for what, off := range map[string]sam.Value{
		"opens and clicks are measured":           p.Get("VdmOptions", "DashboardOptions", "EngagementMetrics"),
		"mails are held back for their delivery":  p.Get("VdmOptions", "GuardianOptions", "OptimizedSharedDelivery"),
		"mails to doubtful addresses are dropped": p.Get("SuppressionOptions", "ValidationOptions", "ConditionThreshold", "ConditionThresholdEnabled"),
	} {
		if off.Text() != "DISABLED" {
			t.Error(what)
		}
	}
	for id, r := range template.Resources {
		if r.Type == "AWS::SES::ConfigurationSetEventDestination" {
			for _, kind := range r.Properties.Get("EventDestination", "MatchingEventTypes").Texts() {
				if strings.EqualFold(kind, "open") || strings.EqualFold(kind, "click") {
					t.Errorf("%s tracks %s", id, kind)
				}
			}
		}
	}
	for _, f := range template.Functions {
		if f.Properties.Get("Tracing").Exists() {
			t.Errorf("%s: a trace would carry paths", f.LogicalID)
		}
	}
}
