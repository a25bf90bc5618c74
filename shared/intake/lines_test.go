package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// The lines that name the same are one group, however the address is spelt. Groups that share an id or an address are taken in one after the other,
// since they may be about one data subject, also if only a third one connects them. The lines of one count are a group too.
func TestLinesAreGroupedByPerson(t *testing.T) {
	lines := []Line{
		{by("anna@example.org"), login("1", start)}, {Record: visits("a", 1)}, {by("bo@example.org"), login("1", start)},
		{by("Anna@Example.org"), login("2", start)}, {Record: visits("b", 1)}, {Record: visits("a", 2)}, {by("anna+a@example.org"), login("1", start)},
	}
	lines[1].Record.ID = "anna@example.org" // no count is taken for a data subject
	lines[5].Record.ID = "anna@example.org"
	if got, want := fmt.Sprint(byPerson(lines)), "[[[0 3]] [[1 5]] [[2]] [[4]] [[6]]]"; got != want {
		t.Errorf("%s, not %s", got, want)
	}
	one := login("1", start)
	lines = []Line{
		{byID("1", ""), one}, {by("bo@example.org"), one}, {by(anna), one}, {byID("2", "bo@example.org"), one}, {byID("1", anna), one}, {byID("3", ""), one},
		{byID("2", ""), one}, {byID("1", ""), one}, {byID("1", "Anna@example.org"), one}, {byID("anna@example.org", ""), one},
	}
	if got, want := fmt.Sprint(byPerson(lines)), "[[[0 7] [2] [4 8]] [[1] [3] [6]] [[5]] [[9]]]"; got != want {
		t.Errorf("%s, not %s", got, want)
	}
	if got := byPerson(nil); len(got) > 0 {
		t.Errorf("of no lines: %v", got)
	}
}

// Each line has its own answer in its own place, and a line that fails does not stop the others.
func TestEachLineIsAnsweredInItsPlace(t *testing.T) {
	r := newRig()
	lines := []Line{
		{by("anna@example.org"), login("1", "2026-11-20T00:00:00Z")}, {by("bo@example.org"), closed("a", "2026-11-20T00:00:00Z", "")},
		{Record: visits("a", 40)}, {by("anna@example.org"), login("1", "2026-11-20T00:00:00Z")}, {by("bo@example.org"), login("2", "2026-01-01T00:00:00Z")},
	}
	if got, want := outcomes(r.Take(t.Context(), lines)), []string{"stored", "error", "stored", "unchanged", "retention_over"}; !slices.Equal(got, want) {
		t.Errorf("%v, not %v", got, want)
	}
	if got := r.Take(t.Context(), nil); got == nil || len(got) > 0 {
		t.Errorf("of no lines: %v", got)
	}
}

// Sixteen data subjects are taken in at a time, and no more.
func TestSomeSubjectsAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		var underWay, most atomic.Int32
		r.before = func(operation string) error {
			if operation == "Aliases" {
				most.Store(max(most.Load(), underWay.Add(1)))
				time.Sleep(time.Second)
				underWay.Add(-1)
			}
			return nil
		}
		var lines []Line
		for i := range 40 {
			lines = append(lines, Line{by(fmt.Sprintf("anna%d@example.org", i)), login("1", "2026-11-20T00:00:00Z")})
		}
		for i, result := range r.Take(t.Context(), lines) {
			if result.Outcome != record.Stored {
				t.Errorf("line %d: %+v", i, result)
			}
		}
		if most.Load() != parallel {
			t.Errorf("%d at a time", most.Load())
		}
	})
}

