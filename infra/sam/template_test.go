package sam_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/sam"
)

// load reads the project's own template.
func load(t *testing.T) *sam.Template {
	t.Helper()
	template, err := sam.Load("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return template
}

func TestLoadReadsFunctionsWithTheirTriggers(t *testing.T) {
	template := load(t)
	if len(template.Functions) != 16 || len(template.Tables) != 6 || len(template.Buckets) != 2 {
		t.Fatalf("%d functions, %d tables, %d buckets", len(template.Functions), len(template.Tables), len(template.Buckets))
	}
	policy, _ := template.Function("PolicyFunction")
	if policy.Name != "policy" || policy.Routes[len(policy.Routes)-1].Key != "$default" {
		t.Errorf("policy: %q %v", policy.Name, policy.Routes)
	}
	export, _ := template.Function("ExportFunction")
	if export.Timeout != 15*time.Minute || export.MemoryMB < 1769 || len(export.Streams) != 1 || len(export.Schedules) != 1 {
		t.Errorf("export: %+v", export)
	}
	if s := export.Streams[0]; s.BatchSize != 1 || s.ParallelizationFactor != 1 || s.Table != "RequestsTable" || s.Destination != "FailedEvents" {
		t.Errorf("export's stream: %+v", s)
	}
	if limit := template.API.RouteLimits["POST /v1/requests"]; limit.Rate != 500 || limit.Burst != 1000 {
		t.Errorf("the limit of POST /v1/requests: %+v", limit)
	}
}

// wholeCore is the memory in MB with which Lambda gives a function the time of one whole core.
// Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
const wholeCore = 1769

// With less than a core, a second CPU only costs coordination (template.yaml explains this). With a core or more, Go chooses.
func TestFunctionsWithLessThanACoreRunOnOneCPU(t *testing.T) {
	for _, f := range load(t).Functions {
		want := ""
		if f.MemoryMB < wholeCore {
			want = "1"
		}
		if got := f.Environment["GOMAXPROCS"].Text(); got != want {
			t.Errorf("%s has %d MB and GOMAXPROCS %q, not %q", f.Name, f.MemoryMB, got, want)
		}
	}
}

func TestResolve(t *testing.T) {
	template := load(t)
	lookup := func(logicalID, attribute string) (string, bool) {
		known := map[string]string{
			"AliasSecret/": "arn:alias", "ExportBucket/RegionalDomainName": "bucket.example", "RequestsTable/": "requests-1", "Origin/": "http://localhost:1",
		}
		text, ok := known[logicalID+"/"+attribute]
		return text, ok
	}
	for _, c := range []struct{ function, variable, want string }{
		{"IngestFunction", "ALIAS_KEY", "{{resolve:secretsmanager:arn:alias:SecretString}}"},
		{"CentreFunction", "EXPORT_ORIGIN", "https://bucket.example"},
		{"RequestFunction", "REQUESTS_TABLE", "requests-1"},
		{"RequestFunction", "ORIGIN", "http://localhost:1"}, // lookup takes precedence over a parameter's default
		{"PurgeFunction", "GRACE", "12h"},
		{"FulfilFunction", "WRITE_TIMEOUT", "9m"},
		{"EraseFunction", "COOLING_OFF", ""},
	} {
		f, _ := template.Function(c.function)
		if got, err := template.Resolve(f.Environment[c.variable], lookup); err != nil || got != c.want {
			t.Errorf("%s %s = %q, %v; want %q", c.function, c.variable, got, err, c.want)
		}
	}
	for _, service := range []string{"DYNAMODB", "S3", "SESV2"} {
		f, _ := template.Function("ExportFunction")
		if v := f.Environment["AWS_ENDPOINT_URL_"+service]; !v.Exists() || v.Text() != "" {
			t.Errorf("SAM CLI cannot point %s at a stand-in, or the template does", service)
		}
	}
	f, _ := template.Function("IngestFunction")
	if _, err := template.Resolve(f.Environment["RECORDS_TABLE"], lookup); err == nil {
		t.Error("an unknown reference was resolved")
	}
}

// write writes a template into a temporary file.
func write(t *testing.T, template string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "template.yaml")
	if err := os.WriteFile(path, []byte(template), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoadRefusesWhatItDoesNotKnow(t *testing.T) {
	for name, template := range map[string]string{
		"no role":       `Resources: {F: {Type: AWS::Serverless::Function, Properties: {}}}`,
		"other event":   `Resources: {F: {Type: AWS::Serverless::Function, Properties: {Role: !GetAtt R.Arn, Events: {E: {Type: SNS}}}}}`,
		"broken YAML":   `Resources: [`,
		"nothing":       ``,
		"endless limit": `Resources: {A: {Type: AWS::Serverless::HttpApi, Properties: {}}}`,
	} {
		if _, err := sam.Load(write(t, template)); err == nil {
			t.Errorf("%s: loaded", name)
		}
	}
}
