package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// The list has every campaign, the newest first, and says which of them this release cannot go on with.
func TestTheListHasEveryCampaign(t *testing.T) {
	s := newRig(t)
	if _, body := s.call(t, "GET", "/v1/notices", ""); strings.TrimSpace(body) != "[]" {
		t.Errorf("before any campaign: %s", body)
	}
	s.start(t, elsewhere, notice.Running)
	s.Clock.Advance(time.Hour)
	s.start(t, announced, notice.Blocked)
	for _, reason := range []notice.Reason{notice.QuotaUsed, notice.NoLetter, notice.NoAccount, "quota_ended"} { // each fits the contract
		waits := notice.Campaign{Version: "2030-01-01", Kind: "significant", State: notice.Running, Reason: reason, CreatedAt: s.Clock.Now().Add(-9 * time.Hour), ExpiresAt: s.Clock.Now().Add(time.Minute)}
		if err := s.campaigns.Create(t.Context(), []notice.Campaign{waits}); err != nil {
			t.Fatal(err)
		}
		if got := read[notice.View](t, s, "GET", "/v1/notices/2030-01-01"); got.Reason != reason {
			t.Errorf("%s is shown as %s", reason, got.Reason)
		}
		s.Clock.Advance(time.Minute)
	}
	s.Tables.Settle()
	list := read[[]notice.View](t, s, "GET", "/v1/notices")
	if len(list) != 2 || list[0].Version != announced || list[0].Orphaned || list[1].Version != elsewhere || !list[1].Orphaned {
		t.Fatalf("%+v", list)
	}
	if first := list[0]; first.State != notice.Blocked || first.Reason != notice.Sandbox || first.Counts != nil || first.Expected != 41 ||
		first.Progress != (notice.Progress{Calls: 3, Accepted: 5, Failed: 4, Waiting: 2, Unknown: 1}) || !first.Deadline.After(first.AnnounceAt) {
		t.Errorf("%+v", first)
	}
}

// recipients stores recipients of every standing in every partition that their aliases fall into, and returns their counts.
func (s *rig) recipients(t *testing.T, version string, each int) notice.Counted {
	t.Helper()
	want := notice.Counted{FailedBecause: map[notice.Reason]int{}}
	for i := range 7 * each {
		r := notice.Recipient{Alias: fmt.Sprintf("i#1#canary%04d", i), MessageID: fmt.Sprint("canary-message-", i), ExpiresAt: s.Clock.Now().AddDate(1, 0, 0)}
		want.Recipients++
		switch i % 7 {
		case 0:
			r.Outcome, want.Told = notice.Delivered, want.Told+1
		case 1:
			r.Outcome, want.Accepted = notice.Accepted, want.Accepted+1
		case 2:
			r.Outcome, want.Waiting = notice.Waiting, want.Waiting+1
		case 3:
			r.Outcome, want.Unknown = notice.Unknown, want.Unknown+1
		case 4:
			r.Outcome, r.Reason, r.Followed, want.Failed, want.Followed = notice.Failed, notice.Bounced, true, want.Failed+1, want.Followed+1
			want.FailedBecause[notice.Bounced]++
		case 5:
			r.Outcome, r.Reason, r.Permanent, want.Failed = notice.Failed, notice.Unmailable, true, want.Failed+1
			want.FailedBecause[notice.Unmailable]++
		case 6:
			r.Outcome, r.Doubled, r.Complained = notice.Delivered, true, true
			want.Told, want.PerhapsTwice, want.Complained = want.Told+1, want.PerhapsTwice+1, want.Complained+1
		}
		if _, err := s.campaigns.Put(t.Context(), version, notice.Recipient{}, r); err != nil {
			t.Fatal(err)
		}
	}
	return want
}

