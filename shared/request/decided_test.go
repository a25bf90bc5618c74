package request_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

var operator = audit.Actor{Kind: audit.Operator, ID: "olga"}

// audited returns how many audit entries of an act there are, all by the operator.
func (s *rig) audited(act audit.Act) (count int) {
	s.T.Helper()
	for _, item := range s.Scan("LedgerTable") {
		if dynamo.Text(item, "act") != string(act) {
			continue
		}
		if count++; dynamo.Text(item, "actorKind") != "operator" || dynamo.Text(item, "actor") != "olga" || !request.IsID(dynamo.Text(item, "about")) {
			s.T.Errorf("an entry by %s about %s", dynamo.Text(item, "actor"), dynamo.Text(item, "about"))
		}
	}
	return count
}

func (s *rig) extend(id string) error {
	return request.Extend(s.T.Context(), s.Requests, id, operator, "Very many people have asked.", s.Clock.Now())
}

func (s *rig) closes(id string, result request.Result) error {
	return request.CloseBy(s.T.Context(), s.Requests, id, operator, request.Outcome{Result: result, Reason: "We have looked into it."}, s.Clock.Now())
}

// H13: an extension is in force once SES has accepted its notice. Both dates are told apart: what the team decided, and when the notice left.
func TestPromise_H13_AnExtensionIsInForceWithItsNotice(t *testing.T) {
	s := newRig(t)
	before := s.correction().Request
	due := request.DueAt(before)
	s.Down["mail"] = subject.ErrMailRefused
	if err := s.extend(before.ID); err != nil {
		t.Fatal(err)
	}
	s.Pass(3 * 24 * time.Hour)
	if r := s.Load(before.ID).Request; r.Step != request.StepExtend || r.Extended() || !request.DueAt(r).Equal(due) || r.Try < 3 || r.Extension.DecidedAt.IsZero() {
		t.Errorf("refused: %+v", r)
	}
	delete(s.Down, "mail")
	s.Mails = nil
	s.Pass(2 * time.Hour)
	file := s.Load(before.ID)
	r := file.Request
	if !r.Extended() || r.Step != "" || r.WaitsFor(s.Clock.Now()) != request.ForTeam || r.Extension.By != operator || !request.DueAt(r).After(due.AddDate(0, 1, 0)) {
		t.Errorf("%+v", r)
	}
	if kinds := servicetest.Kinds(file); kinds[len(kinds)-1] != request.EventExtended || len(s.Mails) != 1 || s.LastMail().To != "anna@example.org" || s.LastMail().Kind != "extended" {
		t.Errorf("%v, %+v", kinds, s.Mails)
	}
	if s.audited(audit.RequestExtended) != 1 {
		t.Errorf("%d entries", s.audited(audit.RequestExtended))
	}
	if err := s.extend(r.ID); !errors.Is(err, request.ErrExtended) {
		t.Errorf("a second time: %v", err)
	}
}

// H13: an extension whose notice SES does not accept before the original deadline is dropped, and the team is alarmed. The original deadline stands.
func TestPromise_H13_ANoticeThatIsTooLateIsDropped(t *testing.T) {
	for name, refusal := range map[string]error{"late": subject.ErrMailRefused, "unmailable": subject.ErrUnmailable} {
		s := newRig(t)
		r := s.correction().Request
		due := request.DueAt(r)
		s.Clock.Set(due.Add(-3 * time.Hour))
		s.Down["mail"] = refusal
		alarms := len(s.ForTeam)
		if err := s.extend(r.ID); err != nil {
			t.Fatal(err)
		}
		s.Pass(5 * time.Hour)
		file := s.Load(r.ID)
		last := file.Events[len(file.Events)-1]
		if last.Kind != request.EventExtensionDropped || last.Reason != name || file.Request.Extension != (request.Extension{}) || file.Request.Step != "" || !request.DueAt(file.Request).Equal(due) {
			t.Errorf("%s: %+v", name, file)
		}
		if len(s.ForTeam) != alarms+1 || !file.Request.Overdue(s.Clock.Now()) || file.Request.WaitsFor(s.Clock.Now()) != request.ForTeam {
			t.Errorf("%s: %d alarms", name, len(s.ForTeam)-alarms)
		}
	}
}

