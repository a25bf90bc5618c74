package mailbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/policy/policytest"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// terms is the policy of a world. Its periods differ from each other.
var terms = &policy.Policy{LinkHours: 24, SessionLife: 60, Retention: []policy.Retention{
	{Days: 7, Stored: []policy.Kind{policy.MailboxLink}}, {Days: 2, Stored: []policy.Kind{policy.LinkWish}}, {Days: 9, Stored: []policy.Kind{policy.Confirmation}},
}}

// week is how long a link waits for its first opening in a world.
const week = 7 * 24 * time.Hour

// world is everything around mailboxes, in memory. Each call outside is a step that can fail before or after its effect.
type world struct {
	t     testing.TB
	clock *testclock.Clock
	boxes
	waiting memory
	listed  map[string][]string // ids of confirmations by mailbox

	mail       error         // what becomes of mails
	during     func()        // if set, runs while a mail is on its way
	letters    []Letter      // that were handed over, whatever became of them
	receipts   []Receipt     // the same
	to         []string      // where the mails went
	behind     []Waiting     // what waits behind every mailbox
	may        bool          // whether clients may have confirmations put behind mailboxes
	introduced []time.Time   // until when addresses are on record
	known      subject.Known // what is known by every address, but the spelling

	steps, killAt int // killAt is the step at which the process is killed; 0 for none
	dead          bool
	trace         []string
	races         int // so many saves of a mailbox lose their race
}

func newWorld(t testing.TB) *world {
	return &world{t: t, clock: testclock.New(now), listed: map[string][]string{}, may: true, known: subject.Known{Subject: sid, Others: []privacy.SubjectID{sid}}}
}

