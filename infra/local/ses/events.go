package ses

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// event is a record of SES's event publishing, as SES hands it to SNS.
type event struct {
	EventType     string         `json:"eventType"`
	Mail          mailObject     `json:"mail"`
	Send          *struct{}      `json:"send,omitempty"`
	Delivery      *delivery      `json:"delivery,omitempty"`
	Bounce        *bounce        `json:"bounce,omitempty"`
	Complaint     *complaint     `json:"complaint,omitempty"`
	Reject        *reject        `json:"reject,omitempty"`
	Failure       *failure       `json:"failure,omitempty"`
	DeliveryDelay *deliveryDelay `json:"deliveryDelay,omitempty"`
}

type mailObject struct {
	Timestamp        string              `json:"timestamp"`
	Source           string              `json:"source"`
	SourceArn        string              `json:"sourceArn"`
	SendingAccountID string              `json:"sendingAccountId"`
	MessageID        string              `json:"messageId"`
	Destination      []string            `json:"destination"`
	HeadersTruncated bool                `json:"headersTruncated"`
	Headers          []nameValue         `json:"headers,omitempty"`
	CommonHeaders    *commonHeaders      `json:"commonHeaders,omitempty"`
	Tags             map[string][]string `json:"tags"`
}

type nameValue struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type commonHeaders struct {
	From      []string `json:"from"`
	To        []string `json:"to"`
	MessageID string   `json:"messageId"`
	Subject   string   `json:"subject,omitempty"`
}

type delivery struct {
	Timestamp            string   `json:"timestamp"`
	ProcessingTimeMillis int64    `json:"processingTimeMillis"`
	Recipients           []string `json:"recipients"`
	SMTPResponse         string   `json:"smtpResponse"`
	RemoteMtaIP          string   `json:"remoteMtaIp"`
	ReportingMTA         string   `json:"reportingMTA"`
}

type bounce struct {
	BounceType        string      `json:"bounceType"`
	BounceSubType     string      `json:"bounceSubType"`
	BouncedRecipients []recipient `json:"bouncedRecipients"`
	Timestamp         string      `json:"timestamp"`
	FeedbackID        string      `json:"feedbackId"`
	ReportingMTA      string      `json:"reportingMTA"`
}

type recipient struct {
	EmailAddress   string `json:"emailAddress"`
	Action         string `json:"action,omitempty"`
	Status         string `json:"status,omitempty"`
	DiagnosticCode string `json:"diagnosticCode,omitempty"`
}

type complaint struct {
	ComplainedRecipients  []recipient `json:"complainedRecipients"`
	Timestamp             string      `json:"timestamp"`
	FeedbackID            string      `json:"feedbackId"`
	ComplaintSubType      *string     `json:"complaintSubType"`
	UserAgent             string      `json:"userAgent"`
	ComplaintFeedbackType string      `json:"complaintFeedbackType"`
	ArrivalDate           string      `json:"arrivalDate"`
}

type reject struct {
	Reason string `json:"reason"`
}

type failure struct {
	ErrorMessage string `json:"errorMessage"`
	TemplateName string `json:"templateName"`
}

type deliveryDelay struct {
	Timestamp         string      `json:"timestamp"`
	DelayType         string      `json:"delayType"`
	ExpirationTime    string      `json:"expirationTime"`
	DelayedRecipients []recipient `json:"delayedRecipients"`
}

// stamp writes a time as SES does.
func stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

// keepsTrying is how long SES tries to deliver a mail.
const keepsTrying = 14 * time.Hour

// happened sets the time of what the event reports. The events of a sent mail, a rejection and a rendering failure have none of their own.
func (e event) happened(at time.Time) {
	switch {
	case e.Delivery != nil:
		sent, _ := time.Parse(time.RFC3339, e.Mail.Timestamp)
		e.Delivery.Timestamp, e.Delivery.ProcessingTimeMillis = stamp(at), max(at.Sub(sent).Milliseconds(), 0)
	case e.Bounce != nil:
		e.Bounce.Timestamp = stamp(at)
	case e.Complaint != nil:
		e.Complaint.Timestamp, e.Complaint.ArrivalDate = stamp(at), stamp(at)
	case e.DeliveryDelay != nil:
		e.DeliveryDelay.Timestamp, e.DeliveryDelay.ExpirationTime = stamp(at), stamp(at.Add(keepsTrying))
	}
}

// encode returns the event as JSON.
func (e event) encode() []byte {
	text, _ := json.Marshal(e) // it holds nothing that JSON cannot
	return text
}

// about describes a mail to its events. A mail from a template has no subject yet when SES says that it sends it.
func (a *Account) about(m Mail, operation string) mailObject {
	_, domain, _ := strings.Cut(a.options.Sender, "@")
	headers := []nameValue{{"From", m.From}, {"To", strings.Join(m.To, ", ")}, {"Subject", m.Subject}, {"MIME-Version", "1.0"},
		{"Content-Type", `multipart/alternative; boundary="----=_Part_1"`}}
	for _, name := range slices.Sorted(maps.Keys(m.Headers)) {
		headers = append(headers, nameValue{name, m.Headers[name]})
	}
	tags := map[string][]string{
		"ses:operation": {operation}, "ses:configuration-set": {a.options.ConfigurationSet}, "ses:source-ip": {"192.0.2.1"},
		"ses:from-domain": {domain}, "ses:caller-identity": {"local"}, "ses:source-tls-version": {"TLSv1.3"},
	}
	for name, value := range m.Tags {
		tags[name] = []string{value}
	}
	return mailObject{
		Timestamp: stamp(m.At), Source: m.From, SourceArn: "arn:aws:ses:eu-west-2:123456789012:identity/" + domain, SendingAccountID: "123456789012",
		MessageID: m.ID, Destination: m.To, Headers: headers,
		CommonHeaders: &commonHeaders{From: []string{m.From}, To: m.To, MessageID: m.ID, Subject: m.Subject}, Tags: tags,
	}
}

// feedbackID returns SES's id of a bounce or a complaint.
func feedbackID() string { return "0102" + uuid.NewString() + "-000000" }
