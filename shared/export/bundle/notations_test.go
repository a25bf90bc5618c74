package bundle

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/helpdeskexpert/privacy/infra/local/sample"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// utterance is a message of a transcript.
type utterance struct {
	From string `json:"from"`
	Name string `json:"name"`
	Text string `json:"text"`
}

// redactedTexts redacts a transcript and returns only the texts of its messages.
func redactedTexts(t testing.TB, messages ...utterance) []string {
	t.Helper()
	raw, err := json.Marshal(messages)
	if err != nil {
		t.Fatal(err)
	}
	out, err := redact(privacy.Communication, []member{{"messages", []byte(`"messages"`), raw}})
	if err != nil {
		t.Fatal(err)
	}
	var after []utterance
	if err := json.Unmarshal(out[0].value, &after); err != nil || len(after) != len(messages) {
		t.Fatalf("%v: %s", err, out[0].value)
	}
	texts := make([]string, len(after))
	for i, m := range after {
		texts[i] = m.Text
		if messages[i].From != "other" && m.Name != messages[i].Name {
			t.Errorf("the name %q became %q", messages[i].Name, m.Name)
		}
	}
	return texts
}

// notations are ways to write what identifies a second person: the name, what that person wrote, and what others write about them.
// Only the text around the identifier may be left.
var notations = []struct{ name, own, others, want string }{
	// names
	{"Justine Bode", "", "ask JUSTINE BODE", "ask [redacted]"},
	{"Justine Bode", "", "justine bode, Justine  Bode, justine\nbode", "[redacted], [redacted]  [redacted], [redacted]"},
	{"Justine Bode", "", "bode's or Justine’s; Mr BODE", "[redacted]'s or [redacted]’s; Mr [redacted]"},
	{"justine bode", "", "Justine and Bode", "[redacted] and [redacted]"},
	{"Bode, Justine", "", "Bode or Justine or Bode, Justine!", "[redacted] or [redacted] or [redacted]!"},
	{"Zoë Müller", "", norm.NFD.String("Zoë Müller and MÜLLER and zoë"), "[redacted] and [redacted] and [redacted]"},
	{norm.NFD.String("Zoë Müller"), "", "Zoë Müller, ZOË", "[redacted], [redacted]"},
	{"José Müller", "", "jose muller, MULLER, Jose", "[redacted], [redacted], [redacted]"},
	{"Jose", "", "José, " + norm.NFD.String("JOSÉ"), "[redacted], [redacted]"},
	{"Ελπίδα", "", "ΕΛΠΙΔΑ, ελπιδα", "[redacted], [redacted]"},
	{"Weiß", "", "WEISS, weiß, Weiss, WEIẞ", "[redacted], [redacted], [redacted], [redacted]"},
	{"WEISS", "", "Weiß", "[redacted]"},
	{"İpek Yıldız", "", "IPEK, ipek, İPEK YILDIZ, yıldız", "[redacted], [redacted], [redacted], [redacted]"},
	{"Łukasz", "", "ŁUKASZ i łukasz", "[redacted] i [redacted]"},
	{"Ολυμπία Παπάς", "", "ΟΛΥΜΠΊΑ ΠΑΠΆΣ, παπάς", "[redacted], [redacted]"},
	{"Дмитрий", "", "ДМИТРИЙ, " + norm.NFD.String("дмитрий"), "[redacted], [redacted]"},
	{"O'Brien", "", "O’BRIEN, o'brien, O‘Brien", "[redacted], [redacted], [redacted]"},
	{"Anna-Lena", "", "anna‑lena, ANNA–LENA", "[redacted], [redacted]"},
	{"수정", "", norm.NFD.String("수정이가 말했다"), "[redacted]" + norm.NFD.String("이가 말했다")},
	{"ダン", "", norm.NFD.String("ダンさん"), "[redacted]さん"},
	{"Nguyễn Văn", "", norm.NFD.String("NGUYỄN VĂN") + ", nguyễn", "[redacted], [redacted]"},
	// addresses
	{"", "I am justine@firm.example.", "JUSTINE@FIRM.EXAMPLE or Justine@Firm.example.", "[redacted] or [redacted]."},
	{"", "Justine@Firm.Example", "<mailto:justine@firm.example?subject=x>, (justine@firm.example)", "<mailto:[redacted]?subject=x>, ([redacted])"},
	{"", "*justine@firm.example*", "justine@firm.example, **justine@firm.example**, =justine@firm.example", "[redacted], **[redacted]**, =[redacted]"},
	{"", "justine@bücher.example", "justine@xn--bcher-kva.example, JUSTINE@BÜCHER.example, " + norm.NFD.String("justine@bücher.example"), "[redacted], [redacted], [redacted]"},
	{"", "justine@xn--bcher-kva.example", "justine@Bücher.example!", "[redacted]!"},
	{"", "justine@firm.example", "mailto:justine%40firm.example justine＠firm.example ｊｕｓｔｉｎｅ＠firm。example", "mailto:[redacted] [redacted] [redacted]"},
	{"", "justine@firm.example", "write to justine@firm.example.Thanks", "write to [redacted].Thanks"},
	{"", "ZARA@AZ.EXAMPLE", "zara@az.example, ZARA@AZ.EXAMPLE, zara@xn--az.example", "[redacted], [redacted], zara@xn--az.example"},
	{"", "_justine@firm.example_", "justine@firm.example, _justine@firm.example_, -justine@firm.example", "[redacted], _[redacted]_, -[redacted]"},
	{"", "justine@firm.example", "_justine@firm.example_ and -justine@firm.example", "_[redacted]_ and -[redacted]"},
	{"", "_justine@firm.example", "_justine@firm.example", "_[redacted]"},
	{"", "ju.stine+x@firm.co.example", "Ju.Stine+X@firm.CO.example's", "[redacted]'s"},
	{"", local(64) + "@firm.example", local(64) + "@firm.example, **" + local(64) + "@firm.example**", "[redacted], **[redacted]**"},
	{"", local(65) + "@firm.example", local(65) + "@firm.example", "[redacted]"}, // longer than RFC 5321 allows
	// telephone numbers
	{"", "call +44 20 7946 0958", "020 7946 0958, (020) 79460958, 0044 20 7946 0958, 02079460958.", "[redacted], [redacted], [redacted], [redacted]."},
	{"", "call +44 20 7946 0958", "+442079460958; +44 (0)20 7946-0958; 020.7946.0958; 020/79460958; tel:+44-20-7946-0958", "[redacted]; [redacted]; [redacted]; [redacted]; tel:[redacted]"},
	{"", "call +44 20 7946 0958", "020\u00a07946\u00a00958 or 020‑7946–0958 or 442079460958", "[redacted] or [redacted] or [redacted]"},
	{"", "call 020 7946 0958", "+44 20 7946 0958, 0044 (0)20 7946 0958, +442079460958, 7946 0958", "[redacted], [redacted], [redacted], [redacted]"},
	{"", "(020) 79460958", "Tel.+44 20 79460958x", "Tel.[redacted]x"},
	{"", "+44 (0)20 7946 0958", "+442079460958, 442079460958, 02079460958, 20 7946 0958", "[redacted], [redacted], [redacted], [redacted]"},
	{"", "0151/12345678", "+49 151 12345678 oder 004915112345678 oder 0151-12345678", "[redacted] oder [redacted] oder [redacted]"},
	{"", "+32 2 123 45 67", "02 123 45 67, 02/1234567, 0032 2 1234567", "[redacted], [redacted], [redacted]"},
	{"", "415-555-0132", "+1 (415) 555-0132, 1 415 555 0132, 555-0132, 4155550132", "[redacted], 1 [redacted], [redacted], [redacted]"},
	{"", "٠٢٠ ٧٩٤٦ ٠٩٥٨", "020 7946 0958", "[redacted]"},
	{"", "020 7946 0958", "٠٢٠ ٧٩٤٦ ٠٩٥٨ و ０２０ ７９４６ ０９５８", "[redacted] و [redacted]"},
	{"", "01 23 45 67", "+33 1 23 45 67, 1234567, 00 33 1234567", "[redacted], [redacted], [redacted]"}, // seven digits without the zero
	{"", "call 555 0132", "5550132, 555-0132, (415) 555-0132, +1 415 555 0132", "[redacted], [redacted], (415) [redacted], [redacted]"},
	{"", "+123456789012345", "123456789012345, 00123 (0)456 789 012 345", "[redacted], [redacted]"},                                  // fifteen digits
	{"", "0049 (0)151 12345678", "+49 151 12345678, 0151 12345678, 0049 (0) 151 - 123 456 78", "[redacted], [redacted], [redacted]"}, // sixteen
	{"", "0049 (0) 151 - 123 456 78", "+49 151 12345678, 0151 12345678", "[redacted], [redacted]"},
	{"", "020 7946 0958 / 0151 12345678", "020 7946 0958, +44 20 79460958, 0151/12345678", "[redacted], [redacted], [redacted]"},
	{"", "0151 12345678 24/7 or 020 7946 0958 9-17h", "0151 12345678, +44 20 7946 0958, 0151 12345678 24/7", "[redacted], [redacted], [redacted]"},
	{"", "415 555 0132 24/7", "+1 (415) 555-0132", "[redacted]"}, // ten digits before other figures
	{"", "0151 / 12345678", "0151 12345678 / +49 151 12345678", "[redacted] / [redacted]"},
	{"", "020 7946 0958", "020 - 7946 - 0958, 020 / 7946 / 0958, (020) 7946--0958", "[redacted], [redacted], [redacted]"},
	{"", "020 7946 0958", "room 12 020 7946 0958 12, 2026-03-04", "room 12 [redacted] 12, 2026-03-04"},
}

