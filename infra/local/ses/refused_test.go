package ses

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
)

// untouched fails the test if anything was sent or counted.
func (r *rig) untouched(t *testing.T, name string) {
	t.Helper()
	if mails, events := r.taken(); len(mails) != 0 || len(events) != 0 {
		t.Errorf("%s: %d mails, %d events", name, len(mails), len(events))
	}
	if _, sent := r.quota.usage(); sent != 0 {
		t.Errorf("%s: %d are counted", name, sent)
	}
}

// F06: what is wrong with a call refuses every entry of it. T04: so does what this service never sends.
func TestFault_F06_ACallIsRefusedAsAWhole(t *testing.T) {
	pair := func(name, value string) []types.MessageHeader {
		return []types.MessageHeader{{Name: &name, Value: &value}}
	}
	many := make([]types.MessageHeader, mostHeaders+1)
	for i := range many {
		many[i] = pair("X-"+strings.Repeat("a", i), "1")[0]
	}
	template := func(m *sesv2.SendBulkEmailInput) *types.Template { return m.DefaultContent.Template }
	for name, c := range map[string]struct {
		change func(*sesv2.SendBulkEmailInput)
		want   string
	}{
		"no entries":  {func(m *sesv2.SendBulkEmailInput) { m.BulkEmailEntries = []types.BulkEmailEntry{} }, "BadRequestException"},
		"51 entries":  {func(m *sesv2.SendBulkEmailInput) { m.BulkEmailEntries = bulk(crowd(51)...).BulkEmailEntries }, "BadRequestException"},
		"no template": {func(m *sesv2.SendBulkEmailInput) { m.DefaultContent.Template = nil }, "BadRequestException"},
		"a stored template": {func(m *sesv2.SendBulkEmailInput) {
			template(m).TemplateContent = nil
			template(m).TemplateName = aws.String("t")
		}, "BadRequestException"},
		"no subject": {func(m *sesv2.SendBulkEmailInput) { template(m).TemplateContent.Subject = nil }, "BadRequestException"},
		"no text": {func(m *sesv2.SendBulkEmailInput) {
			template(m).TemplateContent.Text = nil
			template(m).TemplateContent.Html = aws.String("")
		}, "BadRequestException"},
		"no data":              {func(m *sesv2.SendBulkEmailInput) { template(m).TemplateData = nil }, "BadRequestException"},
		"data that is null":    {func(m *sesv2.SendBulkEmailInput) { template(m).TemplateData = aws.String("null") }, "BadRequestException"},
		"data that is a list":  {func(m *sesv2.SendBulkEmailInput) { template(m).TemplateData = aws.String("[]") }, "BadRequestException"},
		"data that is cut off": {func(m *sesv2.SendBulkEmailInput) { template(m).TemplateData = aws.String(`{"a":`) }, "BadRequestException"},
		"data of one entry": {func(m *sesv2.SendBulkEmailInput) {
			m.BulkEmailEntries[1].ReplacementEmailContent = &types.ReplacementEmailContent{ReplacementTemplate: &types.ReplacementTemplate{ReplacementTemplateData: aws.String("name: Anna")}}
		}, "BadRequestException"},
		"an unverified sender":         {func(m *sesv2.SendBulkEmailInput) { m.FromEmailAddress = aws.String("privacy@example.net") }, "MessageRejected"},
		"no sender":                    {func(m *sesv2.SendBulkEmailInput) { m.FromEmailAddress = nil }, "MessageRejected"},
		"an unknown configuration set": {func(m *sesv2.SendBulkEmailInput) { m.ConfigurationSetName = aws.String("others") }, "NotFoundException"},
		"no configuration set":         {func(m *sesv2.SendBulkEmailInput) { m.ConfigurationSetName = nil }, "NotFoundException"},
		"a copy": {func(m *sesv2.SendBulkEmailInput) {
			m.BulkEmailEntries[0].Destination.CcAddresses = []string{"two@example.com"}
		}, "BadRequestException"},
		"a hidden copy": {func(m *sesv2.SendBulkEmailInput) {
			m.BulkEmailEntries[0].Destination.BccAddresses = []string{"two@example.com"}
		}, "BadRequestException"},
		"another reply": {func(m *sesv2.SendBulkEmailInput) { m.ReplyToAddresses = []string{"two@example.com"} }, "BadRequestException"},
		"an attachment": {func(m *sesv2.SendBulkEmailInput) {
			template(m).Attachments = []types.Attachment{{FileName: aws.String("x.zip"), RawContent: []byte("PK")}}
		}, "BadRequestException"},
		"a header of one entry": {func(m *sesv2.SendBulkEmailInput) { m.BulkEmailEntries[0].ReplacementHeaders = pair("X-Name", "Anna") }, "BadRequestException"},
		"a header of SES's":     {func(m *sesv2.SendBulkEmailInput) { template(m).Headers = pair("bCC", "two@example.com") }, "BadRequestException"},
		"a header in two lines": {func(m *sesv2.SendBulkEmailInput) { template(m).Headers = pair("X-A", "1\r\nBcc: two@example.com") }, "BadRequestException"},
		"a header with a colon": {func(m *sesv2.SendBulkEmailInput) { template(m).Headers = pair("X:A", "1") }, "BadRequestException"},
		"a header with an ü":    {func(m *sesv2.SendBulkEmailInput) { template(m).Headers = pair("X-A", "ü") }, "BadRequestException"},
		"a long header":         {func(m *sesv2.SendBulkEmailInput) { template(m).Headers = pair("X-A", strings.Repeat("a", 871)) }, "BadRequestException"},
		"too many headers":      {func(m *sesv2.SendBulkEmailInput) { template(m).Headers = many }, "BadRequestException"},
		"too long": {func(m *sesv2.SendBulkEmailInput) {
			template(m).TemplateContent.Html = aws.String(strings.Repeat("a", longestCall))
		}, "BadRequestException"},
	} {
		r, m := newRig(t, Options{}), bulk(crowd(2)...)
		c.change(m)
		if _, err := r.client.SendBulkEmail(t.Context(), m); code(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
		r.untouched(t, name)
	}
}

// F06: what is wrong with one entry refuses this one, and its neighbours are accepted.
func TestFault_F06_AnEntryIsRefusedAlone(t *testing.T) {
	for name, destination := range map[string][]string{
		"nobody": {}, "two people": {"a@example.org", "b@example.org"}, "an empty address": {""}, "no address": {"anna"},
	} {
		r, m := newRig(t, Options{}), bulk(crowd(3)...)
		m.BulkEmailEntries[1].Destination.ToAddresses = destination
		if got := r.statuses(t, m); !slices.Equal(got, []types.BulkEmailStatus{"SUCCESS", "INVALID_PARAMETER", "SUCCESS"}) {
			t.Errorf("%s: %v", name, got)
		}
		if mails, events := r.taken(); len(mails) != 2 || len(events) != 4 || mails[1].Tags["part"] != "1-2" {
			t.Errorf("%s: %v", name, mails)
		}
	}
}

// F08: in the sandbox SES refuses single entries of a call: all but those to a verified domain or to the mailbox simulator.
func TestFault_F08_TheSandboxRefusesSingleEntries(t *testing.T) {
	r := newRig(t, Options{})
	r.Set(Sandbox)
	output, err := r.client.SendBulkEmail(t.Context(), bulk("anna@example.org", "success@simulator.amazonses.com", "anna@EXAMPLE.com", "privacy@example.com", "anna@notexample.com",
		"anna@simulator.amazonses.com.example.org"))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"MESSAGE_REJECTED", "SUCCESS", "SUCCESS", "SUCCESS", "MESSAGE_REJECTED", "MESSAGE_REJECTED"} {
		result := output.BulkEmailEntryResults[i]
		if string(result.Status) != want || (want == "SUCCESS") != (result.MessageId != nil) || (want == "SUCCESS") != (result.Error == nil) {
			t.Errorf("%d: %s %s", i, result.Status, aws.ToString(result.Error))
		}
	}
	if mails, _ := r.taken(); len(mails) != 3 {
		t.Errorf("%d mails", len(mails))
	}
}

