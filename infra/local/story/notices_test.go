package story

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/dynamo/notices"
	"github.com/helpdeskexpert/privacy/shared/notice"
)

// far is a policy version that no release has. The service leaves its campaign alone, so that a test can act on it.
const far = "2199-12-31"

// campaigns puts a campaign into the table, and does over HTTP all that staff can do with it.
func (s *service) campaigns(t *testing.T) {
	t.Helper()
	now := time.Now().UTC()
	err := s.notices(t).Create(t.Context(), []notice.Campaign{{Version: far, Kind: "significant", State: notice.Running, CreatedAt: now, AnnounceAt: now, StartedAt: now,
		Deadline: now.AddDate(0, 0, 7), EndsAt: now.AddDate(0, 0, 60), ExpiresAt: now.AddDate(3, 0, 0)}})
	if err != nil {
		t.Fatal(err)
	}
	token := s.token(t, "notices.manage")
	s.call(t, http.StatusForbidden, "GET", "/v1/notices", s.token(t, "records.write decisions.read"), nil, nil)
	var list []notice.View
	s.call(t, http.StatusOK, "GET", "/v1/notices", token, nil, &list)
	if !slices.ContainsFunc(list, func(v notice.View) bool { return v.Version == far && v.Orphaned }) {
		t.Errorf("the list is %+v", list)
	}
	for _, step := range []struct {
		act  notice.Act
		want notice.State
	}{{notice.Pause, notice.Paused}, {notice.Resume, notice.Running}, {notice.Retry, notice.Running}, {notice.Cancel, notice.Cancelled}} {
		var after notice.View
		s.call(t, http.StatusOK, "POST", "/v1/notices/"+far+"/"+string(step.act), token, nil, &after)
		if after.State != step.want {
			t.Errorf("after %s: %+v", step.act, after)
		}
	}
	var one notice.View
	s.call(t, http.StatusOK, "GET", "/v1/notices/"+far, token, nil, &one)
	if one.State != notice.Cancelled || one.Counts == nil || one.Counts.Recipients != 0 {
		t.Errorf("%+v", one)
	}
	s.call(t, http.StatusConflict, "POST", "/v1/notices/"+far+"/resume", token, nil, nil)
	s.call(t, http.StatusNotFound, "GET", "/v1/notices/2199-12-30", token, nil, nil)
}

// notices returns the store of the campaigns that the service works on.
func (s *service) notices(t *testing.T) *notices.Store {
	t.Helper()
	client, tables := s.engine(t)
	i := slices.IndexFunc(tables, func(name string) bool { return strings.Contains(name, "Notices") })
	if i < 0 {
		t.Fatalf("no table of notices among %q", tables)
	}
	return &notices.Store{Client: client, Table: tables[i], Now: time.Now}
}
