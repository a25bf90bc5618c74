package objection_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// late is a run that imposes what a request asks for, and that is slow: before one of its calls to DynamoDB, the request is taken back, and lifted.
// Before a later one, or at the end, the run is killed.
type late struct {
	*rig
	calls   int
	slowAt  int // before which of its calls the request is taken back
	killsAt int // before which of its calls the run is killed
	kill    context.CancelFunc
	within  bool // the slow run is at work
	back    func()
}

func newLate(t *testing.T, slowAt, killsAt int) *late {
	l := &late{rig: newRig(t), slowAt: slowAt, killsAt: killsAt}
	l.Known(anna)
	l.Wire.Through = func(c *enginetest.Call) (*http.Response, error) {
		if !l.within {
			return c.Send()
		}
		if l.calls++; l.calls == l.slowAt {
			l.within = false
			l.back()
			l.within = true
		}
		if l.calls >= l.killsAt {
			l.kill()
			return nil, errBroken
		}
		return c.Send()
	}
	return l
}

// run is the slow run of the answer.
func (l *late) run(id string) {
	ctx, cancel := context.WithCancel(l.T.Context())
	defer cancel()
	l.kill, l.within = cancel, true
	_ = l.Fulfilment.Run(ctx, id)
	l.within = false
}

// confirmed files a request and confirms it; its answer is due.
func (l *late) confirmed(f request.Filing) string {
	l.T.Helper()
	stored, err := l.Requester.File(l.T.Context(), f)
	if err != nil {
		l.T.Fatal(err)
	}
	if !stored.Unproven {
		l.Prove(stored.ID)
	}
	l.Clock.Advance(time.Minute + time.Second) // the head start of the caller who files
	return stored.ID
}

// takenBack withdraws the request, and lifts what it imposed.
func (l *late) takenBack(id string) {
	l.T.Helper()
	if _, err := l.Requester.WithdrawOf(l.T.Context(), id, servicetest.Proof(anna)); err != nil {
		l.T.Fatal(err)
	}
	l.Clock.Advance(time.Minute)
	l.workNow()
	if kinds := servicetest.Kinds(l.Load(id)); kinds[len(kinds)-1] != request.EventLifted {
		l.T.Fatalf("%v", kinds)
	}
}

// sweep has each of the runs die at each of its calls after the request was taken back at each call before it.
func sweep(t *testing.T, f request.Filing, sample func([][2]int) [][2]int, after func(l *late, id string)) {
	plain := newLate(t, 1000, 1000)
	plain.run(plain.confirmed(f))
	if plain.calls < 4 {
		t.Fatalf("%d calls", plain.calls)
	}
	var points [][2]int
	for slow := range plain.calls {
		for kill := slow + 1; kill <= plain.calls+1; kill++ {
			points = append(points, [2]int{slow + 1, kill})
		}
	}
	for _, p := range sample(points) {
		t.Run(fmt.Sprint(f.Right, " slow at ", p[0], ", killed at ", p[1]), func(t *testing.T) {
			l := newLate(t, p[0], p[1])
			id := l.confirmed(f)
			l.back = func() { l.takenBack(id) }
			l.run(id)
			l.works()
			after(l, id)
		})
	}
}

// F03: a run that imposes what was taken back meanwhile, and is killed before it notices, leaves nothing in force for longer than it may run.
func TestFault_F03_ALateRunLeavesNothingInForce(t *testing.T) {
	for _, f := range []request.Filing{optOut, noReviews, keepClaims, wrongData} {
		sweep(t, f, func(p [][2]int) [][2]int { return soak.Sample(p, 17) }, func(l *late, id string) {
			_, is := l.state(anna)
			if r := l.Load(id).Request; is.InForce() || r.State != request.Withdrawn || r.Step != "" || len(r.On) != 0 {
				l.T.Errorf("%+v, %+v, %v", is.Limits, r, servicetest.Kinds(l.Load(id)))
			}
		})
	}
}

// F03: the same of what a report about a child stops.
func TestFault_F03_ALateRunStopsNothingForAChild(t *testing.T) {
	const child = "kid@example.org"
	report := request.Filing{Right: privacy.ChildErasure, Email: anna, Child: &request.Child{Email: child}, Details: "She is nine."}
	sweep(t, report, func(p [][2]int) [][2]int { return soak.Sample(p, 17) }, func(l *late, id string) {
		known, _, err := l.Addresses.Find(l.T.Context(), l.Parse(child))
		if err != nil {
			l.T.Fatal(err)
		}
		if is, _, err := l.Subjects.State(l.T.Context(), known.Subject); err != nil || is.InForce() {
			l.T.Errorf("%+v, %v", is.Limits, err)
		}
		if r := l.Load(id).Request; r.State != request.Withdrawn || r.Step != "" {
			l.T.Errorf("%+v", r)
		}
	})
}
