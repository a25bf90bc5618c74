package calls

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdeskexpert/privacy/infra/local/dynamodbwire"
	"github.com/helpdeskexpert/privacy/infra/sam"
)

func TestCallsAreRecordedByName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "calls.jsonl")
	r, err := Open(path, []string{"RecordsTable", "SubjectsTable", "ExportBucket"})
	if err != nil {
		t.Fatal(err)
	}
	var body string
	next := http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		b := make([]byte, 1<<10)
		n, _ := request.Body.Read(b)
		body = string(b[:n])
	})
	send := func(h http.Handler, method, target, operation, body string) {
		request := httptest.NewRequest(method, target, strings.NewReader(body))
		request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=export/20250101/eu-west-2/x/aws4_request, SignedHeaders=host")
		dynamodbwire.SetOperation(request, operation)
		h.ServeHTTP(httptest.NewRecorder(), request)
	}
	query := `{"TableName":"RecordsTable","IndexName":"due","ExpressionAttributeValues":{":a":{"S":"secret"}}}`
	send(r.DynamoDB(next), "POST", "/", "Query", query)
	if body != query {
		t.Errorf("what went on is %q", body)
	}
	send(r.DynamoDB(next), "POST", "/", "TransactWriteItems",
		`{"TransactItems":[{"Put":{"TableName":"RecordsTable"}},{"ConditionCheck":{"TableName":"SubjectsTable"}},{"Put":{"TableName":"RecordsTable"}}]}`)
	for method, target := range map[string]string{"POST": "/exportbucket/k?uploads", "HEAD": "/exportbucket/k"} {
		send(r.S3(next), method, target, "", "")
	}
	send(r.SES(next), "POST", "/v2/email/outbound-emails", "", `{"to":"a@example.com"}`)
	r.S3(next).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/exportbucket/k?X-Amz-Signature=1", nil))
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := sam.ReadCalls(file)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"dynamodb:Query":              {"RecordsTable/index/due"},
		"dynamodb:TransactWriteItems": {"ConditionCheck:SubjectsTable", "Put:RecordsTable"},
		"s3:CreateMultipartUpload":    {"ExportBucket"},
		"s3:HeadObject":               {"ExportBucket"},
		"ses:SendEmail":               nil,
	}
	for _, call := range got {
		name := call.Service + ":" + call.Operation
		if diff := cmp.Diff(want[name], call.Resources); diff != "" || call.Function != "export" {
			t.Errorf("%s by %s: %s", name, call.Function, diff)
		}
	}
	if len(got) != len(want) {
		t.Errorf("recorded %v", got)
	}
}

// The name of an operation never holds an address, which stands in the path of some requests.
func TestSESOperations(t *testing.T) {
	for want, request := range map[string][2]string{
		"SendEmail": {"POST", "/v2/email/outbound-emails"}, "SendBulkEmail": {"POST", "/v2/email/outbound-bulk-emails"},
		"GetAccount": {"GET", "/v2/email/account"}, "GetEmailIdentity": {"GET", "/v2/email/identities/privacy@example.com"},
		"DELETE identities": {"DELETE", "/v2/email/identities/privacy@example.com"}, "PUT suppression": {"PUT", "/v2/email/suppression/addresses/anna@example.org"},
	} {
		if got := sesOperation(httptest.NewRequest(request[0], request[1], nil)); got != want {
			t.Errorf("%v: %s, want %s", request, got, want)
		}
	}
}

func TestS3Operations(t *testing.T) {
	for want, request := range map[string][3]string{
		"ListMultipartUploads": {"GET", "/b?uploads", ""}, "ListObjectsV2": {"GET", "/b?list-type=2", ""}, "HeadBucket": {"HEAD", "/b", ""},
		"DeleteObjects": {"POST", "/b?delete", ""}, "CompleteMultipartUpload": {"POST", "/b/k?uploadId=1", "k"},
		"UploadPart": {"PUT", "/b/k?partNumber=1&uploadId=1", "k"}, "PutObject": {"PUT", "/b/k", "k"},
		"AbortMultipartUpload": {"DELETE", "/b/k?uploadId=1", "k"}, "DeleteObject": {"DELETE", "/b/k", "k"},
		"ListParts": {"GET", "/b/k?uploadId=1", "k"}, "GetObject": {"GET", "/b/k", "k"},
	} {
		if got := s3Operation(httptest.NewRequest(request[0], request[1], nil), request[2]); got != want {
			t.Errorf("%v: %s, want %s", request, got, want)
		}
	}
}
