package mailboxes

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo/confirmations"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// behind is what is behind mailboxes, with the stores of its parts.
type behind struct {
	*rig
	Behind
	confirmations *confirmations.Store
}

func newBehind(t *testing.T, tables *enginetest.Tables) *behind {
	r := newRig(t, tables)
	return &behind{r, Behind{&requests.Store{Client: r.Client, Table: r.Table, Terms: policy.TermsOf, Now: r.clock.Now}},
		&confirmations.Store{Client: r.Client, Table: r.Table, Now: r.clock.Now}}
}

// files stores a request that was received so long after noon and is listed under a mailbox.
func (b *behind) files(id, box string, state request.State, after time.Duration) {
	b.t.Helper()
	p := policy.InForce(noon)
	r := request.Request{ID: id, Right: privacy.Access, State: state, Email: "anna@example.org", Details: "canary", Mailbox: box, PolicyVersion: p.Version, Terms: p.Terms(), ReceivedAt: noon.Add(after)}
	if r.VerifiedAt = noon.Add(after); state == request.Verifying || state.Final() {
		r.VerifiedAt = time.Time{}
	}
	if state.Final() {
		r.Close(state, noon.Add(after))
	}
	if _, err := b.Requests.Save(b.t.Context(), request.File{Request: r}, r, r.Listing()); err != nil {
		b.t.Fatal(err)
	}
}

// asks stores a confirmation that waits behind a mailbox, or that has ended.
func (b *behind) asks(id, box string, waits bool, after time.Duration) {
	b.t.Helper()
	c := mailbox.Confirmation{ID: id, Email: "anna@example.org", Mailbox: box, CreatedAt: noon.Add(after), ExpiresAt: noon.AddDate(0, 0, 8),
		Act: consent.Act{Subject: "e#sid", Decisions: map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Granted}}}
	if waits {
		c.NextAt = noon.AddDate(0, 0, 7)
	}
	if _, err := b.confirmations.Save(b.t.Context(), c); err != nil {
		b.t.Fatal(err)
	}
	if err := b.Requests.ListConsent(b.t.Context(), box, id, c.ExpiresAt); err != nil {
		b.t.Fatal(err)
	}
}

func (b *behind) waiting() (ids []string, all []mailbox.Waiting) {
	b.t.Helper()
	all, err := b.Waiting(b.t.Context(), "mac")
	if err != nil {
		b.t.Fatal(err)
	}
	for _, w := range all {
		ids = append(ids, w.ID)
	}
	return ids, all
}

// T32: what waits behind a mailbox is listed oldest first, requests and consents together. What has ended, what is behind another mailbox and what is
// only listed are left out, and so is every text that a stranger may have typed.
func TestThreat_T32_WhatWaitsBehindAMailbox(t *testing.T) {
	enginetest.BothTTLs(t, whatWaitsBehindAMailbox)
}

func whatWaitsBehindAMailbox(t *testing.T) {
	b := newBehind(t, enginetest.DynamoDB(t))
	if ids, _ := b.waiting(); len(ids) != 0 {
		t.Errorf("nothing was stored: %v", ids)
	}
	b.files("second", "mac", request.Verifying, time.Minute)
	b.asks("first", "mac", true, 0)
	b.asks("third", "mac", true, 2*time.Minute)
	b.files("open", "mac", request.Open, 0)
	b.files("lapsed", "mac", request.Lapsed, 0)
	b.files("other", "another", request.Verifying, 0)
	b.asks("other-consent", "another", true, 0)
	b.asks("ended", "mac", false, 0)
	b.saves(wanted()) // the mailbox itself has the same partition
	if err := b.Requests.ListConsent(t.Context(), "mac", "gone", noon.AddDate(0, 0, 8)); err != nil {
		t.Fatal(err)
	}
	ids, all := b.waiting()
	if !reflect.DeepEqual(ids, []string{"first", "second", "third"}) {
		t.Fatalf("%v", ids)
	}
	want := mailbox.Waiting{ID: "first", Decisions: map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Granted}, ReceivedAt: noon}
	if !reflect.DeepEqual(all[0], want) {
		t.Errorf("%+v", all[0])
	}
	r := all[1]
	if r.Right != privacy.Access || !r.ReceivedAt.Equal(noon.Add(time.Minute)) || !r.DueAt.After(noon) || r.TimeZone == "" || r.Decisions != nil {
		t.Errorf("%+v", r)
	}
	behind, same, err := b.Of(t.Context(), "mac")
	confirmed := request.Confirmed(behind)
	if err != nil || len(confirmed) != 1 || confirmed[0].ID != "open" || !reflect.DeepEqual(same, all) {
		t.Errorf("%+v are confirmed, %+v wait, %v", confirmed, same, err)
	}
	b.clock.Set(noon.AddDate(0, 0, 8)) // the consents expire, the requests do not
	if ids, _ := b.waiting(); !reflect.DeepEqual(ids, []string{"second"}) {
		t.Errorf("eight days later: %v", ids)
	}
}

// T32: at most six requests with one right and six consents are shown, the oldest ones. It takes one query, and one batch for each hundred items.
func TestThreat_T32_HowMuchIsShown(t *testing.T) {
	b := newBehind(t, enginetest.DynamoDB(t))
	for i := range 60 {
		b.files(fmt.Sprintf("r%02d", i), "mac", request.Verifying, time.Duration(i)*time.Second)
		b.asks(fmt.Sprintf("s%02d", i), "mac", true, time.Duration(i)*time.Second+time.Hour)
	}
	wire := &enginetest.Wire{}
	b.Requests.Client = wire.Client(b.Client)
	ids, _ := b.waiting()
	if fmt.Sprint(ids) != "[r00 r01 r02 r03 r04 r05 s00 s01 s02 s03 s04 s05]" {
		t.Errorf("%v", ids)
	}
	if calls := wire.Take(); calls["Query"] != 1 || calls["BatchGetItem"] != 2 || len(calls) != 2 {
		t.Errorf("%v", calls)
	}
}

// F14: what was stored a moment ago is read, also where other reads lag.
func TestFault_F14_WhatWaitsIsReadConsistently(t *testing.T) {
	b := newBehind(t, enginetest.Late(t))
	b.files("request", "mac", request.Verifying, 0)
	b.asks("consent", "mac", true, 0)
	b.saves(wanted())
	if ids, _ := b.waiting(); len(ids) != 2 {
		t.Errorf("%v", ids)
	}
	if _, found := b.loads(); !found {
		t.Error("the mailbox is not found")
	}
}

// Of a request of which its holder was reminded, the mailbox says so.
func TestAReminderIsSeenBehindTheMailbox(t *testing.T) {
	b := newBehind(t, enginetest.DynamoDB(t))
	b.files("r1", "mac", request.Verifying, 0)
	b.files("r2", "mac", request.Verifying, time.Minute)
	file, err := b.Requests.Load(t.Context(), "r2")
	if err != nil {
		t.Fatal(err)
	}
	r := file.Request
	r.RemindedAt = noon.Add(time.Hour)
	if _, err := b.Requests.Save(t.Context(), file, r); err != nil {
		t.Fatal(err)
	}
	if waiting, err := b.Waiting(t.Context(), "mac"); err != nil || len(waiting) != 2 || waiting[0].Reminded || !waiting[1].Reminded {
		t.Errorf("%+v, %v", waiting, err)
	}
}
