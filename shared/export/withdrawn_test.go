package export_test

import (
	"context"
	"io"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// withdrawing withdraws the request after its bundle is sealed.
type withdrawing struct {
	*rig
	status subject.Token
}

func (w withdrawing) Seal(ctx context.Context, r request.Request, a export.Attempt) (int64, string, error) {
	if _, err := w.Requester.Withdraw(ctx, r.ID, w.status); err != nil {
		w.T.Error(err)
	}
	return w.rig.Seal(ctx, r, a)
}

// A request that is withdrawn gets no mail, and no object of it is left. Where there is none, nothing is deleted.
func TestAWithdrawnRequestLeavesNoExport(t *testing.T) {
	for name, during := range map[string]bool{"while its bundle is made": true, "before": false} {
		s := newRig(t)
		s.OnRecord["anna@example.org"] = "anna@example.org"
		r := s.Verified("anna@example.org")
		status, delivery := request.StatusToken(servicetest.Tokens, r.ID), *s.Delivery
		if err := s.Fulfilment.Run(t.Context(), r.ID); err != nil {
			t.Fatal(err)
		}
		if during {
			delivery.Bundles = withdrawing{s, status}
		} else {
			s.Down["discard"] = io.ErrClosedPipe
			if _, err := s.Requester.Withdraw(t.Context(), r.ID, status); err != nil {
				t.Fatal(err)
			}
		}
		_, err := delivery.Run(t.Context(), r.ID, 1)
		if all := export.Of(s.Load(r.ID)); err != nil || all[0].State != export.Cancelled || !all[0].NextAt.IsZero() || len(s.Objects) != 0 || len(s.Mails) != 1 {
			t.Errorf("withdrawn %s: %v, %d objects, %d mails, %+v", name, err, len(s.Objects), len(s.Mails), all)
		}
	}
}
