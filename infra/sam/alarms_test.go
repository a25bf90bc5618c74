package sam_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdeskexpert/privacy/infra/sam"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// The expected alarms, computed from what the template declares. An alarm that differs in any field fails its test.

// above rings when a metric rises above the threshold once. It stays silent without data.
func above(id string, threshold int, runbook string, metrics ...sam.Metric) sam.Alarm {
	return sam.Alarm{
		LogicalID: id, Metrics: metrics, Comparison: "GreaterThanThreshold", Threshold: threshold, Periods: 1,
		Missing: "notBreaching", Tells: []string{"Alarms"}, Runbook: runbook,
	}
}

// errorsAlarm rings at a function's first error.
func errorsAlarm(f sam.Function) sam.Alarm {
	return above(strings.TrimSuffix(f.LogicalID, "Function")+"ErrorsAlarm", 0, "errors", sam.Metric{
		Namespace: "AWS/Lambda", Name: "Errors", Dimensions: map[string]string{"FunctionName": f.LogicalID}, Statistic: "Sum", Seconds: 60,
	})
}

// canaryAlarm rings at the first error of the version that is being deployed, and only the deployment reacts to it. A function with
// routes answers most of its failures itself with a 500, which Lambda does not count.
func canaryAlarm(f sam.Function) sam.Alarm {
	id, version := strings.TrimSuffix(f.LogicalID, "Function"), f.LogicalID+".Version.Version"
	errors := sam.Metric{Namespace: "AWS/Lambda", Name: "Errors", Statistic: "Sum", Seconds: 60, Dimensions: map[string]string{
		"FunctionName": f.LogicalID, "Resource": "${" + f.LogicalID + "}:" + f.Alias, "ExecutedVersion": version,
	}}
	a := above(id+"CanaryAlarm", 0, "errors", errors)
	if len(f.Routes) > 0 {
		a.Metrics[0].ID, a.Expression = "errors", "FILL(errors, 0) + FILL(answers, 0)"
		a.Metrics = append(a.Metrics, sam.Metric{ID: "answers", Namespace: metric.Namespace, Name: string(metric.ServerErrors), Statistic: "Sum", Seconds: 60,
			Dimensions: map[string]string{metric.Function: f.LogicalID, metric.Version: version}})
	}
	a.Name, a.Tells = "${AWS::StackName}-"+f.Name+"-${"+version+"}", nil
	return a
}

// ageAlarm rings when an event has waited for half of the time after which it is given up.
func ageAlarm(f sam.Function, s sam.Stream) sam.Alarm {
	return above(s.LogicalID+"AgeAlarm", int(s.MaximumRecordAge.Milliseconds()/2), "the-age-of-a-streams-events", sam.Metric{
		Namespace: "AWS/Lambda", Name: "IteratorAge", Dimensions: map[string]string{"FunctionName": f.LogicalID}, Statistic: "Maximum", Seconds: 300,
	})
}

// throttleAlarm rings at the first read or write that a table, or an index of it, refuses. Missing data for reads or for writes counts as zero.
func throttleAlarm(table sam.Table, index string) sam.Alarm {
	of, id := map[string]string{"TableName": table.LogicalID}, strings.TrimSuffix(table.LogicalID, "Table")
	if index != "" {
		of["GlobalSecondaryIndexName"] = index
		id += strings.ToUpper(index[:1]) + index[1:]
	}
	a := above(id+"ThrottleAlarm", 0, "throttles",
		sam.Metric{ID: "reads", Namespace: "AWS/DynamoDB", Name: "ReadThrottleEvents", Dimensions: of, Statistic: "Sum", Seconds: 300},
		sam.Metric{ID: "writes", Namespace: "AWS/DynamoDB", Name: "WriteThrottleEvents", Dimensions: of, Statistic: "Sum", Seconds: 300})
	a.Expression = "FILL(reads, 0) + FILL(writes, 0)"
	return a
}

// expect compares the expected alarms with those of the template.
func expect(t *testing.T, template *sam.Template, want ...sam.Alarm) {
	t.Helper()
	for _, a := range want {
		if difference := cmp.Diff(a, template.Alarms()[a.LogicalID]); difference != "" {
			t.Errorf("%s (- as it must be, + as it is):\n%s", a.LogicalID, difference)
		}
	}
}

