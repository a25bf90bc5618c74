package mailbox

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/policy/policytest"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// rig is one confirmation in memory, and all the fakes that the mailing calls.
type rig struct {
	t                 *testing.T
	c                 Confirmation
	clock             *testclock.Clock
	may, later, rate  bool             // what the limits say
	mail              error            // what becomes of a mail
	fails             map[string]error // by operation
	calls             []string         // besides those of the store
	confirm, prefer   subject.Token    // of the newest mail
	unsubscribe       string           // of the newest mail
	saves, introduced int
}

func newRig(t *testing.T) *rig {
	at := time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC)
	return &rig{t: t, clock: testclock.New(at), may: true, rate: true, fails: map[string]error{}, c: Confirmation{
		ID: "id", Version: 1, Email: "Anna@Example.org", Client: "client", CreatedAt: at, NextAt: at, ExpiresAt: at.AddDate(0, 0, 7),
	}}
}

// try runs what is due.
func (d *rig) try() error {
	d.calls = nil
	m := &Mailing{Confirmations: d, Subjects: d, Lists: d, Limiter: d, Clients: d, Mailer: d, Tokens: tokens,
		Policy: policytest.Always(&policy.Policy{Retention: []policy.Retention{{Days: 7, Stored: []policy.Kind{policy.Confirmation}}}}), Now: func() time.Time { return d.clock.Now().Add(time.Millisecond) }}
	return m.Run(d.t.Context(), "id")
}

// run runs what is due, which must not fail, and returns what was called besides the store.
func (d *rig) run() []string {
	d.t.Helper()
	if err := d.try(); err != nil {
		d.t.Fatal(err)
	}
	return d.calls
}

// in returns the time that lies so far ahead.
func (d *rig) in(wait time.Duration) time.Time { return d.clock.Now().Add(wait) }

// linkEnds is when a link ends that is mailed now.
func (d *rig) linkEnds() time.Time { return d.clock.Now().AddDate(0, 0, 7) }

func (d *rig) call(operation string) error {
	d.calls = append(d.calls, operation)
	return d.fails[operation]
}

// same checks an argument against what it must be.
func (d *rig) same(what string, same bool) {
	d.t.Helper()
	if !same {
		d.t.Errorf("%s is another", what)
	}
}

func (d *rig) Load(_ context.Context, id string) (Confirmation, bool, error) {
	return d.c, d.c.ID == id, d.fails["load"]
}

func (d *rig) Save(_ context.Context, c Confirmation) (Confirmation, error) {
	d.saves++
	if err := d.fails["save "+string(rune('0'+d.saves))]; err != nil {
		return c, err
	}
	if c.Version != d.c.Version {
		return c, ErrChanged
	}
	c.Version++
	d.c = c
	return c, nil
}

func (d *rig) Introduce(_ context.Context, a subject.Address, until time.Time) (privacy.SubjectID, string, error) {
	d.same("the address to introduce", a.Lookup == "Anna@example.org" || a.Lookup == "anna@example.org")
	d.same("the end of the data subject", until.Equal(d.linkEnds()))
	d.introduced++
	return sid, "anna@example.org", d.fails["introduce"]
}

func (d *rig) ListConsent(_ context.Context, a subject.Address, id string, until time.Time) error {
	d.same("the entry", a.Spelling == d.c.Email && id == "id" && until.Equal(d.linkEnds()))
	return d.call("list")
}

func (d *rig) MayChallenge(_ context.Context, a subject.Address, id string, again bool, at time.Time) (may, later bool, err error) {
	d.same("the mail to count", a.Spelling == d.c.Email && id == "id" && again == (d.c.Tries > 0) && at.Equal(d.clock.Now()))
	return d.may, d.later, d.fails["address"]
}

func (d *rig) NotMailed(_ context.Context, a subject.Address, id string, at time.Time) error {
	d.same("the mail to take back", a.Spelling == d.c.Email && id == "id" && at.Equal(d.clock.Now()))
	return d.call("not mailed")
}

