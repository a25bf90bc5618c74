package request_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// T09: at most three links are mailed per address and UTC day, whatever is filed. What was filed beyond the limit can be confirmed by the links of
// the day, and gets one of its own on the day after.
func TestThreat_T09_ThreeLinksADay(t *testing.T) {
	s := newRig(t)
	s.Clock.Set(s.Clock.Now().Truncate(24 * time.Hour).Add(23 * time.Hour))
	var last request.Request
	for i := range 7 {
		last = s.written("victim@example.org", fmt.Sprint("text ", i))
		s.Work()
	}
	if len(s.Mails) != 3 {
		t.Errorf("%d links", len(s.Mails))
	}
	if err := s.confirm(last.ID, s.LastMail()); err == nil {
		t.Error("the seventh was confirmed, but it is a repeat of the first")
	}
	s.Clock.Advance(time.Hour - time.Second)
	s.Work()
	if len(s.Mails) != 3 {
		t.Errorf("%d links a second before the day is over", len(s.Mails))
	}
	s.Clock.Advance(time.Second)
	s.Work()
	if len(s.Mails) != 4 {
		t.Errorf("%d links on the day after: one mail is for all that waits", len(s.Mails))
	}
	s.Pass(linkLife + time.Hour)
	if len(s.Mails) != 4 {
		t.Errorf("%d links in all", len(s.Mails))
	}
}

// T11: of 200 concurrent calls one confirms the request, and the table holds no secret of any mail.
func TestThreat_T11_OneOfTwoHundredConfirms(t *testing.T) {
	s := newRig(t)
	r := s.FileAndMail("anna@example.org")
	proof, _ := s.Open(s.LastMail())
	var wins, others atomic.Int32
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			switch _, err := s.Requester.Confirm(context.Background(), r.ID, proof); {
			case err == nil:
				wins.Add(1)
			case fault.KindOf(err) != fault.NotFound:
				others.Add(1)
			}
		})
	}
	wg.Wait()
	if wins.Load() != 1 || others.Load() != 0 {
		t.Errorf("%d calls succeeded, %d were neither", wins.Load(), others.Load())
	}
	s.Work()
	out, err := s.Tables.Client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &s.Requests.Table})
	if err != nil {
		t.Fatal(err)
	}
	var items []map[string]any
	if err := attributevalue.UnmarshalListOfMaps(out.Items, &items); err != nil {
		t.Fatal(err)
	}
	dump := fmt.Sprintf("%s", items)
	if !strings.Contains(dump, r.ID) {
		t.Fatal("the dump does not show what the table holds")
	}
	for _, mail := range s.Mails {
		for _, secret := range []string{string(mail.Token), string(mail.Status), mail.Identity, string(status(r.ID))} {
			if secret != "" && strings.Contains(dump, secret) {
				t.Error("the table holds a secret")
			}
		}
	}
}

// T06, T23: the proof of another mailbox, or of none, reaches no request, not even one that does not wait behind any mailbox yet. The answer is that
// to an unknown id.
func TestThreat_T06_ProofsOfOtherMailboxes(t *testing.T) {
	s := newRig(t)
	waiting, open := s.FileAndMail("anna@example.org"), s.Verified("berta@example.org")
	unproved := s.written("a@example.org", "")
	before := s.stored()
	for name, proof := range map[string]subject.Proof{"another": servicetest.Proof("clara@example.org"), "none": {Fresh: true}, "the same letters in another key": {Mailbox: "anna@example.org", Fresh: true}} {
		for _, id := range []string{unproved.ID, waiting.ID, open.ID, "0192", strings.ToUpper(waiting.ID), ""} {
			for act, do := range map[string]func() error{
				"confirm":  func() error { _, err := s.Requester.Confirm(t.Context(), id, proof); return err },
				"discard":  func() error { return s.Requester.Discard(t.Context(), id, proof) },
				"withdraw": func() error { _, err := s.Requester.WithdrawOf(t.Context(), id, proof); return err },
				"change": func() error {
					_, err := s.Requester.ChangeOf(t.Context(), id, proof, func(request.File, time.Time) ([]request.Item, error) { panic("it is asked") })
					return err
				},
			} {
				if err := do(); fault.KindOf(err) != fault.NotFound || err.Error() != request.ErrLink.Error() {
					t.Errorf("%s %q with the proof of %s: %v", act, id, name, err)
				}
			}
		}
	}
	if s.stored() != before {
		t.Error("something changed")
	}
}

// T31: a later opening of the link looks, discards and withdraws, and does not confirm. The refusal does not say whether the request exists.
func TestThreat_T31_ALaterOpening(t *testing.T) {
	s := newRig(t)
	first, second, open := s.written("anna@example.org", "one"), s.written("anna@example.org", "two"), s.Verified("anna@example.org")
	s.Fulfil(first.ID)
	s.Fulfil(second.ID)
	later := servicetest.Proof("anna@example.org")
	later.Fresh = false
	for _, id := range []string{first.ID, second.ID, open.ID, "0192"} {
		if _, err := s.Requester.Confirm(t.Context(), id, later); fault.KindOf(err) != fault.Forbidden || s.Load(first.ID).Request.State != request.Verifying {
			t.Errorf("%s: %v", id, err)
		}
	}
	if err := s.Requester.Discard(t.Context(), first.ID, later); err != nil {
		t.Errorf("discard: %v", err)
	}
	for _, id := range []string{second.ID, open.ID} {
		if _, err := s.Requester.WithdrawOf(t.Context(), id, later); err != nil {
			t.Errorf("withdraw: %v", err)
		}
	}
}

