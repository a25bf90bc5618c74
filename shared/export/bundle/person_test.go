package bundle

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// requested returns three requests: one with an answer, one that nobody confirmed, and one that lapsed.
func requested() []Request {
	at := created.AddDate(0, 0, -9)
	return []Request{
		{ID: "r-1", Right: privacy.Access, State: "fulfilled", Confirmed: true, Address: "Anna@example.org", Jurisdiction: privacy.UK, Language: "en-GB",
			Agent: &Agent{"Lena Agent", "lena@law.example", "lawyer"}, RemindedAt: at.AddDate(0, 0, 3), Extension: &Extension{Reason: "many <systems>", DecidedAt: at, NoticeAt: at.Add(time.Hour)},
			Details: "details-canary <b>\n=1+1", PolicyVersion: "2026-11-02", ReceivedAt: at, Repeats: 2, RepeatedAt: at.Add(time.Minute), ConfirmedAt: at, ClosedAt: at, KeptUntil: at.AddDate(2, 0, 0),
			History: []Event{{At: at, Kind: "link_returned", Reason: "no_email"}, {At: at, Kind: "verified"}, {At: at, Kind: "answer_returned", Reason: "mailbox_full"}, {At: at, Kind: "some_day"}},
			Exports: []Attempt{{Number: 1, State: "sent", CreatedAt: at, OpenUntil: at.AddDate(0, 0, 7), Bytes: 9, Downloads: []time.Time{at.Add(time.Hour), at.Add(2 * time.Hour)}}, {Number: 2, State: "building", CreatedAt: at}}},
		{ID: "r-2", Right: privacy.Portability, State: "verifying", Address: "anna@example.org", Jurisdiction: privacy.EU, Language: "x-stranger-canary",
			Details: "stranger-canary", Messages: []Message{{At: at, Text: "stranger-canary", Cut: true, Attachments: 1}}, Child: "stranger-canary@example.org", Agent: &Agent{"stranger-canary", "stranger-canary@example.org", "other"}, PolicyVersion: "2026-11-02", ReceivedAt: at.AddDate(0, 0, 1)},
		{ID: "r-3", Right: privacy.Access, State: "lapsed", PolicyVersion: "2026-11-02", ReceivedAt: at.AddDate(0, 0, 2), ClosedAt: created, KeptUntil: created.AddDate(2, 0, 0),
			History: []Event{{At: at, Kind: "lapsed"}, {At: at, Kind: "repeated"}, {At: at, Kind: "discarded"}}},
		{ID: "r-4", Right: privacy.Restriction, State: "fulfilled", Confirmed: true, Ground: privacy.Accuracy, Purposes: []privacy.Purpose{"security"}, Categories: []privacy.Category{privacy.Contact},
			InForce: true, PolicyVersion: "2026-11-02", ReceivedAt: at.AddDate(0, 0, 3), ConfirmedAt: at.AddDate(0, 0, 3), Outcome: &Outcome{"partly_done", "Ask Bo Berg <bo@example.net>.", created}},
		{ID: "r-5", Right: privacy.Complaint, State: "open", Confirmed: true, Unproven: true, Details: "complaint-canary", Language: "x-complaint-canary", Agent: &Agent{"complaint-canary", "complaint-canary@example.org", "other"}, PolicyVersion: "2026-11-02", ReceivedAt: at.AddDate(0, 0, 4)},
		{ID: "r-6", Right: privacy.ChildErasure, State: "open", DueAt: created.AddDate(0, 0, 3), Confirmed: true, Child: "kid@example.org", PolicyVersion: "2026-11-02", ReceivedAt: at.AddDate(0, 0, 5), ConfirmedAt: created},
		{ID: "r-7", Right: privacy.Know, State: "fulfilled", Confirmed: true, Scope: privacy.Specific, Declared: true, PolicyVersion: "2026-11-02", ReceivedAt: at.AddDate(0, 0, 6), ConfirmedAt: created},
		{ID: "r-13", Right: privacy.Question, State: "open", Confirmed: true, About: "r-1", PolicyVersion: "2026-11-02", ReceivedAt: at.AddDate(0, 0, 6), ConfirmedAt: created,
			Messages: []Message{{At: at, Text: "mail-canary <b>\n=1+1", Cut: true, Attachments: 2}, {At: at.Add(time.Hour), Hidden: true}}, History: []Event{{At: at, Kind: "joined"}, {At: at, Kind: "for_team", Reason: "unopened"}}},
		{ID: "r-12", Right: privacy.Erasure, State: "fulfilled", Confirmed: true, PolicyVersion: "2026-11-02", ReceivedAt: at.AddDate(0, 0, 6), ConfirmedAt: created, Erasure: &Erasure{
			PlannedAt: at, AgreedAt: at, ErasesAt: at, BegunAt: at, ErasedAt: at, Certificate: "signed.by.us", Systems: []ErasingSystem{{Title: "Customer <system>"}, {"Helpdesk", created}},
			Kinds: []ErasedKind{{Title: "Chats", Outcome: "erased", Count: new(17)}, {Title: "Logs", Outcome: "withheld", Ground: privacy.StillNecessary, Law: "GDPR Art. 17(1)(a)", Reason: "reason-canary", Until: created}},
		}},
	}
}

