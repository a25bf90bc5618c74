package request

import (
	"context"
	"time"

	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Limiter bounds what a stranger can make this service mail (threat T09).
type Limiter interface {
	// MayChallenge counts a challenge for the address on the UTC day of now, and reports whether it may be mailed. A request that the day
	// has already counted is not counted again, so that a run that was killed can be repeated. again says that the request's mail was tried
	// before and not accepted. later says that a challenge which may not be mailed today should wait for another day. It is true if the
	// request's own mail is tried again, or if such mails of others use up the day.
	MayChallenge(ctx context.Context, a subject.Address, request string, again bool, now time.Time) (may, later bool, err error)
	// NotMailed takes back what MayChallenge counted with the same now: the mail was refused and did not leave.
	NotMailed(ctx context.Context, a subject.Address, request string, now time.Time) error
}

// afterLimit returns the next step of a request whose challenge may not be mailed today. The request gets one more chance, on the day after
// it was filed. So three filings by a stranger neither silence it nor cause a week of mails. If the request waits because SES did not accept
// mails, its own or others, it gets a chance on every day: SES must not make a request lapse (fault F23). A challenge that came back gets one
// only while the link of the first challenge works (fault F24).
func (f *Fulfilment) afterLimit(file File, later bool, now time.Time) (Step, time.Time) {
	life, r, tomorrow := f.Policy(now).SpanOf(policy.Challenge), file.Request, limit.NextDay(now)
	if later && file.mayMailAgain(life, tomorrow) {
		return StepChallenge, tomorrow
	}
	if second := limit.NextDay(r.ReceivedAt); now.Before(second) {
		return StepChallenge, second
	}
	return StepLapse, file.linksEnd(f.linkEnds(r.ReceivedAt))
}
