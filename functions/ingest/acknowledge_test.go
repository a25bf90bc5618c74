package main

import (
	"context"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// acknowledges says of the system that calls that it has erased somebody.
func (s *rig) acknowledges(t testing.TB, id string) (int, string) {
	t.Helper()
	r := httptest.NewRequest("POST", "/v1/erasures/"+id+"/acknowledge", nil)
	r.Header.Set("Authorization", "Bearer of the test")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// files stores the request of an erasure, with the erasure unless that has no state.
func (s *rig) files(t testing.TB, id string, e erasure.Erasure) {
	t.Helper()
	now := s.Clock.Now()
	r := request.Request{ID: id, Right: privacy.Erasure, State: request.Fulfilling, PolicyVersion: "2026-11-02", ReceivedAt: now, Language: "en"}
	items := []request.Item{r}
	if e.Request = id; e.State != "" {
		e.ExpiresAt = now.AddDate(2, 3, 0)
		items = append(items, e)
	}
	if _, err := s.Requests.Save(t.Context(), request.File{}, items...); err != nil {
		t.Fatal(err)
	}
}

// F26: a system says that it has erased the person too. From then on what it sends about the time since is stored. It speaks for itself alone. The
// certificate of the erasure has to be signed again then, once.
func TestFault_F26_ASystemAcknowledgesAnErasure(t *testing.T) {
	s := newRig(t)
	shop := s.as(t, "shop")
	s.outcomes(t, append(everything("2026-11-20T00:00:00Z"), ndjson("account", "a", annas, "2026-11-20T00:00:00Z", finished))...)
	id := s.erases(t, annas, theirs)
	began := s.Clock.Now()
	s.files(t, theirs, erasure.Erasure{
		State: erasure.Done, Subject: id, BegunAt: began, ErasedAt: began, Certificate: "signed", Systems: []erasure.System{{ID: "crm"}, {ID: "shop"}},
	})
	s.Clock.Advance(time.Hour)
	today, then := s.Clock.Now().Format(time.RFC3339), "2026-11-21T00:00:00Z"
	for n := range 3 {
		if code, got := s.acknowledges(t, theirs); code != 204 || got != "" {
			t.Errorf("%d %s", code, got)
		}
		file, err := s.Requests.Load(t.Context(), theirs)
		if err != nil {
			t.Fatal(err)
		}
		e := erasure.Of(file)
		if !e.Outdated || e.State != erasure.Watching || !e.Reached(s.Clock.Now()) || !e.Systems[0].AcknowledgedAt.Equal(s.Clock.Now().Add(-time.Duration(n)*time.Minute)) || !e.Systems[1].AcknowledgedAt.IsZero() {
			t.Errorf("%d: %+v", n, e)
		}
		s.Clock.Advance(time.Minute)
	}
	due, err := s.Queue.Due(t.Context(), s.Clock.Now())
	if err != nil || !slices.ContainsFunc(due, func(task work.Task) bool { return task.Kind == work.Erase && task.Ref == theirs }) {
		t.Errorf("due: %+v, %v", due, err)
	}
	if got := s.outcomes(t, ndjson("identity", "self", annas, then, name), ndjson("communication", "d", annas, today, chatted), ndjson("account", "a", annas, today, running)); !slices.Equal(got, []string{"erased", "stored", "erased"}) {
		t.Errorf("of the system that has: %v", got)
	}
	if got := shop.outcomes(t, ndjson("communication", "e", annas, today, chatted)); !slices.Equal(got, []string{"erased"}) {
		t.Errorf("of a system that has not: %v", got)
	}
	if code, _ := s.as(t, "unlisted").acknowledges(t, theirs); code != 204 {
		t.Errorf("a system that the register does not list: %d", code)
	}
	state, _, err := s.Subjects.State(t.Context(), id)
	if err != nil || !slices.Equal(state.Erasure.Acknowledged, []string{"crm", "unlisted"}) {
		t.Errorf("%v, %v", state.Erasure, err)
	}
}

// An erasure that is not there, one of another right, and an id that is none are answered alike. One that has not begun can still be cancelled.
func TestAcknowledgementsThatAreRefused(t *testing.T) {
	s := newRig(t)
	const filed, planned, cancelled = "019a6b1e-7c50-7e1f-9d4c-0a1b2c3d4e51", "019a6b1e-7c50-7e1f-9d4c-0a1b2c3d4e52", "019a6b1e-7c50-7e1f-9d4c-0a1b2c3d4e53"
	s.files(t, filed, erasure.Erasure{})
	s.files(t, planned, erasure.Erasure{State: erasure.Planned})
	s.files(t, cancelled, erasure.Erasure{State: erasure.Cancelled})
	_, unknown := s.acknowledges(t, theirs)
	for id, want := range map[string]int{theirs: 404, filed: 404, "x": 404, planned: 409, cancelled: 409} {
		code, got := s.acknowledges(t, id)
		if code != want || want == 404 && got != unknown {
			t.Errorf("%s: %d %s", id, code, got)
		}
	}
}

// busy is a register in which somebody else is always faster, or which does not answer in time.
type busy struct {
	request.Register
	err error
}

func (b busy) Save(context.Context, request.File, ...request.Item) (request.File, error) {
	return request.File{}, b.err
}

// Nothing is lost without the system being told: it is to try again.
func TestAnAcknowledgementThatDidNotTakeEffect(t *testing.T) {
	s := newRig(t)
	s.files(t, theirs, erasure.Erasure{State: erasure.Done, BegunAt: s.Clock.Now(), Systems: []erasure.System{{ID: "crm"}}})
	for _, c := range []struct {
		err  error
		want int
	}{{request.ErrChanged, 409}, {context.DeadlineExceeded, 503}} {
		a := acknowledgements{&erasure.Acknowledgements{Register: busy{s.Requests, c.err}, Subjects: s.Subjects, Policy: s.InForce, Now: s.Clock.Now}}
		other := &rig{Stores: s.Stores, Handler: openapitest.Wrap(t, routes(handler{s.Intake}, decisions{}, a, open{}))}
		if code, got := other.acknowledges(t, theirs); code != c.want {
			t.Errorf("%v: %d %s", c.err, code, got)
		}
	}
}

// Nobody known was behind the address of the request: then only the certificate says who has erased them.
func TestAnAcknowledgementOfNobodyKnown(t *testing.T) {
	s := newRig(t)
	s.files(t, theirs, erasure.Erasure{State: erasure.Mailing, BegunAt: s.Clock.Now(), Systems: []erasure.System{{ID: "crm"}}})
	if code, got := s.acknowledges(t, theirs); code != 204 {
		t.Errorf("%d %s", code, got)
	}
	file, err := s.Requests.Load(t.Context(), theirs)
	if e := erasure.Of(file); err != nil || e.State != erasure.Mailing || e.Outdated || e.Systems[0].AcknowledgedAt.IsZero() {
		t.Errorf("%+v, %v", e, err)
	}
}