// T06: a press confirms the request that it names, and nothing changes about the others behind the same mailbox.
func TestThreat_T06_APressConfirmsOneRequest(t *testing.T) {
	s := newRig(t)
	all := []request.Request{s.written("anna@example.org", "one"), s.written("anna@example.org", "two"), s.FileAndMail("anna@example.org")}
	for i, pressed := range all {
		before := make([]request.File, len(all))
		for j := range all {
			before[j] = s.Load(all[j].ID)
		}
		if _, err := s.Requester.Confirm(t.Context(), pressed.ID, servicetest.Proof("anna@example.org")); err != nil {
			t.Fatal(err)
		}
		for j := range all {
			if got := s.Load(all[j].ID).Request; j != i && got.Version != before[j].Request.Version || j == i && got.State != request.Open {
				t.Errorf("press %d: request %d is %s", i, j, got.State)
			}
		}
	}
}

// T30: the status token of a request is made from its id with the key. It works under the key in use and under retired ones, and for no other
// request. Each byte of it counts.
func TestThreat_T30_StatusTokens(t *testing.T) {
	s := newRig(t)
	r, other := s.FileAndMail("anna@example.org"), s.FileAndMail("berta@example.org")
	retired := []subject.Key{subject.Key("older"), subject.Key("oldest")}
	s.Requester.Retired = retired
	right := status(r.ID)
	for name, row := range map[string]struct {
		id    string
		token subject.Token
		opens bool
	}{
		"in use": {r.ID, right, true}, "retired": {r.ID, request.StatusToken(retired[0], r.ID), true}, "retired before": {r.ID, request.StatusToken(retired[1], r.ID), true},
		"another key": {r.ID, request.StatusToken(subject.Key("another"), r.ID), false}, "no key": {r.ID, request.StatusToken(nil, r.ID), false},
		"another request": {other.ID, right, false}, "unknown": {"0192", status("0192"), false}, "capitals": {strings.ToUpper(r.ID), status(strings.ToUpper(r.ID)), false},
		"unknown, well made": {id, status(id), false}, "nothing": {r.ID, "", false}, "padded": {r.ID, right + "=", false}, "short": {r.ID, right[:42], false},
		"a token of a link": {r.ID, s.Mails[0].Token, false},
	} {
		file, err := s.Requester.Status(t.Context(), row.id, row.token)
		if row.opens != (err == nil) || row.opens != (file.Request.ID == r.ID) || !row.opens && fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i := range right {
		for _, b := range []byte("AB_") {
			changed := []byte(right)
			if changed[i] == b {
				continue
			}
			changed[i] = b
			if _, err := s.Requester.Withdraw(t.Context(), r.ID, subject.Token(changed)); fault.KindOf(err) != fault.NotFound {
				t.Errorf("byte %d: %v", i, err)
			}
		}
	}
	if len(right) != 43 || strings.Contains(string(right), r.ID) {
		t.Errorf("the token is %s", right)
	}
}

// T32: what is shown of a mailbox: at most six of a right that wait, the oldest first, and what was confirmed, the newest first. What ended before
// anybody confirmed it is not shown.
func TestThreat_T32_WhatIsShown(t *testing.T) {
	var all []request.Request
	for i := range 9 {
		for _, right := range []privacy.Right{privacy.Access, privacy.Portability} {
			all = append(all, request.Request{ID: fmt.Sprint(right, i), Right: right, State: request.Verifying, ReceivedAt: noon.Add(-time.Duration(i) * time.Minute)})
		}
		all = append(all, request.Request{ID: fmt.Sprint("old", i), Right: privacy.Access, State: request.Lapsed, ReceivedAt: noon.Add(-time.Hour)})
	}
	confirmed := request.Request{ID: "confirmed", State: request.Open, ReceivedAt: noon.Add(-time.Hour), VerifiedAt: noon}
	newer := request.Request{ID: "newer", State: request.Withdrawn, ReceivedAt: noon, VerifiedAt: noon}
	all = append(all, confirmed, newer)
	count := map[privacy.Right]int{}
	waiting := request.Waiting(all)
	for i, r := range waiting {
		count[r.Right]++
		if r.State != request.Verifying || i > 0 && r.ReceivedAt.Before(waiting[i-1].ReceivedAt) || r.ReceivedAt.After(noon.Add(-3*time.Minute)) {
			t.Errorf("%s waits, %s, received %s", r.ID, r.State, r.ReceivedAt)
		}
	}
	if len(waiting) != 12 || count[privacy.Access] != 6 || count[privacy.Portability] != 6 {
		t.Errorf("%v wait", count)
	}
	if got := request.Confirmed(all); len(got) != 2 || got[0].ID != "newer" || got[1].ID != "confirmed" {
		t.Errorf("%+v are confirmed", got)
	}
}