// SES takes ASCII only, and nothing that is no address. A name before the address is none of the recipient's address.
func TestOddSpellingsOfAddresses(t *testing.T) {
	longLocal, longLabel := strings.Repeat("a", 65), strings.Repeat("a", 64)
	for spelling, want := range map[string]string{
		"anna@example.org": "anna@example.org", "Anna.O'Neil+x_y@Example.ORG": "Anna.O'Neil+x_y@Example.ORG", "Anna <anna@example.org>": "anna@example.org",
		"=?utf-8?q?Gr=C3=BC=C3=9Fe?= <anna@example.org>": "anna@example.org", "Grüße <anna@example.org>": "anna@example.org", " anna@example.org": "anna@example.org",
		longLocal[1:] + "@" + longLabel[1:] + ".org": longLocal[1:] + "@" + longLabel[1:] + ".org", "anna@xn--bcher-kva.example": "anna@xn--bcher-kva.example",
		`"a@b"@example.org`: "a@b@example.org", "a{{x}}@example.org": "a{{x}}@example.org", "a/b=c@example.org": "a/b=c@example.org",

		"": "", " ": "", "anna": "", "@example.org": "", "anna@": "", "anna@localhost": "", "anna@example..org": "", "anna@example.org.": "", "anna@.example.org": "", "anna.@example.org": "",
		"änna@example.org": "", "anna@bücher.example": "", "anna@example.org,ben@example.org": "", "anna@example.org\r\nBcc: ben@example.org": "", "an\x00na@example.org": "",
		"anna\t@example.org": "", `"an na"@example.org`: "", "anna@[192.0.2.1]": "", "anna@exam_ple.org": "", "anna@exa mple.org": "", "anna@example.org\x7f": "", "ａnna@example.org": "",
		"anna@example.org>": "", "<anna@example.org": "", "group: anna@example.org;": "", longLocal + "@example.org": "", "anna@" + longLabel + ".org": "", "anna@example。org": "",
		"anna@" + strings.Repeat("a.", 127) + "org": "", "anna\u202e@example.org": "", "anna@example.org (work)": "",
	} {
		r := newRig(t, Options{})
		status := r.statuses(t, bulk(spelling))[0]
		_, err := r.client.SendEmail(t.Context(), single(spelling))
		mails, _ := r.taken()
		if want == "" {
			if status != "INVALID_PARAMETER" || code(err) != "BadRequestException" || len(mails) != 0 {
				t.Errorf("%q: %s, %v, %v", spelling, status, err, mails)
			}
			continue
		}
		if status != "SUCCESS" || err != nil || len(mails) != 2 || mails[0].To[0] != want || mails[1].To[0] != want {
			t.Errorf("%q: %s, %v, %v", spelling, status, err, mails)
		}
	}
}

