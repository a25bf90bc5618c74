package request_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// H13: the team is mailed after two thirds, five sixths and 29 thirtieths of the time until the deadline that binds, and when it has passed: four times,
// whatever the state, the right and the place of residence. The days of the deadline are those of London, so it moves with summer time.
func TestPromise_H13_TheTeamIsRemindedInAnyState(t *testing.T) {
	for _, received := range []time.Time{midday, time.Date(2027, 1, 31, 23, 30, 0, 0, time.UTC), time.Date(2027, 3, 20, 0, 30, 0, 0, time.UTC), time.Date(2028, 2, 29, 12, 0, 0, 0, time.UTC)} {
		for _, state := range []request.State{request.Verifying, request.Open, request.Fulfilling} {
			for _, right := range []privacy.Right{privacy.Access, privacy.ChildErasure, privacy.Complaint, privacy.OptOut, privacy.Erasure} {
				for _, where := range []privacy.Jurisdiction{"", privacy.EU, privacy.UK, privacy.California} {
					o := newOutside()
					o.now = received.Truncate(time.Hour).Add(time.Hour)
					line := o.has(request.Request{ID: "r", Right: right, State: state, Jurisdiction: where, ReceivedAt: received, RemindedAt: received})
					o.runs(t, line.DueAt.Add(48*time.Hour))
					whole := line.DueAt.Sub(received)
					if len(o.mails) != 4 {
						t.Fatalf("%s %s %s: %d mails", state, right, where, len(o.mails))
					}
					for i, part := range []time.Duration{whole / 30 * 20, whole / 30 * 25, whole / 30 * 29, whole} {
						d, at := o.mails[i], received.Add(part)
						if d.At.Before(at) || d.At.Sub(at) >= time.Hour || len(d.Due) != 1 || d.Overdue != map[bool]int{true: 1}[i == 3] || d.Near != 1-d.Overdue || o.to[i] != policy.Newest().Controller.PrivacyEmail {
							t.Errorf("%s %s %s: mail %d of %s, due %s: %+v", state, right, where, i, at, line.DueAt, d)
						}
					}
					if line.DueAt.In(london(t)).Format("15:04:05") != "23:59:59" {
						t.Errorf("due %s", line.DueAt)
					}
					if last := o.measured[len(o.measured)-1]; last.Overdue != 1 || last.Near != 0 {
						t.Errorf("%s %s %s: two days later %+v is measured", state, right, where, last)
					}
				}
			}
		}
	}
}

