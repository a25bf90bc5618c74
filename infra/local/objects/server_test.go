package objects

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

const page = "http://localhost:8080"

func serve(t *testing.T, dir string) (*s3.Client, *httptest.Server) {
	t.Helper()
	h, err := Handler(Options{Dir: dir, Buckets: []string{"exports"}, Origins: []string{page}, Secret: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return s3.New(s3.Options{Region: "eu-west-2", BaseEndpoint: aws.String(server.URL), UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("export", "secret", "")}), server
}

// store uploads 11 MiB in three parts and returns them.
func store(t *testing.T, client *s3.Client, key string) []byte {
	t.Helper()
	ctx, bucket := t.Context(), aws.String("exports")
	whole := make([]byte, 11<<20)
	_, _ = rand.Read(whole)
	upload, err := client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: bucket, Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	var parts []types.CompletedPart
	for i, from := 0, 0; from < len(whole); i, from = i+1, from+5<<20 {
		number := aws.Int32(int32(i + 1))
		part, err := client.UploadPart(ctx, &s3.UploadPartInput{Bucket: bucket, Key: &key, UploadId: upload.UploadId,
			PartNumber: number, Body: bytes.NewReader(whole[from:min(from+5<<20, len(whole))])})
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, types.CompletedPart{PartNumber: number, ETag: part.ETag, ChecksumCRC32: part.ChecksumCRC32})
	}
	if _, err := client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{Bucket: bucket, Key: &key,
		UploadId: upload.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}}); err != nil {
		t.Fatal(err)
	}
	return whole
}

func TestAMultipartObjectSurvivesARestart(t *testing.T) {
	dir := t.TempDir()
	client, _ := serve(t, dir)
	whole := store(t, client, "a/b c")
	client, _ = serve(t, dir)
	head, err := client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("exports"), Key: aws.String("a/b c")})
	if err != nil || *head.ContentLength != int64(len(whole)) {
		t.Fatalf("head: %v, %v", head, err)
	}
	got, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("exports"), Key: aws.String("a/b c"), Range: aws.String("bytes=6000000-6000009")})
	if err != nil {
		t.Fatal(err)
	}
	part, _ := io.ReadAll(got.Body)
	if !bytes.Equal(part, whole[6000000:6000010]) {
		t.Error("a range is not the bytes stored")
	}
}

func TestListDeleteAndAbort(t *testing.T) {
	ctx, bucket := t.Context(), aws.String("exports")
	client, _ := serve(t, t.TempDir())
	for _, key := range []string{"b", "a", "c"} {
		if _, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: aws.String(key), Body: strings.NewReader(key)}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: aws.String("b")}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: aws.String("never")}); err != nil {
		t.Error("deleting what is not there:", err)
	}
	var keys []string
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: bucket, MaxKeys: aws.Int32(1)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, object := range page.Contents {
			keys = append(keys, *object.Key)
		}
	}
	if strings.Join(keys, "") != "ac" {
		t.Errorf("listed %v", keys)
	}
	upload, err := client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: bucket, Key: aws.String("u")})
	if err != nil {
		t.Fatal(err)
	}
	uploads, err := client.ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{Bucket: bucket})
	if err != nil || len(uploads.Uploads) != 1 {
		t.Fatalf("uploads: %v, %v", uploads, err)
	}
	if _, err := client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: bucket, Key: aws.String("u"), UploadId: upload.UploadId}); err != nil {
		t.Fatal(err)
	}
}