func (d *rig) Allow(_ context.Context, client, what string, at time.Time) (bool, error) {
	d.same("the client", client == "client" && what == limit.Mails && at.Equal(d.clock.Now()))
	return d.rate, d.call("client")
}

func (d *rig) ConfirmConsent(_ context.Context, to string, c Confirmation, confirm, preferences subject.Token, unsubscribe string) error {
	d.same("the mail", to == "anna@example.org" && c.Version == d.c.Version && c.Act.Subject == consent.Address(sid) && confirm != preferences)
	d.same("a claim", d.c.opens(tokens, confirm, d.clock.Now()) && d.c.opensPreferences(tokens, preferences, time.Hour, d.clock.Now()) && d.c.NextAt.After(d.clock.Now()))
	d.confirm, d.prefer, d.unsubscribe = confirm, preferences, unsubscribe
	_ = d.call("mail")
	return d.mail
}

// F04, F23: what becomes of a confirmation after each answer to its mail, on the first try and on a later one.
func TestFault_F23_WhatBecomesOfAConfirmation(t *testing.T) {
	first, refused, uncertain := func(*Confirmation) {}, func(c *Confirmation) { c.Tries = 3 }, func(c *Confirmation) {
		c.Tries = 3
		c.mint(tokens, sid, confirms, opens)
	}
	for name, c := range map[string]struct {
		state func(*Confirmation)
		mail  error
		links bool          // the new ones are stored
		next  time.Duration // 0 when nothing more is due
		tries int
		calls string
	}{
		"accepted":                     {first, nil, true, 0, 0, "client list mail"},
		"refused":                      {first, subject.ErrMailRefused, false, 2 * time.Minute, 1, "client list mail not mailed"},
		"uncertain":                    {first, subject.ErrMailUncertain, true, 2 * time.Minute, 1, "client list mail"},
		"unmailable":                   {first, subject.ErrUnmailable, false, 0, 1, "client list mail"},
		"accepted after refusals":      {refused, nil, true, 0, 0, "list mail"},
		"refused again":                {refused, subject.ErrMailRefused, false, 16 * time.Minute, 4, "list mail not mailed"},
		"uncertain after refusals":     {refused, subject.ErrMailUncertain, true, 16 * time.Minute, 4, "list mail"},
		"accepted after an open try":   {uncertain, nil, true, 0, 0, "list mail"},
		"refused after an open try":    {uncertain, subject.ErrMailRefused, false, 16 * time.Minute, 4, "list mail"}, // a mail may have left, perhaps today
		"uncertain after an open try":  {uncertain, subject.ErrMailUncertain, true, 16 * time.Minute, 4, "list mail"},
		"unmailable after an open try": {uncertain, subject.ErrUnmailable, false, 0, 4, "list mail"},
	} {
		d := newRig(t)
		c.state(&d.c)
		d.clock.Advance(time.Hour)
		d.mail = c.mail
		calls := d.run()
		slices.Sort(calls)
		now, next := d.clock.Now(), time.Time{}
		if c.next > 0 {
			next = d.in(c.next)
		}
		if strings.Join(calls, " ") != c.calls || d.c.Tries != c.tries || !d.c.NextAt.Equal(next) || !d.c.TriedAt.Equal(now) || !d.c.ExpiresAt.Equal(d.linkEnds()) {
			t.Errorf("%s: %v, %+v", name, calls, d.c)
		}
		if links := d.c.opens(tokens, d.confirm, now) && d.c.opensPreferences(tokens, d.prefer, time.Hour, now); links != c.links || (d.c.Hash != nil) != c.links || (d.c.PreferencesHash != nil) != c.links {
			t.Errorf("%s: the links of its mail open %t, %+v", name, links, d.c)
		}
		if mailed := d.c.MailedAt.Equal(now); mailed != (c.mail == nil) || d.unsubscribe != UnsubscribeToken(tokens, sid) {
			t.Errorf("%s: mailed at %s", name, d.c.MailedAt)
		}
	}
}