// local is a local part of n letters.
func local(n int) string { return strings.Repeat("j", n) }

func TestThreat_T08_EveryNotationIsRedacted(t *testing.T) {
	for _, c := range notations {
		texts := redactedTexts(t, utterance{"other", c.name, c.own}, utterance{"subject", "Anna", c.others}, utterance{"agent", "Justine", c.others})
		if texts[1] != c.want || texts[2] != c.want {
			t.Errorf("%q, %q in %+q: %+q, want %+q", c.name, c.own, c.others, texts[1], c.want)
		}
	}
}

// No file of an export contains an identifier of a second person, in any notation.
func TestThreat_T08_NoFileNamesASecondPerson(t *testing.T) {
	text := "JUSTINE bode, JUSTINE@Firm.EXAMPLE, mailto:justine%40firm.example, (020) 79460958, 0044 20 7946 0958, 02079460958"
	messages, err := json.Marshal([]utterance{{"subject", "Anna", text}, {"other", "Justine Bode", "I am justine@firm.example, +44 20 7946 0958."}, {"agent", "Bert", norm.NFD.String(text)}})
	if err != nil {
		t.Fatal(err)
	}
	data := `{"agent":"a","channel":"email","endedAt":"2026-03-03T12:00:00Z","messages":` + string(messages) + `,"startedAt":"2026-03-03T11:00:00Z"}`
	files, _, _ := build(t, input(privacy.Access, []Record{stored(privacy.Communication, "c", privacy.Direct, 1, data)}))
	for name, content := range files {
		for _, canary := range []string{"justine", "bode", "7946", "0958", "firm.example"} {
			if bytes.Contains(checksum.ReplaceAll(bytes.ToLower(content), nil), []byte(canary)) {
				t.Errorf("%s holds %q", name, canary)
			}
		}
	}
}

