package cost

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/sam"
)

// stack is the part of template.yaml that costs money.
type stack struct {
	secrets, alarmed  int     // secrets, and metrics that alarms watch
	logLine           int     // bytes of a line of the access log for a decision
	eachMinute        int     // schedules that run every minute: those of fulfil, export, erase and notify
	looking, telling  float64 // memory in GB of these four together, and of notify
	purge, consenting float64 // memory of functions, in GB
	remind            float64
	feedback          float64
	opened            int     // tables that the hourly functions open
	share             float64 // of the rate of SES that campaigns may use
}

func read(t *testing.T) (s stack) {
	template, err := sam.Load(filepath.Join(engine.Root(), "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range template.Resources {
		if r.Type == "AWS::SecretsManager::Secret" {
			s.secrets++
		}
	}
	for id, a := range template.Alarms() {
		if template.Resources[id].Condition == "" { // what exists only under a condition is not in the tables
			s.alarmed += len(a.Metrics)
		}
	}
	memory := func(name, schedule string) float64 {
		f, found := template.Function(name + "Function")
		if !found || schedule == "" != (len(f.Schedules) == 0) || schedule != "" && f.Schedules[0].Expression != schedule {
			t.Fatalf("%s is not the function that this was written for", name)
		}
		return float64(f.MemoryMB) / 1024
	}
	const minute, hour = "rate(1 minute)", "rate(1 hour)"
	s.telling = memory("Notify", minute)
	s.looking = memory("Fulfil", minute) + memory("Export", minute) + memory("Erase", minute) + s.telling
	s.remind = memory("Remind", hour)
	s.purge, s.consenting, s.feedback = memory("Purge", hour), memory("Consent", ""), memory("Feedback", "")
	s.eachMinute = triggers(t, template)
	for _, name := range []string{"PurgeFunction", "RemindFunction"} {
		hourly, _ := template.Function(name)
		for variable := range hourly.Environment {
			if strings.HasSuffix(variable, "_TABLE") {
				s.opened++
			}
		}
	}
	if _, err := fmt.Sscan(template.Parameters["NoticeShare"].Default, &s.share); err != nil {
		t.Fatal(err)
	}
	s.share /= 100
	s.logLine = len(strings.NewReplacer("$context.requestId", "JKJaXmPLvHcESHA=", "$context.requestTimeEpoch", "1795435200000", "$context.routeKey", "POST /v1/consents",
		"$context.status", "201", "$context.responseLatency", "12", "$context.responseLength", "512").Replace(template.API.LogFormat))
	return s
}

// triggers returns how many schedules run every minute. It fails the test if the schedules and queues are not those that the tables name.
func triggers(t *testing.T, template *sam.Template) (eachMinute int) {
	scheduled, polled := 0, 0
	for _, f := range template.Functions {
		if template.Resources[f.LogicalID].Condition != "" {
			continue
		}
		scheduled += len(f.Schedules)
		for _, source := range f.Sources {
			polled++
			if source.MaximumConcurrency == 0 {
				t.Errorf("the number of invocations by %s is not limited, so Lambda may poll it with fewer than %d connections", source.Queue, pollers)
			}
		}
	}
	if scheduled != 6 || polled != 1 {
		t.Fatalf("%d schedules and %d polled queues are not those that this was written for", scheduled, polled)
	}
	return scheduled - 2 // without those of the sweep and of the reminders
}
