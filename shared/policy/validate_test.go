package policy

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// copyOf returns a deep copy of the version in force for a test to spoil.
func copyOf(t *testing.T) *Policy {
	t.Helper()
	text, err := json.Marshal(Current())
	if err != nil {
		t.Fatal(err)
	}
	var p Policy
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	return &p
}

// refused spoils the policy and wants a violation at the path.
func refused(t *testing.T, path string, spoil func(p *Policy)) {
	t.Helper()
	p := copyOf(t)
	spoil(p)
	var found []string
	for _, err := range Validate(p) {
		found = append(found, err.Error())
		if strings.HasPrefix(err.Error(), path+": ") {
			return
		}
	}
	t.Errorf("no violation at %s; found %q", path, found)
}

func TestPolicyInForceIsLawful(t *testing.T) {
	for _, err := range Validate(Current()) {
		t.Error(err)
	}
}

func TestPromise_A01_ControllerIsReachable(t *testing.T) {
	for path, spoil := range map[string]func(c *Controller){
		"name":          func(c *Controller) { c.Name = "" },
		"site":          func(c *Controller) { c.Site = "" },
		"email":         func(c *Controller) { c.Email = "" },
		"phone":         func(c *Controller) { c.Phone = "" },
		"privacyEmail":  func(c *Controller) { c.PrivacyEmail = "" },
		"securityEmail": func(c *Controller) { c.SecurityEmail = "" },
	} {
		refused(t, "/controller/"+path, func(p *Policy) { spoil(&p.Controller) })
	}
}

func TestPromise_A03_ScopeIsNamed(t *testing.T) {
	refused(t, "/scope/origins", func(p *Policy) { p.Scope.Origins = nil })
}

func TestPromise_B01_InventoryIsComplete(t *testing.T) {
	refused(t, "/categories", func(p *Policy) { p.Categories = p.Categories[1:] })
	refused(t, "/categories/0/id", func(p *Policy) { p.Categories[0].ID = "biometric" })
	refused(t, "/systems/0/categories/0", func(p *Policy) { p.Systems[0].Categories[0] = "biometric" })
}

func TestPromise_B04_CategoriesServeDeclaredPurposes(t *testing.T) {
	refused(t, "/purposes/0/basis", func(p *Policy) { p.Purposes[0].Basis = "" })
	refused(t, "/purposes/0/basis", func(p *Policy) { p.Purposes[0].Basis = "curiosity" })
	refused(t, "/categories/2/purposes", func(p *Policy) { p.Categories[2].Purposes = nil })
	refused(t, "/categories/2/purposes/1", func(p *Policy) { p.Categories[2].Purposes[1] = "profiling" })
}

func TestPromise_C01_PurposeHasOneBasis(t *testing.T) {
	refused(t, "/purposes/1/id", func(p *Policy) { p.Purposes[1].ID = p.Purposes[0].ID })
}

func TestPromise_C02_ConsentOnlyForThreeFamilies(t *testing.T) {
	refused(t, "/purposes/0/basis", func(p *Policy) { p.Purposes[0].Basis = privacy.Consent })
	for i, x := range Current().Purposes {
		if x.Basis == privacy.Consent {
			refused(t, "/purposes/"+itoa(i)+"/basis", func(p *Policy) { p.Purposes[i].Basis = privacy.LegitimateInterests })
		}
	}
}

func TestPromise_D02_ProcessorsHaveAgreements(t *testing.T) {
	for i, s := range Current().Systems {
		if s.Owner == "processor" {
			refused(t, "/systems/"+itoa(i)+"/agreement", func(p *Policy) { p.Systems[i].Agreement = "" })
			refused(t, "/systems/"+itoa(i)+"/kind", func(p *Policy) { p.Systems[i].Kind = "broker" })
		}
	}
}

