// Package streams delivers DynamoDB streams to functions as Lambda's event source mappings do: filters, batches,
// order per item, retries, bisection, ages, partial failures and a destination.
package streams

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"path/filepath"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"github.com/helpdeskexpert/privacy/infra/local/failures"
	"github.com/helpdeskexpert/privacy/infra/sam"
)

const (
	pollEvery = 100 * time.Millisecond // Lambda asks each shard four times a second
	laneSpace = 1000                   // records that wait in a lane before the reader waits too
)

// Invoker runs a function once.
type Invoker interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// Mapping is one event source mapping.
type Mapping struct {
	Stream   sam.Stream
	Table    string // name of the table in the engine
	Function Invoker
	Client   *dynamodbstreams.Client
	Dir      string // where its checkpoint lives
	Failures *failures.Log
	Log      func(line string)

	filter filter
	arn    string
	marks  *checkpoint
	lanes  []*lane
}

// New returns a mapping that can run. A filter that is not supported is an error that names its stream.
func New(m Mapping) (*Mapping, error) {
	var err error
	if m.filter, err = newFilter(m.Stream.Filters); err != nil {
		return nil, fmt.Errorf("%s: %w", m.Stream.LogicalID, err)
	}
	return &m, nil
}

// Run delivers until ctx ends.
func (m *Mapping) Run(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	for range max(1, m.Stream.ParallelizationFactor) {
		l := &lane{mapping: m, queue: make(chan delivery, laneSpace)}
		m.lanes = append(m.lanes, l)
		running.Go(func() { l.run(ctx) })
	}
	seen := map[string]bool{}
	for ctx.Err() == nil {
		shards, err := m.shards(ctx)
		if err != nil && ctx.Err() == nil {
			m.Log(m.Stream.LogicalID + ": " + err.Error())
		}
		for _, shard := range shards {
			if !seen[shard] {
				seen[shard] = true
				running.Go(func() { m.read(ctx, shard) })
			}
		}
		pause(ctx, 50*pollEvery) // shards come and go slowly
	}
}

// shards finds the table's stream and lists its shards.
func (m *Mapping) shards(ctx context.Context) ([]string, error) {
	if m.arn == "" {
		streams, err := m.Client.ListStreams(ctx, &dynamodbstreams.ListStreamsInput{TableName: aws.String(m.Table)})
		if err != nil {
			return nil, err
		}
		if len(streams.Streams) == 0 {
			return nil, errors.New("the table has no stream")
		}
		m.arn = *streams.Streams[len(streams.Streams)-1].StreamArn
		m.marks = openCheckpoint(filepath.Join(m.Dir, m.Stream.LogicalID+".json"), m.arn)
	}
	described, err := m.Client.DescribeStream(ctx, &dynamodbstreams.DescribeStreamInput{StreamArn: aws.String(m.arn)})
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, shard := range described.StreamDescription.Shards {
		ids = append(ids, *shard.ShardId)
	}
	return ids, nil
}

// read follows one shard to its end. After any failure it tries again from the last record read.
func (m *Mapping) read(ctx context.Context, shard string) {
	last := m.marks.position(shard)
	var iterator *string
	for ctx.Err() == nil {
		if iterator == nil {
			if iterator = m.iterator(ctx, shard, last); iterator == nil {
				pause(ctx, 10*pollEvery)
				continue
			}
		}
		page, next, err := m.records(ctx, iterator)
		if err != nil {
			iterator = nil // expired, most likely
			pause(ctx, pollEvery)
			continue
		}
		for _, change := range page {
			r := newRecord(change, m.arn)
			last = r.sequence
			m.dispatch(ctx, shard, r)
		}
		if iterator = next; iterator == nil {
			return // the shard is closed and read
		}
		if len(page) == 0 {
			pause(ctx, pollEvery)
		}
	}
}

// iterator starts after the sequence number. Without one, or if that record has been trimmed, it starts at the oldest record.
func (m *Mapping) iterator(ctx context.Context, shard, after string) *string {
	input := &dynamodbstreams.GetShardIteratorInput{StreamArn: aws.String(m.arn), ShardId: aws.String(shard),
		ShardIteratorType: types.ShardIteratorTypeTrimHorizon}
	if after != "" {
		input.ShardIteratorType, input.SequenceNumber = types.ShardIteratorTypeAfterSequenceNumber, aws.String(after)
	}
	out, err := m.Client.GetShardIterator(ctx, input)
	var trimmed *types.TrimmedDataAccessException
	if errors.As(err, &trimmed) {
		return m.iterator(ctx, shard, "")
	} else if err != nil {
		return nil
	}
	return out.ShardIterator
}

// dispatch gives a record to the lane of its item. If the filter rejects the record, it is finished at once.
func (m *Mapping) dispatch(ctx context.Context, shard string, r record) {
	end := m.marks.begin(shard, r.sequence)
	if !m.filter.passes(r.event) {
		end()
		return
	}
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(r.lane))
	select {
	case m.lanes[sum.Sum32()%uint32(len(m.lanes))].queue <- delivery{record: r, end: end}:
	case <-ctx.Done():
	}
}

// pause waits, but no longer than ctx.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
