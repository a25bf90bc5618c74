package policy_test

import (
	"testing"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// E03: what a cookie needs is the choice of a browser, and the policy says which cookies there are.
func TestPromise_E03_WhatACookieNeedsIsTheChoiceOfABrowser(t *testing.T) {
	p := *policy.Newest()
	for purpose, want := range map[privacy.Purpose]bool{
		privacy.AnalyticsCookies: true, privacy.MarketingCookies: true, privacy.MarketingEmail: false, privacy.Testimonials: false,
	} {
		if p.OfBrowser(purpose) != want {
			t.Errorf("%s: %t", purpose, !want)
		}
	}
	p.Cookies = nil
	if p.OfBrowser(privacy.AnalyticsCookies) {
		t.Error("a policy without cookies has a choice of a browser")
	}
}
