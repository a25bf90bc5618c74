package sam_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/sam"
)

// A message that fails comes again a few times and ends in a dead-letter queue. It comes again no earlier than six times the function's
// timeout and the batching window, as AWS advises, and it fails alone.
func TestFault_F19_EveryQueueEndsAndTells(t *testing.T) {
	template, sources := load(t), 0
	for _, f := range template.Functions {
		for _, s := range f.Sources {
			sources++
			q, ok := template.Queue(s.Queue)
			dead, has := template.Queue(q.DeadLetter)
			if !ok || !has || !s.PartialBatch || q.MaxReceives < 3 || q.MaxReceives > 10 {
				t.Errorf("%s: %+v of %+v", f.LogicalID, s, q)
			}
			if q.VisibilityTimeout < 6*f.Timeout+s.MaximumBatchingWindow {
				t.Errorf("%s hides a message for %v, and %s may run for %v", q.LogicalID, q.VisibilityTimeout, f.LogicalID, f.Timeout)
			}
			if dead.Retention <= q.Retention { // a dead letter keeps the age of its message
				t.Errorf("%s forgets after %v, and %s after %v", q.LogicalID, q.Retention, dead.LogicalID, dead.Retention)
			}
			if s.MaximumConcurrency < 2 || s.MaximumConcurrency > 4 { // ten invocations of a new account: TestFault_F19_LongRunsLeaveRoomInANewAccount
				t.Errorf("%s runs %d at a time", f.LogicalID, s.MaximumConcurrency)
			}
		}
	}
	if sources != 2 {
		t.Errorf("%d functions read a queue", sources)
	}
}

// Queues and topics are encrypted with the customer key.
func TestPromise_G03_QueuesAndTopicsAreEncrypted(t *testing.T) {
	for id, r := range load(t).Resources {
		if r.Type != "AWS::SQS::Queue" && r.Type != "AWS::SNS::Topic" {
			continue
		}
		if key, _ := r.Properties.Get("KmsMasterKeyId").Target(); key != "DataKey" {
			t.Errorf("%s is not encrypted with the customer key", id)
		}
	}
}

// F24: SES reports every outcome of a mail, as it is, to the one queue that the function reads.
func TestFault_F24_SESReportsToTheFunction(t *testing.T) {
	template := load(t)
	p := template.Resources["MailEventDestination"].Properties
	set, _ := p.Get("ConfigurationSetName").Target()
	want := []string{"SEND", "DELIVERY", "BOUNCE", "COMPLAINT", "REJECT", "RENDERING_FAILURE", "DELIVERY_DELAY"}
	if have := p.Get("EventDestination", "MatchingEventTypes").Texts(); set != "MailConfiguration" || !p.Get("EventDestination", "Enabled").Bool() || !slices.Equal(have, want) {
		t.Errorf("SES reports %q of %s", have, set)
	}
	subscription := template.Resources["MailReportsToQueue"].Properties
	dead, _ := subscription.Get("RedrivePolicy", "deadLetterTargetArn").Target()
	if template.MailReports() != "MailEvents" || !subscription.Get("RawMessageDelivery").Bool() || dead != "FailedMailEvents" {
		t.Errorf("reports go to %q, and to %q if that fails", template.MailReports(), dead)
	}
	feedback, _ := template.Function("FeedbackFunction")
	if len(feedback.Sources) != 1 || feedback.Sources[0].Queue != template.MailReports() {
		t.Errorf("the function reads %+v", feedback.Sources)
	}
}

// grant is a statement of a resource's or the key's policy.
type grant struct{ effect, principal, action, resource, condition string }

func grants(t *testing.T, template *sam.Template, policy sam.Value) (all []grant) {
	for _, s := range policy.Get("Statement").List() {
		principal := s.Get("Principal").Text()
		if service := s.Get("Principal", "Service"); service.Exists() {
			principal = texts(t, template, service)[0]
		}
		var conditions []string
		for _, operator := range s.Get("Condition").Entries() {
			for _, key := range operator.Value.Entries() {
				conditions = append(conditions, operator.Key+" "+key.Key+" "+texts(t, template, key.Value)[0])
			}
		}
		all = append(all, grant{s.Get("Effect").Text(), principal, strings.Join(s.Get("Action").Texts(), " "),
			strings.Join(texts(t, template, s.Get("Resource").List()...), " "), strings.Join(conditions, ", ")})
	}
	return all
}

// Each station takes messages only from the station before it, in this account, and only over TLS.
func TestPromise_G04_OnlySESReportsAboutMails(t *testing.T) {
	template := load(t)
	const account = "StringEquals aws:SourceAccount AWS::AccountId"
	const rule = "StringLike aws:SourceArn arn:AWS::Partition:ses:AWS::Region:AWS::AccountId:receipt-rule-set/*:receipt-rule/privacy-address"
	for id, want := range map[string][]grant{
		"MailReportsPolicy": {
			{"Allow", "ses.amazonaws.com", "sns:Publish", "MailReports", account + ", StringEquals aws:SourceArn arn:AWS::Partition:ses:AWS::Region:AWS::AccountId:configuration-set/MailConfiguration"},
			{"Deny", "*", "sns:Publish", "MailReports", "Bool aws:SecureTransport false"},
		},
		"MailEventsPolicy": {
			{"Allow", "sns.amazonaws.com", "sqs:SendMessage", "MailEvents FailedMailEvents", "ArnEquals aws:SourceArn MailReports"},
			{"Deny", "*", "sqs:*", "MailEvents FailedMailEvents", "Bool aws:SecureTransport false"},
		},
		"InboundNoticesPolicy": {
			{"Allow", "ses.amazonaws.com", "sns:Publish", "InboundNotices", account + ", " + rule},
			{"Deny", "*", "sns:Publish", "InboundNotices", "Bool aws:SecureTransport false"},
		},
		"InboundMailsPolicy": {
			{"Allow", "sns.amazonaws.com", "sqs:SendMessage", "InboundMails FailedInboundMails", "ArnEquals aws:SourceArn InboundNotices"},
			{"Deny", "*", "sqs:*", "InboundMails FailedInboundMails", "Bool aws:SecureTransport false"},
		},
		"InboundBucketPolicy": {
			{"Allow", "ses.amazonaws.com", "s3:PutObject", "InboundBucket/mail/*", account + ", " + rule},
			{"Deny", "*", "s3:*", "InboundBucket InboundBucket/*", "Bool aws:SecureTransport false"},
			{"Deny", "*", "s3:*", "InboundBucket InboundBucket/*", "NumericLessThan s3:TlsVersion 1.2"},
		},
	} {
		if have := grants(t, template, template.Resources[id].Properties.Get("PolicyDocument")); !slices.Equal(have, want) {
			t.Errorf("%s:\n%+v, want\n%+v", id, have, want)
		}
	}
	have := grants(t, template, template.Resources["DataKey"].Properties.Get("KeyPolicy"))
	for _, want := range []grant{
		{"Allow", "ses.amazonaws.com", "kms:Decrypt kms:GenerateDataKey", "*", account},
		{"Allow", "sns.amazonaws.com", "kms:Decrypt kms:GenerateDataKey", "*", "ArnLike aws:SourceArn arn:AWS::Partition:sns:AWS::Region:AWS::AccountId:*"},
	} {
		if !slices.Contains(have, want) {
			t.Errorf("the key's policy lacks %+v", want)
		}
	}
}