// step does one call outside. The process may be killed before it and after it.
func (w *world) step(name string, do func() error) error {
	for _, after := range []bool{false, true} {
		if w.steps++; w.steps == w.killAt {
			w.dead = true
		}
		if w.dead {
			return errKilled
		}
		if after {
			break
		}
		w.trace = append(w.trace, name)
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

// revive starts the process again.
func (w *world) revive() { w.dead, w.killAt, w.steps, w.trace = false, 0, 0, nil }

type worldBoxes struct{ *world }

func (w worldBoxes) Load(ctx context.Context, id string) (m Mailbox, found bool, err error) {
	err = w.step("load", func() error {
		m, found, err = w.boxes.Load(ctx, id)
		found = found && m.ExpiresAt.After(w.clock.Now())
		return err
	})
	if !found {
		m = Mailbox{}
	}
	return m, found, err
}

func (w worldBoxes) Save(ctx context.Context, m Mailbox) (saved Mailbox, err error) {
	saved = m
	err = w.step("save", func() error {
		if w.races > 0 {
			w.races--
			return ErrChanged
		}
		if old, found := w.byID[m.ID]; found && m.Version == 0 && !old.ExpiresAt.After(w.clock.Now()) {
			delete(w.byID, m.ID)
		}
		saved, err = w.boxes.Save(ctx, m)
		return err
	})
	if err != nil {
		saved = m
	}
	return saved, err
}

func (w worldBoxes) LoadWish(ctx context.Context, id string) (a Wish, found bool, err error) {
	err = w.step("load ask", func() error { a, found, err = w.boxes.LoadWish(ctx, id); return err })
	return a, found, err
}

func (w worldBoxes) SaveWish(ctx context.Context, a Wish) error {
	return w.step("save ask", func() error { return w.boxes.SaveWish(ctx, a) })
}

func (w worldBoxes) DeleteWish(ctx context.Context, id string) error {
	return w.step("delete ask", func() error { return w.boxes.DeleteWish(ctx, id) })
}

type worldWaiting struct{ *world }

func (w worldWaiting) Load(ctx context.Context, id string) (c Confirmation, found bool, err error) {
	err = w.step("load confirmation", func() error {
		c, found, err = w.waiting.Load(ctx, id)
		found = found && c.ExpiresAt.After(w.clock.Now())
		return err
	})
	return c, found, err
}

func (w worldWaiting) Save(ctx context.Context, c Confirmation) (saved Confirmation, err error) {
	saved = c
	err = w.step("save confirmation", func() error { saved, err = w.waiting.Save(ctx, c); return err })
	if err != nil {
		saved = c
	}
	return saved, err
}

func (w *world) ListConsent(_ context.Context, mailbox, id string, until time.Time) error {
	return w.step("list", func() error {
		if want := terms.SpanOf(policy.Confirmation).After(w.clock.Now()); !until.Equal(want) {
			w.t.Errorf("listed until %v, not %v", until, want)
		}
		if !slices.Contains(w.listed[mailbox], id) {
			w.listed[mailbox] = append(w.listed[mailbox], id)
		}
		return nil
	})
}

func (w *world) ListedConsents(_ context.Context, mailbox string) (ids []string, err error) {
	err = w.step("listed", func() error { ids = append(slices.Clone(w.listed[mailbox]), "gone"); return nil })
	return ids, err
}

func (w *world) Introduce(_ context.Context, a subject.Address, until time.Time) (known subject.Known, err error) {
	err = w.step("introduce", func() error { w.introduced = append(w.introduced, until); return nil })
	known = w.known
	known.Spelling = "on record: " + a.Lookup
	return known, err
}

func (w *world) Allow(_ context.Context, client, what string, at time.Time) (bool, error) {
	if client != "client" || what != limit.Mails || !at.Equal(w.clock.Now()) {
		w.t.Errorf("%s %s at %v is counted", client, what, at)
	}
	return w.may, w.step("allow", func() error { return nil })
}

func (w *world) Link(_ context.Context, to string, l Letter) error {
	return w.mails("link", to, func() { w.letters = append(w.letters, l) })
}

func (w *world) Receipt(_ context.Context, to string, r Receipt) error {
	return w.mails("receipt", to, func() { w.receipts = append(w.receipts, r) })
}

func (w *world) mails(name, to string, keep func()) error {
	return w.step(name, func() error {
		keep()
		w.to = append(w.to, to)
		if during := w.during; during != nil {
			w.during = nil
			during()
		}
		return w.mail
	})
}

func (w *world) posting() *LinkMailing {
	return &LinkMailing{Mailboxes: worldBoxes{w}, Wishes: worldBoxes{w}, Subjects: w, Mailer: w, Aliases: aliases, Tokens: tokens,
		Status: func(request string) subject.Token { return subject.Token("status of " + request) },
		Waits: func(context.Context, string) (all []Waiting, err error) {
			err = w.step("waits", func() error { all = w.behind; return nil })
			return all, err
		},
		Policy: policytest.Always(terms), Now: w.now}
}

func (w *world) links() *Links {
	return &Links{Mailboxes: worldBoxes{w}, Wishes: worldBoxes{w}, Tokens: tokens, Policy: policytest.Always(terms), Now: w.now}
}

func (w *world) admission() *Admission {
	return &Admission{Confirmations: worldWaiting{w}, Subjects: w, Lists: w, Clients: w, Links: w.posting(), Policy: policytest.Always(terms), Now: w.now}
}

// now is a little later than what the clock shows, since clocks have more than seconds.
func (w *world) now() time.Time { return w.clock.Now().Add(time.Millisecond) }

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// wants makes a mail with a link due.
func (w *world) wants(reasons ...Reason) {
	w.t.Helper()
	for _, r := range reasons {
		w.must(w.posting().Want(w.t.Context(), anna, r))
	}
}

// run sends what is due.
func (w *world) run() {
	w.t.Helper()
	w.must(w.posting().Run(w.t.Context(), box))
}

// linked mails a link for a reason and returns its letter.
func (w *world) linked(r Reason) Letter {
	w.t.Helper()
	w.wants(r)
	w.run()
	return w.letters[len(w.letters)-1]
}

// box returns the mailbox as it is stored.
func (w *world) box() Mailbox { return w.byID[box] }

// open opens a link.
func (w *world) open(l Letter) (Session, string, error) {
	s, value, _, err := w.links().Open(w.t.Context(), l.Mailbox, l.Token)
	return s, value, err
}

// opened mails a link, opens it, and returns the cookie.
func (w *world) opened() string {
	w.t.Helper()
	_, value, err := w.open(w.linked(ForRequests))
	w.must(err)
	return value
}

// untilDone runs do, and kills it at each of its steps in turn. After each kill it runs do again as often as settle says, and calls check.
func untilDone(t *testing.T, setUp func(w *world), do func(w *world) error, check func(w *world, name string)) {
	t.Helper()
	for kill := 1; ; kill++ {
		w := newWorld(t)
		setUp(w)
		w.revive()
		w.killAt = kill
		err := do(w)
		if err == nil && !w.dead {
			if kill < 5 {
				t.Fatalf("it takes %d steps", kill)
			}
			return
		}
		if !errors.Is(err, errKilled) {
			t.Fatalf("killed at %d: %v", kill, err)
		}
		name := fmt.Sprint("killed at ", kill, " after ", w.trace)
		w.revive()
		check(w, name)
	}
}
