package requests

import (
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// openShard returns the partition of the index open that goes with one of the index work.
func openShard(work string) string { return "o" + work[1:] }

// setOpen puts a request into the index open, sorted by the deadline that binds, until it is closed.
func setOpen(item dynamo.Item, r request.Request) {
	if r.State.Final() {
		return
	}
	item["open"], item["dueAt"] = dynamo.String(openShard(dynamo.WorkShard(PK(r.ID)))), dynamo.Seconds(request.DueAt(r))
	if r.State == request.Open && r.Step == "" {
		item["waitingFor"] = dynamo.String(string(request.ForTeam))
	}
}