// failures returns the alarms of the template's queues and streams. A queue that a function reads rings when a message waits for an hour, and
// any other queue rings at its first message.
func failures(template *sam.Template) (all []sam.Alarm) {
	read := map[string]bool{}
	for _, f := range template.Functions {
		for _, s := range f.Sources {
			read[s.Queue] = true
			all = append(all, above(s.Queue+"AgeAlarm", 3600, strings.ToLower(s.Queue)+"agealarm", sam.Metric{
				Namespace: "AWS/SQS", Name: "ApproximateAgeOfOldestMessage", Dimensions: map[string]string{"QueueName": s.Queue + ".QueueName"},
				Statistic: "Maximum", Seconds: 300,
			}))
		}
	}
	for _, q := range template.Queues {
		if !read[q.LogicalID] {
			all = append(all, above(q.LogicalID+"Alarm", 0, strings.ToLower(q.LogicalID)+"alarm", sam.Metric{
				Namespace: "AWS/SQS", Name: "ApproximateNumberOfMessagesVisible", Dimensions: map[string]string{"QueueName": q.LogicalID + ".QueueName"},
				Statistic: "Maximum", Seconds: 60,
			}))
		}
	}
	for _, f := range template.Functions {
		for _, s := range f.Streams {
			all = append(all, ageAlarm(f, s))
		}
	}
	return all
}

func TestFault_F19_QueuesAndStreamsHaveTheirAlarms(t *testing.T) {
	template := load(t)
	expect(t, template, failures(template)...)
}

// parts returns the alarms of everything that serves or stores.
func parts(template *sam.Template) []sam.Alarm {
	all := []sam.Alarm{above("ApiErrorsAlarm", 5, "errors", sam.Metric{
		Namespace: "AWS/ApiGateway", Name: "5xx", Dimensions: map[string]string{"ApiId": template.API.LogicalID}, Statistic: "Sum", Seconds: 300,
	})}
	for _, f := range template.Functions {
		all = append(all, errorsAlarm(f), canaryAlarm(f))
	}
	for _, table := range template.Tables {
		all = append(all, throttleAlarm(table, ""))
		for _, index := range table.Indexes {
			all = append(all, throttleAlarm(table, index.Name))
		}
	}
	return all
}

func TestFunctionsTablesAndIndexesHaveTheirAlarms(t *testing.T) {
	template := load(t)
	expect(t, template, parts(template)...)
}

// A purge that does not run writes nothing, so missing data rings after three hours (missing_test.go). Overdue records ring four
// hours before the promise breaks; for that alarm, missing data says nothing. The service's own data is left to TTL, which takes
// days, so it rings after three days. All alarms count this stack only.
func purge() []sam.Alarm {
	of := map[string]string{metric.Stack: "AWS::StackName"}
	return []sam.Alarm{{
		LogicalID: "PurgeMissingAlarm", Comparison: "GreaterThanThreshold", Threshold: 0, Periods: 3, Missing: "missing",
		Metrics: []sam.Metric{
			{ID: "purges", Namespace: metric.Namespace, Name: string(metric.SuccessfulPurges), Dimensions: of, Statistic: "Sum", Seconds: 3600},
			{ID: "runs", Namespace: "AWS/Lambda", Name: "Invocations", Dimensions: map[string]string{"FunctionName": "FulfilFunction"}, Statistic: "Sum", Seconds: 3600},
		},
		Expression: "IF(FILL(purges, 0) > 0, 0, runs)",
		Tells:      []string{"Alarms"}, TellsNone: []string{"Alarms"}, Runbook: "purgemissingalarm",
	}, {
		LogicalID: "OverdueAlarm", Comparison: "GreaterThanOrEqualToThreshold", Threshold: 20 * 3600, Periods: 1, Missing: "ignore",
		Metrics: []sam.Metric{{Namespace: metric.Namespace, Name: string(metric.SecondsPastExpiry), Dimensions: of, Statistic: "Maximum", Seconds: 3600}},
		Tells:   []string{"Alarms"}, Runbook: "overduealarm",
	}, {
		LogicalID: "OwnOverdueAlarm", Comparison: "GreaterThanOrEqualToThreshold", Threshold: 72 * 3600, Periods: 1, Missing: "ignore",
		Metrics: []sam.Metric{{Namespace: metric.Namespace, Name: string(metric.SecondsPastExpiryOwn), Dimensions: of, Statistic: "Maximum", Seconds: 3600}},
		Tells:   []string{"Alarms"}, Runbook: "ownoverduealarm",
	}}
}

