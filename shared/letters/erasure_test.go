package letters_test

import "testing"

// T07: whoever holds an address of the person reads when the erasure begins, what it erases and withholds, and how to cancel it. The mail has no counts, since
// it goes to several addresses.
func TestThreat_T07_TheMailSaysHowToCancelAnErasure(t *testing.T) {
	m := mails(t, small())
	const (
		begins  = "Delete my data Received on 2 July 2031. Request number 0190 The deletion begins on 5 July 2031, 00:30 BST. We do not begin before then, and until we begin you can cancel. Open the status page and press “Cancel the deletion”:"
		deleted = "What will be deleted Contacts & <cards> Old & links (if any) What we keep, and why Sales "
		thief   = "If this was not you, cancel the deletion. Someone else may have read one of our emails"
	)
	holds(t, "agreed", m["agreed"], []string{
		begins, deleted + "Tax law <binds> us. Kept until 2 July 2038 at the latest (GDPR Art. 17(3)(b)). Deleted all the same: Last & four.", "Accounts, Tastes You need it. Kept until your contract ends (GDPR Art. 17(1)(a)).",
		"Our privacy team has to keep it for a legal claim or an investigation. It is deleted once that is over. Kept until our team releases it (GDPR Art. 17(3)(e)).",
		"How long: As long as needed (GDPR Art. 21(3)).", "A few other entries stay for a while.", thief, "ask for a copy first:",
	}, []string{"12", " items", "Marketing", "Logs", "hash of", "fence"})
	holds(t, "agreed-california", m["agreed-california"], []string{"Delete my data (California)", "(CCPA §1798.105(d)(8))", "(CCPA §1798.145(a))", "(CCPA §1798.105(c)(2))"}, []string{"GDPR"})
	if got := m["agreed"].Subject; got != "Your data will be deleted on 5 July 2031" {
		t.Error(got)
	}
}

// H03, L01: the answer says what was erased and what was withheld, with ground, law and day, which systems are outstanding, where the certificate is and how it
// is checked. Whoever does not agree with what is withheld reads where to turn.
func TestPromise_H03_TheAnswerSaysWhatWasErasedAndWithheld(t *testing.T) {
	m := mails(t, small())
	const (
		deleted  = "The deletion ended on 5 July 2031, 01:30 BST."
		what     = "What we have deleted Contacts & <cards> (12 items) Old & links (if any) Our backups are overwritten by themselves. From 15 July 2031 on, none of them holds what we deleted."
		kept     = "What we keep, and why Sales (1 item) Tax law <binds> us. Kept until 2 July 2038 at the latest (GDPR Art. 17(3)(b))."
		systems  = "have to delete it too. The certificate shows which of them have told us that they have: The & shop Till (done)"
		signed   = "We have signed a certificate about this deletion."
		court    = "You can go to court, too"
		sell     = "You can still tell us not to sell or share your data."
		nothing  = "so there is nothing to delete"
		subjects = "We have deleted your data, except what we have to keep"
	)
	holds(t, "erased", m["erased"], []string{deleted, what, kept, "Accounts (1 item), Tastes (3 items) You need it.", systems, signed, "Anybody can check with our public key", court}, []string{sell, "Marketing"})
	holds(t, "erased-all", m["erased-all"], []string{deleted, "Contacts & <cards> (12 items) Our backups", signed}, []string{court, "Other systems", "at the latest", sell})
	holds(t, "erased-california", m["erased-california"], []string{"These systems and companies have deleted your data too: Till", sell, court}, []string{"GDPR", "(done)"})
	holds(t, "nothing-erased", m["nothing-erased"], []string{nothing, "It keeps the request for 9 months after the answer. It deletes your email address and anything you wrote from it after a few days"}, []string{"with its dates and anything"})
	holds(t, "nothing", m["nothing"], []string{"with its dates and anything you wrote in it"}, []string{nothing, "after a few days"})
	for name, want := range map[string]string{"erased": subjects, "erased-all": "We have deleted your data", "nothing-erased": "The answer to your request to delete your data"} {
		if m[name].Subject != want {
			t.Errorf("%s: %q", name, m[name].Subject)
		}
	}
}

// T06: the mail with a fresh link says that a plan waits, and that nothing is deleted until its holder agrees to it. What else waits is told apart.
func TestThreat_T06_TheLinkSaysThatAPlanWaits(t *testing.T) {
	m := mails(t, small())
	const (
		ready = "The plan waits for you, for this request: Delete my data Received on 2 July 2031. We answer by 31 July 2031 at the latest. If you have agreed to a plan before"
		none  = "Nothing is deleted until you agree to the plan there."
		once  = "You can agree to the plan only the first time you open it."
		mine  = "If this was not you, open the page and withdraw the request. As long as nobody agrees to the plan, nothing is deleted."
	)
	holds(t, "link-plan", m["link-plan"], []string{ready, none, once, mine}, []string{"Please confirm", "asked for a link", "each thing on its own", "lapses"})
	holds(t, "link-plan-too", m["link-plan-too"], []string{ready, none, "Please confirm it if it is yours: " + firstAsked, "No request and no choice counts until you confirm it there, each thing on its own.", "You can agree to the plan, confirm a request or give consent only the first time", mine + " What else nobody confirms lapses."}, nil)
	if got := []string{m["link-plan"].Subject, m["link-plan-too"].Subject}; got[0] != "Your deletion plan is ready" || got[1] != "Please look at what waits on your privacy page" {
		t.Error(got)
	}
}

// T31: the receipts of a request for an erasure say what follows, and that a cancelled one deletes nothing.
func TestThreat_T31_ReceiptsOfAnErasure(t *testing.T) {
	m := mails(t, small())
	holds(t, "receipt-erasure", m["receipt-erasure"], []string{"Confirmed on 2 July 2031", "Nothing is deleted until you agree to it."}, []string{"cancelled"})
	holds(t, "receipt-cancelled", m["receipt-cancelled"], []string{"Delete my data Withdrawn on 2 July 2031", "We have cancelled the deletion, and nothing was deleted."}, []string{"We stop working"})
	if got := m["receipt-cancelled"].Subject; got != "Your deletion is cancelled" {
		t.Error(got)
	}
}
