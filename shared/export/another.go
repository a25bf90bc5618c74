package export

import (
	"context"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Another opens another export of a request that was answered with one, or whose answer came back, for the holder of a status link. The data
// subject behind the address, and the spelling of the address, may have changed since the first answer, so both are looked up again first.
// If an export is still being made, Another changes nothing.
func Another(ctx context.Context, requester *request.Requester, id string, token subject.Token) (request.File, error) {
	return requester.Change(ctx, id, token, func(file request.File, now time.Time) ([]request.Item, error) {
		r := file.Request
		last, answered := Of(file).last()
		if !answered || r.State != request.Fulfilled && !HasReturned(file) {
			return nil, fault.New(fault.Conflict, "This request was not answered with an export, so there is no export to make again.")
		}
		if !last.Finished() {
			return nil, nil
		}
		a := next(&r, "", time.Time{}, now)
		r.Next(request.StepAnswer, now)
		event := r.Record(request.EventExporting, now)
		return []request.Item{r, a, event}, nil
	})
}
