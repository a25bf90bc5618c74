package letters_test

import (
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/letters"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// T06, H12: the mail that answers a mail to the privacy team names it by its day, says what its sender can do and that nothing happens before, and repeats
// nothing of it. It says what becomes of attachments.
func TestPromise_H12_TheLinkNamesAMail(t *testing.T) {
	m := mails(t, small())
	const (
		wrote    = "You, or somebody who used your email address, wrote to our privacy team. Anybody can write in your name. So we do nothing until you have told us, on your privacy page, that it was you: Your email of 2 July 2031"
		choose   = " Your privacy page shows it. There you choose what we should do, such as send you a copy of your data, or say that it was only a question."
		attached = "We do not keep attachments. If you sent any, they are deleted."
		notMine  = "If you did not write to us, you do not need to do anything. You can also open the page and press “This was not me”."
	)
	form := []string{"Someone, probably you", "Please confirm", "If you confirm it", "lapses", "Consent:", "Ask a question", "asked for a link"}
	for name, row := range map[string]struct{ says, silent []string }{
		"link-mail":          {[]string{wrote + choose, attached, "This link opens your privacy page:", notMine}, form},
		"link-mail-reminder": {[]string{wrote + ", which still waits for you" + choose, attached, notMine}, form},
		"link-mail-request": {[]string{wrote + choose, attached, "made this request with your email address. Please confirm it if it is yours: Get a copy of my data", "Nothing happens until you confirm it there, each thing on its own",
			"If this was not you, you do not need to do anything: what nobody confirms has no effect."}, []string{"lapses", "Ask a question"}},
		"link-mail-change": {[]string{wrote + choose, "Made on 2 July 2031.", "You can stop the change there. You can also say there what your email means", "If you did not write to us, you do not need to do anything about it. If the change is right"}, form},
		"link-mail-plan":   {[]string{wrote + choose, "which shows the plan and everything else that waits for you", "If you did not write to us, press “This was not me” there."}, form},
		"link-mail-all": {[]string{wrote + choose, attached, "which shows the plan and everything else that waits for you", "You can stop the change there.", "No request and no choice counts until you confirm it there, each thing on its own.",
			"What else nobody confirms has no effect. If you did not write to us, press “This was not me” there."}, []string{"Ask a question", "lapses"}},
	} {
		holds(t, name, m[name], row.says, row.silent)
		if n := strings.Count(m[name].Text, "Your email of 2 July 2031"); n != 1 {
			t.Errorf("%s names the mail %d times", name, n)
		}
	}
}

// The subject says which mail it answers, so that its sender finds it.
func TestPromise_H12_SubjectsOfMailsAboutAMail(t *testing.T) {
	m := mails(t, small())
	const several = "Please look at what waits on your privacy page"
	for name, want := range map[string]string{
		"link-mail": "Your email of 2 July 2031: please tell us what you would like us to do", "link-mail-reminder": "Your email of 2 July 2031 still waits for you",
		"link-mail-request": several, "link-mail-change": several, "link-mail-plan": several, "link-mail-all": several,
		"receipt-question": "Your email to our privacy team is confirmed", "receipt-not-mine": "Discarded: the email to our privacy team",
		"closed-question": "Our answer to your email to our privacy team", "closed-unanswered": "Our answer to your email to our privacy team",
	} {
		if m[name].Subject != want {
			t.Errorf("%s: the subject is %q", name, m[name].Subject)
		}
	}
}

// L02: a question is confirmed by a receipt with its day, and answered in words that fit a question.
func TestPromise_L02_AQuestionIsToldAndAnswered(t *testing.T) {
	m := mails(t, small())
	const item = "Ask a question What you wrote to our privacy team by email. "
	holds(t, "receipt-question", m["receipt-question"], []string{item + "Confirmed on 2 July 2031, 00:30 BST. We answer by 16 July 2031 at the latest. To see where it stands, or to withdraw it, open its status page"}, nil)
	holds(t, "receipt-not-mine", m["receipt-not-mine"], []string{item + "Discarded on 2 July 2031, 00:30 BST."}, []string{"We answer by"})
	holds(t, "closed-question", m["closed-question"], []string{"We have answered your question", "Somebody from our privacy team has dealt with this: " + item, "Our answer They are in Frankfurt and in London."},
		[]string{"has decided", "What we did", "Why"})
	holds(t, "closed-unanswered", m["closed-unanswered"], []string{"We cannot answer your question", "Our answer"}, []string{"has decided"})
}

// T32: whatever is stored of a mail, the mail about it has our own words only.
func TestThreat_T32_ALinkRepeatsNothingOfAMail(t *testing.T) {
	odd := written(0)
	odd.ID, odd.Repeats = "canary@example.net", 993
	m := sentBy(t, policy.Newest(), "odd", func(post letters.Post) error {
		return post.Link(t.Context(), "anna@example.org", mailbox.Letter{Mailbox: "bWFpbGJveA", Token: "bGluaw", Waiting: []mailbox.Waiting{odd}})
	})
	if text := m.Subject + m.Text + m.HTML; strings.Contains(text, "canary") || strings.Contains(text, "993") {
		t.Errorf("%s", m.Text)
	}
}
