package notice_test

import (
	"fmt"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/notice/noticetest"
)

// K02, T27, F04: a campaign runs beside addresses that are attached, detached, renamed, shared and contested, joins that are made and taken back, and
// invocations that are killed. In the end nobody is lost who has an address of their own, no mailbox was mailed twice but in the one window that no
// mailer can close, and none that stood for nobody when the campaign last asked.
func TestPromise_K02_ACampaignBesideActsOnIdentities(t *testing.T) {
	acts := 0
	for seed := range soak.Pick(30, 150) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := inTown(t)
			b := noticetest.NewBustle(w.World, w.acts, 14, uint64(seed), w.Enter)
			b.Live(20)
			b.Check()
			acts += b.Done
		})
	}
	t.Logf("%d acts on identities", acts)
}
