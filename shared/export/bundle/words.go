package bundle

import (
	"sync"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// said maps machine words to what they mean to a reader, for each kind of word. The bundle's manifest contains it. The function that makes bundles
// starts without it.
var said = sync.OnceValue(func() map[string]map[string]string {
	return map[string]map[string]string{
		"state": {
			"verifying": "not confirmed yet", "open": "confirmed", "fulfilling": "in progress", "fulfilled": "answered",
			"refused": "refused", "withdrawn": "withdrawn", "lapsed": "lapsed, because nobody confirmed it in time",
		},
		"event": {
			"received": "We received the request", "verified": "It was confirmed",
			"exporting": "We started to gather the data", "stopped": "We could not send the data and told our privacy team",
			"retried": "Our privacy team started again", "answered": "We answered it",
			"nothing_held": "We emailed that we store no records under this address", "withdrawn": "It was withdrawn", "lapsed": "Nobody confirmed it in time",
			"repeated": "It repeated another request that was waiting, so we counted it there", "discarded": "It was discarded: the holder of the address had not sent it",
			"joined":   "An email was added to the request that it answers",
			"for_team": "Our privacy team looks at it before anything is sent", "waits": "Your address was added only recently, so we wait some days before we answer",
			"in_force": "It took effect", "lifted": "What it had imposed was lifted", "released": "Our privacy team made sure of your address, and the answer went on",
			"extended": "We emailed that the answer takes longer, and why", "extension_dropped": "The answer was to take longer, but we had not told you in time, so the first deadline counts",
			"closed":             "Our privacy team decided it, and we told you what was decided",
			"extension_returned": "The email about the longer time came back", "closing_returned": "The email with what was decided came back, and we told our privacy team",
			"planned": "We planned the deletion", "agreed": "The plan of the deletion was agreed to", "erasing": "The deletion began",
			"erased": "Everything was deleted that could be", "agreed_returned": "An email that says how to cancel the deletion came back",
			"ended":         "It ended, because the data that it asked for was deleted",
			"link_returned": "The email with the link to confirm it came back", "answer_returned": "The email with the answer came back, and we told our privacy team",
		},
		"reason": { // SES's words for why an email came back, and ours for why the privacy team looks at a request
			"done": "done", "partly_done": "done in part", "refused": "refused", "late": "the first deadline had passed",
			"unopened": "nobody opened the link that we emailed", "unsure": "someone else may have sent the email, so we emailed no link", "no_sender": "the email names nobody whom we could answer",
			"judgement": "somebody has to decide it", "not_stopped": "somebody has to decide it, and too much is in force for the address of the child already",
			"limits":   "too much is in force for you already",
			"unagreed": "nobody has agreed to the plan of the deletion", "untold": "nobody could be told how to cancel the deletion", "returned": "the email with the answer came back",
			"unmailable": "no email reaches the address, or none may go there", "closing_returned": "the email with what was decided came back",
			"shared": "several people use the address", "detached": "the address was taken off your records", "frozen": "somebody contests that the address is yours",
			"general": "the mail server refused it, or answered automatically", "no_email": "there is no such mailbox", "mailbox_full": "the mailbox is full",
			"suppressed": "our mail provider does not deliver to this address", "on_account_suppression_list": "our mail provider does not deliver to this address",
			"message_too_large": "the mail server takes no email of this size", "content_rejected": "the mail server refused its content", "attachment_rejected": "the mail server refused its content",
			"custom_timeout_exceeded": "the mail server did not take it in time", "undetermined": "the mail server gave no clear reason",
			"bad_content": "our mail provider refused to send it", "not_rendered": "our mail provider could not write it", "other": "another reason",
		},
		"export": {
			"pending": "waiting", "building": "being made", "sending": "being emailed", "sent": "emailed", "superseded": "replaced by a newer one",
			"stopped": "could not be sent", "cancelled": "cancelled", "returned": "its email came back", "revoked": "ended, because your addresses changed or your data was deleted", "expired": "expired",
		},
		"act": {
			"confirmed": "A request was confirmed.", "decided": "Choices were made.", "discarded": "Something that was not yours was discarded.", "withdrawn": "A request was withdrawn.",
			"attached": "One of our systems said that the address is yours.", "contested": "A change of your addresses was contested.",
			"filed": "A request came in that needs no confirmation.", "limited": "A request asked for what was in force already.",
			"lifted": "What a request had put in force was taken back.", "lapsed": "Nobody confirmed a request in time.",
		},
		"ground": {
			"accuracy": "you say that the data is wrong", "unlawful": "you say that we may not use the data, and you want it kept", "claims": "you need the data for a legal claim",
			"objection": "you objected, and we are weighing your reasons",
		},
		"basis":    {"contract": "contract", "legitimate_interests": "legitimate interests", "consent": "consent", "legal_obligation": "legal obligation"},
		"scope":    {"categories": "which kinds of data we collect, and how we use them", "specific": "the data itself"},
		"relation": {"lawyer": "a lawyer", "relative": "a relative", "organisation": "an organisation", "other": "somebody else"},
		"result":   {"done": "done", "partly_done": "done in part", "refused": "refused"},
		"lives":    {"eu": "European Union or EEA", "uk": "United Kingdom", "california": "California", "other": "somewhere else"},
		"contract": {"none": "No contract with you is known.", "running": "Your contract is running.", "ended": "Your contract has ended."},
		"marketing": {
			"consented": "You agreed to them.", "withdrawn": "You refused them or withdrew your consent.",
		},
		"choice": {"granted": "yes", "denied": "no"},
		"surface": {"banner": "in the cookie banner", "preferences": "on the preferences page", "form": "in a form", "api": "through one of our systems",
			"complaint": "by reporting an email as spam", "opt_out": "by opting out of sale and sharing",
			"separation": "by you or by somebody whose record was joined with yours for a time"},
		"signal": {"true": "sent", "false": "not sent"},
		"withholding": {
			"necessary": "it is still needed", "legal_obligation": "a law demands it", "claims": "legal claims, and proof of what was done", "objection": "so that you stay deleted",
			"anonymous": "nobody can tell whose it is", "hold": "a legal claim or an investigation",
		},
		"outcome": {"erased": "deleted", "withheld": "kept"},
		"yes":     {"true": "yes", "false": "no"},
		"enum":    {"subject": "you", "agent": "our agent", "other": "someone else"}, // of the policy's fields
	}
})

// rightWords returns the policy's titles of the rights.
func rightWords(p *policy.Policy) map[string]string {
	words := map[string]string{string(privacy.ChildErasure): "Deletion of a child's data", string(privacy.Complaint): "Complaint", string(privacy.Question): "Email to our privacy team"}
	for _, r := range p.Rights {
		words[r.ID] = r.Title
	}
	return words
}
