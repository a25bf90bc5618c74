package servicetest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/inbound"
	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// writes takes in mails of strangers in the owner's name. Their own domain does not say who may send in its name, so most of them are answered.
func (f *flood) writes(n int) {
	f.T.Helper()
	for i := range n {
		f.filed++
		found := inbound.Verdicts{Spam: inbound.Pass, Virus: inbound.Gray, SPF: inbound.Pass, DKIM: inbound.Gray, DMARC: inbound.Gray}
		if i%5 == 4 {
			found.DMARC = inbound.Fail
		}
		a := f.Arrives(inbound.Message{From: owner, Subject: "Mail of a stranger", Text: fmt.Sprint("text of a stranger ", f.filed)}, found)
		if got, err := f.Inbox.Take(f.T.Context(), a); got != inbound.Taken || err != nil {
			f.T.Fatal(got, err)
		}
		if i%25 == 24 {
			f.work()
		}
	}
	f.work()
}

// T09, T32: for ten days, strangers write a hundred mails a day in the owner's name, which are vouched for. The owner files by the form each day, and is
// mailed and answered on that day. Of all the mails come no more links than of these filings, and they are one line of the team's queue.
func TestThreat_T09_AFloodOfMailsSilencesNobody(t *testing.T) {
	f := newFlood(t)
	began, each := f.Clock.Now(), soak.Pick(25, 50)
	for day := range 10 {
		f.Clock.Set(began.AddDate(0, 0, day).Add(time.Hour))
		f.writes(each)
		f.Clock.Advance(9 * time.Hour)
		f.answered()
		f.Clock.Advance(3 * time.Hour)
		f.writes(each)
		if links := len(f.today("link")); links > limit.MailsPerDay {
			t.Errorf("%d links on day %d", links, day)
		}
	}
	links, lines := 0, 0
	for _, m := range f.Mails {
		if m.To != owner {
			t.Errorf("mailed %+v", m)
		}
		if m.Kind == "link" {
			links++
		}
	}
	open, err := f.Requests.Open(t.Context())
	for _, l := range open {
		if l.Right == privacy.Question {
			lines++
		}
	}
	if err != nil || lines != 1 || links > 2*10 {
		t.Errorf("%d lines of mails, %d links, %v", lines, links, err)
	}
}

// T09, T32: strangers who fill up what is kept of the mails of somebody, by mails that nothing vouches for, do not keep the owner's own mail from being
// kept and answered.
func TestThreat_T32_TheOwnersMailIsKeptBesideForgedOnes(t *testing.T) {
	f := newFlood(t)
	for i := range 20 {
		f.forges(i)
	}
	if len(f.Mails) != 0 {
		t.Fatalf("mailed %+v", f.Mails)
	}
	id := f.Writes(inbound.Message{From: owner, Text: "These are my own words."}, servicetest.Vouched)
	f.work()
	for i := range 20 {
		f.forges(20 + i)
	}
	if links := f.today("link"); len(links) != 1 || len(links[0].Waiting) != 1 || f.Load(id).Request.State != request.Lapsed {
		t.Fatalf("mailed %+v", f.Mails)
	}
	r := f.Load(f.LastMail().Waiting[0].ID).Request
	sure := 0
	for _, m := range r.Messages {
		if m.Sure {
			sure++
		}
	}
	if sure != 1 || r.Messages[len(r.Messages)-1].Text != "These are my own words." || len(r.Messages) != 6 || len(r.Messages)+r.Repeats != 41 {
		t.Errorf("%d are kept, %d of them sure, %d are counted: %+v", len(r.Messages), sure, r.Repeats, r.Messages)
	}
}

func (f *flood) forges(i int) {
	f.T.Helper()
	f.Writes(inbound.Message{From: owner, Text: fmt.Sprint("forged ", i)}, inbound.Verdicts{Spam: inbound.Pass, Virus: inbound.Pass, DMARC: inbound.Fail})
	f.work()
}
