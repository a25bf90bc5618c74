package request_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// stored returns everything in the table except the mailboxes, which keep the address while somebody may open a link.
func (s *rig) stored() string {
	s.T.Helper()
	out, err := s.Tables.Client.Scan(s.T.Context(), &dynamodb.ScanInput{TableName: &s.Requests.Table})
	if err != nil {
		s.T.Fatal(err)
	}
	var all []string
	for _, item := range out.Items {
		if dynamo.Text(item, dynamo.SK) == "MAILBOX" {
			continue
		}
		for name, value := range item {
			all = append(all, fmt.Sprintf("%v %s=%+v", item[dynamo.PK], name, value))
		}
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

// F08: a request that ended before it was confirmed keeps neither the address nor the text, however it ended. A confirmed request keeps
// both.
func TestPromise_F08_WhatEndsUnconfirmedKeepsNeitherAddressNorText(t *testing.T) {
	for name, c := range map[string]struct {
		end   func(s *rig, r request.Request)
		state request.State
		keeps bool
	}{
		"lapsed": {func(s *rig, _ request.Request) { s.Clock.Advance(linkLife); s.Work() }, request.Lapsed, false},
		"discarded": {func(s *rig, r request.Request) {
			if err := s.Requester.Discard(s.T.Context(), r.ID, servicetest.Proof("canary@example.org")); err != nil {
				s.T.Error(err)
			}
		}, request.Withdrawn, false},
		"withdrawn before": {func(s *rig, r request.Request) {
			if _, err := s.Requester.Withdraw(s.T.Context(), r.ID, status(r.ID)); err != nil {
				s.T.Error(err)
			}
		}, request.Withdrawn, false},
		"withdrawn after": {func(s *rig, r request.Request) {
			if err := s.confirm(r.ID, s.LastMail()); err != nil {
				s.T.Error(err)
			}
			if _, err := s.Requester.Withdraw(s.T.Context(), r.ID, status(r.ID)); err != nil {
				s.T.Error(err)
			}
		}, request.Withdrawn, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newRig(t)
			r := s.written("canary@example.org", "canary text")
			s.Work()
			if !strings.Contains(s.stored(), "canary@example.org") || !strings.Contains(s.stored(), "canary text") {
				t.Fatal("what was sent is not stored at first")
			}
			c.end(s, r)
			file := s.Load(r.ID)
			if file.Request.State != c.state || file.Request.Right != privacy.Access || file.Request.ReceivedAt.IsZero() || file.Request.Mailbox == "" {
				t.Errorf("%+v", file.Request)
			}
			if keeps := strings.Contains(s.stored(), "canary"); keeps != c.keeps {
				t.Errorf("address or text are kept: %t", keeps)
			}
		})
	}
}

// H01: the first step of every request lists it under its address, however that is spelt, and even if the address is over the day's limit of mails.
func TestPromise_H01_RequestsAreListedUnderTheirAddress(t *testing.T) {
	s := newRig(t)
	var want []string
	for i, email := range []string{"anna@example.org", "Anna@Example.org", "ANNA@example.org", "anna@EXAMPLE.org", "aNNa@example.org"} {
		want = append(want, s.written(email, fmt.Sprint("text ", i)).ID)
		s.Work()
	}
	s.FileAndMail("berta@example.org")
	mailbox := s.Load(want[0]).Request.Mailbox
	listed, err := s.Requests.Listed(t.Context(), mailbox)
	slices.Sort(listed.Requests)
	slices.Sort(want)
	if err != nil || !slices.Equal(listed.Requests, want) || len(listed.Consents) != 0 {
		t.Errorf("%v %+v, want %v", err, listed, want)
	}
	if strings.Contains(strings.ToLower(s.stored()), "m#anna") {
		t.Error("a key holds the address")
	}
}
