package inbound_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/inbound"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// senders are forms of the field From, each with the address that may be mailed because of it, or "". %[1]s is an address of the row's own.
var senders = []struct{ field, answered string }{
	{"%[1]s", "%[1]s"}, {"<%[1]s>", "%[1]s"}, {"Anna Lee <%[1]s>", "%[1]s"}, {`"eve@example.net" <%[1]s>`, "%[1]s"}, {`"Eve <eve@example.net>" <%[1]s>`, "%[1]s"},
	{"=?utf-8?Q?eve=40example.net?= <%[1]s>", "%[1]s"}, {"=?utf-8?B?ZXZlQGV4YW1wbGUubmV0?= <%[1]s>", "%[1]s"}, {"Privacy Team <%[1]s>", "%[1]s"}, {"%[1]s (Anna)", "%[1]s"},
	{`"\"" <%[1]s>`, "%[1]s"}, {"Anna\tLee <%[1]s>", "%[1]s"}, {"Anna\r\n Lee <%[1]s>", "%[1]s"}, {"аnna <%[1]s>", "%[1]s"},
	{"%[1]s, eve@example.net", ""}, {"eve@example.net, %[1]s", ""}, {"<%[1]s> <eve@example.net>", ""}, {"eve@example.net <%[1]s>", ""}, {"%[1]s <eve@example.net>", ""},
	{"Team: %[1]s;", ""}, {"Team: %[1]s, eve@example.net;", ""}, {"<@eve.example:%[1]s>", ""}, {"%[1]s@example.net", ""}, {"%[1]s (eve@example.net)", ""}, {"(eve@example.net) %[1]s", ""},
	{"=?utf-8?Q?%[1]s?=", ""}, {"=?utf-8?Q?x=0D=0AFrom:_eve=40example.net?= <%[1]s>", ""}, {"%[1]s\r\nFrom: eve@example.net", ""}, {"eve@example.net\r\nFrom: %[1]s", ""}, {"%[1]s\x00", ""},
	{"%[1]s\r\nFrom : eve@example.net", ""}, {"%[1]s\u200b", ""}, {"mailto:%[1]s", ""}, {`"%[1]s"`, ""}, {`"%[1]s"@example.net`, ""}, {"%[1]s.invalid", ""}, {"%[1]s eve@example.net", ""}, {"undisclosed-recipients:;", ""},
}

// others are fields in which a mail names somebody else.
var others = []string{
	"", "Reply-To: eve@example.net", "Sender: eve@example.net", "Reply-To: Anna <%[1]s>, eve@example.net", "Return-Path: <eve@example.net>", "Resent-From: eve@example.net\r\nResent-Sender: eve@example.net",
	"Reply-To: eve@example.net\r\nSender: eve@example.net\r\nReturn-Path: <eve@example.net>\r\nErrors-To: eve@example.net\r\nX-Original-From: eve@example.net\r\nApparently-From: eve@example.net",
	"Disposition-Notification-To: eve@example.net\r\nReturn-Receipt-To: eve@example.net", "Mail-Reply-To: eve@example.net\r\nMail-Followup-To: eve@example.net\r\nFollowup-To: eve@example.net", "X-From: eve@example.net\r\nCc: eve@example.net\r\nBcc: eve@example.net\r\nTo: eve@example.net",
}

// found are the ways in which the domain of a sender can vouch for them, or not.
var found = []struct {
	verdicts inbound.Verdicts
	answered bool
}{
	{servicetest.Vouched, true}, {forged, false}, {verdicts(inbound.Gray, inbound.Gray, inbound.Gray), false}, {verdicts(inbound.Pass, inbound.Gray, inbound.Gray), true}, {verdicts(inbound.Gray, inbound.Pass, inbound.Gray), true},
	{verdicts(inbound.Pass, inbound.Pass, inbound.Fail), false}, {verdicts(inbound.Fail, inbound.Fail, inbound.Gray), false}, {verdicts(inbound.Fail, inbound.Gray, inbound.Pass), true}, {verdicts("PROCESSING_FAILED", "PROCESSING_FAILED", "PROCESSING_FAILED"), false}, {inbound.Verdicts{}, false},
}

func verdicts(spf, dkim, dmarc inbound.Verdict) inbound.Verdicts {
	return inbound.Verdicts{Spam: inbound.Pass, Virus: inbound.Pass, SPF: spf, DKIM: dkim, DMARC: dmarc}
}

