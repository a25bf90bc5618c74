package sam

import (
	"fmt"
	"strconv"
	"time"
)

// Table is a DynamoDB table.
type Table struct {
	LogicalID   string
	PK, SK, TTL string            // names of attributes
	Attributes  map[string]string // key attributes only: name → "S" or "N"
	Indexes     []Index
	StreamView  string // "NEW_IMAGE"; empty without a stream
	Properties  Value
}

// Index is a global secondary index.
type Index struct {
	Name, PK, SK, Projection string
	Included                 []string // names of attributes besides the keys, if Projection is INCLUDE
}

func table(r Resource) Table {
	p := r.Properties
	t := Table{
		LogicalID: r.LogicalID, Attributes: map[string]string{}, Properties: p,
		TTL: p.Get("TimeToLiveSpecification", "AttributeName").Text(), StreamView: p.Get("StreamSpecification", "StreamViewType").Text(),
	}
	for _, a := range p.Get("AttributeDefinitions").List() {
		t.Attributes[a.Get("AttributeName").Text()] = a.Get("AttributeType").Text()
	}
	t.PK, t.SK = keys(p.Get("KeySchema"))
	for _, i := range p.Get("GlobalSecondaryIndexes").List() {
		pk, sk := keys(i.Get("KeySchema"))
		projection := i.Get("Projection")
		t.Indexes = append(t.Indexes, Index{i.Get("IndexName").Text(), pk, sk, projection.Get("ProjectionType").Text(),
			projection.Get("NonKeyAttributes").Texts()})
	}
	return t
}

func keys(schema Value) (pk, sk string) {
	for _, k := range schema.List() {
		if k.Get("KeyType").Text() == "HASH" {
			pk = k.Get("AttributeName").Text()
		} else {
			sk = k.Get("AttributeName").Text()
		}
	}
	return pk, sk
}

// Queue is an SQS queue.
type Queue struct {
	LogicalID         string
	VisibilityTimeout time.Duration // how long a message that was received is hidden
	Retention         time.Duration // after which a message is deleted
	DeadLetter        string        // logical id of the queue that takes what was received too often; empty without one
	MaxReceives       int           // how often a message is received before it goes there
	Properties        Value
}

func queue(r Resource) Queue {
	p := r.Properties
	deadLetter, _ := p.Get("RedrivePolicy", "deadLetterTargetArn").Target()
	return Queue{
		LogicalID: r.LogicalID, VisibilityTimeout: seconds(p.Get("VisibilityTimeout"), 30), Retention: seconds(p.Get("MessageRetentionPeriod"), 345600),
		DeadLetter: deadLetter, MaxReceives: p.Get("RedrivePolicy", "maxReceiveCount").Int(), Properties: p,
	}
}

// API is the HTTP API that all routes belong to.
type API struct {
	LogicalID             string
	cors                  Value            // its CorsConfiguration: see Template.CORS
	RateLimit, BurstLimit int              // of every route without a limit of its own
	RouteLimits           map[string]Limit // by route key
	LogFormat             string           // of one line of the access log
}

// CORS is what API Gateway itself answers to browsers.
type CORS struct {
	AllowOrigins, AllowMethods, AllowHeaders, ExposeHeaders []string

	MaxAge time.Duration
}

// CORS reads how the API answers browsers. lookup supplies the values of parameters.
func (t *Template) CORS(lookup Lookup) (CORS, error) {
	cors, err := t.branch(t.API.cors, lookup)
	if err != nil {
		return CORS{}, err
	}
	origins, err := t.texts(cors.Get("AllowOrigins"), lookup)
	return CORS{
		AllowOrigins: origins, AllowMethods: cors.Get("AllowMethods").Texts(), AllowHeaders: cors.Get("AllowHeaders").Texts(),
		ExposeHeaders: cors.Get("ExposeHeaders").Texts(), MaxAge: seconds(cors.Get("MaxAge"), 0),
	}, err
}

// Limit is a token bucket: Rate per second, at most Burst at once.
type Limit struct{ Rate, Burst int }

func (t *Template) api(r Resource) (API, error) {
	p := r.Properties
	api := API{
		LogicalID: r.LogicalID, RouteLimits: map[string]Limit{}, LogFormat: p.Get("AccessLogSettings", "Format").Text(),
		cors: p.Get("CorsConfiguration"),
	}
	limit, err := t.limit(p.Get("DefaultRouteSettings"))
	if err != nil {
		return api, err
	}
	api.RateLimit, api.BurstLimit = limit.Rate, limit.Burst
	for _, e := range p.Get("RouteSettings").Entries() {
		if api.RouteLimits[e.Key], err = t.limit(e.Value); err != nil {
			return api, err
		}
	}
	return api, nil
}

// limit reads the limits of a route. A limit may name a parameter, which then has its default.
func (t *Template) limit(settings Value) (Limit, error) {
	var limit Limit
	for key, field := range map[string]*int{"ThrottlingRateLimit": &limit.Rate, "ThrottlingBurstLimit": &limit.Burst} {
		text, err := t.Resolve(settings.Get(key), nil)
		if err != nil {
			return limit, fmt.Errorf("%s: %w", key, err)
		}
		if *field, err = strconv.Atoi(text); err != nil {
			return limit, fmt.Errorf("%s is not a number", key)
		}
	}
	return limit, nil
}
