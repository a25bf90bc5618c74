package records

import (
	"context"
	"time"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/retention"
)

// stored is an account record with what is known of the end of its contract, which a record sent later without an end
// does not undo.
type stored struct {
	record.Stored
	ended time.Time
}

func (a stored) account() retention.Account {
	started, _ := a.Contract()
	return retention.Account{ID: a.ID, StartedAt: started, EndedAt: a.ended}
}

// accounts reads the account records that are held of a subject, consistently.
func (w *Writer) accounts(ctx context.Context, sid privacy.SubjectID) ([]stored, error) {
	if sid == "" {
		return nil, nil
	}
	var all []stored
	for item, err := range w.ofCategory(ctx, sid, privacy.Account) {
		if err != nil {
			return nil, err
		}
		if dynamo.Expired(item, w.Now()) {
			continue
		}
		one, err := parse(item)
		if err != nil {
			return nil, err
		}
		over, _ := time.Parse(time.RFC3339Nano, dynamo.Text(item, ended))
		all = append(all, stored{Stored: one, ended: over})
	}
	return all, nil
}

// EndContract ends every running contract of the session's subject at the time given and returns how many there were
// (promise F01). No running contract is fault.NotFound; one that began later than its end would be is not acceptable.
func (s *Session) EndContract(ctx context.Context, at time.Time) (int, error) {
	if err := s.load(ctx); err != nil {
		return 0, err
	}
	all, err := s.w.accounts(ctx, s.sid)
	if err != nil {
		return 0, err
	}
	running, count := 0, 0
	for _, a := range all {
		if !a.ended.IsZero() {
			continue
		}
		running++
		if started, _ := a.Contract(); at.Before(started) {
			continue
		}
		over, err := a.Ended(at)
		if err != nil {
			return count, err
		}
		if _, err := s.Put(ctx, over); err != nil {
			return count, err
		}
		count++
	}
	switch {
	case running == 0:
		return 0, fault.New(fault.NotFound, "No contract of this subject is running.")
	case count == 0:
		return 0, fault.At("/endedAt", "must not lie before the contract's start")
	}
	return count, nil
}
