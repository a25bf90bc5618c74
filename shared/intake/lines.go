package intake

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/record"
)

const (
	parallel  = 16              // data subjects at a time
	lastStart = 4 * time.Second // no further transaction begins if less time than this is left
)

// TakeOne takes in a single record. Its error is that of the result: fault.Conflict if it lost too many races, fault.TooLarge if the data is
// too large.
func (in *Intake) TakeOne(ctx context.Context, l Line) (Result, error) {
	always := func() error { return nil }
	result := in.newView(l.Who).take(ctx, []record.Record{l.Record}, always)[0]
	return result, result.Err
}

// Take takes in the lines of one call and returns what became of each. A line that is refused never stops the others. The lines that name the same
// are taken in together. Groups of lines that share an id or an address may be about one data subject, so they are taken in one after the other, in the
// order of their first lines. All others are taken in in parallel. When the time of the call runs out, the lines that are left get an error that
// says so.
func (in *Intake) Take(ctx context.Context, lines []Line) []Result {
	results := make([]Result, len(lines))
	var wg sync.WaitGroup
	slots := make(chan struct{}, parallel)
	for _, groups := range byPerson(lines) {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			for _, places := range groups {
				in.takeGroup(ctx, lines, places, results)
			}
		})
	}
	wg.Wait()
	return results
}

func (in *Intake) takeGroup(ctx context.Context, lines []Line, places []int, results []Result) {
	records := make([]record.Record, len(places))
	for i, place := range places {
		records[i] = lines[place].Record
	}
	enough := func() error { return in.enoughTime(ctx) }
	for i, result := range in.newView(lines[places[0]].Who).take(ctx, records, enough) {
		result.Err = fault.InTime(result.Err)
		results[places[i]] = result
	}
}

// name is what a line names: a data subject, or an analytics count.
type name struct{ id, lookup, count string }

// byPerson groups the positions of lines: those that name the same, and then those groups that share an id or an address. The lines of one
// analytics count are a group too, since counts depend on nothing but what is stored under the same id.
func byPerson(lines []Line) [][][]int {
	var names []name
	places := map[name][]int{}
	for i, l := range lines {
		who := name{id: l.Who.ID, lookup: l.Who.Address.Lookup}
		if who == (name{}) {
			who.count = l.Record.ID
		}
		if len(places[who]) == 0 {
			names = append(names, who)
		}
		places[who] = append(places[who], i)
	}
	first := map[name]int{}           // the first group that names an id, an address or a count
	person := make([]int, len(names)) // of each group: a group of the same person, the first of which is its own
	root := func(g int) int {
		for person[g] != g {
			g = person[g]
		}
		return g
	}
	for g, who := range names {
		person[g] = g
		for _, part := range []name{{id: who.id}, {lookup: who.lookup}} {
			if part == (name{}) {
				continue
			}
			if other, known := first[part]; known {
				low, high := min(root(other), root(g)), max(root(other), root(g))
				person[high] = low
			} else {
				first[part] = g
			}
		}
	}
	together := make([][][]int, len(names))
	for g, who := range names {
		together[root(g)] = append(together[root(g)], places[who])
	}
	return slices.DeleteFunc(together, func(groups [][]int) bool { return len(groups) == 0 })
}

// enoughTime returns an error if too little time is left to begin another transaction.
func (in *Intake) enoughTime(ctx context.Context) error {
	if deadline, limited := ctx.Deadline(); limited && in.Now().After(deadline.Add(-lastStart)) {
		return fault.ErrNoTime
	}
	return nil
}
