package notice

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// Feedback takes in what SES reports about the mails of campaigns. The zero values of the fields that are not exported are ready for use, and
// one Feedback serves all invocations of a function.
type Feedback struct {
	Register   Reader
	Recipients Recipients
	Claims     Claims
	Arrivals   Arrivals
	Policy     func(time.Time) *policy.Policy // the version in force at a time, for the periods of what is stored
	Now        func() time.Time

	mu      sync.Mutex
	claims  map[string]Claim     // the last few claims, by version and number; a claim never changes
	arrived map[string]time.Time // when an arrival was last stored, by version
	read    map[string]reading   // the campaigns as they were last read, by version
}

// reading is a campaign as it was read at a time.
type reading struct {
	Campaign
	at time.Time
}

const (
	remembered = 64                     // claims in memory
	seldom     = time.Minute            // arrivals are stored no more often
	briefly    = 200 * time.Millisecond // a campaign is not read again so soon
)

// Take records what an event says about a recipient. Events may come twice and in any order. A complaint is recorded as well; withdrawing the
// consent to marketing is for the caller, who knows the address.
func (f *Feedback) Take(ctx context.Context, e feedback.Event) error {
	number, position, ok := parse(e.Part)
	if !ok {
		return f.stray(ctx, e)
	}
	claim, found, err := f.claim(ctx, e.About, number)
	if err != nil {
		return err
	}
	if !found || position >= len(claim.Aliases) {
		return f.stray(ctx, e)
	}
	if err := f.arrival(ctx, e.About); err != nil {
		return err
	}
	if e.Outcome == feedback.Sent || e.Outcome == feedback.Delayed {
		if settled, err := f.settled(ctx, claim); err != nil || settled {
			return err
		}
	}
	from, err := f.guess(ctx, e, claim, position)
	if err != nil {
		return err
	}
	until := f.Policy(claim.At).SpanOf(policy.NoticeRecipient).After(claim.At)
	_, err = change(ctx, f.Recipients, claim.Version, from, until, func(r Recipient) Recipient { return r.reported(claim, position, e) })
	return err
}

// settled reports whether the outcome of the claim's call is recorded for everybody in it. A report that SES took a mail then says nothing new,
// and [Feedback.Take] drops it without reading the recipient.
func (f *Feedback) settled(ctx context.Context, claim Claim) (bool, error) {
	f.mu.Lock()
	known := f.read[claim.Version]
	f.mu.Unlock()
	if known.Settled(claim.Number) {
		return true, nil
	}
	if now := f.Now(); known.at.IsZero() || now.Sub(known.at) >= briefly {
		all, err := f.Register.Load(ctx, claim.Version)
		if err != nil || len(all) == 0 {
			return false, err
		}
		known = reading{all[0], now}
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.read == nil {
			f.read = map[string]reading{}
		}
		f.read[claim.Version] = known
	}
	return known.Settled(claim.Number), nil
}

// guess returns what is most likely stored about the recipient. Writing on a guess costs no read: if the guess is wrong, the store answers with
// what is stored.
func (f *Feedback) guess(ctx context.Context, e feedback.Event, claim Claim, position int) (Recipient, error) {
	alias := claim.Aliases[position]
	if claim.Again || e.Outcome == feedback.Sent || e.Outcome == feedback.Delayed {
		known, err := f.Recipients.Known(ctx, claim.Version, []string{alias})
		if r, stored := known[alias]; stored {
			return r, err
		}
		return Recipient{Alias: alias}, err
	}
	return Recipient{
		Alias: alias, Outcome: Accepted, Attempt: 1, Claim: claim.Number, Position: position, MessageID: e.MessageID, Since: claim.At,
		ExpiresAt: f.Policy(claim.At).SpanOf(policy.NoticeRecipient).After(claim.At), Revision: 1,
	}, nil
}

// stray notes an event about a mail that no claim knows. Nothing can be done about it.
func (f *Feedback) stray(ctx context.Context, e feedback.Event) error {
	slog.WarnContext(ctx, "an event is about a notice that nobody knows", "version", e.About, "part", e.Part, "outcome", e.Outcome)
	return nil
}

// parse reads the tag that [part] writes.
func parse(tag string) (claim, position int, ok bool) {
	before, after, found := strings.Cut(tag, "-")
	claim, failed := strconv.Atoi(before)
	position, failedToo := strconv.Atoi(after)
	return claim, position, found && failed == nil && failedToo == nil && claim > 0 && position >= 0
}

// claim returns a claim from memory or from the store.
func (f *Feedback) claim(ctx context.Context, version string, number int) (Claim, bool, error) {
	key := version + "#" + strconv.Itoa(number)
	f.mu.Lock()
	claim, known := f.claims[key]
	f.mu.Unlock()
	if known {
		return claim, true, nil
	}
	claim, found, err := f.Claims.Claimed(ctx, version, number)
	if err != nil || !found {
		return claim, false, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.claims == nil || len(f.claims) >= remembered {
		f.claims = map[string]Claim{}
	}
	f.claims[key] = claim
	return claim, true, nil
}

// arrival stores that an event arrived, once a minute at most.
func (f *Feedback) arrival(ctx context.Context, version string) error {
	now := f.Now()
	f.mu.Lock()
	last := f.arrived[version]
	f.mu.Unlock()
	if now.Sub(last) < seldom {
		return nil
	}
	if err := f.Arrivals.Arrived(ctx, version, now, f.Policy(now).SpanOf(policy.NoticeCampaign).After(now)); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.arrived == nil {
		f.arrived = map[string]time.Time{}
	}
	f.arrived[version] = now
	return nil
}
