package inbound_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/inbound"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// talk is a conversation with one mailbox, and what has to hold for it.
type talk struct {
	*service
	t      *testing.T
	random *rand.Rand
	said   map[string]int       // how many mails said a text
	sent   map[string]bool      // texts that a vouched mail said
	first  map[string]time.Time // when each text first arrived
	gone   map[string]bool      // texts that are counted, or forgotten because their request has ended
	linked []linkSent
	seen   int         // mails
	times  []time.Time // when each mail left
	opened time.Time
	trace  []string
}

// linkSent is a mail with a link behind which a mail waits.
type linkSent struct {
	waits string
	at    time.Time
}

// waiting returns the mail that waits behind the mailbox.
func (k *talk) waiting() (r request.Request, ok bool) {
	k.T.Helper()
	for _, one := range k.all() {
		if one.Right == privacy.Question && one.State == request.Verifying && one.Mailbox != "" {
			if ok {
				k.T.Errorf("two mails wait: %s and %s", r.ID, one.ID)
			}
			r, ok = one, true
		}
	}
	return r, ok
}

// mails has somebody write, anew or what they wrote before, sure or not, as a reply or not.
func (k *talk) mails() {
	text, again := fmt.Sprint("text ", len(k.first)), false
	if len(k.first) > 0 && k.random.IntN(4) == 0 {
		text, again = fmt.Sprint("text ", k.random.IntN(len(k.first))), true
	}
	var fields []string
	if open := k.all(); len(open) > 0 && k.random.IntN(3) == 0 {
		fields = []string{"In-Reply-To: <" + thread(open[k.random.IntN(len(open))].ID) + ">"}
	}
	found := servicetest.Vouched
	sure := k.random.IntN(3) > 0
	if !sure {
		found = forged
	}
	a := k.arrives(from(anna, "", text, fields...), found)
	before := len(k.Mails)
	for range 1 + k.random.IntN(2) { // reported again
		k.takes(a)
	}
	if n := len(k.Mails) - before; n > 1 || n > 0 && !sure {
		k.T.Errorf("%d mails because of one, which is vouched for: %v", n, sure)
	}
	k.trace = append(k.trace, fmt.Sprintf("mail %q sure %v again %v %v", text, sure, again, fields))
	if k.first[text].IsZero() {
		k.first[text] = a.At
	}
	if k.said[text]++; !sure {
		return
	}
	if k.sent[text] = true; len(k.holding(text)) == 0 {
		if r, ok := k.waiting(); !ok || r.Repeats == 0 || len(r.Messages) < 6 {
			k.T.Errorf("%q is neither kept nor counted: %+v", text, r)
		}
		k.gone[text] = true
	}
}

