package consent_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/consent/consenttest"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// counted is a log that counts its calls and notes what it is asked about the past.
type counted struct {
	consenttest.Log
	taken          int             // how many appends find their version taken, although no record is stored
	newest         *consent.Record // set: what the log answers as the newest record
	failed         error           // set: what it answers about the past
	reads, appends int
	asked          [][2]int // the versions that Has was asked about
}

func (c *counted) Newest(ctx context.Context, subject string) (consent.Record, error) {
	if c.reads++; c.newest != nil {
		return *c.newest, nil
	}
	return c.Log.Newest(ctx, subject)
}

func (c *counted) Append(ctx context.Context, r consent.Record) error {
	c.appends++
	if c.taken--; c.taken >= 0 {
		return consent.ErrTaken
	}
	if c.newest != nil {
		c.newest = &r
		return nil
	}
	return c.Log.Append(ctx, r)
}

func (c *counted) Has(ctx context.Context, subject, operation string, first, last int) (bool, error) {
	if c.asked = append(c.asked, [2]int{first, last}); c.failed != nil {
		return false, c.failed
	}
	return c.Log.Has(ctx, subject, operation, first, last)
}

func (c *counted) record(ctx context.Context, act consent.Act) (consent.Record, error) {
	return (&consent.Recorder{Log: c, Policy: consents, Now: func() time.Time { return now }}).Record(ctx, act)
}

// A first decision costs one call of the log. If the caller also asserts a version, or asserts nothing, the newest record is read first.
func TestWhatADecisionCosts(t *testing.T) {
	for name, row := range map[string]struct {
		first          bool
		after          []int
		reads, appends int
		want           fault.Kind
	}{
		"the first": {true, nil, 0, 1, ""}, "any": {false, nil, 1, 1, ""}, "after nothing": {false, []int{0}, 1, 1, ""}, "first and after nothing": {true, []int{0}, 1, 1, ""},
		"after one that is not": {false, []int{1, 2}, 1, 0, fault.Precondition}, "first and after one that is not": {true, []int{1}, 1, 0, fault.Precondition}, "after none": {false, []int{}, 1, 0, fault.Precondition},
	} {
		log, act := &counted{}, decides(consent.Granted)
		act.First, act.After = row.first, row.after
		_, err := log.record(t.Context(), act)
		if log.reads != row.reads || log.appends != row.appends || err != nil && fault.KindOf(err) != row.want || err == nil && row.want != "" {
			t.Errorf("%s: %d reads, %d appends, %v", name, log.reads, log.appends, err)
		}
	}
}

// A first decision is refused while anything is on record, unless that is past its retention. A version that is asserted must be the newest.
func TestWhatIsStale(t *testing.T) {
	for name, row := range map[string]struct {
		ends  time.Time
		first bool
		after []int
		want  fault.Kind
	}{
		"first beside a record": {now.Add(time.Second), true, nil, fault.Precondition}, "first after the end of one": {now, true, nil, ""},
		"after the newest": {now.Add(time.Second), false, []int{2, 3}, ""}, "after an older one": {now.Add(time.Second), false, []int{2}, fault.Precondition},
	} {
		log, act := &counted{newest: &consent.Record{Version: 3, Subject: "v#x", Operation: "other", ExpiresAt: row.ends}, taken: 1}, decides(consent.Granted)
		act.First, act.After = row.first, row.after
		r, err := log.record(t.Context(), act)
		if err != nil && fault.KindOf(err) != row.want || err == nil && (row.want != "" || r.Version != 4) {
			t.Errorf("%s: version %d, %v", name, r.Version, err)
		}
	}
}

// C03: no grant is recorded after a thousand records. A denial always is, without the grants of the same act.
func TestPromise_C03_AFullLogTakesDenials(t *testing.T) {
	mixed := decides(consent.Granted)
	mixed.Decisions[privacy.MarketingEmail] = consent.Denied
	for name, row := range map[string]struct {
		act     consent.Act
		version int
		want    fault.Kind
		granted bool
	}{
		"the last grant": {decides(consent.Granted), 999, "", true}, "one more": {decides(consent.Granted), 1000, fault.Exhausted, false},
		"a denial": {decides(consent.Denied), 1000, "", false}, "both": {mixed, 1000, "", false}, "both before": {mixed, 999, "", true},
	} {
		log := &counted{newest: &consent.Record{Version: row.version, Operation: "other", ExpiresAt: now.AddDate(1, 0, 0)}}
		r, err := log.record(t.Context(), row.act)
		if fault.KindOf(err) != row.want && row.want != "" || row.want == "" && (err != nil || r.Version != row.version+1) {
			t.Errorf("%s: version %d, %v", name, r.Version, err)
		}
		if got := r.Effective(privacy.Testimonials, now).State == consent.Granted; got != row.granted {
			t.Errorf("%s: granted %t", name, got)
		}
	}
}

