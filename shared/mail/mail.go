// Package mail sends mail through Amazon SES (API version 2).
package mail

import (
	"context"
	"errors"
	"os"
	"strings"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"golang.org/x/net/idna"
)

// Message is one mail to one address. No control character may stand in what becomes a header: To, Subject and Unsubscribe (threat T15).
type Message struct {
	To      string // bare address as it is spelt on record
	Subject string
	Text    string
	HTML    string

	Unsubscribe string // https URL for one-click unsubscription (RFC 8058), or empty
}

// Sender sends from one address under one configuration set, which requires TLS, tracks neither opens nor clicks, and overrides the
// account's suppression list, so that answers to rights requests are really sent (promise G03, threat T12).
type Sender struct {
	client           *sesv2.Client
	from             string
	configurationSet string
}

// Open returns a Sender whose client is configured from the environment that Lambda sets.
func Open(from, configurationSet string) *Sender {
	options := sesv2.Options{
		Region: os.Getenv("AWS_REGION"),
		Credentials: credentials.NewStaticCredentialsProvider(
			os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), os.Getenv("AWS_SESSION_TOKEN")),
	}
	if endpoint := os.Getenv("AWS_ENDPOINT_URL_SESV2"); endpoint != "" {
		options.BaseEndpoint = aws.String(endpoint)
	}
	return &Sender{client: sesv2.New(options), from: from, configurationSet: configurationSet}
}

// Send hands a message to SES. SES has no idempotency key: a lost answer may mean that the mail was sent (fault F04).
func (s *Sender) Send(ctx context.Context, m Message) error {
	to, err := mailbox(m.To)
	if err != nil {
		return err
	}
	if strings.ContainsFunc(m.Subject+m.Unsubscribe, unicode.IsControl) {
		return errControl
	}
	_, err = s.client.SendEmail(ctx, &sesv2.SendEmailInput{
		FromEmailAddress:     &s.from,
		ConfigurationSetName: &s.configurationSet,
		Destination:          &types.Destination{ToAddresses: []string{to}},
		Content: &types.EmailContent{Simple: &types.Message{
			Subject: content(m.Subject),
			Body:    &types.Body{Text: content(m.Text), Html: content(m.HTML)},
			Headers: headers(m),
		}},
	})
	if _, refused := errors.AsType[*types.BadRequestException](err); refused {
		return ErrUnmailable
	}
	if _, refused := errors.AsType[*types.MessageRejected](err); refused {
		return ErrUnmailable
	}
	return err
}

// ErrUnmailable is what Send answers for an address that SES will never take. Trying again changes nothing.
var ErrUnmailable = errors.New("mail: no mail can be sent to this address")

// errControl is a mistake of this service: nothing that a caller sends reaches a subject or a link.
var errControl = errors.New("mail: a header would hold a control character")

// mailbox writes an address as SES takes it: the domain as IDNA A-label. SES knows no local part beyond ASCII (it has no SMTPUTF8).
func mailbox(address string) (string, error) {
	at := strings.LastIndexByte(address, '@')
	domain, err := idna.Lookup.ToASCII(address[at+1:])
	if at < 1 || err != nil || domain == "" || strings.ContainsFunc(address, unicode.IsControl) ||
		strings.ContainsFunc(address[:at], func(r rune) bool { return r > unicode.MaxASCII }) {
		return "", ErrUnmailable
	}
	return address[:at+1] + domain, nil
}

func headers(m Message) []types.MessageHeader {
	// Says to other machines that a machine wrote this, so that none answers (RFC 3834).
	all := []types.MessageHeader{{Name: aws.String("Auto-Submitted"), Value: aws.String("auto-generated")}}
	if m.Unsubscribe != "" {
		all = append(all,
			types.MessageHeader{Name: aws.String("List-Unsubscribe"), Value: aws.String("<" + m.Unsubscribe + ">")},
			types.MessageHeader{Name: aws.String("List-Unsubscribe-Post"), Value: aws.String("List-Unsubscribe=One-Click")})
	}
	return all
}

func content(s string) *types.Content {
	return &types.Content{Data: &s, Charset: aws.String("UTF-8")}
}
