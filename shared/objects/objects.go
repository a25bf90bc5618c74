// Package objects stores sealed bundles in S3. It offers only what the service needs: upload a stream, make a short-lived download
// link, delete, and list.
//
// Keys are random and say nothing about a person. Encryption at rest is a setting of the bucket (template.yaml).
package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/helpdeskexpert/privacy/shared/awsenv"
	"github.com/helpdeskexpert/privacy/shared/retention"
)

// LinkLife is the longest time that a presigned URL works. It is short, because links stop working with the signing role's session
// anyway (fault F21).
const LinkLife = 300 * time.Second

// ErrNotFound means that the bucket has no such object.
var ErrNotFound = errors.New("objects: no such object")

// Bucket is one S3 bucket.
type Bucket struct {
	client   *s3.Client
	presign  *s3.PresignClient
	uploader *transfermanager.Client
	name     string
	now      func() time.Time
}

// Open returns the bucket. It takes region, credentials and endpoint from the environment ([awsenv.Config]) and makes no call. If
// the environment sets an endpoint, the bucket's name goes into the path, since a local address has no host name per bucket. Open
// turns the checksums on, as the SDK's own loader does; without this they are off.
func Open(bucket string, now func() time.Time) *Bucket {
	cfg := awsenv.Config("S3")
	cfg.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenSupported
	cfg.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenSupported
	client := s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = awsenv.Endpoint("S3") != ""
	})
	return &Bucket{client: client, presign: s3.NewPresignClient(client), uploader: uploader(client), name: bucket, now: now}
}

// Head returns the object's size in bytes, or ErrNotFound.
func (b *Bucket) Head(ctx context.Context, key string) (int64, error) {
	out, err := b.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.name, Key: &key})
	if err != nil {
		return 0, notFound("looking an object up", err)
	}
	return aws.ToInt64(out.ContentLength), nil
}

// Get returns the object, or ErrNotFound. The caller closes it.
func (b *Bucket) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	out, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.name, Key: &key})
	if err != nil {
		return nil, notFound("reading", err)
	}
	return out.Body, nil
}

// Delete deletes the object. It is no error if the object does not exist.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	if _, err := b.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.name, Key: &key}); err != nil {
		return fmt.Errorf("objects: deleting: %w", err)
	}
	return nil
}

// Presign returns a URL that downloads the object, and the moment at which the URL stops working. A life longer than LinkLife is
// cut to it. The URL tells the browser to save the object under filename and to cache nothing. Presign makes no call.
func (b *Bucket) Presign(ctx context.Context, key, filename string, life time.Duration) (string, time.Time, error) {
	life = min(life, LinkLife)
	expires := b.now().UTC().Add(life).Truncate(time.Second)
	out, err := b.presign.PresignGetObject(ctx, &s3.GetObjectInput{
		Bucket: &b.name, Key: &key,
		ResponseCacheControl:       aws.String("no-store"),
		ResponseContentType:        aws.String("application/octet-stream"),
		ResponseContentDisposition: aws.String(fmt.Sprintf("attachment; filename=%q", filename)),
	}, s3.WithPresignExpires(life))
	if err != nil {
		return "", time.Time{}, fmt.Errorf("objects: presigning: %w", err)
	}
	return out.URL, expires, nil
}

// All yields the objects of the bucket. An error ends the sequence.
func (b *Bucket) All(ctx context.Context) iter.Seq2[retention.Object, error] {
	return func(yield func(retention.Object, error) bool) {
		pages := s3.NewListObjectsV2Paginator(b.client, &s3.ListObjectsV2Input{Bucket: &b.name})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(retention.Object{}, fmt.Errorf("objects: listing: %w", err))
				return
			}
			for _, object := range page.Contents {
				if !yield(retention.Object{Key: aws.ToString(object.Key), At: aws.ToTime(object.LastModified)}, nil) {
					return
				}
			}
		}
	}
}

// notFound turns S3's answer about a missing object into ErrNotFound.
func notFound(doing string, err error) error {
	var missing *types.NotFound
	var noKey *types.NoSuchKey
	if errors.As(err, &missing) || errors.As(err, &noKey) {
		return ErrNotFound
	}
	return fmt.Errorf("objects: %s: %w", doing, err)
}
