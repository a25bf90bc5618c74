package servicetest

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// Faulty is a [Rig] for the tests of rights requests. A test chooses which calls to the outside fail and which addresses are on record, and
// mails to an address are limited.
type Faulty struct {
	*Rig
	OnRecord map[string]string // look-up form of an address → spelling on record
	Once     map[string]error  // operation (see [Rig.Fails]) → error to answer once
	Down     map[string]error  // operation → error to answer until the test deletes it
	Stopped  int               // exports that were given up
	Reopened int               // requests that are open again because their answer came back

	mu sync.Mutex
}

// NewFaulty returns a rig under the policy in force, on new tables.
func NewFaulty(t testing.TB) *Faulty {
	s := &Faulty{Rig: New(t), OnRecord: map[string]string{}, Once: map[string]error{}, Down: map[string]error{}}
	s.Fails, s.Opening.Addresses, s.Erasing.Addresses, s.Eraser.Addresses = s.fail, s, s, s
	s.Reports.Reopened = func(context.Context, string) { s.Reopened++ }
	s.Delivery.Stopped = func(context.Context, string) { s.Stopped++ }
	return s
}

func (s *Faulty) fail(operation string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.Once[operation]
	delete(s.Once, operation)
	if err == nil {
		err = s.Down[operation]
	}
	return err
}

// Find implements [request.Addresses].
func (s *Faulty) Find(_ context.Context, a subject.Address) (subject.Known, bool, error) {
	spelling, ok := s.OnRecord[a.Lookup]
	return subject.Known{Subject: privacy.SubjectID("sid-" + a.Lookup), Spelling: spelling}, ok, s.fail("find")
}

// FileAndMail files a request and mails its link.
func (s *Faulty) FileAndMail(email string) request.Request {
	s.T.Helper()
	r := s.File(request.Filing{Right: privacy.Portability, Email: email})
	s.Work()
	return r
}

// Verified files a request, opens its link and confirms it.
func (s *Faulty) Verified(email string) request.Request {
	s.T.Helper()
	r := s.FileAndMail(email)
	proof, _ := s.Open(s.LastMail())
	if _, err := s.Requester.Confirm(s.T.Context(), r.ID, proof); err != nil {
		s.T.Fatal(err)
	}
	return r
}

// Work does all due tasks, like the schedules. It ignores their errors, because failed tasks are tried again.
func (s *Faulty) Work() {
	s.T.Helper()
	for range 3 {
		due, err := s.Queue.Due(s.T.Context(), s.Clock.Now())
		if err != nil {
			s.T.Fatal(err)
		}
		if len(due) == 0 {
			return
		}
		for _, task := range due {
			switch task.Kind {
			case work.Export:
				_, _ = s.Delivery.Do(s.T.Context(), task.Ref)
			case work.Mailbox:
				_ = s.Posting.Run(s.T.Context(), task.Ref)
			default:
				_ = s.Fulfilment.Run(s.T.Context(), task.Ref)
			}
		}
	}
}

// IsDue reports whether a task is due now or will be within the given time.
func (s *Faulty) IsDue(in time.Duration) bool {
	s.T.Helper()
	out, err := s.Tables.Client.Scan(s.T.Context(), &dynamodb.ScanInput{
		TableName: &s.Requests.Table, ConsistentRead: aws.Bool(true), FilterExpression: aws.String("nextAt <= :at"),
		ExpressionAttributeValues: dynamo.Item{":at": dynamo.Seconds(s.Clock.Now().Add(in))},
	})
	if err != nil {
		s.T.Fatal(err)
	}
	return len(out.Items) > 0
}

// Pass moves the clock by d, and does the due tasks every half hour.
func (s *Faulty) Pass(d time.Duration) {
	s.T.Helper()
	for end := s.Clock.Now().Add(d); s.Clock.Now().Before(end); {
		step := 30 * time.Minute
		if s.IsDue(0) {
			s.Work()
		} else if !s.IsDue(6 * time.Hour) {
			step = 6 * time.Hour
		}
		s.Clock.Advance(min(step, end.Sub(s.Clock.Now())))
	}
}

// Kinds returns the kinds of a request's events, oldest first.
func Kinds(file request.File) (all []request.EventKind) {
	for _, e := range file.Events {
		all = append(all, e.Kind)
	}
	return all
}

// Report takes in a report of SES about a mail: what happened to it, whether a later mail may reach the address, and why.
func (s *Faulty) Report(m Mail, outcome feedback.Outcome, permanent bool, reason string) {
	s.T.Helper()
	id, _, _ := strings.Cut(m.About, ".") // the id of an export begins with that of its request
	e := feedback.Event{Mail: feedback.Mail{Kind: feedback.Request, About: id, Part: m.Part}, Outcome: outcome, At: s.Clock.Now(),
		MessageID: id + m.Part, Permanent: permanent, Reason: reason, Address: m.To}
	if err := s.Reports.Take(s.T.Context(), e); err != nil {
		s.T.Fatal(err)
	}
}
