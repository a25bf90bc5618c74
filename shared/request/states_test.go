package request_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

const id = "019a6b1e-7c50-7e1f-9d4c-0a1b2c3d4e5f"

var key = subject.Key("k")

var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// mine proves the mailbox of the file in [in].
var mine = subject.Proof{Mailbox: "mine", Fresh: true}

// memory is a register of one file. interferes is how many of the first writes meet another writer.
type memory struct {
	file       request.File
	interferes int
	writes     int
}

func (m *memory) Load(_ context.Context, asked string) (request.File, error) {
	if asked != m.file.Request.ID {
		return request.File{}, request.ErrUnknown
	}
	return m.file, nil
}

func (m *memory) Under(context.Context, string) ([]request.Request, error) {
	return []request.Request{m.file.Request}, nil
}

func (m *memory) Save(_ context.Context, file request.File, items ...request.Item) (request.File, error) {
	m.writes++
	if m.interferes > 0 {
		m.interferes--
		return file, request.ErrChanged
	}
	m.file = file.With(items...)
	return m.file, nil
}

// answering notes that the task of a right was begun.
type answering struct{ begun int }

func (a *answering) Answer(context.Context, request.File, time.Time) error {
	a.begun++
	return nil
}

// covered is what a link covers.
type covered struct {
	until time.Time
	waits bool
}

func (covered) Want(context.Context, subject.Address) error { return nil }
func (c covered) Covered(context.Context, string, time.Time) (time.Time, bool, error) {
	return c.until, c.waits, nil
}

var states = []request.State{request.Verifying, request.Open, request.Fulfilling, request.Fulfilled, request.Refused, request.Withdrawn, request.Lapsed}

// in returns a file in a state, behind the mailbox of mine.
func in(state request.State) *memory {
	r := request.Request{ID: id, Right: privacy.Access, State: state, Email: "anna@example.org", Details: "text", Mailbox: mine.Mailbox, Terms: terms, ReceivedAt: noon}
	if state != request.Verifying && state != request.Lapsed {
		r.VerifiedAt = noon
	}
	if state.Final() {
		r.ClosedAt = noon
	}
	return &memory{file: request.File{Request: r}}
}

func requester(m *memory) *request.Requester {
	return &request.Requester{Register: m, Tokens: key, Policy: policy.InForce, Now: func() time.Time { return noon }}
}

// What a person may do in each state, the state afterwards, and the kind of the refusal.
func TestWhatAPersonMayDoInEachState(t *testing.T) {
	status := request.StatusToken(key, id)
	withdrawn := map[request.State]request.State{request.Verifying: request.Withdrawn, request.Open: request.Withdrawn, request.Fulfilling: request.Withdrawn,
		request.Withdrawn: request.Withdrawn}
	for _, state := range states {
		for name, act := range map[string]struct {
			do      func(*request.Requester) error
			after   map[request.State]request.State // where it is allowed
			refusal fault.Kind
			event   request.EventKind
		}{
			"confirm": {func(q *request.Requester) error { _, err := q.Confirm(t.Context(), id, mine); return err },
				map[request.State]request.State{request.Verifying: request.Open}, fault.NotFound, request.EventVerified},
			"discard": {func(q *request.Requester) error { return q.Discard(t.Context(), id, mine) },
				map[request.State]request.State{request.Verifying: request.Withdrawn}, fault.NotFound, request.EventDiscarded},
			"withdraw by the status link": {func(q *request.Requester) error { _, err := q.Withdraw(t.Context(), id, status); return err },
				withdrawn, fault.Conflict, request.EventWithdrawn},
			"withdraw by the mailbox": {func(q *request.Requester) error { _, err := q.WithdrawOf(t.Context(), id, mine); return err },
				withdrawn, fault.Conflict, request.EventWithdrawn},
			"look": {func(q *request.Requester) error { _, err := q.Status(t.Context(), id, status); return err },
				map[request.State]request.State{request.Verifying: request.Verifying, request.Open: request.Open, request.Fulfilling: request.Fulfilling,
					request.Fulfilled: request.Fulfilled, request.Refused: request.Refused, request.Withdrawn: request.Withdrawn, request.Lapsed: request.Lapsed}, "", ""},
		} {
			m := in(state)
			err := act.do(requester(m))
			want, allowed := act.after[state]
			if !allowed {
				want = state
			}
			got := m.file.Request
			if (err == nil) != allowed || !allowed && fault.KindOf(err) != act.refusal || got.State != want {
				t.Errorf("%s in state %s: %v, then %s", name, state, err, got.State)
			}
			if changed := want != state; (len(m.file.Events) == 1) != changed || changed && m.file.Events[0].Kind != act.event || (m.writes == 1) != changed {
				t.Errorf("%s in state %s: %d writes, %+v", name, state, m.writes, m.file.Events)
			}
			if got.State.Final() && !got.Confirmed() && state != got.State && got.Email+got.Details != "" {
				t.Errorf("%s in state %s keeps %q", name, state, got.Email)
			}
		}
	}
}

