package request_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject/address"
)

// F23: while SES refuses, an export keeps one attempt and no object. Three days later it is mailed within an hour of the repair.
func TestFault_F23_ALongWeekendWithoutSES(t *testing.T) {
	for operation, err := range map[string]error{"mail": address.ErrRefused, "seal": io.ErrUnexpectedEOF} {
		w := newWorld(t)
		w.known["anna@example.org"] = "anna@example.org"
		r := w.verified("anna@example.org")
		w.down[operation] = err
		for range 3 {
			w.pass(24 * time.Hour)
			file := w.state(r)
			if file.Request.State != request.Fulfilling || len(file.Exports) != 1 || len(w.objects) != 0 || file.Exports[0].TokenHash != nil || w.stopped != 0 {
				t.Fatalf("%s: %s, %d attempts, %d objects", operation, file.Request.State, len(file.Exports), len(w.objects))
			}
		}
		delete(w.down, operation)
		w.pass(time.Hour + time.Minute)
		file := w.state(r)
		if file.Request.State != request.Fulfilled || len(w.objects) != 1 || file.Exports[0].State != request.Sent || w.last().kind != "export" {
			t.Errorf("%s, after the repair: %s, %d objects", operation, file.Request.State, len(w.objects))
		}
		if _, err := request.Redeem(t.Context(), w.store, w.desk.Tokens, w.last().link, w.last().token, w.clock.Now()); err != nil {
			t.Errorf("%s: the link: %v", operation, err)
		}
	}
}

// F04: of mails that may have left the newest objects stay, a few at any time.
func TestFault_F04_ObjectsOfMailsThatMayHaveLeftAreBounded(t *testing.T) {
	w := newWorld(t)
	w.known["anna@example.org"] = "anna@example.org"
	r := w.verified("anna@example.org")
	w.down["mail"] = address.ErrUncertain
	most := 0
	for range 80 {
		w.pass(time.Hour)
		most = max(most, len(w.objects))
	}
	file := w.state(r)
	if most != 3 || len(w.objects) != 3 || len(file.Exports) != 80 || !file.Stopped() || w.stopped != 1 || w.due(24*time.Hour) {
		t.Fatalf("%d objects, %d at most, %d attempts, stopped: %t, told %d times", len(w.objects), most, len(file.Exports), file.Stopped(), w.stopped)
	}
	for i, mail := range w.mails[len(w.mails)-4:] {
		e, err := request.Redeem(t.Context(), w.store, w.desk.Tokens, mail.link, mail.token, w.clock.Now())
		if want := i > 0; (err == nil) != want || want && !w.objects[e.Object] {
			t.Errorf("the link of mail %d of the last four: %v", i+1, err)
		}
		if _, err := w.desk.Status(t.Context(), r.ID, mail.status); err != nil {
			t.Errorf("the status link of mail %d of the last four: %v", i+1, err)
		}
	}
}

// F23: an export that fails for good stops, and says so; its request stays open until the team begins it again.
func TestFault_F23_AnExportThatStopped(t *testing.T) {
	w := newWorld(t)
	w.known["anna@example.org"] = "anna@example.org"
	r := w.verified("anna@example.org")
	if err := request.Retry(t.Context(), w.store, r.ID, w.clock.Now()); !errors.Is(err, request.ErrNotStopped) {
		t.Errorf("retried before anything stopped: %v", err)
	}
	w.down["mail"] = address.ErrRefused
	w.pass(80 * time.Hour)
	file := w.state(r)
	if file.Request.State != request.Fulfilling || !file.Request.ClosedAt.IsZero() || !file.Stopped() || w.stopped != 1 || len(w.objects) != 0 || len(file.Exports) != 1 {
		t.Fatalf("%s, stopped: %t, told %d times, %d objects, %d attempts", file.Request.State, file.Stopped(), w.stopped, len(w.objects), len(file.Exports))
	}
	if !slices.Equal(kinds(file), []string{"challenged", "verified", "exporting", "stopped"}) || len(w.mails) != 1+80 {
		t.Errorf("%v, %d mails", kinds(file), len(w.mails))
	}
	delete(w.down, "mail")
	w.known["anna@example.org"] = "Anna@example.org" // rectified meanwhile
	w.pass(time.Hour)
	if w.state(r).Request.State != request.Fulfilling {
		t.Error("it went on by itself")
	}
	if err := request.Retry(t.Context(), w.store, r.ID, w.clock.Now()); err != nil {
		t.Fatal(err)
	}
	w.work()
	file = w.state(r)
	if file.Request.State != request.Fulfilled || file.Stopped() || w.last().to != "Anna@example.org" ||
		!slices.Equal(kinds(file), []string{"challenged", "verified", "exporting", "stopped", "retried", "answered"}) {
		t.Errorf("%s: %v, to %s", file.Request.State, kinds(file), w.last().to)
	}
	if err := request.Retry(t.Context(), w.store, r.ID, w.clock.Now()); !errors.Is(err, request.ErrNotStopped) {
		t.Errorf("retried after the answer: %v", err)
	}
	if err := request.Retry(t.Context(), w.store, "0192", w.clock.Now()); !errors.Is(err, request.ErrUnknown) {
		t.Errorf("an unknown request: %v", err)
	}
}

