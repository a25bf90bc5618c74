package records

import (
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/record"
)

// row returns the only row of the index people, or nil if there is none.
func (r *rig) row(t *testing.T) dynamo.Item {
	t.Helper()
	r.tables.Settle()
	out, err := r.tables.Client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(r.tables.Name("SubjectsTable")), IndexName: aws.String("people")})
	if err != nil || len(out.Items) > 1 {
		t.Fatal(len(out.Items), err)
	}
	if len(out.Items) == 0 {
		return nil
	}
	return out.Items[0]
}

// written is how many write units DynamoDB takes for a change of an index row of less than 1 KB: one to add or to change it, and two if its key
// changes, since it is then deleted and added.
func written(before, after dynamo.Item) int {
	switch {
	case reflect.DeepEqual(before, after):
		return 0
	case before != nil && !reflect.DeepEqual(before["since"], after["since"]):
		return 2
	default:
		return 1
	}
}

// Budget: a first record costs one write unit of the index people, and the first account of a person two. Whatever changes when the person's
// data or contract ends costs one. Nothing else writes the index: no repeated or newer record, no second account, no decision.
func TestBudgetOfTheIndexPeople(t *testing.T) {
	r := newRig(t)
	anna := from(r.intake, "anna@example.org")
	put := func(one record.Record) func() error {
		return func() error {
			_, err := anna.put(t.Context(), one)
			return err
		}
	}
	var before dynamo.Item
	for _, act := range []struct {
		what   string
		do     func() error
		budget int
	}{
		{"a first record", put(person("2026-11-01T00:00:00Z", "Anna")), 1},
		{"the same record", put(person("2026-11-01T00:00:00Z", "Anna")), 0},
		{"a newer record", put(person("2026-11-02T00:00:00Z", "Anne")), 0},
		{"a record that is kept longer", put(invoice("1", "2026-11-02T00:00:00Z")), 1},
		{"another of these", put(invoice("2", "2026-11-03T00:00:00Z")), 0},
		{"a log line", put(login("1", "2026-11-20T00:00:00Z")), 0},
		{"a first account", put(account("a", "2026-11-02T00:00:00Z", "2020-01-01T00:00:00Z", "")), 2},
		{"the same account", put(account("a", "2026-11-02T00:00:00Z", "2020-01-01T00:00:00Z", "")), 0},
		{"a second account", put(account("b", "2026-11-03T00:00:00Z", "2020-01-01T00:00:00Z", "")), 0},
		{"a decision", func() error { return r.intake.FollowConsent(t.Context(), r.sid(t), said(consent.Granted, 1)) }, 0},
		{"a withdrawal", func() error { return r.intake.FollowConsent(t.Context(), r.sid(t), said(consent.Denied, 2)) }, 0},
		{"the end of the contract", func() error { return r.intake.EndContract(t.Context(), anna.who(), moment("2026-11-20T00:00:00Z")) }, 1},
		{"the same end", put(account("a", "2026-11-04T00:00:00Z", "2020-01-01T00:00:00Z", "2026-11-20T00:00:00Z")), 0},
		{"a new contract", put(account("c", "2026-11-23T00:00:00Z", "2026-11-23T00:00:00Z", "")), 2},
	} {
		r.clock.Advance(time.Second)
		if err := act.do(); err != nil {
			t.Fatalf("%s: %v", act.what, err)
		}
		after := r.row(t)
		got := written(before, after)
		t.Logf("budget: ingest: %s, in the index people | %d write units | %d", act.what, got, act.budget)
		if got != act.budget {
			t.Errorf("%s: %d write units: from %v to %v", act.what, got, before, after)
		}
		before = after
	}
}
