package main

import (
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// file files a request and mails its link.
func (r *rig) file(f request.Filing) string {
	r.T.Helper()
	id := r.File(f).ID
	r.Fulfil(id)
	r.Post(f.Email)
	return id
}

// confirmed files a request, opens the link that is mailed, confirms the request there and looks up its data subject. The receipt waits.
func (r *rig) confirmed(f request.Filing) string {
	r.T.Helper()
	id := r.file(f)
	r.Clock.Advance(time.Minute)
	links := slices.DeleteFunc(slices.Clone(r.Mails), func(m servicetest.Mail) bool { return m.Kind != "link" })
	proof, _ := r.Open(links[len(links)-1])
	one, err := r.Requester.Confirm(r.T.Context(), id, proof)
	if err == nil {
		err = r.Links.Tell(r.T.Context(), proof.Mailbox, "", mailbox.Act{Kind: mailbox.Confirmed, Request: id, Right: one.Right, DueAt: request.DueAt(one), TimeZone: one.Terms.TimeZone})
	}
	if err != nil {
		r.T.Fatal(err)
	}
	r.Fulfil(id)
	return id
}

// answered files a request whose export is mailed and downloaded.
func (r *rig) answered(f request.Filing) string {
	r.T.Helper()
	id := r.confirmed(f)
	r.Clock.Advance(time.Minute)
	if done, err := r.Delivery.Run(r.T.Context(), id, 1); !done || err != nil {
		r.T.Fatal(done, err)
	}
	r.Clock.Advance(time.Hour)
	if _, err := export.Redeem(r.T.Context(), r.Requests, servicetest.Tokens, id+".1", r.LastMail().Token, r.Clock.Now()); err != nil {
		r.T.Fatal(err)
	}
	return id
}

// nothing returns how many mails said that nothing is stored.
func (r *rig) nothing() (n int) {
	for _, m := range r.Mails {
		if m.Kind == "nothing" {
			n++
		}
	}
	return n
}

// ask states a consent by an address, and puts it behind the mailbox of the address as function fulfil does.
func (r *rig) ask(email, operation, client string) {
	r.T.Helper()
	id, err := r.ByAddress.Ask(r.T.Context(), client, consent.Act{Who: consent.Who{Email: email}, Operation: operation, PolicyVersion: policy.VersionInForce(time.Now()), Language: "en-x-canary",
		Surface: "form", GPC: true, Decisions: map[privacy.Purpose]consent.State{privacy.Testimonials: consent.Denied}})
	if err != nil {
		r.T.Fatal(err)
	}
	if err := r.Admission.Run(r.T.Context(), id); err != nil {
		r.T.Fatal(err)
	}
}

// customer puts a person on record with an account whose contract has ended, a grant, requests of every kind, a waiting consent, and what was
// asked for again. Each
// text that is stored about the person contains the name.
func (r *rig) customer(name string) (current request.File) {
	r.T.Helper()
	email := name + "@example.org"
	typed := strings.ToUpper(name[:1]) + name[1:] + "@EXAMPLE.org"
	ended := r.Clock.Now().AddDate(0, -1, 0).Format(time.RFC3339)
	if _, err := r.Take(email, record.Record{Category: privacy.Account, ID: "a", Source: privacy.Direct, OccurredAt: r.Clock.Now().AddDate(0, -1, 0),
		Data: []byte(`{"contractEndedAt":"` + ended + `","contractStartedAt":"2020-01-01T00:00:00Z","passwordHash":"$2b$12$YAH2sWqKQt.mpzZsIFNIUvbv5W/L37aCztzYKheGbpz/UZ1/7bc/q","status":"closed","username":"` + name + `-user"}`)}); err != nil {
		r.T.Fatal(err)
	}
	known, _, err := r.Find(r.T.Context(), r.Parse(email))
	if err != nil {
		r.T.Fatal(err)
	}
	r.decide(known.Subject, 1, consent.Granted, r.Clock.Now().AddDate(3, 0, 0))
	filing := func(text string) request.Filing {
		return request.Filing{Right: privacy.Access, Email: typed, Details: name + " " + text, Language: "en-GB", Jurisdiction: privacy.UK}
	}
	r.answered(filing("first"))
	lapsed := r.file(filing("lapsed"))
	r.Clock.Set(policy.Newest().SpanOf(policy.MailboxLink).After(r.Clock.Now()))
	r.Fulfil(lapsed)
	stranger := filing("stranger")
	stranger.Language = "x-" + name
	r.file(stranger)
	for range 2 {
		r.Clock.Advance(time.Minute)
		r.Fulfil(r.File(stranger).ID) // repeats what waits
		r.ask(typed, rand.Text(), name+"-client")
	}
	return r.Load(r.confirmed(filing("current")))
}

// unpacked makes the bundle of an export and returns its files.
func (r *rig) unpacked(file request.File) map[string][]byte {
	r.T.Helper()
	e := export.Of(file)[len(export.Of(file))-1]
	e.Object = "exports/" + file.Request.ID
	size, identity, err := r.sealer.Seal(r.T.Context(), file.Request, e)
	if err != nil {
		r.T.Fatal(err)
	}
	return r.open(e.Object, size, identity)
}
