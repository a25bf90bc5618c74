package objection_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/decision"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/objection"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

const anna = "anna@example.org"

// Purposes of the policy in force.
const (
	weighed   privacy.Purpose = "quality_assurance"    // rests on legitimate interests
	marketing privacy.Purpose = "business_development" // the same, but is direct marketing
	delivery  privacy.Purpose = "service_delivery"     // rests on a contract
	security  privacy.Purpose = "security"             // goes on whatever anybody objects to
)

var (
	optOut     = request.Filing{Right: privacy.OptOut, Email: anna}
	noAds      = request.Filing{Right: privacy.Objection, Email: anna, Purposes: []privacy.Purpose{marketing, privacy.MarketingEmail}}
	noReviews  = request.Filing{Right: privacy.Objection, Email: anna, Purposes: []privacy.Purpose{weighed, security}}
	keepClaims = request.Filing{Right: privacy.Restriction, Email: anna, Ground: privacy.Claims}
	wrongData  = request.Filing{Right: privacy.Restriction, Email: anna, Ground: privacy.Accuracy, Categories: []privacy.Category{privacy.Account}}
)

// rig is the service, with what function request does before it answers.
type rig struct {
	*servicetest.Rig
	atOnce *request.Fulfilment
}

func newRig(t testing.TB) *rig {
	s := &rig{Rig: servicetest.New(t)}
	limits := &objection.Answer{
		Register: s.Requests, Addresses: s.Addresses, Subjects: s.Subjects, Keys: servicetest.Aliases, Policy: policy.InForce, Now: s.Clock.Now,
	}
	s.Team.Children = objection.Children{Subjects: s.Subjects, Aliases: servicetest.Aliases, Policy: policy.InForce, Now: s.Clock.Now}
	s.atOnce = &request.Fulfilment{Register: s.Requests, Answers: map[work.Kind]request.Answerer{work.Limit: limits}, Now: s.Clock.Now}
	return s
}

// files files a request as function request does, and returns its file.
func (s *rig) files(f request.Filing) request.File {
	s.T.Helper()
	stored, err := s.Requester.File(s.T.Context(), f)
	if err != nil {
		s.T.Fatal(err)
	}
	if !stored.Unproven {
		return request.File{Request: stored}
	}
	file, err := s.atOnce.AtOnce(s.T.Context(), request.File{Request: stored})
	if err != nil {
		s.T.Fatal(err)
	}
	return file
}

// limits files a request, has it confirmed if it must be, and does everything that follows, passes over the records included.
func (s *rig) limits(f request.Filing) request.File {
	s.T.Helper()
	file := s.files(f)
	if !file.Request.Unproven {
		s.Prove(file.Request.ID)
	}
	s.works()
	return s.Load(file.Request.ID)
}

// works does everything that is due now, and what becomes due within ten minutes.
func (s *rig) works() {
	s.T.Helper()
	for range 10 {
		s.workNow()
		s.Clock.Advance(time.Minute)
	}
}

// workNow does everything that is due, like the schedules. A task that fails is tried again later.
func (s *rig) workNow() {
	s.T.Helper()
	due, err := s.Queue.Due(s.T.Context(), s.Clock.Now())
	if err != nil {
		s.T.Fatal(err)
	}
	for _, task := range due {
		s.do(s.T.Context(), task)
	}
}

func (s *rig) do(ctx context.Context, task work.Task) {
	does := map[work.Kind]func(context.Context, string) error{
		work.Request: s.Fulfilment.Run, work.Mailbox: s.Posting.Run, work.Identity: s.Changes.Run,
		work.Walk: func(ctx context.Context, id string) error { return s.Intake.Walk(ctx, privacy.SubjectID(id)) },
	}
	if do := does[task.Kind]; do != nil {
		_ = do(ctx, task.Ref)
	}
}

// withdraws takes a request back, as function request does for somebody who has just opened a link.
func (s *rig) withdraws(id string) request.File {
	s.T.Helper()
	file, err := s.Requester.WithdrawOf(s.T.Context(), id, subject.Proof{Mailbox: s.Load(id).Request.Mailbox, Fresh: true})
	if err != nil {
		s.T.Fatal(err)
	}
	if file.Request.Step == request.StepLift {
		if file, err = s.atOnce.AtOnce(s.T.Context(), file); err != nil {
			s.T.Fatal(err)
		}
	}
	return file
}

// decides returns the decision about somebody known by an address.
func (s *rig) decides(email string, purpose privacy.Purpose) decision.Decision {
	s.T.Helper()
	d := decision.Decider{Policy: policy.InForce, Subjects: s.Subjects, Consents: &s.Consents.Store, Aliases: servicetest.Aliases, Now: s.Clock.Now}
	answer, err := d.Answer(s.T.Context(), servicetest.CRM, decision.Question{Subject: decision.Who{Named: record.Named{Email: &email}}, Purpose: purpose})
	if err != nil {
		s.T.Fatal(err)
	}
	return answer.Decision
}

// grants records a consent of somebody on record.
func (s *rig) grants(id privacy.SubjectID, purposes ...privacy.Purpose) {
	s.T.Helper()
	decisions := map[privacy.Purpose]consent.State{}
	for _, p := range purposes {
		decisions[p] = consent.Granted
	}
	rules := s.ByAddress.Recorder.Rules()
	if _, err := s.ByAddress.Recorder.RecordPrepared(s.T.Context(), consent.Act{
		Subject: consent.Address(id), Operation: uuid.NewString(), Keyed: true, Decisions: decisions, PolicyVersion: rules.Version, Language: "en", Surface: "preferences", ConfirmOptIn: true,
	}); err != nil {
		s.T.Fatal(err)
	}
}

// state returns the standing of somebody known by an address, and their id.
func (s *rig) state(email string) (privacy.SubjectID, standing.Snapshot) {
	s.T.Helper()
	known, _, err := s.Addresses.Find(s.T.Context(), s.Parse(email))
	if err != nil {
		s.T.Fatal(err)
	}
	is, _, err := s.Subjects.State(s.T.Context(), known.Subject)
	if err != nil {
		s.T.Fatal(err)
	}
	return known.Subject, is
}

// mails returns the mails of a kind to an address.
func (s *rig) mails(kind, to string) (found []servicetest.Mail) {
	for _, m := range s.Mails {
		if m.Kind == kind && m.To == to {
			found = append(found, m)
		}
	}
	return found
}

// listed returns the requests that the page of a mailbox shows as confirmed.
func (s *rig) listed(email string) []request.Request {
	s.T.Helper()
	all, _, err := s.Behind.Of(s.T.Context(), servicetest.Aliases.Mailbox(s.Parse(email)))
	if err != nil {
		s.T.Fatal(err)
	}
	return request.Confirmed(all)
}

// report takes in that a mail came back.
func (s *rig) report(m servicetest.Mail) {
	s.T.Helper()
	if err := s.Reports.Take(s.T.Context(), feedback.Event{
		Mail: feedback.Mail{Kind: feedback.Request, About: m.About, Part: m.Part}, Outcome: feedback.Bounced, At: s.Clock.Now(), MessageID: m.Part, Reason: "mailbox_full", Address: m.To,
	}); err != nil {
		s.T.Fatal(err)
	}
}
