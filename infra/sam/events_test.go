package sam_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/helpdeskexpert/privacy/functions/policy/openapi"
	"github.com/helpdeskexpert/privacy/shared/mail"
)

const eventsFolder = "../../events"

var capital = regexp.MustCompile(`\B[A-Z]`)

// sample returns the file name of a trigger's sample event: the event VerifyPage of centre is centre-verify-page.json.
func sample(function, event string) string {
	what := strings.TrimPrefix(strings.ToLower(capital.ReplaceAllString(event, "-$0")), function+"-")
	return function + "-" + what + ".json"
}

// decode reads a sample strictly, so that a misspelt field is an error and does not count as absent.
func decode(t *testing.T, name string, into any) {
	t.Helper()
	file, err := os.Open(filepath.Join(eventsFolder, name))
	if err != nil {
		t.Error(err)
		return
	}
	defer file.Close()
	decoder := json.NewDecoder(file)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

func TestEveryTriggerHasASampleEvent(t *testing.T) {
	var wanted []string
	for _, f := range load(t).Functions {
		for _, route := range f.Routes {
			name := sample(f.Name, route.LogicalID)
			wanted = append(wanted, name)
			checkHTTP(t, name, route.Key)
		}
		for _, s := range f.Streams {
			name := sample(f.Name, s.LogicalID)
			wanted = append(wanted, name)
			checkStream(t, name, s.Table, s.Filters)
		}
		for _, s := range f.Sources {
			name := sample(f.Name, s.LogicalID)
			wanted = append(wanted, name)
			checkQueue(t, name, s.Queue, samples[s.Queue])
		}
		for _, s := range f.Schedules {
			name := sample(f.Name, s.LogicalID)
			wanted = append(wanted, name)
			var event struct {
				events.EventBridgeEvent
				Detail string `json:"detail"` // the scheduler sends a text here, not an object
			}
			if decode(t, name, &event); event.Source != "aws.scheduler" || event.Time.IsZero() || !strings.HasSuffix(event.Resources[0], f.LogicalID+s.LogicalID) {
				t.Errorf("%s: %+v", name, event)
			}
		}
	}
	files, err := filepath.Glob(filepath.Join(eventsFolder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		if route, more := further[name]; more {
			checkHTTP(t, name, route)
		} else if !slices.Contains(wanted, name) {
			t.Errorf("%s belongs to no trigger", name)
		}
	}
}

// further are second samples, of routes that are called in two ways.
var further = map[string]string{
	"request-file-form.json": "POST /v1/requests",              // as a browser without script calls it
	"request-agree.json":     "POST /v1/requests/{id}/confirm", // the plan of an erasure
	"request-choose.json":    "POST /v1/requests/{id}/confirm", // what a mail means
}

// checkHTTP compares a sample with what API Gateway sends for the route (payload format 2.0).
func checkHTTP(t *testing.T, name, routeKey string) {
	t.Helper()
	var event events.APIGatewayV2HTTPRequest
	decode(t, name, &event)
	if event.Version != "2.0" || event.RouteKey != routeKey || event.RequestContext.RouteKey != routeKey || event.RawPath != event.RequestContext.HTTP.Path {
		t.Errorf("%s: %s %s", name, event.Version, event.RouteKey)
	}
	for header := range event.Headers {
		if header != strings.ToLower(header) {
			t.Errorf("%s: header %s is not in small letters", name, header)
		}
	}
	if event.Headers["cookie"] != "" { // API Gateway takes it out of the headers
		t.Errorf("%s: a cookie among the headers, and not in the list of cookies", name)
	}
	if needsSession(t, routeKey) != (len(event.Cookies) > 0) {
		t.Errorf("%s: the cookies are %q, and the contract says otherwise", name, event.Cookies)
	}
	if _, err := base64.StdEncoding.DecodeString(event.Body); event.IsBase64Encoded && err != nil {
		t.Errorf("%s: %v", name, err)
	}
	if routeKey == "$default" {
		return
	}
	path := strings.TrimPrefix(routeKey, event.RequestContext.HTTP.Method+" ")
	for parameter, value := range event.PathParameters {
		path = strings.Replace(path, "{"+parameter+"}", value, 1)
	}
	if path != event.RawPath {
		t.Errorf("%s: %s does not come from %s", name, event.RawPath, routeKey)
	}
}

// needsSession reports whether nothing but a session in a cookie opens a route, by the contract.
func needsSession(t *testing.T, routeKey string) bool {
	t.Helper()
	var document struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(openapi.Document(), &document); err != nil {
		t.Fatal(err)
	}
	method, path, _ := strings.Cut(routeKey, " ")
	var operation struct {
		Security []map[string][]string `json:"security"`
	}
	if raw := document.Paths[path][strings.ToLower(method)]; raw != nil {
		if err := json.Unmarshal(raw, &operation); err != nil {
			t.Fatal(err)
		}
	}
	return len(operation.Security) == 1 && operation.Security[0]["session"] != nil
}

func checkStream(t *testing.T, name, table string, filters []string) {
	t.Helper()
	var event events.DynamoDBEvent
	decode(t, name, &event)
	for _, r := range event.Records {
		sk := r.Change.NewImage["SK"].String()
		passes := slices.ContainsFunc(filters, func(filter string) bool { return acceptsSK(t, filter, sk) })
		if !passes || !strings.Contains(r.EventSourceArn, "table/"+table+"/stream/") || r.Change.StreamViewType != "NEW_IMAGE" {
			t.Errorf("%s: %s from %s", name, sk, r.EventSourceArn)
		}
	}
	if len(event.Records) == 0 {
		t.Errorf("%s holds no record", name)
	}
}

// samples has, by queue, what shows that a message of a sample is as SES writes it.
var samples = map[string]func(body []byte) error{
	"MailEvents":   func(body []byte) error { _, err := mail.ParseEvent(body); return err }, // about a mail of this service
	"InboundMails": received,
}

// received reads what SES publishes about a mail that it stored ("Contents of notifications for Amazon SES email receiving").
func received(body []byte) error {
	var n struct {
		NotificationType string
		Mail             struct {
			MessageID, Source string
			Destination       []string
			Timestamp         time.Time
			Headers           []struct{ Name, Value string }
			HeadersTruncated  *bool
			CommonHeaders     struct{ MessageID, Subject, ReturnPath string }
		}
		Receipt struct {
			Timestamp                                                        time.Time
			Recipients                                                       []string
			SpamVerdict, VirusVerdict, SPFVerdict, DKIMVerdict, DMARCVerdict struct{ Status string }
			Action                                                           struct{ Type, TopicArn, BucketName, ObjectKeyPrefix, ObjectKey string }
		}
	}
	if err := json.Unmarshal(body, &n); err != nil {
		return err
	}
	r := n.Receipt
	for _, verdict := range []string{r.SpamVerdict.Status, r.VirusVerdict.Status, r.SPFVerdict.Status, r.DKIMVerdict.Status, r.DMARCVerdict.Status} {
		if !slices.Contains([]string{"PASS", "FAIL", "GRAY", "PROCESSING_FAILED"}, verdict) {
			return fmt.Errorf("a verdict is %q", verdict)
		}
	}
	if n.NotificationType != "Received" || n.Mail.Timestamp.IsZero() || r.Timestamp.IsZero() || !slices.Equal(r.Recipients, n.Mail.Destination) || n.Mail.HeadersTruncated == nil {
		return fmt.Errorf("this is not about a mail that arrived: %+v", n)
	}
	if r.Action.Type != "S3" || r.Action.ObjectKey != r.Action.ObjectKeyPrefix+n.Mail.MessageID || r.Action.BucketName == "" || len(n.Mail.Headers) == 0 {
		return fmt.Errorf("this is not about a mail in a bucket: %+v", r.Action)
	}
	return nil
}

// checkQueue looks at a sample of a queue's messages.
func checkQueue(t *testing.T, name, queue string, check func([]byte) error) {
	t.Helper()
	var event events.SQSEvent
	decode(t, name, &event)
	for _, r := range event.Records {
		if err := check([]byte(r.Body)); err != nil || r.EventSource != "aws:sqs" || !strings.HasSuffix(r.EventSourceARN, ":"+queue) {
			t.Errorf("%s: %s from %s, %v", name, r.MessageId, r.EventSourceARN, err)
		}
	}
	if len(event.Records) == 0 {
		t.Errorf("%s holds no message", name)
	}
}
