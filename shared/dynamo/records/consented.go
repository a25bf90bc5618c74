package records

import (
	"context"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// Consented carries what the newest consent record of a data subject says about marketing mail into the subject's state and into the
// marketing records that are stored. A withdrawal ends their retention at once: they are invisible from then on and gone with
// the next purge; a consent keeps those that waited for it until it is withdrawn (promise F04).
//
// The state moves first, and every write of a marketing record is held to it, so that none slips in behind. What is done to the records
// follows from the state that holds, so it may be run again, for an older record, and beside ingest (faults F02, F11).
func (w *Writer) Consented(ctx context.Context, sid privacy.SubjectID, newest consent.Record) error {
	choice, proof := choice(newest), standing.Proof{Until: newest.ExpiresAt, Version: newest.Version}
	state, found, err := w.subjects.Transition(ctx, sid, func(from standing.Snapshot) (standing.State, time.Time) {
		to := from.Chosen(w.marketing, choice, proof, w.Now())
		if to.Equal(from.State) {
			return to, from.ExpiresAt
		}
		expires, _ := to.Ends(w.account)
		return to, expires
	})
	if err != nil || !found || state.Marketing == standing.NoChoice {
		return err
	}
	expires, _ := state.State.MarketingDataEnds(w.marketing, w.Now())
	return w.follow(ctx, sid, privacy.Marketing, expires, state.Version)
}

// choice is what a consent record says about marketing mail, whether or not it is time to ask again: neither a consent nor a withdrawal
// turns into its opposite by age.
func choice(r consent.Record) standing.Choice {
	switch r.Decisions[privacy.MarketingEmail].State {
	case consent.Granted:
		return standing.Consented
	case consent.Denied:
		return standing.Withdrawn
	default:
		return standing.NoChoice
	}
}