// A text that resembles an identifier but is none stays as it is, byte for byte.
func TestThreat_T08_NothingElseIsRedacted(t *testing.T) {
	third := []utterance{
		{"other", "Jon Bode", "I am berta@firm.example, +44 20 7946 0958, or 415-555-0132."},
		{"other", "Zoe", ""}, {"other", "수저", ""}, {"other", "Μαρια", ""}, {"other", "de la Cruz", ""}, {"other", "x", "berta@bücher.example"},
	}
	for _, text := range []string{
		"", "Hello", "Jonas, Jonathan, Bodeker and Abode", "수정 " + norm.NFD.String("수정"), "Μαρα", "de la", "X x", "Bo Jo",
		"mary@firm.example, berta@firm.example2, berta@firm, berta@other.example.", "aberta@firm.example mary.berta@firm.example berta@firms.example", "berta@bucher.example", "@firm.example",
		"020 7946 0959, 7946 095, 0958, 20 7946", "2026-03-04, 12:30, 1,234.56", "+1 415 556 0132", "order 4711, 20260304, 415-55", "203.0.113.9", "<b>\u2028\u00e9e\u0301</b> \\ \" &",
	} {
		messages := append(append([]utterance{}, third...), utterance{"subject", "Jon Bode", text})
		if got := redactedTexts(t, messages...); got[len(third)] != text {
			t.Errorf("%+q became %+q", text, got[len(third)])
		}
	}
}

// A message without redactions keeps its bytes, even those that another encoder would write differently.
func TestThreat_T08_UntouchedMessagesKeepTheirBytes(t *testing.T) {
	const touched, other = `{"from":"subject","name":"Me","text":"JON\u00e9 jon"}`, `{"from":"other","name":"Jon","text":"x\u00e9"}`
	for _, untouched := range []string{
		`{"text":"\u0041\u00e9\/ \ud83d\ude00 <>","name":"\u004aon","from":"agent","at":"2026-03-03T11:00:00.000Z","n":1.0e3}`, `{"from":"subject","name":"Jon","text":"e\u0301 é"}`, `{"from":"agent"}`,
	} {
		out, err := redact(privacy.Communication, []member{{"messages", []byte(`"messages"`), []byte(`[` + untouched + `,` + touched + `,` + other + `]`)}})
		want := `[` + untouched + `,{"from":"subject","name":"Me","text":"JONé [redacted]"},{"from":"other","name":"[redacted]","text":"x\u00e9"}]`
		if err != nil || string(out[0].value) != want {
			t.Errorf("%v\n%s\n%s", err, out[0].value, want)
		}
	}
}

