package request_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// stored returns everything that the table holds but for the counters of challenges, which this world keeps by address.
func (w *world) stored() string {
	w.t.Helper()
	out, err := w.tables.Client.Scan(w.t.Context(), &dynamodb.ScanInput{TableName: &w.store.Table})
	if err != nil {
		w.t.Fatal(err)
	}
	var all strings.Builder
	for _, item := range out.Items {
		if strings.HasPrefix(dynamo.Text(item, dynamo.PK), "limit#") {
			continue
		}
		for name, value := range item {
			fmt.Fprintf(&all, "%s=%+v\n", name, value)
		}
	}
	return all.String()
}

// written files a request with a text.
func (w *world) written(email, text string) request.Request {
	w.t.Helper()
	r, err := w.desk.File(w.t.Context(), request.Filing{Right: privacy.Access, Email: email, Details: text})
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// F08: a request that ended before anybody confirmed it keeps neither the address nor the text, however it ended. One that was confirmed keeps
// both.
func TestPromise_F08_WhatEndsUnconfirmedKeepsNeitherAddressNorText(t *testing.T) {
	for name, c := range map[string]struct {
		end   func(w *world, r request.Request)
		state request.State
		keeps bool
	}{
		"lapsed": {func(w *world, _ request.Request) { w.clock.Advance(linkLife); w.work() }, request.Lapsed, false},
		"withdrawn before": {func(w *world, r request.Request) {
			if _, err := w.desk.Withdraw(w.t.Context(), r.ID, w.last().status); err != nil {
				w.t.Error(err)
			}
		}, request.Withdrawn, false},
		"withdrawn after": {func(w *world, r request.Request) {
			if _, err := w.desk.Verify(w.t.Context(), r.ID, w.last().token); err != nil {
				w.t.Error(err)
			}
			if _, err := w.desk.Withdraw(w.t.Context(), r.ID, w.last().status); err != nil {
				w.t.Error(err)
			}
		}, request.Withdrawn, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if name == "never mailed" {
				w.failing["mail"] = fmt.Errorf("throttled")
			}
			r := w.written("canary@example.org", "canary text")
			w.work()
			if !strings.Contains(w.stored(), "canary@example.org") || !strings.Contains(w.stored(), "canary text") {
				t.Fatal("what was sent is not stored at first")
			}
			c.end(w, r)
			file := w.state(r)
			if file.Request.State != c.state || file.Request.Right != privacy.Access || file.Request.ReceivedAt.IsZero() || file.Request.Mailbox == "" {
				t.Errorf("%+v", file.Request)
			}
			if keeps := strings.Contains(w.stored(), "canary"); keeps != c.keeps {
				t.Errorf("address or text are kept: %t", keeps)
			}
		})
	}
}

// H01: every request is listed under its address with the first step that is done about it, one over the day's limit of mails included.
func TestPromise_H01_RequestsAreListedUnderTheirAddress(t *testing.T) {
	w := newWorld(t)
	var want []string
	for _, email := range []string{"anna@example.org", "Anna@Example.org", "ANNA@example.org", "anna@EXAMPLE.org", "aNNa@example.org"} {
		want = append(want, w.file(email).ID)
	}
	w.file("berta@example.org")
	mailbox := w.state(request.Request{ID: want[0]}).Request.Mailbox
	listed, err := w.store.Listed(t.Context(), mailbox)
	slices.Sort(listed.Requests)
	slices.Sort(want)
	if err != nil || !slices.Equal(listed.Requests, want) || len(listed.Consents) != 0 {
		t.Errorf("%v %+v, want %v", err, listed, want)
	}
	files, err := request.Files(t.Context(), w.store, append([]string{"gone"}, listed.Requests...))
	if err != nil || len(files) != 5 || !slices.IsSortedFunc(files, func(a, b request.File) int { return a.Request.ReceivedAt.Compare(b.Request.ReceivedAt) }) {
		t.Errorf("%d files, %v", len(files), err)
	}
	if strings.Contains(strings.ToLower(w.stored()), "m#anna") {
		t.Error("a key holds the address")
	}
}

// H01: who is unknown, and of whom nothing but this request is stored, is told so. Whatever else is stored under the address is handed over.
func TestPromise_H01_EarlierRequestsOfTheUnknownAreHandedOver(t *testing.T) {
	w := newWorld(t)
	first := w.file("nobody@example.org")
	if _, err := w.desk.Verify(t.Context(), first.ID, w.last().token); err != nil {
		t.Fatal(err)
	}
	if w.work(); w.last().kind != "nothing" {
		t.Fatalf("the first answer is %+v", w.last())
	}
	second := w.file("Nobody@example.org")
	if _, err := w.desk.Verify(t.Context(), second.ID, w.last().token); err != nil {
		t.Fatal(err)
	}
	w.work()
	answer, file := w.last(), w.state(second)
	if answer.kind != "export" || answer.to != "Nobody@example.org" || file.Request.State != request.Fulfilled || file.Exports[0].Subject != "" {
		t.Fatalf("the second answer is %+v, %+v", answer, file)
	}
	if _, err := w.desk.NewExport(t.Context(), second.ID, answer.status); err != nil {
		t.Fatal(err)
	}
	w.work()
	if file := w.state(second); w.last().kind != "export" || len(file.Exports) != 2 || file.Exports[1].State != request.Sent {
		t.Errorf("another export: %+v, %+v", w.last(), file.Exports)
	}

	w = newWorld(t)
	r := w.file("nobody@example.org")
	if err := w.store.ListConsent(t.Context(), w.state(r).Request.Mailbox, "c", w.clock.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.desk.Verify(t.Context(), r.ID, w.last().token); err != nil {
		t.Fatal(err)
	}
	if w.work(); w.last().kind != "export" {
		t.Errorf("with a consent that waits, the answer is %+v", w.last())
	}
}