// T09: over a limit a confirmation waits, or is dropped without a mail. No links are made meanwhile.
func TestThreat_T09_OverALimit(t *testing.T) {
	tomorrow, yesterday := time.Date(2031, 5, 7, 0, 0, 0, 0, time.UTC), time.Date(2031, 5, 5, 23, 59, 59, 0, time.UTC)
	week := time.Date(2031, 4, 29, 7, 8, 9, 0, time.UTC)
	for name, c := range map[string]struct {
		set   func(*rig)
		next  time.Time
		calls string
	}{
		"the client's minute":                   {func(d *rig) { d.rate = false }, time.Date(2031, 5, 6, 7, 9, 0, 0, time.UTC), "list client"},
		"the client's minute, the third time":   {func(d *rig) { d.rate, d.c.Version = false, 3 }, time.Date(2031, 5, 6, 7, 12, 0, 0, time.UTC), "list client"},
		"the client's minute, the ninth time":   {func(d *rig) { d.rate, d.c.Version = false, 9 }, time.Date(2031, 5, 6, 11, 24, 0, 0, time.UTC), "list client"},
		"the client's minute, for days":         {func(d *rig) { d.rate, d.c.Version = false, 99 }, time.Date(2031, 5, 6, 11, 24, 0, 0, time.UTC), "list client"},
		"the address's day":                     {func(d *rig) { d.may = false }, tomorrow, "list client"},
		"the address's day, tried before":       {func(d *rig) { d.may, d.rate, d.c.Tries = false, false, 1 }, tomorrow, "list"},
		"asked at midnight":                     {func(d *rig) { d.may, d.c.CreatedAt = false, yesterday.Add(time.Second) }, tomorrow, "list client"},
		"the day after":                         {func(d *rig) { d.may, d.c.CreatedAt = false, yesterday }, time.Time{}, "list client"},
		"the day after, behind mails tried":     {func(d *rig) { d.may, d.later, d.c.CreatedAt = false, true, yesterday }, tomorrow, "list client"},
		"an address that no mail can reach":     {func(d *rig) { d.c.Email = "anna@example.invalid" }, time.Time{}, ""},
		"what is no address":                    {func(d *rig) { d.c.Email = "anna" }, time.Time{}, ""},
		"its client's limit for a week":         {func(d *rig) { d.c.CreatedAt = week }, time.Time{}, ""},
		"its client's limit for nearly a week":  {func(d *rig) { d.rate, d.c.CreatedAt = false, week.Add(time.Second) }, time.Date(2031, 5, 6, 7, 9, 0, 0, time.UTC), "list client"},
		"refused for a week, and the day's end": {func(d *rig) { d.may, d.later, d.c.CreatedAt, d.c.Tries = false, true, week, 99 }, tomorrow, "list"},
	} {
		d := newRig(t)
		c.set(d)
		before := d.c
		if calls := strings.Join(d.run(), " "); calls != c.calls || !d.c.NextAt.Equal(c.next) || d.saves != 1 {
			t.Errorf("%s: %s, next at %s", name, calls, d.c.NextAt)
		}
		if d.c.Hash != nil || d.c.Tries != before.Tries || !d.c.ExpiresAt.Equal(before.ExpiresAt) || !d.c.MailedAt.IsZero() || d.introduced != 0 {
			t.Errorf("%s: %+v", name, d.c)
		}
	}
}

// T09: a mail that is refused after one that may have left stays counted: the person may have got a mail on that day.
func TestThreat_T09_AMailThatMayHaveLeftStaysCounted(t *testing.T) {
	d := newRig(t)
	d.mail = subject.ErrMailUncertain
	d.run()
	d.mail = subject.ErrMailRefused
	d.clock.Advance(time.Hour)
	if calls := d.run(); !slices.Equal(calls, []string{"list", "mail"}) || d.c.Tries != 2 {
		t.Errorf("%v, %d tries", calls, d.c.Tries)
	}
}

