package subject

import (
	"errors"
	"strings"
	"time"
	"unicode"

	"golang.org/x/net/idna"
)

// What happened to a mail that was not accepted. Callers of a mailer distinguish these errors (fault F23).
var (
	// ErrUnmailable says that no mail can ever reach the address, by the rule of [Mailable]. It is the only reason to give a mail up.
	ErrUnmailable = errors.New("subject: no mail can ever reach the address")
	// ErrMailRefused says that the mail was refused and did not leave. It may be accepted later, for example when a paused account is active again.
	ErrMailRefused = errors.New("subject: the mail was refused")
	// ErrMailUncertain says that the mail was not accepted but may have left anyway, because the answer was lost or was a server error (fault F04).
	ErrMailUncertain = errors.New("subject: the mail may have left or not")
)

// MailNotAccepted reports whether an error says that a mail was not accepted. Any other error of a mailer is a failure of this service.
func MailNotAccepted(err error) bool {
	return errors.Is(err, ErrUnmailable) || errors.Is(err, ErrMailRefused) || errors.Is(err, ErrMailUncertain)
}

// The most octets that RFC 5321 (section 4.5.3.1) and RFC 1035 (section 2.3.4) allow.
const (
	longestLocal  = 64
	longestDomain = 253
	longestLabel  = 63
)

// Mailable returns an address in the form that mail needs, with the domain as an IDNA A-label. It returns ErrUnmailable for an
// address that no mail can ever reach: one that ParseAddress refuses; one whose local part is too long or has characters outside ASCII, since
// SES has no SMTPUTF8; or one whose domain cannot exist, because it is too long, ends in a number, or is under "invalid" (RFC 6761,
// section 6.4).
func Mailable(s string) (string, error) {
	if _, err := ParseAddress(s); err != nil {
		return "", ErrUnmailable
	}
	at := strings.LastIndexByte(s, '@')
	local := s[:at]
	domain, err := idna.Lookup.ToASCII(s[at+1:])
	if err != nil || len(domain) > longestDomain || len(local) > longestLocal ||
		strings.ContainsFunc(local, func(r rune) bool { return r > unicode.MaxASCII }) {
		return "", ErrUnmailable
	}
	labels := strings.Split(domain, ".")
	for _, label := range labels {
		if len(label) > longestLabel {
			return "", ErrUnmailable
		}
	}
	top := labels[len(labels)-1]
	if lowerASCII(top) == "invalid" || strings.Trim(top, "0123456789") == "" {
		return "", ErrUnmailable
	}
	return local + "@" + domain, nil
}

// LongestMailPause is the longest time between two attempts to send a mail. Once SES accepts mail again, waiting mails leave within an hour.
const LongestMailPause = time.Hour

// MailAgain returns how long a mail waits after the given number of failed attempts: two minutes after the first, then twice as long
// each time, up to LongestMailPause.
func MailAgain(tries int) time.Duration {
	return min(2*time.Minute<<min(max(tries, 1)-1, 5), LongestMailPause)
}