func TestPromise_F07_ThePurgeIsWatched(t *testing.T) { expect(t, load(t), purge()...) }

// While SES does not accept a mail, its alarm rings as long as the service tries. An export that stopped, and an answer that came back, ring once.
// An erasure that is stuck rings until it goes on.
func mails() []sam.Alarm {
	of := map[string]string{metric.Stack: "AWS::StackName"}
	return []sam.Alarm{
		above("MailsNotAcceptedAlarm", 0, "mailsnotacceptedalarm", sam.Metric{
			Namespace: metric.Namespace, Name: string(metric.MailsNotAccepted), Dimensions: of, Statistic: "Sum",
			Seconds: 2 * int(subject.LongestMailPause.Seconds()),
		}),
		above("ExportsStoppedAlarm", 0, "exportsstoppedalarm", sam.Metric{
			Namespace: metric.Namespace, Name: string(metric.ExportsStopped), Dimensions: of, Statistic: "Sum", Seconds: 300,
		}),
		above("ErasuresStuckAlarm", 0, "erasuresstuckalarm", sam.Metric{
			Namespace: metric.Namespace, Name: string(metric.ErasuresStuck), Dimensions: of, Statistic: "Sum", Seconds: 300,
		}),
		above("AnswersReturnedAlarm", 0, "answersreturnedalarm", sam.Metric{
			Namespace: metric.Namespace, Name: string(metric.AnswersReturned), Dimensions: of, Statistic: "Sum", Seconds: 300,
		}),
	}
}

// Each alarm about notices rings at the first count.
func campaigns() (all []sam.Alarm) {
	for _, name := range []metric.Name{metric.NoticesStarted, metric.NoticesBlocked, metric.NoticesStuck, metric.NoticesUnknown} {
		all = append(all, above(string(name)+"Alarm", 0, strings.ToLower(string(name))+"alarm", sam.Metric{
			Namespace: metric.Namespace, Name: string(name), Dimensions: map[string]string{metric.Stack: "AWS::StackName"}, Statistic: "Sum", Seconds: 300,
		}))
	}
	return all
}

func TestFault_F06_CampaignsAreWatched(t *testing.T) { expect(t, load(t), campaigns()...) }

// actsPerHour is the default of the parameter IdentityActsPerHour.
const actsPerHour = 100

// T33, T27: acts on identities ring by their number in an hour. A change that somebody contests, and a request that waits for the team, ring at the
// first count.
func acts() []sam.Alarm {
	counted := func(name metric.Name, seconds, threshold int) sam.Alarm {
		return above(string(name)+"Alarm", threshold, strings.ToLower(string(name))+"alarm", sam.Metric{
			Namespace: metric.Namespace, Name: string(name), Dimensions: map[string]string{metric.Stack: "AWS::StackName"}, Statistic: "Sum", Seconds: seconds,
		})
	}
	return []sam.Alarm{counted(metric.IdentityActs, 3600, actsPerHour), counted(metric.ChangesContested, 300, 0), counted(metric.RequestsForTeam, 300, 0)}
}

func TestThreat_T33_ActsOnIdentitiesAreWatched(t *testing.T) { expect(t, load(t), acts()...) }

// H13: an alarm rings while a request that is not closed is near or past its deadline, and another if nobody counts them.
func deadlines() []sam.Alarm {
	of := map[string]string{metric.Stack: "AWS::StackName"}
	all := []sam.Alarm{{
		LogicalID: "RemindMissingAlarm", Comparison: "GreaterThanThreshold", Threshold: 0, Periods: 3, Missing: "missing",
		Metrics: []sam.Metric{
			{ID: "counts", Namespace: metric.Namespace, Name: string(metric.RequestsOverdue), Dimensions: of, Statistic: "SampleCount", Seconds: 3600},
			{ID: "runs", Namespace: "AWS/Lambda", Name: "Invocations", Dimensions: map[string]string{"FunctionName": "FulfilFunction"}, Statistic: "Sum", Seconds: 3600},
		},
		Expression: "IF(FILL(counts, 0) > 0, 0, runs)",
		Tells:      []string{"Alarms"}, TellsNone: []string{"Alarms"}, Runbook: "remindmissingalarm",
	}}
	for _, name := range []metric.Name{metric.RequestsNear, metric.RequestsOverdue} {
		a := above(string(name)+"Alarm", 0, strings.ToLower(string(name))+"alarm", sam.Metric{Namespace: metric.Namespace, Name: string(name), Dimensions: of, Statistic: "Maximum", Seconds: 3600})
		a.Missing = "ignore"
		all = append(all, a)
	}
	return all
}

