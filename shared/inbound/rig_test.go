package inbound_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/dynamo/reminders"
	"github.com/helpdeskexpert/privacy/shared/inbound"
	"github.com/helpdeskexpert/privacy/shared/mail/received"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// service is the rig that reads real mails.
type service struct {
	*servicetest.Rig
	ctx    context.Context // of what is done now
	n      int             // mails that have arrived
	remind *request.Reminders
}

func newService(t testing.TB) *service {
	s := &service{Rig: servicetest.New(t), ctx: t.Context()}
	s.Inbox.Read = received.Read
	s.remind = &request.Reminders{
		Queue: s.Requests, Register: s.Requests, Progress: &reminders.Store{Client: s.Client, Table: s.Ledger.Table, Policy: policy.InForce, Now: s.Clock.Now},
		Proofs: s.Fulfilment.Proofs, Mailer: nobody{}, Measure: func(context.Context, request.Digest) {}, Policy: policy.InForce, Now: s.Clock.Now,
		Failed: func(_ context.Context, id string, err error) { t.Error(id, err) },
	}
	return s
}

// nobody reads the reminders of the team.
type nobody struct{}

func (nobody) TeamReminder(context.Context, string, request.Digest) error { return nil }

// passes lets time pass, in which people are reminded and everything is done that is due, twice a day.
func (s *service) passes(d time.Duration) {
	s.T.Helper()
	for end := s.Clock.Now().Add(d); s.Clock.Now().Before(end); {
		s.Clock.Advance(min(12*time.Hour, end.Sub(s.Clock.Now())))
		if err := s.remind.Run(s.ctx); err != nil {
			s.T.Fatal(err)
		}
		s.works()
	}
}

// arrives stores a mail as it arrived, and returns what SES reports about it.
func (s *service) arrives(raw string, found inbound.Verdicts) inbound.Arrival {
	s.n++
	key := fmt.Sprintf("raw/%08d", s.n)
	s.Arrived.Put(key, []byte(raw))
	return inbound.Arrival{Object: key, At: s.Clock.Now().UTC().Truncate(time.Second), Verdicts: found}
}

// takes takes a mail in, and does everything that is due.
func (s *service) takes(a inbound.Arrival) inbound.Outcome {
	s.T.Helper()
	outcome, err := s.Inbox.Take(s.ctx, a)
	if err != nil {
		s.T.Fatal(err)
	}
	s.works()
	return outcome
}

// run does one task.
func (s *service) run(ctx context.Context, task work.Task) error {
	switch task.Kind {
	case work.Request:
		return s.Fulfilment.Run(ctx, task.Ref)
	case work.Mailbox:
		return s.Posting.Run(ctx, task.Ref)
	case work.Link:
		return s.Posting.Take(ctx, task.Ref)
	case work.Export:
		_, err := s.Delivery.Do(ctx, task.Ref)
		return err
	default:
		s.T.Fatalf("%+v is due", task)
		return nil
	}
}

// works does everything that is due, like the schedules.
func (s *service) works() {
	s.T.Helper()
	var due []work.Task
	for range 20 {
		var err error
		if due, err = s.Queue.Due(s.ctx, s.Clock.Now()); err != nil {
			s.T.Fatal(err)
		}
		if len(due) == 0 {
			return
		}
		for _, task := range due {
			if err := s.run(s.ctx, task); err != nil {
				s.T.Fatalf("%+v: %v", task, err)
			}
		}
	}
	s.T.Fatalf("this work is never done: %+v", due)
}

// all returns every request that is stored.
func (s *service) all() (all []request.Request) {
	s.T.Helper()
	for _, item := range s.Scan("RequestsTable") {
		if r, ok := s.Requests.Parse(item); ok {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b request.Request) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// queue returns the lines of the team's queue.
func (s *service) queue() []request.Line {
	s.T.Helper()
	lines, err := s.Requests.Open(s.T.Context())
	if err != nil {
		s.T.Fatal(err)
	}
	return lines
}

// from writes a mail of a person.
func from(sender, subject, text string, fields ...string) string {
	return "From: " + sender + "\r\nSubject: " + subject + "\r\n" + strings.Join(append(fields, ""), "\r\n") + "\r\n" + text + "\r\n"
}

// kept reports whether a text is among the messages of a request.
func kept(r request.Request, text string) bool {
	return slices.ContainsFunc(r.Messages, func(m request.Message) bool { return strings.Contains(m.Text, text) })
}
