package bundle

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// checksum matches the checksums in a manifest, which can hold any four digits by chance.
var checksum = regexp.MustCompile(`[0-9a-f]{64}`)

func TestThreat_T08_ThirdPersonsAreRedacted(t *testing.T) {
	files, _, _ := build(t, input(privacy.Access, person()))
	for name, content := range files {
		for _, canary := range []string{"Justine Bode", "justine@firm.example", "7946", "I am Justine"} {
			if bytes.Contains(checksum.ReplaceAll(content, nil), []byte(canary)) {
				t.Errorf("%s holds %q", name, canary)
			}
		}
	}
	chats := items(t, files["data/communication.json"])
	want := `{"agent":"agent-1","channel":"live_chat","endedAt":"2026-03-03T12:00:00Z","messages":[` +
		`{"at":"2026-03-03T11:00:00Z","from":"subject","name":"Anna","text":"Hello, ask [redacted] \u2028 or <b>[redacted]</b>."},` +
		`{"at":"2026-03-03T11:01:00Z","from":"other","name":"[redacted]","text":"I am [redacted], [redacted], [redacted]."},` +
		`{"at":"2026-03-03T11:02:00Z","from":"agent","name":"Justine","text":"[redacted] well, Justines: call [redacted] on 2026-03-04."}],"startedAt":"2026-03-03T10:00:00Z"}`
	if got := string(chats[0].Data); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := string(chats[1].Data), string(person()[2].Data); got != want {
		t.Errorf("a transcript without third persons changed: %s", got)
	}
}

// A third person's own message shows none of the addresses and numbers in it, however many there are and however they are written. Shorter and
// longer figures and days stay.
func TestThreat_T08_AThirdPersonsOwnMessage(t *testing.T) {
	long := local(70) + "@firm.example" // longer than RFC 5321 allows
	for _, c := range []struct{ text, want string }{
		{"a@firm.example, b@firm.example or _c@firm.example_", "[redacted], [redacted] or [redacted]_"},
		{"**" + long + "** **k" + long + "**", "[redacted]** [redacted]**"},
		{"12 -- 34 -- 567, 98 -- 76 -- 543, 99 -- 88 -- 777", "[redacted], [redacted], [redacted]"}, // too far apart to be found elsewhere
		{"020 7946 0958 / 07700 900123; 0049 (0)151 12345678", "[redacted] / [redacted]; [redacted]"},
		{"12 34 56, 12 34 567", "12 34 56, [redacted]"},
		{"123456789012345, 1234567890123456, 00123456789012345, 001234567890123456", "[redacted], 1234567890123456, [redacted], 001234567890123456"},
		{"IBAN DE89 3704 0044 0532 0130 00", "IBAN DE89 3704 0044 0532 0130 00"},
		{"on 2026-03-04, 12:30", "on 2026-03-04, 12:30"},
	} {
		if got := redactedTexts(t, utterance{"other", "", c.text})[0]; got != c.want {
			t.Errorf("%q became %q, want %q", c.text, got, c.want)
		}
	}
}

// Groups of digits are one number if at most three characters separate them, and all of these are usual in numbers.
func TestThreat_T08_WhatJoinsGroupsOfDigits(t *testing.T) {
	third := utterance{"other", "", "020 7946 0958"}
	for separator, joins := range map[string]bool{
		"": true, " ": true, "-": true, " - ": true, ") ": true, "...": true, "\u2013": true, "\u00a0/\u00a0": true,
		" -- ": false, "    ": false, ".....": false, ",": false, ", ": false, "x": false, " \n": false, ":": false,
	} {
		text := "020794" + separator + "60958" // neither part is a number
		want := map[bool]string{true: Redacted, false: text}[joins]
		if got := redactedTexts(t, third, utterance{"subject", "Me", text})[1]; got != want {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestThreat_T08_NamesOfManyScripts(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"Jon", "Jon, jon, Jonas and Jon's", "[redacted], [redacted], Jonas and [redacted]'s"},
		{"陽子", "陽子さんに聞いて", "[redacted]さんに聞いて"},
		{"昇", "上昇 昇", "上昇 [redacted]"},
		{"수정", "수정이가 말했다", "[redacted]이가 말했다"},
		{"محجوب", "قال محجوب نعم", "قال [redacted] نعم"},
		{"Łukasz", "Łukasz i Łukaszem", "[redacted] i Łukaszem"},
		{"Ana de la Cruz", "de la Cruz or Ana, la la", "de la [redacted] or [redacted], la la"},
		{"María José", "José y María José", "[redacted] y [redacted]"},
		{"Uy Vũ", "Uy Vũ, Uy", "[redacted], Uy"},
		{"\u202eabc", "x \u202eabc y", "x [redacted] y"},
		{"a", "a b", "a b"},
		{"...", "wait ...", "wait ..."},
		{"", "nothing", "nothing"},
		{"Zoë", "ZoëZoë Zoë", "ZoëZoë [redacted]"},
	} {
		data := `{"messages":[{"from":"other","name":` + string(quote(c.name)) + `,"text":""},{"from":"subject","name":"Me","text":` + string(quote(c.text)) + `}]}`
		files, _, _ := build(t, input(privacy.Access, []Record{stored(privacy.Communication, "c", privacy.Direct, 1, data)}))
		if got := string(items(t, files["data/communication.json"])[0].Data); !strings.Contains(got, string(quote(c.want))) {
			t.Errorf("%q in %q: %s", c.name, c.text, got)
		}
	}
}

func TestRedactionOfDataThatIsNoTranscript(t *testing.T) {
	for _, data := range []string{`{"messages":[1]}`, `{"messages":{}}`, `{"messages":[{"from":"other","name":"x"`, `[]`} {
		members, err := object([]byte(data))
		if err != nil {
			continue
		}
		if _, err := redact(privacy.Communication, members); err == nil {
			t.Errorf("%s was taken", data)
		}
	}
}
