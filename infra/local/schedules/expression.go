package schedules

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// expression says when a schedule fires next.
type expression interface {
	next(after time.Time) time.Time // zero: never
}

// rate fires at a fixed distance.
type rate time.Duration

// next counts from the last firing, so that a slow timer does not let the schedule drift.
func (r rate) next(after time.Time) time.Time { return after.Add(time.Duration(r)) }

// parse reads rate(n unit) and cron(minutes hours day-of-month month day-of-week year), in UTC.
func parse(text string) (expression, error) {
	name, rest, ok := strings.Cut(text, "(")
	inner, closed := strings.CutSuffix(rest, ")")
	if !ok || !closed {
		return nil, fmt.Errorf("schedule expression %q is not understood", text)
	}
	fields := strings.Fields(inner)
	switch {
	case name == "rate" && len(fields) == 2:
		unit := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[strings.TrimSuffix(fields[1], "s")]
		n, err := strconv.Atoi(fields[0])
		if err != nil || n < 1 || unit == 0 {
			return nil, fmt.Errorf("schedule expression %q is not understood", text)
		}
		return rate(time.Duration(n) * unit), nil
	case name == "cron" && len(fields) == 6:
		return parseCron(fields)
	}
	return nil, fmt.Errorf("schedule expression %q is not understood", text)
}

// cron holds, for each field, the values that fit; nil fits all.
type cron [6]map[int]bool

// bounds are the smallest and largest value of each field. Days of the week start with Sunday as 1, as EventBridge has it.
var bounds = [6][2]int{{0, 59}, {0, 23}, {1, 31}, {1, 12}, {1, 7}, {1970, 2199}}

// parseCron reads numbers, lists, ranges, steps, * and ?; names of days and months, L, W and # are refused.
func parseCron(fields []string) (cron, error) {
	var c cron
	for i, field := range fields {
		if field == "*" || field == "?" {
			continue
		}
		c[i] = map[int]bool{}
		for part := range strings.SplitSeq(field, ",") {
			if err := addRange(c[i], part, bounds[i]); err != nil {
				return c, fmt.Errorf("cron field %q: %w", field, err)
			}
		}
	}
	return c, nil
}

// addRange adds the values of one item of a list: a number, a range, or either with a step.
func addRange(values map[int]bool, part string, bound [2]int) error {
	span, stepText, hasStep := strings.Cut(part, "/")
	step := 1
	if hasStep {
		var err error
		if step, err = strconv.Atoi(stepText); err != nil || step < 1 {
			return errors.New("the step is no number")
		}
	}
	from, to := bound[0], bound[1]
	if span != "*" {
		first, last, isRange := strings.Cut(span, "-")
		var err error
		if from, err = strconv.Atoi(first); err != nil {
			return errors.New("not a number")
		}
		if isRange {
			if to, err = strconv.Atoi(last); err != nil {
				return errors.New("not a number")
			}
		} else if !hasStep {
			to = from
		}
	}
	if from < bound[0] || to > bound[1] || from > to {
		return errors.New("out of range")
	}
	for v := from; v <= to; v += step {
		values[v] = true
	}
	return nil
}

// next steps through days first, then through minutes: at most five years of days.
func (c cron) next(after time.Time) time.Time {
	t := after.UTC().Truncate(time.Minute).Add(time.Minute)
	end := t.AddDate(5, 0, 0)
	for t.Before(end) {
		if !c.fits(2, t.Day()) || !c.fits(3, int(t.Month())) || !c.fits(4, int(t.Weekday())+1) || !c.fits(5, t.Year()) {
			t = time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, time.UTC)
			continue
		}
		if c.fits(1, t.Hour()) && c.fits(0, t.Minute()) {
			return t
		}
		t = t.Add(time.Minute)
	}
	return time.Time{}
}

// fits reports whether the value passes the field.
func (c cron) fits(field, value int) bool { return c[field] == nil || c[field][value] }
