// Package metric writes the service's own measurements as lines of CloudWatch's Embedded Metric Format. Lambda turns such a line on
// standard output into a metric, so no call and no client is needed.
//
// One table lists every metric. A line contains a time, names from that table, numbers, and dimensions that name the stack, or a
// function and its version. So it has no place for personal data.
package metric

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math"
	"slices"
	"time"
)

// Namespace is the CloudWatch namespace of the metrics. The alarms of template.yaml use it.
const Namespace = "HelpDeskExpertPrivacy"

// Stack is the dimension of metrics about the service. Two stacks in one account are two services, and each has its own alarms.
const Stack = "Stack"

// Function and Version are the dimensions of metrics about one version of a function. The function's name is unique in the account.
const (
	Function = "Function"
	Version  = "Version"
)

// Name is the name of a metric.
type Name string

// The metrics.
const (
	// SuccessfulPurges counts the sweeps that completed. Three hours without one raise an alarm (promise F07).
	SuccessfulPurges Name = "SuccessfulPurges"
	// SecondsPastExpiry is how long the most overdue record has been stored after its retention period ended. The promise is one
	// day (F07), and the alarm is raised four hours before that.
	SecondsPastExpiry Name = "SecondsPastExpiry"
	// SecondsPastExpiryOwn is the same for the service's own data, as far as a sweep has looked at it. DynamoDB's TTL deletes
	// expired items within days, and the alarm is raised at 72 hours.
	SecondsPastExpiryOwn Name = "SecondsPastExpiryOwn"
	// MailsNotAccepted counts attempts at which SES did not accept a mail: it refused the mail or did not answer (fault F23).
	MailsNotAccepted Name = "MailsNotAccepted"
	// ExportsStopped counts exports that failed too often and now wait for the team (faults F20, F23).
	ExportsStopped Name = "ExportsStopped"
	// ErasuresStuck counts runs that found an erasure which began more than an hour ago and is not finished (faults F16, F19).
	ErasuresStuck Name = "ErasuresStuck"
	// NoticesStarted counts campaigns of notices that began to mail.
	NoticesStarted Name = "NoticesStarted"
	// NoticesBlocked counts runs in which a campaign could not go on: SES does not allow it, the quota is too small to mail everybody by the
	// deadline, or its letter cannot be written (faults F06, F08).
	NoticesBlocked Name = "NoticesBlocked"
	// NoticesStuck counts runs that found a campaign which should go on and has not moved for an hour (fault F19).
	NoticesStuck Name = "NoticesStuck"
	// NoticesUnknown counts recipients of whom nobody knew for a day whether SES took their mail (fault F04).
	NoticesUnknown Name = "NoticesUnknown"
	// AnswersReturned counts answers whose mail came back, so that their requests are open again and wait for the team (fault F24).
	AnswersReturned Name = "AnswersReturned"
	// RequestsForTeam counts requests that came to wait for the team: they need judgement, or there is doubt about their address (threats T27, T33).
	RequestsForTeam Name = "RequestsForTeam"
	// RequestsNear is how many requests are not closed and have used five sixths of the time until their deadline (promise H13).
	RequestsNear Name = "RequestsNear"
	// RequestsOverdue is how many requests are not closed and past their deadline, in whatever state (promise H13).
	RequestsOverdue Name = "RequestsOverdue"
	// IdentityActs counts acts of the company's systems that change whom an address stands for, or take a record back. Many at a time raise an
	// alarm, since a system that is mistaken or in foreign hands makes many (threat T33).
	IdentityActs Name = "IdentityActs"
	// ChangesContested counts acts on identities that somebody contests who was told of them (threat T33).
	ChangesContested Name = "ChangesContested"
	// ServerErrors counts the 500 answers of one version of a function, which Lambda itself counts as successes. An alarm on this
	// metric rolls a deployment back.
	ServerErrors Name = "ServerErrors"
)

// units gives each metric its unit, as CloudWatch spells it. A metric without a unit is never written.
var units = map[Name]string{
	SuccessfulPurges:     "Count",
	SecondsPastExpiry:    "Seconds",
	SecondsPastExpiryOwn: "Seconds",
	MailsNotAccepted:     "Count",
	ExportsStopped:       "Count",
	ErasuresStuck:        "Count",
	NoticesStarted:       "Count",
	NoticesBlocked:       "Count",
	NoticesStuck:         "Count",
	NoticesUnknown:       "Count",
	AnswersReturned:      "Count",
	RequestsForTeam:      "Count",
	RequestsNear:         "Count",
	RequestsOverdue:      "Count",
	IdentityActs:         "Count",
	ChangesContested:     "Count",
	ServerErrors:         "Count",
}

// Values are measurements taken at the same time.
type Values map[Name]float64

// Names lists every metric, sorted.
func Names() []Name { return slices.Sorted(maps.Keys(units)) }

type definition struct {
	Name Name
	Unit string
}

type directive struct {
	Namespace  string
	Dimensions [][]string // sets of member names of the line
	Metrics    []definition
}

// Put writes the values of a stack as one line, with a single call to w, so that the lines of several writers do not mix. It writes
// nothing and returns an error if a name is not in the table or a value is not a finite number.
func Put(w io.Writer, stack string, at time.Time, values Values) error {
	return put(w, map[string]string{Stack: stack}, at, values)
}

// CountServerError counts one 500 answer of a version of a function. It writes one line, as [Put] does.
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
			return fmt.Errorf("metric: the name is not in the table")
		}
		if v := values[name]; math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("metric: %s is not a finite number", name)
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

// Count adds one to a metric that counts events.
func (m Meter) Count(name Name) error { return Put(m.Out, m.Stack, m.Now(), Values{name: 1}) }

// Alarm returns a function that reports what raises an alarm: it logs what has happened, with the id of the request that it is about, and counts it.
func (m Meter) Alarm(name Name, what string) func(ctx context.Context, request string) {
	return func(ctx context.Context, request string) {
		slog.ErrorContext(ctx, what, "request", request)
		if err := m.Count(name); err != nil {
			slog.ErrorContext(ctx, "no metrics", "error", fmt.Sprintf("%T", err))
		}
	}
}
