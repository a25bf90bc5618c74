package request_test

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/request"
)

func TestFromFilingToExport(t *testing.T) {
	w := newWorld(t)
	w.known["anna@example.org"] = "Anna@Example.org"
	r := w.file("ANNA@example.org")
	challenge := w.last()
	if challenge.kind != "challenge" || challenge.to != "Anna@Example.org" {
		t.Fatalf("challenge %+v", challenge)
	}
	if _, err := w.desk.Verify(t.Context(), r.ID, challenge.token); err != nil {
		t.Fatal(err)
	}
	w.work()
	mail := w.last()
	if mail.kind != "export" || mail.to != "Anna@Example.org" {
		t.Fatalf("answer %+v", mail)
	}
	file, err := w.desk.Status(t.Context(), r.ID, challenge.status)
	if err != nil || file.Request.State != request.Fulfilled || len(file.Exports) != 1 {
		t.Fatalf("%v %+v", err, file)
	}
	for i := range request.ExportUses {
		if _, err := request.Redeem(t.Context(), w.store, w.desk.Tokens, mail.link, mail.token, w.clock.Now()); err != nil {
			t.Fatalf("use %d: %v", i+1, err)
		}
	}
	if _, err := request.Redeem(t.Context(), w.store, w.desk.Tokens, mail.link, mail.token, w.clock.Now()); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an eleventh use: %v", err)
	}
}

// F02, F03: wake-ups arrive late, twice and together; a failed mail is tried again with a fresh link, and both links are of one request.
func TestFault_F03_AMailThatFailedIsMailedAgain(t *testing.T) {
	w := newWorld(t)
	w.failing["mail"] = errors.New("throttled")
	r := w.file("anna@example.org")
	if len(w.mails) != 1 {
		t.Fatalf("%d mails while the lease runs", len(w.mails))
	}
	w.clock.Advance(3 * time.Minute)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { _ = w.ful.Run(context.Background(), r.ID) })
	}
	wg.Wait()
	if len(w.mails) != 2 {
		t.Fatalf("%d mails after the lease", len(w.mails))
	}
	if _, err := w.desk.Verify(t.Context(), r.ID, w.last().token); err != nil {
		t.Error(err)
	}
}

// F20: a seal or a bucket that fails mails nothing, leaves no object, and is tried again in the same attempt.
func TestFault_F20_AFailedExportIsMadeAgain(t *testing.T) {
	w := newWorld(t)
	w.known["anna@example.org"] = "anna@example.org"
	r := w.file("anna@example.org")
	w.failing["seal"] = io.ErrUnexpectedEOF
	if _, err := w.desk.Verify(t.Context(), r.ID, w.last().token); err != nil {
		t.Fatal(err)
	}
	w.work()
	if w.last().kind != "challenge" || len(w.objects) != 0 {
		t.Fatalf("mails %d, objects %d", len(w.mails), len(w.objects))
	}
	w.clock.Advance(2 * time.Minute)
	w.work()
	file := w.state(r)
	if w.last().kind != "export" || len(w.objects) != 1 || len(file.Exports) != 1 || file.Exports[0].State != request.Sent {
		t.Errorf("%+v", file.Exports)
	}
}

// F04: a mail whose answer is lost may have arrived, so its object stays and its link works beside the newer one.
func TestFault_F04_AnExportThatMayHaveBeenMailedKeepsItsObject(t *testing.T) {
	w := newWorld(t)
	w.known["anna@example.org"] = "anna@example.org"
	r := w.file("anna@example.org")
	if _, err := w.desk.Verify(t.Context(), r.ID, w.last().token); err != nil {
		t.Fatal(err)
	}
	w.failing["mail"] = io.ErrUnexpectedEOF
	w.work()
	first := w.last()
	w.clock.Advance(2 * time.Minute)
	w.work()
	second := w.last()
	if first.link == second.link || len(w.objects) != 2 {
		t.Fatalf("links %s and %s, %d objects", first.link, second.link, len(w.objects))
	}
	for _, mail := range []sent{first, second} {
		if _, err := request.Redeem(t.Context(), w.store, w.desk.Tokens, mail.link, mail.token, w.clock.Now()); err != nil {
			t.Errorf("%s: %v", mail.link, err)
		}
	}
}
