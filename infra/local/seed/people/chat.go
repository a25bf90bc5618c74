package people

import (
	"fmt"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// chats adds count transcripts within the time given; about a third are older than the year they are kept (promise F03).
func (p *person) chats(count int, from, to time.Time) {
	for i := range count {
		p.chat(i+1, p.between(from, later(from, to.Add(-day))))
	}
}

func (p *person) chat(number int, at time.Time) {
	count := p.IntRange(2, 12)
	if p.oneIn(60) {
		count = p.IntRange(200, 700)
	}
	data := communication{Channel: "live_chat", StartedAt: at, Agent: fmt.Sprintf("agent-%d", p.upTo(30))}
	pause := 90
	if p.oneIn(3) {
		data.Channel = "email"
	}
	agent, other := p.FirstName(), p.FirstName()+" "+p.LastName()
	for i := range count {
		if i > 0 {
			at = at.Add(time.Duration(p.IntRange(1, pause)) * time.Second)
		}
		m := message{At: at, From: "subject", Name: p.first}
		switch p.upTo(9) {
		case 0: // a third person: a colleague who was copied in
			m.From, m.Name = "other", other
		case 1, 2, 3, 4:
			m.From, m.Name = "agent", agent
		}
		m.Text = freeText(p.Faker, func() string { return p.say(m.From) })
		data.Messages = append(data.Messages, m)
	}
	data.EndedAt = at
	source := privacy.Direct
	if data.Channel == "live_chat" {
		source = privacy.Automatic
	}
	p.add(privacy.Communication, fmt.Sprintf("chat-%d", number), source, at, data)
}

// say returns what somebody writes; the data subject writes their own language half of the time.
func (p *person) say(from string) string {
	if from == "subject" && p.oneIn(2) {
		return p.RandomString(p.culture.says)
	}
	if from == "other" && p.oneIn(3) {
		return "Please answer to me as well: copy." + fmt.Sprint(p.upTo(99)) + "@example.com"
	}
	return p.HackerPhrase()
}

var events = []string{"login", "login_failed", "logout", "password_changed", "export_downloaded"}

// securityLog adds log lines: most of a running account within the 90 days, some beyond, one about to leave them (promise F06).
func (p *person) securityLog() {
	for i := range p.IntRange(1, 5) {
		at := p.between(later(p.started, p.last().Add(-150*day)), p.last())
		if i == 0 && p.ended.IsZero() && p.oneIn(3) {
			at = p.between(p.base.Add(-logKept), p.base.Add(-logKept+2*day))
		}
		p.add(privacy.SecurityLog, fmt.Sprintf("log-%d", i+1), privacy.Automatic, at,
			securityLog{at, p.RandomString(events), p.ip(), p.UserAgent(), p.UUID()})
	}
}

// ip returns an address from the ranges for documentation (RFC 5737, RFC 3849).
func (p *person) ip() string {
	if p.oneIn(3) {
		return fmt.Sprintf("2001:db8:%x:%x::%x", p.upTo(0xffff), p.upTo(0xffff), p.IntRange(1, 0xffff))
	}
	return fmt.Sprintf("%s%d", p.RandomString([]string{"192.0.2.", "198.51.100.", "203.0.113."}), p.IntRange(1, 254))
}
