package mail

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"github.com/helpdeskexpert/privacy/infra/local/ses"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/metric"
)

// letter is a mail for many, and crowd some of them.
var letter = BulkMessage{Subject: "Änderung", Text: "plain", HTML: "<p>rich", Kind: feedback.Notice, About: "2026-11-02"}

func crowd(n int) []feedback.Recipient {
	all := make([]feedback.Recipient, n)
	for i := range all {
		all[i] = feedback.Recipient{Address: fmt.Sprintf("p%d@example.org", i), Part: fmt.Sprintf("7-%d", i)}
	}
	return all
}

// account is the stand-in for SES, with a count of the calls and a hook that may answer in its place.
type account struct {
	*ses.Account
	box    []ses.Mail
	events [][]byte
	calls  []string
	answer func(w http.ResponseWriter, r *http.Request) bool // whether it has answered
}

func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.calls = append(a.calls, r.Method+" "+r.URL.Path)
	if a.answer == nil || !a.answer(w, r) {
		a.Account.ServeHTTP(w, r)
	}
}

// openAccount returns a sender at an account of the stand-in.
func openAccount(t *testing.T, limits ses.Limits) (*Sender, *account) {
	t.Helper()
	a := &account{}
	a.Account = ses.Open(ses.Options{Sender: "privacy@mail.example.com", Now: time.Now, ConfigurationSet: "mails", Limits: limits,
		Keep: func(mails ...ses.Mail) error { a.box = append(a.box, mails...); return nil },
		Sink: func(event []byte) { a.events = append(a.events, event) }})
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_REGION": "eu-west-2", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_ENDPOINT_URL_SESV2": server.URL,
	} {
		t.Setenv(name, value)
	}
	return Open("privacy@mail.example.com", "mails", metric.Meter{Out: io.Discard, Stack: "test", Now: time.Now}), a
}

// The test checks every member of a bulk call. T04: nothing in it but the address is about the person.
func TestThreat_T04_ABulkMailIsThisAndNothingElse(t *testing.T) {
	w := &wire{}
	if _, err := open(t, w).Bulk(t.Context(), letter, []feedback.Recipient{{Address: "Anna@bücher.example", Part: "7-0"}}); err != nil {
		t.Fatal(err)
	}
	pair := func(name, value string) any { return map[string]any{"Name": name, "Value": value} }
	want := map[string]any{
		"FromEmailAddress": "privacy@example.com", "ConfigurationSetName": "mails",
		"DefaultContent": map[string]any{"Template": map[string]any{
			"TemplateContent": map[string]any{"Subject": "Änderung", "Text": "plain", "Html": "<p>rich"},
			"TemplateData":    "{}", "Headers": []any{pair("Auto-Submitted", "auto-generated"), pair("X-Privacy-Service", "1")},
		}},
		"BulkEmailEntries": []any{map[string]any{
			"Destination":             map[string]any{"ToAddresses": []any{"Anna@xn--bcher-kva.example"}},
			"ReplacementEmailContent": map[string]any{"ReplacementTemplate": map[string]any{"ReplacementTemplateData": "{}"}},
			"ReplacementTags":         []any{pair("kind", "notice"), pair("about", "2026-11-02"), pair("part", "7-0")},
		}},
	}
	if len(w.sent) != 1 || !reflect.DeepEqual(w.sent[0], want) {
		t.Errorf("sent %v", w.sent)
	}
}

