package bundle

import "github.com/helpdeskexpert/privacy/shared/policy"

// said maps machine words to what they mean to a reader, for each kind of word. The bundle's manifest contains it.
var said = map[string]map[string]string{
	"state": {
		"verifying": "not confirmed yet", "open": "confirmed", "fulfilling": "in progress", "fulfilled": "answered",
		"refused": "refused", "withdrawn": "withdrawn", "lapsed": "lapsed, because nobody confirmed it in time",
	},
	"event": {
		"received": "We received the request", "challenged": "We emailed the link to confirm it", "verified": "It was confirmed",
		"exporting": "We started to gather the data", "stopped": "We could not send the data and told our privacy team",
		"retried": "Our privacy team started again", "answered": "We emailed the link to the data",
		"nothing_held": "We emailed that we store no records under this address", "withdrawn": "It was withdrawn", "lapsed": "Nobody confirmed it in time",
	},
	"export": {
		"pending": "waiting", "building": "being made", "sending": "being emailed", "sent": "emailed", "superseded": "replaced by a newer one",
		"stopped": "could not be sent", "cancelled": "cancelled", "expired": "expired",
	},
	"lives":    {"eu": "European Union or EEA", "uk": "United Kingdom", "california": "California", "other": "somewhere else"},
	"contract": {"none": "No contract with you is known.", "running": "Your contract is running.", "ended": "Your contract has ended."},
	"marketing": {
		"consented": "You agreed to them.", "withdrawn": "You refused them or withdrew your consent.",
	},
	"choice":  {"granted": "yes", "denied": "no"},
	"surface": {"banner": "in the cookie banner", "preferences": "on the preferences page", "form": "in a form", "api": "through one of our systems"},
	"signal":  {"true": "sent", "false": "not sent"},
	"yes":     {"true": "yes", "false": "no"},
	"enum":    {"subject": "you", "agent": "our agent", "other": "someone else"}, // of the policy's fields
}

// rightWords returns the policy's titles of the rights.
func rightWords(p *policy.Policy) map[string]string {
	words := map[string]string{}
	for _, r := range p.Rights {
		words[r.ID] = r.Title
	}
	return words
}
