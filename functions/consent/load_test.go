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

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/web"
)

const (
	loadTime = 30 * time.Second
	few      = 2_400
	many     = 264_000
)

// BenchmarkLoad is the consent path under load: first decisions for 30 seconds by 8 and by 64 clients, of which none may be lost, and
// the median time of one with 2,400 and with 264,000 stored. The table has no stream: the local engine slows with stream records,
// which says nothing about DynamoDB.
func BenchmarkLoad(b *testing.B) {
	tables := engine.DynamoDB(b)
	name := tables.Name("ConsentsTable")
	serve := web.Lambda(routes(&consent.Recorder{Log: &consents.Store{Client: tables.Client, Table: name}, Now: time.Now}, nil, nil, origin))
	stored := 0
	for _, clients := range []int{8, 64} {
		times := load(b, serve, clients, time.Now().Add(loadTime), 0)
		stored += len(times)
		b.Logf("budget: consent: lost of %d at %d clients in 30 s, p50 %v | %d lost | 0", len(times), clients, median(times), stored-count(b, tables.Client, name))
	}

	fresh := engine.DynamoDB(b)
	name = fresh.Name("ConsentsTable")
	serve = web.Lambda(routes(&consent.Recorder{Log: &consents.Store{Client: fresh.Client, Table: name}, Now: time.Now}, nil, nil, origin))
	load(b, serve, 8, time.Time{}, few)
	light := median(load(b, serve, 1, time.Time{}, 2_000))
	load(b, serve, 8, time.Time{}, many-few-2_000)
	heavy := median(load(b, serve, 1, time.Time{}, 2_000))
	b.Logf("budget: consent: p50 at %d stored (%v) against %d (%v) | %.2f × | 1.2", many, heavy, few, light, float64(heavy)/float64(light))
	if float64(heavy) > 1.2*float64(light) {
		b.Errorf("%v with %d stored, %v with %d", heavy, many, light, few)
	}
}

type server = func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error)

// load records first decisions with so many clients until the time, or until n are recorded, and returns how long each took.
func load(b *testing.B, serve server, clients int, until time.Time, n int) []time.Duration {
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
				if out, err := serve(context.Background(), e); err != nil || out.StatusCode != 201 {
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

// count counts what the table holds.
func count(b *testing.B, client *dynamodb.Client, table string) int {
	b.Helper()
	n := 0
	pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{TableName: aws.String(table), Select: types.SelectCount})
	for pages.HasMorePages() {
		page, err := pages.NextPage(b.Context())
		if err != nil {
			b.Fatal(fmt.Errorf("counting: %w", err))
		}
		n += int(page.Count)
	}
	return n
}