// SES refuses these tags, on a mail of its own, as default tags of a call and on one of its entries.
func TestTagsThatSESRefuses(t *testing.T) {
	tag := func(name, value string) types.MessageTag { return types.MessageTag{Name: &name, Value: &value} }
	many := make([]types.MessageTag, mostTags+1)
	for i := range many {
		many[i] = tag("part", "1")
	}
	refused := map[string][]types.MessageTag{
		"no name": {tag("", "1")}, "no value": {tag("part", "")}, "a long name": {tag(strings.Repeat("a", 257), "1")}, "a long value": {tag("part", strings.Repeat("a", 257))},
		"twice": {tag("part", "1"), tag("part", "2")}, "too many": many, "one of SES's own": {tag("ses:configuration-set", "mails")}, "of another name": {tag("person", "anna")},
		"in capitals": {tag("Part", "1")},
	}
	for r := range rune(0x100) {
		if !strings.ContainsRune("-_", r) && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			refused["with "+strings.Trim(strings.ToUpper(string(r)), " ")+" in it"] = []types.MessageTag{tag("part", "a"+string(r))}
		}
	}
	refused["with a full-width digit"] = []types.MessageTag{tag("part", "１")}
	r := newRig(t, Options{})
	for name, tags := range refused {
		one, defaults, entry := single("anna@example.org"), bulk(crowd(2)...), bulk(crowd(2)...)
		one.EmailTags, defaults.DefaultEmailTags, entry.BulkEmailEntries[1].ReplacementTags = tags, tags, tags
		_, err := r.client.SendEmail(t.Context(), one)
		_, errDefaults := r.client.SendBulkEmail(t.Context(), defaults)
		_, errEntry := r.client.SendBulkEmail(t.Context(), entry)
		if code(err) != "BadRequestException" || code(errDefaults) != "BadRequestException" || code(errEntry) != "BadRequestException" {
			t.Errorf("%q: %v; %v; %v", name, err, errDefaults, errEntry)
		}
		r.untouched(t, name)
	}
	m := bulk(crowd(2)...)
	m.DefaultEmailTags = []types.MessageTag{tag("part", strings.Repeat("z", 256)), tag("kind", "A-z_09")}
	m.BulkEmailEntries[0].ReplacementTags = nil
	if got := r.accepted(t, m); got != 2 {
		t.Errorf("%d are accepted", got)
	}
	mails, _ := r.taken()
	if len(mails[0].Tags["part"]) != 256 || mails[0].Tags["kind"] != "A-z_09" || mails[1].Tags["part"] != "1-1" || mails[1].Tags["kind"] != "notice" {
		t.Errorf("default tags hold for entries without tags: %v, %v", mails[0].Tags, mails[1].Tags)
	}
}

