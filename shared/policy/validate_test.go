package policy

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// copyOf returns a deep copy of the version in force, which a test can spoil.
func copyOf(t *testing.T) *Policy {
	t.Helper()
	text, err := json.Marshal(Newest())
	if err != nil {
		t.Fatal(err)
	}
	var p Policy
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	return &p
}

// refused spoils the policy and expects a violation at the path.
func refused(t *testing.T, path string, spoil func(p *Policy)) {
	t.Helper()
	p := copyOf(t)
	spoil(p)
	var found []string
	for _, err := range Validate(p, nil) {
		found = append(found, err.Error())
		if strings.HasPrefix(err.Error(), path+": ") {
			return
		}
	}
	t.Errorf("no violation at %s; found %q", path, found)
}

func TestPolicyInForceIsLawful(t *testing.T) {
	for _, err := range Validate(Newest(), nil) {
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
	for i, x := range Newest().Purposes {
		if x.Basis == privacy.Consent {
			refused(t, "/purposes/"+itoa(i)+"/basis", func(p *Policy) { p.Purposes[i].Basis = privacy.LegitimateInterests })
		}
	}
}

func TestPromise_D02_ProcessorsHaveAgreements(t *testing.T) {
	for i, s := range Newest().Systems {
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
	for i, k := range Newest().Cookies {
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
	for i, r := range Newest().Retention {
		for j, kind := range r.Stored {
			refused(t, "/retention", func(p *Policy) {
				p.Retention[i].Stored = append(p.Retention[i].Stored[:j:j], p.Retention[i].Stored[j+1:]...)
			})
			if Newest().RetentionOf(kind).ID != r.ID {
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
	for i, r := range Newest().Retention {
		refused(t, "/retention/"+itoa(i)+"/unconsentedDays", func(p *Policy) {
			p.Retention[i].UnconsentedDays = 30
			if r.Starts == "consent_withdrawn" {
				p.Retention[i].UnconsentedDays = 0
			}
		})
	}
}

func TestPromise_H07_NoSolelyAutomatedDecision(t *testing.T) {
	for i := range Newest().Purposes {
		refused(t, "/purposes/"+itoa(i)+"/automated", func(p *Policy) { p.Purposes[i].Automated = true })
	}
}

func TestPromise_J01_TransfersHaveSafeguards(t *testing.T) {
	for i := range Newest().Systems {
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

func TestPromise_F05_TheRulesOfCountsLeaveNoRoomForAPerson(t *testing.T) {
	const pages, referrers, browsers, devices = "/analytics/pages/", "/analytics/referrers/", "/analytics/browsers/", "/analytics/devices/"
	for _, n := range []int{-1, 0, 1} {
		refused(t, "/analytics/smallestCount", func(p *Policy) { p.Analytics.SmallestCount = n })
	}
	for path, list := range map[string]func(a *Analytics) *[]string{
		pages: func(a *Analytics) *[]string { return &a.Pages }, referrers: func(a *Analytics) *[]string { return &a.Referrers },
		browsers: func(a *Analytics) *[]string { return &a.Browsers }, devices: func(a *Analytics) *[]string { return &a.Devices },
	} {
		refused(t, strings.TrimSuffix(path, "/"), func(p *Policy) { *list(&p.Analytics) = nil })
		refused(t, path+"1", func(p *Policy) { l := list(&p.Analytics); (*l)[1] = (*l)[0] })
	}
	for path, entries := range map[string][]string{
		pages: {"", "pricing", "//", "/pricing/", "/a//b", "/./a", "/a/..", "/a?b", "/a#b", "/a;b", "/%61", `/a\b`, "https://example.com/", "/a\u200bb",
			"/*", "/**", "/*/a", "/a/**/b", "/a/b*", "/a/***", "/@anna", "/a/@*"},
		referrers: {"", "google", "*", "*.com", ".*", "a.b.*", "google.*.*", "Google.com", "google.com/", "google.com:443", "-a.com", "a-.com", "a..com", ".com", "com.", "a@b.com", "bücher.de"},
		browsers:  {"", " ", " Chrome", "Chrome  X", "Chrome 1", "*", "Chrome/1", "Chröme"},
		devices:   {"", "phone1", "phone, tablet", "?"},
	} {
		for _, entry := range entries {
			refused(t, path+"0", func(p *Policy) {
				a := &p.Analytics
				for prefix, list := range map[string][]string{pages: a.Pages, referrers: a.Referrers, browsers: a.Browsers, devices: a.Devices} {
					if prefix == path {
						list[0] = entry
					}
				}
			})
		}
	}
	for _, pair := range [][2]string{{"/a/*", "/a/**"}, {"/a/**", "/a/*"}, {"/a/**", "/a/b/*"}, {"/a/*/c", "/a/b/*"}, {"/a/*", "/a/*"}} {
		refused(t, pages+"1", func(p *Policy) { p.Analytics.Pages = pair[:] })
	}
	for _, pair := range [][2]string{{"google.*", "google.de"}, {"www.google.co.uk", "google.*"}, {"example.com", "www.example.com"}, {"www.example.com", "example.com"}} {
		refused(t, referrers+"1", func(p *Policy) { p.Analytics.Referrers = pair[:] })
	}
	at := slices.IndexFunc(Newest().Categories, func(c Category) bool { return c.ID == privacy.Analytics })
	for _, field := range []Field{{Name: "campaign", Type: "string"}, {Name: "page", Type: "list"}, {Name: "visits", Type: "objects"}} {
		refused(t, "/categories/"+itoa(at)+"/fields/0", func(p *Policy) { p.Categories[at].Fields[0] = field })
	}
}

func TestTheRulesOfCountsThatAreFine(t *testing.T) {
	p := copyOf(t)
	p.Analytics = Analytics{SmallestCount: 2, Pages: []string{"/", "/a", "/a/b", "/a/*", "/a/*/c", "/b/**", "/ヘルプ/~x"}, Referrers: []string{"google.*", "googol.com", "a-1.xn--bcher-kva.de"},
		Browsers: []string{"Samsung Internet", "other"}, Devices: []string{"TV"}}
	for i := range p.Categories {
		if p.Categories[i].ID == privacy.Analytics {
			p.Categories[i].Fields = append(p.Categories[i].Fields, Field{Name: "season", Type: "string", Enum: []string{"summer", "winter"}})
		}
	}
	for _, err := range Validate(p, nil) {
		t.Error(err)
	}
}

// Each of the service's own kinds has a period that starts when the service starts to count it.
func TestPromise_F08_EachOwnKindHasAPeriodOrAnEnd(t *testing.T) {
	for i, r := range Newest().Retention {
		if !r.Own {
			continue
		}
		refused(t, "/retention/"+itoa(i)+"/starts", func(p *Policy) { p.Retention[i].Starts = "issued_at" })
		if r.Span() == (Span{}) {
			continue
		}
		refused(t, "/retention/"+itoa(i), func(p *Policy) {
			p.Retention[i].Years, p.Retention[i].Months, p.Retention[i].Days = 0, 0, 0
		})
		refused(t, "/retention/"+itoa(i)+"/period", func(p *Policy) { p.Retention[i].Days++ })
	}
}

// If the policy states a period both as a figure and in a sentence, the two agree.
func TestPromise_A02_SentencesSayWhatTheFiguresSay(t *testing.T) {
	for id, change := range map[string]func(p *Policy){
		"banner":        func(p *Policy) { p.BannerDays = 31 },
		"consent_life":  func(p *Policy) { p.ConsentMonths = 13 },
		"version_grace": func(p *Policy) { p.VersionGrace = 7 },
		"opt_out":       func(p *Policy) { p.OptOutMonths = 18 },
		"reports":       func(p *Policy) { p.ComplaintAck = 20 },
		"questions":     func(p *Policy) { p.QuestionWithin = 20 },
		"unconsented": func(p *Policy) {
			for i := range p.Retention {
				p.Retention[i].UnconsentedDays *= 2
			}
		},
	} {
		path := ""
		for i, s := range Newest().Changes {
			if s.ID == id {
				path = "/changes/" + itoa(i) + "/text"
			}
		}
		for i, s := range Newest().Decisions {
			if s.ID == id {
				path = "/decisions/" + itoa(i) + "/text"
			}
		}
		refused(t, path, change)
	}
}

// H10: the law does not let anybody be asked again sooner than after twelve months, whatever a version of the policy says.
func TestPromise_H10_NobodyIsAskedAgainWithinAYear(t *testing.T) {
	refused(t, "/optOutMonths", func(p *Policy) { p.OptOutMonths = 11 })
}

// F23: a consent that waits must not be deleted while its link still opens.
func TestFault_F23_AWaitingConsentOutlivesItsLink(t *testing.T) {
	for i, r := range Newest().Retention {
		if slices.Contains(r.Stored, MailboxLink) {
			refused(t, "/retention", func(p *Policy) { p.Retention[i].Days, p.Retention[i].Period = 8, "8 days" })
		}
	}
}