// The time is linear in the length of a transcript, whatever it contains: twice the messages take less than four times as long.
func BenchmarkBudgetRedaction(b *testing.B) {
	for name, text := range map[string]string{
		"talk":      "Hello, this is Justine%d Bode, justine%d@firm.example, +44 20 7946 %d, who asked about the invoice. ",
		"names":     "Justine%d justine%d JUSTINE%d ",
		"numbers":   "020 7946 %d 020 7946 %d 020 7946 %d ",
		"addresses": "a%d@firm.example !!!b%d@firm.example.c%d ",
	} {
		took := func(messages int) time.Duration {
			var all []utterance
			for i := range messages {
				all = append(all, utterance{[]string{"other", "subject"}[i%2], "Justine" + number(i) + " Bode", strings.ReplaceAll(text, "%d", number(i))})
			}
			raw, _ := json.Marshal(all)
			least := time.Hour
			for range 5 {
				began := time.Now()
				out, err := redact(privacy.Communication, []member{{"messages", []byte(`"messages"`), bytes.Clone(raw)}})
				least = min(least, time.Since(began))
				if err != nil || !bytes.Contains(out[0].value, []byte(Redacted)) {
					b.Fatalf("%v: %.200s", err, out[0].value)
				}
			}
			return least
		}
		short, long := took(900), took(3600)
		b.Logf("budget: export: redaction of 3,600 messages against 900 (%v), %s | %.1f × | 8", short, name, float64(long)/float64(short))
		if long > 8*short {
			b.Errorf("%s: %v, and %v of four times the messages", name, short, long)
		}
	}
}

// number returns four digits, so that all texts have the same length.
func number(i int) string {
	return string([]byte{'0' + byte(i/1000%10), '0' + byte(i/100%10), '0' + byte(i/10%10), '0' + byte(i%10)})
}

// The sample population has several transcripts of 900 messages. After redaction, none of them names a third person who wrote in it.
func TestThreat_T08_TranscriptsOfTheSample(t *testing.T) {
	lines := sample.Lines(t)
	if lines == nil {
		t.SkipNow()
	}
	long := 0
	for _, line := range lines {
		var r struct {
			Category privacy.Category
			Data     struct{ Messages []utterance }
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		if r.Category != privacy.Communication {
			continue
		}
		if len(r.Data.Messages) == 900 {
			long++
		}
		texts := redactedTexts(t, r.Data.Messages...)
		for _, m := range r.Data.Messages {
			if m.From != "other" || !named(m.Name, 3) || !strings.ContainsFunc(m.Name, func(r rune) bool { return 'a' <= r && r <= 'z' }) {
				continue
			}
			for _, text := range texts {
				for _, word := range strings.FieldsFunc(text, func(r rune) bool { return !inWord(r) }) {
					if strings.EqualFold(word, m.Name) {
						t.Errorf("%q is left in %q", m.Name, text)
					}
				}
			}
		}
	}
	if long == 0 {
		t.Error("no transcript of 900 messages")
	}
}

// letters reports whether a name is one word of letters.
func letters(name string) bool {
	return utf8.RuneCountInString(name) > 1 && !strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) })
}

// Whatever a transcript contains, its messages keep their number and order. If no third person wrote, nothing is redacted. If one
// did, their name and address are gone.
func FuzzRedact(f *testing.F) {
	for _, c := range notations {
		f.Add(c.name, c.own, c.others)
	}
	f.Add("\u0307\u0307Iz", "\u0307@\u0307.ab", "I\u0307 \u0307")
	f.Fuzz(func(t *testing.T, name, own, others string) {
		if !utf8.ValidString(name) || !utf8.ValidString(own) || !utf8.ValidString(others) {
			return // no record contains such a text
		}
		if got := redactedTexts(t, utterance{"agent", name, own}, utterance{"subject", name, others}); got[0] != own || got[1] != others {
			t.Errorf("%+q, %+q became %+q", own, others, got)
		}
		others += "; " + name + "; berta@firm.example; +44 20 7946 0958"
		got := redactedTexts(t, utterance{"other", name, own + "; Berta@Firm.example; 020 7946 0958"}, utterance{"subject", "Me", others})[1]
		if strings.Contains(got, "; berta@firm.example;") || strings.HasSuffix(got, "0958") || letters(name) && strings.Contains(got, "; "+name+";") {
			t.Errorf("%+q is left of %+q", got, others)
		}
		if !utf8.ValidString(got) {
			t.Errorf("%+q is no text any more", got)
		}
	})
}
