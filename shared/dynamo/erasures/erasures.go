// Package erasures puts together what an erasure has to reach in the tables.
package erasures

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/dynamo/identities"
	"github.com/helpdeskexpert/privacy/shared/dynamo/mailboxes"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/erasure/sources"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// Tables are the names of the tables that have the service's own kinds of data about a person.
type Tables struct {
	Consents, Subjects, Requests, Ledger string
}

// Sources returns what erases the service's own kinds in the tables and in the bucket. aliases makes the ids of mailboxes, and inForce returns the policy
// at a time.
func Sources(
	client *dynamodb.Client, t Tables, bucket sources.Objects, aliases subject.Key, inForce func(now time.Time) *policy.Policy, now func() time.Time,
) []erasure.Source {
	register := &requests.Store{Client: client, Table: t.Requests, Terms: policy.TermsOf, Now: now}
	boxes := &mailboxes.Store{Client: client, Table: t.Requests, Now: now}
	people := identities.New(client, identities.Tables{Subjects: t.Subjects, Requests: t.Requests, Ledger: t.Ledger}, now)
	stores := &sources.Stores{
		Register: register, Filed: register, Objects: bucket, Answers: map[work.Kind]sources.Answer{work.Export: export.Erased{}, work.Erase: sources.Cancelled{}},
		Behind: mailboxes.Behind{Requests: register}, Mailboxes: boxes, Links: &mailbox.Links{Mailboxes: boxes, Policy: inForce, Now: now},
		Changes: people, Aliases: subjects.New(client, t.Subjects, now), Consents: &consents.Store{Client: client, Table: t.Consents},
		Keys: aliases, Policy: inForce, Now: now,
	}
	return stores.All()
}
