package intake

import (
	"context"
	"sync"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

const (
	parallel  = 16              // data subjects at a time
	lastStart = 4 * time.Second // no further transaction begins if less time than this is left
)

// TakeOne takes in a single record. Its error is that of the result: fault.Conflict if it lost too many races, fault.TooLarge if the data is
// too large.
func (in *Intake) TakeOne(ctx context.Context, l Line) (Result, error) {
	always := func() error { return nil }
	result := in.newView(l.Address).take(ctx, []record.Record{l.Record}, always)[0]
	return result, result.Err
}

// Take takes in the lines of one call and returns what became of each. A line that is refused never stops the others. The lines of one data
// subject are taken in together, and those of different data subjects in parallel. When the time of the call runs out, the lines that are
// left get an error that says so.
func (in *Intake) Take(ctx context.Context, lines []Line) []Result {
	results := make([]Result, len(lines))
	var wg sync.WaitGroup
	slots := make(chan struct{}, parallel)
	for _, places := range bySubject(lines) {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			records := make([]record.Record, len(places))
			for i, place := range places {
				records[i] = lines[place].Record
			}
			enough := func() error { return in.enoughTime(ctx) }
			for i, result := range in.newView(lines[places[0]].Address).take(ctx, records, enough) {
				result.Err = fault.InTime(result.Err)
				results[places[i]] = result
			}
		})
	}
	wg.Wait()
	return results
}

// bySubject groups the positions of lines. The lines of one data subject are a group. So are the lines of one analytics count, since
// counts depend on nothing but what is stored under the same id.
func bySubject(lines []Line) [][]int {
	type about struct{ lookup, count string }
	var groups [][]int
	places := map[about]int{}
	for i, l := range lines {
		who := about{lookup: l.Address.Lookup}
		if l.Address == (subject.Address{}) {
			who.count = l.Record.ID
		}
		place, grouped := places[who]
		if !grouped {
			place = len(groups)
			places[who], groups = place, append(groups, nil)
		}
		groups[place] = append(groups[place], i)
	}
	return groups
}

// enoughTime returns an error if too little time is left to begin another transaction.
func (in *Intake) enoughTime(ctx context.Context) error {
	if deadline, limited := ctx.Deadline(); limited && in.Now().After(deadline.Add(-lastStart)) {
		return fault.ErrNoTime
	}
	return nil
}
