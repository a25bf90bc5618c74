package ses

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
)

// F06: by the account's clock, an account takes as many mails as a second has, and after each part of a second that part of them.
func TestFault_F06_TheRate(t *testing.T) {
	r := newRig(t, Options{Limits: Limits{PerSecond: 14, PerDay: 1000}})
	for i, step := range []struct {
		pass time.Duration
		want int
	}{{0, 14}, {0, 0}, {500 * time.Millisecond, 7}, {70 * time.Millisecond, 0}, {2 * time.Millisecond, 1}, {time.Hour, 14}, {-time.Hour, 0}, {time.Hour, 0}, {time.Second, 14}} {
		r.clock.Advance(step.pass)
		all := r.statuses(t, bulk(crowd(20)...))
		for j, status := range all {
			if want := types.BulkEmailStatusAccountThrottled; j >= step.want && status != want || j < step.want && status != types.BulkEmailStatusSuccess {
				t.Errorf("step %d, entry %d: %s", i, j, status)
			}
		}
		if _, err := r.client.SendEmail(t.Context(), single("anna@example.org")); code(err) != "TooManyRequestsException" {
			t.Errorf("step %d, a mail of its own: %v", i, err)
		}
	}
	if mails, _ := r.taken(); len(mails) != 14+7+1+14+14 {
		t.Errorf("%d mails", len(mails))
	}
	slow := newRig(t, Options{Limits: Limits{PerSecond: .5, PerDay: 10}})
	for i, want := range []int{1, 0, 1, 0, 1} {
		if got := slow.accepted(t, bulk(crowd(3)...)); got != want {
			t.Errorf("after %d seconds: %d", i, got)
		}
		slow.clock.Advance(time.Second)
	}
}

// F06: the daily quota counts the last 24 hours, of mails of their own and of bulk calls. It never counts a mail that SES refused.
func TestFault_F06_TheDailyQuota(t *testing.T) {
	r := newRig(t, Options{Limits: Limits{PerSecond: 100, PerDay: 20}})
	r.SetFate("p0@example.org", "INVALID_PARAMETER")
	send := func(after time.Duration, n, want int) {
		t.Helper()
		r.clock.Set(noon.Add(after))
		all := r.statuses(t, bulk(crowd(n)...))[1:]
		if got := slices.Index(append(all, types.BulkEmailStatusAccountDailyQuotaExceeded), types.BulkEmailStatusAccountDailyQuotaExceeded); got != want {
			t.Errorf("after %s: %d are accepted: %v", after, got, all)
		}
	}
	send(0, 15, 14)
	if _, err := r.client.SendEmail(t.Context(), single("anna@example.org")); err != nil {
		t.Error(err)
	}
	send(12*time.Hour, 21, 5)
	if _, err := r.client.SendEmail(t.Context(), single("anna@example.org")); code(err) != "LimitExceededException" {
		t.Errorf("%v", err)
	}
	send(24*time.Hour-time.Second, 21, 0)
	send(24*time.Hour+time.Minute, 21, 15)
	output, err := r.client.GetAccount(t.Context(), &sesv2.GetAccountInput{})
	if err != nil || output.SendQuota.SentLast24Hours != 20 || output.SendQuota.Max24HourSend != 20 || output.SendQuota.MaxSendRate != 100 {
		t.Errorf("%+v, %v", output.SendQuota, err)
	}
	send(36*time.Hour+time.Minute, 21, 5)
	send(72*time.Hour, 40, 20)
}

// F06: many calls at once never take more than the limits allow, and every mail that was accepted is kept and reported.
func TestFault_F06_CallsAtOnceStayWithinTheLimits(t *testing.T) {
	r := newRig(t, Options{Limits: Limits{PerSecond: 101, PerDay: 137}, Publishing: Publishing{Seconds: 1}})
	storm := func() int {
		var accepted atomic.Int64
		var calls sync.WaitGroup
		for i := range 32 {
			calls.Go(func() {
				if i%4 == 0 {
					if _, err := r.client.SendEmail(t.Context(), single("anna@example.org")); err == nil {
						accepted.Add(1)
					}
					return
				}
				accepted.Add(int64(r.accepted(t, bulk(crowd(50)...))))
				r.Publish()
			})
		}
		calls.Wait()
		return int(accepted.Load())
	}
	for i, want := range []int{101, 0, 36, 0} {
		if got := storm(); got != want {
			t.Errorf("storm %d: %d mails, want %d", i, got, want)
		}
		if i%2 == 1 {
			r.clock.Advance(time.Second)
		}
	}
	r.clock.Advance(time.Second)
	r.Publish()
	ids := map[string]bool{}
	mails, events := r.taken()
	for _, m := range mails {
		ids[m.ID] = true
	}
	if len(ids) != 137 || len(events) != 2*137 {
		t.Errorf("%d mails with %d ids, %d events", len(mails), len(ids), len(events))
	}
}
