package mailbox

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Session is what somebody has after opening a link. Nothing of it is stored: the browser keeps it in a cookie, with a MAC over it and over the
// generation of its mailbox. So all sessions of a mailbox end at once when its generation changes.
type Session struct {
	Mailbox string
	Opening int       // of its link: 1 for the first
	Ends    time.Time // in whole seconds
}

// Proof returns what the session proves.
func (s Session) Proof() subject.Proof {
	return subject.Proof{Mailbox: s.Mailbox, Fresh: s.Opening == 1}
}

// ProofOfConfirmed returns what a session of the mailbox proves about requests that were confirmed. While the address is in doubt it proves nothing:
// they may be somebody else's (threat T27).
func (m Mailbox) ProofOfConfirmed(s Session) subject.Proof {
	p := s.Proof()
	if m.Subject == "" {
		p.Mailbox = ""
	}
	return p
}

const useSession = "session"

// seal returns the value of the cookie: ASCII letters, digits, "-", "_" and dots.
func (s Session) seal(k subject.Key, generation int) string {
	opening, ends := strconv.Itoa(s.Opening), strconv.FormatInt(s.Ends.Unix(), 10)
	mac := k.MAC(useSession, s.Mailbox, opening, ends, strconv.Itoa(generation))
	return strings.Join([]string{s.Mailbox, opening, ends, base64.RawURLEncoding.EncodeToString(mac)}, ".")
}

// errSession is the one answer to every session that opens nothing.
var errSession = fault.New(fault.Unauthenticated, "This needs an open link from one of our emails.")

// Session returns the session that a cookie's value stands for, and its mailbox. It returns fault.Unauthenticated for a value that was not made
// here, for a session that has ended, and for one of another generation.
func (l *Links) Session(ctx context.Context, value string) (Session, Mailbox, error) {
	s, ok := parseSession(value)
	if !ok || !l.now().Before(s.Ends) {
		return Session{}, Mailbox{}, errSession
	}
	m, found, err := l.Mailboxes.Load(ctx, s.Mailbox)
	if err != nil {
		return Session{}, Mailbox{}, err
	}
	if !found || subtle.ConstantTimeCompare([]byte(value), []byte(s.seal(l.Tokens, m.Generation))) != 1 {
		return Session{}, Mailbox{}, errSession
	}
	return s, m, nil
}

// parseSession reads a cookie's value, without checking its MAC.
func parseSession(value string) (s Session, ok bool) {
	parts := strings.Split(value, ".")
	if len(parts) != 4 || !isID(parts[0]) {
		return Session{}, false
	}
	opening, err := strconv.Atoi(parts[1])
	if err != nil {
		return Session{}, false
	}
	ends, err := strconv.ParseInt(parts[2], 10, 64)
	return Session{Mailbox: parts[0], Opening: opening, Ends: time.Unix(ends, 0).UTC()}, err == nil
}
