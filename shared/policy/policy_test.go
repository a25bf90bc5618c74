package policy

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// now is a time at which the newest version is in force.
var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func itoa(i int) string { return strconv.Itoa(i) }

// system returns the index of the first processor of a kind.
func system(t *testing.T, kind string) int {
	t.Helper()
	i := slices.IndexFunc(Newest().Systems, func(s System) bool { return s.Owner == "processor" && s.Kind == kind })
	if i < 0 {
		t.Fatalf("no processor of kind %s", kind)
	}
	return i
}

// These tests repeat the figures of the published policy on purpose, because changing a figure changes a promise.
func TestPromise_F01_AccountDataForTwoYearsAfterTheContract(t *testing.T) {
	for _, category := range privacy.AccountData {
		period(t, category, Retention{Starts: "contract_end", Years: 2})
	}
}

func TestPromise_F02_InvoicesForSevenYears(t *testing.T) {
	period(t, privacy.Transaction, Retention{Starts: "issued_at", Years: 7})
}

func TestPromise_F03_TranscriptsForOneYear(t *testing.T) {
	period(t, privacy.Communication, Retention{Starts: "ended_at", Years: 1})
}

func TestPromise_F04_MarketingUntilConsentIsWithdrawn(t *testing.T) {
	period(t, privacy.Marketing, Retention{Starts: "consent_withdrawn", UnconsentedDays: 30})
}

func TestPromise_F05_AnalyticsForTwentySixMonths(t *testing.T) {
	period(t, privacy.Analytics, Retention{Starts: "day", Months: 26})
}

func TestPromise_B02_ASearchTermNeedsTenVisits(t *testing.T) {
	if got := Newest().Analytics.SmallestCount; got != 10 {
		t.Errorf("%d", got)
	}
}

func TestPromise_F06_SecurityLogsForNinetyDays(t *testing.T) {
	period(t, privacy.SecurityLog, Retention{Starts: "at", Days: 90})
	if Newest().RetentionOf(ServiceLog).ID != Newest().RetentionFor(privacy.SecurityLog).ID {
		t.Error("the service's own logs follow another rule")
	}
}

// period checks that a category is kept as long as the published policy says.
func period(t *testing.T, category privacy.Category, want Retention) {
	t.Helper()
	got := Newest().RetentionFor(category)
	if got.Starts != want.Starts || got.Years != want.Years || got.Months != want.Months || got.Days != want.Days || got.UnconsentedDays != want.UnconsentedDays {
		t.Errorf("%s: %+v, want %+v", category, got, want)
	}
}

func TestPromise_A01_FactsOfTheController(t *testing.T) {
	want := Controller{
		Name: "HelpDesk Expert Ltd.", Site: "https://www.helpdeskexpert.com", Email: "hello@helpdeskexpert.com", Phone: "+1 (800) 555-0199",
		PrivacyEmail: "privacy@helpdeskexpert.com", SecurityEmail: "security@helpdeskexpert.com", Team: "HelpDesk Expert — Privacy Team", TimeZone: "Europe/London",
	}
	if got := Newest().Controller; got != want {
		t.Errorf("got %+v", got)
	}
	if _, err := time.LoadLocation(want.TimeZone); err != nil {
		t.Error(err)
	}
}

func TestPromise_H13_AnswerWithin30Days(t *testing.T) {
	if got := Newest().AnswerWithin; got != 30 {
		t.Errorf("%d days", got)
	}
}

func TestPromise_I01_NotForPeopleUnder16(t *testing.T) {
	if got := Newest().Children.Under; got != 16 {
		t.Errorf("under %d", got)
	}
}

func TestPromise_B01_DeclaredCategories(t *testing.T) {
	for _, id := range privacy.Categories {
		if c, ok := Newest().Category(id); !ok || len(c.Fields) == 0 || len(c.Examples) == 0 {
			t.Errorf("%s is not declared in full", id)
		}
	}
	if _, ok := Newest().Category("biometric"); ok {
		t.Error("an undeclared category was found")
	}
}

func TestPromise_C02_ConsentPurposes(t *testing.T) {
	want := []privacy.Purpose{privacy.AnalyticsCookies, privacy.MarketingCookies, privacy.MarketingEmail, privacy.Testimonials}
	if got := ForConsents().InForce(now).Purposes; !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestPromise_D01_SharingIsMarked(t *testing.T) {
	if rules := ForConsents().InForce(now); !rules.Shares(privacy.MarketingCookies) || rules.Shares(privacy.AnalyticsCookies) {
		t.Error("retargeting, and nothing else, counts as sharing")
	}
}