func known() Subject {
	return Subject{
		ID: "sid", Addresses: []Address{
			{Address: "Anna@example.org", System: "crm", AttachedAt: created.AddDate(0, 0, -20), FrozenAt: created.AddDate(0, 0, -19)},
			{Address: "ANNA@example.net", Typed: true, Shared: true}, {ErasedAt: created.AddDate(0, 0, -40), System: "crm"}},
		IDs: []SystemID{{"shop"}}, Formerly: []Former{{"sid-former", created.AddDate(0, 0, -30)}}, Contract: "ended", ContractEndedAt: created.AddDate(-1, 0, 0),
		NewestRecordAt: created, KnownSince: created.AddDate(-3, 0, 0), Marketing: "consented", KeptUntil: created.AddDate(1, 0, 0),
		OptOuts: []OptOut{{"r-8", created.AddDate(0, -3, 0)}}, Objections: []Objection{{"r-9", created.AddDate(0, -2, 0), []privacy.Purpose{privacy.MarketingEmail, "security"}}},
		Restrictions: []Restriction{
			{Request: "r-10", Since: created.AddDate(0, -1, 0), Ground: privacy.Claims}, {"r-4", created.AddDate(0, 0, -6), privacy.Accuracy, []privacy.Purpose{"security"}, []privacy.Category{privacy.Contact}}},
		KeepingChanged: created.AddDate(0, 0, -6),
		Erasures:       []Erased{{Request: "r-11", Since: created.AddDate(0, 0, -40), NewContract: true, Acknowledged: []string{"crm"}}, {Request: "r-12", Since: created.AddDate(0, 0, -50)}},
		Holds:          []Hold{{created.AddDate(0, 0, -7), "a claim of 2026", []privacy.Category{privacy.Transaction}}, {Since: created.AddDate(0, 0, -2), Reason: "an investigation"}},
		PendingConsents: []PendingConsent{
			{Address: "aNNA@example.org", Choices: map[privacy.Purpose]string{privacy.MarketingEmail: "granted", privacy.Testimonials: "denied"}, PolicyVersion: "2026-11-02",
				Surface: "form", GPC: true, AskedAt: created.Add(-time.Hour), Repeats: 3, RepeatedAt: created, KeptUntil: created.AddDate(0, 0, 7)},
		},
		Mailbox: &Mailbox{
			Address: "anna@Example.org", Links: []Link{{MailedAt: created.AddDate(0, 0, -5), Accepted: true, OpenedAt: created.AddDate(0, 0, -4), Openings: 2}, {MailedAt: created.AddDate(0, 0, -3)}},
			LinksMailed: 17, Receipts: 16, MailedOn: created.Truncate(24 * time.Hour), MailedThen: 15, SessionUntil: created.Add(40 * time.Minute), KeptUntil: created.AddDate(0, 0, 4),
			Untold: []Act{
				{At: created.Add(-2 * time.Minute), Kind: "confirmed", Request: "r-1", Right: privacy.Access, DueAt: created.AddDate(0, 0, 29), TimeZone: "Europe/London"},
				{At: created.Add(-time.Minute), Kind: "decided", Choices: map[privacy.Purpose]string{privacy.Testimonials: "granted"}},
				{At: created, Kind: "discarded", Right: privacy.Portability},
			},
		},
	}
}

