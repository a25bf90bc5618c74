package export

import (
	"context"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// How many more exports of one request people can ask for: each is a copy of all that is stored about them.
const (
	mostPerDay     = 3
	mostPerRequest = 10
)

// Another opens another export of a request that was answered with one, or whose answer came back, for somebody who has just opened a link to
// its mailbox (threats T30, T31). The data subject behind the address, and the spelling of the address, may have changed since the first answer,
// so both are looked up again first. If an export is still being made, Another changes nothing.
//
// Errors: fault.Forbidden without a fresh proof; [request.ErrLink] for a request of another mailbox; fault.Conflict if there is nothing to make
// again, and after too many.
func Another(ctx context.Context, requester *request.Requester, id string, proof subject.Proof) (request.File, error) {
	if err := proof.MustBeFresh(); err != nil {
		return request.File{}, err
	}
	return requester.ChangeOf(ctx, id, proof, func(file request.File, now time.Time) ([]request.Item, error) {
		if !Renewable(file) {
			return nil, fault.New(fault.Conflict, "This request was not answered with an export, so there is no export to make again.")
		}
		if last, _ := Of(file).last(); !last.Finished() {
			return nil, nil
		}
		today, all := renewals(file, now)
		if today >= mostPerDay || all >= mostPerRequest {
			return nil, fault.New(fault.Conflict, "You have asked for this data several times already. Try again tomorrow, or send a new request.")
		}
		r := file.Request
		a := next(&r, "", time.Time{}, now)
		r.Next(request.StepAnswer, now)
		event := r.Record(request.EventExporting, now)
		return []request.Item{r, a, event}, nil
	})
}

// Renewable reports whether another export of the request can be made: it was answered with one, or its answer came back. Its address must be left, to
// which the link is mailed.
func Renewable(file request.File) bool {
	_, answered := Of(file).last()
	return answered && !file.Request.Forgotten() && (file.Request.State == request.Fulfilled || HasReturned(file))
}

// CanRenew reports whether another export of a request that was confirmed can be made. Only one that is neither answered nor closed needs a look at
// its file: its answer may have come back.
func CanRenew(ctx context.Context, requester *request.Requester, r request.Request) (bool, error) {
	if r.Attempts == 0 || r.Forgotten() || r.State != request.Fulfilling {
		return r.Attempts > 0 && !r.Forgotten() && r.State == request.Fulfilled, nil
	}
	file, err := requester.Load(ctx, r.ID)
	return err == nil && Renewable(file), err
}

// renewals counts the exports that were asked for after the first one, on the UTC day of now and in all.
func renewals(file request.File, now time.Time) (today, all int) {
	first := true
	for _, e := range file.Events {
		if e.Kind != request.EventExporting {
			continue
		}
		if !first {
			all++
			if !e.At.Before(limit.Today(now)) {
				today++
			}
		}
		first = false
	}
	return today, all
}
