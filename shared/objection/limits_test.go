package objection_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/decision"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// H10: an opt-out is never verified. It holds on the next decision, whether or not the address is on record, before any mail leaves; and until it is
// taken back, whatever else is agreed to.
func TestPromise_H10_AnOptOutHoldsAtOnce(t *testing.T) {
	for name, known := range map[string]bool{"somebody on record": true, "nobody": false} {
		t.Run(name, func(t *testing.T) {
			s := newRig(t)
			if known {
				s.grants(s.Known(anna), privacy.MarketingCookies)
				if d := s.decides(anna, privacy.MarketingCookies); !d.Allowed {
					t.Fatalf("%+v", d)
				}
			}
			file := s.files(optOut)
			if r := file.Request; r.State != request.Fulfilled || !r.VerifiedAt.IsZero() || !r.InForce() || len(s.Mails) != 0 {
				t.Errorf("%+v, %d mails", r, len(s.Mails))
			}
			if d := s.decides(anna, privacy.MarketingCookies); d.Allowed || d.Reason != decision.ByOptOut {
				t.Errorf("%+v", d)
			}
			s.works()
			if mails := s.mails("limited", anna); len(mails) != 1 || len(s.Mails) != 1 {
				t.Errorf("%+v", s.Mails)
			}
			s.Clock.Advance(3 * 365 * 24 * time.Hour)
			id, _ := s.state(anna)
			s.grants(id, privacy.MarketingCookies)
			if d := s.decides(anna, privacy.MarketingCookies); d.Allowed {
				t.Errorf("after years: %+v", d)
			}
			if r := s.Load(file.Request.ID).Request; !r.InForce() || !r.ExpiresAt().IsZero() || len(s.listed(anna)) != 1 {
				t.Errorf("the request by which it is taken back is gone: %+v", r)
			}
		})
	}
}

// H06: an objection to direct marketing is absolute. It holds at once, without a proof, until a consent that is given after it.
func TestPromise_H06_AnObjectionToMarketingIsAbsolute(t *testing.T) {
	s := newRig(t)
	id := s.Known(anna)
	s.grants(id, privacy.MarketingEmail)
	s.files(noAds)
	for _, purpose := range noAds.Purposes {
		if d := s.decides(anna, purpose); d.Allowed || d.Reason != decision.ByObjection {
			t.Errorf("%s: %+v", purpose, d)
		}
	}
	if d := s.decides(anna, weighed); !d.Allowed {
		t.Errorf("more than was objected to: %+v", d)
	}
	s.Clock.Advance(time.Minute)
	s.grants(id, privacy.MarketingEmail)
	if d := s.decides(anna, privacy.MarketingEmail); !d.Allowed {
		t.Errorf("after a new consent: %+v", d)
	}
	if d := s.decides(anna, marketing); d.Allowed {
		t.Errorf("a consent to something else: %+v", d)
	}
}

// H06: an objection to what is weighed stops it as soon as the address is proven, and then waits for the team. What protects others goes on.
func TestPromise_H06_AnObjectionIsWeighed(t *testing.T) {
	s := newRig(t)
	s.Known(anna)
	filed := s.files(noReviews)
	if d := s.decides(anna, weighed); !d.Allowed || filed.Request.State != request.Verifying {
		t.Errorf("before it is proven: %+v %s", d, filed.Request.State)
	}
	s.Prove(filed.Request.ID)
	s.workNow()
	if d := s.decides(anna, weighed); d.Allowed || d.Reason != decision.ByObjection {
		t.Errorf("%+v", d)
	}
	if d := s.decides(anna, security); !d.Allowed {
		t.Errorf("security: %+v", d)
	}
	s.works()
	file := s.Load(filed.Request.ID)
	if r := file.Request; r.State != request.Open || r.WaitsFor(s.Clock.Now()) != request.ForTeam || len(s.mails("limited", anna)) != 1 {
		t.Errorf("%+v, %+v", r, s.Mails)
	}
	if kinds := servicetest.Kinds(file); !slices.Equal(kinds, []request.EventKind{request.EventVerified, request.EventImposed, request.EventAnswered, request.EventForTeam}) {
		t.Errorf("%v", kinds)
	}
	if last := file.Events[len(file.Events)-1]; last.Reason != request.WhyJudgement || !slices.Equal(s.ForTeam, []string{filed.Request.ID}) {
		t.Errorf("the team is not told: %+v, %v", last, s.ForTeam)
	}
	lines, err := s.Requests.Open(t.Context())
	if err != nil || len(lines) != 1 || lines[0].ID != filed.Request.ID || lines[0].WaitingFor != request.ForTeam {
		t.Errorf("the queue: %+v, %v", lines, err)
	}
}

