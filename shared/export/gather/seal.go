package gather

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/export/bundle"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// Bucket keeps sealed bundles.
type Bucket interface {
	// Put stores what r yields under the key and returns its size in bytes. If r fails, nothing is stored.
	Put(ctx context.Context, key string, r io.Reader) (int64, error)
	// Head returns the size of the object in bytes.
	Head(ctx context.Context, key string) (int64, error)
	// Discard deletes the object and aborts its unfinished uploads. It returns no error if there is nothing to delete.
	Discard(ctx context.Context, key string) error
}

// Sealer makes sealed bundles in the bucket and deletes them again.
type Sealer struct {
	Records       Records
	Consents      Consents
	Receipts      Receipts
	Requests      Requests
	Subjects      Subjects
	Confirmations Confirmations
	Mailboxes     Mailboxes
	Bucket        Bucket
	Policy        func(now time.Time) *policy.Policy // policy.InForce
	Now           func() time.Time
}

// Seal gathers a bundle and streams it through the seal into the bucket. Plain data reaches a disk only in spools, which are files without a
// name. Seal returns the size of the object and the identity that opens it, which is stored nowhere (threat T04). The mail with the identity
// may be sent only once the object is confirmed, so Seal asks the bucket for its size (fault F20).
func (s *Sealer) Seal(ctx context.Context, r request.Request, a export.Attempt) (bytes int64, identity string, err error) {
	in, err := s.Gather(ctx, r, a.Subject)
	if err != nil {
		return 0, "", err
	}
	pipe, w := io.Pipe()
	var written int64
	var put error
	done := make(chan struct{})
	go func() {
		defer close(done)
		written, put = s.Bucket.Put(ctx, a.Object, pipe)
		pipe.CloseWithError(put) // ends the writer, since nobody reads any more
	}()
	identity, err = write(ctx, w, in)
	w.CloseWithError(err)
	<-done
	if err := errors.Join(err, put); err != nil {
		return 0, "", err
	}
	stored, err := s.Bucket.Head(ctx, a.Object)
	if err != nil {
		return 0, "", err
	}
	if stored != written {
		return 0, "", fmt.Errorf("gather: the bucket has %d of %d bytes", stored, written)
	}
	return stored, identity, nil
}

// write seals the bundle into w and returns the identity that opens it.
func write(ctx context.Context, w io.Writer, in bundle.Input) (identity string, err error) {
	sealed, identity, err := bundle.Seal(w)
	if err != nil {
		return "", err
	}
	if _, err = bundle.Write(ctx, sealed, in); err != nil {
		return "", err
	}
	return identity, sealed.Close()
}

// Discard deletes the object of an attempt and aborts its uploads.
func (s *Sealer) Discard(ctx context.Context, key string) error { return s.Bucket.Discard(ctx, key) }
