package inbound_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"strings"
	"sync"

	"github.com/helpdeskexpert/privacy/shared/inbound"
	"github.com/helpdeskexpert/privacy/shared/retention"
)

// cut breaks one call to DynamoDB or to the bucket, or one mail. Either the call is not sent, or it is sent and its answer is lost.
type cut struct {
	next http.RoundTripper // to DynamoDB
	sent bool              // whether the call is sent
	kill func()            // ends the run; if nil, only the one call breaks

	mu   sync.Mutex
	left int // calls until the one that breaks
	hit  bool
}

// breaks are the ways in which a call breaks.
var breaks = []struct {
	name       string
	sent, dies bool
}{{"killed before", false, true}, {"killed after", true, true}, {"no answer to", true, false}}

var errCut = errors.New("cut")

// call does a call, or breaks it.
func (c *cut) call(do func() error) error {
	c.mu.Lock()
	c.left--
	now := c.left == 0
	c.hit = c.hit || now
	c.mu.Unlock()
	if !now {
		return do()
	}
	if c.sent {
		_ = do()
	}
	if c.kill != nil {
		c.kill()
	}
	return errCut
}

// RoundTrip implements [http.RoundTripper]. Looking for what is due is left out: the schedule does it again and again.
func (c *cut) RoundTrip(r *http.Request) (answer *http.Response, err error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if bytes.Contains(body, []byte(`"IndexName"`)) {
		return c.next.RoundTrip(r)
	}
	err = c.call(func() (err error) {
		answer, err = c.next.RoundTrip(r)
		return err
	})
	return answer, err
}

// brokenMails is the bucket with such calls. A mail whose end does not come is one more way to break.
type brokenMails struct {
	inbound.Mails
	*cut
}

func (b brokenMails) Get(ctx context.Context, key string) (mail io.ReadCloser, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	err = b.call(func() error {
		mail, err = b.Mails.Get(ctx, key)
		return err
	})
	if errors.Is(err, errCut) && b.sent && b.kill == nil {
		return io.NopCloser(io.MultiReader(strings.NewReader("From: anna@example.org\r\n\r\nOnly the begi"), failing{})), nil
	}
	return mail, err
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errCut }

func (b brokenMails) Delete(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return b.call(func() error { return b.Mails.Delete(ctx, key) })
}

func (b brokenMails) All(ctx context.Context) iter.Seq2[retention.Object, error] {
	return func(yield func(retention.Object, error) bool) {
		if err := b.call(func() error { return nil }); err != nil {
			yield(retention.Object{}, err)
			return
		}
		b.Mails.All(ctx)(yield)
	}
}
