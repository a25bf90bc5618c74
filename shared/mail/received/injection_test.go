package received

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// T15: nothing of a mail brings a control character, a line end or a character that turns text around into a field that may reach a header, a
// log or a page. Each is tried as it is, in an encoded word, and at each place of a mail.
func TestThreat_T15_ControlCharactersAreRemoved(t *testing.T) {
	for r := rune(0); r <= 0x2100; r++ {
		if r > 0x2ff && r < 0x2000 && r != 0x34f && r != 0x61c && r != 0x180e {
			continue
		}
		encoded := "=?utf-8?Q?a"
		for _, b := range []byte(string(r)) {
			encoded += "=" + strings.ToUpper(string("0123456789abcdef"[b>>4])+string("0123456789abcdef"[b&15]))
		}
		encoded += "b?="
		for _, subject := range []string{"a" + string(r) + "b", encoded} {
			m := Read(strings.NewReader("From: anna.lee@example.org\r\nSubject: " + subject + "\r\nIn-Reply-To: <x" + string(r) + "y@example.org>\r\n\r\nwell" + string(r) + "done and long enough to be a text"))
			check(t, m)
			if strings.ContainsAny(m.Subject, "\r\n\t\x00") {
				t.Errorf("%U in a subject: %q", r, m.Subject)
			}
		}
		m := Read(strings.NewReader("From: anna.lee@exam" + string(r) + "ple.org\r\n\r\n"))
		if m.From != "" && (r <= ' ' || invisible(r) || blank(r) || strings.ContainsRune(`,;:<>()[]\"@`, r)) {
			t.Errorf("%U in an address: %+q", r, m.From)
		}
	}
}

// T15: a line end that only some programs take for one begins no field.
func TestThreat_T15_NoFieldBeginsWithinALine(t *testing.T) {
	for _, end := range []string{"\r", "\v", "\f", "\x00", "\x1c", "\x1e", "\u0085", "\u2028", "\u2029", "\x85", "=0D=0A", "%0d%0a", "\\r\\n"} {
		m := Read(strings.NewReader("From: anna.lee@example.org\r\nX-Note: x" + end + "From: eve@example.net" + end + "X-Privacy-Service: 1\r\n\r\nHello"))
		if m.From != anna || m.Machine != "" {
			t.Errorf("%q: %+v", end, m)
		}
	}
}

func TestSubjectIsOneLineAndBounded(t *testing.T) {
	for field, want := range map[string]string{
		"":                       "",
		" \t ":                   "",
		strings.Repeat("é", 400): strings.Repeat("é", 300),
		"=?utf-8?Q?" + strings.Repeat("=E2=82=AC", 500) + "?=": strings.Repeat("€", 300),
		"=?utf-8*de?Q?Gr=C3=BC=C3=9Fe?=":                       "Grüße",
		"=?utf-8?Q?a?= =?utf-8?Q?b?= c":                        "ab c",
		"=?utf-8?Q?a?= x =?utf-8?Q?b?=":                        "a x b",
		"=?utf-8?Q?a?=\r\n =?koi8-r?Q?=C1?=":                   "aа",
		"=?utf-8?Q?a_b=5Fc=?=":                                 "a b_c=",
		"=?utf-8?Q?=4?= =?utf-8?B?!!!?=":                       "=4",
		"Re: =?utf-8?B?SGVsbG8":                                "Re: =?utf-8?B?SGVsbG8",
		"=?utf-8?B?SGVsbG8?=":                                  "Hello",
	} {
		got := Read(strings.NewReader("Subject: " + field + "\r\n\r\n")).Subject
		if got != want || !utf8.ValidString(got) {
			t.Errorf("%.60q: %q, not %q", field, got, want)
		}
	}
}
