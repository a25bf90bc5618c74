package notice

import (
	"fmt"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
)

// State says how far a campaign is.
type State string

// The states of a campaign.
const (
	Scheduled State = "scheduled" // its first mail leaves at AnnounceAt or soon after
	Running   State = "running"   // the first walk over everybody is under way
	Blocked   State = "blocked"   // SES or the letter does not allow it to go on; Reason says why; each run tries again
	Paused    State = "paused"    // staff stopped it for a while
	Following State = "following" // the first walk is complete; a walk each day reaches those who became known later
	Finished  State = "finished"  // nobody else is told
	Cancelled State = "cancelled" // staff stopped it for good
	Before    State = "before"    // in force before the service first ran; nobody is told
)

// Reason says why a campaign is blocked, or why a recipient was not told or waits. It is a fixed word, never free text.
type Reason string

// The reasons why a campaign is blocked, besides those of [feedback.Answer].
const (
	Sandbox       Reason = "sandbox"        // the account may send only to verified addresses (fault F08)
	SendingPaused Reason = "sending_paused" // the account, or its configuration set, may not send
	Unverified    Reason = "unverified"     // SES has not verified the identity of the sender
	QuotaTooSmall Reason = "quota_too_small"
	NoLetter      Reason = "no_letter"  // the letter about this version cannot be written
	NoAccount     Reason = "no_account" // SES did not say what the account may do
)

// QuotaUsed is the reason of a running campaign that waits because its share of the daily quota is used up. It goes on by itself.
const QuotaUsed Reason = "quota_used"

// Campaign is the notice of one policy version to everybody whom it concerns.
type Campaign struct {
	Version    string // of the policy
	Kind       string // of the version: significant, business_transfer, or editorial for a version that was in force before
	State      State
	Reason     Reason    // why it is blocked
	CreatedAt  time.Time // when the service first saw the version
	AnnounceAt time.Time // when the first mail leaves
	Deadline   time.Time // when everybody must have been mailed once
	EndsAt     time.Time // when the last walk may begin
	StartedAt  time.Time // when the first walk began
	FinishedAt time.Time // when it was finished or cancelled
	MovedAt    time.Time // when the runner last got further with it

	Expected  int       // how many people it concerned when they were last counted
	CountedAt time.Time // when they were counted

	WalkBegan time.Time // when the walk under way began; zero between two walks
	LastWalk  time.Time // when the last walk that was completed began; zero until the first is completed
	Shard     int       // where the walk under way goes on: the shard of the index of people
	Cursor    string    // and the page in it

	Next int // number of the last claim that was opened
	Open int // number of the claim whose outcome is not recorded yet, or 0
	// Lost has the numbers of the last claims whose outcome was not known for everybody when they were closed. Only for these claims can SES's
	// report that it took a mail still change a recipient.
	Lost []int

	RetryAskedAt time.Time // when staff last asked for a retry
	RetryBegunAt time.Time // which of these the runner has begun
	Retry        int       // partitions of recipients that the retry under way has still to look through

	Tally Tally
	Lease Lease

	ExpiresAt time.Time // when the retention of the campaign ends
}

// Tally is what the runner has counted so far. It tells how fast a campaign goes. [Control.Show] has the exact counts.
type Tally struct {
	Calls    int // calls to SES
	Accepted int // mails that SES accepted
	Failed   int // recipients who were given up at once
	Waiting  int // mails that SES did not take for now; a recipient may be counted again at each attempt
	Unknown  int // mails of which nobody knows whether SES took them
}

// Lease says which invocation works on a campaign.
type Lease struct {
	Holder string // a random id of the invocation
	Until  time.Time
}

// TakenFrom reports whether somebody else than holder has leased the campaign.
func (l Lease) TakenFrom(holder string, now time.Time) bool {
	return l.Holder != "" && l.Holder != holder && now.Before(l.Until)
}

// Settled reports whether the outcome for each recipient of a claim was known when it was recorded.
func (c Campaign) Settled(claim int) bool {
	return claim <= c.Next && (c.Open == 0 || claim < c.Open) && !slices.Contains(c.Lost, claim)
}

// mostLost bounds [Campaign.Lost]. A recipient of an older claim who is still unknown is mailed again, as if SES had reported nothing.
const mostLost = 100

// Over reports whether nobody else is told, whatever happens.
func (c Campaign) Over() bool {
	return c.State == Finished || c.State == Cancelled || c.State == Before
}

// active returns the state in which the campaign goes on after a pause or a block.
func (c Campaign) active() State {
	switch {
	case c.StartedAt.IsZero():
		return Scheduled
	case c.LastWalk.IsZero():
		return Running
	default:
		return Following
	}
}

// Pause stops the campaign until [Campaign.Resume]. A call to SES that is under way is still completed.
func (c Campaign) Pause() (Campaign, error) {
	if c.Over() || c.State == Paused {
		return c, refused("paused", c)
	}
	c.State, c.Reason = Paused, ""
	return c, nil
}

// Resume lets a paused campaign go on where it stopped.
func (c Campaign) Resume(now time.Time) (Campaign, error) {
	if c.State != Paused {
		return c, refused("resumed", c)
	}
	c.State, c.MovedAt = c.active(), now
	return c, nil
}

// Cancel stops the campaign for good.
func (c Campaign) Cancel(now time.Time) (Campaign, error) {
	if c.Over() {
		return c, refused("cancelled", c)
	}
	c.State, c.Reason, c.FinishedAt = Cancelled, "", now
	return c, nil
}

// Again lets the campaign try once more what failed for a reason that may pass: each such recipient, and whatever blocks it.
func (c Campaign) Again(now time.Time) (Campaign, error) {
	if c.State != Running && c.State != Following && c.State != Blocked {
		return c, refused("retried", c)
	}
	if c.State == Blocked {
		c.MovedAt = now
	}
	c.State, c.Reason, c.RetryAskedAt = c.active(), "", now
	return c, nil
}

func refused(act string, c Campaign) error {
	if c.State == Before {
		return fault.New(fault.Conflict, "This version was in force before the service first ran, so nobody is told about it.")
	}
	return fault.New(fault.Conflict, fmt.Sprintf("The campaign is %s and cannot be %s.", c.State, act))
}
