package servicetest

import (
	"context"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/dynamo/identities"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/intake"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// CRM is the client id of the system that sends the records of tests, and that acts on identities.
const CRM = "crm"

// System is the same system in the audit.
var System = audit.Actor{Kind: audit.Machine, ID: CRM}

// openIdentities adds to the rig what changes whom an address stands for.
func (r *Rig) openIdentities() {
	store := identities.New(r.Client, identities.Tables{
		Subjects: r.Tables.Name("SubjectsTable"), Requests: r.Tables.Name("RequestsTable"), Ledger: r.Tables.Name("LedgerTable"),
	}, r.Clock.Now)
	r.Identity = &identity.Identity{Store: store, Aliases: Aliases, Policy: r.policy, Now: r.Clock.Now}
	r.Changes = &identity.Consequences{
		Identity: r.Identity, Changes: store, Cut: r.Cutter.Follow, Tell: r.told, Rebuild: r.Intake.Rebuild,
		Contested: func(_ context.Context, c identity.Change) { r.Contested = append(r.Contested, c.ID) },
	}
	r.Holder = &identity.Holder{Contests: store, Now: r.Clock.Now}
}

// told does what function fulfil does.
func (r *Rig) told(ctx context.Context, to identity.Told, _ identity.Change) error {
	if to.Role == identity.Added {
		return r.Links.Tell(ctx, to.Mailbox, to.Address, mailbox.Act{Kind: mailbox.Attached})
	}
	return r.Posting.Want(ctx, r.Parse(to.Address), mailbox.ForChanges)
}

// TakeAs stores a record about somebody with an id of the System, and with an address if there is one.
func (r *Rig) TakeAs(id, email string, of record.Record) (intake.Result, error) {
	r.T.Helper()
	who := subject.Named{Client: CRM, ID: id}
	if email != "" {
		who.Address = r.Parse(email)
	}
	return r.Intake.TakeOne(r.T.Context(), intake.Line{Who: who, Record: of})
}

// SetAddresses states all addresses of somebody with an id of the System, and does what is due at once about the change.
func (r *Rig) SetAddresses(id string, join bool, emails ...string) identity.Result {
	r.T.Helper()
	addresses := make([]subject.Address, len(emails))
	for i, email := range emails {
		addresses[i] = r.Parse(email)
	}
	result, err := r.Identity.SetAddresses(r.T.Context(), System, subject.Named{Client: CRM, ID: id}, addresses, join)
	if err != nil {
		r.T.Fatal(err)
	}
	r.RunChanges()
	return result
}

// RunChanges does what is due about changes of whom an address stands for.
func (r *Rig) RunChanges() {
	r.T.Helper()
	due, err := r.Queue.Due(r.T.Context(), r.Clock.Now())
	for _, task := range due {
		if err == nil && task.Kind == work.Identity {
			err = r.Changes.Run(r.T.Context(), task.Ref)
		}
	}
	if err != nil {
		r.T.Fatal(err)
	}
}
