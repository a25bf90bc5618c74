// Package policy is the privacy policy as data. It is written in YAML (versions/*.yaml), checked against a JSON Schema and against
// the law, and compiled to Go literals and JSON at build time (go generate). No function parses YAML.
//
// The types use only slices for lists, so that the compiled policy is static data and costs a function nothing at start.
package policy

import "github.com/helpdeskexpert/privacy/shared/privacy"

// Policy is one version of the published policy.
type Policy struct {
	Version        string          `json:"version"`               // stable name of the version, such as "2026-11-01"
	LastUpdated    string          `json:"lastUpdated"`           // date of publication, YYYY-MM-DD (promise K01)
	Kind           string          `json:"kind"`                  // editorial, significant or business_transfer (promise K05)
	Author         string          `json:"author"`                // who decided the kind (promise K05)
	Summary        string          `json:"summary"`               // what changed, in a sentence or two, for the banner and the notice
	EffectiveFrom  string          `json:"effectiveFrom"`         // first day in force, YYYY-MM-DD in the controller's time zone (promise K06)
	WhatChanged    []Change        `json:"whatChanged,omitempty"` // what changed, one by one, for the notice and the page of changes
	AnnounceAt     string          `json:"announceAt,omitempty"`  // when the notices start, RFC 3339; empty means 09:00 on the day of publication
	NoticeWithin   int             `json:"noticeDeadlineDays"`    // days from AnnounceAt within which every notice is sent (promise K02)
	Controller     Controller      `json:"controller"`
	Scope          Scope           `json:"scope"`
	Preamble       []Statement     `json:"preamble"`   // sentences that promise nothing, kept so that the data covers the whole policy
	Collection     []Statement     `json:"collection"` // what is collected automatically and from third parties (promises B02, B03)
	Categories     []Category      `json:"categories"`
	Analytics      Analytics       `json:"analytics"` // what a count of visits may contain (promises B02, F05)
	Purposes       []Purpose       `json:"purposes"`
	Retention      []Retention     `json:"retention"`
	CookieNotes    []Statement     `json:"cookieNotes"`
	Cookies        []Cookie        `json:"cookies"`
	Systems        []System        `json:"systems"`
	Transfers      []Statement     `json:"transfers"`
	Safeguards     []Safeguard     `json:"safeguards"` // transfer safeguards the policy names (promise J01)
	Disclosures    []Statement     `json:"disclosures"`
	Security       []Statement     `json:"security"`
	Rights         []DeclaredRight `json:"rights"`
	Authorities    []Authority     `json:"authorities"`
	Children       Children        `json:"children"`
	Changes        []Statement     `json:"changes"`
	Decisions      []Statement     `json:"decisions"` // what this service decided where the policy is silent
	AnswerWithin   int             `json:"answerWithinDays"`
	ConsentMonths  int             `json:"consentMonths"`    // months after which consent is asked for again (CNIL guidance)
	BannerDays     int             `json:"bannerDays"`       // days for which the banner is shown (promise K03)
	VersionGrace   int             `json:"versionGraceDays"` // days for which new consents may still name a replaced version
	LinkHours      int             `json:"linkAgainHours"`   // how long a mailed link opens again after it was first opened
	SessionLife    int             `json:"sessionMinutes"`   // how long a session lasts that a mailed link has opened
	NewAddress     int             `json:"newAddressDays"`   // days for which nothing is answered by an address that a system has attached to a person
	ChildWithin    int             `json:"childDays"`        // days within which a report about a child's data is dealt with (promise I02)
	ComplaintAck   int             `json:"complaintDays"`    // days within which a complaint is acknowledged (promise L03)
	QuestionWithin int             `json:"questionDays"`     // days within which a question to the privacy address is answered (promise L02)
	OptOutMonths   int             `json:"optOutMonths"`     // months for which nobody who has opted out is asked again (CCPA regulations §7028)
	CoolingOff     int             `json:"coolingOffHours"`  // hours between the confirmation of an erasure and the erasure (threat T07)
	BackupDays     int             `json:"backupDays"`       // days after which no backup holds what was erased
	RemindAfter    int             `json:"confirmAgainDays"` // days after which a person is reminded, once, that their request waits for a confirmation
}

