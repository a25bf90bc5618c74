package main

import (
	"context"
	"os"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/confirmations"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/dynamo/mailboxes"
	"github.com/helpdeskexpert/privacy/shared/dynamo/notices"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/objection"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// config is the function's environment, which template.yaml sets.
type config struct {
	Requests string `env:"REQUESTS_TABLE,required,notEmpty"`
	Consents string `env:"CONSENTS_TABLE,required,notEmpty"`
	Subjects string `env:"SUBJECTS_TABLE,required,notEmpty"`
	Ledger   string `env:"LEDGER_TABLE,required,notEmpty"`
	Notices  string `env:"NOTICES_TABLE,required,notEmpty"`
	AliasKey string `env:"ALIAS_KEY,required,notEmpty"`
	Stack    string `env:"STACK,required,notEmpty"`
}

// open opens the client and returns the handler that uses it.
func (c config) open(now func() time.Time) handler {
	client := dynamo.Open()
	register := &requests.Store{Client: client, Table: c.Requests, Terms: policy.TermsOf, Now: now}
	addresses := subjects.Addresses{Store: subjects.New(client, c.Subjects, now), Key: subject.Key(c.AliasKey)}
	decisions := &consents.WithStep{Store: consents.Store{Client: client, Table: c.Consents}, Requests: c.Requests, Policy: policy.InForce, Replays: dynamo.ReplaysIn(c.Ledger)}
	aboutRequests := &request.Reports{
		Register: register, Policy: policy.InForce, Now: now, Reopened: metric.Meter{Out: os.Stdout, Stack: c.Stack, Now: now}.Alarm(metric.AnswersReturned, "an answer came back"),
		Answers: map[work.Kind]request.AnswerReports{work.Export: export.Reports{}, work.Limit: objection.Reports{}, work.Erase: erasure.Reports{}},
	}
	boxes := &mailboxes.Store{Client: client, Table: c.Requests, Now: now}
	cutter := &request.Cutter{ // no request leaves a mailbox that is gone, so none comes to wait for the team
		Links: &mailbox.Links{Mailboxes: boxes, Policy: policy.InForce, Now: now}, Register: register,
		Answers: map[work.Kind]request.AnswerCuts{work.Export: export.Cuts{}, work.Erase: erasure.Cuts{}}, Now: now,
	}
	aboutConsents := &mailbox.Reports{
		Confirmations: &confirmations.Store{Client: client, Table: c.Requests, Now: now},
		Recorder:      &consent.Recorder{Log: decisions, Policy: policy.ForConsents(), Now: now},
		Subjects:      addresses, Persons: addresses.Store, Lists: register, Mailboxes: boxes, Cut: func(ctx context.Context, mailbox string, at time.Time) error {
			return cutter.Follow(ctx, identity.Cut{Mailbox: mailbox}, at)
		},
		Aliases: addresses.Key, Policy: policy.InForce, Now: now,
	}
	campaigns := &notices.Store{Client: client, Table: c.Notices, Now: now}
	aboutNotices := &notice.Feedback{
		Register: campaigns, Recipients: campaigns, Claims: campaigns, Arrivals: campaigns, Policy: policy.InForce, Now: now}
	return handler{
		first: map[feedback.Outcome]take{feedback.Complained: aboutConsents.Complained, feedback.Bounced: aboutConsents.Returned},
		take: map[feedback.Kind]take{
			feedback.Request: aboutRequests.Take, feedback.Notice: aboutNotices.Take,
			feedback.Link: func(ctx context.Context, e feedback.Event) error {
				if err := aboutRequests.TakeLink(ctx, e); err != nil {
					return err
				}
				return aboutConsents.TakeLink(ctx, e)
			},
		},
		now: now,
	}
}