// F06: one call carries the mails of fifty people. Each answer stands at the place of its recipient, also beside addresses that no mail can
// reach, about which SES is never asked.
func TestFault_F06_EachRecipientHasAnAnswer(t *testing.T) {
	s, a := openAccount(t, ses.Limits{})
	to := crowd(50)
	to[0].Address, to[7].Address, to[49].Address = "änna@example.org", "anna@example.invalid", ""
	a.SetFate("p3@example.org", "INVALID_PARAMETER")
	a.SetFate("p48@example.org", "TRANSIENT_FAILURE")
	answers, err := s.Bulk(t.Context(), letter, to)
	if err != nil || len(answers) != 50 || len(a.calls) != 1 || len(a.box) != 45 {
		t.Fatalf("%d answers, %d calls, %d mails: %v", len(answers), len(a.calls), len(a.box), err)
	}
	other := map[int]feedback.Answer{
		0: {Verdict: feedback.Unmailable, Reason: "unmailable"}, 7: {Verdict: feedback.Unmailable, Reason: "unmailable"}, 49: {Verdict: feedback.Unmailable, Reason: "unmailable"},
		3: {Verdict: feedback.Refused, Reason: "invalid_parameter"}, 48: {Verdict: feedback.Postponed, Reason: "transient_failure"},
	}
	next := 0
	for i, answer := range answers {
		if want, isOther := other[i]; isOther {
			if answer != want {
				t.Errorf("%d: %+v", i, answer)
			}
			continue
		}
		m := a.box[next]
		next++
		if answer != (feedback.Answer{Verdict: feedback.Accepted, MessageID: m.ID}) || m.To[0] != to[i].Address || m.Tags["part"] != to[i].Part || m.Tags["kind"] != "notice" {
			t.Errorf("%d: %+v, %+v", i, answer, m)
		}
	}
	none, err := s.Bulk(t.Context(), letter, to[:1])
	if err != nil || none[0].Verdict != feedback.Unmailable || len(a.calls) != 1 {
		t.Errorf("%v, %v after %d calls", none, err, len(a.calls))
	}
}

// F08: in the sandbox SES refuses single entries. The rest of the call is sent.
func TestFault_F08_TheSandboxBlocksSingleEntries(t *testing.T) {
	s, a := openAccount(t, ses.Limits{})
	a.Set(ses.Sandbox)
	to := crowd(4)
	to[1].Address, to[3].Address = "anna@mail.example.com", "success@simulator.amazonses.com" // the verified domain, the mailbox simulator
	answers, err := s.Bulk(t.Context(), letter, to)
	if err != nil || len(a.calls) != 1 || len(a.box) != 2 {
		t.Fatalf("%v: %d mails in %d calls", err, len(a.box), len(a.calls))
	}
	for i, answer := range answers {
		if i%2 == 1 && answer.Verdict != feedback.Accepted || i%2 == 0 && answer != (feedback.Answer{Verdict: feedback.Blocked, Reason: "not_verified"}) {
			t.Errorf("%d: %+v", i, answer)
		}
	}
}

// F06: each status that the SDK knows has a meaning here, so an update of the SDK that adds one fails this test.
func TestFault_F06_NoStatusIsUnknown(t *testing.T) {
	for _, status := range types.BulkEmailStatus("").Values() {
		if _, known := statuses[status]; !known {
			t.Errorf("%s has no meaning", status)
		}
	}
}

