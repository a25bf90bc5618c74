package faults

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/infra/local/ses"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// variants are a hundred ways to write something like anna.lee@example.org.
func variants() []string {
	all := []string{
		"anna.lee+x@example.org", "annalee@example.org", "anna..lee@example.org", "anna.lee@example.org.", "anna.lee@sub.example.org", "anna.lee@example.org@evil.example",
		"anna.lee%evil.example@example.org", "evil.example!anna.lee@example.org", "<anna.lee@example.org>", "Anna Lee <anna.lee@example.org>",
		"anna.lee@example.org <evil@evil.example>", "\"anna.lee@example.org\" <evil@evil.example>", "anna.lee@example.org,evil@evil.example",
		"anna.lee@example.org;evil@evil.example", "anna.lee@example.org evil@evil.example", "anna.lee@example.org\nBcc:evil@evil.example",
		"anna.lee@example.org\r\nReply-To:evil@evil.example", "anna.lee@example.org(evil@evil.example)", "\"anna.lee\"@example.org", "anna.lee@[192.0.2.1]",
		" anna.lee@example.org", "anna.lee@example.org ", "anna.lee @example.org", "anna.lee@ example.org", "mailto:anna.lee@example.org", "anna.lee@example.org?cc=evil@evil.example",
		"anna.lee\u200b@example.org", "anna.lee\u202e@example.org", "\ufeffanna.lee@example.org", "аnna.lee@example.org", "anna.lee@exаmple.org", "anna.lee@ехample.org",
		"anna.lee@example.org\x00", "anna.lee\x00@example.org", "ａnna.lee@example.org", "anna．lee@example.org", "anna.lee＠example.org", "anna.lee@example。org",
		"anna.lee@ｅxample.org", "anna.leé@example.org", "anna.lée@example.org", "anna_lee@example.org", "anna-lee@example.org", "@example.org", "anna.lee@", "anna.lee",
		"anna.lee@example", "anna.lee@example.com", "anna.lee@xn--exmple-4nf.org", "anna.ʟee@example.org",
	}
	for i := 0; len(all) < 100; i++ { // capitals, one bit for a letter
		b := []byte("anna.lee@example.org")
		for bit, at := range []int{0, 1, 2, 5, 9, 17} {
			if (i+1)>>bit&1 == 1 {
				b[at] -= 'a' - 'A'
			}
		}
		all = append(all, string(b))
	}
	return all
}

// impersonate requests somebody's data and states a consent, by an address that may look like theirs, with every header that could
// redirect an answer. It presses the buttons of all mails that arrive, at any address. It returns whether the address was accepted.
func (r *rig) impersonate(email string) (filed, asked bool) {
	r.t.Helper()
	quoted, _ := json.Marshal(email)
	headers := map[string]string{"reply-to": "evil@evil.example", "from": "evil@evil.example", "x-original-to": "evil@evil.example"}
	before := len(r.box.All())
	filed = r.http("request", "POST", "/v1/requests", `{"right":"access","email":`+string(quoted)+`,"details":"Reply-To: evil@evil.example"}`, headers).status == http.StatusAccepted
	asked = r.http("consent", "POST", "/v1/consents", `{"subject":{"email":`+string(quoted)+`},"decisions":{"testimonials":"granted"},"policyVersion":"`+
		policy.VersionInForce(time.Now())+`","language":"en","surface":"form"}`, headers).status == http.StatusAccepted
	r.run("fulfil")
	for _, m := range r.box.All()[before:] {
		for _, l := range linksIn(m.Text) {
			if l.kind == "me" {
				r.presses(*r.open(l), "request")
			}
		}
	}
	r.run("fulfil")
	r.run("export")
	r.tomorrow()
	return filed, asked
}

