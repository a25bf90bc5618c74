package request_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// confirmed files a request, confirms it by the link that was mailed, and does its next step.
func (s *rig) confirmed(f request.Filing) request.File {
	s.T.Helper()
	r := s.File(f)
	s.Work()
	proof, _ := s.Open(s.LastMail())
	if _, err := s.Requester.Confirm(s.T.Context(), r.ID, proof); err != nil {
		s.T.Fatal(err)
	}
	s.Work()
	return s.Load(r.ID)
}

// correction returns a request for a correction that waits for the team.
func (s *rig) correction() request.File {
	s.T.Helper()
	return s.confirmed(request.Filing{Right: privacy.Rectification, Email: "anna@example.org", Jurisdiction: privacy.EU, Details: "My name."})
}

// behind is an address of which the team may have to doubt.
type behind struct{ subject.Known }

// Find implements [request.Addresses].
func (b behind) Find(context.Context, subject.Address) (subject.Known, bool, error) {
	return b.Known, true, nil
}

// protected is where consent and marketing are stopped. It notes the addresses, with the request.
type protected struct {
	all []string
	err error
}

// Stop implements [request.Children].
func (p *protected) Stop(_ context.Context, address string, id string) error {
	if one := address + " " + id; !slices.Contains(p.all, one) {
		p.all = append(p.all, one)
	}
	return p.err
}

// Resume implements [request.Children].
func (p *protected) Resume(_ context.Context, address string, id string) error {
	p.all = slices.DeleteFunc(p.all, func(one string) bool { return one == address+" "+id })
	return p.err
}

// reason returns why a request went to the team last.
func reason(file request.File) (why string) {
	for _, e := range file.Events {
		if e.Kind == request.EventForTeam {
			why = e.Reason
		}
	}
	return why
}

// What needs judgement waits for the team: open, without a step, with an alarm. What a person withdraws meanwhile ends.
func TestWhatNeedsJudgementWaitsForTheTeam(t *testing.T) {
	for _, right := range []privacy.Right{privacy.Rectification, privacy.ChildErasure} {
		s := newRig(t)
		file := s.confirmed(request.Filing{Right: right, Email: "anna@example.org", Details: "Please."})
		r := file.Request
		if r.State != request.Open || r.Step != "" || r.WaitsFor(s.Clock.Now()) != request.ForTeam || reason(file) != request.WhyJudgement || len(s.ForTeam) != 1 || s.ForTeam[0] != r.ID {
			t.Errorf("%s: %+v, alarms %v", right, file, s.ForTeam)
		}
		s.Pass(40 * 24 * time.Hour)
		if later := s.Load(r.ID).Request; later.State != request.Open || !later.Overdue(s.Clock.Now()) || len(s.ForTeam) != 1 {
			t.Errorf("%s, forty days later: %+v, alarms %v", right, later, s.ForTeam)
		}
		if _, err := s.Requester.Withdraw(t.Context(), r.ID, status(r.ID)); err != nil || s.Load(r.ID).Request.State != request.Withdrawn {
			t.Errorf("%s: withdrawn: %v", right, err)
		}
	}
}

// T27, T33: a request that only the data subject may make goes to the team with the doubt about its address, and while the address is new, not before it is
// known. The team's release ends a wait and a freeze, and no other doubt.
func TestThreat_T33_TheTeamReleasesAnAddressThatIsNewOrFrozen(t *testing.T) {
	for name, row := range map[string]struct {
		known    subject.Known
		why      string
		released bool // the request goes on after a release
	}{
		"nobody's":          {subject.Known{}, request.WhyJudgement, false},
		"known":             {subject.Known{Subject: "anna"}, request.WhyJudgement, false},
		"shared":            {subject.Known{Doubt: subject.Shared}, "shared", false},
		"detached":          {subject.Known{Doubt: subject.Detached}, "detached", false},
		"frozen":            {subject.Known{Subject: "anna", Doubt: subject.Frozen}, "frozen", true},
		"frozen and shared": {subject.Known{Doubt: subject.Frozen}, "frozen", true},
	} {
		s := newRig(t)
		s.Team.Addresses = behind{row.known}
		file := s.correction()
		if reason(file) != row.why || file.Request.State != request.Open || file.Request.Step != "" {
			t.Errorf("%s: %+v", name, file)
		}
		err := request.Release(t.Context(), s.Requests, file.Request.ID, operator, s.Clock.Now())
		if errors.Is(err, request.ErrNotReleasable) == row.released || err != nil && row.released {
			t.Errorf("%s: released: %v", name, err)
		}
		want := row.why
		if row.known.Doubt == subject.Frozen && row.known.Subject != "" {
			want = request.WhyJudgement
		}
		s.Work()
		if file = s.Load(file.Request.ID); reason(file) != want || file.Request.Step != "" {
			t.Errorf("%s, after the release: %+v", name, file)
		}
		if s.audited("request_released") != map[bool]int{true: 1}[row.released] {
			t.Errorf("%s: %d entries", name, s.audited("request_released"))
		}
	}
}