// personal is the input of an answer to a person about whom everything is stored that can be stored besides records.
func personal(right privacy.Right) Input {
	in := input(right, person())
	in.Requests, in.Subject = requested(), known()
	return in
}

// H01: an answer to access contains requests, addresses, state and unconfirmed consents, both for machines and for people.
func TestPromise_H01_RequestsAndWhatIsKnownAreInTheBundle(t *testing.T) {
	files, _, _ := build(t, personal(privacy.Access))
	var shown []Request
	if err := json.Unmarshal(files["requests.json"], &shown); err != nil || len(shown) != len(requested()) {
		t.Fatalf("%v %s", err, files["requests.json"])
	}
	want := requested()[0]
	want.HasDetails, want.Exports[1].Downloads = true, []time.Time{}
	if !reflect.DeepEqual(shown[0], want) {
		t.Errorf("%+v\n not %+v", shown[0], want)
	}
	var who Subject
	if err := json.Unmarshal(files["subject.json"], &who); err != nil || !reflect.DeepEqual(who, known()) {
		t.Errorf("%v %+v", err, who)
	}
	page := string(files["index.html"])
	for _, words := range []string{"Requests made with your address (9)", "<dt>Asked for</dt><dd dir=\"auto\">Email to our privacy team", "mail-canary &lt;b&gt;", "Some of the words are not stored.",
		"Attachments, which we did not keep", "Someone else may have written it.", "An email was added to the request that it answers", "nobody opened the link that we emailed", "Answers our email about request number", "Why we keep it", "reason-canary", "Customer &lt;system&gt;", "not confirmed yet", "Deleted. We have only a keyed hash of it.", "an investigation", "details-canary &lt;b&gt;", "Your contract has ended.", "First stored, or contract last renewed", "You agreed to them.", "some day", "as someone typed it",
		"lapsed, because nobody confirmed it in time", "14 November 2026, 11:00 UTC, 14 November 2026, 12:00 UTC", "European Union or EEA",
		"We do not know.", "<dt>Times asked for again</dt><dd dir=\"auto\">2", "<dt>Times sent again</dt><dd dir=\"auto\">3", "The email with the link to confirm it came back", "It repeated another request",
		"It was discarded", "18 November 2026, 10:00 UTC", "19 November 2026, 10:00 UTC", "not opened", "<dt>Emails with a link so far</dt><dd dir=\"auto\">17", "<dt>Emails about what you did so far</dt><dd dir=\"auto\">16",
		"<dt>Emails on that day</dt><dd dir=\"auto\">15", "23 November 2026, 10:40 UTC", "A request was confirmed.", "Choices were made.", "Something that was not yours was discarded.", "22 December 2026, 10:00 UTC",
		"27 November 2026, 10:00 UTC"} {
		if !strings.Contains(page, words) {
			t.Errorf("the page lacks %q", words)
		}
	}
	if mails := shown[7]; !reflect.DeepEqual(mails.Messages, requested()[7].Messages) || !mails.HasDetails || mails.About != "r-1" {
		t.Errorf("%+v", mails)
	}
	if hidden := []Message{{At: requested()[1].Messages[0].At, Hidden: true, Cut: true, Attachments: 1}}; !reflect.DeepEqual(shown[1].Messages, hidden) {
		t.Errorf("%+v", shown[1].Messages)
	}
	for i, r := range requested() {
		if !r.ConfirmedAt.IsZero() && (r.Agent == nil) != (shown[i].Agent == nil) || i > 2 && !reflect.DeepEqual(shown[i].Outcome, r.Outcome) {
			t.Errorf("%s: %+v", r.ID, shown[i])
		}
	}
	marketing, _ := in(t).Policy.Purpose(privacy.MarketingEmail)
	testimonials, _ := in(t).Policy.Purpose(privacy.Testimonials)
	first, second := strings.Index(page, choice(marketing.Title, "yes")), strings.Index(page, choice(testimonials.Title, "no"))
	ids := []privacy.Purpose{}
	for _, p := range in(t).Policy.Purposes {
		ids = append(ids, p.ID)
	}
	if first < 0 || second < 0 || (first < second) != (slices.Index(ids, privacy.MarketingEmail) < slices.Index(ids, privacy.Testimonials)) {
		t.Errorf("the choices stand at %d and %d", first, second)
	}
}