func TestPromise_D06_MailIsTransactionalAndAnalyticsAnonymous(t *testing.T) {
	mail, analytics := system(t, "communication"), system(t, "analytics")
	refused(t, "/systems/"+itoa(mail)+"/transactionalOnly", func(p *Policy) { p.Systems[mail].Transactional = false })
	refused(t, "/systems/"+itoa(mail)+"/categories", func(p *Policy) { p.Systems[mail].Categories = []privacy.Category{privacy.Marketing} })
	refused(t, "/systems/"+itoa(analytics)+"/anonymised", func(p *Policy) { p.Systems[analytics].Anonymised = false })
	for _, c := range privacy.Categories {
		if c.HasSubject() {
			refused(t, "/systems/"+itoa(analytics)+"/categories/0", func(p *Policy) { p.Systems[analytics].Categories[0] = c })
		}
	}
}

func TestPromise_E01_OnlyEssentialCookiesNeedNoConsent(t *testing.T) {
	for i, k := range Current().Cookies {
		path := "/cookies/" + itoa(i) + "/consent"
		if k.Kind == "essential" {
			refused(t, path, func(p *Policy) { p.Cookies[i].Consent = privacy.AnalyticsCookies })
		} else {
			refused(t, path, func(p *Policy) { p.Cookies[i].Consent = "" })
			refused(t, path, func(p *Policy) { p.Cookies[i].Consent = "security" })
		}
	}
}

func TestPromise_F08_EveryStoredKindHasOneRule(t *testing.T) {
	for i, r := range Current().Retention {
		for j, kind := range r.Stored {
			refused(t, "/retention", func(p *Policy) {
				p.Retention[i].Stored = append(p.Retention[i].Stored[:j:j], p.Retention[i].Stored[j+1:]...)
			})
			if Current().RetentionOf(kind).ID != r.ID {
				t.Errorf("%s is not governed by %s", kind, r.ID)
			}
		}
	}
	refused(t, "/retention/0/stored/0", func(p *Policy) { p.Retention[0].Stored[0] = "gossip" })
	refused(t, "/retention/1/stored/1", func(p *Policy) { p.Retention[1].Stored = append(p.Retention[1].Stored, "identity") })
	refused(t, "/categories/0/retention", func(p *Policy) { p.Categories[0].Retention = "forever" })
	refused(t, "/categories/0/retention", func(p *Policy) { p.Categories[0].Retention = "invoices" })
}

func TestPromise_F04_WhatAWithdrawalEndsHasAnEndWithoutConsent(t *testing.T) {
	for i, r := range Current().Retention {
		refused(t, "/retention/"+itoa(i)+"/unconsentedDays", func(p *Policy) {
			p.Retention[i].UnconsentedDays = 30
			if r.Starts == "consent_withdrawn" {
				p.Retention[i].UnconsentedDays = 0
			}
		})
	}
}

func TestPromise_H07_NoSolelyAutomatedDecision(t *testing.T) {
	for i := range Current().Purposes {
		refused(t, "/purposes/"+itoa(i)+"/automated", func(p *Policy) { p.Purposes[i].Automated = true })
	}
}

func TestPromise_J01_TransfersHaveSafeguards(t *testing.T) {
	for i := range Current().Systems {
		for _, country := range []string{"US", "CH", "IN", "gb", ""} {
			refused(t, "/systems/"+itoa(i)+"/safeguard", func(p *Policy) { p.Systems[i].Country = country })
		}
	}
	refused(t, "/systems/4/subProcessors/0/safeguard", func(p *Policy) { p.Systems[4].SubProcessors[0].Safeguard = "" })
	refused(t, "/systems/4/subProcessors/0/safeguard", func(p *Policy) { p.Systems[4].SubProcessors[0].Safeguard = "goodwill" })
}

func TestPromise_J02_SubProcessorsHaveAgreements(t *testing.T) {
	refused(t, "/systems/4/subProcessors/0/agreement", func(p *Policy) { p.Systems[4].SubProcessors[0].Agreement = "" })
	refused(t, "/systems/4/subProcessors/0/owner", func(p *Policy) { p.Systems[4].SubProcessors[0].Owner = "own" })
}

func TestPromise_L01_AuthorityIsNamed(t *testing.T) {
	refused(t, "/authorities", func(p *Policy) { p.Authorities = nil })
}
