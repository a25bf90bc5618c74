package noticetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Bustle is people who do not stay as they are while a campaign runs: addresses are attached, detached, renamed, shared and contested, people are
// joined and separated, and invocations are killed.
type Bustle struct {
	*World
	Acts Acts
	Done int // acts that were not refused

	random    *rand.Rand
	killer    *Killer
	people    []privacy.SubjectID
	mailboxes int                            // how many addresses there are
	arrived   map[string][]privacy.SubjectID // by address: for whom it stood when a mail to it arrived
	nobody    map[string]bool                // addresses that stood for nobody when the campaign last asked
}

// NewBustle lets so many people live in a world. enter puts somebody on record, whom the acts then change.
func NewBustle(w *World, acts Acts, people int, seed uint64, enter func(standing.Contract, ...string) privacy.SubjectID) *Bustle {
	b := &Bustle{World: w, Acts: acts, mailboxes: people * 5 / 2, random: rand.New(rand.NewPCG(seed, 11)), arrived: map[string][]privacy.SubjectID{}} //nolint:gosec // a seed should always do the same
	for n := range people {
		contract := standing.Running
		if n%4 == 3 {
			contract = standing.NoContract
		}
		var emails []string
		for i := range min(b.random.IntN(4), 2) {
			emails = append(emails, b.address(2*n+i))
		}
		b.people = append(b.people, enter(contract, emails...))
	}
	w.SES.Fate, w.SES.Answer = b.fate, b.answer
	b.killer = NewKiller(w)
	b.killer.Address = b.spelling
	b.killer.Between = func(call string) { // outcomes are put by several goroutines, and a seed should always do the same
		if call != "Put" && b.random.IntN(20) == 0 {
			b.act()
		}
	}
	w.Runner.Spellings = asked{b.killer, b}
	return b
}

// asked notes what the campaign is told about addresses.
type asked struct {
	of notice.Spellings
	b  *Bustle
}

// Spellings implements [notice.Spellings].
func (a asked) Spellings(ctx context.Context, aliases []string) (map[string]string, error) {
	known, err := a.of.Spellings(ctx, aliases)
	a.b.nobody = map[string]bool{}
	for _, alias := range aliases {
		if _, found := known[alias]; !found {
			a.b.nobody[a.b.spelling(alias)] = true //nolint:contextcheck // what a test looks up is not part of the call
		}
	}
	return known, err
}

// address returns the n-th address. Mails to three in seven come back, or cannot even be sent.
func (b *Bustle) address(n int) string {
	switch n % 7 {
	case 0, 4:
		return fmt.Sprintf("gone-%d@example.org", n)
	case 1:
		return fmt.Sprintf("unmailable-%d@example.org", n)
	default:
		return fmt.Sprintf("a%d@example.org", n)
	}
}

func reachable(address string) bool { return strings.HasPrefix(address, "a") }

// fate notes whom a mail reaches.
func (b *Bustle) fate(address string) []Event {
	if b.nobody[address] {
		b.T.Errorf("a mail to %s, which stood for nobody when the campaign asked", address)
	}
	if !reachable(address) {
		return Gone(address)
	}
	b.arrived[address] = append(b.arrived[address], b.alias(Key(address)).Subjects...)
	return Delivered(address)
}

// Gone is the fate of a mail that comes back for good.
func Gone(string) []Event {
	return []Event{{After: time.Second, Outcome: feedback.Sent}, {After: 2 * time.Second, Outcome: feedback.Bounced, Permanent: true, Reason: "no_email"}}
}

func (b *Bustle) answer(_ int, to []feedback.Recipient) Fault {
	f := Fault{Entries: map[int]feedback.Answer{}}
	for i, r := range to {
		if strings.HasPrefix(r.Address, "unmailable") {
			f.Entries[i] = feedback.Answer{Verdict: feedback.Unmailable, Reason: string(notice.Unmailable)}
		} else if b.random.IntN(10) == 0 {
			f.Entries[i] = feedback.Answer{Verdict: feedback.Postponed, Reason: "throttled"}
		}
	}
	return f
}

func (b *Bustle) anyAddress() string { return b.address(b.random.IntN(b.mailboxes)) }