// F06: the statuses of an entry, as SES's SDK and its documentation spell them.
func TestFault_F06_EveryStatusOfAnEntry(t *testing.T) {
	for status, want := range map[ses.Fate]feedback.Answer{
		"MESSAGE_REJECTED":                 {Verdict: feedback.Refused, Reason: "rejected"},
		"INVALID_PARAMETER":                {Verdict: feedback.Refused, Reason: "invalid_parameter"},
		"INVALID_PARAMETER_VALUE":          {Verdict: feedback.Refused, Reason: "invalid_parameter"},
		"ACCOUNT_THROTTLED":                {Verdict: feedback.Postponed, Reason: "throttled"},
		"ACCOUNT_DAILY_QUOTA_EXCEEDED":     {Verdict: feedback.Postponed, Reason: "daily_quota"},
		"TRANSIENT_FAILURE":                {Verdict: feedback.Postponed, Reason: "transient_failure"},
		"FAILED":                           {Verdict: feedback.Postponed, Reason: "failed"},
		"ACCOUNT_SENDING_PAUSED":           {Verdict: feedback.Blocked, Reason: "paused"},
		"CONFIGURATION_SET_SENDING_PAUSED": {Verdict: feedback.Blocked, Reason: "paused"},
		"ACCOUNT_SUSPENDED":                {Verdict: feedback.Blocked, Reason: "suspended"},
		"MAIL_FROM_DOMAIN_NOT_VERIFIED":    {Verdict: feedback.Blocked, Reason: "mail_from_not_verified"},
		"CONFIGURATION_SET_NOT_FOUND":      {Verdict: feedback.Blocked, Reason: "no_configuration_set"},
		"CONFIGURATION_SET_DOES_NOT_EXIST": {Verdict: feedback.Blocked, Reason: "no_configuration_set"},
		"INVALID_SENDING_POOL_NAME":        {Verdict: feedback.Blocked, Reason: "no_sending_pool"},
		"TEMPLATE_NOT_FOUND":               {Verdict: feedback.Blocked, Reason: "no_template"},
		"TEMPLATE_DOES_NOT_EXIST":          {Verdict: feedback.Blocked, Reason: "no_template"},
		"A_STATUS_OF_TOMORROW":             {Verdict: feedback.Uncertain, Reason: "no_answer"},
	} {
		s, a := openAccount(t, ses.Limits{})
		a.SetFate("p1@example.org", status)
		answers, err := s.Bulk(t.Context(), letter, crowd(3))
		if err != nil || answers[1] != want || answers[0].Verdict != feedback.Accepted || answers[2].Verdict != feedback.Accepted || len(a.box) != 2 || len(a.calls) != 1 {
			t.Errorf("%s: %+v, %v, %d calls", status, answers, err, len(a.calls))
		}
	}
}

// F06, F23: what refuses or fails a whole call. It holds for every recipient, and is never tried a second time by the SDK.
func TestFault_F06_EveryErrorOfACall(t *testing.T) {
	refuse := func(status int, kind, text string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("X-Amzn-Errortype", kind)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `{"message":"`+text+`"}`)
			return true
		}
	}
	for name, c := range map[string]struct {
		state  ses.State
		answer func(http.ResponseWriter, *http.Request) bool
		want   feedback.Answer
	}{
		"sandbox":          {ses.Sandbox, nil, feedback.Answer{Verdict: feedback.Blocked, Reason: "not_verified"}},
		"sender":           {ses.UnverifiedSender, nil, feedback.Answer{Verdict: feedback.Blocked, Reason: "not_verified"}},
		"MAIL FROM":        {ses.UnverifiedMailFrom, nil, feedback.Answer{Verdict: feedback.Blocked, Reason: "mail_from_not_verified"}},
		"paused":           {ses.Paused, nil, feedback.Answer{Verdict: feedback.Blocked, Reason: "paused"}},
		"suspended":        {ses.Suspended, nil, feedback.Answer{Verdict: feedback.Blocked, Reason: "suspended"}},
		"throttled":        {ses.Throttled, nil, feedback.Answer{Verdict: feedback.Postponed, Reason: "throttled"}},
		"over quota":       {ses.OverQuota, nil, feedback.Answer{Verdict: feedback.Postponed, Reason: "daily_quota"}},
		"no set":           {ses.NoConfigurationSet, nil, feedback.Answer{Verdict: feedback.Blocked, Reason: "no_configuration_set"}},
		"failing":          {ses.Failing, nil, uncertain},
		"virus":            {"", refuse(400, "MessageRejected", "a virus"), feedback.Answer{Verdict: feedback.Refused, Reason: "rejected"}},
		"bad request":      {"", refuse(400, "BadRequestException", ""), feedback.Answer{Verdict: feedback.Blocked, Reason: "bad_request"}},
		"quota by another": {"", refuse(429, "TooManyRequestsException", "Daily message quota exceeded."), feedback.Answer{Verdict: feedback.Postponed, Reason: "daily_quota"}},
		"API throttled":    {"", refuse(400, "ThrottlingException", "Rate exceeded"), feedback.Answer{Verdict: feedback.Postponed, Reason: "throttled"}},
		"no grant":         {"", refuse(403, "AccessDeniedException", ""), feedback.Answer{Verdict: feedback.Blocked, Reason: "no_grant"}},
		"no credentials":   {"", refuse(403, "ExpiredTokenException", ""), feedback.Answer{Verdict: feedback.Blocked, Reason: "refused"}},
		"gateway":          {"", refuse(503, "", ""), uncertain},
		"no JSON": {"", func(w http.ResponseWriter, _ *http.Request) bool {
			_, _ = io.WriteString(w, `<html>`)
			return true
		}, uncertain},
		"an answer too few": {"", func(w http.ResponseWriter, _ *http.Request) bool {
			_, _ = io.WriteString(w, `{"BulkEmailEntryResults":[{"Status":"SUCCESS","MessageId":"1"}]}`)
			return true
		}, uncertain},
		"cut": {"", func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) }, uncertain},
	} {
		s, a := openAccount(t, ses.Limits{})
		if a.answer = c.answer; c.state != "" {
			a.Set(c.state)
		}
		answers, err := s.Bulk(t.Context(), letter, crowd(2))
		if err != nil || len(answers) != 2 || answers[0] != c.want || answers[1] != c.want || len(a.calls) != 1 || len(a.box) != 0 {
			t.Errorf("%s: %+v, %v, %d calls, %d mails", name, answers, err, len(a.calls), len(a.box))
		}
	}
}

