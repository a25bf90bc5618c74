package export_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// F23: while SES refuses, an export keeps one attempt and no object. Three days later it is mailed within an hour of the repair.
func TestFault_F23_ALongWeekendWithoutSES(t *testing.T) {
	for operation, err := range map[string]error{"mail": subject.ErrMailRefused, "seal": io.ErrUnexpectedEOF} {
		s := newRig(t)
		s.OnRecord["anna@example.org"] = "anna@example.org"
		r := s.Verified("anna@example.org")
		s.Down[operation] = err
		for range 3 {
			s.Pass(24 * time.Hour)
			file := s.Load(r.ID)
			if file.Request.State != request.Fulfilling || len(export.Of(file)) != 1 || len(s.Objects) != 0 || export.Of(file)[0].TokenHash != nil || s.Stopped != 0 {
				t.Fatalf("%s: %s, %d attempts, %d objects", operation, file.Request.State, len(export.Of(file)), len(s.Objects))
			}
		}
		delete(s.Down, operation)
		s.Pass(time.Hour + time.Minute)
		file := s.Load(r.ID)
		if file.Request.State != request.Fulfilled || len(s.Objects) != 1 || export.Of(file)[0].State != export.Sent || s.LastMail().Kind != "export" {
			t.Errorf("%s, after the repair: %s, %d objects", operation, file.Request.State, len(s.Objects))
		}
		if _, err := export.Redeem(t.Context(), s.Requests, s.Requester.Tokens, s.LastMail().About, s.LastMail().Token, s.Clock.Now()); err != nil {
			t.Errorf("%s: the link: %v", operation, err)
		}
	}
}

// F04: of the objects whose mails may have left, only the newest stay, a few at any time.
func TestFault_F04_ObjectsOfMailsThatMayHaveLeftAreBounded(t *testing.T) {
	s := newRig(t)
	s.OnRecord["anna@example.org"] = "anna@example.org"
	r := s.Verified("anna@example.org")
	s.Down["mail"] = subject.ErrMailUncertain
	most := 0
	for range 80 {
		s.Pass(time.Hour)
		most = max(most, len(s.Objects))
	}
	file := s.Load(r.ID)
	if most != 3 || len(s.Objects) != 3 || len(export.Of(file)) != 80 || !export.HasStopped(file) || s.Stopped != 1 || s.IsDue(24*time.Hour) {
		t.Fatalf("%d objects, %d at most, %d attempts, stopped: %t, told %d times", len(s.Objects), most, len(export.Of(file)), export.HasStopped(file), s.Stopped)
	}
	for i, mail := range s.Mails[len(s.Mails)-4:] {
		e, err := export.Redeem(t.Context(), s.Requests, s.Requester.Tokens, mail.About, mail.Token, s.Clock.Now())
		if want := i > 0; (err == nil) != want || want && !s.Objects[e.Object] {
			t.Errorf("the link of mail %d of the last four: %v", i+1, err)
		}
		if _, err := s.Requester.Status(t.Context(), r.ID, mail.Status); err != nil {
			t.Errorf("the status link of mail %d of the last four: %v", i+1, err)
		}
	}
}

// F23: an export that keeps failing stops and says so. Its request stays open until the team starts the export again.
func TestFault_F23_AnExportThatStopped(t *testing.T) {
	s := newRig(t)
	s.OnRecord["anna@example.org"] = "anna@example.org"
	r := s.Verified("anna@example.org")
	if err := s.Retry(r.ID); !errors.Is(err, export.ErrNotStopped) {
		t.Errorf("retried before anything stopped: %v", err)
	}
	s.Down["mail"] = subject.ErrMailRefused
	s.Pass(80 * time.Hour)
	file := s.Load(r.ID)
	if file.Request.State != request.Fulfilling || !file.Request.ClosedAt.IsZero() || !export.HasStopped(file) || s.Stopped != 1 || len(s.Objects) != 0 || len(export.Of(file)) != 1 {
		t.Fatalf("%s, stopped: %t, told %d times, %d objects, %d attempts", file.Request.State, export.HasStopped(file), s.Stopped, len(s.Objects), len(export.Of(file)))
	}
	if !slices.Equal(servicetest.Kinds(file), []request.EventKind{"verified", "exporting", "stopped"}) || len(s.Mails) != 1+80 {
		t.Errorf("%v, %d mails", servicetest.Kinds(file), len(s.Mails))
	}
	delete(s.Down, "mail")
	s.OnRecord["anna@example.org"] = "Anna@example.org" // rectified meanwhile
	s.Pass(time.Hour)
	if s.Load(r.ID).Request.State != request.Fulfilling {
		t.Error("it went on by itself")
	}
	if err := s.Retry(r.ID); err != nil {
		t.Fatal(err)
	}
	s.Work()
	file = s.Load(r.ID)
	if file.Request.State != request.Fulfilled || export.HasStopped(file) || s.LastMail().To != "Anna@example.org" ||
		!slices.Equal(servicetest.Kinds(file), []request.EventKind{"verified", "exporting", "stopped", "retried", "answered"}) {
		t.Errorf("%s: %v, to %s", file.Request.State, servicetest.Kinds(file), s.LastMail().To)
	}
	if err := s.Retry(r.ID); !errors.Is(err, export.ErrNotStopped) {
		t.Errorf("retried after the answer: %v", err)
	}
	entries := s.Scan("LedgerTable")
	if len(entries) != 1 || dynamo.Text(entries[0], "about") != r.ID || dynamo.Text(entries[0], "act") != "export_retried" || dynamo.Text(entries[0], "actor") != servicetest.Operator.ID {
		t.Errorf("the audit log has %v", entries)
	}
	if err := s.Retry("0192"); !errors.Is(err, request.ErrUnknown) {
		t.Errorf("an unknown request: %v", err)
	}
}

