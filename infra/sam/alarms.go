package sam

import "strings"

// Alarm is a CloudWatch alarm on one metric or on a sum of several.
type Alarm struct {
	LogicalID  string
	Name       string // as the file spells it; empty where CloudFormation makes one up
	Metrics    []Metric
	Expression string // over the ids of the metrics; empty where there is one metric
	Comparison string // of the value, or of the expression's, with the threshold, such as GreaterThanThreshold
	Threshold  int
	Periods    int      // how many in a row must breach it
	Missing    string   // what silence means: "breaching", "notBreaching", "ignore"
	Tells      []string // logical ids of the topics that hear of it
	TellsNone  []string // of those that hear when it has no data left to judge by
	Runbook    string   // the heading in infra/README.md that its description points at, as an anchor
}

// Metric is what an alarm watches: a statistic of a name in a namespace, of what the dimensions name.
type Metric struct {
	ID              string // in the alarm's expression; empty where there is none
	Namespace, Name string
	Dimensions      map[string]string // values as logical ids, Id.Attribute, or as the file spells them
	Statistic       string
	Seconds         int // the period
}

// runbooks is what stands in a description before the anchor of a runbook.
const runbooks = "Runbook: infra/README.md#"

// Alarms lists the alarms of the template by logical id.
func (t *Template) Alarms() map[string]Alarm {
	alarms := map[string]Alarm{}
	for id, r := range t.Resources {
		if r.Type == "AWS::CloudWatch::Alarm" {
			alarms[id] = alarm(id, r.Properties)
		}
	}
	return alarms
}

func alarm(id string, p Value) Alarm {
	a := Alarm{
		LogicalID: id, Name: p.Get("AlarmName").spelt(), Comparison: p.Get("ComparisonOperator").Text(), Threshold: p.Get("Threshold").Int(),
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

// topics lists the logical ids of the topics that an alarm's actions name.
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
