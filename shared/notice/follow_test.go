package notice_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/notice/noticetest"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// town is a world whose people live in a town. A mail to an address that begins with "gone" comes back for good.
type town struct {
	*noticetest.World
	*noticetest.Town
	acts noticetest.Acts
}

func inTown(t testing.TB) *town {
	w := inMemory(t, 0)
	residents, acts := noticetest.NewTown(w)
	w.SES.Fate = fateOf
	return &town{w, residents, acts}
}

func fateOf(address string) []noticetest.Event {
	if strings.HasPrefix(address, "gone") {
		return noticetest.Gone(address)
	}
	return noticetest.Delivered(address)
}

// holder puts an account holder on record.
func (w *town) holder(emails ...string) privacy.SubjectID {
	return w.Enter(standing.Running, emails...)
}

// sets states all addresses of the n-th person. If they are those of others too, all these are one person.
func (w *town) sets(n int, emails ...string) {
	w.T.Helper()
	if _, err := w.acts.SetAddresses(w.T.Context(), ada, noticetest.Named(n), noticetest.Parsed(emails...), true); err != nil {
		w.T.Fatal(err)
	}
}

// shares lets somebody use an address too.
func (w *town) shares(email string, with privacy.SubjectID) {
	w.T.Helper()
	w.must(w.acts.Share(w.T.Context(), email, with))
}

func (w *town) must(err error) {
	w.T.Helper()
	if err != nil {
		w.T.Fatal(err)
	}
}

// mails checks who was mailed, once each, and returns what is counted.
func (w *town) mails(want ...string) notice.Counts {
	w.T.Helper()
	if got := slices.Sorted(maps.Keys(w.SES.Mails)); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		w.T.Errorf("mails to %v, want %v", got, want)
	}
	for address, n := range w.SES.Mails {
		if n > 1 {
			w.T.Errorf("%d mails to %s", n, address)
		}
	}
	return w.Show(noticetest.New).Counts
}

// counted checks how many were told, how many addresses failed, and how many of these were followed by another one.
func (w *town) counted(c notice.Counts, told, failed, followed int) {
	w.T.Helper()
	if c.Outcome[notice.Delivered] != told || c.Outcome[notice.Failed] != failed || c.Followed != followed || c.Recipients != told+failed || c.Doubled != 0 {
		w.T.Errorf("%+v, want %d told, %d failed, %d followed", c, told, failed, followed)
	}
}

