package sam

import (
	"strconv"
	"strings"
)

// Alarm is a CloudWatch alarm on one metric or on a sum of several.
type Alarm struct {
	LogicalID  string
	Name       string // as the file spells it; empty if CloudFormation chooses one
	Metrics    []Metric
	Expression string   // over the ids of the metrics; empty if there is only one metric
	Comparison string   // how the value, or the expression's, is compared with the threshold, such as GreaterThanThreshold
	Threshold  int      // with the defaults of the parameters
	Periods    int      // how many periods in a row must breach it
	Missing    string   // what missing data means: "breaching", "notBreaching", "ignore"
	Tells      []string // logical ids of the topics that it notifies
	TellsNone  []string // those that it notifies when it has no data left to judge by
	Runbook    string   // anchor of the heading in infra/README.md that its description names
}

// Metric is what an alarm watches: a statistic of a metric in a namespace, for the given dimensions.
type Metric struct {
	ID              string // in the alarm's expression; empty without one
	Namespace, Name string
	Dimensions      map[string]string // values as logical ids, Id.Attribute, or as the file spells them
	Statistic       string
	Seconds         int // length of the period
}

// runbooks is the text that precedes the anchor of a runbook in a description.
const runbooks = "Runbook: infra/README.md#"

// Alarms lists the alarms of the template by logical id.
func (t *Template) Alarms() map[string]Alarm {
	alarms := map[string]Alarm{}
	for id, r := range t.Resources {
		if r.Type == "AWS::CloudWatch::Alarm" {
			a := alarm(id, r.Properties)
			a.Threshold = t.threshold(r.Properties.Get("Threshold"))
			alarms[id] = a
		}
	}
	return alarms
}

// threshold returns a number, or the default of the parameter that says it. Anything else is -1, which no alarm has.
func (t *Template) threshold(v Value) int {
	text, err := t.Resolve(v, func(string, string) (string, bool) { return "", false })
	if err != nil {
		return -1
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}

func alarm(id string, p Value) Alarm {
	a := Alarm{
		LogicalID: id, Name: p.Get("AlarmName").spelt(), Comparison: p.Get("ComparisonOperator").Text(),
		Periods: p.Get("EvaluationPeriods").Int(), Missing: p.Get("TreatMissingData").Text(),
	}
	_, a.Runbook, _ = strings.Cut(p.Get("AlarmDescription").Text(), runbooks)
	if p.Get("MetricName").Exists() {
		a.Metrics = append(a.Metrics, metric(p, p.Get("Statistic"), p.Get("Period")))
	}
	for _, m := range p.Get("Metrics").List() {
		if stat := m.Get("MetricStat"); stat.Exists() {
			watched := metric(stat.Get("Metric"), stat.Get("Stat"), stat.Get("Period"))
			watched.ID = m.Get("Id").Text()
			a.Metrics = append(a.Metrics, watched)
		} else if m.Get("ReturnData").Bool() {
			a.Expression = m.Get("Expression").Text()
		}
	}
	a.Tells, a.TellsNone = topics(p.Get("AlarmActions")), topics(p.Get("InsufficientDataActions"))
	return a
}

// topics lists the logical ids of the topics in an alarm's actions.
func topics(actions Value) (ids []string) {
	for _, action := range actions.List() {
		id, _ := action.Target()
		ids = append(ids, id)
	}
	return ids
}

func metric(p, statistic, period Value) Metric {
	m := Metric{
		Namespace: p.Get("Namespace").Text(), Name: p.Get("MetricName").Text(), Dimensions: map[string]string{},
		Statistic: statistic.Text(), Seconds: period.Int(),
	}
	for _, d := range p.Get("Dimensions").List() {
		value := d.Get("Value").spelt()
		if id, attribute := d.Get("Value").Target(); id != "" {
			value = strings.TrimSuffix(id+"."+attribute, ".")
		}
		m.Dimensions[d.Get("Name").Text()] = value
	}
	return m
}
