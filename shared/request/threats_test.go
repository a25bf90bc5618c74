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

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// T09: at most three challenges are mailed per address and UTC day, whatever is filed. Requests beyond the limit get one chance on the day
// after, and no other.
func TestThreat_T09_ThreeChallengesADay(t *testing.T) {
	s := newRig(t)
	s.Clock.Set(s.Clock.Now().Truncate(24 * time.Hour).Add(23 * time.Hour))
	for range 7 {
		s.Challenged("victim@example.org")
	}
	if len(s.Mails) != 3 {
		t.Errorf("%d challenges", len(s.Mails))
	}
	s.Clock.Advance(time.Hour - time.Second)
	s.Work()
	if len(s.Mails) != 3 {
		t.Errorf("%d challenges a second before the day is over", len(s.Mails))
	}
	s.Clock.Advance(time.Second)
	s.Work()
	if len(s.Mails) != 6 {
		t.Errorf("%d challenges on the day after", len(s.Mails))
	}
	s.Clock.Advance(24 * time.Hour)
	s.Work()
	late := s.Challenged("victim@example.org")
	if len(s.Mails) != 7 || s.Load(late.ID).Request.Challenges != 1 {
		t.Errorf("%d challenges two days after: the seventh of the first day has had its chance", len(s.Mails))
	}
	s.Clock.Advance(linkLife)
	s.Work()
	if len(s.Mails) != 7 || s.Load(late.ID).Request.State != request.Lapsed {
		t.Errorf("%d challenges in all, the last request is %s", len(s.Mails), s.Load(late.ID).Request.State)
	}
}

// T11: of 200 concurrent calls with one token one succeeds, and the table holds no token.
func TestThreat_T11_OneUse(t *testing.T) {
	s := newRig(t)
	r := s.Challenged("anna@example.org")
	token := s.LastMail().Token
	var wins atomic.Int32
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			if _, err := s.Requester.Verify(context.Background(), r.ID, token); err == nil {
				wins.Add(1)
			}
		})
	}
	wg.Wait()
	if wins.Load() != 1 {
		t.Errorf("%d calls succeeded", wins.Load())
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
		for _, secret := range []string{string(mail.Token), string(mail.Status), mail.Identity} {
			if secret != "" && strings.Contains(dump, secret) {
				t.Error("the table holds a secret")
			}
		}
	}
}

// T11: a link lives seven days, to the second; a wrong token, a token of another request and an unknown id are the same 404.
func TestThreat_T11_LifeOfALink(t *testing.T) { enginetest.BothTTLs(t, lifeOfALink) }

func lifeOfALink(t *testing.T) {
	s := newRig(t)
	r := s.Challenged("anna@example.org")
	token := s.LastMail().Token
	other := s.Challenged("berta@example.org")
	s.Clock.Advance(linkLife - time.Second)
	for name, call := range map[string]func() error{
		"wrong token":   func() error { _, err := s.Requester.Verify(t.Context(), r.ID, subject.NewToken()); return err },
		"other request": func() error { _, err := s.Requester.Verify(t.Context(), other.ID, token); return err },
		"unknown id":    func() error { _, err := s.Requester.Verify(t.Context(), "0192", token); return err },
		"wrong status":  func() error { _, err := s.Requester.Status(t.Context(), r.ID, token); return err },
		"wrong download": func() error {
			_, err := export.Redeem(t.Context(), s.Requests, s.Requester.Tokens, r.ID+".1", token, s.Clock.Now())
			return err
		},
	} {
		if err := call(); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.Requester.Verify(t.Context(), r.ID, token); err != nil {
		t.Errorf("a second before its end: %v", err)
	}
	late := s.Challenged("clara@example.org")
	token = s.LastMail().Token
	s.Clock.Advance(linkLife)
	if _, err := s.Requester.Verify(t.Context(), late.ID, token); fault.KindOf(err) != fault.NotFound {
		t.Errorf("at its end: %v", err)
	}
	s.Work()
	if got := s.Load(late.ID).Request.State; got != request.Lapsed {
		t.Errorf("state %s", got)
	}
}
