// Package ses stands in for Amazon SES v2 on one machine. It accepts and refuses mails as SES does, counts them against the account's limits,
// keeps them in a mailbox that a page shows, and publishes the events that SES publishes about each. No mail leaves the machine.
package ses

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"
)

// maxRecipients is SES's limit for one message.
const maxRecipients = 50

// longestMessage is SES's limit for one message, attachments included.
const longestMessage = 40 << 20

// outbound is the part of SendEmail's request that the service may use. The stand-in refuses everything else that SES accepts. An
// attachment would put personal data into a mail (threat T04). A copy, another reply address, a raw message or a template could do
// so too, or send it to others (threat T01).
type outbound struct {
	FromEmailAddress     string
	ConfigurationSetName string
	Destination          struct{ ToAddresses []string }
	Content              struct{ Simple *simple }
	EmailTags            []tag
}

// simple is a message in parts, which SES puts together itself.
type simple struct {
	Subject content
	Body    struct{ Text, Html content } //nolint:revive // the name on the wire
	Headers []header
}

// content is one text; its character set is always UTF-8 here.
type content struct{ Data, Charset string }

// Handler returns the SES endpoint of an account that may send. Only the domain of sender, a bare address, is a verified identity; every mail
// goes to box.
func Handler(box *Mailbox, sender string, now func() time.Time) *Account {
	o := Options{Sender: sender, Now: now}
	if box != nil {
		o.Keep = box.add
	}
	return Open(o)
}

// ServeHTTP serves the four operations that the service uses.
func (a *Account) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }

// routes returns the operations by method and path. GetAccount and GetEmailIdentity stand in identity.go.
func (a *Account) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v2/email/outbound-emails", a.send)
	mux.HandleFunc("POST /v2/email/outbound-bulk-emails", a.sendBulk)
	mux.HandleFunc("GET /v2/email/account", a.describe)
	mux.HandleFunc("GET /v2/email/identities/{identity}", a.identity)
	return mux
}

// send takes a mail, or refuses it as SES does in the account's state.
func (a *Account) send(w http.ResponseWriter, r *http.Request) {
	var o outbound
	if !understood(w, r, longestMessage, &o) {
		return
	}
	m, problem := o.mail()
	if problem != "" {
		badRequest(problem).answer(w)
		return
	}
	if refused, ok := a.refuses(m, o.ConfigurationSetName); ok {
		refused.answer(w)
		return
	}
	m.ID, m.At = a.newID()
	if a.accept(w, []Mail{m}, call{operation: "SendEmail"}) {
		_ = json.NewEncoder(w).Encode(map[string]string{"MessageId": m.ID})
	}
}

// call says with which call a mail came, and whether the mail is a template that SES cannot render.
type call struct {
	operation  string
	unrendered bool
}

// accept keeps the mails and publishes their events, before the caller learns that they are accepted: on AWS an event can overtake the answer.
func (a *Account) accept(w http.ResponseWriter, mails []Mail, c call) bool {
	if a.options.Keep != nil && len(mails) > 0 {
		if err := a.options.Keep(mails...); err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return false
		}
	}
	for _, m := range mails {
		a.report(m, c)
	}
	w.Header().Set("Content-Type", "application/json")
	return true
}

// understood reads a request, or answers what is wrong with it.
func understood(w http.ResponseWriter, r *http.Request, longest int64, into any) bool {
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, longest))
	body.DisallowUnknownFields()
	err := body.Decode(into)
	if _, long := errors.AsType[*http.MaxBytesError](err); long {
		badRequest("The request is too long.").answer(w)
	} else if err != nil {
		badRequest("The request is not understood, or holds what this service never sends.").answer(w)
	}
	return err == nil
}

// badRequest is SES's answer to a request that is wrong.
func badRequest(problem string) refusal {
	return refusal{http.StatusBadRequest, "BadRequestException", problem}
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
	s := o.Content.Simple
	if s == nil {
		return m, "Content is missing, or of a kind that the stand-in does not know."
	}
	m = Mail{From: o.FromEmailAddress, To: to, Subject: s.Subject.Data, Text: s.Body.Text.Data, HTML: s.Body.Html.Data}
	for i, address := range m.To {
		var ok bool
		if m.To[i], ok = bare(address); !ok {
			return m, "A recipient is no address."
		}
	}
	if len(m.To) == 0 {
		return m, "There is no recipient."
	}
	if m.Headers, problem = added(s.Headers); problem != "" {
		return m, problem
	}
	m.Tags, problem = tagged(o.EmailTags)
	return m, problem
}
