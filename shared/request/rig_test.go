package request_test

import (
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// linkLife is the figure of the published policy.
const linkLife = 7 * 24 * time.Hour

// rig is the service whose outside fails as a test says.
type rig struct{ *servicetest.Faulty }

func newRig(t *testing.T) *rig { return &rig{servicetest.NewFaulty(t)} }

// written files a request for access with a text.
func (s *rig) written(email, text string) request.Request {
	s.T.Helper()
	return s.File(request.Filing{Right: privacy.Access, Email: email, Details: text})
}

// confirm opens the link of a mail and confirms a request.
func (s *rig) confirm(id string, m servicetest.Mail) error {
	session, _, _, err := s.Links.Open(s.T.Context(), m.About, m.Token)
	if err == nil {
		_, err = s.Requester.Confirm(s.T.Context(), id, session.Proof())
	}
	return err
}

// sort returns the mails of a kind.
func (s *rig) sort(kind string) []servicetest.Mail {
	return slices.DeleteFunc(slices.Clone(s.Mails), func(m servicetest.Mail) bool { return m.Kind != kind })
}

// status returns the token of a request's status link.
func status(id string) subject.Token { return request.StatusToken(servicetest.Tokens, id) }

// reportLink takes in a report of SES about the mail with a link, as function feedback does.
func (s *rig) reportLink(m servicetest.Mail, outcome feedback.Outcome, permanent bool, reason string) {
	s.T.Helper()
	e := feedback.Event{Mail: feedback.Mail{Kind: feedback.Link, About: m.About, Part: m.Part}, Outcome: outcome, At: s.Clock.Now(), MessageID: m.About + m.Part,
		Permanent: permanent, Reason: reason, Address: m.To}
	boxes := &mailbox.Reports{Confirmations: s.Confirmations, Recorder: s.ByAddress.Recorder, Subjects: s.Addresses, Persons: s.Subjects, Lists: s.Requests, Mailboxes: s.Mailboxes,
		Aliases: servicetest.Aliases, Policy: s.InForce, Now: s.Clock.Now}
	if err := s.Reports.TakeLink(s.T.Context(), e); err != nil {
		s.T.Fatal(err)
	}
	if err := boxes.TakeLink(s.T.Context(), e); err != nil {
		s.T.Fatal(err)
	}
}

// killWrite has every write fail from the n-th on, as if the run had been killed.
func (s *rig) killWrite(n int) {
	var mu sync.Mutex
	s.Wire.Through = func(c *enginetest.Call) (*http.Response, error) {
		if c.Operation == "PutItem" || c.Operation == "TransactWriteItems" {
			mu.Lock()
			defer mu.Unlock()
			if n--; n < 0 {
				return c.Refuse("ValidationException")
			}
		}
		return c.Send()
	}
}