// What no SDK sends is refused too, and a body of any length is not read beyond SES's limit.
func TestBodiesThatNobodySends(t *testing.T) {
	good, _ := json.Marshal(map[string]any{"FromEmailAddress": "privacy@example.com"})
	endless := &counted{}
	for name, c := range map[string]struct {
		path string
		body interface{ Read([]byte) (int, error) }
	}{
		"nothing": {"outbound-bulk-emails", strings.NewReader("")}, "null": {"outbound-bulk-emails", strings.NewReader("null")}, "a list": {"outbound-bulk-emails", strings.NewReader("[]")},
		"half": {"outbound-bulk-emails", bytes.NewReader(good[:len(good)-1])}, "an unknown member": {"outbound-bulk-emails", strings.NewReader(`{"TenantName":"x"}`)},
		"deep": {"outbound-bulk-emails", strings.NewReader(strings.Repeat(`{"DefaultContent":`, 20_000))}, "endless": {"outbound-bulk-emails", endless},
		"a null entry": {"outbound-bulk-emails", strings.NewReader(`{"BulkEmailEntries":[null]}`)}, "a mail: null": {"outbound-emails", strings.NewReader("null")},
		"a mail: nothing": {"outbound-emails", strings.NewReader("")},
	} {
		r := newRig(t, Options{})
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/v2/email/"+c.path, c.body))
		if w.Code != http.StatusBadRequest || w.Header().Get("X-Amzn-Errortype") != "BadRequestException" {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		r.untouched(t, name)
	}
	if endless.read > longestCall+64<<10 {
		t.Errorf("%d octets were read", endless.read)
	}
	r := newRig(t, Options{})
	for _, route := range []string{"GET /v2/email/outbound-bulk-emails", "POST /v2/email/account", "POST /v2/email/templates", "PUT /v2/email/suppression/addresses"} {
		method, path, _ := strings.Cut(route, " ")
		w := httptest.NewRecorder()
		if r.ServeHTTP(w, httptest.NewRequest(method, path, nil)); w.Code != http.StatusNotFound && w.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", route, w.Code)
		}
	}
}

// counted is an endless string in JSON that counts what is read of it.
type counted struct{ read int }

func (c *counted) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	if c.read == 0 {
		copy(p, `{"FromEmailAddress":"`)
	}
	c.read += len(p)
	return len(p), nil
}