// K02, F07: a mail that comes back for good is followed by one to the person's next address. The addresses of which nobody knows whose they are
// stay out of it, and who has no other address is left to the team.
func TestPromise_K02_TheNextAddress(t *testing.T) {
	for name, c := range map[string]struct {
		people                 func(w *town)
		mails                  []string
		told, failed, followed int
	}{
		"the next one arrives":        {func(w *town) { w.holder("gone-a@x", "b@x", "c@x") }, []string{"gone-a@x", "b@x"}, 1, 1, 1},
		"the next comes back too":     {func(w *town) { w.holder("gone-a@x", "gone-b@x", "c@x") }, []string{"gone-a@x", "gone-b@x", "c@x"}, 1, 2, 2},
		"all come back":               {func(w *town) { w.holder("gone-a@x", "gone-b@x") }, []string{"gone-a@x", "gone-b@x"}, 0, 2, 1},
		"there is no other one":       {func(w *town) { w.holder("gone-a@x") }, []string{"gone-a@x"}, 0, 1, 0},
		"the first address cannot be": {func(w *town) { w.holder("unmailable@x", "b@x") }, []string{"b@x"}, 1, 1, 1},
		"the others are in doubt":     {inDoubt, []string{"gone-a@x"}, 0, 1, 0},
		"two share the lost address":  {func(w *town) { w.holder("gone-a@x", "b@x"); w.shares("gone-a@x", w.holder("c@x", "d@x")) }, []string{"gone-a@x", "b@x", "c@x"}, 2, 1, 1},
		"one of two has another":      {func(w *town) { w.holder("gone-a@x", "b@x"); w.shares("gone-a@x", w.holder()) }, []string{"gone-a@x", "b@x"}, 1, 1, 0},
		"the other is no holder":      {func(w *town) { w.holder("gone-a@x"); w.shares("gone-a@x", w.Enter(standing.NoContract, "b@x")) }, []string{"gone-a@x"}, 0, 1, 0},
		"told at a shared address":    {func(w *town) { w.holder("gone-a@x"); w.shares("s@x", w.ownerOf("gone-a@x", w.holder("s@x"))) }, []string{"gone-a@x", "s@x"}, 1, 1, 1},
		"told at the address of a join": {func(w *town) {
			w.holder("gone-a@x")
			w.Pass(time.Hour)
			w.holder("b@x")
			w.Pass(25 * time.Hour)
			w.sets(0, "gone-a@x", "b@x")
		}, []string{"gone-a@x", "b@x"}, 1, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := inTown(t)
			w.SES.Answer = func(_ int, to []feedback.Recipient) noticetest.Fault {
				f := noticetest.Fault{Entries: map[int]feedback.Answer{}}
				for i, r := range to {
					if r.Address == "unmailable@x" {
						f.Entries[i] = feedback.Answer{Verdict: feedback.Unmailable, Reason: string(notice.Unmailable)}
					}
				}
				return f
			}
			c.people(w)
			w.Pass(2 * time.Hour)
			w.Clock.AdvanceDate(0, 0, 31) // the next look
			w.Pass(2 * time.Hour)
			w.counted(w.mails(c.mails...), c.told, c.failed, c.followed)
		})
	}
}

// pausesAt pauses the account at the n-th call to SES, so that the mails of this call wait.
func (w *town) pausesAt(n int) {
	w.SES.Answer = func(call int, _ []feedback.Recipient) noticetest.Fault {
		if call == n {
			w.SES.Account.Sending = false
			return noticetest.Fault{Verdict: feedback.Blocked, Reason: "paused"}
		}
		return noticetest.Fault{}
	}
}

// ownerOf returns whose address it is alone. The second argument only puts somebody on record before.
func (w *town) ownerOf(email string, _ privacy.SubjectID) privacy.SubjectID {
	found, _ := w.Aliases(w.T.Context(), noticetest.Key(email))
	return found[noticetest.Key(email)].Subject()
}

// inDoubt is somebody whose other addresses are shared, contested, taken from somebody else, or taken away.
func inDoubt(w *town) {
	w.holder("gone-a@x", "shared@x", "frozen@x", "left@x")
	w.shares("shared@x", w.Enter(standing.NoContract))
	w.must(w.acts.Freeze(w.T.Context(), "frozen@x", true))
	w.Enter(standing.NoContract, "taken@x")
	w.sets(2)
	w.sets(0, "gone-a@x", "shared@x", "frozen@x", "taken@x")
}

// F24: SES reports twenty times, and in between the campaign runs. There is one mail to each address.
func TestFault_F24_ALostMailIsReportedTwentyTimes(t *testing.T) {
	w := inTown(t)
	w.holder("a@x", "b@x", "c@x")
	w.SES.Fate = func(address string) []noticetest.Event {
		all := fateOf(address)
		if address == "a@x" {
			for i := range 20 {
				all = append(all, noticetest.Event{After: time.Duration(i) * 7 * time.Minute, Outcome: feedback.Bounced, Permanent: true, Reason: "general"})
			}
		}
		return all
	}
	w.Pass(4 * time.Hour)
	w.counted(w.mails("a@x", "b@x"), 1, 1, 1)
}

