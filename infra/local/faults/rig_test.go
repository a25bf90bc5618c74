package faults

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/oauth"
	"github.com/helpdeskexpert/privacy/infra/local/objects"
	"github.com/helpdeskexpert/privacy/infra/local/runtime"
	"github.com/helpdeskexpert/privacy/infra/local/ses"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

const (
	serviceOrigin = "https://privacy.example.com"
	// websiteOrigins is the WEBSITE_ORIGINS of a deployment whose websites differ from the policy's.
	websiteOrigins = "https://staging.example.com,http://localhost:3000"
	mailFrom       = "privacy@example.com"
	bucket         = "exports"
)

var aliasKey = subject.Key("alias key of the faults' tests")

// built is the folder of the functions' binaries, built as `make run` builds them, for all tests of this package.
var built string

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // tests interrupt walks on purpose, and each would be logged
	code, err := func() (int, error) {
		dir, err := os.MkdirTemp("", "faults-")
		if err != nil {
			return 0, err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		build := exec.Command("go", "build", "-tags", "lambda.norpc", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", dir+"/")
		for _, name := range functions {
			build.Args = append(build.Args, "./functions/"+name)
		}
		build.Dir, build.Env = engine.Root(), append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			return 0, fmt.Errorf("building the functions: %w\n%s", err, out)
		}
		built = dir
		return m.Run(), nil
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

var functions = []string{"consent", "request", "download", "fulfil", "export", "erase", "ingest", "identity", "control", "notify", "feedback"}

// watched lets `go test` see the sources of the binaries, which a separate process compiles. Otherwise a change of the sources
// would not invalidate a cached test result.
var watched = sync.OnceFunc(func() {
	for _, folder := range []string{"functions", "shared"} {
		_ = filepath.WalkDir(filepath.Join(engine.Root(), folder), func(_ string, entry os.DirEntry, err error) error {
			if err == nil && entry.Name() == "node_modules" {
				return filepath.SkipDir
			}
			return err
		})
	}
})

// rig runs the functions' real binaries on real engines, with a proxy in between.
type rig struct {
	t       *testing.T
	tables  *enginetest.Tables
	proxy   *Proxy
	box     *ses.Mailbox
	account *ses.Account
	s3      *s3.Client
	objects string        // folder of the bucket
	scratch string        // the functions' TMPDIR
	issuer  *oauth.Issuer // of the company's systems
	log     *log
	env     []string

	mu      sync.Mutex
	running map[string]*runtime.Function
	reports [][]byte // what SES has reported about mails and nobody has taken in
	sealed  []string // the secrets of all sessions
}

func newRig(t *testing.T) *rig {
	t.Helper()
	return newRigOn(t, enginetest.DynamoDB(t))
}

func newRigOn(t *testing.T, tables *enginetest.Tables) *rig {
	t.Helper()
	watched()
	dir := t.TempDir()
	r := &rig{t: t, tables: tables, objects: filepath.Join(dir, "objects"), scratch: filepath.Join(dir, "tmp"),
		log: &log{}, running: map[string]*runtime.Function{}, proxy: &Proxy{Decide: func(Call) Fault { return None }}}
	if err := os.MkdirAll(r.scratch, 0o700); err != nil {
		t.Fatal(err)
	}
	var err error
	if r.box, err = ses.OpenMailbox(dir); err != nil {
		t.Fatal(err)
	}
	store, err := objects.Handler(objects.Options{Dir: r.objects, Buckets: []string{bucket}, Origins: []string{serviceOrigin}, Secret: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	storage := r.serve(r.proxy.S3(store))
	r.s3 = s3.New(s3.Options{Region: engine.Region, BaseEndpoint: &storage, UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("test", "secret", "")})
	r.account = ses.Open(ses.Options{Keep: r.box.Keep, Sender: mailFrom, Now: time.Now, Sink: func(event []byte) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.reports = append(r.reports, event)
	}})
	authority := http.NewServeMux()
	if r.issuer, err = oauth.Open(dir, r.serve(authority), "records", time.Now); err != nil {
		t.Fatal(err)
	}
	authority.Handle("/", r.issuer.Handler(""))
	r.env = append(r.env,
		"AWS_REGION="+engine.Region, "AWS_SECRET_ACCESS_KEY=secret", "AWS_EC2_METADATA_DISABLED=true", "TMPDIR="+r.scratch,
		"AWS_ENDPOINT_URL_DYNAMODB="+r.serve(r.proxy.DynamoDB(*r.tables.Client.Options().BaseEndpoint)),
		"AWS_ENDPOINT_URL_S3="+storage,
		"AWS_ENDPOINT_URL_SESV2="+r.serve(r.proxy.SES(r.account)),
		"EXPORT_BUCKET="+bucket, "ORIGIN="+serviceOrigin, "WEBSITE_ORIGINS="+websiteOrigins, "ALIAS_KEY="+string(aliasKey), "TOKEN_KEY=token-key-of-the-tests",
		"CLIENT_KEY=client key of the tests", "CLIENT_RATE=60", "RECEIPT_KEY=receipt key of the tests, long enough", "MAIL_FROM="+mailFrom,
		"MAIL_CONFIGURATION_SET=mails", "STACK=test", "WRITE_TIMEOUT=9m", "NOTICE_SHARE=80", "TOKEN_ISSUER="+r.issuer.URL, "TOKEN_AUDIENCE="+r.issuer.Audience)
	for _, name := range []string{"Requests", "Records", "Subjects", "Consents", "Notices", "Ledger"} {
		r.env = append(r.env, strings.ToUpper(name)+"_TABLE="+r.tables.Name(name+"Table"))
	}
	t.Cleanup(r.close)
	return r
}

func (r *rig) serve(h http.Handler) string {
	server := httptest.NewServer(h)
	r.t.Cleanup(server.Close)
	return server.URL
}

func (r *rig) close() {
	if r.t.Failed() {
		r.t.Log(r.log)
	}
	for _, name := range functions {
		r.kill(name)
	}
	_ = r.box.Close()
}

// function returns the function, whose process starts at its next invocation.
func (r *rig) function(name string) *runtime.Function {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running[name] == nil {
		r.running[name] = runtime.New(runtime.Spec{Name: name, Bootstrap: filepath.Join(built, name), Timeout: time.Minute, MemoryMB: 512,
			Concurrency: 8, Environment: append([]string{"AWS_ACCESS_KEY_ID=" + name}, r.env...), Log: func() io.Writer { return r.log }})
	}
	return r.running[name]
}

// kill ends all processes of the function at once, with SIGKILL.
func (r *rig) kill(name string) {
	r.mu.Lock()
	f := r.running[name]
	delete(r.running, name)
	r.mu.Unlock()
	if f != nil {
		f.Close()
	}
}

// invoke runs a function. The error is the function's failure or its death.
func (r *rig) invoke(name string, event, answer any) error {
	payload, err := json.Marshal(event)
	if err != nil {
		r.t.Fatal(err)
	}
	out, err := r.function(name).Invoke(r.t.Context(), payload)
	if err == nil && answer != nil {
		err = json.Unmarshal(out, answer)
	}
	return err
}

// answer is the answer of an HTTP function. status is 0 if the function died.
type answer struct {
	status  int
	body    string
	headers map[string]string
	cookies []string
}

// http sends a request as the API does.
func (r *rig) http(function, method, path, body string, headers map[string]string) answer {
	event := events.APIGatewayV2HTTPRequest{Version: "2.0", RawPath: path, Body: body, Headers: map[string]string{"content-type": "application/json"}}
	// Every person has a client address of their own. Otherwise the limit on one client's mails (T09) would end the sweeps.
	event.RequestContext.HTTP.Method = method
	sum := crc32.ChecksumIEEE([]byte(body))
	event.RequestContext.HTTP.SourceIP = fmt.Sprintf("10.%d.%d.%d", byte(sum>>16), byte(sum>>8), byte(sum))
	event.RequestContext.DomainName = "abc.execute-api.eu-west-2.amazonaws.com"
	for name, value := range headers {
		if name == "cookie" { // the API puts cookies into a list of their own
			event.Cookies = append(event.Cookies, value)
			continue
		}
		event.Headers[name] = value
	}
	var out events.APIGatewayV2HTTPResponse
	if err := r.invoke(function, event, &out); err != nil {
		return answer{}
	}
	for _, cookie := range out.Cookies {
		r.flagged(cookie)
	}
	return answer{out.StatusCode, out.Body, out.Headers, out.Cookies}
}

func bearer(token string) map[string]string {
	return map[string]string{"authorization": "Bearer " + token}
}

// machine returns a token of one of the company's systems, with the given scopes.
func (r *rig) machine(scopes string) map[string]string {
	r.t.Helper()
	token, _, err := r.issuer.Token(scopes)
	if err != nil {
		r.t.Fatal(err)
	}
	return bearer(token)
}

// wake delivers one stream record.
func (r *rig) wake(function, pk, sk string) error {
	var record events.DynamoDBEventRecord
	record.EventName, record.Change.SequenceNumber = "INSERT", "1"
	record.Change.Keys = map[string]events.DynamoDBAttributeValue{"PK": events.NewStringAttribute(pk), "SK": events.NewStringAttribute(sk)}
	var out events.DynamoDBEventResponse
	err := r.invoke(function, events.DynamoDBEvent{Records: []events.DynamoDBEventRecord{record}}, &out)
	if err == nil && len(out.BatchItemFailures) > 0 {
		err = fmt.Errorf("the record failed")
	}
	return err
}

// schedule fires a schedule.
func (r *rig) schedule(function string) error { return r.invoke(function, struct{}{}, nil) }

// log keeps what the functions print.
type log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
