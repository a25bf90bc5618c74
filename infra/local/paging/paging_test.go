package paging_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/rclone/gofakes3"
	"github.com/rclone/gofakes3/s3mem"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/paging"
)

// A query of three items comes in pages of one item, each after an empty page. A query of one item is not changed.
func TestQueriesComeInPagesOfOneAndNone(t *testing.T) {
	tables := enginetest.DynamoDB(t)
	sparse := &paging.DynamoDB{Next: http.DefaultTransport}
	options := tables.Client.Options()
	options.HTTPClient = &http.Client{Transport: sparse}
	client, name := dynamodb.New(options), aws.String(tables.Name("LedgerTable"))
	for i := range 3 {
		item := map[string]types.AttributeValue{"PK": text("p"), "SK": text(strconv.Itoa(i))}
		if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: name, Item: item}); err != nil {
			t.Fatal(err)
		}
	}
	query := dynamodb.QueryInput{TableName: name, KeyConditionExpression: aws.String("PK = :pk"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":pk": text("p")}}
	var sizes []string
	for pages := dynamodb.NewQueryPaginator(client, &query); pages.HasMorePages(); {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, strconv.Itoa(len(page.Items)))
	}
	if got := strings.Join(sizes, ""); !strings.HasPrefix(got, "010101") || strings.Trim(got[6:], "0") != "" || sparse.Empty.Load() < 3 {
		t.Errorf("pages of %s items, %d empty ones", got, sparse.Empty.Load())
	}
	query.Limit = aws.Int32(1)
	if page, err := client.Query(t.Context(), &query); err != nil || len(page.Items) != 1 {
		t.Errorf("a query of one item: %v, %v", page, err)
	}
}

// A listing of three objects comes in the same way.
func TestListingsComeInPagesOfOneAndNone(t *testing.T) {
	backend := s3mem.New() // checks no signatures, because the proxy changes the signed addresses of the pages
	if err := backend.CreateBucket(t.Context(), "exports"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(paging.S3(gofakes3.New(backend).Server()))
	t.Cleanup(server.Close)
	client := s3.New(s3.Options{Region: engine.Region, BaseEndpoint: &server.URL, UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("test", "secret", "")})
	bucket := aws.String("exports")
	for i := range 3 {
		if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: bucket, Key: aws.String(strconv.Itoa(i)), Body: strings.NewReader("x")}); err != nil {
			t.Fatal(err)
		}
	}
	var sizes []string
	for pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: bucket}); pages.HasMorePages(); {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, strconv.Itoa(len(page.Contents)))
	}
	if got := strings.Join(sizes, ""); got != "010101" {
		t.Errorf("pages of %s objects", got)
	}
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
