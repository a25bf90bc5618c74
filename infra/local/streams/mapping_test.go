package streams

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/local/failures"
	"github.com/helpdeskexpert/privacy/infra/sam"
)

// rig is an engine with one streamed table, and a function that records what it received.
type rig struct {
	t      *testing.T
	engine *engine.Engine
	dir    string

	mu      sync.Mutex
	batches [][]string                          // sort keys, as delivered
	last    string                              // sequence number of what was delivered last
	answer  func(keys []string) (string, error) // nil: success
}

func newRig(t *testing.T) *rig {
	t.Helper()
	e, err := engine.Start(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Stop)
	table := sam.Table{LogicalID: "Things", PK: "PK", SK: "SK", StreamView: "NEW_IMAGE", Attributes: map[string]string{"PK": "S", "SK": "S"}}
	if err := engine.Create(t.Context(), e.Client(), table, "Things"); err != nil {
		t.Fatal(err)
	}
	return &rig{t: t, engine: e, dir: t.TempDir()}
}

// put writes items named pk/sk.
func (r *rig) put(items ...string) {
	r.t.Helper()
	for _, item := range items {
		pk, sk, _ := strings.Cut(item, "/")
		if _, err := r.engine.Client().PutItem(r.t.Context(), &dynamodb.PutItemInput{TableName: aws.String("Things"), Item: map[string]types.AttributeValue{
			"PK": &types.AttributeValueMemberS{Value: pk}, "SK": &types.AttributeValueMemberS{Value: sk},
			"blob": &types.AttributeValueMemberB{Value: []byte{1}}, "at": &types.AttributeValueMemberN{Value: "5"},
		}}); err != nil {
			r.t.Fatal(err)
		}
	}
}