// K02: an address is taken away from a person before the campaign could mail it. Nothing goes there any more, and the person gets the notice at another
// one, even if the walks are over.
func TestPromise_K02_AnAddressTakenAwayBeforeItsMail(t *testing.T) {
	w := inTown(t)
	w.holder("gone-a@x", "b@x", "c@x")
	w.pausesAt(2) // b@x waits
	w.Pass(time.Hour)
	w.sets(0, "gone-a@x", "c@x")
	w.Clock.Set(w.Show(noticetest.New).EndsAt.Add(time.Hour))
	w.SES.Account.Sending = true
	w.Pass(2 * time.Hour)
	counts := w.mails("gone-a@x", "c@x")
	if w.counted(counts, 1, 2, 2); counts.Failed[notice.NoAddress] != 1 || counts.Failed[notice.Bounced] != 1 {
		t.Errorf("%+v", counts.Failed)
	}
}

// K02: the address to which the lost notice goes next is given to somebody else before its mail, who is told there. Its person gets the notice at
// yet another address.
func TestPromise_K02_TheNextAddressChangesHands(t *testing.T) {
	w := inTown(t)
	w.holder("gone-a@x", "b@x", "c@x")
	w.pausesAt(2)
	w.Pass(time.Hour)
	w.sets(0, "gone-a@x", "c@x")
	w.holder()
	w.sets(1, "b@x")
	w.SES.Account.Sending = true
	w.Pass(2 * time.Hour)
	w.counted(w.mails("gone-a@x", "b@x", "c@x"), 2, 1, 1)
}

// K02: an address is taken away before its mail, and given back after the campaign had asked. It is mailed within a day.
func TestPromise_K02_AnAddressThatComesBack(t *testing.T) {
	w := inTown(t)
	w.holder("a@x")
	w.pausesAt(1)
	w.Pass(time.Hour)
	w.sets(0)
	w.SES.Account.Sending = true
	w.Pass(time.Hour)
	w.counted(w.mails(), 0, 1, 0)
	w.sets(0, "a@x")
	w.Pass(25 * time.Hour)
	w.counted(w.mails("a@x"), 1, 0, 0)
}

// K02: an address is taken away from somebody, who is then joined to somebody else. The campaign mails an address of the one who stayed, even if
// the walks are over.
func TestPromise_K02_TheNextAddressOfSomebodyWhoWasJoined(t *testing.T) {
	w := inTown(t)
	w.holder("a@x", "z@x")
	w.Enter(standing.NoContract, "b@x")
	w.pausesAt(1)
	w.Pass(time.Hour)
	w.Clock.Set(w.Show(noticetest.New).EndsAt.Add(time.Hour))
	w.sets(0, "z@x")
	w.sets(1, "b@x", "z@x")
	w.SES.Account.Sending = true
	w.Pass(time.Hour)
	w.counted(w.mails("b@x"), 1, 1, 1)
}

// overtaking is a store in which somebody else puts a recipient on the list first.
type overtaking struct {
	notice.Recipients
	first notice.Recipient
}

func (o *overtaking) Put(ctx context.Context, version string, was, is notice.Recipient) (notice.Recipient, error) {
	if is.Alias == o.first.Alias && is.Revision == 0 && is.Outcome == notice.Waiting {
		if _, err := o.Recipients.Put(ctx, version, notice.Recipient{}, o.first); err != nil {
			return is, err
		}
	}
	return o.Recipients.Put(ctx, version, was, is)
}

// F15: an invocation that lost its lease mails the next address while another one looks for it. The mailbox is mailed once.
func TestFault_F15_TheNextAddressIsMailedMeanwhile(t *testing.T) {
	w := inTown(t)
	w.holder("gone-a@x", "b@x")
	w.Runner.Recipients = &overtaking{w.Stores, notice.Recipient{Alias: noticetest.Key("b@x"), Outcome: notice.Accepted, Attempt: 1, Claim: 99, Since: w.Clock.Now()}}
	w.Pass(time.Hour)
	if c := w.mails("gone-a@x"); c.Followed != 1 || c.Outcome[notice.Accepted] != 1 {
		t.Errorf("%+v", c)
	}
}

