package sam_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/helpdeskexpert/privacy/infra/sam"
)

const receives = "ReceivesMail"

// Not every region receives mail, so nothing about mails to the privacy address exists without InboundDomain: the function, its role and its alarms,
// the bucket, the queues, and what SES needs.
func TestNothingReceivesMailWithoutADomain(t *testing.T) {
	template := load(t)
	if p := template.Parameters["InboundDomain"]; p.Type != "String" || p.Default != "" {
		t.Errorf("%+v", p)
	}
	for id, r := range template.Resources {
		of := strings.HasPrefix(id, "Inbound") || strings.HasPrefix(id, "FailedInbound") || strings.HasPrefix(id, "Inbox")
		if of != (r.Condition == receives) {
			t.Errorf("%s exists if %q", id, r.Condition)
		}
		if !of && r.Condition != "" && id != "AlarmsByMail" {
			t.Errorf("%s exists only if %s", id, r.Condition)
		}
	}
	// SAM gives the condition to what it makes of the function, but to the deployment group only if it is told to.
	inbox, _ := template.Function("InboxFunction")
	if !inbox.Properties.Get("DeploymentPreference", "PassthroughCondition").Bool() {
		t.Error("the deployment group of inbox would exist without inbox")
	}
}

// uses calls use for each resource that a node refers to, and says under which condition it does: that of the node itself, or of an !If around it.
func uses(n *yaml.Node, condition string, use func(id, condition string)) {
	if n.Tag == "!If" && len(n.Content) == 3 {
		uses(n.Content[1], n.Content[0].Value, use)
		uses(n.Content[2], condition, use)
		return
	}
	for _, id := range targets(&yaml.Node{Tag: n.Tag, Value: n.Value}) {
		use(id, condition)
	}
	for _, child := range n.Content {
		uses(child, condition, use)
	}
}

// What exists only under a condition is used only under the same one. CloudFormation refuses anything else, but only when it deploys.
func TestWhatIsConditionalIsUsedUnderItsCondition(t *testing.T) {
	text, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Resources map[string]yaml.Node `yaml:"Resources"`
		Outputs   map[string]yaml.Node `yaml:"Outputs"`
	}
	if err := yaml.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	template, used := load(t), 0
	for _, part := range []map[string]yaml.Node{document.Resources, document.Outputs} {
		for id, node := range part {
			var own struct {
				Condition string `yaml:"Condition"`
			}
			if err := node.Decode(&own); err != nil {
				t.Fatal(err)
			}
			uses(&node, own.Condition, func(other, condition string) {
				if needed := template.Resources[other].Condition; needed != "" {
					if used++; condition != needed {
						t.Errorf("%s uses %s, which exists only if %s", id, other, needed)
					}
				}
			})
		}
	}
	if used < 20 {
		t.Errorf("conditional resources are used %d times: this test looks in the wrong place", used)
	}
}

// !If chooses by the value of the parameter.
func TestTheSchedulerInvokesInboxOnlyIfThereIsOne(t *testing.T) {
	template := load(t)
	resources := template.Resources["SchedulerRole"].Properties.Get("Policies").List()[0].Get("PolicyDocument", "Statement").List()[0].Get("Resource").List()
	for domain, want := range map[string]string{"": "AWS::NoValue", "mail.example.com": "InboxFunction.Arn:live"} {
		got, err := template.Resolve(resources[len(resources)-1], func(id, attribute string) (string, bool) {
			if id == "InboundDomain" {
				return domain, true
			}
			return strings.TrimSuffix(id+"."+attribute, "."), true
		})
		if err != nil || got != want {
			t.Errorf("with the domain %q: %q, %v", domain, got, err)
		}
	}
}

// SES takes mails to the one address over TLS, scans them, stores them, and tells the queue that the function reads.
func TestMailsReachTheFunction(t *testing.T) {
	template := load(t)
	in, ok := template.Inbound()
	if !ok {
		t.Fatal("there is no receipt rule")
	}
	address := texts(t, template, in.Recipient)[0]
	in.Recipient = sam.Value{}
	if want := (sam.Inbound{Bucket: "InboundBucket", Prefix: "mail/", Topic: "InboundNotices", Queue: "InboundMails", Scan: true, RuleSet: "InboundRules", Rule: "privacy-address"}); in != want || address != "privacy@InboundDomain" {
		t.Errorf("%s: %+v", address, in)
	}
	rule := template.Resources["InboundRule"].Properties.Get("Rule")
	if rule.Get("TlsPolicy").Text() != "Require" || !rule.Get("Enabled").Bool() {
		t.Error("the rule is off, or takes mails without TLS")
	}
	subscription := template.Resources["InboundNoticesToQueue"].Properties
	if dead, _ := subscription.Get("RedrivePolicy", "deadLetterTargetArn").Target(); dead != "FailedInboundMails" || !subscription.Get("RawMessageDelivery").Bool() {
		t.Errorf("what the queue does not take goes to %q", dead)
	}
	inbox, _ := template.Function("InboxFunction")
	if len(inbox.Sources) != 1 || inbox.Sources[0].Queue != in.Queue || len(inbox.Schedules) != 1 {
		t.Errorf("the function reads %+v", inbox.Sources)
	}
	for variable, want := range map[string]string{"REQUESTS_TABLE": "RequestsTable", "INBOUND_BUCKET": "InboundBucket", "ORIGIN": "Origin"} {
		if of, _ := inbox.Environment[variable].Target(); of != want {
			t.Errorf("%s is %q", variable, of)
		}
	}
}

// The rule has one address, so nothing else that arrives at the subdomain is stored. Its domain is a host name, and no address.
func TestTheDomainOfMailsIsAHostName(t *testing.T) {
	allowed := regexp.MustCompile(load(t).Parameters["InboundDomain"].AllowedPattern)
	for domain, want := range map[string]bool{
		"": true, "mail.privacy.example.com": true, "a-b.example.com": true,
		"privacy@example.com": false, "example": false, "-a.example.com": false, "a..example.com": false, "Mail.example.com": false, "mail.example.com.": false, "a b.example.com": false,
	} {
		if allowed.MatchString(domain) != want {
			t.Errorf("%q is allowed: %t", domain, !want)
		}
	}
}
