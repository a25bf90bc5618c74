package sam_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/sam"
)

// The states of an alarm.
const (
	fine    = "OK"
	alarmed = "ALARM"
	unsure  = "INSUFFICIENT_DATA"
)

// looked is how many periods CloudWatch looks at when an alarm judges by three. It is more than three, so that CloudWatch can skip missing data.
const looked = 5

// judge returns the state that CloudWatch gives an alarm ("Configuring how CloudWatch alarms treat missing data"). points are the
// data points by period, the newest last: 'X' breaches, '0' does not, '-' is missing. state is the alarm's previous state.
func judge(a sam.Alarm, state, points string) string {
	if len(points) > looked {
		points = points[len(points)-looked:]
	}
	real := strings.ReplaceAll(points, "-", "")
	if a.Missing == "breaching" || a.Missing == "notBreaching" { // real points count first, from the newest; missing ones fill the rest
		fill := map[string]string{"breaching": "X", "notBreaching": "0"}[a.Missing]
		real = strings.Repeat(fill, max(0, a.Periods-len(real))) + real
	}
	newest := real[max(0, len(real)-a.Periods):]
	switch {
	case newest == "" && a.Missing == "ignore":
		return state
	case newest == "":
		return unsure
	case strings.Contains(newest, "0"):
		return fine
	case len(newest) == a.Periods || len(points)-strings.Index(points, "X") >= a.Periods: // the breach is old enough, and no newer point denies it
		return alarmed
	}
	return state
}

// The table is CloudWatch's own, for an alarm of three periods. An alarm without any data yet is in the third state.
func TestJudgeIsTheTableOfCloudWatch(t *testing.T) {
	for points, want := range map[string][3]string{ // missing, breaching, notBreaching
		"0-X-X": {fine, fine, fine},
		"0----": {fine, fine, fine},
		"-----": {unsure, alarmed, fine},
		"0XX-X": {alarmed, alarmed, alarmed},
		"--X--": {alarmed, alarmed, fine},
		"----X": {unsure, alarmed, fine},
	} {
		for i, missing := range []string{"missing", "breaching", "notBreaching"} {
			if got := judge(sam.Alarm{Periods: 3, Missing: missing}, unsure, points); got != want[i] {
				t.Errorf("%s, %s: %s, not %s", points, missing, got, want[i])
			}
		}
	}
}

// hours turns what happened in each hour into the data points of PurgeMissingAlarm, by its expression: 'p' is a purge and runs of
// fulfil, 'r' is only runs of fulfil, '-' is nothing at all.
var hours = strings.NewReplacer("p", "0", "r", "X")

// told lists the hours after which the alarm notifies somebody. A new alarm starts in the third state; that is no change, so it notifies nobody.
func told(a sam.Alarm, stack string) (at []int) {
	state, points := unsure, hours.Replace(stack)
	for hour := range points {
		before := state
		state = judge(a, before, strings.Repeat("-", looked)+points[:hour+1])
		if state != before && (state == alarmed && a.Tells != nil || state == unsure && a.TellsNone != nil) {
			at = append(at, hour+1)
		}
	}
	return at
}

func TestPromise_F07_TheAlarmOnPurgesKnowsANewStackFromASilentOne(t *testing.T) {
	a := load(t).Alarms()["PurgeMissingAlarm"]
	if a.Expression != "IF(FILL(purges, 0) > 0, 0, runs)" || a.Threshold != 0 || a.Comparison != "GreaterThanThreshold" {
		t.Fatalf("this test reads another expression: %+v", a)
	}
	for _, c := range []struct {
		name, stack string
		want        []int
	}{
		{"a new stack, whose first purge comes in its second hour", "rppppppppppp", nil},
		{"a deployment that took two hours", "rrpppppppppp", nil},
		{"a new stack that never purges", "rrrrrr", []int{3}},
		{"purges stop, fulfil goes on", "rppprrrr", []int{7}},
		{"two purges fail", "pprrpp", nil},
		{"all schedules stop in the middle of an hour", "pppr-----", []int{8, 9}}, // first as an alarm, then as missing data
		{"all schedules stop between two hours", "ppp-----", []int{8}},
		{"and begin again", "ppp-----ppp", []int{8}},
	} {
		if got := told(a, c.stack); !slices.Equal(got, c.want) {
			t.Errorf("%s: somebody is told after %v hours, not after %v", c.name, got, c.want)
		}
	}
}
