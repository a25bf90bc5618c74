package request_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"
)

// F02, F03: wake-ups arrive late, twice and together. A failed mail is tried again with a new link, and both links are for one request.
func TestFault_F03_AMailThatFailedIsMailedAgain(t *testing.T) {
	s := newRig(t)
	s.Once["mail"] = errors.New("throttled")
	r := s.Challenged("anna@example.org")
	if len(s.Mails) != 1 {
		t.Fatalf("%d mails while the lease runs", len(s.Mails))
	}
	s.Clock.Advance(3 * time.Minute)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { _ = s.Fulfilment.Run(context.Background(), r.ID) })
	}
	wg.Wait()
	if len(s.Mails) != 2 {
		t.Fatalf("%d mails after the lease", len(s.Mails))
	}
	if _, err := s.Requester.Verify(t.Context(), r.ID, s.LastMail().Token); err != nil {
		t.Error(err)
	}
}
