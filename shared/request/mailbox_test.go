package request_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// stored returns everything in the table except the counters of challenges, which this rig keeps by address.
func (s *rig) stored() string {
	s.T.Helper()
	out, err := s.Tables.Client.Scan(s.T.Context(), &dynamodb.ScanInput{TableName: &s.Requests.Table})
	if err != nil {
		s.T.Fatal(err)
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
func (s *rig) written(email, text string) request.Request {
	s.T.Helper()
	r, err := s.Requester.File(s.T.Context(), request.Filing{Right: privacy.Access, Email: email, Details: text})
	if err != nil {
		s.T.Fatal(err)
	}
	return r
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
		"withdrawn before": {func(s *rig, r request.Request) {
			if _, err := s.Requester.Withdraw(s.T.Context(), r.ID, s.LastMail().Status); err != nil {
				s.T.Error(err)
			}
		}, request.Withdrawn, false},
		"withdrawn after": {func(s *rig, r request.Request) {
			if _, err := s.Requester.Verify(s.T.Context(), r.ID, s.LastMail().Token); err != nil {
				s.T.Error(err)
			}
			if _, err := s.Requester.Withdraw(s.T.Context(), r.ID, s.LastMail().Status); err != nil {
				s.T.Error(err)
			}
		}, request.Withdrawn, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newRig(t)
			if name == "never mailed" {
				s.Once["mail"] = fmt.Errorf("throttled")
			}
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

// H01: the first step of every request lists it under its address, even if the address is over the day's limit of mails.
func TestPromise_H01_RequestsAreListedUnderTheirAddress(t *testing.T) {
	s := newRig(t)
	var want []string
	for _, email := range []string{"anna@example.org", "Anna@Example.org", "ANNA@example.org", "anna@EXAMPLE.org", "aNNa@example.org"} {
		want = append(want, s.Challenged(email).ID)
	}
	s.Challenged("berta@example.org")
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
