package request

import (
	"context"
	"time"

	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Limiter bounds what a stranger can make this service mail (threat T09).
type Limiter interface {
	// MayChallenge counts a challenge for the address on the UTC day of now, and reports whether it may be mailed. A request that was counted
	// on the day is not counted again, so that a run that was killed can be repeated. again says that its mail was tried before and not
	// accepted. later reports, of one that may not, that another day will come for it: the day's mails are taken by mails that are tried
	// again, or it is one of them.
	MayChallenge(ctx context.Context, a subject.Address, request string, again bool, now time.Time) (may, later bool, err error)
	// NotMailed takes back what MayChallenge counted with the same now: the mail was refused and did not leave.
	NotMailed(ctx context.Context, a subject.Address, request string, now time.Time) error
}

// afterLimit returns what becomes of a request for whose address no challenge may be mailed today: it has one more chance on the day after
// it was filed. Three filings of a stranger are then not enough to silence it, and do not lead to a week of mails either. One that waits for
// mails which SES did not accept, its own or others, has another chance on each day: SES must not be a reason to lapse (fault F23).
func (f *Fulfilment) afterLimit(r Request, later bool, now time.Time) (Step, time.Time) {
	const day = 24 * time.Hour
	if later {
		return StepChallenge, now.Truncate(day).Add(day)
	}
	if tomorrow := r.ReceivedAt.Truncate(day).Add(day); now.Before(tomorrow) {
		return StepChallenge, tomorrow
	}
	return StepLapse, f.linkEnds(r.ReceivedAt)
}
