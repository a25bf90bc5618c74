package objection_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/decision"
	"github.com/helpdeskexpert/privacy/shared/objection"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

func (s *rig) children() objection.Children {
	return objection.Children{Subjects: s.Subjects, Aliases: servicetest.Aliases, Policy: policy.InForce, Now: s.Clock.Now}
}

// I02: a report ends what was agreed to until then, for everybody behind the child's address, whatever was objected to before. What is agreed to afterwards
// counts. A report that is taken back gives back what it took, and nothing else.
func TestPromise_I02_AReportEndsEarlierConsents(t *testing.T) {
	s := newRig(t)
	const email = "child@example.org"
	ctx, c := t.Context(), s.children()
	id := s.Known(email)
	allowed := func(when string, want bool) {
		t.Helper()
		for _, purpose := range []privacy.Purpose{privacy.MarketingEmail, privacy.Testimonials} {
			if d := s.decides(email, purpose); d.Allowed != want {
				t.Errorf("%s, %s: %+v", when, purpose, d)
			}
		}
	}
	s.grants(id, privacy.MarketingEmail, privacy.Testimonials)
	if err := errors.Join(c.Stop(ctx, email, "first"), c.Stop(ctx, "Child@Example.org", "first")); err != nil {
		t.Fatal(err)
	}
	allowed("reported in the second of the consent", false)
	s.Clock.Advance(time.Minute)
	s.grants(id, privacy.MarketingEmail, privacy.Testimonials)
	allowed("agreed to afterwards", true)
	s.Clock.Advance(time.Minute)
	if err := c.Stop(ctx, email, "second"); err != nil {
		t.Fatal(err)
	}
	allowed("reported again", false)
	if err := errors.Join(c.Resume(ctx, email, "second"), c.Resume(ctx, email, "second"), c.Resume(ctx, email, "never")); err != nil {
		t.Fatal(err)
	}
	allowed("the second is taken back", true)
	if _, is := s.state(email); len(is.Objections) != 1 || is.Objections[0].Request != "first" {
		t.Errorf("%+v", is.Objections)
	}
}

// I02: a report about somebody unknown holds for whoever the address stands for, and has no end.
func TestPromise_I02_AReportAboutSomebodyUnknown(t *testing.T) {
	s := newRig(t)
	const email = "nobody@example.org"
	if err := s.children().Stop(t.Context(), email, "report"); err != nil {
		t.Fatal(err)
	}
	if d := s.decides(email, marketing); d.Reason != decision.ByObjection {
		t.Errorf("%+v", d)
	}
	if _, is := s.state(email); !is.ExpiresAt.IsZero() {
		t.Errorf("it ends at %s", is.ExpiresAt)
	}
	if err := s.children().Stop(t.Context(), "no address", "report"); err == nil {
		t.Error("a report about no address")
	}
}

// I02: if too much is in force for somebody, the report says that it stopped nothing there.
func TestPromise_I02_TooMuchIsInForce(t *testing.T) {
	s := newRig(t)
	const email = "child@example.org"
	s.Known(email)
	for i := range standing.MostLimits {
		if err := s.children().Stop(t.Context(), email, fmt.Sprint("report ", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.children().Stop(t.Context(), email, "one too many"); !errors.Is(err, request.ErrNotStopped) {
		t.Errorf("%v", err)
	}
	if err := s.children().Stop(t.Context(), email, "report 3"); err != nil {
		t.Errorf("the same report again: %v", err)
	}
}

// H06: an objection and an opt-out of one's own hold, whatever becomes of a stranger's reports that one is a child, and however many there were.
func TestPromise_H06_AReportTakesNoObjectionAway(t *testing.T) {
	s := newRig(t)
	const email = "child@example.org"
	s.Known(email)
	var reports []string
	for i := range standing.MostLimits {
		reports = append(reports, fmt.Sprint("report ", i))
		if err := s.children().Stop(t.Context(), email, reports[i]); err != nil {
			t.Fatal(err)
		}
	}
	own := s.limits(request.Filing{Right: privacy.Objection, Email: email, Purposes: []privacy.Purpose{privacy.MarketingEmail, marketing}}).Request
	if own.State != request.Fulfilled || !own.InForce() {
		t.Errorf("%+v", own)
	}
	for _, id := range reports {
		if err := s.children().Resume(t.Context(), email, id); err != nil {
			t.Fatal(err)
		}
	}
	for _, purpose := range []privacy.Purpose{privacy.MarketingEmail, marketing} {
		if d := s.decides(email, purpose); d.Reason != decision.ByObjection {
			t.Errorf("%s: %+v", purpose, d)
		}
	}
	s.withdraws(own.ID)
	if d := s.decides(email, marketing); !d.Allowed {
		t.Errorf("taken back: %+v", d)
	}
}
