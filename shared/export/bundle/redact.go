package bundle

import (
	"cmp"
	"slices"
	"strings"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Redacted replaces an identifier of a third person.
const Redacted = "[redacted]"

// redact removes the identifiers of third persons from a transcript (threat T08; GDPR Art. 15(4)). In messages from "other" it
// removes the name and every e-mail address and telephone number. Whatever those messages revealed, the name included, it also
// removes from all other texts of the transcript, even in another case, normal form or notation or with another prefix. The names
// of the data subject and of agents stay.
//
// Every token without a redaction keeps its bytes. Other categories are returned unchanged. The time is linear in the length of the transcript.
func redact(category privacy.Category, members []member) ([]member, error) {
	at := slices.IndexFunc(members, func(m member) bool { return m.name == "messages" })
	if category != privacy.Communication || at < 0 {
		return members, nil
	}
	messages, err := transcript(members[at].value)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(messages, func(m message) bool { return m.other }) {
		return members, nil
	}
	hidden := identifiers{&nameTree{}, addresses{}, numbers{map[string]bool{}, map[string]bool{}}}
	for _, m := range messages {
		if m.other {
			hidden.collect(m)
		}
	}
	items := make([][]byte, len(messages))
	for i, m := range messages {
		items[i] = m.redacted(hidden)
	}
	out := slices.Clone(members)
	out[at].value = joinList(items)
	return out, nil
}

// message is one message of a transcript, with the decoded texts that redaction reads.
type message struct {
	members    []member
	other      bool
	name, text string
}

func transcript(raw []byte) ([]message, error) {
	items, err := list(raw)
	if err != nil {
		return nil, err
	}
	messages := make([]message, len(items))
	for i, item := range items {
		m := &messages[i]
		if m.members, err = object(item); err != nil {
			return nil, err
		}
		from, err := cell(find(m.members, "from"))
		if err != nil {
			return nil, err
		}
		m.other = from == "other"
		if m.name, err = cell(find(m.members, "name")); err != nil {
			return nil, err
		}
		if m.text, err = cell(find(m.members, "text")); err != nil {
			return nil, err
		}
	}
	return messages, nil
}

// identifiers are the names, addresses and telephone numbers of the third persons in one transcript.
type identifiers struct {
	names     *nameTree
	addresses addresses
	numbers   numbers
}

func (ids identifiers) collect(m message) {
	ids.names.collect(m.name)
	ids.addresses.collect(m.text)
	ids.numbers.collect(m.text)
}

// redacted returns the message's JSON without the hidden identifiers.
func (m message) redacted(hidden identifiers) []byte {
	found := slices.Concat(hidden.addresses.find(m.text), hidden.numbers.find(m.text), hidden.names.find(m.text))
	if m.other {
		for _, at := range emails().FindAllStringIndex(m.text, -1) {
			found = append(found, span{at[0], at[1]})
		}
		for _, at := range phones().FindAllStringIndex(m.text, -1) {
			if isPhone(m.text[at[0]:at[1]]) {
				found = append(found, span{at[0], at[1]})
			}
		}
	}
	for i := range m.members {
		switch {
		case m.members[i].name == "text" && len(found) > 0:
			m.members[i].value = quote(without(m.text, found))
		case m.members[i].name == "name" && m.other:
			m.members[i].value = quote(Redacted)
		}
	}
	return joinObject(m.members)
}

// span is a part of a text: byte offsets, the end excluded.
type span struct{ from, to int }

// without replaces the spans of a text by Redacted. Spans that overlap are replaced together.
func without(text string, spans []span) string {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to)) })
	var out strings.Builder
	end := 0
	for _, s := range spans {
		if s.from >= end {
			out.WriteString(text[end:s.from])
			out.WriteString(Redacted)
		}
		end = max(end, s.to)
	}
	out.WriteString(text[end:])
	return out.String()
}
