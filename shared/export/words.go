package export

import (
	"slices"
	"strings"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// said is what machine words mean to a reader of index.html, by the kind of word.
var said = map[string]map[string]string{
	"state": {
		"verifying": "not confirmed yet", "open": "confirmed", "fulfilling": "being answered", "fulfilled": "answered",
		"refused": "refused", "withdrawn": "withdrawn", "lapsed": "lapsed, since it was not confirmed in time",
	},
	"event": {
		"challenged": "We mailed the link to confirm it", "verified": "It was confirmed", "exporting": "We began to make an export",
		"answered": "We mailed the link to the export", "nothing_held": "We mailed that we have no records",
		"withdrawn": "It was withdrawn", "lapsed": "It was not confirmed in time",
	},
	"export": {
		"pending": "waiting", "building": "being made", "sending": "being mailed", "sent": "mailed", "superseded": "replaced by the next",
		"cancelled": "cancelled",
	},
	"lives": {"eu": "European Union or EEA", "uk": "United Kingdom", "california": "California", "other": "somewhere else"},
	"contract": {
		"none": "No contract with you is known.", "running": "Your contract is running.", "ended": "Your contract has ended.",
	},
	"marketing": {"consented": "You agreed to it.", "withdrawn": "You refused it or withdrew your consent."},
	"choice":    {"granted": "yes", "denied": "no"},
}

// say returns a machine word as a reader understands it. A word that has no other stands as it is, without underscores.
func say(kind, word string) string {
	if words, ok := said[kind][word]; ok {
		return words
	}
	return strings.ReplaceAll(word, "_", " ")
}

// rightTitle names a right in the policy's words.
func rightTitle(p *policy.Policy, right privacy.Right) string {
	i := slices.IndexFunc(p.Rights, func(r policy.RightHeld) bool { return r.ID == string(right) })
	if i < 0 {
		return say("right", string(right))
	}
	return p.Rights[i].Title
}

// choice is one decision about a purpose, in words.
type choice struct{ Title, Said string }

// choices returns what was chosen, in the policy's order of purposes.
func choices(p *policy.Policy, c PendingConsent) []choice {
	var list []choice
	for _, purpose := range p.Purposes {
		if state, ok := c.Choices[purpose.ID]; ok {
			list = append(list, choice{purpose.Title, say("choice", state)})
		}
	}
	return list
}
