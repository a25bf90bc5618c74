package letters

import (
	"context"

	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// exportReady is the mail that hands an export over (promise H05).
type exportReady struct {
	frame
	Right     right
	What      string // what is in the export: "data", or "answer" if it says how data is processed and contains none
	ExportURL string
	Expires   string // when ExportURL stops working, on the controller's clock
	Uses      int    // how often the export can be downloaded
	StatusURL string
	PageURL   string
}

// ExportReady mails the link that opens an export, and the link of the request's status page. identity decrypts the export; it is
// stored nowhere but in the mail.
func (p Post) ExportReady(ctx context.Context, r request.Request, e export.Attempt, token subject.Token, identity string, status subject.Token) error {
	in := p.policy()
	m := exportReady{
		frame: frame{Policy: in}, Right: askedIn(in, r), What: "data",
		ExportURL: p.Origin.Export(e.ID(), token, identity), Expires: moment(in.Controller.TimeZone, e.OpenUntil),
		Uses: export.Uses, StatusURL: p.Origin.Status(r.ID, status), PageURL: p.Origin.MePage(),
	}
	if r.Content() == request.Statement {
		m.What = "answer"
	}
	m.Subject = "Your " + m.What + " is ready (your " + m.Right.name + ")"
	return p.send(ctx, mail.Message{To: r.Email, Subject: m.Subject, Mail: e.Mail()}, "export", m, m.ExportURL, m.StatusURL, m.PageURL)
}