// T33: while an address is new, the request waits. The release ends the wait. An address that is attached again, or contested, after the release
// waits again.
func TestThreat_T33_ANewAddressWaitsUntilItsRelease(t *testing.T) {
	s := newRig(t)
	known := subject.Known{Subject: "anna", AttachedAt: s.Clock.Now()}
	s.Team.Addresses = behind{known}
	file := s.correction()
	id := file.Request.ID
	if file.Request.WaitsFor(s.Clock.Now()) != request.ForDays || !file.Request.NextAt.Equal(s.InForce(s.Clock.Now()).AnswersFrom(known.AttachedAt)) || len(s.ForTeam) != 0 {
		t.Fatalf("%+v", file)
	}
	release := func(want error) {
		t.Helper()
		s.Clock.Advance(time.Minute)
		if err := request.Release(t.Context(), s.Requests, id, operator, s.Clock.Now()); !errors.Is(err, want) {
			t.Fatal(err)
		}
		s.Work()
	}
	release(nil)
	if file = s.Load(id); reason(file) != request.WhyJudgement || file.Request.Step != "" || len(s.ForTeam) != 1 {
		t.Errorf("released: %+v", file)
	}
	release(request.ErrNotReleasable)

	s.Team.Addresses = behind{subject.Known{Subject: "anna", AttachedAt: s.Clock.Now().Add(time.Minute)}}
	if from, waits := file.AnswersFrom(s.InForce(s.Clock.Now()), subject.Known{AttachedAt: s.Clock.Now().Add(time.Minute)}, s.Clock.Now()); !waits {
		t.Errorf("attached after the release: answered from %s", from)
	}
	file.Request.CutAt = s.Clock.Now().Add(time.Minute)
	if why := file.Doubt(subject.Known{Subject: "anna", Doubt: subject.Frozen}); why != subject.Frozen {
		t.Errorf("contested after the release: %q", why)
	}
}

// T33: an export waits for its address to be known, or for the release.
func TestThreat_T33_TheReleaseAnswersAnAccessRequest(t *testing.T) {
	s := newRig(t)
	for name, known := range map[string]subject.Known{
		"new": {Subject: "anna", Spelling: "anna@example.org", AttachedAt: s.Clock.Now()}, "frozen": {Subject: "anna", Spelling: "anna@example.org", Doubt: subject.Frozen},
	} {
		s.Opening.Addresses = behind{known}
		s.Mails = nil
		id := s.confirmed(request.Filing{Right: privacy.Access, Email: "anna@example.org"}).Request.ID
		if len(s.sort("export")) != 0 {
			t.Fatalf("%s: an export was mailed", name)
		}
		if err := request.Release(t.Context(), s.Requests, id, operator, s.Clock.Now()); err != nil {
			t.Fatal(name, err)
		}
		s.Work()
		if s.Load(id).Request.State != request.Fulfilled || len(s.sort("export")) != 1 {
			t.Errorf("%s: %+v", name, s.Load(id))
		}
	}
}

