package faults

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/notice"
)

// K02, F04, T04, T12: two thousand account holders, or a third of them, are told by the real binaries, while the company's systems go on
// sending records, contracts begin, end and come back, and SES's reports arrive twice and backwards. notify is killed with SIGKILL before a call
// to SES, and again after SES has taken the mails of another. Each account holder gets one letter, nobody else gets any, and no log, metric or
// tag holds personal data.
func TestPromise_K02_EveryAccountHolderIsTold(t *testing.T) {
	c := newCampaign(t)
	now := time.Now().UTC().Truncate(time.Second)
	began, long, never := now.AddDate(-8, 0, 0), now.AddDate(-5, 0, 0), time.Time{}
	stay, lead, ended, recent := group("stay", soak.Pick(600, 1_900)), group("lead", 25), group("ended", 25), group("recent", 25)
	leave, back, join := group("leave", 25), group("back", 25), group("join", 25)
	c.accounts("a", began, never, stay[:len(stay)/2]...)
	c.accounts("a", began, never, slices.Concat(stay[len(stay)/2:], leave, back)...)
	c.accounts("a", began, now.AddDate(0, 0, -1), recent...) // the account data is still kept
	c.contacts(slices.Concat(lead, ended)...)
	c.accounts("a", began, never, ended...)
	c.accounts("a", began, long, ended...)

	first := c.walk(soak.Pick([]int32{5, 3}, []int32{12, 9}), func() {
		c.accounts("a", began, long, slices.Concat(leave, back)...) // whoever of them was mailed before this was mailed rightly
		c.contacts(stay[:100]...)
		c.accounts("a", now, never, join...)
		c.accounts("b", now, never, back...)
	})
	if first.State != notice.Following || first.Counts.Unknown == 0 || first.Counts.Unknown > 50 {
		t.Errorf("after the first walk: %+v, %+v", first, *first.Counts)
	}
	c.nextDay()
	for range 2 {
		c.run(0, None)
		c.hear()
	}
	t.Logf("%d calls, %d reports, after the first walk: %+v", c.calls.Load(), c.taken.Load(), *first.Counts)
	told := c.letters(map[string][]string{"one": slices.Concat(stay, recent, back, join), "no": slices.Concat(lead, ended), "at most one": leave})
	// Nobody can know that the mails of the first kill never reached SES, so they count as perhaps doubled. SES reported those of the second.
	if v := c.shown(); v.Counts.Told != told || v.Counts.Recipients != told || v.Counts.PerhapsTwice != first.Counts.Unknown {
		t.Errorf("%d were told: %+v, %+v", told, v, *v.Counts)
	}
	c.discreet()
}

// walk runs the first walk, in three invocations, while systems do what they do and SES's reports come in. Two invocations are killed, each at
// the call to SES with its number. walk returns the campaign afterwards.
func (c *campaign) walk(killed []int32, systems func()) notice.View {
	c.t.Helper()
	var others sync.WaitGroup
	over := make(chan struct{})
	others.Go(systems)
	others.Go(func() {
		for open := true; open; c.hear() {
			select {
			case <-over:
				open = false
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
	c.run(killed[0], Lost)
	c.free()
	c.run(killed[1], Unanswered)
	c.free()
	c.run(0, None)
	close(over)
	others.Wait()
	return c.shown()
}
