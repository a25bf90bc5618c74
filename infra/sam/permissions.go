package sam

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Call is one call to AWS that a function made while the tests ran. The local stack records them as JSON lines.
type Call struct {
	Function  string `json:"function"`  // its name, "consent", or its logical id
	Service   string `json:"service"`   // dynamodb, s3, ses
	Operation string `json:"operation"` // as the service names it: PutItem, UploadPart, SendEmail
	// Resources are logical ids: "RequestsTable", "RequestsTable/index/work", "ExportBucket". A transaction or a batch
	// also says what it does to each: "Put:RecordsTable", "ConditionCheck:SubjectsTable".
	Resources []string `json:"resources"`
}

// ReadCalls reads JSON lines.
func ReadCalls(r io.Reader) ([]Call, error) {
	var calls []Call
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var call Call
		if err := json.Unmarshal(lines.Bytes(), &call); err != nil {
			return nil, fmt.Errorf("sam: recorded call: %w", err)
		}
		calls = append(calls, call)
	}
	return calls, lines.Err()
}

// action is IAM's name of an operation, and the kind of resource that IAM checks for it.
type action struct{ name, on string }

// actions maps each operation to its IAM action if the two differ (AWS Service Authorization Reference). A DynamoDB operation on
// one table is an action of the same name. An operation inside a transaction is the action of the corresponding single operation.
var actions = map[string]action{
	"dynamodb:TransactWriteItems/Put":            {"dynamodb:PutItem", "table"},
	"dynamodb:TransactWriteItems/Update":         {"dynamodb:UpdateItem", "table"},
	"dynamodb:TransactWriteItems/Delete":         {"dynamodb:DeleteItem", "table"},
	"dynamodb:TransactWriteItems/ConditionCheck": {"dynamodb:ConditionCheckItem", "table"},
	"dynamodb:TransactGetItems/Get":              {"dynamodb:GetItem", "table"},
	"s3:PutObject":                               {"s3:PutObject", "object"},
	"s3:CreateMultipartUpload":                   {"s3:PutObject", "object"},
	"s3:UploadPart":                              {"s3:PutObject", "object"},
	"s3:CompleteMultipartUpload":                 {"s3:PutObject", "object"},
	"s3:AbortMultipartUpload":                    {"s3:AbortMultipartUpload", "object"},
	"s3:ListParts":                               {"s3:ListMultipartUploadParts", "object"},
	"s3:GetObject":                               {"s3:GetObject", "object"},
	"s3:HeadObject":                              {"s3:GetObject", "object"},
	"s3:DeleteObject":                            {"s3:DeleteObject", "object"},
	"s3:DeleteObjects":                           {"s3:DeleteObject", "object"},
	"s3:ListObjectsV2":                           {"s3:ListBucket", "bucket"},
	"s3:HeadBucket":                              {"s3:ListBucket", "bucket"},
	"s3:ListMultipartUploads":                    {"s3:ListBucketMultipartUploads", "bucket"},
	"ses:SendEmail":                              {"ses:SendEmail", "mail"},
	"ses:SendBulkEmail":                          {"ses:SendBulkEmail", "mail"},
	"ses:GetEmailIdentity":                       {"ses:GetEmailIdentity", "mail"},
	"ses:GetAccount":                             {"ses:GetAccount", "account"}, // IAM knows no resource for it
}

