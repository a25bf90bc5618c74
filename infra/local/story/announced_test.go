package story

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// announced carries out a campaign about a version in force with the real schedule, function, queue and inbox. The service itself would tell
// nobody about this version, because it was in force before the service first ran, so the test makes its campaign begin.
func (s *service) announced(t *testing.T) {
	t.Helper()
	version := ""
	for _, v := range policy.Versions() {
		if version == "" && v.Kind == "significant" && !v.InForceFrom().After(time.Now()) {
			version = v.Version
		}
	}
	store := s.notices(t)
	s.fire(t, "NotifySchedule", nil) // which notes that nobody is told
	lease := notice.Lease{Holder: "story", Until: time.Now().Add(time.Minute)}
	c, err := store.Lease(t.Context(), version, lease)
	if err != nil || c.State != notice.Before {
		t.Fatalf("%+v, %v", c, err)
	}
	c.State, c.FinishedAt, c.Lease.Until = notice.Scheduled, time.Time{}, time.Now()
	if err := store.Save(t.Context(), notice.Before, c); err != nil {
		t.Fatal(err)
	}
	wait(t, "every letter to be told", time.Minute, func() bool { // there is more than one if a population was sent in
		s.fire(t, "NotifySchedule", nil)
		var one notice.View
		s.call(t, http.StatusOK, "GET", "/v1/notices/"+version, s.token(t, "notices.manage"), nil, &one)
		return one.Counts != nil && one.State == notice.Following && one.Counts.Told > 0 && one.Counts.Accepted+one.Counts.Waiting+one.Counts.Unknown == 0
	})
	letters := slices.DeleteFunc(s.mails(t, address), func(m mail) bool { return !strings.HasPrefix(m.Subject, "Our new privacy policy") })
	if len(letters) != 1 {
		t.Errorf("%d letters to the account holder", len(letters))
	}
}