// H04: a restriction stops the use of what is contested. With the grounds unlawful and claims it is answered once the records are kept past their
// periods; with the others, the team goes on.
func TestPromise_H04_RestrictionsByGround(t *testing.T) {
	for ground, want := range map[privacy.Ground]request.State{
		privacy.Unlawful: request.Fulfilled, privacy.Claims: request.Fulfilled, privacy.Accuracy: request.Open, privacy.Weighing: request.Open,
	} {
		s := newRig(t)
		s.Known(anna)
		file := s.limits(request.Filing{Right: privacy.Restriction, Email: anna, Ground: ground})
		if d := s.decides(anna, delivery); d.Allowed || d.Reason != decision.ByRestriction {
			t.Errorf("%s: %+v", ground, d)
		}
		if d := s.decides(anna, security); !d.Allowed {
			t.Errorf("%s: security: %+v", ground, d)
		}
		if judged := slices.Equal(s.ForTeam, []string{file.Request.ID}); judged != (want == request.Open) {
			t.Errorf("%s: the team is told of %v", ground, s.ForTeam)
		}
		if file.Request.State != want || len(s.mails("limited", anna)) != 1 || !file.Request.InForce() {
			t.Errorf("%s: %+v, %+v", ground, file.Request, s.Mails)
		}
		if _, is := s.state(anna); is.Suspends(privacy.Account) != (ground != privacy.Weighing) {
			t.Errorf("%s: %+v", ground, is)
		}
		lifted := s.withdraws(file.Request.ID)
		if d := s.decides(anna, delivery); !d.Allowed || lifted.Request.State != request.Withdrawn {
			t.Errorf("%s: %+v %s", ground, d, lifted.Request.State)
		}
		s.works()
		if r := s.Load(file.Request.ID).Request; r.Step != "" || r.InForce() || r.ExpiresAt().IsZero() {
			t.Errorf("%s: %+v", ground, r)
		}
	}
}

// F27: the mail that a restriction is done leaves only after the last pass over the records, which begins when no write can arrive any more that does
// not know of it.
func TestFault_F27_DoneAfterTheLastPass(t *testing.T) {
	s := newRig(t)
	s.Known(anna)
	id := s.files(keepClaims).Request.ID
	s.Prove(id)
	s.workNow() // imposes it
	s.workNow() // the first pass
	if r := s.Load(id).Request; r.Step != request.StepAnswer || r.NextAt.Sub(s.Clock.Now()) > servicetest.Writers+time.Second || len(s.mails("limited", anna)) != 0 {
		t.Fatalf("%+v, %v", r, s.Mails)
	}
	s.Clock.Advance(servicetest.Writers - 2*time.Second)
	s.workNow()
	if len(s.mails("limited", anna)) != 0 {
		t.Error("too early")
	}
	s.Clock.Advance(3 * time.Second)
	s.workNow()
	s.workNow()
	if r := s.Load(id).Request; len(s.mails("limited", anna)) != 1 || r.State != request.Fulfilled {
		t.Errorf("%+v", r)
	}
}

// Whoever takes a request back takes back exactly what it imposed, in any order.
func TestALiftGivesBackExactly(t *testing.T) {
	filings := []request.Filing{optOut, noAds, noReviews, keepClaims, wrongData}
	s := newRig(t)
	s.Known(anna)
	_, before := s.state(anna)
	var ids []string
	for _, f := range filings {
		ids = append(ids, s.limits(f).Request.ID)
	}
	for i := range ids {
		n := (i*2 + 1) % len(ids)
		_, was := s.state(anna)
		s.withdraws(ids[n])
		s.works()
		_, is := s.state(anna)
		want := was.Lifted(ids[n], s.Clock.Now())
		if want.FencedAt = is.FencedAt; !is.Limits.Equal(want.Limits) || is.Limited(ids[n]) {
			t.Errorf("without %s: %+v, not %+v", filings[n].Right, is.Limits, want.Limits)
		}
	}
	_, is := s.state(anna)
	if is.InForce() || is.ExpiresAt.IsZero() || is.ExpiresAt.Before(before.ExpiresAt) {
		t.Errorf("in the end %+v, at first %+v", is, before)
	}
}