// T01, T02: whatever a mail says about its sender, nobody is mailed but the address in its field From, and only if its domain vouches for it. A mail alone
// changes nothing about any data subject. One thing is put on record, for as long as the link lives: that an address exists which was mailed.
func TestThreat_T02_NoMailReachesAnybodyElse(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.Known("eve@example.net")
	s.Known(anna)
	for i := range senders {
		if i%3 == 0 {
			s.Known(fmt.Sprintf("victim-%d-0@example.org", i))
		}
	}
	variants, answered := 0, 0
	for i, sender := range senders {
		for v, of := range found {
			if (i+v)%3 > 0 && v > 1 { // each form has each class of verdicts at least once
				continue
			}
			variants++
			address := fmt.Sprintf("victim-%d-%d@example.org", i, v)
			raw := "From: " + fmt.Sprintf(sender.field, address) + "\r\n"
			if other := others[(i+v)%len(others)]; other != "" {
				raw += strings.ReplaceAll(other, "%[1]s", address) + "\r\n"
			}
			want := ""
			if of.answered && sender.answered != "" {
				want = address
				answered++
			}
			s.mailsOnly(t, raw+"Subject: Delete everything\r\n\r\nDelete my account at once, and stop all marketing.\r\n", of.verdicts, want)
		}
	}
	for _, r := range s.all() {
		if r.Confirmed() || r.Right != privacy.Question {
			t.Errorf("a mail alone has begun %+v", r)
		}
	}
	if len(s.Scan("RecordsTable"))+len(s.Scan("ConsentsTable")) != 0 {
		t.Error("mails have changed records or consents")
	}
	if variants < 150 || answered < 25 {
		t.Errorf("%d variants, of which %d are answered", variants, answered)
	}
}

// mailsOnly fails the test if a mail has anybody mailed but one address, or changes the state of any data subject.
func (s *service) mailsOnly(t *testing.T, raw string, found inbound.Verdicts, want string) {
	t.Helper()
	before, mails := s.Scan("SubjectsTable"), len(s.Mails)
	s.takes(s.arrives(raw, found))
	var to []string
	for _, m := range s.Mails[mails:] {
		to = append(to, m.To)
	}
	if want == "" && len(to) > 0 || want != "" && !slices.Equal(to, []string{want}) {
		t.Errorf("%q, %+v: mailed %v, not %q", raw, found, to, want)
	}
	added := s.Scan("SubjectsTable")
	for _, item := range before {
		if at := slices.IndexFunc(added, func(i dynamo.Item) bool { return reflect.DeepEqual(i, item) }); at >= 0 {
			added = slices.Delete(added, at, at+1)
		} else {
			t.Errorf("%q changed %v", raw, item)
		}
	}
	for _, item := range added {
		if want == "" || len(added) != 2 || !s.introduces(item, want) {
			t.Errorf("%q put on record %v", raw, item)
		}
	}
}

// introduces reports whether an item only puts an address on record until its link has ended: its alias, or the random id of whom it stands for.
func (s *service) introduces(item dynamo.Item, address string) bool {
	alias := servicetest.Aliases.Alias(s.Parse(address))
	for name := range item {
		if !slices.Contains([]string{"PK", "SK", "sids", "spelling", "typed", "expiresAt", "version", "accounts", "aliases", "contract", "latest", "people", "primary", "since"}, name) {
			s.T.Errorf("the item of an address has %q", name)
		}
	}
	aliases, _ := item["aliases"].(*types.AttributeValueMemberSS)
	whose := aliases != nil && slices.Equal(aliases.Value, []string{alias})
	ends := dynamo.Time(item, dynamo.ExpiresAt)
	return strings.Contains(dynamo.Text(item, dynamo.PK), alias) != whose && ends.After(s.Clock.Now()) && ends.Before(s.Clock.Now().AddDate(0, 0, 10))
}

// T01, T16: an address that only looks like one on record is another one. It is mailed itself; what is on record is not touched.
func TestThreat_T01_LookAlikesAreOthers(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.Known(anna)
	for _, sender := range []string{"anna+x@example.org", "an.na@example.org", "anna@sub.example.org", "anna@example.org.example.net", "anna@examp1e.org", "ann@example.org", "anna@xn--exmple-cua.org", "annа@example.org", "anna@exаmple.org"} {
		before := len(s.Mails)
		a := s.arrives(from(sender, "", "Send me a copy of my data."), servicetest.Vouched)
		s.takes(a)
		for _, m := range s.Mails[before:] {
			if s.Parse(m.To).Lookup == s.Parse(anna).Lookup || m.About == servicetest.Proof(anna).Mailbox {
				t.Errorf("%s: mailed %+v", sender, m)
			}
		}
		if r := s.Load(inbound.ID(a.Object)).Request; r.Mailbox == servicetest.Proof(anna).Mailbox || r.State != request.Verifying {
			t.Errorf("%s: %+v", sender, r)
		}
	}
	before := len(s.Mails)
	s.takes(s.arrives(from("ANNA@EXAMPLE.ORG", "", "Send me a copy of my data."), servicetest.Vouched))
	if got := s.Mails[before:]; len(got) != 1 || got[0].To != anna { // the spelling on record
		t.Errorf("mailed %+v", got)
	}
}
