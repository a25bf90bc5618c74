package received

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/inbound"
)

// endless is a mail that never ends. It counts what is read of it.
type endless struct {
	start io.Reader
	block []byte
	read  int
}

func (e *endless) Read(p []byte) (n int, err error) {
	if n, _ = e.start.Read(p); n == 0 {
		for n < len(p) {
			n += copy(p[n:], e.block)
		}
	}
	e.read += n
	return n, nil
}

const hello = "From: anna.lee@example.org\r\nSubject: Hello\r\n"

// bombs are mails made to exhaust a reader: what they begin with, and what they repeat for ever.
var bombs = map[string][2]string{
	"fields":                {hello, "X-A: b\r\n"},
	"fields that are read":  {hello, "References: <a@b.example>\r\nList-Id: x\r\n"},
	"a long field":          {hello + "X-A: ", "b"},
	"a long subject":        {"From: anna.lee@example.org\r\nSubject: ", "=?utf-8?Q?=41?= "},
	"a folded field":        {hello + "References: <a@b.example>\r\n", " <a@b.example>\r\n"},
	"fields of short lines": {hello + "References:\r\n", " a\n"},
	"recipients":            {hello + "To: a@example.org", ",\r\n b@example.org"},
	"fields From":           {"", "From: a@example.org\r\n"},
	"comments":              {"From: a@example.org ", "("},
	"one line":              {hello + "\r\n", "word "},
	"empty lines":           {hello + "\r\n", "\n"},
	"only empty lines":      {"", "\r\n"},
	"zeros":                 {hello + "\r\n", "\x00"},
	"nothing but zeros":     {"", "\x00"},
	"invisible":             {hello + "\r\n", "\u200b"},
	"invalid UTF-8":         {hello + "Content-Type: text/plain; charset=utf-8\r\n\r\n", "\xff"},
	"parts":                 {hello + "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "--b\r\n\r\nx\r\n"},
	"parts without lines":   {hello + "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "--b\n"},
	"parts with fields":     {hello + "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "--b\r\nContent-Type: text/plain; charset=koi8-r; name=x\r\nContent-Transfer-Encoding: base64\r\n\r\nSGVsbG8=\r\n"},
	"almost boundaries":     {hello + "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "--bb\r\n"},
	"dashes":                {hello + "Content-Type: multipart/mixed; boundary=\"-\"\r\n\r\n", "----\n"},
	"the same nesting":      {hello + "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"},
	"mails in mails":        {hello + "Content-Type: message/rfc822\r\n\r\n", "Content-Type: message/rfc822\r\n\r\n"},
	"a part":                {hello + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n", strings.Repeat("QUJD", 19) + "\r\n"},
	"base64":                {hello + "Content-Transfer-Encoding: base64\r\n\r\n", strings.Repeat("QUJD", 19) + "\r\n"},
	"base64 of nothing":     {hello + "Content-Transfer-Encoding: base64\r\n\r\n" + strings.Repeat("QUJD", 19), "!"},
	"quoted-printable":      {hello + "Content-Transfer-Encoding: quoted-printable\r\n\r\n", "=3D=C3=BC"},
	"broken quoted":         {hello + "Content-Transfer-Encoding: quoted-printable\r\n\r\n", "="},
	"soft line ends":        {hello + "Content-Transfer-Encoding: quoted-printable\r\n\r\n", "=\r\n"},
	"UTF-7":                 {hello + "Content-Type: text/plain; charset=utf-7\r\n\r\n+", "A"},
	"UTF-16":                {"\xff\xfe", "a\x00"},
	"ISO-2022-JP":           {hello + "Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n", "\x1b$B$\"\x1b(B"},
	"flowed":                {hello + "Content-Type: text/plain; format=flowed\r\n\r\n", "a \r\n"},
	"quotes":                {hello + "Content-Type: text/plain; format=flowed\r\n\r\n", ">"},
	"parameters":            {hello + "Content-Type: text/plain", "; a=\"b\\\"\""},
	"parameters in words":   {hello + "Content-Type: text/plain", "; =?utf-8?Q?a=3Db?="},
	"PGP":                   {hello + "\r\n", "-----BEGIN PGP MESSAGE-----\r\n"},
	"tags":                  {hello + "Content-Type: text/html\r\n\r\n", "<b>"},
	"nested tags":           {hello + "Content-Type: text/html\r\n\r\n", "<blockquote><div>x"},
	"an open tag":           {hello + "Content-Type: text/html\r\n\r\n<a ", "b=c "},
	"an open value":         {hello + "Content-Type: text/html\r\n\r\n<a href=\"", "b"},
	"an open comment":       {hello + "Content-Type: text/html\r\n\r\n<!--", "-"},
	"links":                 {hello + "Content-Type: text/html\r\n\r\n", "<a href=http://x.example/" + strings.Repeat("y", 1900) + ">z</a>"},
	"breaks":                {hello + "Content-Type: text/html\r\n\r\nx", "<br>"},
	"hidden":                {hello + "Content-Type: text/html\r\n\r\n", "<p style=display:none>"},
	"entities":              {hello + "Content-Type: text/html\r\n\r\n", "&amp;&#x10ffff;&nvlt;"},
	"an open script":        {hello + "Content-Type: text/html\r\n\r\n<script>", "<!--<script>"},
	"meta":                  {hello + "Content-Type: text/html\r\n\r\n", "<meta "},
	"calendar":              {hello + "Content-Type: text/calendar\r\n\r\n", "METHOD:REPL\r\n"},
}

// maxMemory is how many bytes reading one mail may allocate in all. The mail itself is at most maxRaw of them, and the buffer grows by copying.
const maxMemory = 12 * maxRaw

// Whatever comes, no more of it is read than maxRaw, and memory stays bounded. Fields, parts and nesting without end change nothing about it.
func TestThreat_T09_NoMailExhaustsTheReader(t *testing.T) {
	for _, name := range soak.Sample(slices.Sorted(maps.Keys(bombs)), 4) {
		bomb := bombs[name]
		source := &endless{start: strings.NewReader(bomb[0]), block: bytes.Repeat([]byte(bomb[1]), 1+4096/len(bomb[1]))}
		var got inbound.Message
		if used := allocated(func() { got = Read(source) }); used > maxMemory {
			t.Errorf("%s: %d MB of memory", name, used>>20)
		}
		if source.read > maxRaw+1 {
			t.Errorf("%s: %d bytes were read", name, source.read)
		}
		check(t, got)
		if got.Text == "Hello" { // the end that is missing is not the text's
			continue
		}
		if !got.Cut {
			t.Errorf("%s: a mail without end is whole: %.200q", name, fmt.Sprint(got))
		}
	}
}

func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// nested is a mail of so many levels, of which the innermost has the text.
func nested(levels int, kind string) string {
	var out strings.Builder
	out.WriteString(hello)
	for i := range levels {
		fmt.Fprintf(&out, "Content-Type: %s; boundary=\"b%d\"\r\n\r\n--b%d\r\n", kind, i, i)
	}
	out.WriteString("Content-Type: text/plain\r\n\r\nErase me.\r\n")
	for i := levels - 1; i >= 0; i-- {
		fmt.Fprintf(&out, "--b%d--\r\n", i)
	}
	return out.String()
}

func TestThreat_T09_NestingIsReadToABound(t *testing.T) {
	for _, kind := range []string{"multipart/mixed", "multipart/alternative", "multipart/related", "multipart/signed", "multipart/x-odd"} {
		for _, levels := range []int{1, 10, maxDepth - 1, maxDepth} {
			if got := Read(strings.NewReader(nested(levels, kind))); got.Text != "Erase me." || got.Cut || got.From != anna {
				t.Errorf("%d levels of %s: %+v", levels, kind, got)
			}
		}
		for _, levels := range []int{maxDepth + 1, soak.Pick(5_000, 100_000)} {
			got := Read(strings.NewReader(nested(levels, kind)))
			if got.Text != "" || !got.Cut || got.From != anna || got.Subject != "Hello" {
				t.Errorf("%d levels of %s: %.300q", levels, kind, fmt.Sprint(got))
			}
			check(t, got)
		}
	}
}

// A boundary that begins like another one is another one, so that no level is taken for an outer one.
func TestBoundariesThatBeginAlike(t *testing.T) {
	var out strings.Builder
	out.WriteString(hello)
	for i := 1; i <= 60; i++ {
		fmt.Fprintf(&out, "Content-Type: multipart/mixed; boundary=\"%s\"\r\n\r\n--%s\r\n", strings.Repeat("-", i), strings.Repeat("-", i))
	}
	out.WriteString("\r\nErase me.\r\n")
	if got := Read(strings.NewReader(out.String())); !strings.Contains(got.Text, "Erase me.") && !got.Cut {
		t.Errorf("%+v", got)
	}
}

func TestThreat_T09_PartsAreReadToABound(t *testing.T) {
	many := func(n int) string {
		return hello + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nErase me.\r\n" +
			strings.Repeat("--b\r\nContent-Type: image/png\r\n\r\nx\r\n", n) + "--b--\r\n"
	}
	const rest = maxParts - 2 // besides the mail itself and its text
	if got := Read(strings.NewReader(many(rest))); got.Text != "Erase me." || got.Cut || got.Attachments != rest {
		t.Errorf("%+v", got)
	}
	for _, n := range []int{rest + 1, 5_000, 100_000} {
		if got := Read(strings.NewReader(many(n))); got.Text != "Erase me." || !got.Cut || got.Attachments != rest {
			t.Errorf("%d: %+v", n, got)
		}
	}
}

// A film of 30 MB behind the text takes nothing away from it. In front of the text it takes all.
func TestAPartOf30MB(t *testing.T) {
	film := "Content-Type: video/mp4; name=film.mp4\r\nContent-Transfer-Encoding: base64\r\n\r\n" + strings.Repeat(strings.Repeat("QUJD", 19)+"\r\n", 30<<20/78)
	const start, text, end = hello + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n", "\r\nErase me.\r\n", "\r\n--b--\r\n"
	if got := Read(strings.NewReader(start + text + "--b\r\n" + film + end)); got.Text != "Erase me." || got.Cut || got.Attachments != 1 {
		t.Errorf("%+v", got)
	}
	if got := Read(strings.NewReader(start + film + "\r\n--b\r\n" + text + end)); got.Text != "" || !got.Cut || got.Attachments != 1 {
		t.Errorf("%+v", got)
	}
}

// A text that is longer than MaxText is cut between two characters; one that is as long is whole.
func TestTextIsCutAtItsBound(t *testing.T) {
	for _, c := range []struct {
		text string
		cut  bool
	}{
		{strings.Repeat("a", inbound.MaxText), false}, {strings.Repeat("a", inbound.MaxText+1), true}, {strings.Repeat("€", inbound.MaxText/3), false}, {strings.Repeat("€", inbound.MaxText/3+1), true},
		{"a" + strings.Repeat("𝄞", inbound.MaxText/4), true}, {strings.Repeat("a", inbound.MaxText) + strings.Repeat("\n", 1000), false},
	} {
		for _, header := range []string{"Content-Type: text/plain; charset=utf-8\r\n\r\n", "Content-Type: text/html; charset=utf-8\r\n\r\n"} {
			got := Read(strings.NewReader(hello + header + c.text))
			if check(t, got); got.Cut != c.cut || len(got.Text) < inbound.MaxText-3 || !strings.HasPrefix(c.text, got.Text) {
				t.Errorf("%q of %d: %d bytes, cut: %v", header, len(c.text), len(got.Text), got.Cut)
			}
		}
	}
}

func TestAnswersAreTheNewest(t *testing.T) {
	var ids []string
	for i := range 5_000 {
		ids = append(ids, fmt.Sprintf("<%d@example.org>", i))
	}
	got := Read(strings.NewReader(hello + "References: " + strings.Join(ids, "\r\n ") + "\r\nIn-Reply-To: <last@example.org>\r\n\r\n")).Answers
	if len(got) != inbound.MaxAnswers || got[len(got)-1] != "last@example.org" || got[0] != "4937@example.org" {
		t.Errorf("%d answers, from %s to %s", len(got), got[0], got[len(got)-1])
	}
	for id, want := range map[string]int{strings.Repeat("a", maxID): 1, strings.Repeat("a", maxID+1): 0, "a b": 0, "a\tb": 0, "": 0, "a\x00b": 0, "ü@example.org": 1, "\xff": 0} {
		if got := Read(strings.NewReader(hello + "In-Reply-To: <" + id + ">\r\n\r\n")).Answers; len(got) != want {
			t.Errorf("%.20q: %.40q", id, got)
		}
	}
}

// A mail whose reader fails is read as far as it came.
func TestAReaderThatFails(t *testing.T) {
	failing := io.MultiReader(strings.NewReader(hello+"\r\nErase me."), iotest.ErrReader(errors.New("gone")))
	if got := Read(failing); got.Text != "Erase me." || !got.Cut || got.From != anna {
		t.Errorf("%+v", got)
	}
	mail := nested(5, "multipart/mixed")
	if got := Read(iotest.OneByteReader(strings.NewReader(mail))); got.Text != "Erase me." || got.Cut {
		t.Errorf("%+v", got)
	}
}

// Each mail of the corpus can end anywhere.
func TestCorpusCutAnywhere(t *testing.T) {
	for name, data := range corpus(t) {
		for n := 0; n < len(data); n += 1 + len(data)/soak.Pick(20, 200) {
			got := Read(bytes.NewReader(data[:n]))
			if check(t, got); t.Failed() {
				t.Fatalf("%s, after %d bytes", name, n)
			}
		}
	}
}

func TestBase64OfAnyLength(t *testing.T) {
	for n := range 200 {
		text := strings.Repeat("x", n) + "."
		for _, end := range []string{"", "\r\n", "\r\n\r\n"} {
			mail := hello + "Content-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString([]byte(text)) + end
			if got := Read(strings.NewReader(mail)); got.Text != text || got.Cut {
				t.Fatalf("%d: %+v", n, got)
			}
		}
	}
}
