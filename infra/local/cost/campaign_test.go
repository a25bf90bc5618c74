package cost

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/notices"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/notice/noticetest"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// runner returns what carries campaigns out, with the versions that are published by now, of which nobody is told.
func runner(s *servicetest.Rig) *notice.Runner {
	store := &notices.Store{Client: s.Client, Table: s.Tables.Name("NoticesTable"), Now: s.Clock.Now}
	return &notice.Runner{Register: store, Campaigns: store, Recipients: store, Meter: silent{}, Policy: s.InForce, Now: s.Clock.Now,
		Published: slices.DeleteFunc(notice.Publications(policy.Versions()), func(p notice.Publication) bool { return p.From.After(s.Clock.Now()) })}
}

// silent counts nothing.
type silent struct{}

func (silent) Count(metric.Name) error { return nil }

const (
	mailed    = 440 // people whom the counted campaign mails, in full calls at the rate of a new account
	messageID = 60  // bytes of a message id of SES; those of the counted campaign are shorter
)

// campaign carries out a campaign whose every mail is delivered. It returns the units and the stored bytes for one recipient.
func campaign(t *testing.T) (each units, stored int) {
	s, m := servicetest.NewStores(t), &enginetest.Meter{}
	s.Clock.Set(noon)
	w := noticetest.NewWorld(t, 0, func(now func() time.Time) noticetest.Stores {
		return &notices.Store{Client: m.Client(s.Client), Table: s.Tables.Name("NoticesTable"), Now: now}
	})
	for i := range mailed {
		w.People.Join(servicetest.Aliases.Alias(s.Parse(fmt.Sprintf("%d@example.org", i))), standing.Running, w.Clock.Now().AddDate(0, -1, 0))
	}
	if err := w.Invoke(); err != nil {
		t.Fatal(err)
	}
	w.Publish(noticetest.New, "significant", 30)
	m.Take()
	w.Pass(time.Minute)
	_, writes, reads := m.Take()
	if shown := w.Show(noticetest.New); shown.Counts.Outcome[notice.Delivered] != mailed {
		t.Fatalf("%+v", shown)
	}
	items := slices.DeleteFunc(s.Scan("NoticesTable"), func(item dynamo.Item) bool { return dynamo.Text(item, "messageId") == "" })
	if len(items) != mailed {
		t.Fatal(len(items))
	}
	for _, item := range items {
		stored += enginetest.Size(item) + messageID - len(dynamo.Text(item, "messageId"))
	}
	return units{writes / mailed, reads/mailed + person(s, m)}, stored / mailed
}

// person returns the read units for what a campaign reads of the people, which the counted campaign makes up: twice a row of the index, to
// count the people and to go from one to the next, and once the spelling of the address.
func person(s *servicetest.Stores, m *enginetest.Meter) float64 {
	const email = "anna.miller@example.org"
	started := s.Clock.Now().AddDate(-1, 0, 0).Format(time.RFC3339)
	if _, err := s.Take(email, record.Record{Category: privacy.Account, ID: "a", Source: privacy.Direct, OccurredAt: s.Clock.Now(),
		Data: []byte(`{"contractStartedAt":"` + started + `","passwordHash":"` + hash + `","status":"active","username":"anna"}`)}); err != nil {
		s.T.Fatal(err)
	}
	s.Tables.Settle()
	index, err := s.Client.Scan(s.T.Context(), &dynamodb.ScanInput{TableName: aws.String(s.Tables.Name("SubjectsTable")), IndexName: aws.String("people")})
	if err != nil || len(index.Items) != 1 {
		s.T.Fatal(index, err)
	}
	row := float64(enginetest.Size(index.Items[0])) / 4096 / 2 // a page has many rows, and half a unit reads 4 KB of them
	known := subjects.New(m.Client(s.Client), s.Tables.Name("SubjectsTable"), s.Clock.Now)
	m.Take()
	if spelt, err := known.Spellings(s.T.Context(), []string{servicetest.Aliases.Alias(s.Parse(email))}); err != nil || len(spelt) != 1 {
		s.T.Fatal(len(spelt), err)
	}
	_, _, spelling := m.Take()
	return 2*row + spelling
}

// hash is what a system may send of a password.
const hash = "$2a$12$XNfyZrHqUXm2XmAwn6xATeO107tYPztUJwOlr6Rl1vV.ABMqtDdEO"
