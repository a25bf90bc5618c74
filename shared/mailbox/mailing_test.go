package mailbox

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/subject/address"
)

// rig is one confirmation in memory, and plays all that the desk talks to.
type rig struct {
	t                *testing.T
	c                Confirmation
	clock            *testclock.Clock
	may, later, rate bool // what the limits say
	mail             error
	calls            []string
	faster           bool // another run saves first
}

func newRig(t *testing.T) *rig {
	now := time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC)
	return &rig{t: t, clock: testclock.New(now), may: true, rate: true, c: Confirmation{
		ID: "id", Version: 1, Email: "Anna@example.org", Client: "client", CreatedAt: now, NextAt: now, ExpiresAt: now.AddDate(0, 0, 7),
	}}
}

// run runs what is due, and returns what was called besides the store.
func (d *rig) run() []string {
	d.t.Helper()
	d.calls = nil
	f := &Mailing{Confirmations: d, Subjects: d, Lists: d, Limiter: d, Clients: d, Mailer: d, Tokens: subject.Key("a key of tests"),
		Periods: policy.ConsentPeriods{Confirmation: policy.Span{Days: 7}}, Now: d.clock.Now}
	if err := f.Run(d.t.Context(), "id"); err != nil {
		d.t.Fatal(err)
	}
	return d.calls
}

func (d *rig) Load(context.Context, string) (Confirmation, bool, error) {
	return d.c, true, nil
}

func (d *rig) Save(_ context.Context, c Confirmation) error {
	if d.faster || c.Version != d.c.Version {
		return ErrChanged
	}
	c.Version++
	d.c = c
	return nil
}

func (d *rig) Introduce(_ context.Context, _ subject.Address, until time.Time) (privacy.SubjectID, string, error) {
	if !until.Equal(d.clock.Now().AddDate(0, 0, 7)) {
		d.t.Errorf("on record until %s", until)
	}
	return "sid", "anna@example.org", nil
}

func (d *rig) ListConsent(context.Context, subject.Address, string, time.Time) error {
	d.calls = append(d.calls, "list")
	return nil
}

func (d *rig) MayChallenge(_ context.Context, _ subject.Address, _ string, again bool, _ time.Time) (may, later bool, err error) {
	if again != (d.c.Tries > 0) {
		d.t.Errorf("tried again: %t", again)
	}
	return d.may, d.later, nil
}

func (d *rig) NotMailed(context.Context, subject.Address, string, time.Time) error {
	d.calls = append(d.calls, "not mailed")
	return nil
}

func (d *rig) Allow(context.Context, string, string, time.Time) (bool, error) { return d.rate, nil }

func (d *rig) ConfirmConsent(_ context.Context, to string, c Confirmation, _, _ subject.Token, _ string) error {
	if to != "anna@example.org" || d.c.Hash == nil || c.Version != d.c.Version {
		d.t.Errorf("a mail to %s without its claim", to)
	}
	d.calls = append(d.calls, "mail")
	return d.mail
}

// What becomes of a confirmation after each answer to its mail (faults F04, F23).
func TestFault_F23_WhatBecomesOfAConfirmation(t *testing.T) {
	again := 2 * time.Minute
	for name, c := range map[string]struct {
		mail  error
		links bool
		next  time.Duration // 0 when nothing more is due
		calls []string
	}{
		"accepted":   {nil, true, 0, []string{"list", "mail"}},
		"refused":    {address.ErrRefused, false, again, []string{"list", "mail", "not mailed"}},
		"uncertain":  {address.ErrUncertain, true, again, []string{"list", "mail"}},
		"unmailable": {address.ErrUnmailable, false, 0, []string{"list", "mail"}},
	} {
		d := newRig(t)
		d.mail = c.mail
		calls := d.run()
		links, due := d.c.Hash != nil && d.c.PreferencesHash != nil, !d.c.NextAt.IsZero()
		if !slices.Equal(calls, c.calls) || links != c.links || due != (c.next > 0) || due && !d.c.NextAt.Equal(d.clock.Now().Add(c.next)) || d.c.MailedAt.IsZero() != (c.mail != nil) {
			t.Errorf("%s: %v, %+v", name, calls, d.c)
		}
	}
}

// A mail that is refused after one that may have left stays counted: the person may have got a mail on that day.
func TestThreat_T09_AMailThatMayHaveLeftStaysCounted(t *testing.T) {
	d := newRig(t)
	d.mail = address.ErrUncertain
	d.run()
	d.mail = address.ErrRefused
	d.clock.Advance(time.Hour)
	if calls := d.run(); !slices.Equal(calls, []string{"list", "mail"}) || d.c.Tries != 2 {
		t.Errorf("%v, %d tries", calls, d.c.Tries)
	}
}

// Over a limit a confirmation waits, or is dropped without a mail; nothing is minted meanwhile.
func TestThreat_T09_OverALimit(t *testing.T) {
	tomorrow := time.Date(2031, 5, 7, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		set  func(*rig)
		next time.Time
	}{
		"the client's minute":               {func(d *rig) { d.rate = false }, time.Date(2031, 5, 6, 7, 9, 0, 0, time.UTC)},
		"the address's day":                 {func(d *rig) { d.may = false }, tomorrow},
		"the day after":                     {func(d *rig) { d.may, d.c.CreatedAt = false, d.clock.Now().AddDate(0, 0, -1) }, time.Time{}},
		"the day after, behind mails tried": {func(d *rig) { d.may, d.later, d.c.CreatedAt = false, true, d.clock.Now().AddDate(0, 0, -1) }, tomorrow},
		"an address that no mail can reach": {func(d *rig) { d.c.Email = "anna@example.invalid" }, time.Time{}},
		"its client's limit for a week":     {func(d *rig) { d.c.CreatedAt = d.clock.Now().AddDate(0, 0, -7) }, time.Time{}},
	} {
		d := newRig(t)
		c.set(d)
		if calls := d.run(); len(calls) > 1 || !d.c.NextAt.Equal(c.next) || d.c.Hash != nil || d.c.Tries != 0 {
			t.Errorf("%s: %v, next at %s", name, calls, d.c.NextAt)
		}
	}
}

// F02: a run that loses the race for the claim mails nothing, and one that is not due does nothing.
func TestFault_F02_OnlyOneRunMails(t *testing.T) {
	d := newRig(t)
	d.faster = true
	if calls := d.run(); !slices.Equal(calls, []string{"list"}) {
		t.Errorf("after a lost race: %v", calls)
	}
	d.faster, d.c.NextAt = false, d.clock.Now().Add(time.Second)
	if calls := d.run(); len(calls) != 0 {
		t.Errorf("before it is due: %v", calls)
	}
}

// An error that says nothing of the mail is the service's own failure, and is told.
func TestAFailureIsTold(t *testing.T) {
	d := newRig(t)
	d.mail = context.DeadlineExceeded
	f := &Mailing{Confirmations: d, Subjects: d, Lists: d, Limiter: d, Clients: d, Mailer: d, Periods: policy.ConsentPeriods{Confirmation: policy.Span{Days: 7}},
		Now: d.clock.Now}
	if err := f.Run(t.Context(), "id"); !errors.Is(err, context.DeadlineExceeded) || d.c.NextAt.IsZero() {
		t.Errorf("%v, next at %s", err, d.c.NextAt)
	}
}
