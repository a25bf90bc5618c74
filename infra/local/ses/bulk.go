package ses

import (
	"encoding/json"
	"net/http"
	"strings"
)

// mostEntries is SES's limit for the entries of one bulk call.
const mostEntries = 50

// longestCall is how long a call with an inline template may be: one megabyte, by the developer guide.
const longestCall = 1_000_000

// outboundBulk is the part of SendBulkEmail's request that the service may use. The stand-in refuses everything else, as for [outbound].
type outboundBulk struct {
	FromEmailAddress     string
	ConfigurationSetName string
	DefaultContent       struct{ Template *inline }
	DefaultEmailTags     []tag
	BulkEmailEntries     []entry
}

// inline is a template whose text stands in the call.
type inline struct {
	TemplateContent *struct{ Subject, Text, Html string } //nolint:revive // the name on the wire
	TemplateData    string
	Headers         []header
}

// entry is one mail of a call.
type entry struct {
	Destination             struct{ ToAddresses []string }
	ReplacementEmailContent struct {
		ReplacementTemplate struct{ ReplacementTemplateData string }
	}
	ReplacementTags []tag
}

// result is SES's answer about one entry.
type result struct {
	Status    string
	Error     string `json:",omitempty"`
	MessageId string `json:",omitempty"` //nolint:revive // the name on the wire
}

// sendBulk takes the entries one by one. What is wrong with the call as a whole refuses all of them.
func (a *Account) sendBulk(w http.ResponseWriter, r *http.Request) {
	var o outboundBulk
	if !understood(w, r, longestCall, &o) {
		return
	}
	m, problem := o.mail()
	if problem != "" {
		badRequest(problem).answer(w)
		return
	}
	if refused, ok := a.refusesCall(m.From, o.ConfigurationSetName); ok {
		refused.answer(w)
		return
	}
	results, mails := make([]result, len(o.BulkEmailEntries)), make([]Mail, 0, len(o.BulkEmailEntries))
	for i, e := range o.BulkEmailEntries {
		mine := m
		if mine.To, mine.Tags, problem = e.to(o.DefaultEmailTags); problem != "" {
			results[i] = result{Status: "INVALID_PARAMETER", Error: problem}
		} else if results[i] = a.entry(mine); results[i].Status == "SUCCESS" {
			mine.ID, mine.At = a.newID()
			results[i].MessageId = mine.ID
			mails = append(mails, mine)
		}
	}
	if !a.accept(w, mails, call{"SendBulkEmail", m.hasVariables()}) {
		return
	}
	_ = json.NewEncoder(w).Encode(map[string][]result{"BulkEmailEntryResults": results})
}

// mail returns what all entries share, or says what is wrong with the call.
func (o outboundBulk) mail() (m Mail, problem string) {
	t := o.DefaultContent.Template
	switch {
	case len(o.BulkEmailEntries) == 0 || len(o.BulkEmailEntries) > mostEntries:
		return m, "There must be 1 to 50 entries."
	case t == nil || t.TemplateContent == nil:
		return m, "The template is missing, or of a kind that the stand-in does not know."
	case t.TemplateContent.Subject == "" || t.TemplateContent.Text == "" && t.TemplateContent.Html == "":
		return m, "The template has no subject or no text."
	case !isObject(t.TemplateData):
		return m, "The template data is no JSON object."
	}
	m = Mail{From: o.FromEmailAddress, Subject: t.TemplateContent.Subject, Text: t.TemplateContent.Text, HTML: t.TemplateContent.Html}
	if m.Headers, problem = added(t.Headers); problem != "" {
		return m, problem
	}
	if _, problem = tagged(o.DefaultEmailTags); problem != "" {
		return m, problem
	}
	for _, e := range o.BulkEmailEntries {
		if data := e.ReplacementEmailContent.ReplacementTemplate.ReplacementTemplateData; data != "" && !isObject(data) {
			return m, "The template data of an entry is no JSON object."
		}
		if _, problem = tagged(e.ReplacementTags); problem != "" {
			return m, problem
		}
	}
	return m, ""
}

// hasVariables reports whether SES would look for variables in the text. This service sends none, so no data has their values.
func (m Mail) hasVariables() bool {
	return strings.Contains(m.Subject, "{{") || strings.Contains(m.Text, "{{") || strings.Contains(m.HTML, "{{")
}

// isObject reports whether the text is a JSON object, which SES demands of template data.
func isObject(text string) bool {
	var object map[string]any
	return json.Unmarshal([]byte(text), &object) == nil && object != nil
}

// to returns the one recipient of an entry and its tags. Tags of an entry take the place of the default tags.
func (e entry) to(defaults []tag) (to []string, tags map[string]string, problem string) {
	if len(e.Destination.ToAddresses) != 1 {
		return nil, nil, "This service writes to one person at a time."
	}
	address, ok := bare(e.Destination.ToAddresses[0])
	if !ok {
		return nil, nil, "Illegal address"
	}
	if len(e.ReplacementTags) > 0 {
		defaults = e.ReplacementTags
	}
	tags, problem = tagged(defaults)
	return []string{address}, tags, problem
}

// limited are the statuses of entries that an account's limits refuse.
var limited = map[State]result{
	Throttled: {Status: "ACCOUNT_THROTTLED", Error: refusals[Throttled].message},
	OverQuota: {Status: "ACCOUNT_DAILY_QUOTA_EXCEEDED", Error: refusals[OverQuota].message},
}

// entry decides about one entry of a call that is not refused as a whole.
func (a *Account) entry(m Mail) result {
	if fate := a.fates.of(m.To[0]); fate.refuses() {
		return result{Status: string(fate), Error: "The local list refuses this address."}
	}
	if a.State() == Sandbox && !a.inSandbox(m.To[0]) {
		return result{Status: "MESSAGE_REJECTED", Error: unverified.message}
	}
	if state := a.quota.take(1); state != Sending {
		return limited[state]
	}
	return result{Status: "SUCCESS"}
}
