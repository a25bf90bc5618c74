package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

// Limits on the memory that an upload uses: at most three parts at once, so that an export stays within its 64 MiB.
const (
	partSize    = 5 << 20 // bytes; S3's minimum, and its maximum of 10,000 parts still makes 48 GiB
	concurrency = 2
)

// abortTime is how long the abort of a failed upload may take after the caller's own time has run out.
const abortTime = 10 * time.Second

// uploader uploads a stream in parts. If a part fails, it aborts the whole upload. The abort has its own context, because the usual
// cause is that the caller's context has ended (fault F20).
func uploader(client *s3.Client) *transfermanager.Client {
	return transfermanager.New(client, func(o *transfermanager.Options) {
		o.PartSizeBytes = partSize
		o.MultipartUploadThreshold = partSize
		o.Concurrency = concurrency
		o.FailTimeout = abortTime
	})
}

// Put stores what r yields under the key and returns its size in bytes. If r or S3 fails, or the context ends, nothing is stored
// and the parts already sent are aborted (fault F20).
func (b *Bucket) Put(ctx context.Context, key string, r io.Reader) (int64, error) {
	counted := &counter{r: r}
	_, err := b.uploader.UploadObject(ctx, &transfermanager.UploadObjectInput{
		Bucket: &b.name, Key: &key, Body: counted,
		ContentType:  aws.String("application/octet-stream"),
		CacheControl: aws.String("no-store"),
	})
	if err != nil {
		return 0, fmt.Errorf("objects: uploading: %w", err)
	}
	if counted.n < partSize {
		return counted.n, nil
	}
	// If S3's answer to the start of an upload was lost, the SDK started a second one, and nobody completes the first. If the abort
	// fails, Put still succeeds: a lifecycle rule of the bucket aborts the unfinished upload within a day.
	_ = b.abortUploads(ctx, key)
	return counted.n, nil
}

// Discard deletes the object and aborts the unfinished uploads of its key, such as those of a killed attempt (fault F20). It is no error
// if there is neither.
func (b *Bucket) Discard(ctx context.Context, key string) error {
	if err := b.abortUploads(ctx, key); err != nil {
		return err
	}
	return b.Delete(ctx, key)
}

func (b *Bucket) abortUploads(ctx context.Context, key string) error {
	pages := s3.NewListMultipartUploadsPaginator(b.client, &s3.ListMultipartUploadsInput{Bucket: &b.name, Prefix: &key})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if noUpload(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("objects: listing uploads: %w", err)
		}
		for _, upload := range page.Uploads {
			if aws.ToString(upload.Key) != key {
				continue
			}
			_, err := b.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{
				Bucket: &b.name, Key: &key, UploadId: upload.UploadId,
			})
			if err != nil && !noUpload(err) {
				return fmt.Errorf("objects: aborting an upload: %w", err)
			}
		}
	}
	return nil
}

// noUpload reports whether S3 says that the upload does not exist. Some servers answer so for a bucket without unfinished uploads.
func noUpload(err error) bool {
	var answer smithy.APIError
	return errors.As(err, &answer) && answer.ErrorCode() == "NoSuchUpload"
}

// counter counts the bytes that are read.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
