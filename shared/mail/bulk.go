package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// BulkMessage is one mail that goes to many people, to each alone and to all with the same text. So it cannot hold personal data.
type BulkMessage struct {
	Subject string // one line
	Text    string
	HTML    string

	Kind  feedback.Kind
	About string
}

// bulkPatience is how long SES may take for one call. A runner of a campaign stops ten seconds before its invocation ends. So if SES is
// silent, three seconds are left to store that the outcome is uncertain.
const bulkPatience = 7 * time.Second

// longestBulk is the most octets of text and HTML together. SES takes a request of one megabyte, in which JSON may need six octets for one.
const longestBulk = 128 << 10

var (
	errTemplate = errors.New(`mail: a template would hold "{{", which SES would replace`)
	errBulkSize = errors.New("mail: a bulk mail is empty or too long")
	errCrowd    = fmt.Errorf("mail: SES takes at most %d recipients in a call", feedback.MostRecipients)
)

// noVariables is the template data of a mail that has no variables. SES refuses a template without data.
const noVariables = "{}"

// Check returns an error if no call can send the message: SES takes the text of a bulk mail only as a template, and a template that is no
// plain text would fail after SES has accepted it. Each of these errors is a mistake in the text of the mail.
func (m BulkMessage) Check() error {
	_, err := tags(feedback.Mail{Kind: m.Kind, About: m.About, Part: "1-1"})
	switch {
	case err != nil:
		return err
	case strings.ContainsFunc(m.Subject, unicode.IsControl):
		return errControl
	case strings.Contains(m.Subject, "{{") || strings.Contains(m.Text, "{{") || strings.Contains(m.HTML, "{{"):
		return errTemplate
	case m.Subject == "" || m.Text == "" || m.HTML == "" || len(m.Text)+len(m.HTML) > longestBulk:
		return errBulkSize
	}
	return nil
}

// Bulk hands the message to SES for up to [feedback.MostRecipients] people, in one call without retries, and returns one answer for each of them,
// in their order. It asks SES nothing about an address that no mail can reach. An error means that nothing was sent, because of a mistake in
// this service. What SES or the network did is never an error: it is in the answers (faults F04, F06).
func (s *Sender) Bulk(ctx context.Context, m BulkMessage, to []feedback.Recipient) ([]feedback.Answer, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	if len(to) > feedback.MostRecipients {
		return nil, errCrowd
	}
	answers := make([]feedback.Answer, len(to))
	var entries []types.BulkEmailEntry
	var places []int // of each entry among the answers
	for i, r := range to {
		entry, err := entry(m, r)
		switch {
		case errors.Is(err, subject.ErrUnmailable):
			answers[i] = feedback.Answer{Verdict: feedback.Unmailable, Reason: "unmailable"}
		case err != nil:
			return nil, err
		default:
			entries, places = append(entries, entry), append(places, i)
		}
	}
	if len(entries) == 0 {
		return answers, nil
	}
	for i, answer := range s.sendBulk(ctx, m, entries) {
		answers[places[i]] = answer
	}
	return answers, nil
}

// entry addresses the mail to one person. All tags stand in the entry, because SES does not say whether default tags are kept beside them.
func entry(m BulkMessage, r feedback.Recipient) (types.BulkEmailEntry, error) {
	to, err := subject.Mailable(r.Address)
	if err != nil {
		return types.BulkEmailEntry{}, err
	}
	tags, err := tags(feedback.Mail{Kind: m.Kind, About: m.About, Part: r.Part})
	return types.BulkEmailEntry{
		Destination:             &types.Destination{ToAddresses: []string{to}},
		ReplacementEmailContent: &types.ReplacementEmailContent{ReplacementTemplate: &types.ReplacementTemplate{ReplacementTemplateData: aws.String(noVariables)}},
		ReplacementTags:         tags,
	}, err
}

// sendBulk makes the call and returns an answer for each entry.
func (s *Sender) sendBulk(ctx context.Context, m BulkMessage, entries []types.BulkEmailEntry) []feedback.Answer {
	limited, cancel := context.WithTimeout(ctx, s.bulkPatience)
	defer cancel()
	output, err := s.client.SendBulkEmail(limited, &sesv2.SendBulkEmailInput{
		FromEmailAddress:     &s.from,
		ConfigurationSetName: &s.configurationSet,
		DefaultContent: &types.BulkEmailContent{Template: &types.Template{
			TemplateContent: &types.EmailTemplateContent{Subject: &m.Subject, Text: &m.Text, Html: &m.HTML},
			TemplateData:    aws.String(noVariables),
			Headers:         []types.MessageHeader{automatic, ours},
		}},
		BulkEmailEntries: entries,
	}, once)
	answers := make([]feedback.Answer, len(entries))
	switch {
	case err != nil:
		slog.ErrorContext(ctx, "a bulk mail was not accepted", "about", m.About, "error", fault.Class(err))
		all := ofCall(err)
		for i := range answers {
			answers[i] = all
		}
	case len(output.BulkEmailEntryResults) != len(entries): // nobody can say which answer belongs to whom
		for i := range answers {
			answers[i] = uncertain
		}
	default:
		for i, result := range output.BulkEmailEntryResults {
			answers[i] = ofEntry(result)
		}
	}
	return answers
}

// once turns the SDK's retries off: SES has no idempotency key, so a repeated call would mail people twice.
func once(o *sesv2.Options) { o.Retryer = aws.NopRetryer{} }
