package intake

import (
	"context"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// FollowConsent applies what the newest consent record of a data subject says about marketing mail to the state and to the stored marketing
// records. A withdrawal ends their retention: they are invisible at once, and the next purge deletes them, unless the data subject has had their use
// restricted. A consent keeps those that waited for it until it is withdrawn (promise F04).
//
// The state changes first. Every write of a marketing record depends on the state, so no record is written under the old one. The expiries
// of the records follow from the state that holds then. So FollowConsent may run again, for an older record, and while the intake runs
// (faults F02, F11). The proof of one data subject says which of two records is newer. That of several who were joined does not, so FollowConsent
// reads the log again after it has changed their state: whoever changes it last has seen everything.
func (in *Intake) FollowConsent(ctx context.Context, id privacy.SubjectID, newest consent.Record) error {
	root, snapshot, found, err := in.follow(ctx, id, newest)
	if err != nil || !found || snapshot.Marketing == standing.NoChoice {
		return err
	}
	return in.pass(ctx, root, snapshot, privacy.Marketing)
}

// follow applies the newest consent record of a data subject to the state that their data follows, and returns that state.
func (in *Intake) follow(ctx context.Context, id privacy.SubjectID, newest consent.Record) (root privacy.SubjectID, after standing.Snapshot, found bool, err error) {
	root, read, found, err := in.root(ctx, id)
	if err == nil && found && (root != id || len(read.Formerly) > 0) {
		newest, err = in.united(ctx, root, read)
	}
	for err == nil && found {
		var stale bool
		after, found, stale, err = in.choose(ctx, root, read, newest)
		if err != nil || !found || !stale && len(after.Formerly) == 0 {
			return root, after, found, err
		}
		if root, read, found, err = in.root(ctx, root); err != nil || !found {
			return root, read, found, err
		}
		var again consent.Record
		if again, err = in.united(ctx, root, read); err == nil && !stale && choiceIn(again, read.State) == choiceIn(newest, read.State) {
			return root, read, true, nil
		}
		newest = again
	}
	return root, after, found, err
}

// choose applies the newest consent record to the state of a data subject. It reports stale, and changes nothing, if somebody was joined or
// separated since the state was read.
func (in *Intake) choose(
	ctx context.Context, root privacy.SubjectID, read standing.Snapshot, newest consent.Record,
) (after standing.Snapshot, found, stale bool, err error) {
	proof := standing.Proof{Until: newest.ExpiresAt, Version: newest.Version}
	after, found, err = in.Subjects.Transition(ctx, root, func(from standing.Snapshot) (standing.State, time.Time) {
		if stale = !from.SamePeople(read.State); stale {
			return from.State, from.ExpiresAt
		}
		to := from.Chosen(in.marketingRule(), choiceIn(newest, from.State), proof, in.Now())
		if to.Equal(from.State) {
			return to, from.ExpiresAt
		}
		return to, to.KnownUntil(in.Policy(in.Now()))
	})
	return after, found, stale, err
}

// united returns what a data subject and those who were joined to them decided together.
func (in *Intake) united(ctx context.Context, id privacy.SubjectID, snapshot standing.Snapshot) (consent.Record, error) {
	return consent.Together(ctx, in.Consents.Newest, id, snapshot.Formerly, in.Now())
}

// choiceIn returns what a consent record says about marketing mail, even if it is time to ask again: an old consent is still a consent, and
// an old withdrawal is still a withdrawal. But a consent that was given before an erasure counts no more.
func choiceIn(r consent.Record, state standing.State) standing.Choice {
	switch d := r.Decisions[privacy.MarketingEmail]; d.State {
	case consent.Granted:
		if !state.Outlives(d.DecidedAt) {
			return standing.NoChoice
		}
		return standing.Consented
	case consent.Denied:
		return standing.Withdrawn
	default:
		return standing.NoChoice
	}
}
