package notices

import (
	"os"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/notice/noticetest"
)

func TestMain(m *testing.M) { os.Exit(enginetest.EachEngine(m)) }

func newStore(t *testing.T) (*Store, *enginetest.Tables, *testclock.Clock) {
	tables := enginetest.DynamoDB(t)
	clock := tables.Clock(noticetest.Noon)
	return &Store{Client: tables.Client, Table: tables.Name("NoticesTable"), Ledger: tables.Name("LedgerTable"), Now: clock.Now}, tables, clock
}

func TestTheStoreBehavesAsCampaignsExpect(t *testing.T) {
	noticetest.Conformance(t, func(t *testing.T) noticetest.Opened {
		s, tables, clock := newStore(t)
		return noticetest.Opened{Stores: s, Advance: func(d time.Duration) { clock.Advance(d) }, Settle: tables.Settle}
	})
}
