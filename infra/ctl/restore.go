package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/spf13/cobra"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/dynamo/erasures"
	"github.com/helpdeskexpert/privacy/shared/dynamo/queue"
	"github.com/helpdeskexpert/privacy/shared/dynamo/records"
	"github.com/helpdeskexpert/privacy/shared/dynamo/replays"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/intake"
	"github.com/helpdeskexpert/privacy/shared/objects"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/restore"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// restoreCommand does again, on restored tables, what was taken away from data subjects since the backup (faults F17, F25).
func restoreCommand(now func() time.Time) *cobra.Command {
	var since string
	cmd := &cobra.Command{
		Use: "restore", Short: "Do again, on restored tables, what was erased, denied or taken away since the backup", Args: cobra.NoArgs,
		Long: `Do again, on tables that were restored from a backup, what was taken away from data subjects since then: erasures, refusals,
objections, opt-outs, restrictions, legal holds, joins, changes of addresses, and records that were taken back. Run it before the
restored tables are switched in, while nothing writes to them. A run that was cut off can be repeated. The runbook "A restore" in
infra/README.md says what comes before and after.

People have to agree anew to an erasure that had not begun at the time of the backup, since they may have cancelled it afterwards.

The command reads these environment variables: RECORDS_TABLE, SUBJECTS_TABLE, REQUESTS_TABLE and CONSENTS_TABLE, the names of the
restored tables; LEDGER_TABLE, the name of the table that was not restored, in which everything was noted; EXPORT_BUCKET, the
name of the bucket of exports; ALIAS_KEY, the value of the secret AliasSecret; and AWS_REGION, AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. What was taken away is noted for as long as the policy says. A backup that is older
cannot be restored.`,
		Example: "  ctl restore --since 2026-11-28T06:00:00Z",
		RunE: func(cmd *cobra.Command, _ []string) error {
			from, err := backupOf(since, now())
			if err != nil {
				return err
			}
			tables, err := restoredTables()
			if err != nil {
				return err
			}
			report, err := tables.restorer(cmd.Context(), from, now).Run(cmd.Context())
			if err != nil {
				return fmt.Errorf("%w\nThe tables are not ready yet. Run the command again", err)
			}
			return show(cmd.OutOrStdout(), report)
		},
	}
	cmd.Flags().StringVar(&since, "since", "", "the `time` of the backup")
	if err := cmd.MarkFlagRequired("since"); err != nil {
		panic(err) // the flag is defined above
	}
	return cmd
}

// margin is how long before the backup the entries begin that are done again: clocks differ, and doing one again changes nothing.
const margin = time.Hour

// backupOf returns the time of a backup. It refuses one after which something may have been taken away that is noted no longer.
func backupOf(text string, now time.Time) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || at.After(now) {
		return time.Time{}, errors.New("--since must be the time of the backup, such as 2026-11-28T06:00:00Z")
	}
	if kept := policy.InForce(now).SpanOf(policy.ReplayEntry); !kept.After(at.Add(-margin)).After(now) {
		return time.Time{}, fmt.Errorf("the backup is older than the %s for which it is noted what has to be done again: restore a later one", kept)
	}
	return at, nil
}

// restored are the names of the restored tables, and what else the command reads from the environment.
type restored struct {
	records.Tables
	consents, ledger, bucket string
	aliases                  subject.Key
}

func restoredTables() (r restored, err error) {
	var key string
	for _, one := range []struct {
		variable string
		value    *string
	}{{"RECORDS_TABLE", &r.Records}, {"SUBJECTS_TABLE", &r.Subjects}, {"REQUESTS_TABLE", &r.Requests}, {"CONSENTS_TABLE", &r.consents},
		{"LEDGER_TABLE", &r.ledger}, {"EXPORT_BUCKET", &r.bucket}, {"ALIAS_KEY", &key}} {
		if *one.value = os.Getenv(one.variable); *one.value == "" {
			return r, errors.New(one.variable + ` is not set: "ctl restore --help" says what it is`)
		}
	}
	r.aliases = subject.Key(key)
	return r, nil
}

// restorer opens what does again what was noted since a time. Nothing that it does is noted once more.
func (r restored) restorer(ctx context.Context, since time.Time, now func() time.Time) *restore.Restorer {
	client := dynamo.Open()
	people := subjects.New(client, r.Subjects, now)
	store, log := records.NewWriter(client, r.Tables, now), &consents.Store{Client: client, Table: r.consents}
	in := &intake.Intake{Subjects: people, Store: store, Consents: log, Policy: policy.InForce, Now: now}
	noted := &replays.Store{Client: client, Replays: dynamo.ReplaysIn(r.ledger)}
	return &restore.Restorer{
		Entries: noted.Entries(ctx, since.Add(-margin), now()), Subjects: people, Records: store, Consents: log, Rebuild: in.Rebuild,
		Erasures: r.eraser(client, people, in, now), Queue: &queue.Queue{Client: client, Table: r.Requests},
	}
}

// eraser opens what erases again. It mails nothing and certifies nothing: the service does, once it runs on the restored tables.
func (r restored) eraser(client *dynamodb.Client, people *subjects.Store, in *intake.Intake, now func() time.Time) *erasure.Eraser {
	return &erasure.Eraser{
		Register:  &requests.Store{Client: client, Table: r.Requests, Terms: policy.TermsOf, Now: now},
		Addresses: subjects.Addresses{Store: people, Key: r.aliases}, Keys: r.aliases, Subjects: people, Records: records.NewEraser(client, r.Records, policy.InForce, now),
		Sources: erasures.Sources(client, erasures.Tables{Consents: r.consents, Subjects: r.Subjects, Requests: r.Requests}, objects.Open(r.bucket, now), r.aliases,
			policy.InForce, now),
		Keep: in.Keep, Policy: policy.InForce, Now: now,
	}
}
