package sam_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/sam"
)

// small is a template with one function and one role, to compare with calls.
const small = `
Resources:
  ExportFunction: {Type: AWS::Serverless::Function, Properties: {Role: !GetAtt ExportRole.Arn}}
  ExportRole:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyDocument:
            Statement:
              - {Effect: Allow, Action: [dynamodb:PutItem, dynamodb:ConditionCheckItem], Resource: !GetAtt RequestsTable.Arn}
              - {Effect: Allow, Action: dynamodb:Query, Resource: !Sub "${RequestsTable.Arn}/index/work"}
              - {Effect: Allow, Action: [s3:PutObject, s3:GetObject, s3:AbortMultipartUpload], Resource: !Sub "${ExportBucket.Arn}/*"}
              - {Effect: Allow, Action: ses:SendEmail, Resource: [!Sub "arn:aws:ses:x:y:identity/z", !Sub "arn:aws:ses:x:y:configuration-set/z"]}
              - {Effect: Allow, Action: [ses:SendBulkEmail, ses:GetEmailIdentity], Resource: !Sub "arn:aws:ses:x:y:identity/z"}
              - {Effect: Allow, Action: ses:GetAccount, Resource: "*"}
              - {Effect: Allow, Action: dynamodb:GetRecords, Resource: !GetAtt RequestsTable.StreamArn}
`

const calls = `{"function":"export","service":"dynamodb","operation":"TransactWriteItems","resources":["Put:RequestsTable","ConditionCheck:RequestsTable"]}
{"function":"ExportFunction","service":"dynamodb","operation":"Query","resources":["RequestsTable/index/work"]}
{"function":"export","service":"s3","operation":"UploadPart","resources":["ExportBucket"]}
{"function":"export","service":"s3","operation":"HeadObject","resources":["ExportBucket/some/key"]}
{"function":"export","service":"ses","operation":"SendEmail","resources":[]}
{"function":"export","service":"ses","operation":"SendBulkEmail"}
{"function":"export","service":"ses","operation":"GetEmailIdentity"}
{"function":"export","service":"ses","operation":"GetAccount"}
`

func compare(t *testing.T, recorded string) []string {
	t.Helper()
	template, err := sam.Load(write(t, small))
	if err != nil {
		t.Fatal(err)
	}
	read, err := sam.ReadCalls(strings.NewReader(recorded))
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, d := range sam.ComparePermissions(template, read) {
		said = append(said, d.String())
	}
	return said
}

func TestPromise_G04_PermissionsAreTheRecordedCalls(t *testing.T) {
	if said := compare(t, calls); said != nil {
		t.Errorf("equal sets differ: %q", said)
	}
	lines := strings.SplitAfter(calls, "\n")
	if said := compare(t, strings.Join(slices.Concat(lines[:1], lines[2:]), "")); !slices.Equal(said, []string{
		"export may dynamodb:Query on RequestsTable/index/work and never does",
	}) {
		t.Errorf("a permission too many: %q", said)
	}
	for _, c := range []struct{ call, want string }{
		{`{"function":"export","service":"dynamodb","operation":"Query","resources":["RequestsTable"]}`, "dynamodb:Query on RequestsTable"},
		{`{"function":"export","service":"dynamodb","operation":"TransactWriteItems","resources":["Delete:RequestsTable"]}`, "dynamodb:DeleteItem on RequestsTable"},
		{`{"function":"export","service":"s3","operation":"ListObjectsV2","resources":["ExportBucket"]}`, "s3:ListBucket on ExportBucket"},
		{`{"function":"purge","service":"ses","operation":"SendBulkEmail"}`, "ses:SendBulkEmail on mail"},
		{`{"function":"purge","service":"ses","operation":"GetAccount"}`, "ses:GetAccount on *"},
		{`{"function":"purge","service":"s3","operation":"Unheard","resources":["ExportBucket"]}`, "s3:Unheard on ExportBucket"},
	} {
		if said := compare(t, calls+c.call+"\n"); len(said) != 1 || !strings.Contains(said[0], c.want+" and may not") {
			t.Errorf("%s: %q", c.want, said)
		}
	}
}
