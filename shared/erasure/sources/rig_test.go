package sources_test

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

const (
	anna    = "Anna@example.org"
	cooling = 72 * time.Hour // how long an erasure can be cancelled under the published policy
)

type rig struct{ *servicetest.Rig }

func newRig(t testing.TB) *rig {
	s := &rig{servicetest.New(t)}
	s.Delivery.Subjects = s.Subjects
	return s
}

// must fails the test for an error.
func (s *rig) must(err error) {
	s.T.Helper()
	if err != nil {
		s.T.Fatal(err)
	}
}

// puts stores a record about whoever has an id of a system.
func (s *rig) puts(id, email string, category privacy.Category, data string) {
	s.T.Helper()
	got, err := s.TakeAs(id, email, record.Record{Category: category, ID: id, Source: privacy.Direct, OccurredAt: s.Clock.Now(), Data: []byte(data)})
	if err != nil || got.Outcome != record.Stored {
		s.T.Fatalf("%s: %s, %v", category, got.Outcome, err)
	}
}

// talks stores a conversation, which an erasure erases.
func (s *rig) talks(id, email string) {
	s.T.Helper()
	s.puts(id, email, privacy.Communication, `{"endedAt":"`+s.at()+`"}`)
}

// at returns the time of the clock as records say it.
func (s *rig) at() string { return s.Clock.Now().Format(time.RFC3339) }

// filed files a request and confirms it, if it has to be confirmed.
func (s *rig) filed(f request.Filing) string {
	s.T.Helper()
	id := s.File(f).ID
	if !s.Load(id).Request.Unproven {
		s.Prove(id)
	}
	s.works()
	return id
}

// asks asks for a consent by address. It waits behind its mailbox afterwards.
func (s *rig) asks(email string) (id string) {
	s.T.Helper()
	id, err := s.ByAddress.Ask(s.T.Context(), uuid.NewString(), consent.Act{Who: consent.Who{Email: email}, Operation: uuid.NewString(), Language: "en", Surface: "form",
		PolicyVersion: policy.VersionInForce(s.Clock.Now()), Decisions: map[privacy.Purpose]consent.State{privacy.Testimonials: consent.Granted}})
	s.must(err)
	s.must(s.Admission.Run(s.T.Context(), id))
	return id
}

// works does everything that is due, but for erasures.
func (s *rig) works() {
	s.T.Helper()
	does := map[work.Kind]func(context.Context, string) error{
		work.Request: s.Fulfilment.Run, work.Mailbox: s.Posting.Run, work.Identity: s.Changes.Run,
		work.Export: func(ctx context.Context, ref string) error { _, err := s.Delivery.Do(ctx, ref); return err },
		work.Walk:   func(ctx context.Context, id string) error { return s.Intake.Walk(ctx, privacy.SubjectID(id)) },
	}
	for range 5 {
		due, err := s.Queue.Due(s.T.Context(), s.Clock.Now())
		s.must(err)
		for _, task := range due {
			if do := does[task.Kind]; do != nil {
				s.must(do(s.T.Context(), task.Ref))
			}
		}
	}
}

// cools files an erasure and has the person agree to it. It can be cancelled until the time is over.
func (s *rig) cools(email string) (id string) {
	s.T.Helper()
	id = s.Planned(request.Filing{Right: privacy.Erasure, Email: email})
	s.Agree(id)
	s.works()
	return id
}

// erases carries out an erasure that can still be cancelled, up to its certificate.
func (s *rig) erases(id string) {
	s.T.Helper()
	s.Erases(cooling)
	s.Erases(servicetest.Writers + time.Second)
	if file := s.Load(id); file.Request.State != request.Fulfilled || erasure.Of(file).State != erasure.Watching {
		s.T.Fatalf("the erasure is %s, and its request is %s", erasure.Of(file).State, file.Request.State)
	}
}

// session returns a fresh proof of the mailbox of an address.
func (s *rig) session(email string) subject.Proof {
	return subject.Proof{Mailbox: servicetest.Aliases.Mailbox(s.Parse(email)), Fresh: true}
}

// alias returns what is on record of an address.
func (s *rig) alias(email string) subject.Alias {
	s.T.Helper()
	key := servicetest.Aliases.Alias(s.Parse(email))
	found, err := s.Subjects.Aliases(s.T.Context(), key)
	s.must(err)
	return found[key]
}

// finds returns the keys of all items, of any table, that have not expired and contain one of the words in any form: `<table> <PK> <SK>`. Compressed data is read too.
func (s *rig) finds(words ...string) (found []string) {
	s.T.Helper()
	for _, table := range []string{"ConsentsTable", "SubjectsTable", "RecordsTable", "RequestsTable", "LedgerTable", "NoticesTable"} {
		for _, item := range s.Scan(table) {
			if dynamo.Expired(item, s.Clock.Now()) {
				continue
			}
			text, err := json.Marshal(item)
			s.must(err)
			all := string(text) + "\n" + plain(s.T, item)
			if slices.ContainsFunc(words, func(word string) bool { return strings.Contains(strings.ToLower(all), strings.ToLower(word)) }) {
				found = append(found, table+" "+dynamo.Text(item, dynamo.PK)+" "+dynamo.Text(item, dynamo.SK))
			}
		}
	}
	return found
}

// plain returns the data of a record as it was sent.
func plain(t testing.TB, item dynamo.Item) string {
	data := dynamo.Blob(item, "data")
	if dynamo.Flag(item, "packed") {
		unpacked, err := io.ReadAll(flate.NewReader(bytes.NewReader(data)))
		if err != nil {
			t.Fatal(err)
		}
		data = unpacked
	}
	return string(data)
}

// deleteExpired deletes what has expired in a table.
func (s *rig) deleteExpired(table string) {
	s.T.Helper()
	for _, item := range s.Scan(table) {
		if dynamo.Expired(item, s.Clock.Now()) {
			_, err := s.Tables.Client.DeleteItem(s.T.Context(), &dynamodb.DeleteItemInput{
				TableName: aws.String(s.Tables.Name(table)), Key: dynamo.Item{dynamo.PK: item[dynamo.PK], dynamo.SK: item[dynamo.SK]}})
			s.must(err)
		}
	}
}