// Invoke parses the event with the types that functions use.
func (r *rig) Invoke(_ context.Context, payload []byte) ([]byte, error) {
	var event events.DynamoDBEvent
	if err := json.Unmarshal(payload, &event); err != nil {
		return nil, err
	}
	var keys, sequences []string
	for _, record := range event.Records {
		keys = append(keys, record.Change.NewImage["SK"].String())
		sequences = append(sequences, record.Change.SequenceNumber)
		if got := record.Change.NewImage["blob"].Binary(); len(got) != 1 || record.EventName != "INSERT" {
			return nil, fmt.Errorf("record %+v", record)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.batches, r.last = append(r.batches, keys), sequences[len(sequences)-1]
	if r.answer == nil {
		return []byte(`{"batchItemFailures":[]}`), nil
	}
	text, err := r.answer(keys)
	for i, key := range keys {
		text = strings.ReplaceAll(text, "<"+key+">", sequences[i])
	}
	return []byte(text), err
}

// start runs a mapping until the test ends or the returned function is called.
func (r *rig) start(s sam.Stream) (stop func()) {
	s.LogicalID, s.Destination = "Wake", "Queue"
	m, err := New(Mapping{Stream: s, Table: "Things", Function: r, Dir: r.dir, Failures: failures.Open(r.dir, func(string) {}), Log: func(string) {},
		Client: dynamodbstreams.New(dynamodbstreams.Options{Region: engine.Region, BaseEndpoint: aws.String(r.engine.Endpoint),
			Credentials: credentials.NewStaticCredentialsProvider("local", "local", "")})})
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(r.t.Context())
	var running sync.WaitGroup
	running.Go(func() { m.Run(ctx) })
	stop = func() {
		cancel()
		running.Wait()
	}
	r.t.Cleanup(stop)
	return stop
}

// delivered waits until the condition holds of all keys delivered so far.
func (r *rig) delivered(what string, holds func(keys []string) bool) []string {
	r.t.Helper()
	for range 100 {
		r.mu.Lock()
		keys := slices.Concat(r.batches...)
		r.mu.Unlock()
		if holds(keys) {
			return keys
		}
		time.Sleep(50 * time.Millisecond)
	}
	r.t.Fatalf("%s: got %v", what, r.batches)
	return nil
}

// kept reports whether the position of the last delivered record is on disk, where a restart finds it.
func (r *rig) kept() bool {
	text, _ := os.ReadFile(filepath.Join(r.dir, "Wake.json"))
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Contains(string(text), `"`+r.last+`"`)
}

func (r *rig) failures() string {
	text, _ := os.ReadFile(filepath.Join(r.dir, "failures.jsonl"))
	return string(text)
}

func TestAStreamIsFilteredAndContinuesAfterARestart(t *testing.T) {
	r := newRig(t)
	r.put("a/1", "a/skip", "a/2")
	s := sam.Stream{BatchSize: 10, ParallelizationFactor: 1, MaximumRetryAttempts: 1, Filters: []string{`{"dynamodb":{"NewImage":{"SK":{"S":["1","2","3"]}}}}`}}
	stop := r.start(s)
	r.delivered("first", func(keys []string) bool { return slices.Equal(keys, []string{"1", "2"}) })
	r.delivered("kept", func([]string) bool { return r.kept() })
	stop()
	r.put("a/3")
	r.start(s)
	r.delivered("second", func(keys []string) bool { return slices.Equal(keys, []string{"1", "2", "3"}) })
}

func TestOneItemStaysInOrderWhileOthersRunBeside(t *testing.T) {
	r := newRig(t)
	for i := range 20 {
		r.put("a/"+strconv.Itoa(100+i), "b/"+strconv.Itoa(200+i))
	}
	r.start(sam.Stream{BatchSize: 3, ParallelizationFactor: 4, MaximumRetryAttempts: 0})
	keys := r.delivered("all", func(keys []string) bool { return len(keys) == 40 })
	for _, prefix := range []string{"1", "2"} {
		var own []string
		for _, key := range keys {
			if strings.HasPrefix(key, prefix) {
				own = append(own, key)
			}
		}
		if !slices.IsSorted(own) {
			t.Errorf("out of order: %v", own)
		}
	}
	for _, batch := range r.batches {
		if len(batch) > 3 {
			t.Errorf("a batch of %d", len(batch))
		}
	}
}

func TestFault_F19_APoisonRecordIsIsolatedAndGivenUp(t *testing.T) {
	r := newRig(t)
	r.answer = func(keys []string) (string, error) {
		if slices.Contains(keys, "bad") {
			return "", errors.New("cannot")
		}
		return "", nil
	}
	for i := range 9 {
		r.put("a/" + strconv.Itoa(i))
		if i == 4 {
			r.put("a/bad")
		}
	}
	r.start(sam.Stream{BatchSize: 10, ParallelizationFactor: 1, MaximumRetryAttempts: 1, Bisect: true})
	r.delivered("all but one", func(keys []string) bool { return slices.Contains(keys, "8") && r.failures() != "" })
	if got := r.failures(); strings.Count(got, "\n") != 1 || !strings.Contains(got, `"records":1,`) || !strings.Contains(got, `"attempts":2`) || !strings.Contains(got, `"queue":"Queue"`) {
		t.Errorf("given up: %s", got)
	}
}

func TestFault_F19_OnlyWhatWasReportedIsTriedAgain(t *testing.T) {
	r := newRig(t)
	failed := false
	r.answer = func(keys []string) (string, error) {
		if slices.Contains(keys, "1") && !failed {
			failed = true
			return `{"batchItemFailures":[{"itemIdentifier":"<1>"}]}`, nil
		}
		return "", nil
	}
	r.put("a/0", "a/1", "a/2")
	r.start(sam.Stream{BatchSize: 10, ParallelizationFactor: 1, MaximumRetryAttempts: 3, PartialBatch: true})
	r.delivered("again", func(keys []string) bool { return slices.Equal(keys, []string{"0", "1", "2", "1", "2"}) })
	if r.failures() != "" {
		t.Error("something was given up")
	}
}

func TestAnOldRecordIsGivenUpUnseen(t *testing.T) {
	r := newRig(t)
	r.put("a/0")
	time.Sleep(1100 * time.Millisecond)
	r.start(sam.Stream{BatchSize: 1, ParallelizationFactor: 1, MaximumRetryAttempts: -1, MaximumRecordAge: time.Nanosecond})
	r.delivered("none", func([]string) bool { return strings.Contains(r.failures(), "MaximumRecordAgeExceeded") })
	if len(r.batches) != 0 {
		t.Error("it was delivered")
	}
}
