package sam

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Function is one Lambda function with everything that triggers it and everything it may call.
type Function struct {
	LogicalID           string
	Name                string // its folder below functions/: "consent" for ConsentFunction
	Timeout             time.Duration
	MemoryMB            int
	ReservedConcurrency int // 0 means none reserved
	Environment         map[string]Value
	Routes              []Route
	Streams             []Stream
	Sources             []Source
	Schedules           []Schedule
	Statements          []Statement
	Alias               string  // the alias that its triggers call
	Deployment          Value   // how calls move to a new version, such as Canary10Percent5Minutes
	DeploymentAlarms    []Value // the alarms that roll a deployment back
	Properties          Value
}

// Route is one route of the HTTP API.
type Route struct {
	LogicalID string // logical id of the event inside its function
	Key       string // "POST /v1/consents" or "$default"; also a pattern of http.ServeMux
}

// Stream is one event source mapping on a table's stream.
type Stream struct {
	LogicalID                               string
	Table                                   string // logical id
	StartingPosition                        string
	BatchSize, ParallelizationFactor        int
	MaximumRetryAttempts                    int // -1 means until the record is too old
	MaximumRecordAge, MaximumBatchingWindow time.Duration
	Bisect, PartialBatch                    bool
	Filters                                 []string // JSON patterns; a record that matches one of them passes
	Destination                             string   // logical id of the queue for records that were given up
}

// Source is one event source mapping on a queue.
type Source struct {
	LogicalID             string
	Queue                 string // logical id
	BatchSize             int
	MaximumBatchingWindow time.Duration
	MaximumConcurrency    int // invocations at once; 0 means as many as the account allows
	PartialBatch          bool
}

// Schedule is one schedule of EventBridge Scheduler.
type Schedule struct {
	LogicalID            string
	Expression           string // "rate(1 minute)"
	Input                string // empty means the scheduler's own event
	MaximumRetryAttempts int
	MaximumEventAge      time.Duration
	DeadLetter           string // logical id of the queue
}

// defaultTimeout is Lambda's timeout in seconds if none is set.
const defaultTimeout = 3

func (t *Template) function(r Resource, globals Value) (Function, error) {
	p := r.Properties
	either := func(key string) Value {
		if v := p.Get(key); v.Exists() {
			return v
		}
		return globals.Get(key)
	}
	f := Function{
		LogicalID: r.LogicalID, Name: strings.ToLower(strings.TrimSuffix(r.LogicalID, "Function")),
		Timeout: seconds(either("Timeout"), defaultTimeout), MemoryMB: either("MemorySize").Int(),
		ReservedConcurrency: either("ReservedConcurrentExecutions").Int(),
		Environment:         map[string]Value{}, Properties: p, Alias: either("AutoPublishAlias").Text(),
	}
	for _, source := range []Value{globals, p} { // SAM adds a function's own alarms to the common ones
		f.DeploymentAlarms = append(f.DeploymentAlarms, source.Get("DeploymentPreference", "Alarms").List()...)
		if kind := source.Get("DeploymentPreference", "Type"); kind.Exists() {
			f.Deployment = kind
		}
	}
	for _, source := range []Value{globals, p} {
		for _, e := range source.Get("Environment", "Variables").Entries() {
			f.Environment[e.Key] = e.Value
		}
	}
	for _, e := range p.Get("Events").Entries() {
		if err := f.addEvent(e.Key, e.Value); err != nil {
			return f, fmt.Errorf("event %s: %w", e.Key, err)
		}
	}
	role, _ := p.Get("Role").Target()
	if role == "" {
		return f, errors.New("the function has no role of its own")
	}
	f.Statements = t.statements(role)
	return f, nil
}

func (f *Function) addEvent(id string, event Value) error {
	p := event.Get("Properties")
	switch kind := event.Get("Type").Text(); kind {
	case "HttpApi":
		key := "$default"
		if p.Get("Path").Exists() {
			key = strings.ToUpper(p.Get("Method").Text()) + " " + p.Get("Path").Text()
		}
		f.Routes = append(f.Routes, Route{id, key})
	case "DynamoDB":
		f.Streams = append(f.Streams, stream(id, p))
	case "SQS":
		f.Sources = append(f.Sources, source(id, p))
	case "ScheduleV2":
		f.Schedules = append(f.Schedules, schedule(id, p))
	default:
		return fmt.Errorf("unknown type %q", kind)
	}
	return nil
}

func stream(id string, p Value) Stream {
	table, _ := p.Get("Stream").Target()
	destination, _ := p.Get("DestinationConfig", "OnFailure", "Destination").Target()
	s := Stream{
		LogicalID: id, Table: table, StartingPosition: p.Get("StartingPosition").Text(), Destination: destination,
		BatchSize: number(p.Get("BatchSize"), 100), ParallelizationFactor: number(p.Get("ParallelizationFactor"), 1),
		MaximumRetryAttempts:  number(p.Get("MaximumRetryAttempts"), -1),
		MaximumRecordAge:      seconds(p.Get("MaximumRecordAgeInSeconds"), 0),
		MaximumBatchingWindow: seconds(p.Get("MaximumBatchingWindowInSeconds"), 0),
		Bisect:                p.Get("BisectBatchOnFunctionError").Bool(),
	}
	s.PartialBatch = partial(p)
	for _, filter := range p.Get("FilterCriteria", "Filters").List() {
		s.Filters = append(s.Filters, filter.Get("Pattern").Text())
	}
	return s
}

func source(id string, p Value) Source {
	queue, _ := p.Get("Queue").Target()
	return Source{
		LogicalID: id, Queue: queue, BatchSize: number(p.Get("BatchSize"), 10), MaximumBatchingWindow: seconds(p.Get("MaximumBatchingWindowInSeconds"), 0),
		MaximumConcurrency: p.Get("ScalingConfig", "MaximumConcurrency").Int(), PartialBatch: partial(p),
	}
}

// partial reports whether a function names the records of a batch that failed.
func partial(p Value) bool {
	return slices.Contains(p.Get("FunctionResponseTypes").Texts(), "ReportBatchItemFailures")
}

func schedule(id string, p Value) Schedule {
	deadLetter, _ := p.Get("DeadLetterConfig", "Arn").Target()
	return Schedule{
		LogicalID: id, Expression: p.Get("ScheduleExpression").Text(), Input: p.Get("Input").Text(), DeadLetter: deadLetter,
		MaximumRetryAttempts: number(p.Get("RetryPolicy", "MaximumRetryAttempts"), 185), // the scheduler's own default
		MaximumEventAge:      seconds(p.Get("RetryPolicy", "MaximumEventAgeInSeconds"), 86400),
	}
}

func number(v Value, absent int) int {
	if !v.Exists() {
		return absent
	}
	return v.Int()
}

func seconds(v Value, absent int) time.Duration {
	return time.Duration(number(v, absent)) * time.Second
}