// F15: a call that meets another writer reads again, a few times.
func TestFault_F15_APersonsDecisionMeetsAnotherWriter(t *testing.T) {
	status := request.StatusToken(key, id)
	for times, want := range map[int]fault.Kind{0: "", 4: "", 5: fault.Conflict} {
		for name, do := range map[string]func(*request.Requester) error{
			"confirm":     func(q *request.Requester) error { _, err := q.Confirm(t.Context(), id, mine); return err },
			"discard":     func(q *request.Requester) error { return q.Discard(t.Context(), id, mine) },
			"withdraw of": func(q *request.Requester) error { _, err := q.WithdrawOf(t.Context(), id, mine); return err },
			"withdraw":    func(q *request.Requester) error { _, err := q.Withdraw(t.Context(), id, status); return err },
		} {
			m := in(request.Verifying)
			m.interferes = times
			err := do(requester(m))
			if (err == nil) != (want == "") || err != nil && fault.KindOf(err) != want {
				t.Errorf("%s, %d times: %v", name, times, err)
			}
		}
	}
}

// A step is done when its time has come, not before. The answer step is done by the task of the right.
func TestStepsAreDoneWhenTheyAreDue(t *testing.T) {
	for _, right := range []privacy.Right{privacy.Access, privacy.Portability} {
		for name, c := range map[string]struct {
			step   request.Step
			due    time.Time
			begun  int
			lapsed bool
		}{
			"an answer that is due":       {request.StepAnswer, noon, 1, false},
			"an answer that is not":       {request.StepAnswer, noon.Add(time.Second), 0, false},
			"a lapse that is due":         {request.StepLapse, noon, 0, true},
			"a lapse that is not":         {request.StepLapse, noon.Add(time.Second), 0, false},
			"nothing":                     {"", time.Time{}, 0, false},
			"a step that is not known":    {"other", noon, 0, false},
			"an answer without its time":  {request.StepAnswer, time.Time{}, 0, false},
			"an answer that is long over": {request.StepAnswer, noon.AddDate(0, 0, -3), 1, false},
		} {
			m := in(request.Verifying)
			m.file.Request.Right = right
			m.file.Request.Next(c.step, c.due)
			task := &answering{}
			f := &request.Fulfilment{Register: m, Proofs: covered{}, Answers: map[work.Kind]request.Answerer{work.Export: task}, Policy: policy.InForce, Now: func() time.Time { return noon }}
			if err := f.Run(t.Context(), id); err != nil || task.begun != c.begun || (m.file.Request.State == request.Lapsed) != c.lapsed {
				t.Errorf("%s: %v, %d answers begun, %s", name, err, task.begun, m.file.Request.State)
			}
		}
	}
}

// A right without a task is an error that is reported, not a lost race.
func TestARightThatNobodyAnswers(t *testing.T) {
	m := in(request.Open)
	m.file.Request.Next(request.StepAnswer, noon)
	f := &request.Fulfilment{Register: m, Policy: policy.InForce, Now: func() time.Time { return noon }}
	if err := f.Run(t.Context(), id); err == nil || errors.Is(err, request.ErrChanged) || m.writes != 0 {
		t.Errorf("%v, %d writes", err, m.writes)
	}
	if err := f.Run(t.Context(), "unknown"); err != nil {
		t.Errorf("an unknown request: %v", err)
	}
}

// Items replace their earlier versions, and do not change the file to which they are added.
func TestItemsInAFile(t *testing.T) {
	r := request.Request{ID: id, Terms: terms, ReceivedAt: noon}
	first, second := r.Record("1", noon), r.Record("2", noon)
	task := r.Task("inform", noon, terms.File)
	file := request.File{}.With(second, r, first, task, r.Listing())
	if file.Request.ID != id || file.Events[0].N != 1 || file.Events[1].N != 2 || len(file.Tasks) != 1 {
		t.Fatalf("%+v", file)
	}
	done := task
	done.Due = work.Due{}
	later := file.With(done, r.Record("3", noon))
	if len(later.Tasks) != 0 || len(later.Events) != 3 {
		t.Errorf("%+v", later)
	}
	if len(file.Tasks) != 1 || !slices.Equal(file.Events, []request.Event{first, second}) {
		t.Errorf("the file before has changed: %+v", file)
	}
	if _, there := file.Task("inform"); !there {
		t.Error("its task is not found")
	}
}

// F08: the retention of an event, and of the entry under the mailbox, starts with the receipt. The retention of the request starts with its
// end.
func TestPromise_F08_WhenTheRetentionOfAnItemStarts(t *testing.T) {
	r := request.Request{ID: id, Mailbox: "mac", Terms: terms, ReceivedAt: noon}
	event := r.Record(request.EventVerified, noon.AddDate(0, 0, 3))
	if !event.ExpiresAt.Equal(terms.History.After(noon)) || event.N != 1 || r.Events != 1 {
		t.Errorf("%+v", event)
	}
	if l := r.Listing(); !l.ExpiresAt.Equal(terms.Entry.After(noon)) || l.Mailbox != "mac" || l.Request != id {
		t.Errorf("%+v", l)
	}
	if !r.ExpiresAt().IsZero() {
		t.Error("an open request ends")
	}
	r.Close(request.Fulfilled, noon.AddDate(0, 0, 9))
	if !r.ExpiresAt().Equal(terms.File.After(noon.AddDate(0, 0, 9))) {
		t.Errorf("it ends at %s", r.ExpiresAt())
	}
}