func london(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// The boundaries of what is near, urgent and overdue, to the second.
func TestPromise_H13_NearAndOverdue(t *testing.T) {
	l := request.Line{ReceivedAt: midday, DueAt: midday.Add(30 * time.Hour)}
	for at, want := range map[time.Duration][3]bool{
		0: {}, 20*time.Hour - time.Second: {}, 20 * time.Hour: {true, false, false}, 25*time.Hour - time.Second: {true, false, false}, 25 * time.Hour: {true, true, false},
		30 * time.Hour: {true, true, false}, 30*time.Hour + time.Second: {false, false, true}, 9000 * time.Hour: {false, false, true},
	} {
		now := midday.Add(at)
		if got := [3]bool{l.Near(now), l.Urgent(now), l.Overdue(now)}; got != want {
			t.Errorf("after %s: near, urgent, overdue: %v", at, got)
		}
		count := map[bool]int{true: 1}
		if d := request.DigestOf([]request.Line{l}, now); d.Near != count[want[0]] || d.Urgent != count[want[1]] || d.Overdue != count[want[2]] {
			t.Errorf("after %s: %+v", at, d)
		}
	}
}

// F18: nobody runs for three days. The next run mails the team once about everything that has passed since, and reminds whoever was to be reminded.
func TestFault_F18_ThreeMissedDays(t *testing.T) {
	o := newOutside()
	for i := range 5 {
		o.has(request.Request{ID: fmt.Sprint("open-", i), Right: privacy.Erasure, State: request.Open, ReceivedAt: midday.AddDate(0, 0, -20).Add(time.Duration(i*12) * time.Hour)})
		o.has(waiting(fmt.Sprint("waits-", i), fmt.Sprintf("p%d@example.org", i), midday.AddDate(0, 0, -3).Add(time.Duration(i*12+1)*time.Hour)))
	}
	o.runs(t, midday.Add(time.Hour))
	mailed, wanted := len(o.mails), len(o.wanted)
	o.now = midday.AddDate(0, 0, 3)
	if err := o.run(); err != nil {
		t.Fatal(err)
	}
	if len(o.mails) != mailed+1 || o.mails[mailed].Near != 5 || len(o.wanted) != wanted+5 {
		t.Errorf("%d mails, %+v, reminded %v", len(o.mails), o.mails, o.wanted)
	}
	o.runs(t, midday.AddDate(0, 0, 3).Add(3*time.Hour))
	if len(o.mails) != mailed+1 || len(o.wanted) != 5 {
		t.Errorf("afterwards: %d mails, reminded %v", len(o.mails), o.wanted)
	}
}

// F18: the schedule fires twice. Whether the second run comes at the same time or after the first, it mails nobody; it only counts.
func TestFault_F18_ARunThatIsDoneTwice(t *testing.T) {
	o := newOutside()
	o.has(request.Request{ID: "open", Right: privacy.Erasure, State: request.Open, ReceivedAt: midday.AddDate(0, 0, -21)})
	o.has(waiting("waits", "anna@example.org", midday.AddDate(0, 0, -4)))
	beside := *o
	beside.progress.Leased = midday.Add(time.Minute) // another run works
	if err := beside.run(); err != nil || len(beside.mails) != 0 || len(beside.wanted) != 0 || len(beside.measured) != 1 {
		t.Errorf("beside another run: %v, %+v", err, beside.mails)
	}
	for range 2 {
		if err := o.run(); err != nil {
			t.Fatal(err)
		}
	}
	if len(o.mails) != 1 || o.wanted["anna@example.org"] != 1 || len(o.measured) != 2 {
		t.Errorf("%d mails, %v reminded", len(o.mails), o.wanted)
	}
	o.now = midday.AddDate(0, 0, 8)
	m := &request.Reminders{Queue: o, Register: o, Progress: faster{o}, Proofs: o, Mailer: o, Policy: policy.InForce, Now: func() time.Time { return o.now }, Measure: func(context.Context, request.Digest) {}}
	if err := m.Run(t.Context()); err != nil || len(o.mails) != 1 {
		t.Errorf("another run was faster: %v, %d mails", err, len(o.mails))
	}
	if err := o.run(); err != nil || len(o.mails) != 2 {
		t.Errorf("the run that is left: %v, %d mails", err, len(o.mails))
	}
}

// faster is a store in which another run always takes the lease between the read and the write.
type faster struct{ *outside }

func (f faster) LoadProgress(ctx context.Context) (request.Progress, error) {
	p, err := f.outside.LoadProgress(ctx)
	p.Version--
	return p, err
}

// F03: a run is killed at each call, before or after the call has taken effect. The next run, after the lease, does what is left: the team and each
// person are told, and at most twice.
func TestFault_F03_ARunThatIsKilled(t *testing.T) {
	for dies := 1; ; dies++ {
		for _, late := range []bool{false, true} {
			o := newOutside()
			o.has(request.Request{ID: "open", Right: privacy.Erasure, State: request.Open, ReceivedAt: midday.AddDate(0, 0, -21)})
			for i := range 3 {
				o.has(waiting(fmt.Sprint("waits-", i), fmt.Sprintf("p%d@example.org", i), midday.AddDate(0, 0, -4)))
			}
			o.dies, o.late = dies, late
			if err := o.run(); err == nil {
				if dies < 15 {
					t.Fatalf("only %d calls", dies-1)
				}
				return
			}
			o.dies = 0
			for range 2 {
				o.now = o.now.Add(time.Hour)
				if err := o.run(); err != nil {
					t.Fatal(err)
				}
			}
			if len(o.mails) < 1 || len(o.mails) > 2 || len(o.wanted) != 3 {
				t.Errorf("killed at call %d, late %t: %d mails, reminded %v", dies, late, len(o.mails), o.wanted)
			}
			for who, n := range o.wanted {
				if n > 2 {
					t.Errorf("killed at call %d, late %t: %s was reminded %d times", dies, late, who, n)
				}
			}
		}
	}
}

// F23: while SES takes no mail, the team is mailed again every hour until it does. People are reminded all the same, once.
func TestFault_F23_AMailToTheTeamThatWasNotAccepted(t *testing.T) {
	o := newOutside()
	o.has(request.Request{ID: "open", Right: privacy.Erasure, State: request.Open, ReceivedAt: midday.AddDate(0, 0, -21)})
	o.has(waiting("waits", "anna@example.org", midday.AddDate(0, 0, -4)))
	o.refuses = subject.ErrMailRefused
	for range 3 {
		if err := o.run(); !errors.Is(err, subject.ErrMailRefused) {
			t.Fatal(err)
		}
		o.now = o.now.Add(time.Hour)
	}
	if o.wanted["anna@example.org"] != 1 || o.progress.People.IsZero() || !o.progress.Team.IsZero() || !o.progress.Leased.IsZero() {
		t.Errorf("%v, %+v", o.wanted, o.progress)
	}
	o.refuses = nil
	o.runs(t, o.now.Add(3*time.Hour))
	if len(o.mails) != 1 {
		t.Errorf("%d mails", len(o.mails))
	}
}

// Whoever has not confirmed a request is reminded, once, as many days after they filed it as the policy says. Nobody else is reminded.
func TestPeopleAreRemindedOnce(t *testing.T) {
	days := policy.Newest().RemindAfter
	o := newOutside()
	o.now = midday.AddDate(0, 0, -1)
	o.has(waiting("waits", "anna@example.org", midday))
	o.has(waiting("reminded", "bert@example.org", midday))
	o.files["reminded"] = request.File{Request: func() request.Request { r := o.files["reminded"].Request; r.RemindedAt = midday; return r }()}
	unmailed := waiting("unmailed", "carl@example.org", midday)
	unmailed.Step = request.StepProof // its first mail has not been wanted yet
	o.has(unmailed)
	confirmed := waiting("confirmed", "dora@example.org", midday)
	o.has(confirmed)
	confirmed.State, confirmed.Step = request.Open, request.StepAnswer // since the index was read
	o.files["confirmed"] = request.File{Request: confirmed}
	o.has(request.Request{ID: "open", Right: privacy.Access, State: request.Open, Email: "emil@example.org", Step: request.StepAnswer, ReceivedAt: midday})
	o.has(waiting("deleted", "fred@example.org", midday))
	delete(o.files, "deleted")
	o.runs(t, midday.AddDate(0, 0, days))
	if len(o.wanted) != 0 {
		t.Errorf("too early: %v", o.wanted)
	}
	loads := o.loads
	o.runs(t, midday.AddDate(0, 0, days+3))
	if !reflect.DeepEqual(o.wanted, map[string]int{"anna@example.org": 1}) {
		t.Errorf("%v", o.wanted)
	}
	if at := o.files["waits"].Request.RemindedAt; !at.Equal(midday.AddDate(0, 0, days)) {
		t.Errorf("reminded at %s", at)
	}
	if o.loads != loads+5 {
		t.Errorf("%d files were read", o.loads-loads)
	}
}

// One person whose file cannot be stored keeps nobody else from being reminded, and is reminded by the next run.
func TestFault_F02_APersonWhoseRequestChangesMeanwhile(t *testing.T) {
	o := newOutside()
	for i := range 3 {
		o.has(waiting(fmt.Sprint("waits-", i), fmt.Sprintf("p%d@example.org", i), midday.AddDate(0, 0, -3)))
	}
	busy := racing{o, "waits-0"}
	m := &request.Reminders{Queue: o, Register: &busy, Progress: o, Proofs: o, Mailer: o, Policy: policy.InForce, Now: func() time.Time { return o.now },
		Measure: func(context.Context, request.Digest) {}, Failed: func(_ context.Context, id string, err error) {
			if id != "waits-0" || !errors.Is(err, request.ErrChanged) {
				t.Errorf("%s: %v", id, err)
			}
		}}
	if err := m.Run(t.Context()); !errors.Is(err, request.ErrChanged) || len(o.wanted) != 2 {
		t.Errorf("%v, %v", err, o.wanted)
	}
	o.runs(t, midday.Add(2*time.Hour))
	if len(o.wanted) != 3 {
		t.Errorf("%v", o.wanted)
	}
}

// racing is a register in which one request changes between the read and the write.
type racing struct {
	*outside
	id string
}

func (r *racing) Save(ctx context.Context, file request.File, items ...request.Item) (request.File, error) {
	if file.Request.ID == r.id {
		return file, request.ErrChanged
	}
	return r.outside.Save(ctx, file, items...)
}

// A mail that could not be made due is tried again by the next run.
func TestFault_F02_AReminderThatFails(t *testing.T) {
	o := newOutside()
	o.has(waiting("waits", "p@example.org", midday.AddDate(0, 0, -3)))
	failed := ""
	m := &request.Reminders{Queue: o, Register: o, Progress: o, Proofs: throttled{}, Mailer: o, Policy: policy.InForce, Now: func() time.Time { return o.now },
		Measure: func(context.Context, request.Digest) {}, Failed: func(_ context.Context, id string, _ error) { failed = id }}
	if err := m.Run(t.Context()); !errors.Is(err, errThrottled) || failed != "waits" {
		t.Errorf("%v, %s", err, failed)
	}
	o.runs(t, midday.Add(2*time.Hour))
	o.runs(t, midday.Add(3*time.Hour))
	if o.wanted["p@example.org"] != 1 {
		t.Errorf("%v", o.wanted)
	}
}

var errThrottled = errors.New("throttled")

type throttled struct{}

func (throttled) Want(context.Context, subject.Address) error { return errThrottled }

// 10,000 open requests: one mail with the first of them and the counts of all, and no file is read for it.
func TestBudgetOfTenThousandOpenRequests(t *testing.T) {
	o := newOutside()
	for i := range 10_000 {
		o.lines = append(o.lines, request.Line{ID: fmt.Sprint(i), Right: privacy.Erasure, State: request.Open, WaitingFor: request.ForTeam,
			ReceivedAt: midday.AddDate(0, 0, -i%40), DueAt: midday.AddDate(0, 0, 30-i%40)})
	}
	request.ByDeadline(o.lines)
	if err := o.run(); err != nil {
		t.Fatal(err)
	}
	if len(o.mails) != 1 || o.loads != 0 || len(o.mails[0].Due) != 25 {
		t.Fatalf("%d mails, %d files read", len(o.mails), o.loads)
	}
	d := o.mails[0]
	if d.Overdue != 2250 || d.Near != 2750 || d.Waiting != 10_000 || !d.Due[0].DueAt.Equal(midday.AddDate(0, 0, -9)) {
		t.Errorf("%d overdue, %d near, %d wait, the first is due %s", d.Overdue, d.Near, d.Waiting, d.Due[0].DueAt)
	}
}

// For any requests, and any hours at which somebody runs: each mark is told by exactly the first run after it, and each person is reminded by at most
// one run.
func TestProperty_F18_EveryMarkIsToldOnce(t *testing.T) {
	soak.Check(t, func(t *rapid.T) {
		o := newOutside()
		o.now = midday.AddDate(0, 0, 1)
		var moments []time.Time
		for i := range rapid.IntRange(1, 6).Draw(t, "requests") {
			received := midday.Add(time.Duration(rapid.IntRange(0, 500).Draw(t, "received")) * time.Hour)
			line := request.Line{ID: fmt.Sprint(i), State: request.Open, ReceivedAt: received, DueAt: received.Add(time.Duration(rapid.IntRange(30, 900).Draw(t, "hours")) * time.Hour)}
			o.lines = append(o.lines, line)
			whole := line.DueAt.Sub(received)
			moments = append(moments, received.Add(whole/30*20), received.Add(whole/30*25), received.Add(whole/30*29), line.DueAt.Add(time.Second))
		}
		request.ByDeadline(o.lines)
		last := time.Time{}
		for range rapid.IntRange(1, 30).Draw(t, "runs") {
			o.now = o.now.Add(time.Duration(rapid.IntRange(1, 100).Draw(t, "pause")) * time.Hour)
			before := len(o.mails)
			if err := o.run(); err != nil {
				t.Fatal(err)
			}
			due := slices.ContainsFunc(moments, func(at time.Time) bool { return at.After(last) && !at.After(o.now) })
			if told := len(o.mails) > before; told != due {
				t.Fatalf("at %s, after a run at %s: told: %t, due: %t", o.now, last, told, due)
			}
			last = o.now
		}
	})
}
