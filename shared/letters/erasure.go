package letters

import (
	"context"
	"strconv"
	"strings"

	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// agreed is the mail that says that somebody agreed to an erasure, when it begins, and how to cancel it (threat T07).
type agreed struct {
	frame
	Right    right
	Number   string // of the request
	Received string // a day
	Begins   string // the time before which it does not begin
	outcomes
	StatusURL string
	PageURL   string
	CopyURL   string // of the form for a copy of the data
}

// erased is the mail that says what was erased and what was withheld, with the way to the certificate (promise H03).
type erased struct {
	frame
	Right    right
	Number   string // of the request
	Received string // a day
	At       string // the time of the erasure
	outcomes
	Backups     string   // the day from which no backup holds what was erased
	Systems     []string // that erased the person too
	Outstanding []string // that have to do so yet
	remedies
	OptOutURL string // of the form for an opt-out, which is offered where something is withheld from a deletion (CCPA regulations §7022); empty otherwise
	StatusURL string
	KeysURL   string // of the keys that check the certificate
}

// outcomes says what an erasure does with what is stored.
type outcomes struct {
	Deleted []string // with how many; titles alone before the erasure
	Kept    []keptLine
	More    bool // something else is kept that cannot be counted for one person: it is short-lived, or names nobody
}

// keptLine says why something is kept, and until when.
type keptLine struct {
	Title string // with how many
	Why   string // in sentences
	Law   string
	Until string // in words
	Drops string // what is deleted of it all the same; empty for nothing
}

// ErasureAgreed mails somebody at an address of the person that the erasure is near, and how to cancel it.
func (p Post) ErasureAgreed(ctx context.Context, to string, r request.Request, e erasure.Erasure, status subject.Token) error {
	in, zone := p.policy(), r.Terms.TimeZone
	m := agreed{
		frame: frame{Policy: in, Subject: "Your data will be deleted on " + dayOf(in, zone, e.ErasesAt)}, Right: askedIn(in, r), Number: r.ID,
		Received: dayOf(in, zone, r.ReceivedAt), Begins: moment(zoneOf(in, zone), e.ErasesAt), outcomes: outcomesOf(in, r, e.Plan, false),
		StatusURL: p.Origin.Status(r.ID, status), PageURL: p.Origin.MePage(), CopyURL: p.Origin.Ask(privacy.Access),
	}
	return p.send(ctx, mail.Message{To: to, Subject: m.Subject, Mail: erasure.AgreedMail(r, e)}, "agreed", m, m.StatusURL, m.PageURL, m.CopyURL)
}

// Erased mails what was erased and what was withheld, on which ground and until when, which systems still have to erase the person, and how to get the
// certificate. Whoever does not agree with what is withheld is told where to turn (promise L01).
func (p Post) Erased(ctx context.Context, to string, r request.Request, e erasure.Erasure, status subject.Token) error {
	in, zone := p.policy(), r.Terms.TimeZone
	m := erased{
		frame: frame{Policy: in, Subject: "We have deleted your data"}, Right: askedIn(in, r), Number: r.ID, Received: dayOf(in, zone, r.ReceivedAt),
		At: moment(zoneOf(in, zone), e.ErasedAt), outcomes: outcomesOf(in, r, e.Plan, true), Backups: dayOf(in, zone, e.ErasedAt.AddDate(0, 0, in.BackupDays)),
		StatusURL: p.Origin.Status(r.ID, status), KeysURL: p.Origin.Keys(),
	}
	urls := []string{m.StatusURL, m.KeysURL}
	for _, s := range e.Systems {
		if s.AcknowledgedAt.IsZero() {
			m.Outstanding = append(m.Outstanding, systemTitle(in, s.ID))
		} else {
			m.Systems = append(m.Systems, systemTitle(in, s.ID))
		}
	}
	if len(m.Kept) > 0 {
		m.Subject, m.remedies = "We have deleted your data, except what we have to keep", remedies{in.AuthoritiesOf(r.Jurisdiction)}
		if r.Right == privacy.Delete {
			m.OptOutURL = p.Origin.Ask(privacy.OptOut)
			urls = append(urls, m.OptOutURL)
		}
	}
	return p.send(ctx, mail.Message{To: to, Subject: m.Subject, Mail: erasure.ErasedMail(r, e)}, "erased", m, urls...)
}

// erases reports whether the right is answered by an erasure.
func erases(id privacy.Right) bool { return request.Rights[id].Answer == work.Erase }

// outcomesOf says in words what a plan does with what is stored. Before the erasure it has no counts: those change, and it goes to every address of the
// person.
func outcomesOf(in *policy.Policy, r request.Request, plan erasure.Plan, counts bool) (o outcomes) {
	for _, row := range plan.Rows(in, r.Right) {
		title := row.Title
		switch {
		case counts && row.Count > 0:
			title += " (" + items(row.Count) + ")"
		case row.Erased() && !row.Counted:
			title += " (if any)"
		}
		switch {
		case !row.Stored():
		case row.Erased():
			o.Deleted = append(o.Deleted, title)
		case row.Counted:
			o.keep(keptLine{title, row.Reason, row.Law, keptUntil(in, r, row), strings.Join(row.Drops, ", ")})
		default:
			o.More = true
		}
	}
	return o
}

// keep adds what is kept. What is kept alike stands in one line, so that a reason is read once.
func (o *outcomes) keep(next keptLine) {
	for i, line := range o.Kept {
		alike := next
		if alike.Title = line.Title; alike == line {
			o.Kept[i].Title += ", " + next.Title
			return
		}
	}
	o.Kept = append(o.Kept, next)
}

// keptUntil says until when something is kept.
func keptUntil(in *policy.Policy, r request.Request, row erasure.Row) string {
	switch {
	case row.Ground == privacy.LegalHold:
		return "Kept until our team releases it"
	case row.While != "":
		return "Kept until your contract ends"
	case row.Until.IsZero():
		return "How long: " + row.Period
	default:
		return "Kept until " + day(zoneOf(in, r.Terms.TimeZone), row.Until) + " at the latest"
	}
}

// items counts what is stored: "1 item", "12 items".
func items(n int) string {
	if n == 1 {
		return "1 item"
	}
	return strconv.Itoa(n) + " items"
}

// systemTitle returns what the policy calls a system, and its id if the policy does not know it.
func systemTitle(in *policy.Policy, id string) string {
	for _, s := range in.Systems {
		if s.ID == id {
			return s.Title
		}
	}
	return id
}
