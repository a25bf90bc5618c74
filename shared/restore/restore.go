// Package restore does again, on a restored copy of the tables, whatever was taken away from data subjects since the backup (faults F17, F25; promise
// G06). What was erased stays erased, what was forbidden stays forbidden, and an address leads to whom it led before. It runs before the copy is switched
// in, while nobody writes to it. A run that was cut off is repeated.
package restore

import (
	"context"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/replay"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// Entries are the entries since a time, oldest first.
type Entries = iter.Seq2[replay.Entry, error]

// Subjects is the restored table of data subjects.
type Subjects interface {
	// PutStanding stores a state as it was noted, unless the copy has the same version of it or a later one.
	PutStanding(ctx context.Context, s replay.Standing) error
	// PutAlias stores an alias as it was noted, unless the copy has the act by which it came to be so. An alias of the copy keeps its spelling.
	PutAlias(ctx context.Context, a subject.Alias) error
	// Align has the aliases of a data subject expire with their state, and with it everybody who was joined to them.
	Align(ctx context.Context, id privacy.SubjectID) error
}

// Records is the restored table of records.
type Records interface {
	// TakeBack lets a record expire at the time given.
	TakeBack(ctx context.Context, r replay.Retraction, at time.Time) error
}

// Erasures does erasures in the restored tables.
type Erasures interface {
	// Resume has an erasure that began after the backup, at the time given, go on in the copy as one that has begun.
	Resume(ctx context.Context, e replay.Erasure, begun time.Time) error
	// Again erases once what is not withheld from an erasure that began at the time given.
	Again(ctx context.Context, e replay.Erasure, begun time.Time) error
	// AskAgain has the person agree anew to an erasure that they agreed to before the backup and that has not begun: they may have cancelled it since.
	AskAgain(ctx context.Context, request string) error
}

// Restorer does the entries again.
type Restorer struct {
	Entries  Entries
	Subjects Subjects
	Records  Records
	Consents consent.Log
	Erasures Erasures
	Queue    work.Queue // of the restored table of requests
	// Rebuild brings a state, and the expiries of the records, in step with what is stored: intake.Rebuild.
	Rebuild func(ctx context.Context, id privacy.SubjectID) (again time.Time, err error)
}

// Report counts what was done again.
type Report struct {
	Entries, Standings, Aliases, Refusals, Retractions, Erasures int
}

// Run does the entries again. Erasures count first what the copy has. Aliases and states come before everything that follows from who is who. In the end,
// each state follows from what is left.
func (r *Restorer) Run(ctx context.Context) (report Report, err error) {
	n, err := read(r.Entries, &report)
	if err != nil {
		return report, err
	}
	for _, do := range []func(context.Context, noted, *Report) error{r.resume, r.identify, r.refuse, r.takeBack, r.erase, r.rebuild} {
		if err := do(ctx, n, &report); err != nil {
			return report, err
		}
	}
	return report, r.askAgain(ctx)
}

// resume has the erasures that began since the backup go on in the copy.
func (r *Restorer) resume(ctx context.Context, n noted, _ *Report) error {
	for _, e := range n.erasures {
		if err := r.Erasures.Resume(ctx, *e.Erasure, e.At); err != nil {
			return err
		}
	}
	return nil
}

// identify puts aliases and states back as they were noted last.
func (r *Restorer) identify(ctx context.Context, n noted, report *Report) error {
	for _, key := range slices.Sorted(maps.Keys(n.aliases)) {
		if err := r.Subjects.PutAlias(ctx, n.aliases[key].is); err != nil {
			return err
		}
		report.Aliases++
	}
	for _, id := range slices.Sorted(maps.Keys(n.standings)) {
		for _, a := range n.unnoted(n.standings[id]) {
			if err := r.Subjects.PutAlias(ctx, a); err != nil {
				return err
			}
		}
		if err := r.Subjects.PutStanding(ctx, n.sharing(n.standings[id])); err != nil {
			return err
		}
		report.Standings++
	}
	return nil
}

// refuse records again what data subjects have refused since the backup, in one record for each of them. What they agreed to in the same acts is asked
// for again.
func (r *Restorer) refuse(ctx context.Context, n noted, report *Report) error {
	for _, who := range slices.Sorted(maps.Keys(n.refusals)) {
		newest, err := r.Consents.Newest(ctx, who)
		if err != nil {
			return err
		}
		all := n.refusals[who]
		report.Refusals += len(all)
		if newest.Covers(all[len(all)-1]) {
			continue
		}
		lost := slices.DeleteFunc(slices.Clone(all), newest.Covers)
		if err := r.Consents.Append(ctx, newest.Refused(lost...)); err != nil {
			return err
		}
	}
	return nil
}

// takeBack takes back again the records that were taken back.
func (r *Restorer) takeBack(ctx context.Context, n noted, report *Report) error {
	for _, e := range n.retractions {
		if err := r.Records.TakeBack(ctx, *e.Retraction, e.At); err != nil {
			return err
		}
		report.Retractions++
	}
	return nil
}

// rebuild brings the states that have changed in step with what the copy has. Nobody writes to it, so no pass has to wait for a write (fault F27).
func (r *Restorer) rebuild(ctx context.Context, n noted, _ *Report) error {
	for _, id := range n.touched() {
		if _, err := r.Rebuild(ctx, id); err != nil {
			return err
		}
		if err := r.Subjects.Align(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// erase erases again.
func (r *Restorer) erase(ctx context.Context, n noted, report *Report) error {
	for _, e := range n.erasures {
		if err := r.Erasures.Again(ctx, *e.Erasure, e.At); err != nil {
			return err
		}
		report.Erasures++
	}
	return nil
}

// whenever is later than anything is due.
var whenever = time.Unix(1<<33, 0)

// askAgain has people agree anew to the erasures that wait in the copy until nobody can cancel them any more. Those that began since the backup have begun
// again by now.
func (r *Restorer) askAgain(ctx context.Context) error {
	due, err := r.Queue.Due(ctx, whenever)
	if err != nil {
		return err
	}
	for _, task := range due {
		if task.Kind != work.Erase {
			continue
		}
		if err := r.Erasures.AskAgain(ctx, task.Ref); err != nil {
			return err
		}
	}
	return nil
}