// I02: consent and marketing at the child's address stop before the report goes to the team. While that fails, the step stays due. If too much is in force
// there, the team is told that they go on.
func TestPromise_I02_TheChildIsProtectedFirst(t *testing.T) {
	for name, row := range map[string]struct {
		child *request.Child
		err   error
		why   string
	}{
		"stopped":     {&request.Child{Email: "child@example.org"}, nil, request.WhyJudgement},
		"no address":  {nil, nil, request.WhyJudgement},
		"empty":       {&request.Child{}, nil, request.WhyJudgement},
		"not stopped": {&request.Child{Email: "child@example.org"}, request.ErrNotStopped, request.WhyNotStopped},
		"fails":       {&request.Child{Email: "child@example.org"}, errors.New("throttled"), ""},
	} {
		s := newRig(t)
		children := &protected{err: row.err}
		s.Team.Children = children
		file := s.confirmed(request.Filing{Right: privacy.ChildErasure, Email: "anna@example.org", Details: "My daughter.", Child: row.child})
		stops := row.child != nil && row.child.Email != ""
		if reason(file) != row.why || (len(children.all) == 1) != stops || stops && children.all[0] != "child@example.org "+file.Request.ID {
			t.Errorf("%s: %s, %v", name, reason(file), children.all)
		}
		children.err = nil
		if s.Work(); row.why == "" && reason(s.Load(file.Request.ID)) != request.WhyJudgement {
			t.Errorf("%s, later: %+v", name, s.Load(file.Request.ID))
		}
	}
}

// I02: once the team has refused a report and told the reporter, what the report had stopped goes on. After any other outcome it stays stopped.
func TestPromise_I02_ARefusedReportStopsNothing(t *testing.T) {
	for result, stops := range map[request.Result]bool{request.Done: true, request.PartlyDone: true, request.Declined: false} {
		s := newRig(t)
		children := &protected{}
		s.Team.Children = children
		id := s.confirmed(request.Filing{Right: privacy.ChildErasure, Email: "anna@example.org", Details: "My daughter.", Child: &request.Child{Email: "child@example.org"}}).Request.ID
		if err := s.closes(id, result); err != nil {
			t.Fatal(err)
		}
		s.Down["mail"] = subject.ErrMailRefused
		if s.Work(); len(children.all) != 1 {
			t.Errorf("%s: lifted before the mail", result)
		}
		delete(s.Down, "mail")
		s.Pass(2 * time.Hour)
		if r := s.Load(id).Request; (len(children.all) == 1) != stops || r.Step != "" || !r.State.Final() {
			t.Errorf("%s: %v, %+v", result, children.all, r)
		}
	}
}

// L03: a complaint is acknowledged by a receipt that is due before the complaint waits for the team, and waits at once, without a confirmation.
func TestPromise_L03_AComplaintIsAcknowledged(t *testing.T) {
	s := newRig(t)
	id := s.File(request.Filing{Right: privacy.Complaint, Email: "anna@example.org", Details: "Nobody answers me."}).ID
	s.killWrite(1) // the receipt's; the run is killed before the next write
	s.Work()
	s.Wire.Through = nil
	if file := s.Load(id); file.Request.State != request.Open || len(file.Events) != 0 {
		t.Fatalf("killed: %+v", file)
	}
	s.Clock.Advance(5 * time.Minute)
	s.Work()
	file := s.Load(id)
	receipts := s.sort("receipt")
	if file.Request.State != request.Open || file.Request.Step != "" || reason(file) != request.WhyJudgement || len(s.ForTeam) != 1 || len(receipts) == 0 {
		t.Fatalf("%+v, %d receipts", file, len(receipts))
	}
	act := receipts[0].Acts[0]
	if receipts[0].To != "anna@example.org" || act.Kind != mailbox.Filed || act.Right != privacy.Complaint || act.Request != id || !act.DueAt.Equal(request.DueAt(file.Request)) {
		t.Errorf("%+v", receipts[0])
	}
	if len(s.sort("link")) != 0 {
		t.Error("a link was mailed")
	}
}

