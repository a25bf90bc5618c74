package main

import (
	"context"
	"slices"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/export/bundle"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// register loads requests, and says what is listed under a mailbox.
type register interface {
	request.Register
	Listed(ctx context.Context, mailbox string) (request.Listed, error)
}

// states knows data subjects and the addresses they are known by.
type states interface {
	State(ctx context.Context, id privacy.SubjectID) (subjects.State, bool, error)
	Find(ctx context.Context, alias string) (subjects.Alias, bool, error)
}

// personal adds what is stored about the person besides records and consent records: one query, one more for each request of the mailbox,
// and one read for each address, each waiting consent and the state.
func (b bundles) personal(ctx context.Context, in *bundle.Input, r request.Request, id privacy.SubjectID) error {
	listed, err := b.register.Listed(ctx, r.Mailbox)
	if err != nil {
		return err
	}
	if !slices.Contains(listed.Requests, r.ID) {
		listed.Requests = append(listed.Requests, r.ID)
	}
	files, err := request.Files(ctx, b.register, listed.Requests)
	if err != nil {
		return err
	}
	for _, file := range files {
		in.Requests = append(in.Requests, asked(file))
	}
	if in.Subject, err = b.subject(ctx, id); err != nil {
		return err
	}
	in.Subject.PendingConsents, err = b.pending(ctx, listed.Consents)
	return err
}

// asked is a file without its secrets.
func asked(f request.File) bundle.Request {
	r := f.Request
	out := bundle.Request{
		ID: r.ID, Right: r.Right, State: string(r.State), Confirmed: r.Confirmed(), Address: r.Email, Jurisdiction: r.Jurisdiction,
		Language: r.Language, Details: r.Details, PolicyVersion: r.PolicyVersion,
		ReceivedAt: r.ReceivedAt, ConfirmedAt: r.VerifiedAt, ClosedAt: r.ClosedAt, KeptUntil: r.ExpiresAt(),
	}
	for _, e := range f.Events {
		out.History = append(out.History, bundle.Event{At: e.At, Kind: string(e.Kind)})
	}
	for _, e := range export.Of(f) {
		out.Exports = append(out.Exports, bundle.Attempt{
			Number: e.Number, State: string(e.State), CreatedAt: e.CreatedAt, OpenUntil: e.OpenUntil, Bytes: e.Bytes, Downloads: e.Downloads,
		})
	}
	return out
}

// subject reads what is known of a data subject: nothing if nobody is known, or if the retention of what was known is over.
func (b bundles) subject(ctx context.Context, id privacy.SubjectID) (bundle.Subject, error) {
	if id == "" {
		return bundle.Subject{}, nil
	}
	state, found, err := b.subjects.State(ctx, id)
	if err != nil || !found || !state.ExpiresAt.IsZero() && !state.ExpiresAt.After(b.now()) {
		return bundle.Subject{}, err
	}
	out := bundle.Subject{
		ID: id, Contract: string(state.Contract), ContractEndedAt: state.EndedAt, NewestRecordAt: state.Newest,
		Marketing: string(state.Marketing), KeptUntil: state.ExpiresAt,
	}
	for _, alias := range state.Aliases {
		address, found, err := b.subjects.Find(ctx, alias)
		if err != nil {
			return bundle.Subject{}, err
		}
		if found {
			out.Addresses = append(out.Addresses, bundle.Address{Address: address.Spelling, Typed: address.Typed})
		}
	}
	return out, nil
}

// pending reads the decisions about consent that were sent by the address and are still stored, oldest first.
func (b bundles) pending(ctx context.Context, ids []string) ([]bundle.PendingConsent, error) {
	var out []bundle.PendingConsent
	for _, id := range ids {
		c, found, err := b.confirmations.Load(ctx, id)
		if err != nil {
			return nil, err
		}
		if found {
			out = append(out, awaited(c))
		}
	}
	slices.SortStableFunc(out, func(x, y bundle.PendingConsent) int { return x.AskedAt.Compare(y.AskedAt) })
	return out, nil
}

// awaited is a confirmation without its secrets. What language was chosen is left out: until the button is pressed, a stranger may have
// written it, and after that consents.json holds it.
func awaited(c consent.Confirmation) bundle.PendingConsent {
	out := bundle.PendingConsent{
		Address: c.Email, Choices: map[privacy.Purpose]string{}, PolicyVersion: c.Act.PolicyVersion, Surface: c.Act.Surface, GPC: c.Act.GPC,
		AskedAt: c.CreatedAt, MailedAt: c.MailedAt, ConfirmedAt: c.ConfirmedAt, KeptUntil: c.ExpiresAt,
	}
	for purpose, state := range c.Act.Decisions {
		out.Choices[purpose] = string(state)
	}
	return out
}
