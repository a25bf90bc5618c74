package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/ses"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/work"
)

var olga = audit.Actor{Kind: audit.Operator, ID: "olga"}

const reason = "We need the invoice for our books."

// judged returns the id of a request for a correction that waits for the team.
func (s *rig) judged() string {
	s.T.Helper()
	id := s.File(request.Filing{Right: privacy.Rectification, Email: "anna@example.org", Jurisdiction: privacy.UK, Details: "canary"}).ID
	s.fulfils()
	s.verify()
	s.fulfils()
	if r := s.Load(id).Request; r.WaitsFor(s.Clock.Now()) != request.ForTeam {
		s.T.Fatalf("%+v", r)
	}
	return id
}

func (s *rig) extends(id string) {
	s.T.Helper()
	if err := request.Extend(s.T.Context(), s.Requests, id, olga, reason, s.Clock.Now()); err != nil {
		s.T.Fatal(err)
	}
}

func (s *rig) closes(id string) {
	s.T.Helper()
	if err := request.CloseBy(s.T.Context(), s.Requests, id, olga, request.Outcome{Result: request.Declined, Reason: reason}, s.Clock.Now()); err != nil {
		s.T.Fatal(err)
	}
}

// L01, L03: a complaint raises the alarm and is acknowledged by a receipt. What the team decides about a request is mailed with its reason; a refusal names
// the authority.
func TestPromise_L03_TheTeamIsAlarmedAndThePersonIsTold(t *testing.T) {
	s := newRig(t)
	s.Team.ForTeam = metric.Meter{Out: &s.counts, Stack: "test", Now: s.Clock.Now}.Alarm(metric.RequestsForTeam, "a request waits for the team")
	s.File(request.Filing{Right: privacy.Complaint, Email: "clara@example.org", Details: "canary"})
	s.fulfils()
	if got := s.receipts("clara@example.org"); len(got) != 1 || got[0].Subject != "We have received your complaint" || strings.Contains(got[0].Text, "canary") || strings.Count(s.counts.String(), `"RequestsForTeam":1`) != 1 {
		t.Errorf("%+v\n%s", got, s.counts.String())
	}
	id := s.judged()
	s.extends(id)
	s.fulfils()
	s.closes(id)
	s.fulfils()
	mails := s.decisions(id)
	if len(mails) != 2 || strings.Count(s.counts.String(), `"RequestsForTeam":1`) != 2 || strings.Contains(s.counts.String(), "@") {
		t.Fatalf("%d mails, %s", len(mails), s.counts.String())
	}
	for _, m := range mails {
		if !strings.Contains(m.Text, reason) || !strings.Contains(m.Text, "Information Commissioner") || strings.Contains(m.Text, "canary") {
			t.Errorf("%s", m.Text)
		}
	}
	if r := s.Load(id).Request; r.State != request.Refused || !r.Extended() || s.work() != "" {
		t.Errorf("%+v, work left: %s", r, s.work())
	}
}

// decisions returns the mails about the team's decisions, oldest first.
func (s *rig) decisions(id string) (found []ses.Mail) {
	for _, m := range s.box.All() {
		if part := m.Tags["part"]; m.Tags["about"] == id && (strings.HasPrefix(part, request.PartExtended) || strings.HasPrefix(part, request.PartClosed)) {
			found = append(found, m)
		}
	}
	return found
}

// F03, F04: while a decision is mailed, the process is killed before or after each of its calls to DynamoDB and SES, or loses the answer. The decision
// counts once, no work is left, and at most one mail more leaves.
func TestFault_F03_DecisionsUnderEveryKill(t *testing.T) {
	type point struct {
		what string
		how  int
		call int
	}
	var points []point
	for _, what := range []string{"extend", "close"} {
		for how := range breaks {
			for call := range 5 { // the file, the address, the next try, the mail, the outcome
				points = append(points, point{what, how, call + 1})
			}
		}
	}
	for _, p := range soak.Sample(points, 9) {
		t.Run(fmt.Sprint(p.what, " ", breaks[p.how].name, " call ", p.call), func(t *testing.T) {
			s := newRig(t)
			id := s.judged()
			if p.what == "extend" {
				s.extends(id)
			} else {
				s.closes(id)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			c := &cut{next: http.DefaultTransport, sent: breaks[p.how].sent, left: p.call}
			if breaks[p.how].dies {
				c.kill = cancel
			}
			s.Wire.Next, s.broken = c, c
			_ = s.wakes(ctx, work.Request, id)
			if !c.was() {
				t.Error("no call was broken")
			}
			s.Wire.Next, s.broken = nil, nil
			for range 3 {
				s.Clock.Advance(5 * time.Minute)
				s.fulfils()
			}
			file, count := s.Load(id), 0
			for _, e := range file.Events {
				if e.Kind == request.EventExtended || e.Kind == request.EventClosed {
					count++
				}
			}
			if r := file.Request; count != 1 || r.Step != "" || r.Extended() != (p.what == "extend") || r.State.Final() != (p.what == "close") || s.work() != "" {
				t.Errorf("%+v, work left: %s", file, s.work())
			}
			if n := len(s.decisions(id)); n < 1 || n > 2 {
				t.Errorf("%d mails", n)
			}
		})
	}
}