// F05: no transaction is begun with less than four seconds left. What was begun before counts.
func TestFault_F05_NoTransactionIsBegunTooLate(t *testing.T) {
	r := newRig()
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(time.Hour))
	defer cancel()
	deadline, _ := ctx.Deadline()
	for left, want := range map[time.Duration]string{lastStart + 1: "stored", lastStart: "stored", lastStart - 1: "error"} {
		r.clock.Set(deadline.Add(-left))
		one := invoice(fmt.Sprint(left), "2026-11-01T00:00:00Z")
		results := r.Take(ctx, []Line{{by(anna), one}})
		if got := outcomes(results)[0]; got != want || want == "error" && (fault.KindOf(results[0].Err) != fault.Unavailable || !Retryable(results[0].Err)) {
			t.Errorf("%v left: %+v", left, results[0])
		}
	}
	if lastStart != 4*time.Second {
		t.Errorf("stops %v before the end", lastStart)
	}
	r.clock.Set(deadline.Add(-lastStart))
	r.most = 4
	r.before = func(operation string) error {
		if operation == "Commit" {
			r.clock.Advance(1)
		}
		return nil
	}
	lines := []Line{{by(anna), invoice("a", "2026-11-01T00:00:00Z")}, {by(anna), invoice("b", "2026-11-01T00:00:00Z")}}
	lines = append(lines, Line{by(anna), person("2026-11-01T00:00:00Z", "Anna")}, Line{by(anna), marketing("news", "2026-11-01T00:00:00Z")})
	stored, refused := 0, 0
	for _, result := range r.Take(ctx, lines) {
		if result.Err == nil {
			stored++
		} else if errors.Is(result.Err, fault.ErrNoTime) {
			refused++
		}
	}
	if stored == 0 || refused == 0 || stored+refused != len(lines) {
		t.Errorf("%d stored, %d refused", stored, refused)
	}
}

// F05: a single record is tried to the end of the call.
func TestFault_F05_ASingleRecordIsTriedToTheEnd(t *testing.T) {
	r := newRig()
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(time.Hour))
	defer cancel()
	deadline, _ := ctx.Deadline()
	r.clock.Set(deadline.Add(-1))
	if got, err := r.TakeOne(ctx, Line{by(anna), invoice("1", "2026-11-01T00:00:00Z")}); err != nil || got.Outcome != record.Stored {
		t.Errorf("%+v %v", got, err)
	}
}

// A line that ran out of time says so in the words of the public contract. The sender learns whether sending it again may help.
func TestErrorsOfACall(t *testing.T) {
	broken := errors.New("broken")
	r := newRig()
	r.before = func(string) error { return context.DeadlineExceeded }
	if got := r.send(login("1", "2026-11-20T00:00:00Z"))[0]; !errors.Is(got.Err, fault.ErrNoTime) {
		t.Errorf("%v", got.Err)
	}
	for err, want := range map[error]bool{
		broken: true, fault.ErrNoTime: true, fault.New(fault.Conflict, ""): true, record.ErrClosed: false, fault.New(fault.TooLarge, ""): false,
		fault.New(fault.Malformed, ""): false, fault.New(fault.NotFound, ""): false,
	} {
		if got := Retryable(err); got != want {
			t.Errorf("%v: retryable %t", err, got)
		}
	}
}

// A draft becomes a line about the data subject with the address. Counts become a line without a data subject.
func TestADraftBecomesALine(t *testing.T) {
	r, id, email, wrong := newRig(), "7", "Anna@Example.org", "anna"
	d := record.Draft{
		Category: "identity", ID: "self", Source: "direct", OccurredAt: start, Subject: &record.Named{Email: &email},
		Data: []byte(`{"firstName":"Anna","lastName":"Berg","jobTitle":"Lead"}`),
	}
	if got, err := r.Check("crm", d); err != nil || got.Who.Address.Lookup != "anna@example.org" || got.Who.Address.Spelling != email || got.Who.Client != "crm" || got.Who.ID != "" || got.Record.ID != "self" {
		t.Errorf("%+v %v", got, err)
	}
	d.Subject.ID = &id
	if got, err := r.Check("crm", d); err != nil || got.Who.ID != id || got.Who.Address.Spelling != email {
		t.Errorf("%+v %v", got, err)
	}
	d.Subject = &record.Named{ID: &id, Email: &wrong}
	if _, err := r.Check("crm", d); fault.KindOf(err) != fault.Unacceptable {
		t.Errorf("%v", err)
	}
	counts := record.Draft{
		Category: "analytics", ID: "x", Source: "automatic", OccurredAt: start,
		Data: []byte(`{"day":"2026-11-20","page":"/","country":"DE","browser":"Edge","referrerHost":"","count":1}`),
	}
	if got, err := r.Check("crm", counts); err != nil || got.Who != (subject.Named{Client: "crm"}) || got.Record.Category != "analytics" {
		t.Errorf("%+v %v", got, err)
	}
}
