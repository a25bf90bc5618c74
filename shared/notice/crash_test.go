package notice_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/notice/noticetest"
)

// killed lets an invocation die at a call. It reports whether it died.
func killed(t testing.TB, w *noticetest.World, k *noticetest.Killer, at int, after bool) bool {
	t.Helper()
	k.Arm(at, after)
	if err := w.Invoke(); err != nil && !errors.Is(err, noticetest.ErrKilled) {
		t.Fatal(err)
	}
	dead := k.Dead()
	k.Arm(0, false)
	return dead
}

// reached checks that nobody is lost, and that nobody got the notice twice outside the one window that no mailer can close: SES took the mail,
// and its answer was lost. It returns how many got it twice.
func reached(t *testing.T, w *noticetest.World, people int, as notice.Outcome) (twice int) {
	t.Helper()
	shown := w.Show(noticetest.New)
	if shown.State != notice.Following || shown.Counts.Recipients != people || shown.Counts.Outcome[as] != people || len(w.SES.Mails) != people {
		t.Errorf("%d of %d mailed: %+v", len(w.SES.Mails), people, shown)
	}
	for address, n := range w.SES.Mails {
		if n > 1 {
			twice++
		}
		if n > 2 || n > 1 && !w.SES.Lost[address] {
			t.Errorf("%d mails to %s", n, address)
		}
	}
	if shown.Counts.Doubled < twice {
		t.Errorf("%d got it twice, and %d are counted", twice, shown.Counts.Doubled)
	}
	return twice
}

// F04: an invocation is killed before and after each of its calls. Nobody is lost. While SES reports what it sent, nobody is mailed twice either.
func TestFault_F04_KilledAtEachCall(t *testing.T) {
	const people = 25
	calls := func() int {
		w := inMemory(t, people)
		k := noticetest.NewKiller(w)
		k.Arm(0, false)
		w.Pass(time.Minute)
		return len(k.Calls)
	}()
	if calls < 40 {
		t.Fatalf("only %d calls", calls)
	}
	for at := 1; at <= calls; at++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d %v", at, after), func(t *testing.T) {
				w := inMemory(t, people)
				if k := noticetest.NewKiller(w); !killed(t, w, k, at, after) {
					t.Fatal("nobody was killed")
				}
				w.Pass(40 * time.Minute)
				w.Clock.AdvanceDate(0, 0, 1)
				w.Pass(time.Hour) // the last mails of a campaign are followed by no event of another one
				if twice := reached(t, w, people, notice.Delivered); twice != 0 {
					t.Errorf("%d got it twice", twice)
				}
			})
		}
	}
}

// F04: if SES reports nothing, a mail whose answer was lost is repeated after a day, and counted as possibly double.
func TestFault_F04_KilledAtEachCallWhileSESIsSilent(t *testing.T) {
	const people = 25
	for at := 1; at <= 60; at++ {
		w := inMemory(t, people)
		w.Deaf = true
		killed(t, w, noticetest.NewKiller(w), at, true)
		w.Pass(time.Hour)
		w.Clock.Advance(22 * time.Hour)
		w.Pass(5 * time.Minute)
		if shown := w.Show(noticetest.New); shown.Counts.Outcome[notice.Unknown] != len(w.SES.Lost) && shown.Counts.Outcome[notice.Unknown] == 0 && len(w.SES.Lost) > 0 {
			t.Errorf("killed after call %d: %+v", at, shown.Counts)
		}
		w.Pass(90 * time.Minute)
		if twice := reached(t, w, people, notice.Accepted); twice != len(w.SES.Lost) {
			t.Errorf("killed after call %d: %d got it twice, and the answers of %d were lost", at, twice, len(w.SES.Lost))
		}
	}
}

// F04: many kills within one campaign.
func TestFault_F04_RandomKills(t *testing.T) {
	people, kills := soak.Pick(500, 2_500), soak.Pick(20, 100)
	random := rand.New(rand.NewPCG(1, 2))
	w := inMemory(t, people)
	k := noticetest.NewKiller(w)
	for n := 0; n < kills; {
		if killed(t, w, k, 1+random.IntN(300), random.IntN(2) == 0) {
			n++
		}
		w.Clock.Advance(time.Minute)
		w.Hear()
	}
	w.Pass(2 * time.Hour)
	twice := reached(t, w, people, notice.Delivered)
	t.Logf("%d kills, %d recipients: 0 lost, %d answers lost, %d twice", kills, people, len(w.SES.Lost), twice)
}
