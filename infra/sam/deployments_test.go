package sam_test

import (
	"slices"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/sam"
)

// texts resolves values with every reference as its logical id.
func texts(t *testing.T, template *sam.Template, values ...sam.Value) []string {
	t.Helper()
	var all []string
	for _, v := range values {
		text, err := template.Resolve(v, func(id, _ string) (string, bool) { return id, true })
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text)
	}
	return all
}

// Every function goes out by a canary, and comes back when the queue's alarm, the API's or one of its own rings.
func TestEveryFunctionIsDeployedByCanary(t *testing.T) {
	template := load(t)
	for _, f := range template.Functions {
		if f.Alias != "live" || f.Deployment != "Canary10Percent5Minutes" {
			t.Errorf("%s: alias %q, deployment %q", f.LogicalID, f.Alias, f.Deployment)
		}
		need := []string{"FailedEventsAlarm", "AWS::StackName-api-errors", errorsAlarm(f).LogicalID}
		for _, s := range f.Streams {
			need = append(need, ageAlarm(f, s).LogicalID)
		}
		if have := texts(t, template, f.DeploymentAlarms...); !slices.Equal(have, need) {
			t.Errorf("%s: a deployment is taken back by %q, not by %q", f.LogicalID, have, need)
		}
	}
	if name := texts(t, template, template.Resources["ApiErrorsAlarm"].Properties.Get("AlarmName")); name[0] != "AWS::StackName-api-errors" {
		t.Errorf("the API's alarm is called %q", name)
	}
}

// A schedule calls the alias, not the newest version, so its role must name the alias.
func TestSchedulesMayInvokeTheAlias(t *testing.T) {
	template := load(t)
	var allowed []string
	for _, s := range template.Resources["SchedulerRole"].Properties.Get("Policies").List()[0].Get("PolicyDocument", "Statement").List() {
		allowed = append(allowed, texts(t, template, s.Get("Resource").List()...)...)
	}
	for _, f := range template.Functions {
		if len(f.Schedules) > 0 && !slices.Contains(allowed, f.LogicalID+":"+f.Alias) {
			t.Errorf("the scheduler may not invoke %s:%s", f.LogicalID, f.Alias)
		}
	}
}
