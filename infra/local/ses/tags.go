package ses

import (
	"regexp"
	"slices"
)

// tag is a name and a value with which SES marks a mail and the events about it.
type tag struct{ Name, Value string }

// What SES accepts in a tag (reference of MessageTag). Its own tags, such as ses:configuration-set, have a colon, so nobody can send one.
var tagText = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// longestTag is SES's limit for a name and for a value.
const longestTag = 256

// mostTags is SES's limit for one mail.
const mostTags = 50

// ours are the tags that this service sends. Another tag could hold personal data (threat T04).
var ours = []string{"kind", "about", "part"}

// tagged turns tags into a map, or says what SES, or this service's rule, finds wrong.
func tagged(tags []tag) (all map[string]string, problem string) {
	if len(tags) > mostTags {
		return nil, "There are too many tags."
	}
	for _, t := range tags {
		switch _, twice := all[t.Name]; {
		case !tagText.MatchString(t.Name), !tagText.MatchString(t.Value), len(t.Name) > longestTag, len(t.Value) > longestTag:
			return nil, "A tag is empty, too long, or holds a character that is not allowed."
		case twice:
			return nil, "A tag is there twice."
		case !slices.Contains(ours, t.Name):
			return nil, "A tag is of a kind that this service never sends."
		case all == nil:
			all = make(map[string]string, len(tags))
		}
		all[t.Name] = t.Value
	}
	return all, ""
}