// H13: a notice that SES accepts while the deadline passes is in force until the last second, and not after it.
func TestPromise_H13_TheNoticeAtTheLastSecond(t *testing.T) {
	for _, late := range []time.Duration{0, time.Second} {
		s := newRig(t)
		r := s.correction().Request
		due := request.DueAt(r)
		s.Clock.Set(due)
		if err := s.extend(r.ID); err != nil {
			t.Fatal(err)
		}
		s.Team.Now = func() time.Time { return due.Add(late) } // SES answers then
		s.Work()
		if r := s.Load(r.ID).Request; r.Extended() != (late == 0) || r.Step != "" {
			t.Errorf("accepted %s after the deadline: %+v", late, r)
		}
	}
}

// What the team cannot do is refused with a clear error, and leaves neither a change nor an audit entry.
func TestActsThatAreRefused(t *testing.T) {
	s := newRig(t)
	ctx, now := t.Context(), s.Clock.Now
	verifying := s.FileAndMail("berta@example.org").ID
	child := s.confirmed(request.Filing{Right: privacy.ChildErasure, Email: "clara@example.org", Details: "My son."}).Request.ID
	closed := s.confirmed(request.Filing{Right: privacy.Rectification, Email: "dora@example.org", Details: "My name."}).Request.ID
	if err := request.CloseTold(ctx, s.Requests, closed, operator, request.Outcome{Result: request.Done, Reason: "Done."}, now()); err != nil {
		t.Fatal(err)
	}
	closing := s.confirmed(request.Filing{Right: privacy.Rectification, Email: "fay@example.org", Details: "My name."}).Request.ID
	waits := s.confirmed(request.Filing{Right: privacy.Rectification, Email: "gil@example.org", Details: "My name."}).Request.ID
	late := s.confirmed(request.Filing{Right: privacy.Rectification, Email: "hal@example.org", Details: "My name."}).Request
	objection := s.confirmed(request.Filing{Right: privacy.Objection, Email: "ida@example.org", Purposes: []privacy.Purpose{"quality_assurance", "business_development"}}).Request.ID
	export := s.Verified("emma@example.org").ID // its answer step is due, and so is the mail about the next one
	if err := s.closes(closing, request.Done); err != nil {
		t.Fatal(err)
	}
	before, entries := s.Scan("RequestsTable"), s.Count("LedgerTable")

	extends := func(id, why string, at time.Time) error {
		return request.Extend(ctx, s.Requests, id, operator, why, at)
	}
	ends := func(id string, result request.Result, why string) error {
		return request.CloseBy(ctx, s.Requests, id, operator, request.Outcome{Result: result, Reason: why}, now())
	}
	goesOn := func(id string, result request.Result, purposes ...privacy.Purpose) error {
		return request.CloseBy(ctx, s.Requests, id, operator, request.Outcome{Result: result, Reason: "Because.", GoesOn: purposes}, now())
	}
	released := func(id string) error { return request.Release(ctx, s.Requests, id, operator, now()) }
	const nobody, why = "019ab2c4-7a10-7c3e-9d55-2f6b8a41c0d0", "Because."
	for name, c := range map[string]struct{ err, want error }{
		"extend an unknown one":      {extends(nobody, why, now()), request.ErrUnknown},
		"extend an unconfirmed one":  {extends(verifying, why, now()), request.ErrUnconfirmed},
		"extend a child's":           {extends(child, why, now()), request.ErrNoExtension},
		"extend a closed one":        {extends(closed, why, now()), request.ErrClosed},
		"extend one at work":         {extends(export, why, now()), request.ErrUnderway},
		"extend one being closed":    {extends(closing, why, now()), request.ErrUnderway},
		"extend a late one":          {extends(late.ID, why, request.DueAt(late).Add(time.Second)), request.ErrTooLate},
		"close an unknown one":       {ends(nobody, request.Done, why), request.ErrUnknown},
		"close an unconfirmed one":   {ends(verifying, request.Done, why), request.ErrUnconfirmed},
		"close a closed one":         {ends(closed, request.Done, why), request.ErrClosed},
		"close one at work":          {ends(export, request.Declined, why), request.ErrUnderway},
		"close one twice":            {ends(closing, request.Declined, why), request.ErrUnderway},
		"close one at work, told":    {request.CloseTold(ctx, s.Requests, export, operator, request.Outcome{Result: request.Done, Reason: why}, now()), request.ErrUnderway},
		"close an unconfirmed, told": {request.CloseTold(ctx, s.Requests, verifying, operator, request.Outcome{Result: request.Done, Reason: why}, now()), request.ErrUnconfirmed},
		"release a closed one":       {released(closed), request.ErrClosed},
		"release an unconfirmed":     {released(verifying), request.ErrUnconfirmed},
		"release one at work":        {released(export), request.ErrNotReleasable},
		"release what is judged":     {released(waits), request.ErrNotReleasable},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v", name, c.err)
		}
	}
	for name, c := range map[string]struct {
		err   error
		field string
	}{
		"extend without a reason": {extends(waits, " \n", now()), "/reason"},
		"close without a reason":  {ends(waits, request.Done, ""), "/reason"},
		"close with a long one":   {ends(waits, request.Done, strings.Repeat("ä", 2001)), "/reason"},
		"close with a card":       {ends(waits, request.Done, "4111 1111 1111 1111"), "/reason"},
		"close with a bell":       {ends(waits, request.Done, "\a"), "/reason"},
		"close without a result":  {ends(waits, "", why), "/result"},
		"close with another":      {ends(waits, "fulfilled", why), "/result"},
		"close another in part":   {goesOn(waits, request.PartlyDone, "quality_assurance"), "/purposes"},
		"close for purposes":      {goesOn(objection, request.Done, "quality_assurance"), "/purposes"},
		"close in part for none":  {goesOn(objection, request.PartlyDone), "/purposes"},
		"close in part for more":  {goesOn(objection, request.PartlyDone, "quality_assurance", "internal_analytics"), "/purposes"},
		"close marketing":         {goesOn(objection, request.PartlyDone, "business_development"), "/purposes"},
	} {
		if e, ok := errors.AsType[*fault.Error](c.err); !ok || len(e.Fields) != 1 || e.Fields[0].Pointer != c.field {
			t.Errorf("%s: %v", name, c.err)
		}
	}
	if after := s.Scan("RequestsTable"); len(after) != len(before) || s.Count("LedgerTable") != entries {
		t.Errorf("%d items and %d entries, not %d and %d", len(after), s.Count("LedgerTable"), len(before), entries)
	}
	for _, item := range before {
		if !slices.ContainsFunc(s.Scan("RequestsTable"), func(i dynamo.Item) bool {
			return dynamo.Text(i, dynamo.PK) == dynamo.Text(item, dynamo.PK) && dynamo.Text(i, dynamo.SK) == dynamo.Text(item, dynamo.SK) && dynamo.Int(i, "v") == dynamo.Int(item, "v")
		}) {
			t.Errorf("%s %s changed", dynamo.Text(item, dynamo.PK), dynamo.Text(item, dynamo.SK))
		}
	}
}

