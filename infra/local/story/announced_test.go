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
	s.unreachable(t)
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
	if got := s.announcements(t, address); got != 1 {
		t.Errorf("%d letters to the account holder", got)
	}
	wait(t, "the letter to come at another address of somebody", time.Minute, func() bool {
		s.fire(t, "NotifySchedule", nil)
		return s.announcements(t, another) == 1
	})
}

// announcements returns how many letters about the new version an address got.
func (s *service) announcements(t *testing.T, to string) int {
	t.Helper()
	return len(slices.DeleteFunc(s.mails(t, to), func(m mail) bool { return !strings.HasPrefix(m.Subject, "Our new privacy policy") }))
}

// another is the second address of an account holder whom no mail reaches at the first.
const another = "hal.two@example.org"

func (s *service) unreachable(t *testing.T) {
	t.Helper()
	const first = "hal.one@example.org"
	now := time.Now().UTC().Format(time.RFC3339)
	s.call(t, http.StatusOK, "PUT", "/v1/records/account/a-1", s.token(t, "records.write"), map[string]any{
		"subject": map[string]string{"id": "c-9", "email": first}, "source": "direct", "occurredAt": now,
		"data": map[string]string{"username": "hal", "passwordHash": "$2b$12$YAH2sWqKQt.mpzZsIFNIUvbv5W/L37aCztzYKheGbpz/UZ1/7bc/q", "status": "active", "contractStartedAt": now},
	}, nil)
	s.call(t, http.StatusOK, "PUT", "/v1/subjects/c-9", s.token(t, "subjects.write"), map[string]any{"emails": []string{first, another}}, nil)
	s.call(t, http.StatusOK, "POST", "/_local/mail/fates", nil, map[string]string{"address": first, "fate": "bounces"}, nil)
}