// One campaign is shown with exact counts. Only a mail that was delivered counts as told. Nobody can be recognised.
func TestPromise_K02_OnlyDeliveredCountsAsTold(t *testing.T) {
	s := newRig(t)
	s.start(t, announced, notice.Running)
	s.start(t, elsewhere, notice.Running)
	none := read[notice.View](t, s, "GET", "/v1/notices/"+announced)
	if diff := cmp.Diff(&notice.Counted{FailedBecause: map[notice.Reason]int{}}, none.Counts); diff != "" {
		t.Error(diff)
	}
	want := s.recipients(t, announced, 30)
	s.recipients(t, elsewhere, 1) // of another campaign
	got := read[notice.View](t, s, "GET", "/v1/notices/"+announced)
	if diff := cmp.Diff(&want, got.Counts); diff != "" {
		t.Error(diff)
	}
	if got.Counts.Told != 60 || got.State != notice.Running || got.Version != announced {
		t.Errorf("%+v", got)
	}
	for _, path := range []string{"/v1/notices/" + announced, "/v1/notices"} {
		if _, body := s.call(t, "GET", path, ""); strings.Contains(body, "canary") {
			t.Errorf("%s: an alias, a message id or a lease: %s", path, body)
		}
	}
}

// acts says for each state what each act does: the state after it, or "" if it is refused.
var acts = map[notice.State]map[notice.Act]notice.State{
	notice.Scheduled: {notice.Pause: notice.Paused, notice.Resume: notice.Scheduled, notice.Cancel: notice.Cancelled, notice.Retry: ""},
	notice.Running:   {notice.Pause: notice.Paused, notice.Resume: notice.Running, notice.Cancel: notice.Cancelled, notice.Retry: notice.Running},
	notice.Blocked:   {notice.Pause: notice.Paused, notice.Resume: "", notice.Cancel: notice.Cancelled, notice.Retry: notice.Scheduled},
	notice.Paused:    {notice.Pause: notice.Paused, notice.Resume: notice.Running, notice.Cancel: notice.Cancelled, notice.Retry: ""},
	notice.Following: {notice.Pause: notice.Paused, notice.Resume: notice.Following, notice.Cancel: notice.Cancelled, notice.Retry: notice.Following},
	notice.Finished:  {notice.Pause: "", notice.Resume: "", notice.Cancel: "", notice.Retry: ""},
	notice.Cancelled: {notice.Pause: "", notice.Resume: "", notice.Cancel: notice.Cancelled, notice.Retry: ""},
	notice.Before:    {notice.Pause: "", notice.Resume: "", notice.Cancel: "", notice.Retry: ""},
}

// Every act in every state, twice. An act that changes something leaves one entry that names the caller. The same act again is answered alike
// and leaves no entry, so a caller whose answer was lost can repeat it.
func TestEveryActInEveryState(t *testing.T) {
	for state, row := range acts {
		for act, want := range row {
			s := newRig(t)
			s.start(t, announced, state)
			for round := range 2 {
				code, body := s.call(t, "POST", "/v1/notices/"+announced+"/"+string(act), "")
				var after notice.View
				_ = json.Unmarshal([]byte(body), &after)
				if refused := want == ""; refused != (code == http.StatusConflict) || !refused && (code != http.StatusOK || after.State != want) {
					t.Errorf("%s in %s, round %d: %d %s", act, state, round, code, body)
				}
			}
			var entries []map[string]string
			changes := want != "" && (want != state || act == notice.Retry)
			if changes {
				entries = []map[string]string{{"actorKind": "machine", "actor": "privacy-desk", "act": string(notice.Acts[act]), "about": "notice " + announced}}
			}
			if got := s.entries(); !reflect.DeepEqual(got, entries) {
				t.Errorf("%s in %s: the entries are %v, want %v", act, state, got, entries)
			}
			stored, err := s.campaigns.Load(t.Context(), announced)
			if err != nil || want == "" && stored[0].State != state || want != "" && stored[0].State != want || changes && stored[0].Reason != "" {
				t.Errorf("%s in %s: stored is %s %s, %v", act, state, stored[0].State, stored[0].Reason, err)
			}
		}
	}
}

// The entry of an act is kept as long as the policy in force says.
func TestPromise_A02_AnEntryIsKeptAsThePolicySays(t *testing.T) {
	s := newRig(t)
	s.start(t, announced, notice.Running)
	read[notice.View](t, s, "POST", "/v1/notices/"+announced+"/pause")
	now := s.Clock.Now()
	want := policy.InForce(now).SpanOf(policy.AuditEntry).After(now.Truncate(time.Second))
	for _, item := range s.Scan("LedgerTable") {
		if got := dynamo.Time(item, dynamo.ExpiresAt); !got.Equal(want) || want.Sub(now) < 24*time.Hour {
			t.Errorf("kept until %v, want %v", got, want)
		}
	}
}

