package sam

// Alarm is a CloudWatch alarm on one metric or on a sum of several.
type Alarm struct {
	LogicalID string
	Metrics   []Metric
	Missing   string // what silence means: "breaching", "notBreaching", "ignore"
	Threshold int
	Tells     []string // logical ids of the topics that hear of it
	Resource  Resource
}

// Metric is what an alarm watches: a name in a namespace, of what the dimensions name.
type Metric struct {
	Namespace, Name string
	Dimensions      map[string]string // values as logical ids, or as the file spells them
	Seconds         int               // the period
}

// Alarms lists the alarms of the template by logical id.
func (t *Template) Alarms() map[string]Alarm {
	alarms := map[string]Alarm{}
	for id, r := range t.Resources {
		if r.Type != "AWS::CloudWatch::Alarm" {
			continue
		}
		p := r.Properties
		a := Alarm{LogicalID: id, Missing: p.Get("TreatMissingData").Text(), Threshold: p.Get("Threshold").Int(), Resource: r}
		if p.Get("MetricName").Exists() {
			a.Metrics = append(a.Metrics, metric(p, p.Get("Period")))
		}
		for _, m := range p.Get("Metrics").List() {
			if stat := m.Get("MetricStat"); stat.Exists() {
				a.Metrics = append(a.Metrics, metric(stat.Get("Metric"), stat.Get("Period")))
			}
		}
		for _, action := range p.Get("AlarmActions").List() {
			topic, _ := action.Target()
			a.Tells = append(a.Tells, topic)
		}
		alarms[id] = a
	}
	return alarms
}

func metric(p, period Value) Metric {
	m := Metric{Namespace: p.Get("Namespace").Text(), Name: p.Get("MetricName").Text(), Dimensions: map[string]string{}, Seconds: period.Int()}
	for _, d := range p.Get("Dimensions").List() {
		value := d.Get("Value").Text()
		if id, _ := d.Get("Value").Target(); id != "" {
			value = id
		}
		m.Dimensions[d.Get("Name").Text()] = value
	}
	return m
}

// Rings reports whether the alarm watches the metric of exactly these dimensions, given as name, value, name, value.
func (a Alarm) Rings(namespace, name string, dimensions ...string) bool {
	for _, m := range a.Metrics {
		same := m.Namespace == namespace && m.Name == name && 2*len(m.Dimensions) == len(dimensions)
		for i := 0; same && i < len(dimensions); i += 2 {
			same = m.Dimensions[dimensions[i]] == dimensions[i+1]
		}
		if same {
			return true
		}
	}
	return false
}
