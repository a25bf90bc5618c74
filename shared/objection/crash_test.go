package objection_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// ways are the ways in which a call breaks: the process is killed before or after it, or only its answer is lost.
var ways = []struct {
	name       string
	sent, dies bool
}{{"killed before", false, true}, {"killed after", true, true}, {"no answer to", true, false}}

var errBroken = errors.New("broken")

// journey is one request from its filing to its lift, while one call to DynamoDB or one mail breaks. Whoever sees an error tries again, and the
// schedules come again.
type journey struct {
	*rig
	filing request.Filing
	way    int
	left   int      // calls until the one that breaks
	calls  []string // that may break
	paused bool
	kill   context.CancelFunc
}

func newJourney(t *testing.T, f request.Filing, way, call int) *journey {
	j := &journey{rig: newRig(t), filing: f, way: way}
	j.Known(anna)
	j.left = call
	j.Wire.Through = func(c *enginetest.Call) (*http.Response, error) {
		if !j.breaks(c.Operation) {
			return c.Send()
		}
		if ways[j.way].sent {
			if answer, err := c.Send(); err == nil {
				_ = answer.Body.Close()
			}
		}
		return nil, errBroken
	}
	j.Fails = func(operation string) error {
		if operation == "mail" && j.breaks(operation) {
			return subject.ErrMailUncertain
		}
		return nil
	}
	return j
}

// breaks notes a call and reports whether it is the one that breaks.
func (j *journey) breaks(call string) bool {
	if j.paused {
		return false
	}
	j.calls = append(j.calls, call)
	if j.left--; j.left == 0 && ways[j.way].dies && j.kill != nil {
		j.kill()
	}
	return j.left == 0
}

// run does a step in a process of its own.
func (j *journey) run(step func(ctx context.Context) error) error {
	ctx, cancel := context.WithCancel(j.T.Context())
	defer cancel()
	j.kill = cancel
	defer func() { j.kill = nil }()
	return step(ctx)
}

// tries does a step of the person's until it succeeds. What was done before its answer was lost is not found again.
func (j *journey) tries(step func(ctx context.Context) error) {
	j.T.Helper()
	for range 3 {
		if err := j.run(step); err == nil || fault.KindOf(err) == fault.NotFound {
			return
		}
	}
	j.T.Fatal("the step never succeeds")
}

// looks does something that never breaks.
func (j *journey) looks(do func()) {
	j.paused = true
	defer func() { j.paused = false }()
	do()
}

// works does what is due for half an hour, each task in a process of its own.
func (j *journey) works() {
	j.T.Helper()
	for end := j.Clock.Now().Add(30 * time.Minute); j.Clock.Now().Before(end); j.Clock.Advance(3 * time.Minute) {
		due := j.due(0)
		for _, task := range due {
			_ = j.run(func(ctx context.Context) error { j.do(ctx, task); return nil })
		}
		if left := end.Sub(j.Clock.Now()); len(due) == 0 && len(j.due(left)) == 0 { // nothing will happen by then
			j.Clock.Set(end)
			return
		}
	}
}

// due returns what is due after a while. Its calls never break.
func (j *journey) due(after time.Duration) (due []work.Task) {
	j.T.Helper()
	j.looks(func() {
		var err error
		if due, err = j.Queue.Due(j.T.Context(), j.Clock.Now().Add(after)); err != nil {
			j.T.Fatal(err)
		}
	})
	return due
}

// imposes files the request, and confirms it if it must be.
func (j *journey) imposes() {
	j.T.Helper()
	var stored request.Request
	j.tries(func(ctx context.Context) (err error) {
		if stored, err = j.Requester.File(ctx, j.filing); err == nil && stored.Unproven {
			_, _ = j.atOnce.AtOnce(ctx, request.File{Request: stored})
		}
		return err
	})
	j.works()
	if stored.Unproven {
		return
	}
	var waiting string
	j.tries(func(ctx context.Context) error {
		all, err := j.Behind.Waiting(ctx, servicetest.Aliases.Mailbox(j.Parse(anna)))
		if len(all) > 0 {
			waiting = all[0].ID
		}
		return err
	})
	j.tries(func(ctx context.Context) error {
		_, err := j.Requester.Confirm(ctx, waiting, servicetest.Proof(anna))
		return err
	})
	j.works()
}