// F04: SES has accepted every mail and its answer is lost. Nobody is counted as told or as not told.
func TestFault_F04_ALostAnswerIsUncertainForAll(t *testing.T) {
	s, a := openAccount(t, ses.Limits{})
	a.answer = func(_ http.ResponseWriter, r *http.Request) bool {
		a.Account.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	}
	answers, err := s.Bulk(t.Context(), letter, crowd(50))
	if err != nil || len(a.box) != 50 || len(a.calls) != 1 {
		t.Fatalf("%v: %d mails in %d calls", err, len(a.box), len(a.calls))
	}
	for i, answer := range answers {
		if answer != uncertain {
			t.Errorf("%d: %+v", i, answer)
		}
	}
	hanging := make(chan struct{})
	a.answer = func(http.ResponseWriter, *http.Request) bool { <-hanging; return true }
	defer close(hanging)
	s.bulkPatience = 50 * time.Millisecond
	if answers, err = s.Bulk(t.Context(), letter, crowd(1)); err != nil || answers[0] != uncertain {
		t.Errorf("a silent SES: %v, %v", answers, err)
	}
}

// F04: without a connection, no mail has left, so it may be sent again at once.
func TestFault_F04_WithoutAConnectionNothingLeft(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	_, _ = openAccount(t, ses.Limits{}) // sets the environment
	t.Setenv("AWS_ENDPOINT_URL_SESV2", server.URL)
	s := Open("privacy@mail.example.com", "mails", metric.Meter{})
	answers, err := s.Bulk(t.Context(), letter, crowd(2))
	if err != nil || answers[1] != (feedback.Answer{Verdict: feedback.Postponed, Reason: "unreachable"}) {
		t.Errorf("%v, %v", answers, err)
	}
}

// F06: an account takes no more entries of a call than it may send in a second, and no more than are left of the day.
func TestFault_F06_LimitsRefuseTheRestOfACall(t *testing.T) {
	for want, limits := range map[string]ses.Limits{"throttled": {PerSecond: 14, PerDay: 1000}, "daily_quota": {PerSecond: 50, PerDay: 14}} {
		s, a := openAccount(t, limits)
		answers, err := s.Bulk(t.Context(), letter, crowd(20))
		if err != nil || len(a.box) != 14 {
			t.Fatalf("%d mails, %v", len(a.box), err)
		}
		for i, answer := range answers {
			if i < 14 && answer.Verdict != feedback.Accepted || i >= 14 && answer != (feedback.Answer{Verdict: feedback.Postponed, Reason: want}) {
				t.Errorf("%s, %d: %+v", want, i, answer)
			}
		}
	}
}