// holding returns the requests that have a text.
func (k *talk) holding(text string) (ids []string) {
	for _, r := range k.all() {
		if slices.ContainsFunc(r.Messages, func(m request.Message) bool { return m.Text == text }) {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// ends notes which texts go with a request that ends.
func (k *talk) ends(r request.Request) {
	for _, m := range r.Messages {
		k.gone[m.Text] = true
	}
}

// decides has the holder of the mailbox choose or discard, or the team close something.
func (k *talk) decides() {
	k.T.Helper()
	what := k.random.IntN(5)
	w, ok := k.waiting()
	if what < 4 && !ok {
		return
	}
	k.trace = append(k.trace, fmt.Sprint("decides ", what))
	switch what {
	case 0, 1:
		got := chooses(k.t, k.Rig, w.ID, request.Filing{Right: privacy.Question})
		for _, m := range w.Messages {
			if !slices.Contains(k.holding(m.Text), got.ID) {
				k.T.Errorf("%q is not where it was put", m.Text)
			}
		}
	case 2:
		if k.random.IntN(2) == 0 && len(w.Messages) > 0 {
			chooses(k.t, k.Rig, w.ID, request.Filing{Right: privacy.Rectification})
		}
	case 3:
		k.ends(w)
		if err := k.Requester.Discard(k.ctx, w.ID, servicetest.Proof(anna)); err != nil {
			k.T.Fatal(err)
		}
	default:
		for _, r := range k.all() {
			if r.State.Final() || r.Step != "" && !r.AwaitsSender() || k.random.IntN(2) == 0 {
				continue
			}
			k.ends(r)
			if err := request.CloseTold(k.ctx, k.Requests, r.ID, servicetest.Operator, request.Outcome{Result: request.Done, Reason: "By phone."}, k.Clock.Now()); err != nil {
				k.T.Fatalf("%v: %+v", err, r)
			}
		}
	}
	k.works()
}

// opens opens the newest link.
func (k *talk) opens() {
	k.T.Helper()
	all := linksTo(k.Rig, anna)
	if len(all) == 0 {
		return
	}
	m := all[len(all)-1]
	if _, _, _, err := k.Links.Open(k.ctx, m.About, m.Token); err == nil {
		k.opened = k.Clock.Now()
		k.trace = append(k.trace, "opens")
	}
}

// holds checks what has to hold at any time.
func (k *talk) holds() {
	k.T.Helper()
	k.waiting()
	lines := map[string]request.Line{}
	for _, l := range k.queue() {
		lines[l.ID] = l
	}
	for _, r := range k.all() {
		if _, queued := lines[r.ID]; queued == r.State.Final() {
			k.T.Errorf("in the queue: %v, and it is %s: %s", queued, r.State, r.ID)
		}
		days := k.Policy.AnswerWithin + 1
		if r.Right == privacy.Question {
			days = k.Policy.QuestionWithin + 1
		}
		for _, m := range r.Messages {
			if r.Right == privacy.Question && r.ReceivedAt.After(m.At) {
				k.T.Errorf("%s counts from %s, and %q arrived at %s", r.ID, r.ReceivedAt, m.Text, m.At)
			}
		}
		if !r.State.Final() && request.DueAt(r).After(r.ReceivedAt.AddDate(0, 0, days+1)) {
			k.T.Errorf("%s, received %s, is due %s", r.ID, r.ReceivedAt, request.DueAt(r))
		}
		if r.State.Final() && !r.Confirmed() && (!r.Forgotten() || len(k.Load(r.ID).Events) == 0) {
			k.T.Errorf("it ended without a reason, or is not forgotten: %+v", r)
		}
	}
	for text := range k.sent {
		if in := len(k.holding(text)); in > k.said[text] || in == 0 && !k.gone[text] {
			k.T.Errorf("%q, said %d times, is in %d requests", text, k.said[text], in)
		}
	}
	k.limits()
}

// limits checks the links that were mailed. Besides the reminder, a mail that waits has one a week, or one more once its link was opened.
func (k *talk) limits() {
	k.T.Helper()
	for ; k.seen < len(k.Mails); k.seen++ {
		m := k.Mails[k.seen]
		if m.To != anna {
			k.T.Errorf("mailed %+v", m)
		}
		if m.Kind != "link" {
			continue
		}
		for _, waits := range m.Waiting {
			if waits.Right != privacy.Question {
				continue
			}
			recent := 0
			for _, l := range k.linked {
				if l.waits == waits.ID && k.times[k.seen].Sub(l.at) < 7*24*time.Hour && l.at.After(k.opened) {
					recent++
				}
			}
			if reminded := map[bool]int{true: 1}[waits.Reminded]; recent > reminded {
				k.T.Errorf("%s has %d links in a week, and another one", waits.ID, recent)
			}
			k.linked = append(k.linked, linkSent{waits.ID, k.times[k.seen]})
		}
	}
}

// H12, T09, F02: whatever somebody and strangers in their name write, and whatever they and the team decide in whatever order: at most one mail waits, each
// text that is vouched for is kept, counted or forgotten with a reason, nobody gets more links than they should, nothing leaves the queue before it is
// closed, and no deadline moves.
func TestPromise_H12_AnyConversation(t *testing.T) {
	t.Parallel()
	for seed := range soak.Pick(3, 15) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { converse(t, uint64(seed)) })
	}
}

func converse(t *testing.T, seed uint64) {
	k := &talk{service: newService(t), t: t, random: rand.New(rand.NewPCG(seed, 10)), said: map[string]int{}, sent: map[string]bool{}, first: map[string]time.Time{}, gone: map[string]bool{}}
	k.Known(anna)
	k.Fails = func(operation string) error {
		if operation == "mail" {
			k.times = append(k.times, k.Clock.Now())
		}
		return nil
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%q", k.trace)
		}
	})
	for range 30 {
		switch k.random.IntN(8) {
		case 0, 1, 2, 3:
			k.mails()
		case 4:
			k.opens()
		case 5:
			k.decides()
		case 6:
			d := []time.Duration{time.Minute, time.Hour, 20 * time.Hour, 3 * 24 * time.Hour, 8 * 24 * time.Hour}[k.random.IntN(5)]
			k.trace = append(k.trace, "passes "+d.String())
			k.passes(d)
		default:
			if err := k.Inbox.Sweep(k.ctx); err != nil {
				t.Fatal(err)
			}
		}
		if k.holds(); t.Failed() {
			t.FailNow()
		}
	}
	needed := 0
	for _, key := range k.Arrived.Keys() {
		if r := k.Load(inbound.ID(key)).Request; r.AwaitsSender() {
			needed++
		}
	}
	if err := k.Inbox.Sweep(k.ctx); err != nil || len(k.Arrived.Keys()) != needed {
		t.Errorf("%d mails are kept as they arrived, of which %d are needed, %v", len(k.Arrived.Keys()), needed, err)
	}
}
