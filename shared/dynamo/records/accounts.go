package records

import (
	"context"
	"time"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
)

// stored is an account record with the end of its contract, as far as is known: the record itself may lack it.
type stored struct {
	record.OnFile
	ended time.Time
}

func (a stored) current() current {
	sum, account := a.Hash(), accountOf(a.Record)
	account.EndedAt = a.ended
	return current{at: a.OccurredAt, hash: sum[:], expires: a.ExpiresAt, account: account}
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
		all = append(all, stored{OnFile: one, ended: over})
	}
	return all, nil
}

// EndContract sets the end of every running contract of the session's subject to the time given, which may lie ahead: the contract runs
// until then, and its end can be set again (promise F01). No running contract is fault.NotFound; one that began later than its end would
// be is not acceptable.
func (s *Session) EndContract(ctx context.Context, at time.Time) error {
	for range tries {
		if err := s.load(ctx, true); err != nil {
			return err
		}
		change, err := s.endings(ctx, at)
		if err != nil || len(change) == 0 {
			return err
		}
		overtaken := false
		for _, r := range s.PutAll(ctx, change, func() error { return nil }) {
			if r.Err != nil {
				return r.Err
			}
			overtaken = overtaken || r.Outcome == record.Unchanged
		}
		if !overtaken {
			return nil
		}
		s.loaded = false
	}
	return errRaces
}

// endings returns the records of the running contracts that have another end than the one given, with that end.
func (s *Session) endings(ctx context.Context, at time.Time) ([]record.Record, error) {
	all, err := s.w.accounts(ctx, s.sid)
	if err != nil {
		return nil, err
	}
	now := s.w.Now()
	running, late := 0, 0
	var change []record.Record
	for _, a := range all {
		contract := a.current().account
		if !contract.Runs(now) {
			continue
		}
		running++
		if at.Before(contract.StartedAt) {
			late++
		} else if !contract.EndedAt.Equal(at) {
			over, err := a.Ended(at, now)
			if err != nil {
				return nil, err
			}
			change = append(change, over)
		}
	}
	switch running {
	case 0:
		return nil, fault.New(fault.NotFound, "No contract of this subject is running.")
	case late:
		return nil, fault.At("/endedAt", "must not be before the contract started")
	}
	return change, nil
}