// F23: if the request was answered before, a stopped export changes nothing about that answer, and both the person and the team can start it
// again. If the request was withdrawn, nobody can.
func TestFault_F23_ARenewedExportThatStopped(t *testing.T) {
	s := newRig(t)
	s.OnRecord["anna@example.org"] = "anna@example.org"
	r := s.Verified("anna@example.org")
	s.Work()
	closed := s.Load(r.ID).Request.ClosedAt
	for _, again := range []func() error{
		func() error { _, err := export.Another(t.Context(), s.Requester, r.ID, anna); return err },
		func() error { return s.Retry(r.ID) },
	} {
		if _, err := export.Another(t.Context(), s.Requester, r.ID, anna); err != nil {
			t.Fatal(err)
		}
		s.Down["mail"] = subject.ErrMailRefused
		s.Pass(80 * time.Hour)
		file := s.Load(r.ID)
		if !export.HasStopped(file) || file.Request.State != request.Fulfilled || !file.Request.ClosedAt.Equal(closed) || !file.Request.NextAt.IsZero() {
			t.Fatalf("%+v", file.Request)
		}
		delete(s.Down, "mail")
		if err := again(); err != nil {
			t.Fatal(err)
		}
		s.Work()
		if file := s.Load(r.ID); export.HasStopped(file) || s.LastMail().Kind != "export" || file.Request.State != request.Fulfilled || !file.Request.ClosedAt.Equal(closed) {
			t.Errorf("begun again: %+v", file.Request)
		}
	}
	gone := s.Verified("berta@example.org")
	s.OnRecord["berta@example.org"] = "berta@example.org"
	link := request.StatusToken(servicetest.Tokens, gone.ID)
	s.Down["seal"] = io.ErrUnexpectedEOF
	s.Pass(80 * time.Hour)
	if _, err := s.Requester.Withdraw(t.Context(), gone.ID, link); err != nil || s.Load(gone.ID).Request.State != request.Withdrawn {
		t.Errorf("withdrawn while it is stopped: %v", err)
	}
	if err := s.Retry(gone.ID); !errors.Is(err, export.ErrNotStopped) {
		t.Errorf("retried after it was withdrawn: %v", err)
	}
}

