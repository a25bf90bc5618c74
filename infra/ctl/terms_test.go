package main

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// What an operator sees of a request are the deadlines of the version under which it was received.
func TestPromise_A02_OperatorsSeeTheTermsOfARequest(t *testing.T) {
	tables := enginetest.DynamoDB(t)
	received := time.Date(2027, 3, 1, 20, 0, 0, 0, time.UTC)
	now := func() time.Time { return received }
	later := *policy.Current()
	later.Version, later.AnswerWithin, later.Controller.TimeZone = "2027-03-02", 10, "Asia/Tokyo"
	files := &requests.Store{Client: tables.Client, Table: tables.Name("RequestsTable"), Policy: &later, Now: now, Terms: func(version string) policy.Terms {
		if version == later.Version {
			return later.Terms()
		}
		return policy.TermsOf(version)
	}}
	for p, due := range map[*policy.Policy]string{policy.Current(): "2027-03-31T22:59:59Z", &later: "2027-03-12T14:59:59Z"} {
		desk := &request.Desk{Register: files, Policy: p, Now: now}
		r, err := desk.File(t.Context(), request.Filing{Right: privacy.Access, Email: "anna@example.org"})
		if err != nil {
			t.Fatal(err)
		}
		file, err := files.Load(t.Context(), r.ID)
		if err != nil {
			t.Fatal(err)
		}
		if shown := view(file); shown.PolicyVersion != p.Version || shown.Clocks[0].DueAt.Format(time.RFC3339) != due {
			t.Errorf("%s: %+v", p.Version, shown)
		}
	}
}
