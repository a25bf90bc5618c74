package notice

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
)

// Partitions is the number of partitions among which the recipients of a campaign are spread.
const Partitions = 64

// What stores answer.
var (
	ErrChanged   = errors.New("notice: another writer was faster")        // nothing was written
	ErrLeaseLost = errors.New("notice: another invocation has the lease") // nothing was written
)

// Reader reads the stored campaigns.
type Reader interface {
	// All returns every campaign. It may miss one that was stored a moment ago.
	All(ctx context.Context) ([]Campaign, error)
	// Load returns the campaigns of the versions that have one, consistently, in the order of the versions.
	Load(ctx context.Context, versions ...string) ([]Campaign, error)
}

// Register is what acts of staff need of the stored campaigns.
type Register interface {
	Reader
	// Act stores the state, the reason, the end and the retry of a campaign, and the entry about the act, which is kept until the given time,
	// in one transaction. It returns [ErrChanged] if the state is no longer that of from.
	Act(ctx context.Context, from, to Campaign, entry audit.Entry, until time.Time) error
}

// Campaigns is what the runner changes of the stored campaigns.
type Campaigns interface {
	// Create stores new campaigns, all or none. It returns [ErrChanged] if one of them is stored already.
	Create(ctx context.Context, all []Campaign) error
	// Lease takes or renews the lease of a campaign and returns the campaign. It returns [ErrLeaseLost] if another holder has it.
	Lease(ctx context.Context, version string, lease Lease) (Campaign, error)
	// Save stores what the runner has changed, and renews the lease. The holder of the lease of c must have it. It returns [ErrLeaseLost] if
	// another has it, and [ErrChanged] if the state is neither was nor that of c, because staff has acted.
	Save(ctx context.Context, was State, c Campaign) error
}

// Recipients is what sending needs of the stored recipients of a campaign.
type Recipients interface {
	// Known returns the stored recipients among the aliases, consistently.
	Known(ctx context.Context, version string, aliases []string) (map[string]Recipient, error)
	// Put stores a recipient in place of was, and returns it with its new revision. If the one that is stored has another revision, outcome or
	// claim than was, Put returns that one and [ErrChanged]. The revision alone is not enough, because was may be the caller's guess.
	Put(ctx context.Context, version string, was, is Recipient) (stored Recipient, err error)
	// Due returns the aliases of up to limit recipients whose NextAt is not after now, the earliest first. It may lag behind.
	Due(ctx context.Context, version string, now time.Time, limit int) ([]string, error)
}

// Partition is what counting and retrying need of the stored recipients.
type Partition interface {
	// Partition yields the recipients of one partition, from 0 to [Partitions]-1.
	Partition(ctx context.Context, version string, n int) iter.Seq2[Recipient, error]
}

// Claims stores the recipients of each call to SES.
type Claims interface {
	// Claim stores a claim until the given time. It returns [ErrChanged] if its number is taken.
	Claim(ctx context.Context, claim Claim, until time.Time) error
	// Claimed returns a claim, and false if there is none.
	Claimed(ctx context.Context, version string, number int) (Claim, bool, error)
}

// Arrivals stores when SES last reported about a mail of a campaign.
type Arrivals interface {
	// Arrived stores the time of an arrival until the given time.
	Arrived(ctx context.Context, version string, at, until time.Time) error
	// LastArrival returns the time of the last arrival, or the zero time.
	LastArrival(ctx context.Context, version string) (time.Time, error)
}
