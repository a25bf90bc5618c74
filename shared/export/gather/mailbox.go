package gather

import (
	"context"

	"github.com/helpdeskexpert/privacy/shared/export/bundle"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
)

// mailbox adds what is stored about the links that were mailed to the address, and about what was done on the page that they open.
func (g *gathering) mailbox(ctx context.Context) error {
	if g.request.Mailbox == "" { // the request was taken out of it
		return nil
	}
	m, found, err := g.Mailboxes.Load(ctx, g.request.Mailbox)
	if err != nil || !found {
		return err
	}
	g.in.Subject.Mailbox = mailboxOf(m)
	return nil
}

// mailboxOf returns a mailbox without its secrets.
func mailboxOf(m mailbox.Mailbox) *bundle.Mailbox {
	out := &bundle.Mailbox{
		Address: m.Address, LinksMailed: m.Minted, Receipts: m.Receipts, MailedOn: m.Mailed.On, SessionUntil: m.SessionsEnd, KeptUntil: m.ExpiresAt,
	}
	for _, n := range m.Mailed.Counts {
		out.MailedThen += n
	}
	for _, l := range m.Links {
		out.Links = append(out.Links, bundle.Link{MailedAt: l.MintedAt, Accepted: l.Left, OpenedAt: l.OpenedAt, Openings: l.Openings})
	}
	for _, a := range m.Acts {
		out.Untold = append(out.Untold, bundle.Act{At: a.At, Kind: string(a.Kind), Request: a.Request, Right: a.Right, Scope: a.Scope, DueAt: a.DueAt, TimeZone: a.TimeZone,
			Choices: choices(a.Decisions)})
	}
	return out
}
