package servicetest

import (
	"context"
	"errors"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent/receipt"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/erasures"
	"github.com/helpdeskexpert/privacy/shared/dynamo/records"
	"github.com/helpdeskexpert/privacy/shared/dynamo/replays"
	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/erasure/certificate"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// Receipts is the secret of the key that signs certificates.
const Receipts = "receipt-key-of-the-tests-which-is-long-enough"

// openErasures adds to the rig what carries out erasures.
func (r *Rig) openErasures() {
	keys, err := receipt.NewKeys(Receipts, "")
	if err != nil {
		r.T.Fatal(err)
	}
	notes := dynamo.ReplaysIn(r.Ledger.Table)
	notes.Policy = r.policy
	r.Subjects.Replays, r.Consents.Replays = notes, notes
	r.Eraser = &erasure.Eraser{
		Sources: erasures.Sources(r.Client, erasures.Tables{
			Consents: r.Tables.Name("ConsentsTable"), Subjects: r.Tables.Name("SubjectsTable"), Requests: r.Tables.Name("RequestsTable"), Ledger: r.Ledger.Table,
		}, r, Aliases, r.policy, r.Clock.Now),
		Records:  records.NewEraser(r.Client, r.Tables.Name("RecordsTable"), r.policy, r.Clock.Now),
		Register: r.Requests, Addresses: r, Keys: Aliases, Subjects: r.Subjects, Keep: r.Intake.Keep, Links: r.Posting, Mailer: r,
		Certifier: certificate.Signer{Keys: keys}, Replay: &replays.Store{Client: r.Client, Replays: notes},
		Tokens: Tokens, ForTeam: r.forTeam, Stuck: func(context.Context, string) {}, Policy: r.policy, Now: r.Clock.Now, Writers: Writers,
	}
}

// ErasureAgreed implements [erasure.Mailer].
func (r *Rig) ErasureAgreed(_ context.Context, to string, about request.Request, e erasure.Erasure, status subject.Token) error {
	return r.mail(Mail{Kind: "agreed", To: to, About: about.ID, Part: erasure.AgreedMail(about, e).Part, Status: status})
}

// Erased implements [erasure.Mailer].
func (r *Rig) Erased(_ context.Context, to string, about request.Request, e erasure.Erasure, status subject.Token) error {
	return r.mail(Mail{Kind: "erased", To: to, About: about.ID, Part: erasure.ErasedMail(about, e).Part, Status: status})
}

// NothingToErase implements [erasure.Mailer].
func (r *Rig) NothingToErase(_ context.Context, to string, about request.Request, e erasure.Erasure, status subject.Token) error {
	return r.mail(Mail{Kind: "nothing", To: to, About: about.ID, Part: erasure.NothingMail(about, e).Part, Status: status})
}

// Erase does the steps of the erasure of a request that are due. The last of them may be after the end of the request's retention.
func (r *Rig) Erase(id string) {
	r.T.Helper()
	for range 20 {
		if err := r.Eraser.Run(r.T.Context(), id); err != nil {
			r.T.Fatal(err)
		}
		file, err := r.Requests.Load(r.T.Context(), id)
		if errors.Is(err, request.ErrUnknown) || err == nil && !erasure.Of(file).Reached(r.Clock.Now()) {
			return
		}
		if err != nil {
			r.T.Fatal(err)
		}
	}
	r.T.Fatalf("the erasure is always due: %+v", erasure.Of(r.Load(id)).State)
}

// Planned files an erasure, confirms it, and has its plan made.
func (r *Rig) Planned(f request.Filing) (id string) {
	r.T.Helper()
	id = r.File(f).ID
	r.Prove(id)
	r.Fulfil(id)
	r.Erase(id)
	return id
}

// Agree has the person agree to the plan of their erasure as it is, and has everybody told.
func (r *Rig) Agree(id string) {
	r.T.Helper()
	file := r.Load(id)
	if _, err := erasure.Agree(r.T.Context(), r.Requester, id, subject.Proof{Mailbox: file.Request.Mailbox, Fresh: true}, erasure.Of(file).Plan.Hash()); err != nil {
		r.T.Fatal(err)
	}
	r.Erase(id)
}

// Erases does the steps of erasures that are due, as the schedule does.
func (r *Rig) Erases(until time.Duration) {
	r.T.Helper()
	r.Clock.Advance(until)
	due, err := r.Queue.Due(r.T.Context(), r.Clock.Now())
	if err != nil {
		r.T.Fatal(err)
	}
	for _, task := range due {
		if task.Kind == work.Erase {
			r.Erase(task.Ref)
		}
	}
}
