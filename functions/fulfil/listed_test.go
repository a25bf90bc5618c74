package main

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/ses"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/queue"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// listed is what is listed under an address.
func (s *rig) listed(email string) request.Listed {
	s.T.Helper()
	listed, err := s.Opening.Listings.Listed(s.T.Context(), s.Mailboxes.Mailbox(s.Parse(email)))
	if err != nil {
		s.T.Fatal(err)
	}
	return listed
}

// cut breaks the call with this number: it is not sent, or it is sent and its answer is lost.
type cut struct {
	next http.RoundTripper
	left int    // calls until the one that breaks
	sent bool   // whether that one is sent
	kill func() // ends the run; without it only the one call breaks
	hit  bool
}

var errCut = errors.New("cut")

func (c *cut) RoundTrip(r *http.Request) (*http.Response, error) {
	if c.left--; c.left != 0 {
		return c.next.RoundTrip(r)
	}
	c.hit = true
	if c.sent {
		if answer, err := c.next.RoundTrip(r); err == nil {
			_ = answer.Body.Close()
		}
	}
	if c.kill != nil {
		c.kill()
	}
	return nil, errCut
}

// consistent holds what is stored against what is listed: whatever a step has been done about is listed.
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

// F01, F03: a run that is killed before or after any call, or loses any answer, leaves nothing that was worked on unlisted, and a later run
// ends with the same.
func TestFault_F03_EntriesSurviveEachCrash(t *testing.T) {
	for _, c := range []struct {
		name       string
		sent, dies bool
	}{{"killed before", false, true}, {"killed after", true, true}, {"no answer to", true, false}} {
		for call := 1; ; call++ {
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
			when := c.name + " call " + string(rune('0'+call/10)) + string(rune('0'+call%10))
			s.consistent("anna@example.org", id, confirmation, when)
			s.Clock.Advance(5 * time.Minute)
			s.fulfils()
			s.consistent("anna@example.org", id, confirmation, when)
			if got := s.listed("ANNA@example.org"); !slices.Equal(got.Requests, []string{id}) || !slices.Equal(got.Consents, []string{confirmation}) {
				t.Errorf("%s: listed is %+v", when, got)
			}
			if !broken.hit {
				if call < 10 {
					t.Errorf("a run of %d calls", call)
				}
				break
			}
		}
	}
}

// H01: consents and requests are listed whatever the day's limit of mails says, and nobody else's are.
func TestPromise_H01_WhatIsNotMailedIsListed(t *testing.T) {
	s := newRig(t)
	var asked, filed []string
	for i := range 5 {
		asked = append(asked, s.ask("anna@example.org", "client", string(rune('a'+i)), consent.Granted))
		filed = append(filed, s.file("ANNA@example.org"))
	}
	s.file("berta@example.org")
	s.fulfils()
	if n := s.to("anna@example.org") + s.to("ANNA@example.org"); n >= 10 {
		t.Fatalf("%d mails: nothing met the limit", n)
	}
	listed := s.listed("anna@example.org")
	slices.Sort(asked)
	if !slices.Equal(listed.Consents, asked) || !slices.Equal(listed.Requests, filed) {
		t.Errorf("listed %+v, want %v and %v", listed, filed, asked)
	}
	for _, item := range s.Scan("RequestsTable") {
		if pk := dynamo.Text(item, dynamo.PK); strings.HasPrefix(pk, "m#") && (len(item) != 3 || strings.Contains(strings.ToLower(pk), "anna")) {
			t.Errorf("an entry holds %v", item)
		}
	}
}

// An entry lives as long as what it names at least, however long a mail had to wait.
func TestAnEntryOutlivesItsConsent(t *testing.T) {
	s := newRig(t)
	s.ses.Set(ses.Suspended)
	s.ask("anna@example.org", "client", "", consent.Granted)
	for range 27 {
		s.Clock.Advance(6 * time.Hour)
		_ = s.schedule()
	}
	s.ses.Set(ses.Sending)
	s.Clock.Advance(5 * time.Hour)
	s.fulfils()
	var ends, entry time.Time
	for _, item := range s.Scan("RequestsTable") {
		switch sk := dynamo.Text(item, dynamo.SK); {
		case sk == "CONSENT":
			ends = dynamo.Time(item, dynamo.ExpiresAt)
		case strings.HasPrefix(sk, "PENDING#"):
			entry = dynamo.Time(item, dynamo.ExpiresAt)
		}
	}
	if ends.Before(s.Clock.Now().Add(linkLife-12*time.Hour)) || entry.Before(ends) || entry.After(ends.Add(linkLife)) {
		t.Errorf("it is %s, the consent ends %s and its entry %s", s.Clock.Now(), ends, entry)
	}
}