// A killed process leaves an unfinished upload and a partly written file. Both are gone at the next start, and complete objects stay.
func TestFault_F03_AKilledUploadLeavesTheOldObject(t *testing.T) {
	dir, bucket, key := t.TempDir(), aws.String("exports"), aws.String("..")
	client, _ := serve(t, dir)
	whole := store(t, client, *key)
	upload, err := client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: bucket, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.UploadPart(t.Context(), &s3.UploadPartInput{Bucket: bucket, Key: key, UploadId: upload.UploadId, PartNumber: aws.Int32(1),
		Body: strings.NewReader("half")}); err != nil {
		t.Fatal(err)
	}
	old := folder{dir: dir}
	broken := io.MultiReader(strings.NewReader("half"), iotest.ErrReader(io.ErrUnexpectedEOF))
	for size, body := range map[int64]io.Reader{-1: broken, 5: strings.NewReader("half")} {
		if _, err := old.PutObject(t.Context(), *bucket, *key, nil, body, size); err == nil {
			t.Error("half a body was stored")
		}
	}
	_ = os.WriteFile(filepath.Join(dir, "exports", ".write-1"), []byte("half"), 0o600) // as a killed process leaves it
	client, _ = serve(t, dir)
	got, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: bucket, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	if read, err := io.ReadAll(got.Body); err != nil || !bytes.Equal(read, whole) {
		t.Errorf("the old object is %d bytes, %v", len(read), err)
	}
	if files, err := os.ReadDir(filepath.Join(dir, "exports")); err != nil || len(files) != 1 {
		t.Errorf("%v, %v", files, err)
	}
}

// Only parts that were sent are joined, in their order.
func TestPartsThatWereNotSentAreRefused(t *testing.T) {
	ctx, bucket, key := t.Context(), aws.String("exports"), aws.String("u")
	client, _ := serve(t, t.TempDir())
	upload, err := client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: bucket, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	sent := func(number int32) types.CompletedPart {
		part, err := client.UploadPart(ctx, &s3.UploadPartInput{Bucket: bucket, Key: key, UploadId: upload.UploadId, PartNumber: &number,
			Body: strings.NewReader(strings.Repeat("x", int(number)))})
		if err != nil {
			t.Fatal(err)
		}
		return types.CompletedPart{PartNumber: &number, ETag: part.ETag}
	}
	one, two := sent(1), sent(2)
	for code, parts := range map[string][]types.CompletedPart{
		"InvalidPart":      {one, {PartNumber: aws.Int32(2), ETag: aws.String("x")}},
		"InvalidPartOrder": {two, one},
	} {
		_, err := client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{Bucket: bucket, Key: key, UploadId: upload.UploadId,
			MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}})
		var refused smithy.APIError
		if !errors.As(err, &refused) || refused.ErrorCode() != code {
			t.Errorf("%v, want %s", err, code)
		}
	}
	if _, err := client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{Bucket: bucket, Key: key, UploadId: upload.UploadId,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{one, two}}}); err != nil {
		t.Error(err)
	}
	if head, err := client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: key}); err != nil || *head.ContentLength != 3 {
		t.Errorf("%v, %v", head, err)
	}
}

func presign(t *testing.T, client *s3.Client, expires time.Duration) string {
	t.Helper()
	signed, err := s3.NewPresignClient(client).PresignGetObject(context.Background(),
		&s3.GetObjectInput{Bucket: aws.String("exports"), Key: aws.String("k")}, s3.WithPresignExpires(expires))
	if err != nil {
		t.Fatal(err)
	}
	return signed.URL
}

func get(t *testing.T, url, origin string) *http.Response {
	t.Helper()
	request, _ := http.NewRequest(http.MethodGet, url, nil)
	request.Header.Set("Origin", origin)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	return response
}

func TestAPresignedURLIsReadByThePageOnlyAndEnds(t *testing.T) {
	client, server := serve(t, t.TempDir())
	store(t, client, "k")
	url := presign(t, client, time.Minute)
	if r := get(t, url, page); r.StatusCode != 200 || r.Header.Get("Access-Control-Allow-Origin") != page {
		t.Errorf("the page got %d %v", r.StatusCode, r.Header)
	}
	if r := get(t, url, "https://elsewhere.example"); r.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("CORS lets another origin read")
	}
	if r := get(t, strings.Replace(url, "/k?", "/l?", 1), page); r.StatusCode != 403 {
		t.Errorf("another key under the same signature: %d", r.StatusCode)
	}
	if r := get(t, server.URL+"/exports/k", page); r.StatusCode != 403 {
		t.Errorf("no signature: %d", r.StatusCode)
	}
	ended := presign(t, client, time.Second)
	time.Sleep(2100 * time.Millisecond)
	if r := get(t, ended, page); r.StatusCode != 403 {
		t.Errorf("an expired URL: %d", r.StatusCode)
	}
}
