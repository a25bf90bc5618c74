package enginetest

import (
	"context"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"
)

// Meter counts a client's calls to DynamoDB, and the capacity that they consume. It does not count the capacity of transactions, which the
// engines do not agree about.
type Meter struct {
	requests      atomic.Int64
	writes, reads atomic.Int64 // capacity units, in halves
}

// Client returns a client like c that is metered.
func (m *Meter) Client(c *dynamodb.Client) *dynamodb.Client {
	return dynamodb.New(c.Options(), func(o *dynamodb.Options) { o.APIOptions = append(o.APIOptions, m.attach) })
}

// Take returns what was counted since the last call of Take: calls, write units and read units.
func (m *Meter) Take() (requests int, writes, reads float64) {
	return int(m.requests.Swap(0)), float64(m.writes.Swap(0)) / 2, float64(m.reads.Swap(0)) / 2
}

func (m *Meter) attach(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("meter",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			m.requests.Add(1)
			switch p := in.Parameters.(type) {
			case *dynamodb.PutItemInput:
				p.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
			case *dynamodb.UpdateItemInput:
				p.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
			case *dynamodb.BatchGetItemInput:
				p.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
			case *dynamodb.DeleteItemInput:
				p.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
			case *dynamodb.QueryInput:
				p.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
			case *dynamodb.ScanInput:
				p.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
			case *dynamodb.GetItemInput:
				p.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
			}
			out, metadata, err := next.HandleInitialize(ctx, in)
			switch r := out.Result.(type) {
			case *dynamodb.PutItemOutput:
				m.writes.Add(halves(r.ConsumedCapacity))
			case *dynamodb.UpdateItemOutput:
				m.writes.Add(halves(r.ConsumedCapacity))
			case *dynamodb.BatchGetItemOutput:
				for i := range r.ConsumedCapacity {
					m.reads.Add(halves(&r.ConsumedCapacity[i]))
				}
			case *dynamodb.DeleteItemOutput:
				m.writes.Add(halves(r.ConsumedCapacity))
			case *dynamodb.QueryOutput:
				m.reads.Add(halves(r.ConsumedCapacity))
			case *dynamodb.ScanOutput:
				m.reads.Add(halves(r.ConsumedCapacity))
			case *dynamodb.GetItemOutput:
				m.reads.Add(halves(r.ConsumedCapacity))
			}
			return out, metadata, err
		}), middleware.Before)
}

func halves(c *types.ConsumedCapacity) int64 { return int64(2 * *c.CapacityUnits) }
