package requests

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// erasureItem returns the item of an erasure. Nothing looks for a part of it, so but for what other code reads it is stored as one JSON text.
func erasureItem(e erasure.Erasure) (dynamo.Item, error) {
	item := dynamo.Key(PK(e.Request), skErasure)
	seconds(item, dynamo.ExpiresAt, e.ExpiresAt)
	setDue(item, "tries", e.Due)
	e.Version, e.Due, e.ExpiresAt = 0, work.Due{}, time.Time{}
	body, err := json.Marshal(e)
	item["erasure"] = dynamo.String(string(body))
	return item, err
}

// parseErasure reads what [erasureItem] stored. An erasure that cannot be read must not be taken for none at all, so that is an error.
func parseErasure(id string, item dynamo.Item) (request.Item, error) {
	var e erasure.Erasure
	if err := json.Unmarshal([]byte(dynamo.Text(item, "erasure")), &e); err != nil {
		return nil, errors.New("requests: the erasure of a request cannot be read")
	}
	e.Request, e.Version, e.Due, e.ExpiresAt = id, int(dynamo.Int(item, "v")), parseDue(item, "tries"), dynamo.Time(item, dynamo.ExpiresAt)
	return e, nil
}
