package sam_test

import (
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/dynamo/erasures"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// storing are the types of resources that store what the service writes. A secret stores a key of the service's, and an alarm or a mail
// passes through its service.
var storing = []string{"AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::Logs::LogGroup", "AWS::SQS::Queue"}

// passing are the types that store nothing which the service writes. A type that is in neither list has to be looked at.
var passing = []string{
	"AWS::Serverless::HttpApi", "AWS::Serverless::Function", "AWS::IAM::Role", "AWS::IAM::ManagedPolicy", "AWS::S3::BucketPolicy", "AWS::KMS::Key", "AWS::SecretsManager::Secret",
	"AWS::SES::ConfigurationSet", "AWS::SES::ConfigurationSetEventDestination", "AWS::SES::ReceiptRuleSet", "AWS::SES::ReceiptRule", "AWS::SQS::QueuePolicy", "AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "AWS::SNS::Subscription", "AWS::CloudWatch::Alarm",
}

// TestPromise_F08_EveryPlaceIsInTheInventory compares the inventory with the template: whatever stores anything stores a kind that the
// inventory names, and every place of the inventory is there.
func TestPromise_F08_EveryPlaceIsInTheInventory(t *testing.T) {
	places := map[string]bool{}
	for _, row := range policy.Inventory {
		for _, place := range row.Places {
			places[place] = true
		}
	}
	for id, r := range load(t).Resources {
		switch {
		case slices.Contains(storing, r.Type):
			if !places[id] {
				t.Errorf("%s stores something, and the inventory has no kind in it", id)
			}
			delete(places, id)
		case !slices.Contains(passing, r.Type):
			t.Errorf("%s is a %s: does that store anything?", id, r.Type)
		}
	}
	for place := range places {
		t.Errorf("%s is in the inventory and stores nothing", place)
	}
}

// A queue forgets its messages no later than the rule of its kind says. Package periods compares the logs and the bucket with theirs.
func TestPromise_F08_QueuesForgetInTime(t *testing.T) {
	template, now := load(t), time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	queues := 0
	for _, row := range policy.Inventory {
		for _, place := range row.Places {
			r := template.Resources[place]
			if r.Type != "AWS::SQS::Queue" {
				continue
			}
			queues++
			kept := time.Duration(r.Properties.Get("MessageRetentionPeriod").Int()) * time.Second
			if end := policy.Newest().SpanOf(row.Kind).After(now); kept == 0 || now.Add(kept).After(end) {
				t.Errorf("%s keeps messages for %v, longer than the schedule says of %s", place, kept, row.Kind)
			}
		}
	}
	if queues == 0 {
		t.Error("the inventory has no queue")
	}
}

// The fourth list of the inventory: an erasure looks for every kind but for those of which the inventory says why none does, and each source has kinds of
// its own (promise H03). Records are erased by their categories.
func TestPromise_H03_AnErasureLooksForEveryKind(t *testing.T) {
	looked := map[policy.Kind]int{}
	for _, source := range erasures.Sources(nil, erasures.Tables{}, nil, nil, policy.InForce, time.Now) {
		for _, kind := range source.Kinds() {
			looked[kind]++
		}
	}
	for _, row := range policy.Inventory {
		want := 0
		if row.Untouched == "" && !row.Kind.IsCategory() {
			want = 1
		}
		if looked[row.Kind] != want {
			t.Errorf("%d sources of an erasure look for %s; the inventory says that none does because %q", looked[row.Kind], row.Kind, row.Untouched)
		}
		delete(looked, row.Kind)
	}
	for kind := range looked {
		t.Errorf("a source looks for %s, which the inventory does not have", kind)
	}
}
