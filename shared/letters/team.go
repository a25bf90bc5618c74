package letters

import (
	"context"
	"strconv"
	"time"

	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// teamReminder is the mail that tells the privacy team what is due. It has counts, ids and days, and nothing about anybody (threat T04).
type teamReminder struct {
	frame
	At      string // when it was counted
	Overdue int
	Near    int
	Waiting int
	Due     []dueLine
	More    int // how many of those that are overdue or near have no line
}

// dueLine is how the mail names a request.
type dueLine struct {
	ID, Title, State string
	Due              string // a day
	Overdue          bool
	Team             bool // it waits for the team
}

// TeamReminder mails the privacy team what is overdue and what is due soon, and how to look at it.
func (p Post) TeamReminder(ctx context.Context, to string, d request.Digest) error {
	in := p.policy()
	zone := in.Controller.TimeZone
	m := teamReminder{
		frame: frame{Policy: in, ForTeam: true, Subject: counted(d.Overdue, "privacy request", "is overdue", "are overdue")}, At: moment(zone, d.At),
		Overdue: d.Overdue, Near: d.Near, Waiting: d.Waiting, More: max(0, d.Overdue+d.Near-len(d.Due)),
	}
	if d.Overdue == 0 {
		m.Subject = counted(d.Near, "privacy request", "is due soon", "are due soon")
	}
	for _, l := range d.Due {
		m.Due = append(m.Due, lineOf(in, l, d.At))
	}
	tag := feedback.Mail{Kind: feedback.Team, About: d.At.UTC().Format(time.DateOnly), Part: "reminder-" + strconv.FormatInt(d.At.Unix(), 10)}
	return p.send(ctx, mail.Message{To: to, Subject: m.Subject, Mail: tag}, "team", m)
}

func lineOf(p *policy.Policy, l request.Line, at time.Time) dueLine {
	return dueLine{
		ID: l.ID, Title: rightOf(p, l.Right).Title, State: string(l.State), Due: day(p.Controller.TimeZone, l.DueAt),
		Overdue: l.Overdue(at), Team: l.WaitingFor == request.ForTeam,
	}
}

// counted writes how many there are of a thing and what is said of it: "1 privacy request is overdue".
func counted(n int, thing, one, many string) string {
	if n == 1 {
		return "1 " + thing + " " + one
	}
	return strconv.Itoa(n) + " " + thing + "s " + many
}