// The kinds of a publication (promise K05). People are told about every kind but the first.
const (
	Editorial   = "editorial"
	Significant = "significant"
	Transfer    = "business_transfer"
)

// Statement is one titled sentence of the page.
type Statement struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

// Change is one change that a version makes to the policy.
type Change struct {
	Title string `json:"title"`
	Text  string `json:"text"` // what changes, and what it means for the reader
}

// Controller is who is responsible (GDPR Art. 13(1)(a); promise A01).
type Controller struct {
	Name          string `json:"name"`
	Site          string `json:"site"`  // https URL
	Email         string `json:"email"` // general contact address
	Phone         string `json:"phone"`
	PrivacyEmail  string `json:"privacyEmail"`
	SecurityEmail string `json:"securityEmail"`
	Team          string `json:"team"`
	TimeZone      string `json:"timeZone"` // IANA name; deadlines end at 23:59:59 there (promise H13)
}

// Scope is where the policy applies; it is also the allow-list of origins (promise A03).
type Scope struct {
	Text    string   `json:"text"`
	Origins []string `json:"origins"` // scheme://host[:port] without a trailing slash
}

// Category is what the policy declares about one category of personal data (GDPR Art. 30; promise B01).
type Category struct {
	ID        privacy.Category  `json:"id"`
	Title     string            `json:"title"`
	Collected string            `json:"collected"` // directly, automatically
	Examples  []string          `json:"examples"`
	Purposes  []privacy.Purpose `json:"purposes"`
	Sources   []privacy.Source  `json:"sources"`   // where the category's data usually comes from, for the page; each record says its own (promise B03)
	Retention string            `json:"retention"` // id of a Retention
	Portable  bool              `json:"portable"`  // included in a portability answer (GDPR Art. 20)
	Fields    []Field           `json:"fields"`
}

// Field declares one member of a record's data.
type Field struct {
	Name       string   `json:"name"`
	Title      string   `json:"title"`
	Type       string   `json:"type"` // string, email, time (RFC 3339), date (YYYY-MM-DD), decimal (string), integer, currency (ISO 4217), country (ISO 3166-1 alpha-2), language (BCP 47), ip, credential (bcrypt hash, never exported), list (of strings), objects (of Fields)
	Optional   bool     `json:"optional"`
	Enum       []string `json:"enum,omitempty"`
	MaxLength  int      `json:"maxLength,omitempty"`  // in characters; 0 means the default of 10,000
	ThirdParty bool     `json:"thirdParty,omitempty"` // may name persons other than the subject; redacted in answers (threat T08)
	Fields     []Field  `json:"fields,omitempty"`
}

// Purpose is what data is used for, with exactly one lawful basis (promise C01).
type Purpose struct {
	ID        privacy.Purpose     `json:"id"`
	Title     string              `json:"title"`
	Text      string              `json:"text"`
	Basis     privacy.LawfulBasis `json:"basis"`
	Automated bool                `json:"automated"` // a solely automated decision; validation refuses true (promise H07)
	Sells     bool                `json:"sells"`     // sharing in the sense of the CCPA; Global Privacy Control denies it (promise D01)

	// DirectMarketing says that the purpose is direct marketing: an objection to it holds at once, whoever files it, and nobody weighs it
	// (GDPR Art. 21(2), (3); promise H06).
	DirectMarketing bool `json:"directMarketing,omitempty"`
	// Compelling says that the purpose goes on while an objection to it is weighed and while the data is restricted, since it protects others and
	// serves the defence of claims (GDPR Art. 18(2), 21(1)).
	Compelling bool `json:"compelling,omitempty"`
}