// implied lists permissions that a role needs although the function itself never makes the call, or makes it only after a failure.
// An empty function or resource means any.
var implied = []struct{ function, action, resource, why string }{
	{"", "logs:CreateLogStream", "FunctionLogs", "Lambda writes the log under the function's role"},
	{"", "logs:PutLogEvents", "FunctionLogs", "Lambda writes the log under the function's role"},
	{"", "kms:Decrypt", "DataKey", "DynamoDB, S3, SQS and Lambda use the key for the function"},
	{"", "kms:DescribeKey", "DataKey", "DynamoDB uses the key for the function"},
	{"", "kms:GenerateDataKey", "DataKey", "S3 and SQS use the key for the function"},
	{"", "sqs:SendMessage", "FailedEvents", "Lambda reports what a stream or a schedule gave up"},
	{"", "dynamodb:DescribeStream", "RequestsTable/stream", "Lambda reads the stream under the function's role"},
	{"", "dynamodb:GetRecords", "RequestsTable/stream", "Lambda reads the stream under the function's role"},
	{"", "dynamodb:GetShardIterator", "RequestsTable/stream", "Lambda reads the stream under the function's role"},
	{"", "dynamodb:ListStreams", "RequestsTable/stream", "Lambda reads the stream under the function's role"},
	{"feedback", "sqs:DeleteMessage", "MailEvents", "Lambda reads the queue under the function's role"},
	{"feedback", "sqs:GetQueueAttributes", "MailEvents", "Lambda reads the queue under the function's role"},
	{"feedback", "sqs:ReceiveMessage", "MailEvents", "Lambda reads the queue under the function's role"},
	{"inbox", "sqs:DeleteMessage", "InboundMails", "Lambda reads the queue under the function's role"},
	{"inbox", "sqs:GetQueueAttributes", "InboundMails", "Lambda reads the queue under the function's role"},
	{"inbox", "sqs:ReceiveMessage", "InboundMails", "Lambda reads the queue under the function's role"},
	{"download", "s3:GetObject", "", "a presigned URL is signed without a call and used by the browser (F21)"},
	{"export", "s3:AbortMultipartUpload", "", "only a failed or killed attempt leaves an upload behind (F20)"},
	{"export", "s3:ListBucketMultipartUploads", "", "only a failed or killed attempt leaves an upload behind (F20)"},
	{"export", "s3:DeleteObject", "", "only a failed or killed attempt leaves an object behind (F03, F23)"},
	{"erase", "s3:AbortMultipartUpload", "", "only a killed attempt at an export leaves an upload behind (F20)"},
	{"request", "dynamodb:ConditionCheckItem", "SubjectsTable", "only an opt-out that is repeated within a second changes nothing"},
	{"purge", "s3:DeleteObject", "", "an export is deleted only when its life is over"},
	{"fulfil", "dynamodb:ConditionCheckItem", "SubjectsTable", "only a run that repeats a killed one finds that nothing is left to impose (F02)"},
	{"notify", "dynamodb:GetItem", "NoticesTable", "only a claim that was left open, or a mail that is sent again, is read so (F04)"},
	{"notify", "dynamodb:Query", "NoticesTable", "only a retry that staff asked for looks through the recipients"},
}

// Difference is a permission that was needed but not granted (Missing), or granted but never needed.
type Difference struct {
	Function, Action, Resource string
	Missing                    bool
}

// String returns the difference in words.
func (d Difference) String() string {
	if d.Missing {
		return fmt.Sprintf("%s calls %s on %s and may not", d.Function, d.Action, d.Resource)
	}
	return fmt.Sprintf("%s may %s on %s and never does", d.Function, d.Action, d.Resource)
}

// ComparePermissions compares what the roles allow with what the functions called (promise G04). Without a difference, each
// function may do exactly what it does, plus what is implied.
func ComparePermissions(t *Template, calls []Call) []Difference {
	needed, granted := map[Difference]bool{}, map[Difference]bool{}
	for _, call := range calls {
		for _, d := range required(call) {
			needed[d] = true
		}
	}
	for _, f := range t.Functions {
		for _, d := range t.grants(f) {
			granted[d] = true
		}
	}
	var differences []Difference
	for d := range needed {
		if !granted[d] {
			d.Missing = true
			differences = append(differences, d)
		}
	}
	for d := range granted {
		if !needed[d] && !isImplied(d) {
			differences = append(differences, d)
		}
	}
	slices.SortFunc(differences, func(a, b Difference) int { return strings.Compare(a.String(), b.String()) })
	return differences
}

// required translates a call. An operation that is not in the table keeps its own name, so that it is reported as missing.
func required(call Call) []Difference {
	function := strings.ToLower(strings.TrimSuffix(call.Function, "Function"))
	resources := call.Resources
	if len(resources) == 0 {
		resources = []string{""}
	}
	var all []Difference
	for _, resource := range resources {
		operation := call.Service + ":" + call.Operation
		if kind, table, ok := strings.Cut(resource, ":"); ok {
			operation, resource = operation+"/"+kind, table
		}
		a, ok := actions[operation]
		if !ok {
			a = action{operation, "table"}
		}
		switch a.on {
		case "object":
			bucket, _, _ := strings.Cut(resource, "/")
			resource = bucket + "/*"
		case "mail":
			resource = "mail"
		case "account":
			resource = "*"
		}
		all = append(all, Difference{Function: function, Action: a.name, Resource: resource})
	}
	return all
}

// grants lists every action and resource that a function's role allows, with resources as logical ids.
func (t *Template) grants(f Function) []Difference {
	logical := func(id, attribute string) (string, bool) {
		if attribute == "StreamArn" {
			return id + "/stream", true
		}
		_, parameter := t.Parameters[id] // the parameter's default is good enough here
		return id, !parameter
	}
	var all []Difference
	for _, s := range f.Statements {
		for _, r := range s.Resources {
			resource, err := t.Resolve(r, logical)
			if err != nil {
				resource = err.Error()
			}
			if strings.Contains(resource, ":ses:") {
				resource = "mail" // one call needs both the identity and the configuration set
			}
			for _, a := range s.Actions {
				all = append(all, Difference{Function: f.Name, Action: a, Resource: resource})
			}
		}
	}
	return all
}

func isImplied(d Difference) bool {
	for _, i := range implied {
		if i.action == d.Action && (i.function == "" || i.function == d.Function) && (i.resource == "" || i.resource == d.Resource) {
			return true
		}
	}
	return false
}