// K02: an address that is attached later counts as well: of somebody without one at once, of somebody whose mail is lost when the version comes into force, or as soon as
// staff has it retried. A mail that comes back after the last walk is followed too.
func TestPromise_K02_AnAddressThatIsAttachedLater(t *testing.T) {
	w := inTown(t)
	w.holder()
	w.holder("gone-a@x")
	w.holder("gone-b@x")
	w.Pass(49 * time.Hour)
	w.counted(w.mails("gone-a@x", "gone-b@x"), 0, 2, 0)
	w.sets(0, "new@x")
	w.sets(1, "gone-a@x", "a@x")
	w.Pass(25 * time.Hour)
	w.counted(w.mails("gone-a@x", "gone-b@x", "new@x"), 1, 2, 0)
	w.Clock.AdvanceDate(0, 0, 27)
	w.Pass(time.Hour)
	w.counted(w.mails("gone-a@x", "gone-b@x", "new@x", "a@x"), 2, 2, 1)
	w.sets(2, "gone-b@x", "b@x")
	do(t, w.World, notice.Retry)
	w.Pass(time.Hour)
	w.counted(w.mails("gone-a@x", "gone-b@x", "new@x", "a@x", "b@x"), 3, 2, 2)

	w.Clock.Set(w.Show(noticetest.New).EndsAt.Add(-time.Hour))
	w.holder("gone-late@x", "late@x")
	w.SES.Fate = func(address string) []noticetest.Event {
		all := fateOf(address)
		all[1].After = 12 * time.Hour
		return all
	}
	w.Pass(14 * time.Hour)
	if c := w.mails("gone-a@x", "gone-b@x", "new@x", "a@x", "b@x", "gone-late@x", "late@x"); c.Followed != 3 {
		t.Errorf("%+v", c)
	}
	w.Pass(36 * time.Hour)
	if shown := w.Show(noticetest.New); shown.State != notice.Finished {
		t.Errorf("%+v", shown)
	}
}

// F03, F04: an invocation is killed before and after each of its calls while it looks for other addresses. Nobody is lost, and no mailbox is mailed
// twice.
func TestFault_F03_KilledWhileItFollows(t *testing.T) {
	calls := 100
	for at := 1; at <= calls; at++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d %v", at, after), func(t *testing.T) {
				w := inTown(t)
				w.holder("gone-a@x", "b@x")
				w.holder("gone-b@x", "gone-c@x", "c@x")
				k := noticetest.NewKiller(w.World)
				k.Address = w.spelling
				k.Arm(0, false)
				if err := w.Invoke(); err != nil {
					t.Fatal(err)
				}
				w.Clock.Advance(time.Minute)
				w.Hear()
				dead := killed(t, w.World, k, at, after)
				if calls = min(calls, at); dead {
					calls = 100
				}
				w.Pass(40 * time.Minute)
				w.Clock.AdvanceDate(0, 0, 1)
				w.Pass(time.Hour)
				counts := w.Show(noticetest.New).Counts
				if diff := cmp.Diff(map[notice.Outcome]int{notice.Delivered: 2, notice.Failed: 3}, counts.Outcome); diff != "" || counts.Followed != 3 {
					t.Errorf("%s: %+v", diff, counts)
				}
				for address, n := range w.SES.Mails {
					if n > 1 && !w.SES.Lost[address] {
						t.Errorf("%d mails to %s", n, address)
					}
				}
			})
		}
	}
	if calls < 15 || calls == 100 {
		t.Errorf("%d calls: this test looks in the wrong place", calls)
	}
}

// spelling returns the address behind an alias.
func (w *town) spelling(alias string) string {
	found, _ := w.Aliases(w.T.Context(), alias)
	return found[alias].Spelling
}
