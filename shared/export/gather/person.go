package gather

import (
	"context"
	"errors"
	"slices"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/export/bundle"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// requests adds the requests that came by the address, oldest first, without those whose retention is over. It always adds the request that
// is being answered, since its entry in the list may expire before its file.
func (g *gathering) requests(ctx context.Context) error {
	ids := g.listed.Requests
	if !slices.Contains(ids, g.request.ID) {
		ids = append(slices.Clone(ids), g.request.ID)
	}
	for _, id := range ids {
		file, err := g.Requests.Load(ctx, id)
		if errors.Is(err, request.ErrUnknown) {
			continue
		}
		if err != nil {
			return err
		}
		g.in.Requests = append(g.in.Requests, shown(file))
	}
	slices.SortStableFunc(g.in.Requests, func(a, b bundle.Request) int { return a.ReceivedAt.Compare(b.ReceivedAt) })
	return nil
}

// shown returns a file without its secrets. Package bundle hides the text of a request that is not confirmed.
func shown(f request.File) bundle.Request {
	r := f.Request
	out := bundle.Request{
		ID: r.ID, Right: r.Right, State: string(r.State), Confirmed: r.Confirmed(), Address: r.Email, Jurisdiction: r.Jurisdiction,
		Language: r.Language, Details: r.Details, PolicyVersion: r.PolicyVersion,
		ReceivedAt: r.ReceivedAt, Repeats: r.Repeats, RepeatedAt: r.RepeatedAt, ConfirmedAt: r.VerifiedAt, ClosedAt: r.ClosedAt, KeptUntil: r.ExpiresAt(),
	}
	for _, e := range f.Events {
		out.History = append(out.History, bundle.Event{At: e.At, Kind: string(e.Kind), Reason: e.Reason})
	}
	for _, e := range export.Of(f) {
		out.Exports = append(out.Exports, bundle.Attempt{
			Number: e.Number, State: string(e.State), CreatedAt: e.CreatedAt, OpenUntil: e.OpenUntil, Bytes: e.Bytes, Downloads: e.Downloads,
		})
	}
	return out
}

// person adds what is known of the data subject. It adds nothing if the address is unknown, or if the retention of what was known is over,
// even if that is not deleted yet (fault F09).
func (g *gathering) person(ctx context.Context) error {
	if g.subject == "" {
		return nil
	}
	state, found, err := g.Subjects.State(ctx, g.subject)
	if err != nil || !found || !state.ExpiresAt.IsZero() && !state.ExpiresAt.After(g.Now()) {
		return err
	}
	out := &g.in.Subject
	out.ID, out.Contract, out.ContractEndedAt, out.NewestRecordAt = g.subject, string(state.Contract), state.EndedAt, state.Newest
	out.KnownSince, out.Marketing, out.KeptUntil = state.Since, string(state.Marketing), state.ExpiresAt
	for _, alias := range state.Aliases {
		known, found, err := g.Subjects.Find(ctx, alias)
		if err != nil {
			return err
		}
		if found {
			out.Addresses = append(out.Addresses, bundle.Address{Address: known.Spelling, Typed: known.Typed})
		}
	}
	return nil
}

// pending adds the decisions about consent that were sent by the address and are still stored, oldest first.
func (g *gathering) pending(ctx context.Context) error {
	waiting := &g.in.Subject.PendingConsents
	for _, id := range g.listed.Consents {
		c, found, err := g.Confirmations.Load(ctx, id)
		if err != nil {
			return err
		}
		if found {
			*waiting = append(*waiting, pendingConsent(c))
		}
	}
	slices.SortStableFunc(*waiting, func(a, b bundle.PendingConsent) int { return a.AskedAt.Compare(b.AskedAt) })
	return nil
}

// pendingConsent returns a confirmation without its secrets. It leaves out the language. Until the button is pressed, a stranger may have
// written it; after that, consents.json has it (promise H14).
func pendingConsent(c mailbox.Confirmation) bundle.PendingConsent {
	return bundle.PendingConsent{
		Address: c.Email, Choices: choices(c.Act.Decisions), PolicyVersion: c.Act.PolicyVersion, Surface: c.Act.Surface, GPC: c.Act.GPC,
		AskedAt: c.CreatedAt, Repeats: c.Repeats, RepeatedAt: c.RepeatedAt, ConfirmedAt: c.ConfirmedAt, KeptUntil: c.ExpiresAt,
	}
}

func choices(decisions map[privacy.Purpose]consent.State) map[privacy.Purpose]string {
	out := map[privacy.Purpose]string{}
	for purpose, state := range decisions {
		out[purpose] = string(state)
	}
	return out
}
