package export

import "github.com/helpdeskexpert/privacy/shared/policy"

// said is what machine words mean to a reader, by the kind of word. The bundle's manifest carries them.
var said = map[string]map[string]string{
	"state": {
		"verifying": "not confirmed yet", "open": "confirmed", "fulfilling": "being answered", "fulfilled": "answered",
		"refused": "refused", "withdrawn": "withdrawn", "lapsed": "lapsed, because nobody confirmed it in time",
	},
	"event": {
		"received": "We received the request", "challenged": "We mailed the link to confirm it", "verified": "It was confirmed",
		"exporting": "We began to make an export", "stopped": "We could not send the export; our privacy team was told",
		"retried": "Our privacy team began the export again", "answered": "We mailed the link to the export",
		"nothing_held": "We mailed that we have no records", "withdrawn": "It was withdrawn", "lapsed": "Nobody confirmed it in time",
	},
	"export": {
		"pending": "waiting", "building": "being made", "sending": "being mailed", "sent": "mailed", "superseded": "replaced by the next",
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
	"enum":    {"subject": "you", "agent": "our agent", "other": "somebody else"}, // of the policy's fields
}

// rightWords are the policy's titles of the rights.
func rightWords(p *policy.Policy) map[string]string {
	words := map[string]string{}
	for _, r := range p.Rights {
		words[r.ID] = r.Title
	}
	return words
}
