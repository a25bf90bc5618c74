package bundle

import (
	"bytes"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

func TestThreat_T08_ThirdPersonsAreRedacted(t *testing.T) {
	files, _, _ := build(t, input(privacy.Access, person()))
	for name, content := range files {
		for _, canary := range []string{"Justine Bode", "justine@firm.example", "7946 0958", "I am Justine"} {
			if bytes.Contains(content, []byte(canary)) {
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
