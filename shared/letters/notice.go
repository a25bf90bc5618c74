package letters

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/policy/published"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// announcement is the mail that tells about a change of the policy (promises K02, D05). It is a legal notice: it asks for no consent and takes none
// for granted (promise K04), advertises nothing, and has no link to unsubscribe.
type announcement struct {
	frame
	Transfer   bool     // the change is a transfer of the business
	From       string   // the first day on which the version is in force
	Later      bool     // that day is later than the day of publication
	Interests  []string // titles of the purposes that rest on legitimate interests, to which a person can object
	ChangesURL string
}

var (
	errNoVersion   = errors.New("letters: this version of the policy was never published")
	errNoNotice    = errors.New("letters: this version of the policy is announced to nobody")
	errNothingSaid = errors.New("letters: this version of the policy does not say what changes")
	errEffective   = errors.New("letters: the day from which this version applies is not a date")
)

// Notices writes the letters of campaigns. It implements [notice.Letters].
type Notices struct {
	Origin links.Origin // of the links, as configured (threat T13)
}

// Letter writes the letter about a published version from the text that was published. The version may have been replaced meanwhile.
func (n Notices) Letter(_ context.Context, version string) (notice.Letter, error) {
	text, ok := published.Text(version)
	if !ok {
		return notice.Letter{}, errNoVersion
	}
	var announced policy.Policy
	if err := json.Unmarshal(text, &announced); err != nil {
		return notice.Letter{}, err
	}
	return Notice(n.Origin, &announced)
}

// Notice writes the letter that announces a version of the policy. A campaign writes it once and sends it to everybody, so it names nobody and
// has no secret. Notice returns an error for a version that nobody is told about, for one that does not say what changes, and for a letter
// that SES would not send as it is written.
func Notice(origin links.Origin, announced *policy.Policy) (notice.Letter, error) {
	transfer := announced.Kind == policy.Transfer
	if !(notice.Publication{Kind: announced.Kind}).Announced() {
		return notice.Letter{}, errNoNotice
	}
	if announced.Summary == "" || len(announced.WhatChanged) == 0 {
		return notice.Letter{}, errNothingSaid
	}
	from, err := time.Parse(time.DateOnly, announced.EffectiveFrom)
	if err != nil {
		return notice.Letter{}, errEffective
	}
	m := announcement{
		frame:    frame{Policy: announced, Announces: true},
		Transfer: transfer, From: day("UTC", from), Later: announced.EffectiveFrom > announced.LastUpdated, Interests: interests(announced), ChangesURL: origin.Changes(announced.Version),
	}
	// The words must be true on every day, since the letter reaches some people before the version is in force and others after it.
	m.Subject = "Our new privacy policy, from " + m.From
	if transfer {
		m.Subject = "Our business changes hands: what this means for your personal data"
	}
	return write(m)
}

// write renders a notice and checks that SES sends it as it stands: what SES cannot send would fail after it had accepted the mail.
func write(m announcement) (notice.Letter, error) {
	if err := checkLink(m.ChangesURL); err != nil {
		return notice.Letter{}, err
	}
	text, html, err := render("notice", m)
	if err != nil {
		return notice.Letter{}, err
	}
	bulk := mail.BulkMessage{Subject: m.Subject, Text: text, HTML: html, Kind: feedback.Notice, About: m.Policy.Version}
	if err := bulk.Check(); err != nil {
		return notice.Letter{}, err
	}
	return notice.Letter{Subject: m.Subject, Text: text, HTML: html}, nil
}

// interests returns the titles of the purposes that rest on legitimate interests (GDPR Art. 21(1)).
func interests(p *policy.Policy) []string {
	var titles []string
	for _, purpose := range p.Purposes {
		if purpose.Basis == privacy.LegitimateInterests {
			titles = append(titles, purpose.Title)
		}
	}
	return titles
}
