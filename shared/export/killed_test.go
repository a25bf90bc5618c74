package export_test

import (
	"context"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// killing is the outside of a run that is killed right after it has sealed, or after it has mailed.
type killing struct {
	*rig
	after string
}

func (k killing) Seal(ctx context.Context, r request.Request, a export.Attempt) (int64, string, error) {
	bytes, identity, err := k.rig.Seal(ctx, r, a)
	k.die("seal")
	return bytes, identity, err
}

func (k killing) ExportReady(ctx context.Context, r request.Request, a export.Attempt, token subject.Token, identity string, status subject.Token) error {
	err := k.rig.ExportReady(ctx, r, a, token, identity, status)
	k.die("mail")
	return err
}

func (k killing) die(operation string) {
	if k.after == operation {
		panic("killed")
	}
}

// F03, F04: once the lease of a killed run is over, another attempt follows. The object of the first stays only if its mail may have left.
func TestFault_F04_AfterAKilledRunTheObjectStaysIfItsMailMayHaveLeft(t *testing.T) {
	for after, objects := range map[string]int{"seal": 1, "mail": 2} {
		s := newRig(t)
		s.OnRecord["anna@example.org"] = "anna@example.org"
		r := s.Verified("anna@example.org")
		if err := s.Fulfilment.Run(t.Context(), r.ID); err != nil {
			t.Fatal(err)
		}
		killed := *s.Delivery
		killed.Bundles, killed.Mailer = killing{s, after}, killing{s, after}
		func() {
			defer func() { _ = recover() }()
			_, err := killed.Run(t.Context(), r.ID, 1)
			t.Errorf("%s: the run was not killed: %v", after, err)
		}()
		s.Clock.Advance(17 * time.Minute)
		s.Work() // finds the killed attempt
		s.Clock.Advance(2 * time.Minute)
		s.Work()
		all := export.Of(s.Load(r.ID))
		if len(all) != 2 || all[0].State != export.Superseded || all[1].State != export.Sent || len(s.Objects) != objects {
			t.Errorf("killed after %s: %d objects, %+v", after, len(s.Objects), all)
		}
	}
}
