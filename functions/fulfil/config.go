package main

import (
	"os"
	"time"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/confirmations"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/dynamo/identities"
	"github.com/helpdeskexpert/privacy/shared/dynamo/limits"
	"github.com/helpdeskexpert/privacy/shared/dynamo/mailboxes"
	"github.com/helpdeskexpert/privacy/shared/dynamo/queue"
	"github.com/helpdeskexpert/privacy/shared/dynamo/records"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/intake"
	"github.com/helpdeskexpert/privacy/shared/letters"
	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/objection"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// config is the function's environment, which template.yaml sets.
type config struct {
	Requests string       `env:"REQUESTS_TABLE,required,notEmpty"`
	Consents string       `env:"CONSENTS_TABLE,required,notEmpty"`
	Subjects string       `env:"SUBJECTS_TABLE,required,notEmpty"`
	Records  string       `env:"RECORDS_TABLE,required,notEmpty"`
	Ledger   string       `env:"LEDGER_TABLE,required,notEmpty"`
	AliasKey string       `env:"ALIAS_KEY,required,notEmpty"`
	TokenKey subject.Keys `env:"TOKEN_KEY,required,notEmpty"`
	Rate     int          `env:"CLIENT_RATE,required,notEmpty"`
	MailFrom string       `env:"MAIL_FROM,required,notEmpty"`
	MailSet  string       `env:"MAIL_CONFIGURATION_SET,required,notEmpty"`
	Origin   links.Origin `env:"ORIGIN,required,notEmpty"`
	Stack    string       `env:"STACK,required,notEmpty"`
	// Writers is how long a write of a record may still arrive after a change of a data subject's standing that it does not know of.
	Writers time.Duration `env:"WRITE_TIMEOUT,required,notEmpty"`
}

// open opens the clients and returns the runner that uses them.
func (c config) open(now func() time.Time) *work.Runner {
	client, tokens := dynamo.Open(), c.TokenKey.Current()
	register := &requests.Store{Client: client, Table: c.Requests, Terms: policy.TermsOf, Now: now}
	addresses := subjects.Addresses{Store: subjects.New(client, c.Subjects, now), Key: subject.Key(c.AliasKey)}
	addresses.Store.Replays = dynamo.ReplaysIn(c.Ledger)
	meter := metric.Meter{Out: os.Stdout, Stack: c.Stack, Now: now}
	mails := letters.Post{Sender: mail.Open(c.MailFrom, c.MailSet, meter), Origin: c.Origin, Policy: policy.InForce, Now: now}
	boxes := &mailboxes.Store{Client: client, Table: c.Requests, Now: now}
	links := &mailbox.LinkMailing{
		Mailboxes: boxes, Wishes: boxes, Subjects: addresses, Waits: mailboxes.Behind{Requests: register}.Waiting, Mailer: mails,
		Status:  func(id string) subject.Token { return request.StatusToken(tokens, id) },
		Aliases: addresses.Key, Tokens: tokens, Policy: policy.InForce, Now: now,
	}
	decisions := &consents.WithStep{Store: consents.Store{Client: client, Table: c.Consents}, Requests: c.Requests, Policy: policy.InForce, Replays: dynamo.ReplaysIn(c.Ledger)}
	forTeam := meter.Alarm(metric.RequestsForTeam, "a request waits for the team")
	opened := &mailbox.Links{Mailboxes: boxes, Wishes: boxes, Tokens: tokens, Policy: policy.InForce, Now: now}
	tables := records.Tables{Records: c.Records, Subjects: c.Subjects, Requests: c.Requests}
	in := &intake.Intake{
		Subjects: addresses.Store, Store: records.NewWriter(client, tables, now), Consents: &decisions.Store, Policy: policy.InForce, Now: now, Writers: c.Writers,
	}
	team := &request.Team{
		Register: register, Addresses: addresses, Mailer: mails, Tokens: tokens, Told: filed(opened), ForTeam: forTeam, Policy: policy.InForce, Now: now,
		Children: objection.Children{Subjects: addresses.Store, Aliases: addresses.Key, Policy: policy.InForce, Now: now},
	}
	steps := &request.Fulfilment{
		Register: register, Mailboxes: addresses.Key, Proofs: proofs{links}, ForTeam: forTeam, Policy: policy.InForce, Now: now,
		Answers: map[work.Kind]request.Answerer{
			work.Export: &export.Opening{
				Register: register, Addresses: addresses, Mailboxes: addresses.Key, Listings: register, Consents: &decisions.Store, Mailer: mails, ForTeam: forTeam, Tokens: tokens, Policy: policy.InForce,
			},
			work.Limit: &objection.Answer{
				Register: register, Addresses: addresses, Subjects: addresses.Store, Keys: addresses.Key, Keep: in.Keep, Mailer: mails, ForTeam: forTeam, Tokens: tokens,
				Policy: policy.InForce, Now: now,
			},
			work.Erase: &erasure.Opening{Register: register, Addresses: addresses, Mailboxes: addresses.Key, ForTeam: forTeam, Policy: policy.InForce},
			work.Team:  team,
		},
	}
	admission := &mailbox.Admission{
		Confirmations: &confirmations.Store{Client: client, Table: c.Requests, Now: now}, Subjects: addresses, Lists: register, Links: links,
		Clients: limit.Clients{Counter: &limits.Store{Client: client, Table: c.Requests, Policy: policy.InForce}, PerMinute: c.Rate},
		Policy:  policy.InForce, Now: now,
	}
	cutter := &request.Cutter{
		Links: opened, Register: register, Answers: map[work.Kind]request.AnswerCuts{work.Export: export.Cuts{}, work.Erase: erasure.Cuts{}}, ForTeam: forTeam, Now: now,
	}
	store := identities.New(client, identities.Tables{Subjects: c.Subjects, Requests: c.Requests, Ledger: c.Ledger}, now)
	changes := &identity.Consequences{
		Identity: &identity.Identity{Store: store, Aliases: addresses.Key, Policy: policy.InForce, Now: now}, Changes: store,
		Cut: cutter.Follow, Tell: told(links, opened), Rebuild: in.Rebuild, Contested: contested(meter),
	}
	return newRunner(&queue.Queue{Client: client, Table: c.Requests}, map[work.Kind]work.Do{
		work.Request:      work.Step(steps.Run),
		work.Confirmation: work.Step(admission.Run),
		work.Link:         work.Step(links.Take),
		work.Mailbox:      work.Step(links.Run),
		work.Identity:     work.Step(changes.Run),
		work.Consent:      consented(decisions, in),
		work.Walk:         ofSubject(in.Walk),
	}, now)
}
