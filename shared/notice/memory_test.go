package notice_test

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/notice/noticetest"
)

// The store in memory, which the other tests of this package use, behaves as the real one.
func TestTheStoreInMemoryBehavesAsTheRealOne(t *testing.T) {
	noticetest.Conformance(t, func(*testing.T) noticetest.Opened {
		clock := testclock.New(noticetest.Noon)
		return noticetest.Opened{Stores: noticetest.NewMemory(clock.Now, 0), Advance: func(d time.Duration) { clock.Advance(d) }, Settle: func() {}}
	})
}
