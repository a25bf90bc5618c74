// Package privacy defines the vocabulary of all other packages as closed lists: categories, sources, purposes, rights. It knows no wire format,
// no cloud and no clock.
package privacy

import "slices"

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

// The rights that a person can use on the request form.
const (
	Access             Right = "access"              // GDPR Art. 15
	Rectification      Right = "rectification"       // GDPR Art. 16, CCPA §1798.106
	Erasure            Right = "erasure"             // GDPR Art. 17
	Restriction        Right = "restriction"         // GDPR Art. 18
	Portability        Right = "portability"         // GDPR Art. 20
	Objection          Right = "objection"           // GDPR Art. 21
	AutomatedDecisions Right = "automated_decisions" // GDPR Art. 22
	Know               Right = "know"                // CCPA §1798.110
	Delete             Right = "delete"              // CCPA §1798.105
	OptOut             Right = "opt_out"             // CCPA §1798.120
	ChildErasure       Right = "child_erasure"       // of a child's data, on the word of whoever reports it (promise I02)
	Complaint          Right = "complaint"           // UK Data Protection Act 2018 s.164A (promise L03)
)

// Question is what a mail to the privacy address asks, until its sender has said which right they mean by it, and afterwards if they mean none (promise
// L02). It is no right, and nobody can choose it on the form.
const Question Right = "question"

// Rights lists every right that a person can use on the request form.
var Rights = [...]Right{
	Access, Rectification, Erasure, Restriction, Portability, Objection, AutomatedDecisions, Know, Delete, OptOut, ChildErasure, Complaint,
}

// Known reports whether the word is one of [Rights].
func (r Right) Known() bool { return slices.Contains(Rights[:], r) }

// Ground is why somebody may have the use of their data restricted (GDPR Art. 18(1)).
type Ground string

// The grounds of a restriction.
const (
	Accuracy Ground = "accuracy"  // the person contests that the data is accurate (Art. 18(1)(a))
	Unlawful Ground = "unlawful"  // the use is unlawful, and the person wants no erasure (Art. 18(1)(b))
	Claims   Ground = "claims"    // the person needs the data for legal claims (Art. 18(1)(c))
	Weighing Ground = "objection" // the person has objected, and it is not decided yet whose grounds prevail (Art. 18(1)(d))
)

// Grounds lists every ground of a restriction.
var Grounds = [...]Ground{Accuracy, Unlawful, Claims, Weighing}

// Scope is how much a request to know asks for (CCPA regulations §7024).
type Scope string

// The scopes.
const (
	ByCategory Scope = "categories" // which categories are collected, where they come from, what they are used for, who gets them
	Specific   Scope = "specific"   // the data itself
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
