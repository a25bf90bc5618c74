package ses

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"
)

// fullCrowd sends a mail to each of a hundred people, half of whom complain.
func fullCrowd(t *testing.T, r *rig) {
	t.Helper()
	for i, address := range crowd(100) {
		if i%2 == 0 {
			r.SetFate(address, Complains)
		}
	}
	all := crowd(100)
	if n := r.accepted(t, bulk(all[:50]...)) + r.accepted(t, bulk(all[50:]...)); n != 100 {
		t.Fatalf("%d are accepted", n)
	}
}

// which names an event by its kind and its mail.
func which(e map[string]any) string {
	return fmt.Sprint(e["eventType"], e["mail"].(map[string]any)["destination"])
}

func names(events []map[string]any) []string {
	all := make([]string, len(events))
	for i, e := range events {
		all[i] = which(e)
	}
	return all
}

// Without a delay, the events of a mail arrive before its answer, in the order in which they happened.
func TestEventsAtOnce(t *testing.T) {
	r := newRig(t, Options{})
	fullCrowd(t, r)
	_, events := r.taken()
	if len(events) != 250 || !slices.Equal(kinds(events[:5]), []string{"Send", "Delivery", "Complaint", "Send", "Delivery"}) {
		t.Errorf("%d events, %v", len(events), kinds(events[:5]))
	}
	if next := r.Publish(); !next.IsZero() {
		t.Errorf("another one is due at %s", next)
	}
}

// F02: late events arrive when they are due and not before. Some overtake others, and each still says when it happened.
func TestFault_F02_EventsAreLateAndOvertakeOneAnother(t *testing.T) {
	r := newRig(t, Options{Publishing: Publishing{Seconds: 60, Seed: 1}})
	fullCrowd(t, r)
	if _, events := r.taken(); len(events) != 0 {
		t.Fatalf("%d events are early", len(events))
	}
	var all []map[string]any
	overtaken := 0
	for next := r.Publish(); !next.IsZero(); next = r.Publish() {
		if next.Before(r.clock.Now()) || next.After(noon.Add(time.Minute)) {
			t.Fatalf("an event is due at %s", next)
		}
		r.clock.Set(next.Add(-time.Nanosecond))
		if r.Publish(); len(r.events) != 0 {
			t.Fatal("an event is early")
		}
		r.clock.Set(next)
		r.Publish()
		_, events := r.taken()
		all = append(all, events...)
		for _, e := range events {
			happened := occurred(t, e)
			if happened.Before(noon) || happened.After(next) {
				t.Errorf("%s happened at %s and arrived at %s", which(e), happened, next)
			}
			if d, ok := e["delivery"].(map[string]any); ok && d["processingTimeMillis"] != float64(happened.Sub(noon).Milliseconds()) {
				t.Errorf("%v", d)
			}
		}
	}
	for i, e := range all {
		if e["eventType"] == "Send" && slices.ContainsFunc(all[:i], func(earlier map[string]any) bool {
			return reflect.DeepEqual(earlier["mail"].(map[string]any)["destination"], e["mail"].(map[string]any)["destination"])
		}) {
			overtaken++
		}
	}
	if len(all) != 250 || overtaken == 0 || overtaken == 100 {
		t.Errorf("%d events, %d sent mails were overtaken", len(all), overtaken)
	}
}

// occurred returns when an event happened, by its own account.
func occurred(t *testing.T, e map[string]any) time.Time {
	t.Helper()
	text := e["mail"].(map[string]any)["timestamp"]
	for _, name := range []string{"delivery", "complaint"} {
		if own, ok := e[name].(map[string]any); ok {
			text = own["timestamp"]
		}
	}
	at, err := time.Parse(time.RFC3339, fmt.Sprint(text))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// F02: events that are published twice are the same twice, and lost ones never arrive.
func TestFault_F02_EventsTwiceAndLost(t *testing.T) {
	for _, c := range []struct {
		publishing  Publishing
		least, most int
	}{
		{Publishing{Twice: 1}, 500, 500}, {Publishing{Lost: 1}, 0, 0}, {Publishing{Twice: .5, Seed: 2}, 340, 410}, {Publishing{Lost: .5, Seed: 2}, 90, 160},
		{Publishing{Lost: .2, Twice: .2, Seconds: 5, Seed: 2}, 215, 285},
	} {
		r := newRig(t, Options{Publishing: c.publishing})
		fullCrowd(t, r)
		r.clock.Advance(time.Minute)
		r.Publish()
		_, events := r.taken()
		if len(events) < c.least || len(events) > c.most {
			t.Errorf("%+v: %d events", c.publishing, len(events))
		}
		copies := map[string][]string{}
		for _, e := range events {
			text, _ := json.Marshal(e)
			copies[which(e)] = append(copies[which(e)], string(text))
		}
		for name, all := range copies {
			if len(all) > 2 || len(slices.Compact(all)) != 1 {
				t.Errorf("%+v: %s arrived %d times: %s", c.publishing, name, len(all), all)
			}
		}
	}
}

// The seed decides about every random choice, so that a test can repeat it.
func TestTheSeedRepeatsTheDisorder(t *testing.T) {
	order := func(seed uint64) []string {
		r := newRig(t, Options{Publishing: Publishing{Seconds: 60, Twice: .1, Lost: .1, Seed: seed}})
		fullCrowd(t, r)
		r.clock.Advance(time.Minute)
		r.Publish()
		_, events := r.taken()
		return names(events)
	}
	if !slices.Equal(order(7), order(7)) {
		t.Error("the same seed gives another order")
	}
	if slices.Equal(order(7), order(8)) {
		t.Error("another seed gives the same order")
	}
}

// A change of the publishing holds for later mails. Run publishes what is due by the account's clock, until it ends.
func TestLateEventsArriveByThemselves(t *testing.T) {
	r := newRig(t, Options{Publishing: Publishing{Seconds: 3600}})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { r.Run(ctx); close(ended) }()
	r.accepted(t, bulk("late@example.org"))
	r.SetPublishing(Publishing{})
	r.accepted(t, bulk("soon@example.org"))
	if _, events := r.taken(); len(events) != 2 || which(events[1]) != "Delivery[soon@example.org]" {
		t.Errorf("%v", names(events))
	}
	r.clock.Advance(time.Hour)
	var events []map[string]any
	for range 100 {
		time.Sleep(pulse / 4)
		_, more := r.taken()
		if events = append(events, more...); len(events) == 2 {
			break
		}
	}
	if len(events) != 2 {
		t.Errorf("%v", names(events))
	}
	stop()
	<-ended
}
