package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/confirmations"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/dynamo/identities"
	"github.com/helpdeskexpert/privacy/shared/dynamo/limits"
	"github.com/helpdeskexpert/privacy/shared/dynamo/mailboxes"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/objection"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// config is the function's environment, which template.yaml sets.
type config struct {
	Requests   string       `env:"REQUESTS_TABLE,required,notEmpty"`
	Consents   string       `env:"CONSENTS_TABLE,required,notEmpty"`
	RestoredAt time.Time    `env:"RESTORED_AT"` // the time of the backup from which the tables were last restored; empty if they never were
	Subjects   string       `env:"SUBJECTS_TABLE,required,notEmpty"`
	Ledger     string       `env:"LEDGER_TABLE,required,notEmpty"`
	AliasKey   string       `env:"ALIAS_KEY,required,notEmpty"`
	TokenKey   subject.Keys `env:"TOKEN_KEY,required,notEmpty"`
	ClientKey  string       `env:"CLIENT_KEY,required,notEmpty"`
	Rate       int          `env:"CLIENT_RATE,required,notEmpty"`
	Origin     string       `env:"ORIGIN,required,notEmpty"`
	Websites   []string     `env:"WEBSITE_ORIGINS"` // the websites whose pages may call, besides our own
}

// open opens the clients and returns the handler that uses them.
func (c config) open(now func() time.Time) handler {
	client, tokens := dynamo.Open(), c.TokenKey.Current()
	store := &requests.Store{Client: client, Table: c.Requests, Terms: policy.TermsOf, Now: now}
	addresses := subjects.Addresses{Store: subjects.New(client, c.Subjects, now), Key: subject.Key(c.AliasKey)}
	addresses.Store.Replays = dynamo.ReplaysIn(c.Ledger)
	log := &consents.WithStep{Store: consents.Store{Client: client, Table: c.Consents, RestoredAt: c.RestoredAt}, Requests: c.Requests, Policy: policy.InForce, Replays: dynamo.ReplaysIn(c.Ledger)}
	boxes := &mailboxes.Store{Client: client, Table: c.Requests, Now: now}
	proofs := &mailbox.Links{Mailboxes: boxes, Wishes: boxes, Tokens: tokens, Policy: policy.InForce, Now: now}
	return handler{
		requester: &request.Requester{
			Register: store, Mailboxes: addresses.Key, Tokens: tokens, Retired: c.TokenKey.Retired(), Tell: told(tell(proofs)), Policy: policy.InForce, Now: now,
		},
		steps:    steps(store, addresses, now),
		browsers: &consent.Recorder{Log: &log.Store, Policy: policy.ForConsents(), Now: now},
		behind:   mailboxes.Behind{Requests: store},
		links:    proofs,
		changes: &identity.Holder{
			Contests: identities.New(client, identities.Tables{Subjects: c.Subjects, Requests: c.Requests}, now), Now: now,
		},
		consents: &mailbox.Consents{
			Recorder: &consent.Recorder{Log: log, Policy: policy.ForConsents(), Now: now}, Tokens: tokens, Retired: c.TokenKey.Retired(),
			Confirmations: &confirmations.Store{Client: client, Table: c.Requests, Now: now}, Tell: tell(proofs), Persons: addresses.Store, States: addresses.Store,
		},
		clients:   limit.Clients{Counter: &limits.Store{Client: client, Table: c.Requests, Policy: policy.InForce}, PerMinute: c.Rate},
		clientKey: subject.Key(c.ClientKey), origin: links.Origin(c.Origin), now: now,
	}
}

// steps does what takes effect before the answer to the caller: to impose what nobody has to prove, and to lift what is taken back. It mails nothing,
// and reaches no records; function fulfil does the rest.
func steps(register request.Register, addresses subjects.Addresses, now func() time.Time) *request.Fulfilment {
	limits := &objection.Answer{
		Register: register, Addresses: addresses, Subjects: addresses.Store, Keys: addresses.Key, Policy: policy.InForce, Now: now,
	}
	return &request.Fulfilment{Register: register, Answers: map[work.Kind]request.Answerer{work.Limit: limits}, Now: now}
}

// tell has a receipt mailed about an act. The act has been done by then, so a failure is logged, and changes nothing about the answer.
func tell(l *mailbox.Links) func(context.Context, string, string, mailbox.Act) {
	return func(ctx context.Context, id, address string, a mailbox.Act) {
		if err := l.Tell(ctx, id, address, a); err != nil {
			slog.ErrorContext(ctx, "no receipt", "error", fault.Class(err))
		}
	}
}

// told has a receipt mailed about an act on a request.
func told(tell func(context.Context, string, string, mailbox.Act)) func(context.Context, request.Request, request.EventKind) {
	return func(ctx context.Context, r request.Request, act request.EventKind) {
		a := mailbox.Act{Right: r.Right, Scope: r.Scope}
		switch act {
		case request.EventVerified:
			a = mailbox.Act{Kind: mailbox.Confirmed, Request: r.ID, Right: r.Right, Scope: r.Scope, DueAt: request.DueAt(r), TimeZone: r.Terms.TimeZone}
		case request.EventReceived:
			a = mailbox.Act{Kind: mailbox.Filed, Request: r.ID, Right: r.Right}
			if !r.State.Final() {
				a.DueAt, a.TimeZone = request.DueAt(r), r.Terms.TimeZone
			}
		case request.EventDiscarded:
			a.Kind = mailbox.Discarded
		default:
			if a.Kind = mailbox.Withdrawn; len(r.On) > 0 {
				a.Kind = mailbox.Lifted
			}
		}
		tell(ctx, r.Mailbox, r.Email, a)
	}
}