// tomorrow resets how often an address was mailed today (threat T09), because a test cannot move the functions' own clock.
func (r *rig) tomorrow() {
	r.t.Helper()
	name := r.tables.Name("RequestsTable")
	for _, item := range r.scan("RequestsTable") {
		key := dynamo.Key(dynamo.Text(item, dynamo.PK), dynamo.Text(item, dynamo.SK))
		var err error
		if strings.HasPrefix(dynamo.Text(item, dynamo.PK), "limit#") {
			_, err = r.tables.Client.DeleteItem(r.t.Context(), &dynamodb.DeleteItemInput{TableName: &name, Key: key})
		} else if item["mailed"] != nil {
			_, err = r.tables.Client.UpdateItem(r.t.Context(), &dynamodb.UpdateItemInput{TableName: &name, Key: key, UpdateExpression: ptr("REMOVE mailed, #day"),
				ExpressionAttributeNames: map[string]string{"#day": "day"}})
		}
		if err != nil {
			r.t.Fatal(err)
		}
	}
}

// T01: an address is written in a hundred ways, with display names and reply addresses among them. Each is used for a request and
// for a consent, and every button is pressed. The data subject's data and choices go only to the address on record, as it is spelt there.
func TestThreat_T01_AnswersGoToTheAddressOnRecord(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const record, canary = "anna.lee@example.org", "canary of Anna"
	r.known(record, canary)
	r.subscribe(record, nil)
	r.run("fulfil")
	r.presses(r.opens(record), "consent")
	r.run("fulfil")
	filed, asked := 0, 0
	tried := soak.Sample(variants(), 3)
	for _, v := range tried {
		one, two := r.impersonate(v)
		if one {
			filed++
		}
		if two {
			asked++
		}
	}
	if most := len(tried) * 6 / 10; filed < most || asked < most {
		t.Errorf("only %d and %d variants were accepted", filed, asked)
	}
	told := map[string]int{} // the kinds of mail that led to Anna's data
	elsewhere := 0
	for _, m := range r.box.All() {
		if m.To[0] != record {
			elsewhere++
		}
		r.onlyTo(record, canary, m, told)
	}
	// Half of the variants differ by ASCII case alone and one writes the same domain in full-width letters; Anna's own consent is one more.
	same := 0
	for _, v := range tried {
		if a, err := subject.ParseAddress(v); err == nil && a.Lookup == record {
			same++
		}
	}
	if told["exports"] != same || told["me"] != same+1 || told["List-Unsubscribe"] < same+1 || same < len(tried)/3 || elsewhere < 10 {
		t.Errorf("%v, and %d mails to others: this test looks in the wrong place", told, elsewhere)
	}
}

// ownHeaders are the headers that this service gives a mail.
var ownHeaders = []string{"Auto-Submitted", "List-Unsubscribe", "List-Unsubscribe-Post", "References", "X-Privacy-Service"}

// onlyTo checks that a mail is as it must be, and counts the links in it that lead to the data of the owner of the address on record.
func (r *rig) onlyTo(record, canary string, m ses.Mail, told map[string]int) {
	r.t.Helper()
	if len(m.To) != 1 || strings.Contains(m.Text+m.HTML+m.Subject+m.From, "evil.example") {
		r.t.Errorf("a mail to %d addresses, or with what a stranger wrote", len(m.To))
	}
	for name := range m.Headers {
		if !slices.Contains(ownHeaders, name) {
			r.t.Errorf("a mail has the header %s", name)
		}
	}
	if m.To[0] != record && strings.EqualFold(m.To[0], record) {
		r.t.Error("a mail went to a spelling that is not on record")
	}
	var leads []string
	if strings.Contains(m.Headers["List-Unsubscribe"], "/"+string(r.who(record))+".") {
		leads = append(leads, "List-Unsubscribe")
	}
	for _, l := range linksIn(m.Text) {
		switch l.kind {
		case "exports": // a stranger who stated a consent is told about it, and nothing else
			if holds(r.t, r.fetch(l), canary) {
				leads = append(leads, "exports")
			}
		case "me":
			if r.open(l).me.Preferences.Decisions[string(privacy.MarketingEmail)].State == "granted" {
				leads = append(leads, "me")
			}
		}
	}
	for _, what := range leads {
		told[what]++
		if m.To[0] != record {
			r.t.Errorf("%s of Anna went elsewhere", what)
		}
	}
}