// T30: a status link takes back nothing that is in force. A session does, but only that of a link's first opening.
func TestThreat_T30_OnlyAFreshSessionLifts(t *testing.T) {
	s := newRig(t)
	s.Known(anna)
	for _, f := range []request.Filing{optOut, noAds, noReviews, keepClaims, wrongData} {
		r := s.limits(f).Request
		if _, err := s.Requester.Withdraw(t.Context(), r.ID, r.StatusToken(servicetest.Tokens)); fault.KindOf(err) != fault.Conflict {
			t.Errorf("%s by a status link: %v", f.Right, err)
		}
		if _, err := s.Requester.WithdrawOf(t.Context(), r.ID, subject.Proof{Mailbox: r.Mailbox}); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s by an old link: %v", f.Right, err)
		}
		if _, err := s.Requester.WithdrawOf(t.Context(), r.ID, servicetest.Proof("bert@example.org")); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s by somebody else: %v", f.Right, err)
		}
		if s.withdraws(r.ID).Request.State != request.Withdrawn {
			t.Errorf("%s is in force", f.Right)
		}
	}
}

// T32: strangers opt out for one address 100 times (1,000 in a full run). It is listed once, told once, and one lift ends it.
func TestThreat_T32_AThousandOptOuts(t *testing.T) {
	s := newRig(t)
	first := s.files(optOut).Request
	for range soak.Pick(100, 1000) {
		if r := s.files(optOut).Request; r.State != request.Fulfilled || r.InForce() {
			t.Fatalf("%+v", r)
		}
	}
	s.works()
	if all := s.listed(anna); len(all) != 1 || all[0].ID != first.ID || len(s.Mails) != 1 {
		t.Errorf("%d are listed, %d mails", len(all), len(s.Mails))
	}
	s.withdraws(first.ID)
	if d := s.decides(anna, privacy.MarketingCookies); d.Reason == decision.ByOptOut {
		t.Errorf("%+v", d)
	}
}

// A person can have only so many limits in force. The team answers what comes after.
func TestTooManyRestrictionsGoToTheTeam(t *testing.T) {
	s := newRig(t)
	s.Known(anna)
	for range standing.MostLimits {
		if r := s.limits(request.Filing{Right: privacy.Restriction, Email: anna, Ground: privacy.Weighing}).Request; !r.InForce() {
			t.Fatalf("%+v", r)
		}
	}
	file := s.limits(request.Filing{Right: privacy.Restriction, Email: anna, Ground: privacy.Weighing})
	if file.Request.InForce() || file.Request.WaitsFor(s.Clock.Now()) != request.ForTeam || !slices.Contains(s.ForTeam, file.Request.ID) {
		t.Errorf("%+v", file)
	}
}

// F24: the mail that a limit holds came back. The limit holds. A request that somebody confirmed is not answered then, so it waits for the team.
func TestFault_F24_TheMailCameBack(t *testing.T) {
	for i, f := range []request.Filing{optOut, keepClaims, wrongData} {
		s := newRig(t)
		s.Known(anna)
		r := s.limits(f).Request
		s.report(s.mails("limited", anna)[0])
		after := s.Load(r.ID)
		want := []request.State{request.Fulfilled, request.Open, request.Open}[i]
		if after.Request.State != want || !after.Request.InForce() || !slices.Contains(servicetest.Kinds(after), request.EventAnswerReturned) {
			t.Errorf("%s: %+v", f.Right, after)
		}
	}
}

