package mail

import (
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"github.com/helpdeskexpert/privacy/shared/feedback"
)

// The names of the tags with which SES marks a mail and every event about it.
var tagKind, tagAbout, tagPart = "kind", "about", "part"

// longestTag is how many characters SES accepts in a tag.
const longestTag = 256

// errTag means a mistake in this service, because nothing that a caller sends becomes part of a tag.
var errTag = errors.New("mail: a tag is empty, or holds a character that SES refuses")

// tags says to SES which mail it sends, so that its events can be told apart. A mail without tags would leave events that nobody can place.
func tags(m feedback.Mail) ([]types.MessageTag, error) {
	kind := string(m.Kind)
	for _, value := range []string{kind, m.About, m.Part} {
		if !taggable(value) {
			return nil, errTag
		}
	}
	return []types.MessageTag{{Name: &tagKind, Value: &kind}, {Name: &tagAbout, Value: &m.About}, {Name: &tagPart, Value: &m.Part}}, nil
}

// taggable reports whether SES accepts a text as the value of a tag. Such a text is short enough for keys and logs, and hardly ever says
// anything besides what this service has put into it.
func taggable(value string) bool {
	return value != "" && len(value) <= longestTag && !strings.ContainsFunc(value, refusedInTags)
}

// refusedInTags reports whether SES refuses the character in a tag.
func refusedInTags(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
}