// F01: DynamoDB carried an act out, and its answer was lost. The act is done once, and the caller is told so.
func TestFault_F01_AnActWhoseAnswerWasLostIsDoneOnce(t *testing.T) {
	s := newRig(t)
	s.start(t, announced, notice.Running)
	lost := 0
	s.Wire.Through = func(c *enginetest.Call) (*http.Response, error) {
		answer, err := c.Send()
		if c.Operation == "TransactWriteItems" && lost == 0 && err == nil {
			lost++
			_ = answer.Body.Close()
			return c.Answer(http.StatusInternalServerError, map[string]any{"__type": "InternalServerError"})
		}
		return answer, err
	}
	if after := read[notice.View](t, s, "POST", "/v1/notices/"+announced+"/cancel"); after.State != notice.Cancelled || lost != 1 || len(s.entries()) != 1 {
		t.Errorf("%s after %d lost answers, %d entries", after.State, lost, len(s.entries()))
	}
}

// A path that names no campaign is not found. What is not even a date is never looked up, so no text reaches a key.
func TestThreat_T15_PathsOfNoCampaign(t *testing.T) {
	s := newRig(t)
	s.start(t, announced, notice.Running)
	for version, looked := range map[string]bool{
		"2031-04-05": true, "2031-02-30": false, "2026-11-2": false, "x": false, "META": false, "..%2F..": false, announced + "%23META": false, announced + "%2300": false,
		announced + "%20": false, announced + "%00": false, "%00": false, "%C3%A4": false, "%FF": false, "n%23" + announced: false, strings.Repeat("9", 3000): false,
		"anna@example.org": false, "0000-00-00": false, "%E2%80%AE2026": false,
	} {
		for _, call := range []string{"GET /v1/notices/%s", "POST /v1/notices/%s/pause", "POST /v1/notices/%s/resume", "POST /v1/notices/%s/cancel", "POST /v1/notices/%s/retry"} {
			method, path, _ := strings.Cut(fmt.Sprintf(call, version), " ")
			s.Wire.Take()
			code, body := s.call(t, method, path, "")
			if code != http.StatusNotFound || strings.Contains(body, "anna") {
				t.Errorf("%s: %d %s", path, code, body)
			}
			if calls := s.Wire.Take(); (len(calls) > 0) != looked {
				t.Errorf("%s: calls %v", path, calls)
			}
		}
	}
	if len(s.entries()) != 0 {
		t.Errorf("%d entries", len(s.entries()))
	}
}

// An act takes no body: what a body says would be passed over.
func TestAnActTakesNoBody(t *testing.T) {
	s := newRig(t)
	s.start(t, announced, notice.Running)
	for act := range notice.Acts {
		path := "/v1/notices/" + announced + "/" + string(act)
		for body, want := range map[string]int{"{}": 400, `{"version":"2025-01-31"}`: 400, "x": 400, strings.Repeat("x", 64<<10+1): 413} {
			if code, answer := s.call(t, "POST", path, body); code != want {
				t.Errorf("%s with %d bytes: %d %s", act, len(body), code, answer)
			}
		}
	}
	if len(s.entries()) != 0 {
		t.Errorf("%d entries", len(s.entries()))
	}
	if after := read[notice.View](t, s, "POST", "/v1/notices/"+announced+"/pause"); after.State != notice.Paused {
		t.Errorf("%+v", after)
	}
}

// Budget: a list takes 2 requests, an act 2, and one campaign 1 and a query of each partition.
func TestBudgetRequestsOfControl(t *testing.T) {
	s := newRig(t)
	s.start(t, announced, notice.Running)
	s.Tables.Settle()
	for _, c := range []struct {
		call     string
		requests int
	}{
		{"GET /v1/notices", 2}, {"GET /v1/notices/" + announced, 1 + notice.Partitions}, {"POST /v1/notices/" + announced + "/pause", 2},
		{"POST /v1/notices/" + announced + "/pause", 1},
	} {
		s.Wire.Take()
		method, path, _ := strings.Cut(c.call, " ")
		read[any](t, s, method, path)
		requests := 0
		for _, n := range s.Wire.Take() {
			requests += n
		}
		t.Logf("budget: control: %s | %d requests | %d", c.call, requests, c.requests)
		if requests != c.requests {
			t.Errorf("%s: %d requests, want %d", c.call, requests, c.requests)
		}
	}
}
