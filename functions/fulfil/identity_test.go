package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/dynamo/queue"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

const (
	annas = "anna@example.org"
	works = "anna.berg@example.net"
	day   = 24 * time.Hour
)

// crm is the system that changes addresses, in the audit.
var crm = audit.Actor{Kind: audit.Machine, ID: servicetest.CRM}

// knows takes in a record about somebody with an id and an address.
func (s *rig) knows(id, email string, one record.Record) {
	s.T.Helper()
	if got, err := s.TakeAs(id, email, one); err != nil || got.Outcome != record.Stored {
		s.T.Fatal(got, err)
	}
}

// states states all addresses of somebody, as the system does, and returns the id of the change. What follows is left to the task.
func (s *rig) states(id string, join bool, emails ...string) string {
	s.T.Helper()
	addresses := make([]subject.Address, len(emails))
	for i, email := range emails {
		addresses[i] = s.Parse(email)
	}
	result, err := s.Identity.SetAddresses(s.T.Context(), crm, subject.Named{Client: servicetest.CRM, ID: id}, addresses, join)
	if err != nil || len(result.Changes) == 0 {
		s.T.Fatal(result, err)
	}
	return result.Changes[len(result.Changes)-1]
}

// waits returns whether a change waits behind the mailbox of an address.
func (s *rig) waits(email, change string) bool {
	s.T.Helper()
	for _, w := range s.waiting(email) {
		if w.ID == change && w.Change != "" {
			return true
		}
	}
	return false
}

// T33: whoever's address was added gets a receipt without a link that opens anything. Whoever had the person's other addresses gets a link, behind
// which the change can be contested; so does an address that was taken away not long ago. No mail names another address.
func TestThreat_T33_EverybodyConcernedIsTold(t *testing.T) {
	s := newRig(t)
	s.knows("c-1", annas, account(s.Clock.Now().AddDate(0, -1, 0), time.Time{}))
	s.states("c-1", false, annas, "gone@example.org")
	s.fulfils()
	s.Clock.Advance(day)
	s.states("c-1", false, annas)
	s.fulfils()
	before := len(s.box.All())
	change := s.states("c-1", false, annas, works)
	s.fulfils()
	mails := s.box.All()[before:]
	to := map[string]string{}
	for _, m := range mails {
		part, _, _ := strings.Cut(m.Tags["part"], "-")
		to[m.To[0]] += part
		for _, other := range []string{annas, works, "gone@example.org"} {
			if other != m.To[0] && (strings.Contains(m.Text, other) || strings.Contains(m.HTML, other)) {
				t.Errorf("the mail to %s names %s", m.To[0], other)
			}
		}
	}
	if fmt.Sprint(to) != "map[anna.berg@example.net:receipt anna@example.org:link gone@example.org:link]" {
		t.Errorf("%v", to)
	}
	if text := s.about(works, "receipt")[0].Text; link.MatchString(text) {
		t.Errorf("the receipt has a link that opens the mailbox: %s", text)
	}
	if !s.waits(annas, change) || !s.waits("gone@example.org", change) || s.waits(works, change) {
		t.Errorf("the change waits behind %t, %t, %t", s.waits(annas, change), s.waits("gone@example.org", change), s.waits(works, change))
	}
	if s.fulfils(); len(s.box.All()) != before+3 || s.work() != "" {
		t.Errorf("%d mails more, and work is left:%s", len(s.box.All())-before-3, s.work())
	}
}

// T33: the change that the holder of the old address contests is frozen by the task: nothing is answered by the new address, its links are dead, an
// alarm is raised once, and the request goes to the team with an alarm of its own. No log line and no metric has an address.
func TestThreat_T33_AContestedChangeIsFrozen(t *testing.T) {
	s := newRig(t)
	s.knows("c-1", annas, account(s.Clock.Now().AddDate(0, -1, 0), time.Time{}))
	change := s.states("c-1", false, annas, works)
	s.fulfils()
	id := s.file(works)
	s.fulfils()
	s.verify()
	s.fulfils()
	token := s.newest(works)
	s.Clock.Advance(time.Minute)
	proof, _ := s.open(annas)
	if err := s.Holder.Contest(t.Context(), change, proof); err != nil {
		t.Fatal(err)
	}
	s.fulfils()
	known, _, err := s.Find(t.Context(), s.Parse(works))
	if err != nil || known.Doubt != subject.Frozen {
		t.Errorf("%+v, %v", known, err)
	}
	if _, _, _, err := s.Links.Open(t.Context(), s.mailboxOf(works), token); fault.Status(err) != http.StatusNotFound {
		t.Errorf("the old link: %v", err)
	}
	if why, waits := export.ForTeam(s.Load(id)); !waits || why != "frozen" {
		t.Errorf("%t, %q", waits, why)
	}
	said := s.counts.String()
	if strings.Count(said, `"ChangesContested":1`) != 1 || strings.Count(said, `"RequestsForTeam":1`) != 1 || strings.Contains(said, "@") {
		t.Errorf("%s", said)
	}
	s.Clock.Advance(30 * day)
	if s.fulfils(); s.to(works) != 3 || s.work() != "" { // two receipts, of the attach and of the confirmation, and the link
		t.Errorf("%d mails, and work is left:%s", s.to(works), s.work())
	}
}