// F23: while SES refuses the mail, the limit holds, and the mail is tried again. A confirmed request is answered only with it.
func TestFault_F23_TheMailIsTriedAgain(t *testing.T) {
	for _, f := range []request.Filing{optOut, keepClaims} {
		s := newRig(t)
		s.Known(anna)
		s.Fails = func(operation string) error {
			if operation == "mail" {
				return fmt.Errorf("%w: paused", subject.ErrMailRefused)
			}
			return nil
		}
		r := s.limits(f).Request
		if f.Right == privacy.Restriction && r.State != request.Fulfilling || !r.InForce() || r.Step != request.StepTell {
			t.Errorf("%s: %+v", f.Right, r)
		}
		s.Fails, s.Mails = nil, nil
		s.Clock.Advance(time.Hour)
		s.works()
		if r = s.Load(r.ID).Request; r.State != request.Fulfilled || r.Step != "" || len(s.mails("limited", anna)) != 1 {
			t.Errorf("%s: %+v", f.Right, r)
		}
	}
}

// An opt-out for an address that no mail reaches holds, and its mail is given up.
func TestAnUnmailableSpelling(t *testing.T) {
	s := newRig(t)
	s.Fails = func(operation string) error {
		if operation == "mail" {
			return subject.ErrUnmailable
		}
		return nil
	}
	if r := s.limits(optOut).Request; r.Step != "" || !r.InForce() {
		t.Errorf("%+v", r)
	}
}

// I02: the consents of a child and marketing to it end as soon as somebody has reported it, for everybody behind the child's address.
func TestPromise_I02_AReportStopsMarketingToTheChild(t *testing.T) {
	s := newRig(t)
	const child = "child@example.org"
	s.grants(s.Known(child), privacy.MarketingEmail, privacy.Testimonials)
	id := s.files(request.Filing{Right: privacy.ChildErasure, Email: anna, Details: "She is eleven.", Child: &request.Child{Email: child}}).Request.ID
	if d := s.decides(child, privacy.MarketingEmail); !d.Allowed {
		t.Fatalf("%+v", d)
	}
	s.Prove(id)
	s.workNow()
	for _, purpose := range []privacy.Purpose{privacy.MarketingEmail, privacy.Testimonials, marketing} {
		if d := s.decides(child, purpose); d.Allowed || d.Reason != decision.ByObjection {
			t.Errorf("%s: %+v", purpose, d)
		}
	}
	if r := s.Load(id).Request; r.State != request.Open || r.WaitsFor(s.Clock.Now()) != request.ForTeam {
		t.Errorf("%+v", r)
	}
}

// F15: a run that imposes while the person takes the request back leaves nothing behind.
func TestFault_F15_TakenBackWhileItIsImposed(t *testing.T) {
	s := newRig(t)
	s.Known(anna)
	id := s.files(noReviews).Request.ID
	s.Prove(id)
	stale := s.Load(id)
	s.withdraws(id)
	if err := s.Limiting.Answer(t.Context(), stale, s.Clock.Now()); !errors.Is(err, request.ErrChanged) {
		t.Fatal(err)
	}
	s.works()
	if _, is := s.state(anna); is.InForce() {
		t.Errorf("%+v", is.Limits)
	}
}

// H10: the team cannot close an opt-out before it holds.
func TestPromise_H10_NobodyClosesWhatIsNotImposed(t *testing.T) {
	s := newRig(t)
	r, err := s.Requester.File(t.Context(), optOut) // its run was killed
	if err != nil {
		t.Fatal(err)
	}
	for _, closes := range []func(context.Context, request.Register, string, audit.Actor, request.Outcome, time.Time) error{request.CloseBy, request.CloseTold} {
		if err := closes(t.Context(), s.Requests, r.ID, servicetest.Operator, request.Outcome{Result: request.Done, Reason: "It holds."}, s.Clock.Now()); !errors.Is(err, request.ErrUnderway) {
			t.Errorf("%v", err)
		}
	}
	s.works()
	if r := s.Load(r.ID).Request; r.State != request.Fulfilled || !r.InForce() {
		t.Errorf("%+v", r)
	}
}

// Every purpose that the limits of these tests name is declared, so that no test decides about nothing.
func TestThePurposesAreDeclared(t *testing.T) {
	for _, id := range []privacy.Purpose{weighed, marketing, delivery, security} {
		if _, declared := policy.Newest().Purpose(id); !declared {
			t.Error(id)
		}
	}
}