// A text that SES would read as a template, and whatever else no call can carry, never reaches SES.
func TestWhatNoBulkMailMayHold(t *testing.T) {
	s, a := openAccount(t, ses.Limits{})
	for name, c := range map[string]struct {
		change func(*BulkMessage, *feedback.Recipient)
		want   error
	}{
		"a variable in the subject": {func(m *BulkMessage, _ *feedback.Recipient) { m.Subject = "{{x}}" }, errTemplate},
		"a variable in the text":    {func(m *BulkMessage, _ *feedback.Recipient) { m.Text += "{{" }, errTemplate},
		"a variable in the HTML":    {func(m *BulkMessage, _ *feedback.Recipient) { m.HTML += "{{{x}}}" }, errTemplate},
		"a control character":       {func(m *BulkMessage, _ *feedback.Recipient) { m.Subject += "\r\nBcc: b@example.org" }, errControl},
		"no subject":                {func(m *BulkMessage, _ *feedback.Recipient) { m.Subject = "" }, errBulkSize},
		"no text":                   {func(m *BulkMessage, _ *feedback.Recipient) { m.Text = "" }, errBulkSize},
		"no HTML":                   {func(m *BulkMessage, _ *feedback.Recipient) { m.HTML = "" }, errBulkSize},
		"too long":                  {func(m *BulkMessage, _ *feedback.Recipient) { m.HTML = strings.Repeat("<", longestBulk) }, errBulkSize},
		"no kind":                   {func(m *BulkMessage, _ *feedback.Recipient) { m.Kind = "" }, errTag},
		"an address as a tag":       {func(m *BulkMessage, _ *feedback.Recipient) { m.About = "anna@example.org" }, errTag},
		"no part":                   {func(_ *BulkMessage, r *feedback.Recipient) { r.Part = "" }, errTag},
	} {
		m, to := letter, crowd(2)
		c.change(&m, &to[1])
		if answers, err := s.Bulk(t.Context(), m, to); !errors.Is(err, c.want) || answers != nil {
			t.Errorf("%s: %v, %v", name, answers, err)
		}
	}
	if _, err := s.Bulk(t.Context(), letter, crowd(51)); !errors.Is(err, errCrowd) || len(a.calls) != 0 {
		t.Errorf("51 recipients: %v, %d calls", err, len(a.calls))
	}
	long := letter
	long.HTML = strings.Repeat("<", longestBulk-len(long.Text))
	long.HTML = long.HTML[:len(long.HTML)-3] + "}}\\" // as in a style element
	to := crowd(50)
	for i := range to {
		to[i].Address = strings.Repeat("a", 62) + to[i].Address
	}
	if answers, err := s.Bulk(t.Context(), long, crowd(50)); err != nil || answers[49].Verdict != feedback.Accepted {
		t.Errorf("the longest mail: %v, %v", answers[49], err)
	}
}

// T04: the log of a bulk call names SES's error and no address.
func TestThreat_T04_TheLogOfABulkCallNamesNobody(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)
	s, a := openAccount(t, ses.Limits{})
	a.answer = func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("X-Amzn-Errortype", "MessageRejected")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"message":"Email address is not verified: p0@example.org"}`)
		return true
	}
	_, _ = s.Bulk(t.Context(), letter, crowd(1))
	if said := log.String(); !strings.Contains(said, "about=2026-11-02") || !strings.Contains(said, "MessageRejected") || strings.Contains(said, "@") {
		t.Error(said)
	}
}
