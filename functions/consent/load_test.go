package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/web"
)

const (
	loadTime = 30 * time.Second
	few      = 2_400
	many     = 264_000
)

// BenchmarkLoad measures the consent path under load. First, 8 and then 64 clients send first decisions for 30 seconds, of which none may be
// lost. Then it compares the median time of a decision with 2,400 and with 264,000 stored records. The tables have no stream, because stream
// records slow the local engine, which says nothing about DynamoDB.
func BenchmarkLoad(b *testing.B) {
	for _, clients := range []int{8, 64} {
		path := newPath(b)
		times := path.load(b, clients, time.Now().Add(loadTime), 0)
		lost := len(times) - path.count(b)
		b.Logf("budget: consent: of %d decisions by %d clients in 30 s (p50 %v), without its stream | %d lost | 0", len(times), clients, median(times), lost)
		if lost != 0 {
			b.Errorf("%d clients: %d decisions answered, %d stored", clients, len(times), len(times)-lost)
		}
	}
	light, heavy := newPath(b), newPath(b)
	light.load(b, 8, time.Time{}, few)
	heavy.load(b, 8, time.Time{}, many)
	var quick, slow []time.Duration
	for range 20 { // in turn, so that other load of the machine affects both
		quick = append(quick, light.load(b, 1, time.Time{}, 100)...)
		slow = append(slow, heavy.load(b, 1, time.Time{}, 100)...)
	}
	ratio := float64(median(slow)) / float64(median(quick))
	b.Logf("budget: consent: p50 at %d stored (%v) against %d (%v), without its stream | %.2f × | 1.2", many, median(slow), few, median(quick), ratio)
	if ratio > 1.2 {
		b.Errorf("%v with %d stored, %v with %d", median(slow), many, median(quick), few)
	}
}

// path is the handler on a Consents table of its own.
type path struct {
	serve  func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error)
	client *dynamodb.Client
	table  string
}

func newPath(b *testing.B) *path {
	tables := enginetest.DynamoDB(b)
	p := &path{client: tables.Client, table: tables.Name("ConsentsTable")}
	p.serve = web.Lambda(routes(handler{visitors: &consent.Recorder{Log: &consents.Store{Client: p.client, Table: p.table}, Policy: policy.ForConsents(), Now: time.Now}}, origin))
	return p
}

// load lets clients record first decisions until the given time, or until n are recorded. It returns how long each took.
func (p *path) load(b *testing.B, clients int, until time.Time, n int) []time.Duration {
	b.Helper()
	var mu sync.Mutex
	var times []time.Duration
	var wg sync.WaitGroup
	for client := range clients {
		wg.Go(func() {
			var own []time.Duration
			for i := client; n == 0 && time.Now().Before(until) || i < n; i += clients {
				e := events.APIGatewayV2HTTPRequest{
					RawPath: "/v1/consents", Body: decide(uuid.NewString(), `"analytics_cookies":"granted"`),
					Headers: map[string]string{"content-type": "application/json", "if-none-match": "*"},
				}
				e.RequestContext.HTTP.Method = "POST"
				began := time.Now()
				if out, err := p.serve(context.Background(), e); err != nil || out.StatusCode != 201 {
					b.Errorf("%d %v", out.StatusCode, err)
					return
				}
				own = append(own, time.Since(began))
			}
			mu.Lock()
			defer mu.Unlock()
			times = append(times, own...)
		})
	}
	wg.Wait()
	return times
}

func median(times []time.Duration) time.Duration {
	if len(times) == 0 {
		return 0
	}
	slices.Sort(times)
	return times[len(times)/2].Round(time.Microsecond)
}

// count returns the number of items in the table.
func (p *path) count(b *testing.B) int {
	b.Helper()
	n := 0
	pages := dynamodb.NewScanPaginator(p.client, &dynamodb.ScanInput{TableName: &p.table, ConsistentRead: aws.Bool(true), Select: types.SelectCount})
	for pages.HasMorePages() {
		page, err := pages.NextPage(b.Context())
		if err != nil {
			b.Fatal(fmt.Errorf("counting: %w", err))
		}
		n += int(page.Count)
	}
	return n
}
