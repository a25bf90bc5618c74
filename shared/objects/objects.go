// Package objects keeps sealed bundles in S3. It names only what the service needs of a bucket: one stream in, one
// short-lived link out, and removal.
//
// Keys are random and hold nothing about a person; encryption at rest is the bucket's own rule (template.yaml).
package objects

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/helpdeskexpert/privacy/shared/awsenv"
	"github.com/helpdeskexpert/privacy/shared/retention"
)

// LinkLife is how long a presigned URL works, at most: links die with the signing role's session anyway (fault F21).
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

// Open returns the bucket. It takes region, credentials and endpoint from the environment ([awsenv.Config]) and makes no call. With an
// endpoint of its own, keys go in the path, since a local address has no name per bucket. Checksums are asked for here, as the SDK's own
// loader asks for them: without it they are off.
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

// Delete removes the object. Removing one that is not there is no error.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	if _, err := b.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.name, Key: &key}); err != nil {
		return fmt.Errorf("objects: deleting: %w", err)
	}
	return nil
}

// Presign returns a URL that downloads the object once it is followed within life, which is cut to LinkLife, and the
// moment it stops working. The browser is told to save it under filename and to cache nothing. Presigning makes no call.
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