// Retention is one row of the retention schedule (promises F01 to F08).
type Retention struct {
	ID     string `json:"id"`
	Title  string `json:"title"`
	Starts string `json:"starts"` // machine word for what starts the period: contract_end, issued_at, ended_at, consent_withdrawn, day, at, ...
	Years  int    `json:"years,omitempty"`
	Months int    `json:"months,omitempty"`
	Days   int    `json:"days,omitempty"`

	// UnconsentedDays is how many days marketing data is kept without a recorded consent, counted from the first of it (promise F04).
	UnconsentedDays int `json:"unconsentedDays,omitempty"`

	Period string `json:"period"` // the period in words, as the policy prints it
	Reason string `json:"reason"`
	Start  string `json:"start"`  // what starts the period, in words
	Stored []Kind `json:"stored"` // the stored kinds it governs: categories and the service's own kinds
	Own    bool   `json:"own"`    // it governs only kinds of the service's own

	Erasure Erasure `json:"erasure,omitzero"` // what an erasure does with what the rule governs
}

// Erasure says what an erasure does with what a retention rule governs (GDPR Art. 17; promise H03). The zero Erasure erases it.
type Erasure struct {
	Withhold privacy.Withholding `json:"withhold,omitempty"` // the ground on which it is withheld instead
	While    string              `json:"while,omitempty"`    // it is withheld only while this lasts: contract; empty for as long as the rule keeps it
	Law      string              `json:"law,omitempty"`      // the article that allows it
	Reason   string              `json:"reason,omitempty"`   // why it is withheld, for the person
	Drops    []string            `json:"drops,omitempty"`    // members that are erased all the same
}

// WhileContract is the While of what is withheld while a contract of the person runs, and erased once none does.
const WhileContract = "contract"

// Cookie is a cookie or similar technology (promise E03).
type Cookie struct {
	Name    string          `json:"name"`
	Kind    string          `json:"kind"` // essential, analytics, marketing
	Purpose string          `json:"purpose"`
	Consent privacy.Purpose `json:"consent,omitempty"` // empty for essential cookies
	Life    string          `json:"life"`
	Setter  string          `json:"setter"`
	Storage string          `json:"storage"` // cookie, local_storage, pixel
}

// System is a place where personal data is stored: a system of the controller's, or a processor's (promises D02, D07, J02).
type System struct {
	ID            string             `json:"id"`
	Title         string             `json:"title"`
	Text          string             `json:"text"`                // what it does
	Owner         string             `json:"owner"`               // own, processor
	Kind          string             `json:"kind"`                // infrastructure, communication, analytics, payments; own systems: application
	Country       string             `json:"country"`             // ISO 3166-1 alpha-2
	Agreement     string             `json:"agreement,omitempty"` // reference of the processing agreement (GDPR Art. 28)
	Safeguard     string             `json:"safeguard,omitempty"` // id of a Safeguard, required outside the EEA and the UK
	Categories    []privacy.Category `json:"categories"`
	Anonymised    bool               `json:"anonymised,omitempty"`
	Service       bool               `json:"service,omitempty"`           // this service stores there, and erases there itself
	Transactional bool               `json:"transactionalOnly,omitempty"` // transactional mail only (promise D06)
	SubProcessors []System           `json:"subProcessors,omitempty"`
}

// Safeguard makes a transfer outside the EEA and the UK lawful (GDPR Chapter V; promise J01).
type Safeguard struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

// DeclaredRight is a right in the form in which the policy declares it and the page states it.
type DeclaredRight struct {
	ID      string `json:"id"` // wire name, such as "access"
	Title   string `json:"title"`
	Text    string `json:"text"`
	Law     string `json:"law"` // gdpr, ccpa
	Article string `json:"article"`
	Online  bool   `json:"online"` // the request form offers it
}

// Authority takes complaints (GDPR Art. 77; promise L01).
type Authority struct {
	Jurisdiction string `json:"jurisdiction"`
	Name         string `json:"name"`
	Site         string `json:"site"`
}

// Children is the rule about people under an age (promises I01, I02).
type Children struct {
	Under int    `json:"under"`
	Text  string `json:"text"`
}
