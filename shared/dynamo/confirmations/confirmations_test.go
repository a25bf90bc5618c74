package confirmations

import (
	"errors"
	"net/http"
	"os"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/filled"
	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

func TestMain(m *testing.M) { os.Exit(enginetest.EachEngine(m)) }

func open(t *testing.T) (*Store, *enginetest.Tables, *testclock.Clock) {
	tables := enginetest.DynamoDB(t)
	clock := tables.Clock(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))
	return &Store{Client: tables.Client, Table: tables.Name("RequestsTable"), Now: clock.Now}, tables, clock
}

func (s *Store) loads(t *testing.T) (mailbox.Confirmation, bool) {
	t.Helper()
	c, found, err := s.Load(t.Context(), "id")
	if err != nil {
		t.Fatal(err)
	}
	return c, found
}

// asked is a confirmation as it is first stored.
func asked(now time.Time) mailbox.Confirmation {
	return mailbox.Confirmation{ID: "id", Email: "Anna@example.org", Client: "client", CreatedAt: now, NextAt: now, ExpiresAt: now.AddDate(0, 0, 7), Act: consent.Act{
		Operation: "op", PolicyVersion: "2026-11-02", Language: "en", Surface: "form", GPC: true,
		Decisions: map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Granted, privacy.Testimonials: consent.Denied},
	}}
}

// unstored are the fields of an act that only say who is meant, which the confirmation or the mailbox knows, or that the recorder sets.
var unstored = []string{"Act.Who", "Act.Subject", "Act.Keyed", "Act.ConfirmOptIn", "Act.First", "Act.After", "Act.Since"}

func TestAConfirmationComesBackAsItWasAndLapses(t *testing.T) {
	s, _, clock := open(t)
	if c, found := s.loads(t); found {
		t.Errorf("an unknown confirmation: %+v", c)
	}
	c := asked(clock.Now())
	for version := range 2 {
		saved, err := s.Save(t.Context(), c)
		if err != nil || saved.Version != version+1 {
			t.Fatalf("version %d, %v", saved.Version, err)
		}
		if _, err := s.Save(t.Context(), c); !errors.Is(err, mailbox.ErrChanged) {
			t.Errorf("saved twice: %v", err)
		}
		c.Version = version + 1
		if got, found := s.loads(t); !found || !reflect.DeepEqual(got, c) {
			t.Errorf("%+v\n not %+v", got, c)
		}
		c = filled.Value[mailbox.Confirmation](unstored...)
		c.ID, c.Version = "id", version+1
	}
	clock.Set(c.ExpiresAt.Add(-time.Second))
	if _, found := s.loads(t); !found {
		t.Error("it is gone before its end")
	}
	clock.Set(c.ExpiresAt)
	if c, found := s.loads(t); found {
		t.Errorf("after its life: %+v", c)
	}
	// asked again, whether or not TTL has deleted the old item
	c = asked(clock.Now())
	c.Email = "Berta@example.org"
	if _, err := s.Save(t.Context(), c); err != nil {
		t.Error(err)
	}
	if got, found := s.loads(t); !found || got.Email != c.Email || got.Version != 1 || !got.RepeatedAt.IsZero() || got.Mailbox != "" {
		t.Errorf("asked again: %+v, %t", got, found)
	}
}

// A confirmation that has ended is due no more, although its item stays for a while.
func TestAConfirmationThatHasEndedIsNotDue(t *testing.T) {
	s, _, clock := open(t)
	c, err := s.Save(t.Context(), asked(clock.Now()))
	if err != nil {
		t.Fatal(err)
	}
	c.NextAt = time.Time{}
	if _, err := s.Save(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if got, found := s.loads(t); !found || !got.NextAt.IsZero() {
		t.Errorf("%+v, %t", got, found)
	}
}

// Only the item of a confirmation that has not expired is read as one.
func TestParse(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	it := item(asked(now))
	if c, ok := Parse(it, now); !ok || c.ID != "id" || c.Email != "Anna@example.org" || dynamo.Text(Key("id"), dynamo.PK) != dynamo.Text(it, dynamo.PK) {
		t.Errorf("%+v, %t", c, ok)
	}
	if _, ok := Parse(it, now.AddDate(0, 0, 7)); ok {
		t.Error("it has expired")
	}
	it[dynamo.PK] = dynamo.String("r#id")
	if _, ok := Parse(it, now); ok {
		t.Error("a request is read as a confirmation")
	}
}

// F01: a save whose answer was lost is repeated by the SDK, and recognises its own item.
func TestFault_F01_ASaveThatIsRepeated(t *testing.T) {
	s, tables, clock := open(t)
	lost := 0
	wire := &enginetest.Wire{Through: func(c *enginetest.Call) (*http.Response, error) {
		response, err := c.Send()
		if lost++; err == nil && lost == 1 {
			_ = response.Body.Close()
			return nil, http.ErrHandlerTimeout
		}
		return response, err
	}}
	s.Client = wire.Client(tables.Client)
	c := asked(clock.Now())
	for version := range 2 {
		lost = 0
		saved, err := s.Save(t.Context(), c)
		if err != nil || saved.Version != version+1 || lost != 2 {
			t.Errorf("version %d, %v, after %d calls", saved.Version, err, lost)
		}
		c = saved
	}
	if got, found := s.loads(t); !found || got.Version != 2 {
		t.Errorf("%+v, %t", got, found)
	}
}

// TestFault_F15_OneConfirmationIsSpentOnce lets 16 writers save a change of the same version. Only one may succeed.
func TestFault_F15_OneConfirmationIsSpentOnce(t *testing.T) {
	s, _, clock := open(t)
	for version := range 5 {
		var won atomic.Int64
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				c := asked(clock.Now())
				c.Version = version
				switch _, err := s.Save(t.Context(), c); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, mailbox.ErrChanged):
					t.Error(err)
				}
			})
		}
		if wg.Wait(); won.Load() != 1 {
			t.Errorf("version %d was saved %d times", version, won.Load())
		}
	}
}
