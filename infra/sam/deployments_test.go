package sam_test

import (
	"slices"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/sam"
)

// texts resolves values. Each reference becomes its logical id.
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

// Every function is deployed as the parameter says, by default as a canary. If the alarm on its own new version rings, it is rolled
// back. No other alarm decides: an alarm that counts the old version or a queue would stop the very deployment that fixes the problem.
func TestEveryFunctionIsDeployedByCanary(t *testing.T) {
	template := load(t)
	for _, f := range template.Functions {
		if parameter, _ := f.Deployment.Target(); f.Alias != "live" || parameter != "Rollout" {
			t.Errorf("%s: alias %q, deployment %q", f.LogicalID, f.Alias, parameter)
		}
		if have := texts(t, template, f.DeploymentAlarms...); !slices.Equal(have, []string{canaryAlarm(f).LogicalID}) {
			t.Errorf("%s: a deployment is taken back by %q, not by %q", f.LogicalID, have, canaryAlarm(f).LogicalID)
		}
	}
	rollout := template.Parameters["Rollout"]
	if rollout.Default != "Canary10Percent5Minutes" || !slices.Contains(rollout.AllowedValues, "AllAtOnce") || !slices.Contains(rollout.AllowedValues, rollout.Default) {
		t.Errorf("%+v", rollout)
	}
}

// The alarms of a deployment watch only the version that is being deployed, by its number.
func TestDeploymentsLookAtTheNewVersionAlone(t *testing.T) {
	template := load(t)
	for _, f := range template.Functions {
		version := f.LogicalID + ".Version.Version"
		for _, id := range texts(t, template, f.DeploymentAlarms...) {
			for _, m := range template.Alarms()[id].Metrics {
				if m.Dimensions["ExecutedVersion"] != version && m.Dimensions["Version"] != version {
					t.Errorf("%s: %s looks at %s of %v", f.LogicalID, id, m.Name, m.Dimensions)
				}
			}
		}
	}
}

// SAM publishes no version if only a parameter's value changed (aws/serverless-application-model, issue 3820). So Revision changes
// the function, because Lambda publishes nothing otherwise, and the description of its version, so that CloudFormation replaces the version.
func TestAnotherRevisionPublishesEveryFunction(t *testing.T) {
	template := load(t)
	if have := texts(t, template, template.Globals.Get("Description")); have[0] != "Revision Revision" {
		t.Errorf("another revision leaves the functions as they are: %q", have)
	}
	for _, f := range template.Functions {
		if parameter, _ := f.Properties.Get("VersionDescription").Target(); parameter != "Revision" {
			t.Errorf("%s: a version is described by %q", f.LogicalID, parameter)
		}
		if f.Properties.Get("Description").Exists() {
			t.Errorf("%s has a description of its own, without the revision", f.LogicalID)
		}
	}
}

// A schedule calls the alias and not the newest version, so its role must name the alias.
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