// F23: a stopped export of a request that was answered before takes nothing back, and can be begun again by the person and by the team. One
// whose request was withdrawn cannot.
func TestFault_F23_ARenewedExportThatStopped(t *testing.T) {
	w := newWorld(t)
	w.known["anna@example.org"] = "anna@example.org"
	r := w.verified("anna@example.org")
	w.work()
	status, closed := w.last().status, w.state(r).Request.ClosedAt
	for _, again := range []func() error{
		func() error { _, err := w.desk.NewExport(t.Context(), r.ID, status); return err },
		func() error { return request.Retry(t.Context(), w.store, r.ID, w.clock.Now()) },
	} {
		if _, err := w.desk.NewExport(t.Context(), r.ID, status); err != nil {
			t.Fatal(err)
		}
		w.down["mail"] = address.ErrRefused
		w.pass(80 * time.Hour)
		file := w.state(r)
		if !file.Stopped() || file.Request.State != request.Fulfilled || !file.Request.ClosedAt.Equal(closed) || !file.Request.NextAt.IsZero() {
			t.Fatalf("%+v", file.Request)
		}
		delete(w.down, "mail")
		if err := again(); err != nil {
			t.Fatal(err)
		}
		w.work()
		if file := w.state(r); file.Stopped() || w.last().kind != "export" || file.Request.State != request.Fulfilled || !file.Request.ClosedAt.Equal(closed) {
			t.Errorf("begun again: %+v", file.Request)
		}
	}
	gone := w.verified("berta@example.org")
	w.known["berta@example.org"] = "berta@example.org"
	link := w.last().status
	w.down["seal"] = io.ErrUnexpectedEOF
	w.pass(80 * time.Hour)
	if _, err := w.desk.Withdraw(t.Context(), gone.ID, link); err != nil || w.state(gone).Request.State != request.Withdrawn {
		t.Errorf("withdrawn while it is stopped: %v", err)
	}
	if err := request.Retry(t.Context(), w.store, gone.ID, w.clock.Now()); !errors.Is(err, request.ErrNotStopped) {
		t.Errorf("retried after it was withdrawn: %v", err)
	}
}