// act is an act on identities. Many are refused, as they should be.
func (b *Bustle) act() {
	n, ctx := b.random.IntN(len(b.people)), context.Background()
	one, other, join, whose := b.anyAddress(), b.anyAddress(), b.random.IntN(3) == 0, b.people[b.random.IntN(len(b.people))]
	var err error
	switch b.random.IntN(11) {
	case 0, 1, 2, 3:
		emails := map[string]bool{}
		for range b.random.IntN(4) {
			emails[b.anyAddress()] = true
		}
		_, err = b.Acts.SetAddresses(ctx, Ada, Named(n), Parsed(slices.Sorted(maps.Keys(emails))...), join)
	case 4, 5:
		_, err = b.Acts.Rename(ctx, Ada, "crm", Parsed(one)[0], Parsed(other)[0], join)
	case 6, 7:
		_, err = b.Acts.Separate(ctx, Ada, Named(n), func(context.Context, privacy.SubjectID, subject.Former) error { return nil })
	case 8:
		err = b.Acts.Share(ctx, one, whose)
	case 9:
		err = b.Acts.Freeze(ctx, one, b.random.IntN(2) == 0)
	case 10:
		if b.random.IntN(4) == 0 {
			err = b.Acts.Sign(ctx, whose)
		}
	}
	var refused *fault.Error
	if err != nil && !errors.As(err, &refused) {
		b.T.Fatal(err)
	}
	if err == nil {
		b.Done++
	}
}

// Live lets so many days pass in which much happens, and then the rest of the campaign, in which nothing does.
func (b *Bustle) Live(days int) {
	b.T.Helper()
	for end := b.Clock.Now().AddDate(0, 0, days); b.Clock.Now().Before(end); {
		if b.random.IntN(3) == 0 {
			b.killer.Arm(1+b.random.IntN(60), b.random.IntN(2) == 0)
		}
		b.invoke()
		for range b.random.IntN(3) {
			b.act()
		}
		b.pass(time.Duration(1+b.random.IntN(600)) * time.Minute)
	}
	b.killer.Between = nil
	for ends := b.Show(New).EndsAt; b.Clock.Now().Before(ends.AddDate(0, 0, 2)); {
		b.invoke()
		pause := 12 * time.Hour
		if b.Clock.Now().Add(pause).After(ends.AddDate(0, 0, -1)) {
			pause = 3 * time.Hour
		}
		b.pass(pause)
	}
}

// pass lets minutes or hours go by, which is longer than any read is late. Meanwhile the events of SES arrive.
func (b *Bustle) pass(d time.Duration) {
	if b.Settle != nil {
		b.Settle()
	}
	b.Clock.Advance(d)
	b.Hear()
}

func (b *Bustle) invoke() {
	if err := b.Invoke(); err != nil && !errors.Is(err, ErrKilled) {
		b.T.Fatal(err)
	}
	b.killer.Arm(0, false)
}

// Check compares what happened with what should have. No mailbox was mailed twice but in the one window that no mailer can close, and nobody is
// lost.
func (b *Bustle) Check() {
	b.T.Helper()
	for address, n := range b.SES.Mails {
		if n > 2 || n > 1 && !b.SES.Lost[address] {
			b.T.Errorf("%d mails to %s", n, address)
		}
	}
	for _, id := range b.people {
		is, found, err := b.Acts.Store.State(context.Background(), id)
		if err != nil || !found {
			b.T.Fatal(found, err)
		}
		if is.Into == "" && is.Contract == standing.Running {
			b.checkHolder(id, is)
		}
	}
}

// checkHolder checks that an account holder with a good address was told, at an address that is theirs, or was theirs when the mail to it arrived.
func (b *Bustle) checkHolder(id privacy.SubjectID, is standing.Snapshot) {
	b.T.Helper()
	found, err := b.Acts.Store.Aliases(context.Background(), is.Aliases...)
	if err != nil {
		b.T.Fatal(err)
	}
	good, told := []string(nil), false
	for _, a := range found {
		if subject.IsAddress(a.Key) && a.Doubt(b.Clock.Now()) == subject.NoDoubt && reachable(a.Spelling) {
			good = append(good, a.Spelling)
		}
		_, arrived := b.arrived[a.Spelling]
		told = told || arrived
	}
	for address, whose := range b.arrived {
		told = told || slices.Contains(whose, id) && b.alias(Key(address)).From == id
	}
	if len(good) > 0 && !told {
		b.T.Errorf("%s has %v and was not told: %s", id, good, b.story(is))
	}
}

// story says what the campaign knows of the addresses of somebody.
func (b *Bustle) story(is standing.Snapshot) string {
	known, _ := b.Stores.Known(context.Background(), New, is.Aliases)
	said := fmt.Sprintf("known since %v, mail to everybody goes to %s", is.Since, b.spelling(is.Primary))
	for alias, r := range known {
		said += fmt.Sprintf("\n%s: %s %s since %v, followed %t, looked for again at %v", b.spelling(alias), r.Outcome, r.Reason, r.Since, r.Followed, r.NextAt)
	}
	return said
}

func (b *Bustle) alias(key string) subject.Alias {
	found, err := b.Acts.Store.Aliases(context.Background(), key)
	if err != nil {
		b.T.Fatal(err)
	}
	return found[key]
}

func (b *Bustle) spelling(alias string) string { return b.alias(alias).Spelling }
