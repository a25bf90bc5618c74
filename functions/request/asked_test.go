package main

import (
	"reflect"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// T06: whoever confirms a request sees what exactly it asks for, in the words of the policy and in nobody else's (threat T32).
func TestThreat_T06_WhatWaitsSaysWhatItAsksFor(t *testing.T) {
	s := newRig(t)
	filings := []request.Filing{
		{Right: privacy.Know, Scope: privacy.Specific, Declaration: true}, {Right: privacy.Know, Scope: privacy.ByCategory},
		{Right: privacy.Objection, Purposes: []privacy.Purpose{directMarketing, weighedPurpose}},
		{Right: privacy.Restriction, Ground: privacy.Accuracy, Purposes: []privacy.Purpose{weighedPurpose}, Categories: []privacy.Category{privacy.Account, privacy.Contact}},
		{Right: privacy.Restriction, Ground: privacy.Claims}, {Right: privacy.Erasure},
	}
	for _, f := range filings {
		f.Email, f.Details = anna, "canary"
		stored, err := s.Requester.File(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		s.Fulfil(stored.ID)
	}
	p := s.fresh(t, anna)
	seen := s.me(t, p).Pending
	if len(seen) != len(filings) {
		t.Fatalf("%+v", seen)
	}
	for _, f := range filings {
		found := false
		for _, one := range seen {
			found = found || one.Right == f.Right && one.Scope == f.Scope && one.Ground == f.Ground && reflect.DeepEqual(one.Purposes, f.Purposes) && reflect.DeepEqual(one.Categories, f.Categories)
		}
		if !found {
			t.Errorf("nothing waits like %+v: %+v", f, seen)
		}
	}
	if w := s.as(p, "GET", "/v1/me", ""); strings.Contains(w.Body.String(), "canary") {
		t.Errorf("%s", w.Body)
	}
}
