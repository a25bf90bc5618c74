package intake

import (
	"fmt"

	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
)

func sample(category privacy.Category, id, occurredAt, data string) record.Record {
	return record.Record{Category: category, ID: id, Source: privacy.Direct, OccurredAt: moment(occurredAt), Data: []byte(data)}
}

// person is a record of anna's name.
func person(occurredAt, first string) record.Record {
	return sample(privacy.Identity, "self", occurredAt, `{"firstName":"`+first+`","jobTitle":"Lead","lastName":"Berg"}`)
}

// account is an account record; ended is "" while the contract runs.
func account(id, occurredAt, started, ended string) record.Record {
	return accountThatIs("active", id, occurredAt, started, ended)
}

// closed is the record of an account that is closed.
func closed(id, occurredAt, ended string) record.Record {
	return accountThatIs("closed", id, occurredAt, "2026-01-01T00:00:00Z", ended)
}

func accountThatIs(status, id, occurredAt, started, ended string) record.Record {
	if ended != "" {
		ended = `"contractEndedAt":"` + ended + `",`
	}
	return sample(privacy.Account, id, occurredAt, `{`+ended+`"contractStartedAt":"`+started+`","status":"`+status+`"}`)
}

func invoice(id, issued string) record.Record {
	return sample(privacy.Transaction, id, issued, fmt.Sprintf(`{"issuedAt":%q}`, issued))
}

func login(id, occurredAt string) record.Record {
	return sample(privacy.SecurityLog, id, occurredAt, fmt.Sprintf(`{"at":%q}`, occurredAt))
}

func marketing(id, occurredAt string) record.Record {
	return sample(privacy.Marketing, id, occurredAt, fmt.Sprintf(`{"list":"offers","subscribedAt":%q}`, occurredAt))
}

func visits(id string, count int) record.Record {
	return sample(privacy.Analytics, id, "2026-11-21T00:00:00Z", fmt.Sprintf(`{"count":%d,"day":"2026-11-20"}`, count))
}