// choice is a row of the page.
func choice(purpose, said string) string {
	return `data-label="Purpose" dir="auto">` + purpose + `</td><td role="cell" data-label="Choice" dir="auto">` + said + `</td>`
}

func in(t *testing.T) Input { t.Helper(); return input(privacy.Access, nil) }

// H14, T32: the text of an unconfirmed request is shown to nobody, nor is that of a complaint, which nobody has to confirm. The page says that the request exists and why its text is missing.
func TestPromise_H14_NoTextOfAnUnconfirmedRequest(t *testing.T) {
	files, _, _ := build(t, personal(privacy.Access))
	for name, content := range files {
		if bytes.Contains(content, []byte("stranger-canary")) || bytes.Contains(content, []byte("complaint-canary")) {
			t.Errorf("%s holds what a stranger may have written", name)
		}
	}
	if !bytes.Contains(files["requests.json"], []byte(`"hasDetails": true`)) || !bytes.Contains(files["index.html"], []byte("If nobody has confirmed a request, we do not show the message sent with it")) ||
		!bytes.Contains(files["index.html"], []byte("<dt>Message sent with it</dt><dd dir=\"auto\">yes")) || !bytes.Contains(files["index.html"], []byte("No. Nobody has confirmed this request")) {
		t.Error("it is not said that there is a text")
	}
}

// H05: requests are kept because the law demands it. So an answer to portability leaves them out, and says where to get them.
func TestPromise_H05_RequestsAreNotPortable(t *testing.T) {
	files, order, _ := build(t, personal(privacy.Portability))
	if slices.Contains(order, "requests.json") || slices.Contains(order, "subject.json") {
		t.Errorf("files %v", order)
	}
	if page := string(files["index.html"]); strings.Contains(page, "details-canary") || !strings.Contains(page, "To receive those too, ask for access.") {
		t.Error("the page shows requests, or does not say where they are")
	}
}

// H01: if nobody is known by the address, the documents exist and say so.
func TestPromise_H01_NobodyIsKnown(t *testing.T) {
	nobody := input(privacy.Access, nil)
	nobody.Requests = requested()[:1]
	files, _, _ := build(t, nobody)
	if !strings.Contains(string(files["index.html"]), "We store no records under the address that this answer was sent to") {
		t.Error("the page does not say that nobody is known")
	}
	if got := string(files["subject.json"]); got != "{\n  \"addresses\": [],\n  \"ids\": [],\n  \"formerly\": [],\n  \"optOuts\": [],\n  \"objections\": [],\n  \"restrictions\": [],\n  \"erasures\": [],\n  \"holds\": [],\n  \"pendingConsents\": []\n}\n" {
		t.Errorf("subject.json: %s", got)
	}
}

// T17: what people typed stays text.
func TestThreat_T17_RequestsAreEscaped(t *testing.T) {
	naughty := `</dd></article><script>alert(1)</script><img src=x onerror=alert(1)>{{.}}" ' --> <!-- &lt;`
	with := func(text string) map[string]int {
		in := personal(privacy.Access)
		in.Requests[0].Details, in.Requests[0].Language, in.Requests[0].Address, in.Requests[0].State = text, text, text, text
		in.Requests[0].History[0].Kind, in.Requests[0].Exports[0].State, in.Requests[1].Address = text, text, text
		in.Requests[0].Agent = &Agent{text, text, text}
		in.Requests[3].Outcome, in.Requests[3].Ground = &Outcome{text, text, created}, privacy.Ground(text)
		in.Requests[0].Extension = &Extension{Reason: text}
		in.Requests[5].Child = text
		in.Requests[7].Messages[0].Text, in.Requests[7].About = text, text
		in.Subject.Restrictions[1].Purposes[0], in.Subject.Restrictions[1].Categories[0], in.Subject.Objections[0].Purposes[0] = privacy.Purpose(text), privacy.Category(text), privacy.Purpose(text)
		in.Subject.Addresses[0].Address, in.Subject.PendingConsents[0].Address, in.Subject.Contract = text, text, text
		files, _, _ := build(t, in)
		return elements(t, files["index.html"])
	}
	if got, want := with(naughty), with("x"); !reflect.DeepEqual(got, want) || got["script"] != 0 {
		t.Errorf("elements %v, want %v", got, want)
	}
}