// F02: a confirmation that is not due, does not exist or is done is left alone.
func TestFault_F02_WhatIsNotDue(t *testing.T) {
	for name, set := range map[string]func(*rig){
		"before its time": func(d *rig) { d.c.NextAt = d.in(time.Second) },
		"done":            func(d *rig) { d.c.NextAt = time.Time{} },
		"gone":            func(d *rig) { d.c.ID = "another" },
	} {
		d := newRig(t)
		set(d)
		if calls := d.run(); len(calls) != 0 || d.saves != 0 {
			t.Errorf("%s: %v, %d saves", name, calls, d.saves)
		}
	}
}

// F02: a run that loses a race leaves the work to the faster run. A run that lost the claim mails nothing.
func TestFault_F02_OnlyOneRunMails(t *testing.T) {
	for name, c := range map[string]struct {
		set   func(*rig)
		lost  string
		calls string
	}{
		"the claim":           {func(*rig) {}, "save 1", "list client"},
		"the wait":            {func(d *rig) { d.may = false }, "save 1", "list client"},
		"what cannot be sent": {func(d *rig) { d.c.Email = "anna@example.invalid" }, "save 1", ""},
		"an accepted mail":    {func(*rig) {}, "save 2", "list client mail"},
		"a refused mail":      {func(d *rig) { d.mail = subject.ErrMailRefused }, "save 2", "list client mail"},
		"an unmailable mail":  {func(d *rig) { d.mail = subject.ErrUnmailable }, "save 2", "list client mail"},
	} {
		d := newRig(t)
		c.set(d)
		d.fails[c.lost] = ErrChanged
		if calls := strings.Join(d.run(), " "); calls != c.calls {
			t.Errorf("%s: %s", name, calls)
		}
	}
}

// F03: a run that is killed at any step is repeated, and the mail that then leaves has links that work. The entry exists at every step but
// the first.
func TestFault_F03_AMailingThatIsKilled(t *testing.T) {
	for at, c := range map[string]struct {
		again time.Duration // after which the work is due again
		calls string        // of the run that was killed
		mails int           // that have left in the end
	}{
		"load": {0, "", 1}, "list": {0, "list", 1}, "client": {0, "list client", 1}, "address": {0, "list client", 1}, "introduce": {0, "list client", 1},
		"save 1": {0, "list client", 1}, "save 2": {2 * time.Minute, "list client mail", 2}, // the mail has left, but that is not recorded
	} {
		d := newRig(t)
		d.fails[at] = errKilled
		if err := d.try(); !errors.Is(err, errKilled) || strings.Join(d.calls, " ") != c.calls || !d.c.NextAt.Equal(d.in(c.again)) {
			t.Errorf("%s: %v, %v, next at %s", at, err, d.calls, d.c.NextAt)
		}
		mails := strings.Count(strings.Join(d.calls, " "), "mail")
		earlier := d.confirm
		d.fails = map[string]error{}
		d.clock.Advance(c.again)
		mails += strings.Count(strings.Join(d.run(), " "), "mail")
		if mails != c.mails || !d.c.opens(tokens, d.confirm, d.clock.Now()) || earlier == d.confirm || !d.c.NextAt.IsZero() {
			t.Errorf("%s: %d mails, %+v", at, mails, d.c)
		}
	}
}

// An error that does not say what became of the mail is a failure of the service, and is reported.
func TestAFailureIsTold(t *testing.T) {
	d := newRig(t)
	d.mail = context.DeadlineExceeded
	if err := d.try(); !errors.Is(err, context.DeadlineExceeded) || d.c.NextAt.IsZero() || !d.c.MailedAt.IsZero() {
		t.Errorf("%v, next at %s", err, d.c.NextAt)
	}
	d = newRig(t)
	d.mail, d.fails["not mailed"] = subject.ErrMailRefused, errKilled
	if err := d.try(); !errors.Is(err, errKilled) || d.c.Hash != nil {
		t.Errorf("%v, %+v", err, d.c)
	}
}