// F24: a request is closed once SES has accepted the mail with its outcome, and not before. The mail goes to the spelling on record. What a refused
// objection or restriction imposed is lifted only then (promise H04).
func TestFault_F24_AnOutcomeCountsOnceItWasMailed(t *testing.T) {
	for _, row := range []struct {
		right  privacy.Right
		result request.Result
		state  request.State
		step   request.Step
	}{
		{privacy.Erasure, request.Done, request.Fulfilled, ""}, {privacy.Rectification, request.PartlyDone, request.Fulfilled, ""},
		{privacy.Delete, request.Declined, request.Refused, ""}, {privacy.ChildErasure, request.Done, request.Fulfilled, ""},
		{privacy.Objection, request.Declined, request.Refused, request.StepLift}, {privacy.Restriction, request.Declined, request.Refused, request.StepLift},
		{privacy.Objection, request.Done, request.Fulfilled, ""}, {privacy.Restriction, request.PartlyDone, request.Fulfilled, ""},
	} {
		s := newRig(t)
		s.Known("Anna@example.org")
		id := s.forTeam(row.right)
		s.Down["mail"] = subject.ErrMailRefused
		if err := s.closes(id, row.result); err != nil {
			t.Fatal(err)
		}
		s.Pass(2 * 24 * time.Hour)
		if r := s.Load(id).Request; r.State != request.Open || r.Step != request.StepClose || !r.ClosedAt.IsZero() {
			t.Errorf("%s %s, refused by SES: %+v", row.right, row.result, r)
		}
		delete(s.Down, "mail")
		s.Mails = nil
		s.Clock.Advance(time.Hour)
		s.Fulfil(id)
		file := s.Load(id)
		r, last := file.Request, file.Events[len(file.Events)-1]
		if r.State != row.state || r.Step != row.step || !r.ClosedAt.Equal(s.Clock.Now()) || r.Outcome.Result != row.result || r.Outcome.By != operator || r.Outcome.Reason == "" {
			t.Errorf("%s %s: %+v", row.right, row.result, r)
		}
		if last.Kind != request.EventClosed || last.Reason != string(row.result) || len(s.Mails) != 1 || s.LastMail().Kind != "closed" || s.LastMail().To != "Anna@example.org" ||
			last.Mail != s.LastMail().Part || r.Email != "Anna@example.org" {
			t.Errorf("%s %s: %+v, %+v", row.right, row.result, last, s.Mails)
		}
		if s.audited(audit.RequestClosed) != 1 {
			t.Errorf("%d entries", s.audited(audit.RequestClosed))
		}
	}
}

