package sam_test

import (
	"slices"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/sam"
	"github.com/helpdeskexpert/privacy/shared/metric"
)

// rung returns the alarm on a metric, and fails the test where there is none.
func rung(t *testing.T, template *sam.Template, namespace, name string, dimensions ...string) sam.Alarm {
	t.Helper()
	for _, a := range template.Alarms() {
		if a.Rings(namespace, name, dimensions...) {
			return a
		}
	}
	t.Errorf("nobody hears of %s %s of %q", namespace, name, dimensions)
	return sam.Alarm{}
}

func TestFault_F19_QueuesAndStreamsHaveTheirAlarms(t *testing.T) {
	template := load(t)
	for id, r := range template.Resources {
		if r.Type == "AWS::SQS::Queue" {
			if a := rung(t, template, "AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", id); a.Threshold != 0 {
				t.Errorf("%s: %d messages go unheard", id, a.Threshold)
			}
		}
	}
	for _, f := range template.Functions {
		for _, s := range f.Streams {
			a := rung(t, template, "AWS/Lambda", "IteratorAge", "FunctionName", f.LogicalID)
			if age := s.MaximumRecordAge.Milliseconds(); int64(a.Threshold) >= age {
				t.Errorf("%s: events are given up after %d ms, the alarm comes at %d ms", s.LogicalID, age, a.Threshold)
			}
		}
	}
}

func TestFunctionsTablesAndIndexesHaveTheirAlarms(t *testing.T) {
	template := load(t)
	for _, f := range template.Functions {
		rung(t, template, "AWS/Lambda", "Errors", "FunctionName", f.LogicalID)
	}
	rung(t, template, "AWS/ApiGateway", "5xx", "ApiId", template.API.LogicalID)
	for _, throttled := range []string{"ReadThrottleEvents", "WriteThrottleEvents"} {
		for _, table := range template.Tables {
			rung(t, template, "AWS/DynamoDB", throttled, "TableName", table.LogicalID)
			for _, index := range table.Indexes {
				rung(t, template, "AWS/DynamoDB", throttled, "TableName", table.LogicalID, "GlobalSecondaryIndexName", index.Name)
			}
		}
	}
}

// The purge is silent when it fails to run, so silence rings; what is overdue rings four hours before the promise breaks.
func TestPromise_F07_ThePurgeIsWatched(t *testing.T) {
	template := load(t)
	missing := rung(t, template, metric.Namespace, string(metric.SuccessfulPurges))
	p := missing.Resource.Properties
	if hours := missing.Metrics[0].Seconds * p.Get("EvaluationPeriods").Int() / 3600; hours != 3 || missing.Missing != "breaching" || missing.Threshold != 1 {
		t.Errorf("%s: %d hours, missing data is %s", missing.LogicalID, hours, missing.Missing)
	}
	overdue := rung(t, template, metric.Namespace, string(metric.SecondsPastExpiry))
	if overdue.Threshold != 20*3600 || overdue.Resource.Properties.Get("ComparisonOperator").Text() != "GreaterThanOrEqualToThreshold" {
		t.Errorf("%s rings at %d s", overdue.LogicalID, overdue.Threshold)
	}
}

// An alarm without a listener, a description or a runbook is none, and one on a metric that nobody writes never rings.
func TestAlarmsAreHeardAndDescribed(t *testing.T) {
	template := load(t)
	if len(template.Alarms()) == 0 {
		t.Fatal("no alarms")
	}
	for id, a := range template.Alarms() {
		if !slices.Equal(a.Tells, []string{"Alarms"}) {
			t.Errorf("%s tells %q", id, a.Tells)
		}
		if a.Resource.Properties.Get("AlarmDescription").Text() == "" || a.Missing == "" || len(a.Metrics) == 0 {
			t.Errorf("%s: %+v", id, a)
		}
		for _, m := range a.Metrics {
			if m.Namespace == metric.Namespace && !slices.Contains(metric.Names(), metric.Name(m.Name)) {
				t.Errorf("%s waits for %s, which nobody writes", id, m.Name)
			}
		}
	}
	if key, _ := template.Resources["Alarms"].Properties.Get("KmsMasterKeyId").Target(); key != "DataKey" {
		t.Error("the topic is not encrypted with the customer key")
	}
	mail := template.Resources["AlarmsByMail"].Properties
	if parameter, _ := mail.Get("Endpoint").Target(); parameter != "AlarmMail" || mail.Get("Protocol").Text() != "email" {
		t.Error("the topic is mailed to nobody")
	}
}

// Every function goes out by a canary, and comes back when its own errors, the API's or the queue's alarm ring.
func TestEveryFunctionIsDeployedByCanary(t *testing.T) {
	template := load(t)
	for _, f := range template.Functions {
		if f.Alias != "live" || f.Deployment != "Canary10Percent5Minutes" {
			t.Errorf("%s: alias %q, deployment %q", f.LogicalID, f.Alias, f.Deployment)
		}
		var alarms []string
		for _, v := range f.DeploymentAlarms {
			text, err := template.Resolve(v, func(id, _ string) (string, bool) { return id, true })
			if err != nil {
				t.Fatal(err)
			}
			alarms = append(alarms, text)
		}
		own := rung(t, template, "AWS/Lambda", "Errors", "FunctionName", f.LogicalID).LogicalID
		for _, need := range []string{own, "FailedEventsAlarm", "AWS::StackName-api-errors"} {
			if !slices.Contains(alarms, need) {
				t.Errorf("%s: a deployment goes on although %s rings", f.LogicalID, need)
			}
		}
	}
	name, err := template.Resolve(template.Resources["ApiErrorsAlarm"].Properties.Get("AlarmName"), func(id, _ string) (string, bool) { return id, true })
	if err != nil || name != "AWS::StackName-api-errors" {
		t.Errorf("the API's alarm is called %q, %v", name, err)
	}
}

// A schedule calls the alias, not the newest version, so its role must name the alias.
func TestSchedulesMayInvokeTheAlias(t *testing.T) {
	template := load(t)
	var allowed []string
	for _, s := range template.Resources["SchedulerRole"].Properties.Get("Policies").List()[0].Get("PolicyDocument", "Statement").List() {
		for _, r := range s.Get("Resource").List() {
			text, err := template.Resolve(r, func(id, _ string) (string, bool) { return id, true })
			if err != nil {
				t.Fatal(err)
			}
			allowed = append(allowed, text)
		}
	}
	for _, f := range template.Functions {
		if len(f.Schedules) > 0 && !slices.Contains(allowed, f.LogicalID+":"+f.Alias) {
			t.Errorf("the scheduler may not invoke %s:%s", f.LogicalID, f.Alias)
		}
	}
}