// T32, L03: whatever strangers file for one address, its mailbox lists at most six complaints that wait, however the runs mix. One that only says the
// same again is counted there. The words of any other are kept, and it waits for the team too. Once the team has closed some, others are listed.
func TestThreat_T32_AFloodOfComplaints(t *testing.T) {
	s := newRig(t)
	many := soak.Pick(40, 300)
	file := func(n int, text string) (id string) {
		s.Clock.Advance(time.Second)
		return s.File(request.Filing{Right: privacy.Complaint, Email: "anna@example.org", Details: fmt.Sprintf("canary %s %d", text, n)}).ID
	}
	var ids []string
	for n := range many {
		ids = append(ids, file(n/2, "text")) // each comes twice
	}
	slices.Reverse(ids) // the newest are looked at first
	var wg sync.WaitGroup
	for half := range 2 {
		wg.Go(func() {
			for i := half; i < len(ids); i += 2 {
				_ = s.Fulfilment.Run(context.Background(), ids[i])
			}
		})
	}
	wg.Wait()
	for range 3 { // those that lost a race
		for _, id := range ids {
			s.Fulfil(id)
		}
	}
	open, repeats := s.complaints()
	if len(open) != limit.Waiting || repeats != limit.Waiting || len(s.ForTeam) != many-limit.Waiting {
		t.Errorf("%d are listed, repeated %d times, %d alarms", len(open), repeats, len(s.ForTeam))
	}
	for i, r := range open {
		if want := fmt.Sprint("canary text ", i); r.Details != want {
			t.Errorf("%q waits, not %q", r.Details, want)
		}
	}
	kept := map[string]bool{}
	for _, item := range s.Scan("RequestsTable") {
		waits := dynamo.Text(item, "state") == string(request.Open) && request.IsID(strings.TrimPrefix(dynamo.Text(item, dynamo.PK), "r#"))
		if text := dynamo.Text(item, "details"); text != "" || waits {
			kept[text] = waits && dynamo.Text(item, "email") != ""
		}
	}
	for n := range many / 2 {
		if text := fmt.Sprint("canary text ", n); len(kept) != many/2 || !kept[text] {
			t.Errorf("%q of %d texts does not wait", text, len(kept))
		}
	}
	for _, r := range open[:2] {
		if err := request.CloseTold(t.Context(), s.Requests, r.ID, operator, request.Outcome{Result: request.Done, Reason: "Sorry."}, s.Clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	s.Fulfil(file(1, "another"))
	s.Fulfil(file(2, "another"))
	s.Fulfil(file(3, "another"))
	if open, _ = s.complaints(); len(open) != limit.Waiting || open[5].Details != "canary another 2" {
		t.Errorf("%d wait", len(open))
	}
}

// complaints returns the complaints of Anna's mailbox that wait, oldest first, and how often they were repeated.
func (s *rig) complaints() (open []request.Request, repeats int) {
	s.T.Helper()
	under, err := s.Requests.Under(s.T.Context(), servicetest.Proof("anna@example.org").Mailbox)
	if err != nil {
		s.T.Fatal(err)
	}
	for _, r := range under {
		if r.State == request.Open {
			open = append(open, r)
			repeats += r.Repeats
		}
	}
	slices.SortFunc(open, func(a, b request.Request) int { return a.ReceivedAt.Compare(b.ReceivedAt) })
	return open, repeats
}

// T27: a request that was taken out of its mailbox is answered only if the address stands for its data subject again.
func TestThreat_T27_WhoseRequestItIs(t *testing.T) {
	for name, c := range map[string]struct {
		owner string
		known subject.Known
		want  subject.Doubt
	}{
		"nobody's":             {"", subject.Known{Subject: "anna"}, subject.NoDoubt},
		"theirs again":         {"anna", subject.Known{Subject: "anna"}, subject.NoDoubt},
		"of one joined to it":  {"bert", subject.Known{Subject: "anna", Formerly: []subject.Former{{ID: "bert"}}}, subject.NoDoubt},
		"of somebody else":     {"bert", subject.Known{Subject: "anna"}, subject.Detached},
		"of nobody any more":   {"bert", subject.Known{}, subject.Detached},
		"theirs, but in doubt": {"anna", subject.Known{Subject: "anna", Doubt: subject.Shared}, subject.Shared},
	} {
		file := request.File{Request: request.Request{Subject: privacy.SubjectID(c.owner)}}
		if got := file.Doubt(c.known); got != c.want {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
}
