package restore_test

import (
	"bytes"
	"compress/flate"
	"context"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/infra/local/copies"
	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/decision"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/replays"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/restore"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// Purposes of the policy in force.
const (
	business privacy.Purpose = "business_development" // direct marketing, and rests on legitimate interests
	quality  privacy.Purpose = "quality_assurance"    // rests on legitimate interests
)

// service is the service on tables of its own.
type service struct {
	*servicetest.Rig
	ids map[string]privacy.SubjectID // of those who were introduced
}

func newService(t testing.TB) *service {
	return &service{servicetest.New(t), map[string]privacy.SubjectID{}}
}

// backup is what the tables had at a time. LedgerTable is not part of it.
type backup struct {
	at    time.Time
	items map[string][]dynamo.Item
}

// backup takes a backup. What happens next, happens later.
func (s *service) backup() backup {
	s.T.Helper()
	b := backup{s.Clock.Now(), map[string][]dynamo.Item{}}
	for _, table := range copies.Tables {
		items, err := copies.Read(s.T.Context(), s.Tables.Client, s.Tables.Name(table))
		if err != nil {
			s.T.Fatal(err)
		}
		b.items[table] = items
	}
	s.Clock.Advance(time.Minute)
	return b
}

// copied returns the service on copies of the tables as they were at the backup. Its clock shows the same time.
func (s *service) copied(b backup) *service {
	s.T.Helper()
	c := &service{servicetest.Open(s.T, enginetest.DynamoDB(s.T), s.InForce), s.ids}
	c.becomes(b)
	c.Clock.Set(s.Clock.Now())
	return c
}

// becomes puts the backup into the tables.
func (s *service) becomes(b backup) {
	s.T.Helper()
	for _, table := range copies.Tables {
		if err := copies.Replace(s.T.Context(), s.Tables.Client, s.Tables.Name(table), b.items[table]); err != nil {
			s.T.Fatal(err)
		}
	}
}

// restorer returns what does again on a copy what was taken away since the backup.
func (s *service) restorer(c *service, b backup) *restore.Restorer {
	noted := &replays.Store{Client: s.Tables.Client, Replays: dynamo.ReplaysIn(s.Tables.Name("LedgerTable"))}
	return &restore.Restorer{
		Entries: noted.Entries(s.T.Context(), b.at.Add(-time.Hour), s.Clock.Now()), Subjects: c.Subjects, Records: c.Records, Consents: &c.Consents.Store,
		Erasures: c.Eraser, Queue: c.Queue, Rebuild: c.Intake.Rebuild,
	}
}

// restore goes back to the backup, and does again what was taken away since.
func (s *service) restore(b backup) (*service, restore.Report) {
	s.T.Helper()
	c := s.copied(b)
	report, err := s.restorer(c, b).Run(s.T.Context())
	if err != nil {
		s.T.Fatal(err)
	}
	return c, report
}

// works does everything that is due now and within five minutes.
func (s *service) works() {
	s.T.Helper()
	does := map[work.Kind]func(context.Context, string) error{
		work.Request: s.Fulfilment.Run, work.Mailbox: s.Posting.Run, work.Identity: s.Changes.Run, work.Erase: s.Eraser.Run, work.Confirmation: s.Admission.Run,
		work.Walk: func(ctx context.Context, id string) error { return s.Intake.Walk(ctx, privacy.SubjectID(id)) },
		work.Consent: func(ctx context.Context, id string) error {
			return s.Consents.FinishStep(ctx, privacy.SubjectID(id), s.Intake.FollowConsent)
		},
	}
	for range 5 {
		due, err := s.Queue.Due(s.T.Context(), s.Clock.Now())
		if err != nil {
			s.T.Fatal(err)
		}
		for _, task := range due {
			if do := does[task.Kind]; do != nil {
				if err := do(s.T.Context(), task.Ref); err != nil {
					s.T.Fatalf("%s: %v", task.Kind, err)
				}
			}
		}
		s.Clock.Advance(time.Minute)
	}
}

// knows puts a customer on record, with a record of every category of which nothing else decides the expiry, and with the canary in each of them.
func (s *service) knows(email, canary string) privacy.SubjectID {
	s.T.Helper()
	at := s.Clock.Now().Format(time.RFC3339)
	for category, data := range map[privacy.Category]string{
		privacy.Account:       `{"contractEndedAt":"` + at + `","contractStartedAt":"2024-01-01T00:00:00Z","status":"closed","username":"` + canary + `"}`,
		privacy.Identity:      `{"firstName":"` + canary + `","lastName":"Berg"}`,
		privacy.Communication: `{"endedAt":"` + at + `","subject":"` + canary + `"}`,
		privacy.Marketing:     `{"list":"` + canary + `","subscribedAt":"` + at + `"}`,
	} {
		s.stores(email, category, "one", data)
	}
	known, _, err := s.Addresses.Find(s.T.Context(), s.Parse(email))
	if err != nil {
		s.T.Fatal(err)
	}
	s.ids[email] = known.Subject
	return known.Subject
}

// stores stores a record.
func (s *service) stores(email string, category privacy.Category, id, data string) {
	s.T.Helper()
	if got := s.sends(email, category, id, data); got != record.Stored {
		s.T.Fatalf("%s: %s", category, got)
	}
}

// sends sends a record, and returns the outcome.
func (s *service) sends(email string, category privacy.Category, id, data string) record.Outcome {
	s.T.Helper()
	got, err := s.Take(email, record.Record{Category: category, ID: id, Source: privacy.Direct, OccurredAt: s.Clock.Now(), Data: []byte(data)})
	if err != nil {
		s.T.Fatal(err)
	}
	return got.Outcome
}

// asks files a request, has it confirmed if it must be, and does everything that follows.
func (s *service) asks(f request.Filing) string {
	s.T.Helper()
	r := s.File(f)
	if !r.Unproven {
		s.Prove(r.ID)
	}
	s.works()
	return r.ID
}

// erases has somebody erased, from the form to the certificate.
func (s *service) erases(email string) string {
	s.T.Helper()
	id := s.agrees(email)
	s.Clock.Advance(73 * time.Hour)
	s.works()
	return id
}

// agrees has somebody agree to the plan of their erasure, which begins in three days.
func (s *service) agrees(email string) string {
	s.T.Helper()
	id := s.Planned(request.Filing{Right: privacy.Erasure, Email: email})
	s.Agree(id)
	return id
}

// decides records what the owner of an address decides about purposes, and has it followed.
func (s *service) decides(email string, state consent.State, purposes ...privacy.Purpose) {
	s.T.Helper()
	known, err := s.Addresses.Introduce(s.T.Context(), s.Parse(email), s.Clock.Now().AddDate(1, 0, 0))
	if err != nil {
		s.T.Fatal(err)
	}
	decisions := map[privacy.Purpose]consent.State{}
	for _, p := range purposes {
		decisions[p] = state
	}
	rules := s.ByAddress.Recorder.Rules()
	if _, err := s.ByAddress.Recorder.RecordPrepared(s.T.Context(), consent.Act{Subject: consent.Address(known.Subject), Operation: uuid.NewString(), Keyed: true,
		Decisions: decisions, PolicyVersion: rules.Version, Language: "en", Surface: "preferences", ConfirmOptIn: true}); err != nil {
		s.T.Fatal(err)
	}
	s.works()
}

// may returns the decision about a purpose.
func (s *service) may(email string, purpose privacy.Purpose) decision.Decision {
	s.T.Helper()
	d := decision.Decider{Policy: s.InForce, Subjects: s.Subjects, Consents: &s.Consents.Store, Aliases: servicetest.Aliases, Now: s.Clock.Now}
	answer, err := d.Answer(s.T.Context(), servicetest.CRM, decision.Question{Subject: decision.Who{Named: record.Named{Email: &email}}, Purpose: purpose})
	if err != nil {
		s.T.Fatal(err)
	}
	return answer.Decision
}

// stands returns whom an address stands for, and their standing.
func (s *service) stands(email string) (privacy.SubjectID, standing.Snapshot) {
	s.T.Helper()
	known, _, err := s.Addresses.Find(s.T.Context(), s.Parse(email))
	if err != nil {
		s.T.Fatal(err)
	}
	is, _, err := s.Subjects.State(s.T.Context(), known.Subject)
	if err != nil {
		s.T.Fatal(err)
	}
	return known.Subject, is
}

// finds returns the tables in which an item has a text.
func (s *service) finds(text string, tables ...string) (found []string) {
	s.T.Helper()
	for _, table := range tables {
		for _, item := range s.Scan(table) {
			all := plain(&types.AttributeValueMemberM{Value: item})
			if dynamo.Flag(item, "packed") {
				unpacked, err := io.ReadAll(flate.NewReader(bytes.NewReader(dynamo.Blob(item, "data"))))
				if err != nil {
					s.T.Fatal(err)
				}
				all += string(unpacked)
			}
			if strings.Contains(strings.ToLower(all), strings.ToLower(text)) {
				found = append(found, table+" "+dynamo.Text(item, dynamo.PK)[:2]+" "+dynamo.Text(item, dynamo.SK))
			}
		}
	}
	slices.Sort(found)
	return found
}

// plain returns everything that a value says, as one text.
func plain(v types.AttributeValue) string {
	var all strings.Builder
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberSS:
		return strings.Join(v.Value, " ")
	case *types.AttributeValueMemberN:
		return v.Value
	case *types.AttributeValueMemberB:
		return string(v.Value)
	case *types.AttributeValueMemberL:
		for _, one := range v.Value {
			all.WriteString(plain(one) + " ")
		}
	case *types.AttributeValueMemberM:
		for _, name := range slices.Sorted(maps.Keys(v.Value)) {
			all.WriteString(name + " " + plain(v.Value[name]) + " ")
		}
	}
	return all.String()
}

// texts returns what each item says, by its key.
func texts(items []dynamo.Item) map[string]string {
	all := map[string]string{}
	for _, item := range items {
		var parts []string
		for name, value := range item {
			if name != dynamo.Operation { // is random
				parts = append(parts, name+"="+plain(value))
			}
		}
		slices.Sort(parts)
		all[dynamo.Text(item, dynamo.PK)+" "+dynamo.Text(item, dynamo.SK)] = strings.Join(parts, " ")
	}
	return all
}

// conversation returns the record of a conversation.
func conversation(at time.Time) record.Record {
	return record.Record{Category: privacy.Communication, ID: "two", Source: privacy.Direct, OccurredAt: at,
		Data: []byte(`{"endedAt":"` + at.Format(time.RFC3339) + `","subject":"` + canary + `"}`)}
}