// F20, F03: if a mail was refused and its object cannot be deleted, the error is reported, and a later run deletes the object.
func TestFault_F20_AnObjectThatCannotBeDeleted(t *testing.T) {
	s := newRig(t)
	s.OnRecord["anna@example.org"] = "anna@example.org"
	r := s.Verified("anna@example.org")
	if err := s.Fulfilment.Run(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	s.Once["mail"], s.Once["discard"] = subject.ErrMailRefused, io.ErrClosedPipe
	if mailed, err := s.Delivery.Run(t.Context(), r.ID, 1); mailed || !errors.Is(err, io.ErrClosedPipe) || len(s.Objects) != 1 {
		t.Fatalf("%t, %v, %d objects", mailed, err, len(s.Objects))
	}
	s.Clock.Advance(17 * time.Minute)
	s.Work()
	if len(s.Objects) != 0 {
		t.Errorf("%d objects are left after the lease", len(s.Objects))
	}
	s.Clock.Advance(2 * time.Minute)
	s.Work()
	if file := s.Load(r.ID); file.Request.State != request.Fulfilled || len(s.Objects) != 1 {
		t.Errorf("%s, %d objects", file.Request.State, len(s.Objects))
	}
}

// F20: a bucket that neither stores nor deletes stops an export too. The export keeps one object, whose deletion stays due. After the repair
// the object is deleted, and the team can start the export again.
func TestFault_F20_ABucketThatFailsForDays(t *testing.T) {
	s := newRig(t)
	s.OnRecord["anna@example.org"] = "anna@example.org"
	r := s.Verified("anna@example.org")
	s.Down["seal"], s.Down["discard"] = io.ErrUnexpectedEOF, io.ErrClosedPipe
	s.Pass(72 * time.Hour)
	if file := s.Load(r.ID); export.HasStopped(file) || s.Stopped != 0 || len(s.Objects) != 1 || len(export.Of(file)) != 1 {
		t.Fatalf("after a long weekend: %d attempts, %d objects, told %d times", len(export.Of(file)), len(s.Objects), s.Stopped)
	}
	s.Pass(24 * time.Hour)
	if file := s.Load(r.ID); !export.HasStopped(file) || file.Request.State != request.Fulfilling || export.Of(file)[0].Try != 80 || s.Stopped != 1 || len(s.Objects) != 1 {
		t.Fatalf("after four days: %s, %d failures, %d objects, told %d times", file.Request.State, export.Of(file)[0].Try, len(s.Objects), s.Stopped)
	}
	clear(s.Down)
	s.Pass(time.Hour + 30*time.Minute)
	if len(s.Objects) != 0 || s.IsDue(24*time.Hour) {
		t.Errorf("%d objects are left, and work is due: %t", len(s.Objects), s.IsDue(24*time.Hour))
	}
	if err := s.Retry(r.ID); err != nil {
		t.Fatal(err)
	}
	s.Work()
	if file := s.Load(r.ID); file.Request.State != request.Fulfilled || len(s.Objects) != 1 || s.Stopped != 1 {
		t.Errorf("%s, %d objects", file.Request.State, len(s.Objects))
	}
}

// overtaken ends an attempt while its bundle is made, as a run does once the lease is over, and lets time pass for it. A run within the lease
// leaves the attempt alone.
type overtaken struct {
	*rig
	once bool
}

func (o *overtaken) Seal(ctx context.Context, r request.Request, e export.Attempt) (int64, string, error) {
	if !o.once {
		o.once = true
		for _, wait := range []time.Duration{15 * time.Minute, 2 * time.Minute} {
			if all := export.Of(o.Load(r.ID)); len(all) != 1 || all[0].State != export.Building {
				o.T.Errorf("within the lease: %+v", all)
			}
			o.Clock.Advance(wait)
			if _, err := o.Delivery.Run(ctx, r.ID, e.Number); err != nil {
				o.T.Fatal(err)
			}
		}
	}
	return o.rig.Seal(ctx, r, e)
}

// F22: a run that loses the race for an attempt deletes the object that it made. If that fails, it is reported as a failure and not as a
// lost race, and a later run deletes the object.
func TestFault_F22_TheObjectOfALostRaceIsDeleted(t *testing.T) {
	s := newRig(t)
	s.OnRecord["anna@example.org"] = "anna@example.org"
	r := s.Verified("anna@example.org")
	if err := s.Fulfilment.Run(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	slow := *s.Delivery
	slow.Bundles = &overtaken{rig: s}
	discards := 0
	slow.Bundles = counting{slow.Bundles, func() error {
		if discards++; discards == 1 {
			return io.ErrClosedPipe
		}
		return nil
	}}
	if mailed, err := slow.Run(t.Context(), r.ID, 1); mailed || !errors.Is(err, io.ErrClosedPipe) || len(s.Objects) != 1 {
		t.Fatalf("%t, %v, %d objects", mailed, err, len(s.Objects))
	}
	s.Clock.Advance(2 * time.Minute)
	s.Work()
	file := s.Load(r.ID)
	if len(s.Objects) != 1 || export.Of(file)[0].State != export.Superseded || !export.Of(file)[0].NextAt.IsZero() || export.Of(file)[1].State != export.Sent {
		t.Errorf("%d objects: %+v", len(s.Objects), export.Of(file))
	}
}

// counting lets deletions fail.
type counting struct {
	export.Bundles
	fails func() error
}

func (c counting) Discard(ctx context.Context, key string) error {
	if err := c.fails(); err != nil {
		return err
	}
	return c.Bundles.Discard(ctx, key)
}