// inForce returns the one request that is in force, if one is.
func (j *journey) inForce() (found []string) {
	for _, r := range j.listed(anna) {
		if r.InForce() {
			found = append(found, r.ID)
		}
	}
	return found
}

func (j *journey) count(id string, kind request.EventKind) (n int) {
	for _, k := range servicetest.Kinds(j.Load(id)) {
		if k == kind {
			n++
		}
	}
	return n
}

// lifts takes the request back.
func (j *journey) lifts(id string) {
	j.T.Helper()
	var file request.File
	j.tries(func(ctx context.Context) (err error) {
		if file, err = j.Requester.WithdrawOf(ctx, id, servicetest.Proof(anna)); err == nil && file.Request.Step == request.StepLift {
			_, _ = j.atOnce.AtOnce(ctx, file)
		}
		return err
	})
	j.works()
}

// whole goes through all of it, and checks each half. It returns how many mails say that the limit holds.
func (j *journey) whole() (mails int) {
	j.T.Helper()
	j.imposes()
	var id string
	j.looks(func() {
		ids := j.inForce()
		if len(ids) != 1 {
			j.T.Fatalf("%v are in force", ids)
		}
		id = ids[0]
		_, is := j.state(anna)
		if n := len(is.OptOuts) + len(is.Objections) + len(is.Restrictions); n != 1 || !is.Limited(id) || j.count(id, request.EventImposed) != 1 {
			j.T.Errorf("%+v, %v", is.Limits, servicetest.Kinds(j.Load(id)))
		}
		mails = len(j.mails("limited", anna))
	})
	j.lifts(id)
	j.looks(func() {
		if r := j.Load(id).Request; r.State != request.Withdrawn || r.Step != "" || j.count(id, request.EventLifted) != 1 {
			j.T.Errorf("%+v, %v", r, servicetest.Kinds(j.Load(id)))
		}
		if _, is := j.state(anna); is.InForce() || is.ExpiresAt.IsZero() {
			j.T.Errorf("%+v", is)
		}
	})
	return mails
}

// F02, F03: from the filing of an opt-out, an objection or a restriction to its lift, the process is killed before or after each of its calls to
// DynamoDB and each mail, or loses the answer. The end is the same: one limit is imposed, told and lifted again, and no work is left. Of a filing that
// makes the very calls of another one, every seventh point is tried. A process that dies at a call which only reads leaves the same before it and after
// it, so it dies there once. Of the answers to such calls, every fourth is lost.
func TestFault_F03_FromTheFilingToTheLift(t *testing.T) {
	const most = 1000
	tried := map[string]string{}
	for _, c := range []struct {
		name   string
		filing request.Filing
	}{{"opt-out", optOut}, {"marketing", noAds}, {"weighed", noReviews}, {"claims", keepClaims}, {"accuracy", wrongData}} {
		plain := newJourney(t, c.filing, 0, most)
		if mails := plain.whole(); mails != 1 {
			t.Fatalf("%s: %d mails", c.name, mails)
		}
		calls := strings.Join(plain.calls, " ")
		alike := tried[calls]
		tried[calls] = c.name
		t.Logf("%s: %d calls, as of %q", c.name, len(plain.calls), alike)
		var points [][2]int
		for way := range ways {
			for call := range plain.calls {
				reads := strings.HasSuffix(plain.calls[call], "GetItem") || plain.calls[call] == "Query"
				if reads && ways[way].sent && (ways[way].dies || call%4 != 0) {
					continue
				}
				if n := way*len(plain.calls) + call; alike == "" || n%7 == 0 {
					points = append(points, [2]int{way, call + 1})
				}
			}
		}
		for _, p := range soak.Sample(points, 41) {
			t.Run(fmt.Sprint(c.name, " ", ways[p[0]].name, " ", p[1]), func(t *testing.T) {
				if mails := newJourney(t, c.filing, p[0], p[1]).whole(); mails < 1 || mails > 2 {
					t.Errorf("%d mails", mails)
				}
			})
		}
	}
}
