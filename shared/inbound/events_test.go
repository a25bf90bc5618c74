package inbound_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/inbound"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// again reports mails again, each up to five times, in any order, and does what is due.
func (s *service) again(random *rand.Rand, reports []inbound.Arrival) {
	s.T.Helper()
	var all []inbound.Arrival
	for _, a := range reports {
		for range 1 + random.IntN(5) {
			all = append(all, a)
		}
	}
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, a := range all {
		if _, err := s.Inbox.Take(s.ctx, a); err != nil {
			s.T.Fatal(err)
		}
		if random.IntN(3) == 0 {
			s.works()
		}
	}
	s.works()
}

// unchanged fails the test if reporting mails again changes anything that is stored, or mails anybody.
func (s *service) unchanged(when string, random *rand.Rand, reports []inbound.Arrival) {
	s.T.Helper()
	before, mails := s.stored(), len(s.Mails)
	if s.again(random, reports); !reflect.DeepEqual(before, s.stored()) || len(s.Mails) != mails {
		s.T.Errorf("%s, mails that are reported again change something: %v, and were %v; %d mails, and were %d", when, s.stored(), before, len(s.Mails), mails)
	}
}

// stored returns every item of the tables, by its key.
func (s *service) stored() map[string]any {
	all := map[string]any{}
	for _, table := range []string{"RequestsTable", "SubjectsTable", "RecordsTable", "ConsentsTable", "LedgerTable"} {
		for _, item := range s.Scan(table) {
			all[fmt.Sprint(table, item["PK"], item["SK"])] = item
		}
	}
	return all
}

// F02: the same mails are reported once to five times, shuffled with others: before their sender chooses, after that, when they are deleted as they arrived,
// and when their request is closed. What is stored stays the same, and nobody is mailed again.
func TestFault_F02_AMailThatIsReportedAgain(t *testing.T) {
	t.Parallel()
	for seed := range soak.Pick(3, 10) {
		random := rand.New(rand.NewPCG(uint64(seed), 16))
		s := newService(t)
		s.Known(anna)
		unsure := servicetest.Vouched
		unsure.DMARC = inbound.Fail
		var reports []inbound.Arrival
		for i, sender := range []string{anna, anna, "Anna <ANNA@example.org>", "berta@example.org", "", "mailer-daemon@example.org"} {
			found := servicetest.Vouched
			if random.IntN(4) == 0 && i > 0 {
				found = unsure
			}
			reports = append(reports, s.arrives(from(sender, "My data", fmt.Sprint("Please send me a copy of my data, text ", i%2)), found))
		}
		s.again(random, reports)
		lines := s.queue()
		if links := linksTo(s.Rig, anna); len(links) != 1 || len(lines) < 2 || len(lines) > 3 {
			t.Fatalf("%d links, %+v", len(links), lines)
		}
		s.unchanged("while they wait", random, reports)
		id := ""
		for _, r := range s.all() {
			if r.State == request.Verifying && r.Mailbox == servicetest.Proof(anna).Mailbox {
				id = r.ID
			}
		}
		chooses(t, s.Rig, id, request.Filing{Right: privacy.Question})
		s.works()
		s.unchanged("once one is chosen", random, reports)
		if err := s.Inbox.Sweep(s.ctx); err != nil {
			t.Fatal(err)
		}
		s.unchanged("once they are deleted as they arrived", random, reports)
		outcome := request.Outcome{Result: request.Done, Reason: "Answered."}
		if err := request.CloseBy(t.Context(), s.Requests, id, servicetest.Operator, outcome, s.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		s.works()
		s.unchanged("once it is closed", random, reports)
		s.Clock.Advance(40 * 24 * time.Hour)
		s.works()
		s.unchanged("forty days later", random, reports)
	}
}

// F02: a mail that is gone, and one that cannot be read from the bucket now.
func TestFault_F02_AMailThatIsGone(t *testing.T) {
	t.Parallel()
	s := newService(t)
	a := s.arrives(from(anna, "", "Hello"), servicetest.Vouched)
	s.Arrived.Fails = func(string) error { return errors.New("the bucket is down") }
	if _, err := s.Inbox.Take(t.Context(), a); err == nil {
		t.Error("a mail that cannot be read is taken")
	}
	s.Arrived.Fails = nil
	if err := s.Arrived.Delete(t.Context(), a.Object); err != nil {
		t.Fatal(err)
	}
	if got := s.takes(a); got != inbound.Gone || len(s.all())+len(s.Mails) != 0 {
		t.Errorf("%s: %+v", got, s.all())
	}
}
