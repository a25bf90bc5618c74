package notice_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/notice/noticetest"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// K02, T27, F04: a campaign runs beside addresses that are attached, detached, renamed, shared and contested, joins that are made and taken back, and
// invocations that are killed. In the end nobody is lost who has an address of their own, no mailbox was mailed twice but in the one window that no
// mailer can close, and none that stood for nobody when the campaign last asked.
func TestPromise_K02_ACampaignBesideActsOnIdentities(t *testing.T) {
	acts := 0
	for seed := range soak.Pick(60, 2_000) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			b := newBustle(t, uint64(seed))
			b.live()
			b.check()
			acts += b.done
		})
	}
	t.Logf("%d acts on identities", acts)
}

const (
	residents = 14
	mailboxes = 34
)

// bustle is a town whose people do not stay as they are while the campaign runs.
type bustle struct {
	*town
	random  *rand.Rand
	killer  *noticetest.Killer
	done    int                            // acts
	arrived map[string][]privacy.SubjectID // by address: for whom it stood when a mail to it arrived
	nobody  map[string]bool                // addresses that stood for nobody when the campaign last asked
}

func newBustle(t *testing.T, seed uint64) *bustle {
	b := &bustle{town: inTown(t), random: rand.New(rand.NewPCG(seed, 11)), arrived: map[string][]privacy.SubjectID{}}
	for n := range residents {
		contract := standing.Running
		if n%4 == 3 {
			contract = standing.NoContract
		}
		b.Enter(contract, b.addresses(n, b.random.IntN(4))...)
	}
	b.SES.Fate = b.fate
	b.SES.Answer = b.answer
	b.killer = noticetest.NewKiller(b.World)
	b.killer.Address = b.spelling
	b.killer.Between = func(call string) { // outcomes are put by several goroutines, and a seed should always do the same
		if call != "Put" && b.random.IntN(20) == 0 {
			b.act()
		}
	}
	b.Runner.Spellings = asked{b.killer, b}
	return b
}

// asked notes what the campaign is told about addresses.
type asked struct {
	of notice.Spellings
	b  *bustle
}

func (a asked) Spellings(ctx context.Context, aliases []string) (map[string]string, error) {
	known, err := a.of.Spellings(ctx, aliases)
	a.b.nobody = map[string]bool{}
	for _, alias := range aliases {
		if _, found := known[alias]; !found {
			a.b.nobody[a.b.spelling(alias)] = true
		}
	}
	return known, err
}

// addresses returns addresses that nobody else has from the beginning.
func (b *bustle) addresses(n, most int) (all []string) {
	for i := range min(most, 2) {
		all = append(all, b.address(2*n+i))
	}
	return all
}

// address returns the n-th address. Mails to three in seven come back, or cannot even be sent.
func (b *bustle) address(n int) string {
	switch n % 7 {
	case 0, 4:
		return fmt.Sprintf("gone-%d@x", n)
	case 1:
		return fmt.Sprintf("unmailable-%d@x", n)
	default:
		return fmt.Sprintf("a%d@x", n)
	}
}

func reachable(address string) bool { return strings.HasPrefix(address, "a") }

// fate notes whom a mail reaches.
func (b *bustle) fate(address string) []noticetest.Event {
	found, _ := b.Aliases(b.T.Context(), noticetest.Key(address))
	if reachable(address) {
		b.arrived[address] = append(b.arrived[address], found[noticetest.Key(address)].Subjects...)
	}
	if b.nobody[address] {
		b.T.Errorf("a mail to %s, which stood for nobody when the campaign asked", address)
	}
	return fateOf(address)
}

func (b *bustle) answer(_ int, to []feedback.Recipient) noticetest.Fault {
	f := noticetest.Fault{Entries: map[int]feedback.Answer{}}
	for i, r := range to {
		if strings.HasPrefix(r.Address, "unmailable") {
			f.Entries[i] = feedback.Answer{Verdict: feedback.Unmailable, Reason: string(notice.Unmailable)}
		} else if b.random.IntN(10) == 0 {
			f.Entries[i] = feedback.Answer{Verdict: feedback.Postponed, Reason: "throttled"}
		}
	}
	return f
}

