package confirmations

import (
	"errors"
	"os"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

func TestMain(m *testing.M) { os.Exit(enginetest.EachEngine(m)) }

func TestAConfirmationComesBackAsItWasAndLapses(t *testing.T) {
	tables := enginetest.DynamoDB(t)
	clock := tables.Clock(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))
	s := &Store{Client: tables.Client, Table: tables.Name("RequestsTable"), Now: clock.Now}
	load := func() (mailbox.Confirmation, bool) {
		t.Helper()
		c, found, err := s.Load(t.Context(), "id")
		if err != nil {
			t.Fatal(err)
		}
		return c, found
	}
	if c, found := load(); found {
		t.Errorf("an unknown confirmation: %+v", c)
	}
	c := mailbox.Confirmation{ID: "id", Email: "Anna@example.org", CreatedAt: clock.Now(), NextAt: clock.Now(), ExpiresAt: clock.Now().AddDate(0, 0, 7), Act: consent.Act{
		Operation: "op", PolicyVersion: "2026-11-02", Language: "en", Surface: "form", GPC: true,
		Decisions: map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Granted, privacy.Testimonials: consent.Denied},
	}}
	for version := range 2 {
		saved, err := s.Save(t.Context(), c)
		if err != nil || saved.Version != version+1 {
			t.Fatalf("version %d, %v", saved.Version, err)
		}
		if _, err := s.Save(t.Context(), c); !errors.Is(err, mailbox.ErrChanged) {
			t.Errorf("saved twice: %v", err)
		}
		c.Version = version + 1
		if got, found := load(); !found || !reflect.DeepEqual(got, c) {
			t.Errorf("%+v\n not %+v", got, c)
		}
		c.Act.Subject, c.Hash, c.PreferencesHash = "e#sid", []byte("confirm"), []byte("preferences")
		c.Tries, c.TriedAt = 2, clock.Now().Add(30*time.Second)
		c.MailedAt, c.ConfirmedAt, c.NextAt = clock.Now().Add(time.Minute), clock.Now().Add(time.Hour), time.Time{}
	}
	clock.Set(c.ExpiresAt)
	if c, found := load(); found {
		t.Errorf("after its life: %+v", c)
	}
	// asked again, whether or not TTL has deleted the old item
	c = mailbox.Confirmation{ID: "id", Email: "Berta@example.org", CreatedAt: clock.Now(), NextAt: clock.Now(), ExpiresAt: clock.Now().AddDate(0, 0, 7)}
	if _, err := s.Save(t.Context(), c); err != nil {
		t.Error(err)
	}
	if got, found := load(); !found || got.Email != c.Email || got.Version != 1 {
		t.Errorf("asked again: %+v, %t", got, found)
	}
}

// TestFault_F15_OneConfirmationIsSpentOnce lets 16 writers save a change of the same version. Only one may succeed.
func TestFault_F15_OneConfirmationIsSpentOnce(t *testing.T) {
	tables := enginetest.DynamoDB(t)
	clock := tables.Clock(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))
	s := &Store{Client: tables.Client, Table: tables.Name("RequestsTable"), Now: clock.Now}
	for version := range 5 {
		var won atomic.Int64
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				switch _, err := s.Save(t.Context(), mailbox.Confirmation{ID: "id", Version: version, CreatedAt: clock.Now(), ExpiresAt: clock.Now().AddDate(0, 0, 7)}); {
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
