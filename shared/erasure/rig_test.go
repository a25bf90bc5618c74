package erasure_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

const (
	anna   = "anna@example.org"
	second = "anna.berg@example.com" // another address of hers
)

// cooling is how long an erasure can be cancelled under the published policy.
const cooling = 72 * time.Hour

type rig struct{ *servicetest.Rig }

func newRig(t testing.TB) *rig { return &rig{servicetest.New(t)} }

// puts stores a record about the owner of an address.
func (s *rig) puts(email string, category privacy.Category, data string) {
	s.T.Helper()
	r := record.Record{Category: category, ID: "one", Source: privacy.Direct, OccurredAt: s.Clock.Now(), Data: []byte(data)}
	if got, err := s.Take(email, r); err != nil || got.Outcome != record.Stored {
		s.T.Fatalf("%s: %s, %v", category, got.Outcome, err)
	}
}

// customer stores a conversation and an invoice.
func (s *rig) customer(email string) {
	s.T.Helper()
	at := s.Clock.Now().Format(time.RFC3339)
	s.puts(email, privacy.Communication, `{"endedAt":"`+at+`"}`)
	s.puts(email, privacy.Transaction, `{"cardLast4":"4242","issuedAt":"`+at+`"}`)
}

// contract stores an account, whose contract begins now.
func (s *rig) contract(email string) {
	s.T.Helper()
	s.puts(email, privacy.Account, `{"contractStartedAt":"`+s.Clock.Now().Format(time.RFC3339)+`","status":"active","username":"anna"}`)
}

// marketing stores a record of marketing.
func (s *rig) marketing(email string) {
	s.T.Helper()
	s.puts(email, privacy.Marketing, `{"list":"news","subscribedAt":"`+s.Clock.Now().Format(time.RFC3339)+`"}`)
}

// stored returns the categories of what is stored about the owner of an address, sorted.
func (s *rig) stored(email string) string {
	s.T.Helper()
	known, found, err := s.Addresses.Find(s.T.Context(), s.Parse(email))
	if err != nil {
		s.T.Fatal(err)
	}
	var all []string
	if found {
		for one, err := range s.Eraser.Records.Held(s.T.Context(), known.Subject) {
			if err != nil {
				s.T.Fatal(err)
			}
			name := string(one.Category)
			if slices.Contains(one.Members, "cardLast4") {
				name += "+card"
			}
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

const (
	untouched = "communication transaction+card"
	withheld  = "transaction"
)

func erasureOf(email string) request.Filing {
	return request.Filing{Right: privacy.Erasure, Email: email}
}

// agreed has a customer agree to the plan of their erasure, and everybody told.
func (s *rig) agreed(email string) (id string) {
	s.T.Helper()
	s.customer(email)
	id = s.Planned(erasureOf(email))
	s.Agree(id)
	s.stands(id, erasure.Cooling, request.Open, request.ForCooling)
	return id
}

// stands checks where an erasure stands, and its request.
func (s *rig) stands(id string, state erasure.State, of request.State, waits request.Wait) {
	s.T.Helper()
	file := s.Load(id)
	r, e := file.Request, erasure.Of(file)
	if e.State != state || r.State != of || r.WaitsFor(s.Clock.Now()) != waits {
		s.T.Errorf("the erasure is %s, and its request is %s and waits for %q; want %s, %s, %q", e.State, r.State, r.WaitsFor(s.Clock.Now()), state, of, waits)
	}
}

// ends does everything that is due until the request is answered, and checks that what can be erased is erased.
func (s *rig) ends(id, email string) {
	s.T.Helper()
	s.Erases(cooling)
	s.Erases(servicetest.Writers + time.Second)
	s.stands(id, erasure.Watching, request.Fulfilled, request.NoWait)
	if got := s.stored(email); got != withheld {
		s.T.Errorf("stored: %s", got)
	}
	if e := erasure.Of(s.Load(id)); e.Certificate == "" || e.ErasedAt.IsZero() {
		s.T.Error("there is no certificate")
	}
}

// mails returns the mails of a kind, oldest first.
func (s *rig) mails(kind string) (found []servicetest.Mail) {
	for _, m := range s.Mails {
		if m.Kind == kind {
			found = append(found, m)
		}
	}
	return found
}

// press agrees to a plan with a proof, and returns the error.
func (s *rig) press(id, plan string, proof subject.Proof) error {
	_, err := erasure.Agree(s.T.Context(), s.Requester, id, proof, plan)
	return err
}

// hash returns the hash of the plan as it is stored.
func (s *rig) hash(id string) string { return erasure.Of(s.Load(id)).Plan.Hash() }

// kindOf returns the kind of a refusal, and the pointers that it names.
func kindOf(err error) string {
	if err == nil {
		return "ok"
	}
	kind := string(fault.KindOf(err))
	if e := (*fault.Error)(nil); errors.As(err, &e) {
		for _, f := range e.Fields {
			kind += " " + f.Pointer
		}
	}
	return kind
}

// answers has the team note that every system has erased the person too.
func (s *rig) answers(id string) {
	s.T.Helper()
	for _, system := range erasure.Of(s.Load(id)).Outstanding() {
		if err := erasure.AcknowledgeFor(s.T.Context(), s.Requests, id, system, servicetest.Operator, s.Clock.Now()); err != nil {
			s.T.Fatal(err)
		}
	}
}
