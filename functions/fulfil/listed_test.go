package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/ses"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/queue"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// listed returns what is listed under an address.
func (s *rig) listed(email string) request.Listed {
	s.T.Helper()
	listed, err := s.Opening.Listings.Listed(s.T.Context(), s.mailboxOf(email))
	if err != nil {
		s.T.Fatal(err)
	}
	return listed
}

// consistent checks that each request or consent is listed if a step of it was done.
func (s *rig) consistent(email, id, confirmation string, when string) {
	s.T.Helper()
	listed := s.listed(email)
	for _, item := range s.Scan("RequestsTable") {
		switch sk := dynamo.Text(item, dynamo.SK); {
		case sk == "REQUEST" && (dynamo.Text(item, "mailbox") != "") != slices.Contains(listed.Requests, id):
			s.T.Errorf("%s: the request has the mailbox %q, and listed is %v", when, dynamo.Text(item, "mailbox"), listed)
		case sk == "CONSENT" && dynamo.Int(item, "v") > 1 && !slices.Contains(listed.Consents, confirmation):
			s.T.Errorf("%s: the consent was worked on, and listed is %v", when, listed)
		}
	}
}

// F01, F03: at each of its calls, a run is killed before or after the call, or loses the answer. All that the run worked on is listed, and a
// later run has the same result.
func TestFault_F03_EntriesSurviveEachCrash(t *testing.T) {
	for _, c := range breaks {
		for call := 1; ; call += soak.Pick(7, 1) {
			s := newRig(t)
			id, confirmation := s.file("anna@example.org"), s.ask("Anna@example.org", "client", "", consent.Granted)
			ctx, cancel := context.WithCancel(t.Context())
			broken := &cut{next: http.DefaultTransport, left: call, sent: c.sent}
			if c.dies {
				broken.kill = cancel
			}
			s.Wire.Next = broken
			_, _ = s.handle(ctx, queue.Event{})
			cancel()
			s.Wire.Next = nil
			when := fmt.Sprint(c.name, " call ", call)
			s.consistent("anna@example.org", id, confirmation, when)
			s.Clock.Advance(5 * time.Minute)
			s.fulfils()
			s.consistent("anna@example.org", id, confirmation, when)
			if got := s.listed("ANNA@example.org"); !slices.Equal(got.Requests, []string{id}) || !slices.Equal(got.Consents, []string{confirmation}) {
				t.Errorf("%s: listed is %+v", when, got)
			}
			if !broken.was() {
				if call < 10 {
					t.Errorf("a run of %d calls", call)
				}
				break
			}
		}
	}
}

// H01, T32: requests and consents are listed even if the day's limit allows no mail, as far as they differ from what waits already: six of each.
// Those of other addresses are not.
func TestPromise_H01_WhatIsNotMailedIsListed(t *testing.T) {
	s := newRig(t)
	var asked, filed []string
	purposes := []privacy.Purpose{privacy.MarketingEmail, privacy.Testimonials, privacy.AnalyticsCookies}
	for i := range 8 {
		act := consent.Act{Who: consent.Who{Email: "anna@example.org"}, Operation: fmt.Sprint(i), PolicyVersion: policy.VersionInForce(time.Now()), Language: "en", Surface: "form",
			Decisions: map[privacy.Purpose]consent.State{}}
		for bit, purpose := range purposes {
			act.Decisions[purpose] = []consent.State{consent.Granted, consent.Denied}[i>>bit&1]
		}
		id, err := s.ByAddress.Ask(t.Context(), "client", act)
		if err != nil {
			t.Fatal(err)
		}
		asked = append(asked, id)
		filed = append(filed, s.File(request.Filing{Right: privacy.Access, Email: "ANNA@example.org", Details: fmt.Sprint(i)}).ID)
		s.fulfils()
	}
	s.file("berta@example.org")
	s.fulfils()
	if n := len(s.box.All()); n != 7 {
		t.Fatalf("%d mails, want three for requests, three for consents and one to somebody else", n)
	}
	listed := s.listed("anna@example.org")
	asked, filed = asked[:6], filed[:6]
	slices.Sort(asked)
	if !slices.Equal(listed.Consents, asked) || !slices.Equal(listed.Requests, filed) {
		t.Errorf("listed %+v, want %v and %v", listed, filed, asked)
	}
	for _, item := range s.Scan("RequestsTable") {
		pk, sk := dynamo.Text(item, dynamo.PK), dynamo.Text(item, dynamo.SK)
		if strings.Contains(strings.ToLower(pk+sk), "anna") || strings.HasPrefix(pk, "m#") && sk != "MAILBOX" && len(item) != 3 {
			t.Errorf("an entry holds %v", item)
		}
	}
}

// F23: a consent whose mail had to wait is listed under its mailbox for as long as the link in that mail opens, so that the link shows it to the
// end.
func TestFault_F23_AConsentIsListedAsLongAsItsLinkOpens(t *testing.T) {
	s := newRig(t)
	s.ses.Set(ses.Suspended)
	id := s.ask("anna@example.org", "client", "", consent.Granted)
	for range 27 {
		s.Clock.Advance(6 * time.Hour)
		s.fulfils()
	}
	s.ses.Set(ses.Sending)
	s.Clock.Advance(5 * time.Hour)
	s.fulfils()
	end := s.Clock.Now().Add(linkLife)
	for ; s.Clock.Now().Before(end.Add(-time.Hour)); s.Clock.Advance(time.Hour) {
		s.fulfils()
		if waiting, err := s.Behind.Waiting(t.Context(), s.mailboxOf("anna@example.org")); err != nil || len(waiting) != 1 {
			t.Fatalf("%s before the end of its link, %d consents wait, %v", end.Sub(s.Clock.Now()), len(waiting), err)
		}
	}
	if err := s.agrees("anna@example.org", id); err != nil {
		t.Error(err)
	}
}
