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
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// T01: an export that is asked for again is answered from what is on record by then: another data subject, another spelling, or nobody.
func TestThreat_T01_ANewExportLooksUpTheAddressAgain(t *testing.T) {
	w := newWorld(t)
	w.known["anna@example.org"] = "Anna@Example.org"
	r := w.file("anna@example.org")
	if _, err := w.desk.Verify(t.Context(), r.ID, w.last().token); err != nil {
		t.Fatal(err)
	}
	w.work()
	first := w.last()
	closed := w.state(r).Request.ClosedAt
	w.clock.Advance(30 * 24 * time.Hour)

	w.known["anna@example.org"] = "anna@example.org" // rectified
	for range 2 {                                    // the second press finds the export that is waited for
		file, err := w.desk.NewExport(t.Context(), r.ID, first.status)
		if err != nil || len(file.Exports) != 2 || file.Exports[1].State != request.Pending || file.Request.State != request.Fulfilled {
			t.Fatalf("%v, %+v", err, file)
		}
	}
	if done, err := w.del.Run(t.Context(), r.ID, 2); done || err != nil {
		t.Errorf("an export was begun before it is known whose it is: %v", err)
	}
	w.work()
	again := w.last()
	if again.kind != "export" || again.to != "anna@example.org" || again.link == first.link || again.token == first.token {
		t.Errorf("another export %+v", again)
	}

	delete(w.known, "anna@example.org")
	if _, err := w.desk.NewExport(t.Context(), r.ID, again.status); err != nil {
		t.Fatal(err)
	}
	w.work()
	file := w.state(r)
	if w.last().kind != "nothing" || file.Exports[2].State != request.Cancelled || !file.Exports[2].Finished() {
		t.Errorf("of nobody: %+v, %+v", w.last(), file.Exports)
	}
	if file.Request.State != request.Fulfilled || !file.Request.ClosedAt.Equal(closed) || !file.Request.NextAt.IsZero() {
		t.Errorf("the request is %+v", file.Request)
	}
}

// T14: an unknown address gets the same answer and the same mail; only who proves the address learns that nothing is held.
func TestThreat_T14_UnknownAddress(t *testing.T) {
	w := newWorld(t)
	r := w.file("nobody@example.org")
	challenge := w.last()
	if challenge.kind != "challenge" || challenge.to != "nobody@example.org" {
		t.Fatalf("challenge %+v", challenge)
	}
	if _, err := w.desk.Verify(t.Context(), r.ID, challenge.token); err != nil {
		t.Fatal(err)
	}
	w.work()
	if got := w.last(); got.kind != "nothing" || w.state(r).Request.State != request.Fulfilled {
		t.Errorf("answer %+v", got)
	}
}

// T09: at most three challenges per address and UTC day, whatever is filed. What was filed beyond has its chance on the day after, and
// only then.
func TestThreat_T09_ThreeChallengesADay(t *testing.T) {
	w := newWorld(t)
	w.clock.Set(w.clock.Now().Truncate(24 * time.Hour).Add(23 * time.Hour))
	for range 7 {
		w.file("victim@example.org")
	}
	if len(w.mails) != 3 {
		t.Errorf("%d challenges", len(w.mails))
	}
	w.clock.Advance(time.Hour - time.Second)
	w.work()
	if len(w.mails) != 3 {
		t.Errorf("%d challenges a second before the day is over", len(w.mails))
	}
	w.clock.Advance(time.Second)
	w.work()
	if len(w.mails) != 6 {
		t.Errorf("%d challenges on the day after", len(w.mails))
	}
	w.clock.Advance(24 * time.Hour)
	w.work()
	late := w.file("victim@example.org")
	if len(w.mails) != 7 || w.state(late).Request.Challenges != 1 {
		t.Errorf("%d challenges two days after: the seventh of the first day has had its chance", len(w.mails))
	}
	w.clock.Advance(linkLife)
	w.work()
	if len(w.mails) != 7 || w.state(late).Request.State != request.Lapsed {
		t.Errorf("%d challenges in all, the last request is %s", len(w.mails), w.state(late).Request.State)
	}
}

// T11: of 200 concurrent calls with one token one succeeds, and the table holds no token.
func TestThreat_T11_OneUse(t *testing.T) {
	w := newWorld(t)
	r := w.file("anna@example.org")
	token := w.last().token
	var wins atomic.Int32
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			if _, err := w.desk.Verify(context.Background(), r.ID, token); err == nil {
				wins.Add(1)
			}
		})
	}
	wg.Wait()
	if wins.Load() != 1 {
		t.Errorf("%d calls succeeded", wins.Load())
	}
	w.work()
	out, err := w.tables.Client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &w.store.Table})
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
	for _, mail := range w.mails {
		for _, secret := range []string{string(mail.token), string(mail.status), mail.identity} {
			if secret != "" && strings.Contains(dump, secret) {
				t.Error("the table holds a secret")
			}
		}
	}
}

// T11: a link lives seven days, to the second; a wrong token, a token of another request and an unknown id are the same 404.
func TestThreat_T11_LifeOfALink(t *testing.T) { enginetest.BothTTLs(t, lifeOfALink) }

func lifeOfALink(t *testing.T) {
	w := newWorld(t)
	r := w.file("anna@example.org")
	token := w.last().token
	other := w.file("berta@example.org")
	w.clock.Advance(linkLife - time.Second)
	for name, call := range map[string]func() error{
		"wrong token":   func() error { _, err := w.desk.Verify(t.Context(), r.ID, subject.NewToken()); return err },
		"other request": func() error { _, err := w.desk.Verify(t.Context(), other.ID, token); return err },
		"unknown id":    func() error { _, err := w.desk.Verify(t.Context(), "0192", token); return err },
		"wrong status":  func() error { _, err := w.desk.Status(t.Context(), r.ID, token); return err },
		"wrong download": func() error {
			_, err := request.Redeem(t.Context(), w.store, w.desk.Tokens, r.ID+".1", token, w.clock.Now())
			return err
		},
	} {
		if err := call(); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.desk.Verify(t.Context(), r.ID, token); err != nil {
		t.Errorf("a second before its end: %v", err)
	}
	late := w.file("clara@example.org")
	token = w.last().token
	w.clock.Advance(linkLife)
	if _, err := w.desk.Verify(t.Context(), late.ID, token); fault.KindOf(err) != fault.NotFound {
		t.Errorf("at its end: %v", err)
	}
	w.work()
	if got := w.state(late).Request.State; got != request.Lapsed {
		t.Errorf("state %s", got)
	}
}
