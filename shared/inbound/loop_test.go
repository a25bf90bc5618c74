package inbound_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
)

// other is a service that answers each of our mails with a mail of its own.
type other struct {
	*service
	answers func(n int, m servicetest.Mail) (sender string, fields []string)
	read    int // mails of ours that it has answered
	wrote   int
}

// reads answers every mail of ours that is new. It reports whether there was any.
func (o *other) reads() bool {
	before := o.read
	for o.read < len(o.Mails) {
		m := o.Mails[o.read]
		o.read++
		sender, fields := o.answers(o.wrote, m)
		o.writes(sender, fields...)
	}
	return o.read > before
}

func (o *other) writes(sender string, fields ...string) {
	o.wrote++
	o.takes(o.arrives(from(sender, fmt.Sprint("Ticket ", o.wrote), fmt.Sprint("We have received your message. It has number ", o.wrote, "."), fields...), servicetest.Vouched))
}

// RFC 3834, T09: a service that answers every mail of ours gets one link, and the exchange is over: with and without the sign of an automatic reply, with
// and without the id of our mail, by one address, by one that nobody reads, or by two that take turns. In ten days there is no other mail but the one that
// reminds of the first.
func TestPromise_H12_TwoServicesStopAfterOneMail(t *testing.T) {
	t.Parallel()
	auto := []string{"Auto-Submitted: auto-replied"}
	for name, c := range map[string]struct {
		answers func(n int, m servicetest.Mail) (string, []string)
		mails   int
	}{
		"says that it is automatic": {func(int, servicetest.Mail) (string, []string) { return "desk@example.net", auto }, 1},
		"says nothing":              {func(int, servicetest.Mail) (string, []string) { return "desk@example.net", nil }, 1},
		"names our mail": {func(_ int, m servicetest.Mail) (string, []string) {
			return "desk@example.net", []string{"In-Reply-To: <" + m.Part + "@eu-west-2.amazonses.com>", "References: <" + thread(m.About) + ">"}
		}, 1},
		"names requests that it makes up": {func(n int, _ servicetest.Mail) (string, []string) {
			return "desk@example.net", []string{fmt.Sprintf("References: <%s> <0190a1b2-0000-7000-8000-%012d@privacy.example.com>", thread("x"), n)}
		}, 1},
		"answers by an address that nobody reads": {func(int, servicetest.Mail) (string, []string) { return "no-reply@example.net", nil }, 2}, // each address is mailed once
		"answers by two addresses in turn": {func(n int, _ servicetest.Mail) (string, []string) {
			return []string{"desk@example.net", "desk-2@example.net"}[n%2], nil
		}, 2},
		"answers as whoever we mailed, spelt anew": {func(n int, _ servicetest.Mail) (string, []string) {
			return []string{"DESK@example.net", "Desk@Example.NET", "desk@EXAMPLE.net"}[n%3], nil
		}, 1},
	} {
		o := &other{service: newService(t), answers: c.answers}
		o.writes("desk@example.net")
		for round := 0; o.reads(); round++ {
			if round == 50 {
				t.Fatalf("%s: there is no end", name)
			}
			o.Clock.Advance(time.Minute)
			o.works()
		}
		if len(o.Mails) != c.mails {
			t.Errorf("%s: %d mails", name, len(o.Mails))
		}
		step := soak.Pick(12*time.Hour, 2*time.Hour)
		for range int(10 * 24 * time.Hour / step) {
			o.passes(step)
			o.reads()
		}
		if len(o.Mails) != 2*c.mails || len(o.queue()) != c.mails {
			t.Errorf("%s: %d mails after ten days, %d lines", name, len(o.Mails), len(o.queue()))
		}
	}
}

// RFC 3834: a service that writes by itself, whatever we do, gets a link a week and one mail that reminds of the first, and no more.
func TestThreat_T09_AServiceThatNeverStops(t *testing.T) {
	t.Parallel()
	o := &other{service: newService(t)}
	days, each := 10, soak.Pick(5, 12)
	for range days * each {
		o.writes("desk@example.net")
		o.passes(24 * time.Hour / time.Duration(each))
	}
	if links := linksTo(o.Rig, "desk@example.net"); len(links) != 3 || len(o.Mails) != 3 || len(o.queue()) != 1 {
		t.Errorf("%d links, %d mails, %d lines", len(links), len(o.Mails), len(o.queue()))
	}
}
