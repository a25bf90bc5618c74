package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/retention"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

const news = `{"list":"offers","subscribedAt":"2026-11-01T00:00:00Z","interests":[]}`

// ask asks about an address, or about a visitor if who is a UUID.
func (s *rig) ask(t testing.TB, who, purpose string) string {
	t.Helper()
	kind := "visitor"
	if strings.Contains(who, "@") {
		kind = "email"
	}
	code, answer := s.call(t, "POST", "/v1/decisions", "application/json", fmt.Sprintf(`{"subject":{%q:%q},"purpose":%q}`, kind, who, purpose))
	if code != 200 {
		t.Fatalf("%d %s", code, answer)
	}
	return answer
}

// introduce puts an address on record, as a mail about a consent does.
func (s *rig) introduce(t testing.TB, email string) privacy.SubjectID {
	t.Helper()
	a := s.Parse(email)
	alias, err := s.Subjects.Introduce(t.Context(), servicetest.Aliases.Alias(a), a.Spelling, s.Clock.Now().Add(7*24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return alias.Subject
}

func (s *rig) act(subject string, purpose privacy.Purpose, state consent.State) consent.Act {
	return consent.Act{Subject: subject, Operation: uuid.NewString(), Decisions: map[privacy.Purpose]consent.State{purpose: state},
		PolicyVersion: policy.VersionInForce(s.Clock.Now()), Language: "en", Surface: "form"}
}

func (s *rig) byAddress() *mailbox.Consents {
	return &mailbox.Consents{Recorder: &consent.Recorder{Log: s.Consents, Policy: policy.ForConsents(), Now: s.Clock.Now}, Persons: s.Subjects, Tokens: servicetest.Tokens}
}

func (s *rig) decides(t testing.TB, id privacy.SubjectID, state consent.State) {
	t.Helper()
	if _, err := s.byAddress().Recorder.Record(t.Context(), s.act(consent.Address(id), privacy.MarketingEmail, state)); err != nil {
		t.Fatal(err)
	}
}

// finishStep does the step of a consent.
func (s *rig) finishStep(t testing.TB, id privacy.SubjectID) {
	t.Helper()
	if err := s.Consents.FinishStep(t.Context(), id, s.Intake.FollowConsent); err != nil {
		t.Fatal(err)
	}
}

// TestPromise_C03_TheDecisionFlipsOnTheNextCall grants, withdraws by the link that came with the decision, grants again, and lets that consent
// expire.
func TestPromise_C03_TheDecisionFlipsOnTheNextCall(t *testing.T) {
	enginetest.BothTTLs(t, theDecisionFlipsOnTheNextCall)
}

func theDecisionFlipsOnTheNextCall(t *testing.T) {
	s := newRig(t)
	const undecided, denied = `{"allowed":false,"basis":"consent","reason":"undecided"}`, `{"allowed":false,"basis":"consent","reason":"denied"}`
	if got := s.ask(t, "anna@example.org", "marketing_email"); got != undecided {
		t.Errorf("unknown: %s", got)
	}
	id := s.introduce(t, "Anna@example.org")
	if got := s.ask(t, "anna@example.org", "marketing_email"); got != undecided {
		t.Errorf("asked, not yet confirmed: %s", got)
	}
	s.decides(t, id, consent.Granted)
	granted := s.ask(t, "ANNA@Example.org", "marketing_email")
	head := `{"allowed":true,"basis":"consent","reason":"consent","unsubscribe":"https://privacy.example/v1/unsubscribe/`
	token, found := strings.CutPrefix(granted, head)
	if !found {
		t.Fatalf("granted: %s", granted)
	}
	if err := s.byAddress().Unsubscribe(t.Context(), strings.TrimSuffix(token, `"}`), s.act("", "", "")); err != nil {
		t.Fatal(err)
	}
	if got := s.ask(t, "anna@example.org", "marketing_email"); got != denied {
		t.Errorf("after one click: %s", got)
	}
	if got := s.ask(t, "anna@example.org", "testimonials"); got != undecided {
		t.Errorf("another purpose: %s", got)
	}
	s.decides(t, id, consent.Granted)
	s.finishStep(t, id) // the address is known as long as the proof is kept
	s.Clock.Set(s.Clock.Now().AddDate(0, policy.Newest().ConsentMonths, 0))
	if got := s.ask(t, "anna@example.org", "marketing_email"); got != `{"allowed":false,"basis":"consent","reason":"expired"}` {
		t.Errorf("six months later: %s", got)
	}
}

func TestPromise_C02_OnlyWhatNeedsConsentIsAskedFor(t *testing.T) {
	s := newRig(t)
	visitor := uuid.NewString()
	recorder := consent.Recorder{Log: &s.Consents.Store, Policy: policy.ForConsents(), Now: s.Clock.Now}
	for _, purpose := range policy.Newest().Purposes {
		before := s.ask(t, visitor, string(purpose.ID))
		_, err := recorder.Record(t.Context(), s.act(keyOf(visitor), purpose.ID, consent.Granted))
		after := s.ask(t, strings.ToUpper(visitor), string(purpose.ID))
		if purpose.Basis == privacy.Consent {
			if err != nil || !strings.Contains(before, `"allowed":false`) || after != `{"allowed":true,"basis":"consent","reason":"consent"}` {
				t.Errorf("%s: %s, then %s (%v)", purpose.ID, before, after, err)
			}
			continue
		}
		want := fmt.Sprintf(`{"allowed":true,"basis":%q,"reason":"basis"}`, purpose.Basis)
		if fault.KindOf(err) != fault.Unacceptable || before != want || after != want {
			t.Errorf("%s: %s, then %s (%v)", purpose.ID, before, after, err)
		}
	}
}

func TestPromise_I01_NobodyUnder16Consents(t *testing.T) {
	s := newRig(t)
	s.decides(t, s.introduce(t, "kid@example.org"), consent.Granted)
	for purpose, want := range map[string]string{
		"marketing_email": `{"allowed":false,"basis":"consent","reason":"age"}`, "internal_analytics": `{"allowed":true,"basis":"legitimate_interests","reason":"basis"}`,
	} {
		body := fmt.Sprintf(`{"subject":{"email":"kid@example.org"},"purpose":%q,"under16":true}`, purpose)
		if code, got := s.call(t, "POST", "/v1/decisions", "application/json", body); code != 200 || got != want {
			t.Errorf("%s: %d %s", purpose, code, got)
		}
	}
}

func TestQuestionsThatMakeNoSense(t *testing.T) {
	s := newRig(t)
	for body, pointer := range map[string]string{
		`{"subject":{"email":"anna@example.org"},"purpose":"profiling"}`: "/purpose",
		`{"subject":{"email":"anna@example.org"}}`:                       "/purpose",
		`{"subject":{},"purpose":"marketing_email"}`:                     "/subject",
		`{"purpose":"marketing_email"}`:                                  "/subject",
		`{"subject":{"email":"anna@example.org","visitor":"7d3f6c0e-2f4b-4f0a-9a57-1f6f1f0f8a11"},"purpose":"marketing_email"}`: "/subject",
		`{"subject":{"email":"anna"},"purpose":"marketing_email"}`:                                                              "/subject/email",
		`{"subject":{"email":"anna@xn--a.example"},"purpose":"profiling"}`:                                                      "/subject/email /purpose",
		`{}`: "/subject /purpose",
		`{"subject":{"visitor":"{7d3f6c0e-2f4b-4f0a-9a57-1f6f1f0f8a11}"},"purpose":"marketing_cookies"}`: "/subject/visitor",
		`{"subject":{"email":"anna@example.org"},"purpose":"marketing_email","over16":true}`:             "/over16",
		`{"subject":{"email":"anna@example.org"},"purpose":"security","category":"analytics"}`:           "/category",
	} {
		if code, answer := s.call(t, "POST", "/v1/decisions", "application/json", body); code != 422 || named(answer) != pointer {
			t.Errorf("%s: %d %s", pointer, code, answer)
		}
	}
}

// TestPromise_F04_MarketingDataUntilConsentIsWithdrawn follows a marketing record from a consent to the purge after the withdrawal.
func TestPromise_F04_MarketingDataUntilConsentIsWithdrawn(t *testing.T) {
	enginetest.BothTTLs(t, marketingUntilWithdrawn)
}

func marketingUntilWithdrawn(t *testing.T) {
	s := newRig(t)
	send := func(when string, want string) {
		t.Helper()
		if outcome, _ := s.put(t, "marketing", "news", "anna@example.org", when, news); outcome != want {
			t.Errorf("of %s: %s, not %s", when, outcome, want)
		}
	}
	sweep := func() retention.CategoryReport {
		t.Helper()
		report, err := retention.Sweep{Records: s.Records.Store, Policy: s.InForce, Now: s.Clock.Now}.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range report.Categories {
			if row.Category == privacy.Marketing {
				return row
			}
		}
		panic("no row")
	}
	send("2026-11-01T00:00:00Z", "stored")
	if row := sweep(); !row.Oldest.Equal(s.Clock.Now()) || row.Deleted != 0 || !strings.Contains(s.ask(t, "anna@example.org", "marketing_email"), `"undecided"`) {
		t.Errorf("without a recorded consent: %+v", row)
	}
	id := s.introduce(t, "anna@example.org")
	s.decides(t, id, consent.Granted)
	s.finishStep(t, id)
	s.Clock.Advance(time.Hour)
	send("2026-11-02T00:00:00Z", "stored")
	if row := sweep(); row.Oldest != nil || row.Deleted != 0 || len(s.stored(t, "anna@example.org")) != 1 {
		t.Errorf("with a consent: %+v", row)
	}
	s.decides(t, id, consent.Denied)
	s.finishStep(t, id)
	if stored := s.stored(t, "anna@example.org"); len(stored) != 0 {
		t.Errorf("visible after the withdrawal: %d", len(stored))
	}
	s.Clock.Advance(time.Second)
	deleted := 1
	if s.Tables.TTLFirst() {
		deleted = 0
	}
	if row := sweep(); row.Deleted != deleted || row.Overdue != 0 {
		t.Errorf("the purge after the withdrawal: %+v", row)
	}
	s.finishStep(t, id)
	for _, a := range s.lines(t, ndjson("marketing", "news", "anna@example.org", "2026-11-23T00:00:00Z", news)+
		ndjson("marketing", "more", "Anna@example.org", "2026-11-23T00:00:00Z", news)) {
		if a.Outcome != "retention_over" {
			t.Errorf("a later line: %+v", a)
		}
	}
	s.Clock.Set(s.Clock.Now().AddDate(0, policy.Newest().ConsentMonths, 0)) // a withdrawal does not wear off
	send("2027-05-01T00:00:00Z", "retention_over")
}

// keyOf returns the key of a visitor whose id is valid.
func keyOf(visitor string) string {
	key, _ := consent.Visitor(visitor)
	return key
}

// limit changes what the data subject behind an address has limited, as the answer to a request does.
func (s *rig) limit(t testing.TB, id privacy.SubjectID, change func(standing.State) standing.State) {
	t.Helper()
	_, found, err := s.Subjects.Transition(t.Context(), id, func(from standing.Snapshot) (standing.State, time.Time) {
		to := change(from.State)
		return to, to.KnownUntil(s.Policy)
	})
	if err != nil || !found {
		t.Fatal(found, err)
	}
}

// TestPromise_H04_H06_H10_TheDecisionFlipsOnTheNextCall imposes and lifts what a person can limit, and asks after each.
func TestPromise_H04_H06_H10_TheDecisionFlipsOnTheNextCall(t *testing.T) {
	s := newRig(t)
	s.put(t, "account", "a", "anna@example.org", "2026-11-01T00:00:00Z", running)
	id := s.introduce(t, "anna@example.org")
	s.decides(t, id, consent.Granted)
	now := s.Clock.Now()
	limits := func(l standing.Limits) func(standing.State) standing.State {
		return func(from standing.State) standing.State { from.Limits = l; return from }
	}
	allowed := map[string]string{
		`"marketing_email"`: `"consent","reason":"consent"`, `"business_development"`: `"legitimate_interests","reason":"basis"`, `"service_delivery"`: `"contract","reason":"basis"`,
		`"service_delivery","category":"contact"`: `"contract","reason":"basis"`, `"service_delivery","category":"account"`: `"contract","reason":"basis"`, `"security"`: `"legitimate_interests","reason":"basis"`,
	}
	for _, c := range []struct {
		limits  standing.Limits
		forbids map[string]string
	}{
		{standing.Limits{}, nil},
		{standing.Limits{OptOuts: []standing.OptOut{{Request: "1", At: now}}}, map[string]string{`"marketing_cookies"`: `"consent","reason":"opt_out"`}},
		{standing.Limits{Objections: []standing.Objection{{Request: "1", At: now.Add(time.Second), Purposes: []privacy.Purpose{"marketing_email", "business_development"}}}},
			map[string]string{`"marketing_email"`: `"consent","reason":"objection"`, `"business_development"`: `"legitimate_interests","reason":"objection"`}},
		{standing.Limits{Restrictions: []standing.Restriction{{Request: "1", At: now, Ground: privacy.Accuracy, Categories: []privacy.Category{privacy.Contact}}}}, map[string]string{
			`"business_development"`: `"legitimate_interests","reason":"restriction"`, `"service_delivery"`: `"contract","reason":"restriction"`, `"service_delivery","category":"contact"`: `"contract","reason":"restriction"`}},
		{standing.Limits{}, map[string]string{`"marketing_cookies"`: `"consent","reason":"undecided"`}},
	} {
		s.limit(t, id, limits(c.limits))
		for what, reason := range c.forbids {
			if got := s.question(t, what); got != `{"allowed":false,"basis":`+reason+`}` {
				t.Errorf("%s with %+v: %s", what, c.limits, got)
			}
		}
		for what, reason := range allowed {
			if _, forbidden := c.forbids[what]; !forbidden && !strings.HasPrefix(s.question(t, what), `{"allowed":true,"basis":`+reason) {
				t.Errorf("%s with %+v: %s", what, c.limits, s.question(t, what))
			}
		}
	}
}

// question asks about Anna. what is a purpose as JSON, and perhaps more members.
func (s *rig) question(t testing.TB, what string) string {
	t.Helper()
	code, answer := s.call(t, "POST", "/v1/decisions", "application/json", `{"subject":{"email":"anna@example.org"},"purpose":`+what+`}`)
	if code != 200 {
		t.Fatalf("%d %s", code, answer)
	}
	return answer
}

// TestWhatADecisionCosts counts the requests of a question: the alias, the state of somebody known, and the log of consents for a purpose that rests on
// one. A state that cannot change the answer is not read.
func TestWhatADecisionCosts(t *testing.T) {
	s := newRig(t)
	s.decides(t, s.introduce(t, "anna@example.org"), consent.Granted)
	for what, want := range map[string]string{
		`"marketing_email"`: "map[GetItem:2 Query:1]", `"business_development"`: "map[GetItem:2]", `"service_delivery","category":"contact"`: "map[GetItem:2]",
		`"security"`: "map[GetItem:1]", `"financial_records"`: "map[GetItem:1]", `"marketing_email","under16":true`: "map[GetItem:1]",
	} {
		s.Wire.Take()
		s.question(t, what)
		if got := fmt.Sprint(s.Wire.Take()); got != want {
			t.Errorf("%s: %s, not %s", what, got, want)
		}
	}
}
