package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/ses"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// fulfils fires the schedule, which must not fail.
func (s *rig) fulfils() {
	s.T.Helper()
	if err := s.schedule(); err != nil {
		s.T.Fatal(err)
	}
}

// T09: twenty clients state a hundred consents by one address (a thousand in a full run). Three mails leave on the first day and three on the
// next. The rest is dropped.
func TestThreat_T09_ConfirmationMailsPerAddress(t *testing.T) {
	s := newRig(t)
	for i := range soak.Pick(100, 1000) {
		s.ask("anna@example.org", fmt.Sprint("client ", i%20), fmt.Sprint(i), consent.Granted)
	}
	for day, want := range []int{3, 6, 6} {
		for range 2 {
			if s.fulfils(); s.to("anna@example.org") != want {
				t.Fatalf("day %d: %d mails, want %d", day+1, s.to("anna@example.org"), want)
			}
		}
		s.Clock.Advance(24 * time.Hour)
	}
	if left := s.work(); left != "" {
		t.Errorf("work is left:%s", left)
	}
}

// work lists the items with work left.
func (s *rig) work() (left string) {
	s.T.Helper()
	for _, item := range s.Scan("RequestsTable") {
		if item[dynamo.Work] != nil {
			left += fmt.Sprintf(" %.2s %s", dynamo.Text(item, dynamo.PK), dynamo.Text(item, dynamo.SK))
		}
	}
	return left
}

// T09: requests and consents by one address share its three mails a day.
func TestThreat_T09_RequestsAndConsentsShareTheDay(t *testing.T) {
	for first := range 4 {
		s := newRig(t)
		for range first {
			s.file("anna@example.org")
		}
		s.fulfils()
		for i := range 3 {
			s.ask("anna@example.org", "client", fmt.Sprint(i), consent.Granted)
		}
		s.fulfils()
		s.file("Anna@example.org")
		s.file("berta@example.org")
		s.fulfils()
		if n := s.to("anna@example.org") + s.to("Anna@example.org"); n != 3 || s.to("berta@example.org") != 1 {
			t.Errorf("%d requests first: %d mails in a day", first, n)
		}
	}
}

// T09: one client causes at most 60 confirmation mails a minute, no matter how many addresses it names. Its other mails wait, but those of other
// clients do not. The addresses of one /64 are one client.
func TestThreat_T09_ConfirmationMailsPerClient(t *testing.T) {
	s, key := newRig(t), subject.Key("a key of tests")
	for i := range 70 {
		s.ask(fmt.Sprintf("p%d@example.org", i), key.Client([]string{"2001:db8::1", "2001:db8::2"}[i%2]), "", consent.Granted)
	}
	for i, ip := range []string{"2001:db8:0:1::1", "203.0.113.9"} {
		s.ask(fmt.Sprintf("q%d@example.org", i), key.Client(ip), "", consent.Granted)
	}
	for minute, want := range []int{62, 72, 72} {
		for range 2 {
			if s.fulfils(); len(s.box.All()) != want {
				t.Fatalf("minute %d: %d mails, want %d", minute, len(s.box.All()), want)
			}
		}
		s.Clock.Advance(time.Minute)
	}
}

// A mail that is over its client's limit waits twice as long after each try, so that it costs little. If it is sent late, its link still has the
// full life.
func TestThreat_T09_WhatWaitsForItsClientCostsLittle(t *testing.T) {
	s := newRig(t)
	id := s.ask("anna@example.org", "client", "", consent.Granted)
	full, runs := true, 0
	s.edit(func(operation string, body map[string]any) {
		values, _ := body["ExpressionAttributeValues"].(map[string]any)
		if one, counts := values[":one"]; counts && operation == "UpdateItem" && full { // other mails of the client have used up the minute
			runs++
			one.(map[string]any)["N"] = "1000"
		}
	})
	asked := s.Clock.Now()
	for s.Clock.Now().Before(asked.Add(5 * 24 * time.Hour)) {
		s.fulfils()
		s.Clock.Advance(time.Minute * 16)
	}
	if len(s.box.All()) != 0 || runs > 60 {
		t.Errorf("%d mails, %d tries in five days", len(s.box.All()), runs)
	}
	full = false
	s.Clock.Advance(6 * time.Hour)
	s.fulfils()
	if s.to("anna@example.org") != 1 {
		t.Fatal("the mail did not leave")
	}
	s.Clock.Advance(linkLife - time.Minute)
	if _, err := s.ByAddress.Confirm(t.Context(), id, s.confirmation(id), false); err != nil {
		t.Errorf("a minute before the end of the link's week: %v", err)
	}
}

