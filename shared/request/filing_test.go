package request_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// T23: a filing that cannot be accepted is refused by the names of its fields, and nothing is stored. Every limit is met on both sides.
func TestThreat_T23_WhatAFilingMustSay(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*request.Filing)
		named  []string
	}{
		"right":                   {func(*request.Filing) {}, nil},
		"portability":             {func(f *request.Filing) { f.Right = privacy.Portability }, nil},
		"another right":           {func(f *request.Filing) { f.Right = "sleep" }, []string{"/right"}},
		"nothing":                 {func(f *request.Filing) { *f = request.Filing{} }, []string{"/right", "/email"}},
		"no address":              {func(f *request.Filing) { f.Email = "anna" }, []string{"/email"}},
		"an address without mail": {func(f *request.Filing) { f.Email = "änna@example.org" }, []string{"/email"}},
		"a card in the address":   {func(f *request.Filing) { f.Email = "4111111111111111@example.org" }, []string{"/email"}},
		"a law":                   {func(f *request.Filing) { f.Jurisdiction = privacy.California }, nil},
		"another law":             {func(f *request.Filing) { f.Jurisdiction = "mars" }, []string{"/jurisdiction"}},
		"a language":              {func(f *request.Filing) { f.Language = "pt-BR" }, nil},
		"no language":             {func(f *request.Filing) { f.Language = "*" }, []string{"/language"}},
		"2,000 characters":        {func(f *request.Filing) { f.Details = strings.Repeat("ä", 2000) }, nil},
		"2,001 characters":        {func(f *request.Filing) { f.Details = strings.Repeat("ä", 2001) }, []string{"/details"}},
		"lines and tabs":          {func(f *request.Filing) { f.Details = "one\r\ntwo\tthree" }, nil},
		"a control character":     {func(f *request.Filing) { f.Details = "bell\a" }, []string{"/details"}},
		"a card in the details":   {func(f *request.Filing) { f.Details = "my card 4111 1111 1111 1111" }, []string{"/details"}},
		"everything wrong at once": {func(f *request.Filing) {
			*f = request.Filing{Right: "x", Email: "x", Jurisdiction: "x", Language: "*", Details: "\a"}
		}, []string{"/right", "/email", "/jurisdiction", "/language", "/details"}},
	} {
		register := &memory{}
		q := &request.Requester{Register: register, Policy: policy.InForce, Now: func() time.Time { return noon.Add(time.Millisecond) }}
		filing := request.Filing{Right: privacy.Access, Email: "anna@example.org"}
		c.change(&filing)
		r, err := q.File(t.Context(), filing)
		var named []string
		if refused, ok := errors.AsType[*fault.Error](err); ok {
			for _, field := range refused.Fields {
				named = append(named, field.Pointer)
			}
		}
		if !slices.Equal(named, c.named) || (err == nil) != (c.named == nil) || (register.writes == 1) != (c.named == nil) {
			t.Errorf("%s: %v, %d writes", name, err, register.writes)
		}
		if err == nil && (r.State != request.Verifying || r.Step != request.StepProof || !r.NextAt.Equal(noon) || !r.ReceivedAt.Equal(noon) || !request.IsID(r.ID)) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// F01: the id of a filing is new. So a file that is there already was stored by an earlier try, whose answer was lost.
func TestFault_F01_AFilingWhoseAnswerIsLost(t *testing.T) {
	register := &memory{interferes: 1}
	q := &request.Requester{Register: register, Policy: policy.InForce, Now: func() time.Time { return noon }}
	if r, err := q.File(t.Context(), request.Filing{Right: privacy.Access, Email: "anna@example.org"}); err != nil || r.ID == "" || register.writes != 1 {
		t.Errorf("%+v, %v after %d writes", r, err, register.writes)
	}
}

// F08: a request's retention starts with its answer.
func TestPromise_F08_ARequestIsKeptFromItsAnswer(t *testing.T) {
	r := request.Request{ReceivedAt: noon, Terms: policy.Newest().Terms()}
	if !r.ExpiresAt().IsZero() {
		t.Errorf("an open request expires at %v", r.ExpiresAt())
	}
	r.ClosedAt = noon
	if want := noon.AddDate(2, 0, 0); !r.ExpiresAt().Equal(want) {
		t.Errorf("an answered request expires at %v, not %v", r.ExpiresAt(), want)
	}
	for state, answerable := range map[request.State]bool{request.Verifying: false, request.Open: false, request.Fulfilling: true, request.Fulfilled: true, request.Withdrawn: false} {
		if r.State = state; r.Answerable() != answerable {
			t.Errorf("%s is answerable: %t", state, r.Answerable())
		}
	}
}
