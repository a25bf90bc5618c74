package letters_test

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/letters"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// said returns both parts of a notice as a reader sees them, with runs of white space as one space.
func said(t *testing.T, p *policy.Policy) map[string]string {
	t.Helper()
	letter, err := letters.Notice(origin, p)
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(letter.HTML, "<body")
	words := regexp.MustCompile(`<[^>]*>`).ReplaceAllString("<body"+body, " ")
	return map[string]string{
		"text": strings.Join(strings.Fields(letter.Text), " "),
		"html": strings.Join(strings.Fields(html.UnescapeString(words)), " "),
	}
}

func kindOf(kind string) *policy.Policy {
	p := small()
	p.Kind = kind
	return p
}

// Both parts say what changes, from when, and what a reader can do about it. All of it comes from the policy that is announced.
func TestPromise_K02_NoticeSaysWhatChanges(t *testing.T) {
	for part, text := range said(t, small()) {
		for _, want := range []string{
			"It applies from 8 May 2031. Until that day the version before it applies.", "We use <your> data less & less.",
			"Less & <less> We stopped counting <visits>.", "A new recipient Example Post & Co. carries our letters.", changesLink,
			"to everybody whose account data we store", "This email is about version 2031-04-05 of our privacy policy.",
			"Where we need your consent, we ask you for it, and you can say no.", "object to marketing at any time", "Locks & <keys>",
			"ask us to close your account and to delete your data", "write to", "privacy@example.test", "The Office",
		} {
			if !strings.Contains(strings.ReplaceAll(text, " .", "."), want) {
				t.Errorf("%s lacks %q:\n%s", part, want, text)
			}
		}
		for _, purpose := range []string{"Bills", "Stories", "Mail & <offers>"} {
			if strings.Contains(text, purpose) {
				t.Errorf("%s: a purpose that rests on something else can be objected to: %q", part, purpose)
			}
		}
	}
}

// A version that is in force on the day of its publication leaves no days on which the version before it applies.
func TestPromise_K06_NoticeOfAVersionThatIsInForceAtOnce(t *testing.T) {
	p := small()
	p.LastUpdated = p.EffectiveFrom
	for part, text := range said(t, p) {
		if !strings.Contains(text, "It applies from 8 May 2031") || strings.Contains(text, "Until that day") {
			t.Errorf("%s: %s", part, text)
		}
	}
}

// The notice of a transfer tells about the transfer, and everybody gets it whose address is stored, with an account or without.
func TestPromise_D05_NoticeOfATransferHasWordsOfItsOwn(t *testing.T) {
	significant, transfer := said(t, kindOf("significant")), said(t, kindOf("business_transfer"))
	for part := range transfer {
		for _, want := range []string{
			"Our business, or a part of it, changes hands, and your personal data may go with it.", "from 8 May 2031", "you keep all your rights",
			"close your account, if you have one, and to delete your data", "to everybody whose email address we store", "Less & <less>", changesLink,
		} {
			if !strings.Contains(transfer[part], want) {
				t.Errorf("%s of a transfer lacks %q:\n%s", part, want, transfer[part])
			}
		}
		if strings.Contains(significant[part], "changes hands") || strings.Contains(transfer[part], "account data") {
			t.Errorf("%s: the two notices are not told apart", part)
		}
	}
	if a, b := noticeOf(t, *small(), "significant").Subject, noticeOf(t, *small(), "business_transfer").Subject; a != "Our new privacy policy, from 8 May 2031" || !strings.Contains(b, "changes hands") {
		t.Errorf("the subjects are %q and %q", a, b)
	}
}

// The notice takes nothing for consent, and says so. It threatens nobody, hurries nobody and praises nothing.
func TestPromise_K04_NoticeAssumesNoConsent(t *testing.T) {
	for _, kind := range []string{"significant", "business_transfer"} {
		for part, text := range said(t, kindOf(kind)) {
			if !strings.Contains(text, "We do not take that as your consent to anything.") {
				t.Errorf("%s of %s does not say that silence is no consent", part, kind)
			}
			for _, banned := range []string{"continu", "by using", "accept", "you agree to", "deem", "offer", "excited", "improve your", "must", "sign in", "log in", "unsubscribe", "click here"} {
				if strings.Contains(strings.ToLower(text), banned) {
					t.Errorf("%s of %s says %q", part, kind, banned)
				}
			}
		}
	}
}