// A grant that loses five races is sent away. After the first lost race it is tried again at once, and then after a pause of 20 ms at most.
func TestHowOftenAGrantIsTried(t *testing.T) {
	for taken, row := range map[int]struct {
		appends int
		most    time.Duration
		want    fault.Kind
	}{0: {1, 0, ""}, 1: {2, 0, ""}, 2: {3, 20 * time.Millisecond, ""}, 4: {5, 60 * time.Millisecond, ""}, 5: {5, 80 * time.Millisecond, fault.Conflict}, 6: {5, 80 * time.Millisecond, fault.Conflict}} {
		synctest.Test(t, func(t *testing.T) {
			log, began := &counted{taken: taken}, time.Now()
			_, err := log.record(t.Context(), decides(consent.Granted))
			took := time.Since(began)
			if log.appends != row.appends || err != nil && fault.KindOf(err) != row.want || err == nil && row.want != "" {
				t.Errorf("%d lost races: %d tries, %v", taken, log.appends, err)
			}
			if took > row.most || row.most > 0 && took == 0 {
				t.Errorf("%d lost races take %v", taken, took)
			}
		})
	}
}

// C03: only the end of the call's time ends the tries of a denial. Half a second is left for the answer.
func TestPromise_C03_ADenialWithoutTimeIsToBeSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, began := &counted{taken: 1 << 30}, time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		_, err := log.record(ctx, decides(consent.Denied))
		if took := time.Since(began); fault.KindOf(err) != fault.Unavailable || took != 2500*time.Millisecond || log.appends < 125 || ctx.Err() != nil {
			t.Errorf("%d tries in %v: %v, %v", log.appends, took, err, ctx.Err())
		}
		stopped, stop := context.WithCancel(t.Context())
		stop()
		if _, err := log.record(stopped, decides(consent.Denied)); err == nil {
			t.Error("a call that was stopped goes on")
		}
	})
}

// F01: a record names its act and the four before it, newest first. If a grant that may have been sent before is not among them, the log is
// asked about the other versions. If the log fails, its error is the answer.
func TestFault_F01_WhatARecordNames(t *testing.T) {
	log, sent := &counted{}, []string{}
	for i := range 8 {
		act := decides(consent.Granted)
		act.Operation = fmt.Sprint(i)
		r, err := log.record(t.Context(), act)
		if err != nil {
			t.Fatal(err)
		}
		if want := sent[:min(i, 4)]; !slices.Equal(r.Earlier, want) || r.Operation != act.Operation {
			t.Errorf("version %d names %q before %s, want %q", r.Version, r.Earlier, r.Operation, want)
		}
		sent = append([]string{act.Operation}, sent...)
	}
	for _, operation := range []string{"7", "3", "2", "0", "new"} {
		log.asked = nil
		act := decides(consent.Granted)
		act.Operation, act.Keyed = operation, true
		r, err := log.record(t.Context(), act)
		if want := map[string]int{"new": 9}[operation]; err != nil || want != 0 && r.Version != want || want == 0 && r.Version != 8 {
			t.Errorf("%s sent again: version %d, %v", operation, r.Version, err)
		}
		var want [][2]int
		if operation != "7" && operation != "3" {
			want = [][2]int{{1, 3}}
		}
		if !slices.Equal(log.asked, want) {
			t.Errorf("%s: the log is asked about %v, want %v", operation, log.asked, want)
		}
	}
	log.failed = errors.New("throttled")
	act := decides(consent.Granted)
	act.Keyed = true
	if _, err := log.record(t.Context(), act); !errors.Is(err, log.failed) {
		t.Errorf("the log fails: %v", err)
	}
	if stored := len(log.History("v#x")); stored != 9 {
		t.Errorf("%d records", stored)
	}
}

// F01: the answer to a grant is lost, and six others are faster than its second try. Whatever was on record before, the log is asked about
// the versions that came since. The grant is not given a second time.
func TestFault_F01_AGrantWhoseAnswerIsLostAfterOthers(t *testing.T) {
	for earlier := range 4 {
		log := &crowd{}
		recorder := &consent.Recorder{Log: log, Policy: consents, Now: func() time.Time { return now }}
		others := func(n int) {
			act := decides(consent.Granted)
			act.Decisions = map[privacy.Purpose]consent.State{privacy.AnalyticsCookies: consent.Granted}
			for range n {
				act.Operation += "x"
				if _, err := recorder.Record(t.Context(), act); err != nil {
					t.Fatal(err)
				}
			}
		}
		others(earlier)
		log.Lose = func() bool { return log.after != nil }
		log.after = func(*consenttest.Log) {
			log.after = nil
			others(6)
		}
		r, err := recorder.Record(t.Context(), decides(consent.Granted))
		if want := earlier + 1 + 6; err != nil || r.Version != want || len(log.History("v#x")) != want {
			t.Errorf("after %d: version %d of %d, %v", earlier, r.Version, len(log.History("v#x")), err)
		}
	}
}

// An act without an id is not taken for one that is on record, even if the log is empty.
func TestAnActWithoutAnID(t *testing.T) {
	log, act := &counted{}, decides(consent.Granted)
	act.Operation = ""
	if r, err := log.record(t.Context(), act); err != nil || r.Version != 1 || len(r.Earlier) != 0 {
		t.Errorf("%+v, %v", r, err)
	}
}
