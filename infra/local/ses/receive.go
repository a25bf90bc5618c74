package ses

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Receiving is SES's other half, which takes mails in: what the receipt rule of template.yaml does with a mail, and where the form of the inbox is.
type Receiving struct {
	Address string // the recipient of the rule
	Privacy string // the address that people write to, and from which mails are forwarded to Address

	Bucket, Prefix, Topic string // as SES names them: the bucket, the beginning of each object's key, the topic that is told

	Store  func(key string, message []byte) error // puts an object into the bucket
	Notify func(notice []byte) error              // publishes to the topic

	Box   *Mailbox // the mails that the form replies to
	Inbox string   // the prefix of the inbox, such as /_local
	Now   func() time.Time
}

// formType is the media type of a plain form.
const formType = "application/x-www-form-urlencoded"

// longestForm is how much of a form is read. Nobody types more.
const longestForm = 1 << 20

// ServeHTTP takes a raw message, or the form of the inbox, and does with it what SES does. The query says how SES judges it.
func (o Receiving) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e, problem := enveloped(r.URL.Query())
	if problem != "" {
		http.Error(w, problem, http.StatusBadRequest)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	switch kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind {
	case "multipart/form-data":
		http.Error(w, "a form is "+formType+", and a message is message/rfc822", http.StatusUnsupportedMediaType)
	case formType:
		o.form(w, r, e)
	default:
		message, err := io.ReadAll(http.MaxBytesReader(w, r.Body, longestMessage))
		if _, long := errors.AsType[*http.MaxBytesError](err); long {
			http.Error(w, "SES takes messages of 40 MB at most", http.StatusRequestEntityTooLarge)
			return
		} else if err != nil {
			http.Error(w, "the message was not read to its end", http.StatusBadRequest)
			return
		}
		id, err := o.take(message, e)
		if err != nil {
			http.Error(w, "the message was not kept", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusAccepted)
		_ = json.NewEncoder(w).Encode(map[string]string{"id": id})
	}
}

// envelope is what SES knows of a mail besides the message: who sent it, and its own verdicts.
type envelope struct {
	source   *string           // nil for the address in the field From; empty for a bounce
	verdicts map[string]string // by the names of judged
}

// judged are the names of SES's verdicts.
var judged = []string{"spam", "virus", "spf", "dkim", "dmarc"}

// outcomes are the values that a verdict of SES has.
var outcomes = []string{"PASS", "FAIL", "GRAY", "PROCESSING_FAILED"}

// enveloped reads the query, or says what is wrong with it.
func enveloped(query url.Values) (e envelope, problem string) {
	e.verdicts = map[string]string{}
	for _, name := range judged {
		e.verdicts[name] = outcomes[0]
	}
	for name, values := range query {
		value := values[len(values)-1]
		switch {
		case name == "source":
			if _, ok := bare(value); value != "" && !ok {
				return e, fmt.Sprintf("source is %q, which is no address; it is empty for a bounce", value)
			}
			e.source = &value
		case !slices.Contains(judged, name):
			return e, fmt.Sprintf("%q is none of source, %s", name, strings.Join(judged, ", "))
		case !slices.Contains(outcomes, value):
			return e, fmt.Sprintf("%s is %q, which is none of %s", name, value, strings.Join(outcomes, ", "))
		default:
			e.verdicts[name] = value
		}
	}
	return e, ""
}

// take stores a message and tells the topic, in this order, as SES does. It returns SES's id of the mail.
func (o Receiving) take(message []byte, e envelope) (id string, err error) {
	a := arrived{at: o.Now().UTC().Truncate(time.Millisecond), id: newReceivedID(), verdicts: e.verdicts}
	message = lines(message)
	if e.source != nil {
		a.source = *e.source
	} else {
		a.source = author(message)
	}
	message = append(o.trace(a), message...)
	if err := o.Store(o.Prefix+a.id, message); err != nil {
		return "", err
	}
	notice, err := o.notice(a, message)
	if err != nil {
		return "", err
	}
	return a.id, o.Notify(notice)
}

// newReceivedID returns an id as SES gives to a mail that it receives: 40 small letters and digits.
func newReceivedID() string {
	var b [40]byte
	_, _ = rand.Read(b[:]) // it never fails
	for i := range b {
		b[i] = "0123456789abcdefghijklmnopqrstuv"[b[i]%32]
	}
	return string(b[:])
}