// F20, F03: where a mail was refused and its object cannot be deleted either, that is told, and a later run deletes it.
func TestFault_F20_AnObjectThatCannotBeDeleted(t *testing.T) {
	w := newWorld(t)
	w.known["anna@example.org"] = "anna@example.org"
	r := w.verified("anna@example.org")
	if err := w.ful.Run(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	w.failing["mail"], w.failing["discard"] = address.ErrRefused, io.ErrClosedPipe
	if mailed, err := w.del.Run(t.Context(), r.ID, 1); mailed || !errors.Is(err, io.ErrClosedPipe) || len(w.objects) != 1 {
		t.Fatalf("%t, %v, %d objects", mailed, err, len(w.objects))
	}
	w.clock.Advance(17 * time.Minute)
	w.work()
	if len(w.objects) != 0 {
		t.Errorf("%d objects are left after the lease", len(w.objects))
	}
	w.clock.Advance(2 * time.Minute)
	w.work()
	if file := w.state(r); file.Request.State != request.Fulfilled || len(w.objects) != 1 {
		t.Errorf("%s, %d objects", file.Request.State, len(w.objects))
	}
}

// F20: a bucket that takes nothing and deletes nothing stops an export as well, and keeps one object of it, whose deletion stays due. Once the bucket
// is mended the object goes, and the team begins the export again.
func TestFault_F20_ABucketThatFailsForDays(t *testing.T) {
	w := newWorld(t)
	w.known["anna@example.org"] = "anna@example.org"
	r := w.verified("anna@example.org")
	w.down["seal"], w.down["discard"] = io.ErrUnexpectedEOF, io.ErrClosedPipe
	w.pass(72 * time.Hour)
	if file := w.state(r); file.Stopped() || w.stopped != 0 || len(w.objects) != 1 || len(file.Exports) != 1 {
		t.Fatalf("after a long weekend: %d attempts, %d objects, told %d times", len(file.Exports), len(w.objects), w.stopped)
	}
	w.pass(24 * time.Hour)
	if file := w.state(r); !file.Stopped() || file.Request.State != request.Fulfilling || file.Exports[0].Failures != 80 || w.stopped != 1 || len(w.objects) != 1 {
		t.Fatalf("after four days: %s, %d failures, %d objects, told %d times", file.Request.State, file.Exports[0].Failures, len(w.objects), w.stopped)
	}
	clear(w.down)
	w.pass(time.Hour + 30*time.Minute)
	if len(w.objects) != 0 || w.due(24*time.Hour) {
		t.Errorf("%d objects are left, and work is due: %t", len(w.objects), w.due(24*time.Hour))
	}
	if err := request.Retry(t.Context(), w.store, r.ID, w.clock.Now()); err != nil {
		t.Fatal(err)
	}
	w.work()
	if file := w.state(r); file.Request.State != request.Fulfilled || len(w.objects) != 1 || w.stopped != 1 {
		t.Errorf("%s, %d objects", file.Request.State, len(w.objects))
	}
}

// overtaken ends an attempt while its bundle is made, as a run does whose clock is ahead, and lets time pass for it.
type overtaken struct {
	*world
	once bool
}

func (o *overtaken) Seal(ctx context.Context, r request.Request, e request.Export) (int64, string, error) {
	if !o.once {
		o.once = true
		o.clock.Advance(17 * time.Minute)
		if _, err := o.del.Run(ctx, r.ID, e.Attempt); err != nil {
			o.t.Fatal(err)
		}
	}
	return o.world.Seal(ctx, r, e)
}

// F22: who loses the race for an attempt deletes the object that it has made. Where that fails it is no lost race but a failure, which is told,
// and a later run deletes the object.
func TestFault_F22_TheObjectOfALostRaceIsDeleted(t *testing.T) {
	w := newWorld(t)
	w.known["anna@example.org"] = "anna@example.org"
	r := w.verified("anna@example.org")
	if err := w.ful.Run(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	slow := *w.del
	slow.Bundles = &overtaken{world: w}
	discards := 0
	slow.Bundles = counting{slow.Bundles, func() error {
		if discards++; discards == 1 {
			return io.ErrClosedPipe
		}
		return nil
	}}
	if mailed, err := slow.Run(t.Context(), r.ID, 1); mailed || !errors.Is(err, io.ErrClosedPipe) || len(w.objects) != 1 {
		t.Fatalf("%t, %v, %d objects", mailed, err, len(w.objects))
	}
	w.clock.Advance(2 * time.Minute)
	w.work()
	file := w.state(r)
	if len(w.objects) != 1 || file.Exports[0].State != request.Superseded || !file.Exports[0].NextAt.IsZero() || file.Exports[1].State != request.Sent {
		t.Errorf("%d objects: %+v", len(w.objects), file.Exports)
	}
}

// counting lets deletions fail.
type counting struct {
	request.Bundles
	fails func() error
}

func (c counting) Discard(ctx context.Context, key string) error {
	if err := c.fails(); err != nil {
		return err
	}
	return c.Bundles.Discard(ctx, key)
}
