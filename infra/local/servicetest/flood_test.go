package servicetest_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// owner is the address that strangers name.
const owner = "anna@example.org"

// flood is a mailbox that strangers name all day, every day.
type flood struct {
	*servicetest.Rig
	sent     []time.Time // when each mail left
	filed    int         // by strangers
	purposes []privacy.Purpose
}

func newFlood(t *testing.T) *flood {
	f := &flood{Rig: servicetest.New(t)}
	f.Clock.Set(limit.NextDay(f.Clock.Now()))
	f.Known(owner)
	f.Fails = func(operation string) error {
		if operation == "mail" {
			f.sent = append(f.sent, f.Clock.Now())
		}
		return nil
	}
	for _, p := range f.Policy.Purposes {
		if p.Basis == privacy.Consent {
			f.purposes = append(f.purposes, p.ID)
		}
	}
	return f
}

// work does everything that is due, like the schedules.
func (f *flood) work() {
	f.T.Helper()
	for range 20 {
		due, err := f.Queue.Due(f.T.Context(), f.Clock.Now())
		if err != nil {
			f.T.Fatal(err)
		}
		if len(due) == 0 {
			return
		}
		for _, task := range due {
			do := map[work.Kind]func() error{
				work.Request:      func() error { return f.Fulfilment.Run(f.T.Context(), task.Ref) },
				work.Confirmation: func() error { return f.Admission.Run(f.T.Context(), task.Ref) },
				work.Link:         func() error { return f.Posting.Take(f.T.Context(), task.Ref) },
				work.Mailbox:      func() error { return f.Posting.Run(f.T.Context(), task.Ref) },
				work.Export:       func() error { _, err := f.Delivery.Do(f.T.Context(), task.Ref); return err },
			}[task.Kind]
			if do == nil {
				f.T.Fatalf("%+v is due", task)
			}
			if err := do(); err != nil {
				f.T.Fatalf("%+v: %v", task, err)
			}
		}
	}
	f.T.Fatal("there is always more work")
}

// strangers file one of everything that can be filed for an address, each from another client and with another text.
func (f *flood) strangers() {
	f.T.Helper()
	f.filed++
	right := []privacy.Right{privacy.Access, privacy.Portability}[f.filed%2]
	f.File(request.Filing{Right: right, Email: owner, Details: fmt.Sprint("text of a stranger ", f.filed)})
	decisions := map[privacy.Purpose]consent.State{}
	for i, purpose := range f.purposes {
		decisions[purpose] = []consent.State{consent.Granted, consent.Denied}[f.filed>>i%2]
	}
	if _, err := f.ByAddress.Ask(f.T.Context(), fmt.Sprint("client ", f.filed), consent.Act{Who: consent.Who{Email: owner}, Operation: fmt.Sprint("op ", f.filed),
		PolicyVersion: policy.VersionInForce(time.Now()), Language: "en", Surface: "form", Decisions: decisions}); err != nil {
		f.T.Fatal(err)
	}
	if err := f.Links.Ask(f.T.Context(), owner); err != nil {
		f.T.Fatal(err)
	}
}

// today returns the mails of one kind that left on the day of the clock, oldest first.
func (f *flood) today(kind string) (mails []servicetest.Mail) {
	for i, m := range f.Mails {
		if m.Kind == kind && limit.Today(f.sent[i]).Equal(limit.Today(f.Clock.Now())) {
			mails = append(mails, m)
		}
	}
	return mails
}

// answered files the owner's request, opens the newest link of the day, confirms what is shown there for their right, and has the answer mailed. All
// of this happens on one day.
func (f *flood) answered() {
	f.T.Helper()
	began := f.Clock.Now()
	filed := f.File(request.Filing{Right: privacy.Access, Email: owner})
	f.work()
	f.Clock.Advance(5 * time.Minute)
	links := f.today("link")
	if len(links) == 0 {
		f.T.Fatalf("no link was mailed on the day of %v", began)
	}
	proof, box := f.Open(links[len(links)-1])
	if !proof.Fresh {
		f.T.Fatal("a stranger has opened it")
	}
	waiting, err := f.Behind.Waiting(f.T.Context(), box.ID)
	if err != nil {
		f.T.Fatal(err)
	}
	shown, lines := "", map[privacy.Right]int{}
	for _, w := range waiting {
		if lines[w.Right]++; w.Right == privacy.Access && (shown == "" || w.ID == filed.ID) {
			shown = w.ID
		}
	}
	if shown != filed.ID { // then it only repeats what waits already, and whoever confirms that gets all that it asked for
		if events := servicetest.Kinds(f.Load(filed.ID)); shown == "" || !slices.Contains(events, request.EventRepeated) || f.Load(shown).Request.Repeats == 0 {
			f.T.Fatalf("the owner's request is not behind the link: %v, and %d others are", events, len(waiting))
		}
	}
	for right, n := range lines {
		if n > 6 { // threat T32
			f.T.Errorf("%d lines of %q", n, right)
		}
	}
	if _, err := f.Requester.Confirm(f.T.Context(), shown, proof); err != nil {
		f.T.Fatal(err)
	}
	f.work()
	if exports := f.today("export"); len(exports) != 1 || exports[0].To != owner || f.Load(shown).Request.State != request.Fulfilled || !limit.Today(began).Equal(limit.Today(f.Clock.Now())) {
		f.T.Errorf("filed %v, answered by %+v, and it is %s", began, exports, f.Load(shown).Request.State)
	}
}

// T09, T32: for ten days, strangers file everything that can be filed for one address, as fast as any limit allows. The address gets at most six mails
// with a link on each day. Its owner files once, at any time of any day, and is answered on that day, by a link that was mailed on it.
func TestThreat_T09_AFloodSilencesNobody(t *testing.T) {
	const day = 24 * time.Hour
	for _, at := range soak.Sample([]time.Duration{4*day + 13*time.Hour, time.Second, 7*day + 2*time.Hour, 9*day + 23*time.Hour + 40*time.Minute}, 3) {
		t.Run(at.String(), func(t *testing.T) {
			f := newFlood(t)
			began, step := f.Clock.Now(), 24*time.Hour/time.Duration(soak.Pick(4, 6))
			answered := false
			for next := began; next.Before(began.AddDate(0, 0, 10)); next = next.Add(step) {
				if files := began.Add(at); !answered && !files.After(next) {
					f.Clock.Set(files)
					f.work()
					f.answered()
					answered = true
				}
				f.Clock.Set(maxTime(f.Clock.Now(), next))
				for range 3 {
					f.strangers()
					f.work()
				}
			}
			if !answered {
				f.Clock.Set(began.Add(at))
				f.work()
				f.answered()
			}
			days := map[time.Time]int{}
			for i, m := range f.Mails {
				if m.Kind == "link" {
					days[limit.Today(f.sent[i])]++
				}
				if m.To != owner {
					t.Errorf("%+v", m)
				}
			}
			for day, n := range days {
				if n != 6 { // three for requests and three for consents, all of which the flood uses up
					t.Errorf("%d mails with a link on %v", n, day)
				}
			}
			if len(days) != 10 {
				t.Errorf("links were mailed on %d days", len(days))
			}
		})
	}
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
