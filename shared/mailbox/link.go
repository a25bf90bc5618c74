package mailbox

import (
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// mostOpenings is how often one link opens: once freshly, and four more times.
const mostOpenings = 5

// useLink is what the token of a link is for. Its hash is bound to this use and to its mailbox (threat T06).
const useLink = "link"

// Link is one mailed link. Only the keyed hash of its token is stored (threat T11).
type Link struct {
	N        int // 1 for the first of a mailbox
	Hash     []byte
	MintedAt time.Time // when its mail was begun
	Left     bool      // its mail was accepted; of a mail without an answer nobody knows
	OpenedAt time.Time // when it was first opened; zero before
	Openings int
}

// openUntil returns the time from which the link opens nothing: it must first be opened while the policy's span lasts, and opens again for a
// day after that.
func (l Link) openUntil(p *policy.Policy) time.Time {
	if l.OpenedAt.IsZero() {
		return p.SpanOf(policy.MailboxLink).After(l.MintedAt)
	}
	return l.OpenedAt.Add(p.LinkAgain())
}

// open opens the mailbox with a token, and returns how often the token's link has been opened with that: 1 for the first time. Of several
// openings at once, the store lets one through after the other.
func (m *Mailbox) open(k subject.Key, token subject.Token, p *policy.Policy, now time.Time) (opening int, ok bool) {
	hash := token.Hash(k, useLink, m.ID)
	for i, l := range m.Links {
		if !subject.Same(l.Hash, hash) || l.Openings >= mostOpenings || !now.Before(l.openUntil(p)) {
			continue
		}
		l.Openings++
		if l.OpenedAt.IsZero() {
			l.OpenedAt = now
		}
		m.SessionsEnd, m.Returned = now.Add(p.Session()), 0
		m.Links = slices.Clone(m.Links)
		m.Links[i] = l
		return l.Openings, true
	}
	return 0, false
}

// mint adds a link that is about to be mailed, and drops the links that open nothing any more.
func (m *Mailbox) mint(k subject.Key, token subject.Token, p *policy.Policy, now time.Time) Link {
	m.Minted++
	l := Link{N: m.Minted, Hash: token.Hash(k, useLink, m.ID), MintedAt: now}
	m.Links = slices.DeleteFunc(slices.Clone(m.Links), func(old Link) bool { return !now.Before(old.openUntil(p)) })
	m.Links = append(m.Links, l)
	return l
}

// unmint takes back a link whose mail did not leave: nobody has it.
func (m *Mailbox) unmint(n int) {
	m.Links = slices.DeleteFunc(slices.Clone(m.Links), func(l Link) bool { return l.N == n })
}

// has reports whether a link is still there.
func (m Mailbox) has(n int) bool {
	return slices.ContainsFunc(m.Links, func(l Link) bool { return l.N == n })
}

// left notes that the mail of a link was accepted.
func (m *Mailbox) left(n int) {
	m.Links = slices.Clone(m.Links)
	for i := range m.Links {
		m.Links[i].Left = m.Links[i].Left || m.Links[i].N == n
	}
}

// covers returns until when a mailed link opens what came to wait at since: the first that left for it, or the last one before, if the day's mails
// had been used up. waits says that a mail for it is still to leave. A link whose mail had no answer opens too, but nothing ends with it, since
// perhaps nobody has it (fault F23).
func (m Mailbox) covers(p *policy.Policy, since time.Time) (until time.Time, waits bool) {
	if m.Try > 0 {
		return time.Time{}, true
	}
	for _, l := range m.Links {
		if !l.Left {
			continue
		}
		until = l.openUntil(p)
		if !l.MintedAt.Before(since) {
			return until, false
		}
	}
	return until, !m.NextAt.IsZero()
}

// keep sets the end of the mailbox's retention: it is stored while a link opens it, while a session may last, while a mail is due, and on a day on which
// it has got receipts. Otherwise they would be counted anew after each (threat T09).
func (m *Mailbox) keep(p *policy.Policy, now time.Time) {
	m.ExpiresAt = m.SessionsEnd
	until := func(end time.Time) {
		if end.After(m.ExpiresAt) {
			m.ExpiresAt = end
		}
	}
	for _, l := range m.Links {
		until(l.openUntil(p))
	}
	if !m.NextAt.IsZero() || !m.Receipt.NextAt.IsZero() {
		until(p.SpanOf(policy.MailboxLink).After(now))
	}
	if m.Mailed.count(forReceipt, now) > 0 {
		until(limit.NextDay(now))
	}
	if m.ExpiresAt.IsZero() { // nothing is left of it
		m.ExpiresAt = now
	}
}
