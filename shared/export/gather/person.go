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
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// requests adds the requests that came by the address, and those that the data subject, or somebody who was joined to them, sent by an address
// which stands for them no longer; oldest first, without those whose retention is over. It always adds the request that is being answered, since
// its entry in the list may expire before its file. A request by another address of theirs is shown to whoever proves that address.
func (g *gathering) requests(ctx context.Context) error {
	ids := append(slices.Clone(g.listed.Requests), g.request.ID)
	for _, person := range g.persons {
		left, err := g.Requests.ListedOf(ctx, person)
		if err != nil {
			return err
		}
		ids = append(ids, left...)
	}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		file, err := g.Requests.Load(ctx, id)
		if errors.Is(err, request.ErrUnknown) {
			continue
		}
		if err != nil {
			return err
		}
		one := shown(file)
		one.Erasure = erasureOf(file, g.in.Policy)
		one.InForce = g.state.Limited(id)
		g.in.Requests = append(g.in.Requests, one)
	}
	slices.SortStableFunc(g.in.Requests, func(a, b bundle.Request) int { return a.ReceivedAt.Compare(b.ReceivedAt) })
	return nil
}

// shown returns a file without its secrets, and without who of the team decided and on whom else the request was imposed. Package bundle hides the text of a request that is not confirmed.
func shown(f request.File) bundle.Request {
	r := f.Request
	out := bundle.Request{
		ID: r.ID, Right: r.Right, State: string(r.State), Scope: r.Scope, Declared: r.Declared, Ground: r.Ground, Purposes: r.Purposes, Categories: r.Categories,
		Child: r.Child, Unproven: r.Unproven && r.VerifiedAt.IsZero(), RemindedAt: r.RemindedAt, Confirmed: r.Confirmed(), Address: r.Email, Jurisdiction: r.Jurisdiction,
		Language: r.Language, Details: r.Details, About: r.About, PolicyVersion: r.PolicyVersion,
		ReceivedAt: r.ReceivedAt, Repeats: r.Repeats, RepeatedAt: r.RepeatedAt, ConfirmedAt: r.VerifiedAt, ClosedAt: r.ClosedAt, KeptUntil: r.ExpiresAt(),
	}
	if !r.State.Final() {
		out.DueAt = request.DueAt(r)
	}
	for _, m := range r.Messages {
		text, hidden := m.Words()
		out.Messages = append(out.Messages, bundle.Message{At: m.At, Text: text, Hidden: hidden, Cut: m.Cut, Attachments: m.Attachments})
	}
	if a := r.Agent; a != (request.Agent{}) {
		out.Agent = &bundle.Agent{Name: a.Name, Address: a.Email, Relation: a.Relation}
	}
	if e := r.Extension; !e.DecidedAt.IsZero() {
		out.Extension = &bundle.Extension{Reason: e.Reason, DecidedAt: e.DecidedAt, NoticeAt: e.NoticeSent}
	}
	if o := r.Outcome; o.Result != "" {
		out.Outcome = &bundle.Outcome{Result: string(o.Result), Reason: o.Reason, DecidedAt: o.DecidedAt}
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
	state := g.state
	if !g.known || !state.ExpiresAt.IsZero() && !state.ExpiresAt.After(g.Now()) {
		return nil
	}
	out := &g.in.Subject
	out.ID, out.Contract, out.ContractEndedAt, out.NewestRecordAt = g.subject, string(state.Contract), state.EndedAt, state.Newest
	out.KnownSince, out.Marketing, out.KeptUntil = state.Since, string(state.Marketing), state.ExpiresAt
	for _, f := range state.Formerly {
		out.Formerly = append(out.Formerly, bundle.Former{ID: f.ID, JoinedAt: f.At})
	}
	limits(out, state.Limits)
	erased(out, state.State)
	aliases, err := g.Subjects.Aliases(ctx, state.Aliases...)
	if err != nil {
		return err
	}
	for _, key := range state.Aliases {
		is, found := aliases[key]
		switch {
		case !found:
		case subject.IsAddress(key):
			out.Addresses = append(out.Addresses, bundle.Address{
				Address: is.Spelling, ErasedAt: is.ErasedAt, Typed: is.Typed, System: is.Client, AttachedAt: is.AttachedAt, FrozenAt: is.FrozenAt, Shared: is.Shared(),
			})
		default:
			out.IDs = append(out.IDs, bundle.SystemID{System: is.Client})
		}
	}
	return nil
}

// limits adds what the data subject has limited (GDPR Art. 18, 21; CCPA §1798.120).
func limits(out *bundle.Subject, l standing.Limits) {
	for _, o := range l.OptOuts {
		out.OptOuts = append(out.OptOuts, bundle.OptOut{Request: o.Request, Since: o.At})
	}
	for _, o := range l.Objections {
		out.Objections = append(out.Objections, bundle.Objection{Request: o.Request, Since: o.At, Purposes: o.Purposes})
	}
	for _, r := range l.Restrictions {
		out.Restrictions = append(out.Restrictions, bundle.Restriction{Request: r.Request, Since: r.At, Ground: r.Ground, Purposes: r.Purposes, Categories: r.Categories})
	}
	out.KeepingChanged = l.FencedAt
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