// The notice links to the page of changes and to what the policy itself names, and to nothing else: no link signs anybody in, has a secret or
// tells who opened it. It is the same for everybody, so it can be written once.
func TestThreat_T04_NoticeHasNoSecretAndNoName(t *testing.T) {
	c := small().Controller
	allowed := []string{changesLink, c.Site, "mailto:" + c.PrivacyEmail, "mailto:" + c.Email, "mailto:" + c.SecurityEmail, "tel:" + c.PhoneDigits(), "https://office.test"}
	for _, kind := range []string{"significant", "business_transfer"} {
		first, again := noticeOf(t, *small(), kind), noticeOf(t, *small(), kind)
		if first != again {
			t.Errorf("%s: two letters differ", kind)
		}
		found := regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(first.HTML, -1)
		if len(found) < len(allowed) {
			t.Errorf("%s: only %d links", kind, len(found))
		}
		for _, link := range found {
			if !slices.Contains(allowed, html.UnescapeString(link[1])) {
				t.Errorf("%s: a link to %s", kind, link[1])
			}
		}
		for link := range strings.FieldsSeq(first.Text) {
			if strings.Contains(link, "://") && !slices.Contains(allowed, link) {
				t.Errorf("%s: the text links to %s", kind, link)
			}
		}
	}
}

// A version that announces nothing, or says nothing, has no letter, so its campaign does not start.
func TestPromise_K05_OnlyVersionsThatAreAnnouncedHaveALetter(t *testing.T) {
	for name, spoil := range map[string]func(p *policy.Policy){
		"editorial":                       func(p *policy.Policy) { p.Kind = "editorial" },
		"no kind":                         func(p *policy.Policy) { p.Kind = "" },
		"no summary":                      func(p *policy.Policy) { p.Summary = "" },
		"no changes":                      func(p *policy.Policy) { p.WhatChanged = nil },
		"no day":                          func(p *policy.Policy) { p.EffectiveFrom = "" },
		"no such day":                     func(p *policy.Policy) { p.EffectiveFrom = "2031-02-30" },
		"not a day":                       func(p *policy.Policy) { p.EffectiveFrom = "2031-05-08T00:00:00Z" },
		"a placeholder in the summary":    func(p *policy.Policy) { p.Summary = "Hello {{name}}" },
		"a placeholder in a title":        func(p *policy.Policy) { p.WhatChanged[0].Title = "{{{name}}}" },
		"a placeholder in a text":         func(p *policy.Policy) { p.WhatChanged[1].Text = "a {{ b" },
		"a placeholder in the controller": func(p *policy.Policy) { p.Controller.Team = "{{#if}}" },
		"a placeholder in a purpose":      func(p *policy.Policy) { p.Purposes[2].Title = "{{!}}" },
	} {
		p := small()
		spoil(p)
		if letter, err := letters.Notice(origin, p); err == nil || letter != (notice.Letter{}) {
			t.Errorf("%s: a letter of %d bytes, %v", name, len(letter.Text), err)
		}
	}
}

// A policy without a purpose that rests on legitimate interests promises no objection to one.
func TestNoticeWithoutLegitimateInterests(t *testing.T) {
	p := small()
	p.Purposes = p.Purposes[:2]
	for part, text := range said(t, p) {
		if strings.Contains(text, "legitimate interests") || !strings.Contains(text, "object to marketing at any time.") {
			t.Errorf("%s: %s", part, text)
		}
	}
}

// The letter of the published policy is small enough for every mail program: Gmail cuts a mail off at 102 kB.
func TestNoticeOfThePublishedPolicyIsShort(t *testing.T) {
	m := noticeOf(t, *policy.Newest(), "significant")
	if len(m.Text) > 6_000 || len(m.HTML) > 20_000 || len(m.Subject) > 70 {
		t.Errorf("%d bytes of text, %d of HTML, %d in the subject", len(m.Text), len(m.HTML), len(m.Subject))
	}
}

// A campaign's letter is made from the bytes that were published, so it can still be written after the version was replaced. A version that was
// never published has none.
func TestTheLetterOfAVersionIsMadeFromWhatWasPublished(t *testing.T) {
	of := letters.Notices{Origin: origin}
	current := policy.Newest()
	want, err := letters.Notice(origin, current)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := of.Letter(t.Context(), current.Version); err != nil || got != want {
		t.Errorf("%v\n%s", err, got.Text)
	}
	for _, version := range []string{"", "2031-04-05", "../versions/" + current.Version, current.Version + ".json", "SHA256SUMS"} {
		if got, err := of.Letter(t.Context(), version); err == nil || got != (notice.Letter{}) {
			t.Errorf("%q has a letter", version)
		}
	}
}
