// Package privacy defines the vocabulary of all other packages as closed lists: categories, sources, purposes, rights. It knows no wire format,
// no cloud and no clock.
package privacy

// Category names one kind of personal data, as the published inventory declares it (promise B01).
type Category string

// The categories, in the order in which the policy lists them.
const (
	Identity      Category = "identity"
	Contact       Category = "contact"
	Account       Category = "account"
	Preference    Category = "preference"
	Transaction   Category = "transaction"
	Communication Category = "communication"
	Marketing     Category = "marketing"
	Analytics     Category = "analytics"
	SecurityLog   Category = "security_log"
)

// Categories lists every category that the service takes in and the sweep visits.
var Categories = [...]Category{
	Identity, Contact, Account, Preference, Transaction, Communication, Marketing, Analytics, SecurityLog,
}

// AccountData lists the categories that the retention rule for account data governs (promise F01).
var AccountData = [...]Category{Identity, Contact, Account, Preference}

// IsAccountData reports whether the category's retention follows the data subject's contract (promise F01).
func (c Category) IsAccountData() bool {
	return c == Identity || c == Contact || c == Account || c == Preference
}

// HasSubject reports whether records of the category belong to a data subject. Analytics counts have no data subject (promise F05).
func (c Category) HasSubject() bool { return c != Analytics }

// Source says where a record came from (GDPR Art. 14(2)(f), 15(1)(g); promise B03).
type Source string

// The sources that the policy names.
const (
	Direct            Source = "direct"
	Automatic         Source = "automatic"
	ReferralPartner   Source = "referral_partner"
	AnalyticsProvider Source = "analytics_provider"
	PublicSource      Source = "public_source"
)

// Sources lists every source that the service takes in.
var Sources = [...]Source{Direct, Automatic, ReferralPartner, AnalyticsProvider, PublicSource}

// FromSubject reports whether the data subject provided the data, by stating it or by using the service. Portability covers such
// data (GDPR Art. 20(1)).
func (s Source) FromSubject() bool { return s == Direct || s == Automatic }

// Purpose is the stable slug of a processing purpose. The policy versions its wording.
type Purpose string

// The purposes that rest on consent (promise C02). Purposes on another basis exist only in the policy's data.
const (
	AnalyticsCookies Purpose = "analytics_cookies"
	MarketingCookies Purpose = "marketing_cookies"
	MarketingEmail   Purpose = "marketing_email"
	Testimonials     Purpose = "testimonials"
)

// LawfulBasis is one of the grounds of GDPR Art. 6(1) on which the policy rests (promise C01).
type LawfulBasis string

// The lawful bases that the policy uses.
const (
	Contract            LawfulBasis = "contract"
	LegitimateInterests LawfulBasis = "legitimate_interests"
	Consent             LawfulBasis = "consent"
	LegalObligation     LawfulBasis = "legal_obligation"
)

// Right is what a data subject asks for. Its values are the names in the public API.
type Right string

// The rights whose requests this version answers. The policy lists more rights; a request for one of those is refused with its name.
const (
	Access      Right = "access"
	Portability Right = "portability"
)

// Jurisdiction selects the clocks of a request. With the zero value, every clock runs.
type Jurisdiction string

// The jurisdictions of the public API.
const (
	EU         Jurisdiction = "eu"
	UK         Jurisdiction = "uk"
	California Jurisdiction = "california"
	Other      Jurisdiction = "other"
)

// SubjectID is the random id of a data subject; addresses are aliases of it.
type SubjectID string
