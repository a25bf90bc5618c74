package stack

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/console"
	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/local/ses"
	"github.com/helpdeskexpert/privacy/infra/sam"
)

const templatePath = "../../../template.yaml"

// probes builds a folder in which every function of the template is the runtime's probe, which answers with its event.
func probes(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	probe := filepath.Join(dir, "probe")
	if out, err := exec.Command("go", "build", "-o", probe, "../runtime/testdata/probe").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	template, err := sam.Load(templatePath)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range template.Functions {
		if err := os.Mkdir(filepath.Join(dir, f.Name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Link(probe, filepath.Join(dir, f.Name, "bootstrap")); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func options(t *testing.T, build string) Options {
	t.Helper()
	return Options{Data: t.TempDir(), Build: build, Template: templatePath, Console: console.New(io.Discard), Now: time.Now}
}

func start(t *testing.T, o Options) *Stack {
	t.Helper()
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func send(t *testing.T, method, url string, headers ...string) (int, string) {
	t.Helper()
	request, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
		if headers[i] == "Host" {
			request.Host = headers[i+1]
		}
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(body)
}

func TestTheStackRunsWhatTheTemplateDeclares(t *testing.T) {
	s := start(t, options(t, probes(t)))
	if status, _ := send(t, "GET", s.URL+"/_local/ready"); status != 200 {
		t.Errorf("ready: %d", status)
	}
	for path, want := range map[string]string{"/v1/policy/versions/1": "GET /v1/policy/versions/{version}", "/none": "$default"} {
		status, body := send(t, "GET", s.URL+path)
		if status != 200 || !strings.Contains(body, `"routeKey":"`+want+`"`) {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if status, body := send(t, "POST", s.URL+"/_local/schedules/PurgeSchedule"); status != 200 || !strings.Contains(body, "aws.scheduler") {
		t.Errorf("a schedule fired: %d %s", status, body)
	}
	if status, _ := send(t, "POST", s.URL+"/_local/schedules/None"); status != 404 {
		t.Errorf("no schedule: %d", status)
	}
	if status, body := send(t, "GET", s.URL+"/_local/mail.json"); status != 200 || body != "[]\n" {
		t.Errorf("mail: %d %s", status, body)
	}
}

// People at a local stack switch the account, say what becomes of mails, and say how reliably SES reports it.
func TestTheAccountIsSet(t *testing.T) {
	s := start(t, options(t, probes(t)))
	for path, c := range map[string]struct{ body, want string }{
		"account": {`{"state": "paused"}`, `"state":"paused"`}, "fates": {`{"address": "anna@example.org", "fate": "bounces"}`, `"anna@example.org":"bounces"`}, "events": {`{"seconds": 5, "twice": 0.5}`, `{"seconds":5,"twice":0.5,"lost":0}`},
	} {
		answer, err := http.Post(s.URL+"/_local/mail/"+path, "application/json", strings.NewReader(c.body)) //nolint:noctx // the test's own stack
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if status, body := send(t, "GET", s.URL+"/_local/mail/"+path); status != 200 || answer.StatusCode != 200 || !strings.Contains(body, c.want) {
			t.Errorf("%s: %d, %d %s", path, answer.StatusCode, status, body)
		}
		if status, _ := send(t, "POST", s.URL+"/_local/mail/"+path, "Origin", "https://attacker.example"); status != 403 {
			t.Errorf("%s from a page of another site: %d", path, status)
		}
	}
	if s.account.State() != ses.Paused {
		t.Errorf("the account is %s", s.account.State())
	}
}

func TestFunctionsGetTheTemplatesEnvironment(t *testing.T) {
	s := start(t, options(t, probes(t)))
	for name, want := range map[string][]string{
		"RequestFunction":  {"REQUESTS_TABLE=RequestsTable", "ORIGIN=" + s.URL, "TOKEN_KEY=" + s.secrets["TokenSecret"], "AWS_ACCESS_KEY_ID=request"},
		"IngestFunction":   {"TOKEN_ISSUER=" + s.URL + "/_local/oauth", "ALIAS_KEY=" + s.secrets["AliasSecret"]},
		"ConsentFunction":  {"GOMAXPROCS=1"}, // of the template's Globals
		"ExportFunction":   {"GOMAXPROCS="},  // and its own instead
		"PurgeFunction":    {"EXPORT_BUCKET=exportbucket", "GRACE=0s"},
		"FulfilFunction":   {"WRITE_TIMEOUT=2s"},
		"EraseFunction":    {"WRITE_TIMEOUT=2s", "COOLING_OFF="},
		"CentreFunction":   {"EXPORT_ORIGIN=" + s.endpoints.s3},
		"DownloadFunction": {"AWS_ENDPOINT_URL_S3=" + s.endpoints.s3},
	} {
		f, _ := s.template.Function(name)
		environment, err := s.environment(f)
		if err != nil {
			t.Fatal(err)
		}
		all := "\n" + strings.Join(environment, "\n") + "\n"
		for _, variable := range want {
			if !strings.Contains(all, "\n"+variable+"\n") {
				t.Errorf("%s lacks %s", name, variable)
			}
		}
		if strings.Contains(all, "resolve:") {
			t.Errorf("%s has an unresolved reference", name)
		}
	}
	if got := len(s.secrets["AliasSecret"]); got != 64 {
		t.Errorf("a secret of %d letters", got)
	}
}

// The API and the functions allow the websites that this machine names, and no longer those of the template.
func TestThreat_T20_TheWebsitesOfTheMachine(t *testing.T) {
	o := options(t, probes(t))
	o.WebsiteOrigins = "http://localhost:3000,https://staging.example.com"
	s := start(t, o)
	for origin, want := range map[string]bool{
		"http://localhost:3000": true, "https://staging.example.com": true, s.URL: true,
		"http://localhost:3001": false, s.template.Parameters["WebsiteOrigins"].Default: false,
	} {
		if got := preflight(t, s.URL+"/v1/consents", origin).Get("Access-Control-Allow-Origin"); (got == origin) != want || !want && got != "" {
			t.Errorf("%s may call: %q", origin, got)
		}
	}
	for _, name := range []string{"ConsentFunction", "RequestFunction", "DownloadFunction", "PolicyFunction"} {
		f, _ := s.template.Function(name)
		if environment, err := s.environment(f); err != nil || !slices.Contains(environment, "WEBSITE_ORIGINS="+o.WebsiteOrigins) {
			t.Errorf("%s: %q, %v", name, environment, err)
		}
	}
}

// preflight asks as a browser does before a page of origin sends JSON, and returns the headers of the answer.
func preflight(t *testing.T, url, origin string) http.Header {
	t.Helper()
	request, err := http.NewRequest(http.MethodOptions, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header = http.Header{"Origin": {origin}, "Access-Control-Request-Method": {"POST"}, "Access-Control-Request-Headers": {"content-type"}}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.Header
}

func TestAListThatIsNotOfOriginsIsSaidAtOnce(t *testing.T) {
	o := options(t, probes(t))
	o.WebsiteOrigins = "http://www.example.com"
	if _, err := Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), "WEBSITE_ORIGINS") {
		t.Errorf("%v", err)
	}
}

// The machine's own time in which an erasure can be cancelled reaches the function that waits for it. Anything else keeps the policy's hours.
func TestThreat_T07_TheCoolingOffOfTheMachine(t *testing.T) {
	build := probes(t)
	for _, want := range []string{"5s", ""} {
		o := options(t, build)
		o.CoolingOff = want
		s := start(t, o)
		f, _ := s.template.Function("EraseFunction")
		if environment, err := s.environment(f); err != nil || !slices.Contains(environment, "COOLING_OFF="+want) {
			t.Errorf("%q: %q, %v", want, environment, err)
		}
		s.Close()
	}
	for _, wrong := range []string{"5", "0s", "-5s", "soon"} {
		o := options(t, build)
		o.CoolingOff = wrong
		if _, err := Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), "COOLING_OFF") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

func TestOtherSitesReachNothingLocal(t *testing.T) {
	s := start(t, options(t, probes(t)))
	if status, _ := send(t, "GET", s.URL+"/_local/mail.json", "Host", "attacker.example:8080"); status != 403 {
		t.Errorf("a name bent to this machine: %d", status)
	}
	if status, _ := send(t, "POST", s.URL+"/_local/schedules/PurgeSchedule", "Origin", "https://attacker.example"); status != 403 {
		t.Errorf("a page of another site: %d", status)
	}
	for site, want := range map[string]int{"cross-site": 403, "same-site": 403, "same-origin": 400, "none": 400} { // 400: the form is empty
		if status, _ := send(t, "POST", s.URL+"/_local/mail/inbound", "Sec-Fetch-Site", site, "Content-Type", "application/x-www-form-urlencoded"); status != want {
			t.Errorf("a form of a page that is %s: %d", site, status)
		}
	}
	status, body := send(t, "PUT", s.URL+"/_local/system/v1/records/contact/1", "Origin", s.URL, "Sec-Fetch-Site", "same-origin")
	var event struct {
		RouteKey string
		Headers  map[string]string
	}
	if err := json.Unmarshal([]byte(body), &event); err != nil || status != 200 || event.RouteKey != "PUT /v1/records/{category}/{id}" || event.Headers["origin"] != "" {
		t.Errorf("as a system: %d %s", status, body)
	}
	status, body = send(t, "GET", s.URL+"/_local/notices/2026-11-02?x=1", "Sec-Fetch-Site", "same-origin", "Authorization", "Bearer other")
	var call struct {
		RawPath, RawQueryString string
		Headers                 map[string]string
	}
	if err := json.Unmarshal([]byte(body), &call); err != nil || status != 200 || call.RawPath != "/v1/notices/2026-11-02" || call.RawQueryString != "" ||
		call.Headers["sec-fetch-site"] != "" || !strings.HasPrefix(call.Headers["authorization"], "Bearer ey") {
		t.Errorf("as staff: %d %s", status, body)
	}
}

// A mail that is posted is in the bucket, and the function learns of it as from SES.
func TestAMailReachesTheFunction(t *testing.T) {
	o := options(t, probes(t))
	s := start(t, o)
	response, err := http.Post(s.URL+"/_local/mail/inbound?dkim=GRAY", "message/rfc822", strings.NewReader("From: ada@example.org\r\n\r\nHello")) //nolint:noctx // a test's own server
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var said struct{ ID string }
	if err := json.NewDecoder(response.Body).Decode(&said); err != nil || response.StatusCode != 202 {
		t.Fatal(response.StatusCode, err)
	}
	stored, err := os.ReadFile(filepath.Join(o.Data, "objects", "inboundbucket", "mail%2F"+said.ID))
	if err != nil || !strings.HasSuffix(string(stored), "\r\n\r\nHello") {
		t.Errorf("%q, %v", stored, err)
	}
	for end := time.Now().Add(30 * time.Second); s.queues["InboundMails"].Waiting() > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the function did not take the mail")
		}
	}
	if s.receiving.Address != "privacy@mail.localhost" || s.receiving.Privacy != "privacy@helpdeskexpert.com" {
		t.Errorf("%+v", s.receiving)
	}
}

func TestARestartKeepsSecretsAndTwoStacksShareNoFolder(t *testing.T) {
	o := options(t, probes(t))
	first := start(t, o)
	secrets := first.secrets["TokenSecret"]
	if _, err := Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a second stack on the same data: %v", err)
	}
	beside := o
	beside.Data = t.TempDir()
	start(t, beside).Close()
	taken := beside
	taken.Port = first.options.Port
	if _, err := Start(t.Context(), taken); err == nil || !strings.Contains(err.Error(), "is taken") {
		t.Errorf("a second stack on the same port: %v", err)
	}
	first.Close()
	if got := start(t, o).secrets["TokenSecret"]; got != secrets {
		t.Error("a restart made other secrets")
	}
}

// A data folder from before an index of the template was declared: the error says which index is missing, and what to do.
func TestADataFolderOfAnOlderVersionIsSaidAtOnce(t *testing.T) {
	o := options(t, probes(t))
	before, err := os.ReadFile(templatePath)
	if err != nil {
		t.Fatal(err)
	}
	older := o
	older.Template = filepath.Join(t.TempDir(), "template.yaml")
	if err := os.WriteFile(older.Template, regexp.MustCompile(`, {AttributeName: people, [^\]]+|\n +GlobalSecondaryIndexes:\n +- IndexName: people\n.*\n.*`).ReplaceAll(before, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, older).Close()
	_, err = Start(t.Context(), o)
	for _, said := range []string{"SubjectsTable has no index people", "older version", "delete the folder " + o.Data, "DATA", "make seed"} {
		if err == nil || !strings.Contains(err.Error(), said) {
			t.Errorf("no %q in: %v", said, err)
		}
	}
	if err := os.RemoveAll(o.Data); err != nil {
		t.Fatal(err)
	}
	start(t, o)
	elsewhere := (&Stack{engine: &engine.Engine{Kind: "the engine of AWS_ENDPOINT_URL_DYNAMODB"}}).olderData(engine.ErrOlder).Error()
	if strings.Contains(elsewhere, "folder") || !strings.Contains(elsewhere, "delete the tables in the engine of AWS_ENDPOINT_URL_DYNAMODB") {
		t.Error(elsewhere)
	}
}

func TestAMissingBinaryIsSaidAtOnce(t *testing.T) {
	if _, err := Start(t.Context(), options(t, t.TempDir())); err == nil || !strings.Contains(err.Error(), "is not built") {
		t.Errorf("error %v", err)
	}
}
