// Package metric writes the service's own measurements as lines of CloudWatch's Embedded Metric Format: Lambda turns a
// line on standard output into a metric, without a call and without a client.
//
// What may be measured stands in one table. A line holds a time, names from that table, numbers, and as its dimensions
// the name of the stack or of a function and its version, so it has no place for personal data.
package metric

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"time"
)

// Namespace is where CloudWatch keeps the metrics; the alarms of template.yaml name it.
const Namespace = "HelpDeskExpertPrivacy"

// Stack is the dimension of metrics about the service: two stacks of one account are two services, and each has alarms of its own.
const Stack = "Stack"

// Function and Version are the dimensions of metrics about one version of a function. Its name is unique in the account.
const (
	Function = "Function"
	Version  = "Version"
)

// Name is the name of a metric.
type Name string

// The metrics there are.
const (
	// SuccessfulPurges counts sweeps that came to their end; three hours without one raise an alarm (promise F07).
	SuccessfulPurges Name = "SuccessfulPurges"
	// SecondsPastExpiry is how long the most overdue record is still stored after its retention ended. A day is the
	// promise (F07); the alarm comes four hours before.
	SecondsPastExpiry Name = "SecondsPastExpiry"
	// SecondsPastExpiryOwn is the same of what the service keeps for itself, as far as a sweep has looked at it. DynamoDB's
	// TTL deletes that within days; the alarm comes at 72 hours.
	SecondsPastExpiryOwn Name = "SecondsPastExpiryOwn"
	// MailsNotAccepted counts mails that SES did not accept at a try, whether it refused them or did not answer (fault F23).
	MailsNotAccepted Name = "MailsNotAccepted"
	// ExportsStopped counts exports that were tried too often and wait for the team (faults F20, F23).
	ExportsStopped Name = "ExportsStopped"
	// ServerErrors counts failures that a version of a function answered itself, by 500: Lambda takes such an answer for a success. An alarm on it
	// rolls a deployment back.
	ServerErrors Name = "ServerErrors"
)

// units gives each metric its unit, as CloudWatch spells it. What is not in here is not written.
var units = map[Name]string{
	SuccessfulPurges:     "Count",
	SecondsPastExpiry:    "Seconds",
	SecondsPastExpiryOwn: "Seconds",
	MailsNotAccepted:     "Count",
	ExportsStopped:       "Count",
	ServerErrors:         "Count",
}

// Values are measurements taken together.
type Values map[Name]float64

// Names lists every metric, sorted.
func Names() []Name { return slices.Sorted(maps.Keys(units)) }

type definition struct {
	Name Name
	Unit string
}

type directive struct {
	Namespace  string
	Dimensions [][]string // sets of members of the line
	Metrics    []definition
}

// Put writes the values of a stack as one line, with one call to w, so that lines of several writers do not mix. It
// refuses a name that is not in the table and a value that is no finite number, and then writes nothing.
func Put(w io.Writer, stack string, at time.Time, values Values) error {
	return put(w, map[string]string{Stack: stack}, at, values)
}

// CountServerError writes that a version of a function has answered 500 once, as Put writes.
func CountServerError(w io.Writer, function, version string, at time.Time) error {
	return put(w, map[string]string{Function: function, Version: version}, at, Values{ServerErrors: 1})
}

func put(w io.Writer, of map[string]string, at time.Time, values Values) error {
	line := map[string]any{}
	for dimension, value := range of {
		line[dimension] = value
	}
	d := directive{Namespace: Namespace, Dimensions: [][]string{slices.Sorted(maps.Keys(of))}}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		unit, known := units[name]
		if !known {
			return fmt.Errorf("metric: a name that is not in the table")
		}
		if v := values[name]; math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("metric: %s is no finite number", name)
		}
		line[string(name)] = values[name]
		d.Metrics = append(d.Metrics, definition{name, unit})
	}
	if len(d.Metrics) == 0 {
		return nil
	}
	line["_aws"] = map[string]any{"Timestamp": at.UnixMilli(), "CloudWatchMetrics": []directive{d}}
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}

// Meter counts what happens in one stack.
type Meter struct {
	Out   io.Writer // standard output, which Lambda reads
	Stack string
	Now   func() time.Time
}

// Count writes that the event a metric is named for has happened once.
func (m Meter) Count(name Name) error { return Put(m.Out, m.Stack, m.Now(), Values{name: 1}) }
