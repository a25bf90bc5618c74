package main

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

const (
	judged   = "019ab2c4-7a10-7c3e-9d55-2f6b8a41c0e4" // a request that needs judgement
	child    = "019ab2c4-7a10-7c3e-9d55-2f6b8a41c0e5" // a report about a child's data, which is due
	young    = "019ab2c4-7a10-7c3e-9d55-2f6b8a41c0e6" // a request by a new address
	gone     = "019ab2c4-7a10-7c3e-9d55-2f6b8a41c0e7" // a request whose outcome cannot be mailed
	frozen   = "019ab2c4-7a10-7c3e-9d55-2f6b8a41c0e8" // a request by an address that somebody contests
	flooded  = "019ab2c4-7a10-7c3e-9d55-2f6b8a41c0e9" // a complaint that others repeated
	limited  = "019ab2c4-7a10-7c3e-9d55-2f6b8a41c0ea" // a restriction that waits for a decision
	nobodys  = "019ab2c4-7a10-7c3e-9d55-2f6b8a41c0eb" // a request that nobody has confirmed
	extended = "019ab2c4-7a10-7c3e-9d55-2f6b8a41c0ec" // a request that was extended
	objected = "019ab2c4-7a10-7c3e-9d55-2f6b8a41c0ed" // an objection that waits for a decision
)

// storeForTeam stores requests that wait for the team, each for another reason.
func storeForTeam(t *testing.T, files *requests.Store) {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	by := audit.Actor{Kind: audit.Operator, ID: "canary"}
	for _, r := range []request.Request{
		{ID: judged, Right: privacy.Erasure},
		{ID: child, Right: privacy.ChildErasure, Asked: request.Asked{Child: "canary.child@example.com"}, ReceivedAt: now.AddDate(0, 0, -4)},
		{ID: young, Right: privacy.Access},
		{ID: gone, Right: privacy.Rectification, Outcome: request.Outcome{Result: request.PartlyDone, Reason: "canary", By: by, DecidedAt: now}},
		{ID: frozen, Right: privacy.Access},
		{ID: flooded, Right: privacy.Complaint, Unproven: true, Repeats: 7, RepeatedAt: now},
		{ID: limited, Right: privacy.Restriction, Asked: request.Asked{Ground: privacy.Accuracy, Purposes: []privacy.Purpose{privacy.MarketingEmail}, Categories: []privacy.Category{privacy.Marketing, privacy.Communication},
			Agent: request.Agent{Name: "Canary", Email: "canary.agent@example.com", Relation: "lawyer"}}},
		{ID: objected, Right: privacy.Objection, Asked: request.Asked{Purposes: []privacy.Purpose{"quality_assurance", "service_improvement"}}},
		{ID: nobodys, Right: privacy.Know, State: request.Verifying, Asked: request.Asked{Scope: privacy.Specific, Declared: true}},
		{ID: extended, Right: privacy.Delete, Extension: request.Extension{Reason: "canary", By: by, DecidedAt: now, NoticeSent: now}},
	} {
		r.Email, r.Details, r.PolicyVersion = "canary@example.com", "canary details\rover\x1b[2Jwritten", "2026-11-02"
		if r.Terms = policy.TermsOf(r.PolicyVersion); r.ReceivedAt.IsZero() {
			r.ReceivedAt = now.AddDate(0, 0, -1)
		}
		var items []request.Item
		if r.State == "" {
			if r.State = request.Open; !r.Unproven {
				r.VerifiedAt = r.ReceivedAt
			}
		}
		switch why := map[string]string{gone: request.WhyUnmailable, frozen: string(subject.Frozen)}[r.ID]; r.ID {
		case nobodys:
			r.Next(request.StepLapse, now.AddDate(0, 0, 6))
		case young:
			r.Next(request.StepAnswer, now.AddDate(0, 0, 6))
			items = append(items, r.Record(request.EventWaits, now))
		default:
			if why == "" {
				why = request.WhyJudgement
			}
			items = append(items, r.ToTeam(why, now))
		}
		if _, err := files.Save(t.Context(), request.File{Request: r}, append(items, r)...); err != nil {
			t.Fatal(err)
		}
	}
}

// decided is the command `decided <act> <request> <number>` of a story: the audit log has so many entries of an act about a request, by an operator.
func decided(stores *servicetest.Stores) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		count := 0
		for _, item := range stores.Scan("LedgerTable") {
			if dynamo.Text(item, "act") == args[0] && dynamo.Text(item, "about") == args[1] && dynamo.Text(item, "actorKind") == "operator" && dynamo.Text(item, "actor") != "" {
				count++
			}
		}
		if (strconv.Itoa(count) == args[2]) == neg {
			ts.Fatalf("%d entries %s about %s", count, args[0], args[1])
		}
	}
}

// A reason ends at a line with a dot alone, or with the input. Nothing in a text that was typed changes the terminal.
func TestWhatIsTyped(t *testing.T) {
	for _, c := range [][2]string{{"", ""}, {".\nx", ""}, {"one\n.\ntwo", "one"}, {" one\n\ntwo \n", "one\n\ntwo"}, {"one.\n..\n", "one.\n.."}} {
		if got, err := readReason(strings.NewReader(c[0])); err != nil || got != c[1] {
			t.Errorf("%q: %q, %v", c[0], got, err)
		}
	}
	if _, err := readReason(strings.NewReader(strings.Repeat("x", mostTyped+2))); err == nil {
		t.Error("a line without an end was read")
	}
	if got := seen("a\r\nb\rc\td\x1b[2J\u202ee\x7f"); got != "a\nb\nc\td[2Je" {
		t.Errorf("%q", got)
	}
}

// T32: the queue shows what is due first. What nobody has confirmed is only counted, unless it is overdue, is a mail that waits for the team, or all are
// asked for.
func TestThreat_T32_TheQueueCountsWhatNobodyConfirmed(t *testing.T) {
	now := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	lines := []request.Line{
		{ID: "late", State: request.Verifying, DueAt: now.Add(-time.Second)}, {ID: "due", State: request.Open, DueAt: now, WaitingFor: request.ForTeam},
		{ID: "mail", State: request.Verifying, DueAt: now.Add(time.Minute), WaitingFor: request.ForTeam}, {ID: "new", State: request.Verifying, DueAt: now.Add(time.Hour)}, {ID: "made", State: request.Fulfilling, DueAt: now.Add(time.Hour)},
	}
	for all, want := range map[bool][]string{false: {"late", "due", "mail", "made"}, true: {"late", "due", "mail", "new", "made"}} {
		v := queueOf(lines, all, now)
		if v.Open != 5 || v.Overdue != 1 || v.Waiting != 2 || v.Unconfirmed != 2 || len(v.Requests) != len(want) {
			t.Fatalf("%+v", v)
		}
		for i, l := range v.Requests {
			if l.ID != want[i] || l.Overdue != (l.ID == "late") {
				t.Errorf("%+v, not %s", l, want[i])
			}
		}
	}
}