// F04, F08: after a join, the task brings the state and the expiries in step with what is stored of both: the account of the one keeps that of the
// other.
func TestPromise_F08_AJoinIsRebuilt(t *testing.T) {
	s := newRig(t)
	now := s.Clock.Now()
	s.knows("c-1", annas, account(now.AddDate(-3, 0, 0), now.AddDate(0, -1, 0)))
	s.knows("c-2", works, account(now.AddDate(0, -1, 0), time.Time{}))
	ended := s.stored(annas)["account a"]
	if ended.IsZero() {
		t.Fatal("the account of an ended contract has no expiry")
	}
	of, _, err := s.Find(t.Context(), s.Parse(annas))
	if err != nil {
		t.Fatal(err)
	}
	s.states("c-2", true, works, annas)
	s.fulfils()
	for one, err := range s.Records.Stored(t.Context(), of.Subject) {
		if err != nil || !one.ExpiresAt.IsZero() {
			t.Errorf("%s expires at %v although a contract of the person runs: %v", one.ID, one.ExpiresAt, err)
		}
	}
	if s.work() != "" {
		t.Errorf("work is left:%s", s.work())
	}
}

// changed is a change whose task is done while one call breaks.
type changed struct {
	*rig
	breaks *cut
	dies   bool // the run ends with the call that breaks
	asked  string
}

// F03: the task of a change is killed before or after each of its calls to DynamoDB and SES, or loses the answer. The schedule does what is left. The
// end is the same: everybody is told, the request by the address that was taken away waits for the team, and no work is left. At most, each of the
// three who are told is told once more.
func TestFault_F03_TheTaskOfAChange(t *testing.T) {
	const most = 200
	plain := newChanged(t, &cut{left: most})
	plain.done()
	calls, mails := most-plain.breaks.left, len(plain.box.All())
	if calls < 20 || calls >= most {
		t.Fatalf("%d calls", calls)
	}
	points := plain.breaks.points()
	for i := 0; i < len(points); i += soak.Pick(23, 1) {
		how, call := breaks[points[i][0]], points[i][1]
		t.Run(fmt.Sprint(how.name, " call ", call), func(t *testing.T) {
			c := newChanged(t, &cut{sent: how.sent, left: call})
			c.dies = how.dies
			c.done()
			if !c.breaks.was() {
				t.Error("no call was broken")
			}
			if n := len(c.box.All()); n < mails || n > mails+3 {
				t.Errorf("%d mails, and %d without it", n, mails)
			}
		})
	}
}

func newChanged(t *testing.T, b *cut) changed {
	c := changed{rig: newRig(t), breaks: b}
	c.knows("c-1", annas, account(c.Clock.Now().AddDate(0, -1, 0), time.Time{}))
	c.states("c-1", false, annas, works)
	c.fulfils()
	c.Clock.Advance(8 * day)
	c.asked = c.file(works)
	c.fulfils()
	c.verify()
	c.fulfils() // an export is begun
	c.Clock.Advance(time.Minute)
	c.states("c-1", false, annas, "new@example.org")
	b.next = http.DefaultTransport
	c.Wire.Next, c.broken = b, b
	return c
}

// done does the task while a call breaks, then what the schedule does, and checks the end.
func (c changed) done() {
	c.T.Helper()
	for range 20 {
		ctx, cancel := context.WithCancel(c.T.Context())
		if c.dies {
			c.breaks.kill = cancel
		}
		due, err := c.Queue.Due(c.T.Context(), c.Clock.Now())
		if err == nil && !slices.ContainsFunc(due, func(t work.Task) bool { return c.steps[t.Kind] != nil }) {
			cancel()
			break
		}
		_, _ = c.handle(ctx, queue.Event{})
		cancel()
		if c.breaks.was() {
			break
		}
	}
	c.Wire.Next, c.broken = nil, nil
	c.Clock.Advance(5 * time.Minute)
	c.fulfils()
	if why, waits := export.ForTeam(c.Load(c.asked)); !waits || why != "detached" {
		c.T.Errorf("%t, %q", waits, why)
	}
	known, _, err := c.Find(c.T.Context(), c.Parse(annas))
	if err != nil {
		c.T.Fatal(err)
	}
	listed, err := c.Requests.ListedOf(c.T.Context(), known.Subject)
	if err != nil || !slices.Equal(listed, []string{c.asked}) {
		c.T.Errorf("listed are %v, %v", listed, err)
	}
	if c.links(annas) < 2 || c.links(works) < 2 || len(c.about("new@example.org", "receipt")) == 0 || c.work() != "" {
		c.T.Errorf("%d and %d links, %d receipts, and work is left:%s", c.links(annas), c.links(works), len(c.about("new@example.org", "receipt")), c.work())
	}
}