// act is an act on identities. Many are refused, as they should be.
func (b *bustle) act() {
	n, one, other := b.random.IntN(residents), b.address(b.random.IntN(mailboxes)), b.address(b.random.IntN(mailboxes))
	ctx, join := b.T.Context(), b.random.IntN(3) == 0
	var err error
	switch b.random.IntN(10) {
	case 0, 1, 2, 3:
		emails := map[string]bool{}
		for range b.random.IntN(4) {
			emails[b.address(b.random.IntN(mailboxes))] = true
		}
		_, err = b.acts.SetAddresses(ctx, ada, noticetest.Named(n), noticetest.Parsed(slices.Sorted(maps.Keys(emails))...), join)
	case 4, 5:
		_, err = b.acts.Rename(ctx, ada, "crm", noticetest.Parsed(one)[0], noticetest.Parsed(other)[0], join)
	case 6, 7:
		_, err = b.acts.Separate(ctx, ada, noticetest.Named(n), func(context.Context, privacy.SubjectID, subject.Former) error { return nil })
	case 8:
		b.Share(one, b.Everybody()[b.random.IntN(len(b.Everybody()))])
	case 9:
		b.Freeze(one, b.random.IntN(2) == 0)
	}
	var refused *fault.Error
	if err != nil && !errors.As(err, &refused) && !errors.Is(err, identity.ErrNotJoined) {
		b.T.Fatal(err)
	}
	if err == nil {
		b.done++
	}
}

// live lets twenty days pass in which much happens, and three weeks in which nothing does.
func (b *bustle) live() {
	for end := b.Clock.Now().AddDate(0, 0, 20); b.Clock.Now().Before(end); {
		if b.random.IntN(3) == 0 {
			killed(b.T, b.World, b.killer, 1+b.random.IntN(60), b.random.IntN(2) == 0)
		} else if err := b.Invoke(); err != nil {
			b.T.Fatal(err)
		}
		for range b.random.IntN(3) {
			b.act()
		}
		if b.random.IntN(30) == 0 {
			b.Sign(b.Everybody()[b.random.IntN(len(b.Everybody()))])
		}
		b.Clock.Advance(time.Duration(1+b.random.IntN(600)) * time.Minute)
		b.Hear()
	}
	b.killer.Between = nil
	for range 21 * 8 {
		if err := b.Invoke(); err != nil {
			b.T.Fatal(err)
		}
		b.Clock.Advance(3 * time.Hour)
		b.Hear()
	}
}

// check compares what happened with what should have.
func (b *bustle) check() {
	b.T.Helper()
	for address, n := range b.SES.Mails {
		if n > 2 || n > 1 && !b.SES.Lost[address] {
			b.T.Errorf("%d mails to %s", n, address)
		}
	}
	for _, id := range b.Everybody() {
		b.checkPerson(id)
	}
}

// checkPerson checks that an account holder with a good address was told, at an address that was theirs then or is now.
func (b *bustle) checkPerson(id privacy.SubjectID) {
	b.T.Helper()
	is, _, _ := b.State(b.T.Context(), id)
	found, _ := b.Aliases(b.T.Context(), is.Aliases...)
	good, told := []string(nil), false
	for _, a := range found {
		if subject.IsAddress(a.Key) && a.Doubt(b.Clock.Now()) == subject.NoDoubt && reachable(a.Spelling) {
			good = append(good, a.Spelling)
		}
		told = told || len(b.arrived[a.Spelling]) > 0
	}
	for address, whose := range b.arrived {
		a, _ := b.Aliases(b.T.Context(), noticetest.Key(address))
		told = told || slices.Contains(whose, id) && a[noticetest.Key(address)].From == id // it was taken away since
	}
	if is.Contract == standing.Running && len(good) > 0 && !told {
		b.T.Errorf("%s has %v and was not told: %s", id, good, b.story(is))
	}
}

// story says what the campaign knows of the addresses of somebody.
func (b *bustle) story(is standing.Snapshot) string {
	known, _ := b.Stores.Known(b.T.Context(), noticetest.New, is.Aliases)
	said := fmt.Sprintf("known since %v, mail to everybody goes to %s", is.Since, b.spelling(is.Primary))
	for alias, r := range known {
		said += fmt.Sprintf("\n%s: %s %s since %v, followed %t, looked for again at %v", b.spelling(alias), r.Outcome, r.Reason, r.Since, r.Followed, r.NextAt)
	}
	return said
}