func TestPromise_H13_DeadlinesAreWatched(t *testing.T) { expect(t, load(t), deadlines()...) }

// The rates of bounces and complaints ring before SES reviews the account, which it does at 5 % and 0.1 %. They count the mails of this
// stack's configuration set.
func rates() []sam.Alarm {
	rate := func(id, name, expression string, threshold int) sam.Alarm {
		m := sam.Metric{ID: name, Namespace: "AWS/SES", Statistic: "Maximum", Seconds: 3600, Dimensions: map[string]string{"ses:configuration-set": "MailConfiguration"}}
		m.Name = map[string]string{"bounces": "Reputation.BounceRate", "complaints": "Reputation.ComplaintRate"}[name]
		a := above(id, threshold, "bounces-and-complaints", m)
		a.Expression, a.Missing = expression, "ignore"
		return a
	}
	return []sam.Alarm{rate("BounceRateAlarm", "bounces", "100 * bounces", 3), rate("ComplaintRateAlarm", "complaints", "10000 * complaints", 5)}
}

func TestFault_F07_BouncesAndComplaintsAreWatched(t *testing.T) { expect(t, load(t), rates()...) }

func TestFault_F23_MailsAreWatched(t *testing.T) { expect(t, load(t), mails()...) }

// There are no alarms besides those above. None has a property that the tests do not know, such as one that turns its actions off.
func TestNoOtherAlarms(t *testing.T) {
	template := load(t)
	var want []string
	for _, a := range slices.Concat(failures(template), parts(template), purge(), mails(), campaigns(), acts(), deadlines(), rates()) {
		want = append(want, a.LogicalID)
	}
	compared := strings.Fields("AlarmActions AlarmDescription AlarmName ComparisonOperator Dimensions EvaluationPeriods InsufficientDataActions MetricName Metrics " +
		"Namespace Period Statistic Threshold TreatMissingData")
	for id := range template.Alarms() {
		if !slices.Contains(want, id) {
			t.Errorf("%s is watched by no test", id)
		}
		for _, property := range template.Resources[id].Properties.Entries() {
			if !slices.Contains(compared, property.Key) {
				t.Errorf("%s: no test knows of %s", id, property.Key)
			}
		}
	}
}

// Detailed metrics are billed for each route and each of six names, some sixty dollars a month for the present routes.
func TestNoMetricsOfRoutesArePaidFor(t *testing.T) {
	template := load(t)
	api := template.Resources[template.API.LogicalID].Properties
	if api.Get("DefaultRouteSettings", "DetailedMetricsEnabled").Text() != "false" {
		t.Error("the routes have metrics of their own")
	}
	for _, e := range api.Get("RouteSettings").Entries() {
		if e.Value.Get("DetailedMetricsEnabled").Bool() {
			t.Errorf("%s has metrics of its own", e.Key)
		}
	}
	for id, a := range template.Alarms() {
		for _, m := range a.Metrics {
			if _, of := m.Dimensions["Method"]; of {
				t.Errorf("%s needs metrics of a route", id)
			}
		}
	}
}

func TestAlarmsAreHeard(t *testing.T) {
	template := load(t)
	if key, _ := template.Resources["Alarms"].Properties.Get("KmsMasterKeyId").Target(); key != "DataKey" {
		t.Error("the topic is not encrypted with the customer key")
	}
	mail := template.Resources["AlarmsByMail"].Properties
	if parameter, _ := mail.Get("Endpoint").Target(); parameter != "AlarmMail" || mail.Get("Protocol").Text() != "email" {
		t.Error("the topic is mailed to nobody")
	}
}
