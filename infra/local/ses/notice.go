package ses

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/mail"
	"strings"
	"time"
)

// arrived is a mail that SES has received.
type arrived struct {
	at         time.Time
	id, source string
	verdicts   map[string]string
}

// mostHeaderBytes is how much of the headers SES puts into a notice.
const mostHeaderBytes = 10 << 10

// region is the region of the service on this machine.
const region = "eu-west-2"

// receivedNotice is what SES publishes about a mail that it stored ("Contents of notifications for Amazon SES email receiving").
type receivedNotice struct {
	NotificationType string       `json:"notificationType"`
	Mail             receivedMail `json:"mail"`
	Receipt          receipt      `json:"receipt"`
}

type receivedMail struct {
	Timestamp        time.Time       `json:"timestamp"`
	Source           string          `json:"source"`
	MessageID        string          `json:"messageId"`
	Destination      []string        `json:"destination"`
	HeadersTruncated bool            `json:"headersTruncated"`
	Headers          []nameValue     `json:"headers"`
	CommonHeaders    receivedHeaders `json:"commonHeaders"`
}

// receivedHeaders are the fields that a notice has by their own names.
type receivedHeaders struct {
	ReturnPath string   `json:"returnPath"`
	From       []string `json:"from,omitempty"`
	ReplyTo    []string `json:"replyTo,omitempty"`
	Date       string   `json:"date,omitempty"`
	To         []string `json:"to,omitempty"`
	CC         []string `json:"cc,omitempty"`
	MessageID  string   `json:"messageId,omitempty"`
	Subject    string   `json:"subject,omitempty"`
}

// note keeps a field.
func (c *receivedHeaders) note(h nameValue) {
	text, err := new(mime.WordDecoder).DecodeHeader(h.Value)
	if err != nil {
		text = h.Value
	}
	switch text = clean(text); strings.ToLower(h.Name) {
	case "from":
		c.From = []string{text}
	case "reply-to":
		c.ReplyTo = []string{text}
	case "date":
		c.Date = text
	case "to":
		c.To = []string{text}
	case "cc":
		c.CC = []string{text}
	case "message-id":
		c.MessageID = text
	case "subject":
		c.Subject = text
	}
}

type receipt struct {
	Timestamp            time.Time     `json:"timestamp"`
	ProcessingTimeMillis int           `json:"processingTimeMillis"`
	Recipients           []string      `json:"recipients"`
	Spam                 statusOf      `json:"spamVerdict"`
	Virus                statusOf      `json:"virusVerdict"`
	SPF                  statusOf      `json:"spfVerdict"`
	DKIM                 statusOf      `json:"dkimVerdict"`
	DMARC                statusOf      `json:"dmarcVerdict"`
	DMARCPolicy          string        `json:"dmarcPolicy,omitempty"` // what the domain asks for; only if DMARC failed
	Action               receiptAction `json:"action"`
}

type statusOf struct {
	Status string `json:"status"`
}

type receiptAction struct {
	Type            string `json:"type"`
	TopicArn        string `json:"topicArn"`
	BucketName      string `json:"bucketName"`
	ObjectKeyPrefix string `json:"objectKeyPrefix"`
	ObjectKey       string `json:"objectKey"`
}

// notice returns what SES publishes about a message that it has stored.
func (o Receiving) notice(a arrived, message []byte) ([]byte, error) {
	v := func(name string) statusOf { return statusOf{a.verdicts[name]} }
	n := receivedNotice{
		NotificationType: "Received",
		Mail:             receivedMail{Timestamp: a.at, Source: a.source, MessageID: a.id, Destination: []string{o.Address}, Headers: []nameValue{}},
		Receipt: receipt{
			Timestamp: a.at, ProcessingTimeMillis: 1, Recipients: []string{o.Address},
			Spam: v("spam"), Virus: v("virus"), SPF: v("spf"), DKIM: v("dkim"), DMARC: v("dmarc"),
			Action: receiptAction{"S3", "arn:aws:sns:" + region + ":000000000000:" + o.Topic, o.Bucket, o.Prefix, o.Prefix + a.id},
		},
	}
	if a.verdicts["dmarc"] == "FAIL" {
		n.Receipt.DMARCPolicy = "none"
	}
	size := 0
	n.Mail.CommonHeaders.ReturnPath = a.source
	for _, h := range fields(message) {
		if size += len(h.Name) + len(h.Value); size > mostHeaderBytes {
			n.Mail.HeadersTruncated = true
			break
		}
		n.Mail.Headers = append(n.Mail.Headers, h)
		n.Mail.CommonHeaders.note(h)
	}
	return json.Marshal(n)
}

// trace returns the fields that SES puts before a message that it receives.
func (o Receiving) trace(a arrived) []byte {
	status := func(name string) string { return strings.ToLower(a.verdicts[name]) }
	_, domain, _ := strings.Cut(a.source, "@")
	return fmt.Appendf(nil, "Return-Path: <%s>\r\nReceived: from localhost (localhost [127.0.0.1])\r\n by inbound-smtp.%s.amazonaws.com with SMTP id %s\r\n for %s;\r\n %s\r\n"+
		"X-SES-Spam-Verdict: %s\r\nX-SES-Virus-Verdict: %s\r\nAuthentication-Results: amazonses.com;\r\n spf=%s smtp.mailfrom=%s;\r\n dkim=%s;\r\n dmarc=%s;\r\n",
		a.source, region, a.id, o.Address, a.at.Format(dateLayout), a.verdicts["spam"], a.verdicts["virus"], status("spf"), domain, status("dkim"), status("dmarc"))
}

// fields lists the fields before the first empty line, unfolded. A line that is no field is left out.
func fields(message []byte) (all []nameValue) {
	open := false // the line before belongs to a field
	for line := range bytes.Lines(message) {
		text := strings.TrimRight(string(line), "\r\n")
		if text == "" {
			return all
		}
		if text[0] == ' ' || text[0] == '\t' {
			if open {
				all[len(all)-1].Value += clean(text)
			}
			continue
		}
		name, value, found := strings.Cut(text, ":")
		if open = found && name != "" && !strings.ContainsAny(name, " \t"); open {
			all = append(all, nameValue{clean(name), clean(strings.TrimSpace(value))})
		}
	}
	return all
}

// author returns the address in the field From, which is the envelope's sender of most mails. It is a made-up one if the field has none.
func author(message []byte) string {
	for _, h := range fields(message) {
		if strings.EqualFold(h.Name, "From") {
			if list, err := mail.ParseAddressList(h.Value); err == nil && len(list) > 0 {
				return list[0].Address
			}
		}
	}
	return "unknown@sender.localhost"
}

// clean leaves out what SNS does not publish.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == '\ufffe' || r == '\uffff' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))
}

// lines gives a message of a Unix machine the line ends that a mail has on its way. Any other message stays as it is.
func lines(message []byte) []byte {
	if bytes.Contains(message, []byte("\r\n")) {
		return message
	}
	return bytes.ReplaceAll(message, []byte("\n"), []byte("\r\n"))
}