// F19, F23: a refused confirmation mail is tried less and less often, in the end once an hour, until SES accepts it. It is not recorded as
// mailed before that, and its links live from that time on.
func TestFault_F23_AConfirmationThatIsRefused(t *testing.T) {
	s := newRig(t)
	s.ses.Set(ses.Suspended)
	id := s.ask("bad@example.org", "client", "", consent.Granted)
	for asked := s.Clock.Now(); s.Clock.Now().Before(asked.Add(linkLife + 24*time.Hour)); s.Clock.Advance(30 * time.Minute) {
		s.fulfils()
	}
	c, found, err := s.ByAddress.Confirmations.Load(t.Context(), id)
	if err != nil || !found || !c.MailedAt.IsZero() || c.Hash != nil || c.PreferencesHash != nil || c.Tries < 100 || c.Tries > 8*24+6 {
		t.Fatalf("%v, stored: %t, %+v", err, found, c)
	}
	s.ses.Set(ses.Sending)
	s.Clock.Advance(time.Hour)
	s.fulfils()
	if s.to("bad@example.org") != 1 || s.work() != "" {
		t.Fatalf("%d mails, and work is left:%s", s.to("bad@example.org"), s.work())
	}
	s.Clock.Advance(linkLife - time.Minute)
	if _, err := s.ByAddress.Confirm(t.Context(), id, s.confirmation(id), false); err != nil {
		t.Errorf("a minute before the end of the link's week: %v", err)
	}
}

// F23: a consent by an address that cannot receive mail is given up. It is not recorded as mailed, and no data subject is put on record.
func TestFault_F23_AConfirmationThatNobodyCanGet(t *testing.T) {
	s := newRig(t)
	id := s.ask("änna@example.org", "client", "", consent.Granted)
	s.fulfils()
	c, _, err := s.ByAddress.Confirmations.Load(t.Context(), id)
	if err != nil || !c.NextAt.IsZero() || !c.MailedAt.IsZero() || c.Hash != nil || s.counts.Len() != 0 || len(s.Scan("SubjectsTable")) != 0 {
		t.Errorf("%v, %+v, %s", err, c, s.counts.String())
	}
}

// F23, T09: a confirmation that was refused on the day before waits for the day's limit and is not dropped.
func TestFault_F23_TheDaysLimitDropsNoConfirmationThatWasRefused(t *testing.T) {
	s := newRig(t)
	s.ses.Set(ses.Paused)
	id := s.ask("anna@example.org", "client", "", consent.Granted)
	s.fulfils()
	s.ses.Set(ses.Sending)
	s.Clock.Advance(13 * time.Hour) // other mails use up the limit of the next day
	for i := range 3 {
		if _, _, err := s.Fulfilment.Limiter.MayChallenge(t.Context(), s.Parse("anna@example.org"), fmt.Sprint(i), false, s.Clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	s.fulfils()
	if n := len(s.box.All()); n != 0 {
		t.Fatalf("%d mails over the limit", n)
	}
	s.Clock.Advance(23 * time.Hour)
	s.fulfils()
	if s.to("anna@example.org") != 1 {
		t.Error("the confirmation was dropped")
	}
	s.confirmation(id)
}

// F23, T09: if requests and consents by one address wait for SES together, none is dropped and none lapses. Three mails a day are sent.
func TestFault_F23_TheDayOfAnAddressIsNotUsedUpByRefusals(t *testing.T) {
	s := newRig(t)
	s.ses.Set(ses.Paused)
	ids := []string{s.file("anna@example.org"), s.file("anna@example.org"), s.file("anna@example.org")}
	s.fulfils()
	ids = append(ids, s.file("anna@example.org"))
	asked := s.ask("anna@example.org", "client", "", consent.Granted)
	for range 60 {
		s.fulfils()
		s.Clock.Advance(time.Hour)
	}
	s.ses.Set(ses.Sending)
	for _, want := range []int{3, 5} {
		for range 2 {
			if s.fulfils(); s.to("anna@example.org") != want {
				t.Fatalf("%d mails, want %d", s.to("anna@example.org"), want)
			}
			s.Clock.Advance(time.Hour)
		}
		s.Clock.Advance(24 * time.Hour)
	}
	for _, id := range ids {
		if file := s.Load(id); len(file.Events) != 1 || file.Events[0].Kind != "challenged" {
			t.Errorf("%s: %v", file.Request.State, file.Events)
		}
	}
	s.confirmation(asked)
}

// If a caller repeats a consent, it is mailed once.
func TestARepeatedConsentIsMailedOnce(t *testing.T) {
	s := newRig(t)
	for range 3 {
		s.ask("anna@example.org", "client", "key", consent.Granted)
		s.fulfils()
	}
	s.ask("anna@example.org", "another client", "key", consent.Granted)
	if s.fulfils(); len(s.box.All()) != 2 {
		t.Errorf("%d mails of two callers", len(s.box.All()))
	}
}

// confirmation returns the token of the newest mail about a confirmation.
func (s *rig) confirmation(id string) subject.Token {
	s.T.Helper()
	for _, m := range s.box.All() {
		if _, after, found := strings.Cut(m.Text, "/confirm/"+id+"#"); found {
			return subject.Token(strings.Fields(after)[0])
		}
	}
	s.T.Fatal("no mail about the confirmation")
	return ""
}
