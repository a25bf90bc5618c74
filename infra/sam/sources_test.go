package sam_test

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/sam"
)

// longest is the longest run that any function may take.
func longest(template *sam.Template) (run time.Duration) {
	for _, f := range template.Functions {
		run = max(run, f.Timeout)
	}
	return run
}

// A new account runs ten invocations at a time. Runs that take minutes, of exports and of the sweep, use six of them at most when nothing is
// late, so the pages, the API and the mails have the rest. A new on-demand table has four shards in its stream.
func TestFault_F19_LongRunsLeaveRoomInANewAccount(t *testing.T) {
	const account, room, shards = 10, 4, 4
	taken := 0
	for _, f := range load(t).Functions {
		if f.Timeout < 5*time.Minute {
			continue
		}
		taken += len(f.Schedules)
		for _, s := range f.Streams {
			taken += shards * s.ParallelizationFactor
		}
	}
	if taken > account-room {
		t.Errorf("%d of %d invocations can be long ones", taken, account)
	}
}

// While long runs take all the account has, what was begun by a stream or a schedule waits as long as the longest run. Were it given up before,
// an hour with many exports would fill the queue. What waits is bounded: a schedule adds one run a minute, each of which does all that is due.
func TestFault_F19_EventsOutliveTheLongestRun(t *testing.T) {
	template := load(t)
	least := longest(template)
	for _, f := range template.Functions {
		ages := map[string]time.Duration{}
		for _, s := range f.Streams {
			ages[s.LogicalID] = s.MaximumRecordAge
		}
		for _, s := range f.Schedules {
			ages[s.LogicalID] = s.MaximumEventAge
			ages["EventInvokeConfig"] = time.Duration(f.Properties.Get("EventInvokeConfig", "MaximumEventAgeInSeconds").Int()) * time.Second
		}
		for what, age := range ages {
			if age < least || age > time.Hour {
				t.Errorf("%s: %s is given up after %s; the longest run takes %s", f.LogicalID, what, age, least)
			}
		}
	}
}

// A stream or a schedule that fails for good must end, partly succeed where it can, and tell somebody.
func TestFault_F19_EveryEventSourceEndsAndTells(t *testing.T) {
	template := load(t)
	for _, f := range template.Functions {
		for _, s := range f.Streams {
			if len(s.Filters) == 0 || s.MaximumRetryAttempts < 0 || s.MaximumRecordAge < time.Minute || !s.PartialBatch || !s.Bisect || s.Destination != "FailedEvents" {
				t.Errorf("%s: %+v", f.LogicalID, s)
			}
		}
		for _, s := range f.Schedules {
			if s.MaximumEventAge > time.Hour || s.MaximumRetryAttempts > 3 || s.DeadLetter != "FailedEvents" {
				t.Errorf("%s: %+v", f.LogicalID, s)
			}
			// The scheduler invokes without waiting, so what the function itself fails at is retried by Lambda.
			queue, _ := f.Properties.Get("EventInvokeConfig", "DestinationConfig", "OnFailure", "Destination").Target()
			if queue != "FailedEvents" || !f.Properties.Get("EventInvokeConfig", "MaximumEventAgeInSeconds").Exists() {
				t.Errorf("%s: a failed run of %s is not told", f.LogicalID, s.LogicalID)
			}
		}
	}
	if key, _ := template.Resources["FailedEvents"].Properties.Get("KmsMasterKeyId").Target(); key != "DataKey" {
		t.Error("the queue is not encrypted with the customer key")
	}
}
