// Package ses stands in for Amazon SES v2 on one machine. It accepts and refuses mails as SES does, and keeps them in a mailbox
// that a page shows. No mail leaves the machine.
package ses

import (
	"encoding/json"
	"net/http"
	"net/mail"
	"time"

	"github.com/google/uuid"
)

// maxRecipients is SES's limit for one message.
const maxRecipients = 50

// outbound is the part of SendEmail's request that the service may use. The stand-in refuses everything else that SES accepts. An
// attachment would put personal data into a mail (threat T04). A copy, another reply address, a raw message or a template could do
// so too, or send it to others (threat T01).
type outbound struct {
	FromEmailAddress     string
	ConfigurationSetName string
	Destination          struct{ ToAddresses []string }
	Content              struct{ Simple *simple }
}

// simple is a message in parts, which SES puts together itself.
type simple struct {
	Subject content
	Body    struct{ Text, Html content } //nolint:revive // the name on the wire
	Headers []struct{ Name, Value string }
}

// content is one text; its character set is always UTF-8 here.
type content struct{ Data, Charset string }

// Handler returns the SES endpoint of an account that may send. Only sender, a bare address, is a verified identity; every mail goes to box.
func Handler(box *Mailbox, sender string, now func() time.Time) *Account {
	return &Account{box: box, sender: sender, now: now, state: Sending}
}

// ServeHTTP takes a mail, or refuses it as SES does in the account's state.
func (a *Account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || r.URL.Path != "/v2/email/outbound-emails" {
		http.NotFound(w, r)
		return
	}
	var o outbound
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, 40<<20))
	body.DisallowUnknownFields()
	if err := body.Decode(&o); err != nil {
		refusal{http.StatusBadRequest, "BadRequestException", "The request is not understood, or holds what this service never sends."}.answer(w)
		return
	}
	m, problem := o.mail()
	if problem != "" {
		refusal{http.StatusBadRequest, "BadRequestException", problem}.answer(w)
		return
	}
	if refused, ok := a.refuses(m); ok {
		refused.answer(w)
		return
	}
	m.ID, m.At = uuid.NewString(), a.now().UTC()
	if err := a.box.add(m); err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{"MessageId": m.ID})
}

// answer writes a refusal in the shape of the REST JSON protocol, so that the SDK names the error.
func (r refusal) answer(w http.ResponseWriter) {
	w.Header().Set("X-Amzn-Errortype", r.kind)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(r.status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": r.message})
}

// mail turns the request into a mail, or says what SES would find wrong.
func (o outbound) mail() (m Mail, problem string) {
	to := o.Destination.ToAddresses
	if len(to) > maxRecipients {
		return m, "Recipient count exceeds 50."
	}
	if o.Content.Simple == nil {
		return m, "Content is missing, or of a kind that the stand-in does not know."
	}
	m = o.Content.Simple.mail()
	m.From, m.To = o.FromEmailAddress, to
	for i, address := range m.To {
		parsed, err := mail.ParseAddress(address)
		if err != nil {
			return m, "A recipient is no address."
		}
		m.To[i] = parsed.Address
	}
	if len(m.To) == 0 {
		return m, "There is no recipient."
	}
	return m, ""
}

// mail copies subject, bodies and headers.
func (s *simple) mail() Mail {
	m := Mail{Subject: s.Subject.Data, Text: s.Body.Text.Data, HTML: s.Body.Html.Data, Headers: map[string]string{}}
	for _, header := range s.Headers {
		m.Headers[header.Name] = header.Value
	}
	return m
}
