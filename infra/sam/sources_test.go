package sam_test

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/sam"
)

// longest returns the longest time that any function may run.
func longest(template *sam.Template) (run time.Duration) {
	for _, f := range template.Functions {
		run = max(run, f.Timeout)
	}
	return run
}

// A new account runs ten invocations at a time. Exports, sweeps and campaigns of notices can run for minutes. When nothing is late, they use
// at most seven of the ten, so the pages, the API and the mails have the rest. Of the campaigns, a lease lets one invocation work at a time, and
// the others end at once. The stream of a new on-demand table has four shards.
func TestFault_F19_LongRunsLeaveRoomInANewAccount(t *testing.T) {
	const account, room, shards = 10, 3, 4
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

// While long runs take up the account's whole capacity, other events of streams and schedules wait for as long as the longest run.
// If they were given up earlier, an hour with many exports would fill the queue. Few can wait: a schedule adds one run a minute,
// and each run does all due work.
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

// A stream or a schedule that keeps failing must give up, keep its partial success where possible, and notify somebody.
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
			// The scheduler does not wait for an invocation, so Lambda retries when the function itself fails.
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