// forTeam returns the id of a confirmed request of Anna's that waits for the team.
func (s *rig) forTeam(right privacy.Right) string {
	s.T.Helper()
	r := request.Request{ID: "019ab2c4-7a10-7c3e-9d55-2f6b8a41c0de", Right: right, State: request.Open, Email: "anna@example.org", Jurisdiction: privacy.EU,
		Mailbox: servicetest.Proof("anna@example.org").Mailbox, PolicyVersion: s.InForce(s.Clock.Now()).Version, Terms: s.InForce(s.Clock.Now()).Terms(),
		ReceivedAt: s.Clock.Now(), VerifiedAt: s.Clock.Now()}
	if _, err := s.Requests.Save(s.T.Context(), request.File{Request: r}, r, r.Listing()); err != nil {
		s.T.Fatal(err)
	}
	return r.ID
}

// T27: about a request that was taken out of its mailbox nobody is mailed, and neither about one whose address no mail ever reaches: it stays with the team.
// Once the team has told the person in another way, it closes the request without a mail.
func TestThreat_T27_NobodyIsMailedWhereTheAddressIsGone(t *testing.T) {
	for name, gone := range map[string]func(*rig, request.File){
		"detached": func(s *rig, file request.File) {
			r := file.Request
			r.Mailbox, r.Subject = "", "anna"
			if _, err := s.Requests.Save(t.Context(), file, r); err != nil {
				t.Fatal(err)
			}
		},
		"unmailable": func(s *rig, _ request.File) { s.Down["mail"] = subject.ErrUnmailable },
	} {
		s := newRig(t)
		id := s.forTeam(privacy.Objection)
		gone(s, s.Load(id))
		if err := s.closes(id, request.Declined); err != nil {
			t.Fatal(err)
		}
		s.Pass(time.Hour)
		file := s.Load(id)
		if file.Request.State != request.Open || file.Request.Step != "" || reason(file) != request.WhyUnmailable || len(s.ForTeam) != 1 || name == "detached" && len(s.Mails) != 0 {
			t.Errorf("%s: %+v, %d mails, %d alarms", name, file, len(s.Mails), len(s.ForTeam))
		}
		s.Mails = nil
		if err := request.CloseTold(t.Context(), s.Requests, id, operator, request.Outcome{Result: request.Declined, Reason: "Told by letter."}, s.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		r := s.Load(id).Request
		if r.State != request.Refused || r.Step != request.StepLift || len(s.Mails) != 0 || s.audited(audit.RequestClosed) != 2 {
			t.Errorf("%s, told: %+v, %d mails", name, r, len(s.Mails))
		}
	}
}

// A notice that has not left is dropped with the outcome, and a withdrawal ends both.
func TestAnOutcomeOvertakesANotice(t *testing.T) {
	s := newRig(t)
	id := s.forTeam(privacy.Erasure)
	if err := errors.Join(s.extend(id), s.closes(id, request.Done)); err != nil {
		t.Fatal(err)
	}
	if s.Work(); len(s.Mails) != 1 || s.LastMail().Kind != "closed" || s.Load(id).Request.Extension != (request.Extension{}) {
		t.Errorf("%+v", s.Mails)
	}
}

// H16: nobody reads what a person wrote without an audit entry.
func TestPromise_H16_ViewsAreRecordedFirst(t *testing.T) {
	s := newRig(t)
	id := s.forTeam(privacy.Erasure)
	s.killWrite(0)
	if file, err := request.View(t.Context(), s.Requests, id, operator, s.Clock.Now()); err == nil && file.Request.ID != "" {
		t.Error("read without an entry")
	}
	s.Wire.Through = nil
	for range 3 {
		if file, err := request.View(t.Context(), s.Requests, id, operator, s.Clock.Now()); err != nil || file.Request.ID != id {
			t.Error(err)
		}
	}
	if s.audited(audit.RequestViewed) != 3 || s.Load(id).Request.Version != 1 {
		t.Errorf("%d entries", s.audited(audit.RequestViewed))
	}
	if _, err := request.View(t.Context(), s.Requests, "019ab2c4-7a10-7c3e-9d55-2f6b8a41c0d0", operator, s.Clock.Now()); !errors.Is(err, request.ErrUnknown) || s.audited(audit.RequestViewed) != 3 {
		t.Errorf("an unknown request: %v", err)
	}
}
