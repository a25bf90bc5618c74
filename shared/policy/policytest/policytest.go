// Package policytest makes policies for tests: ones that differ from the published policy, and ones that come into force while a test runs.
package policytest

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
)

// Always returns a policy that is in force at any time.
func Always(p *policy.Policy) func(time.Time) *policy.Policy {
	return func(time.Time) *policy.Policy { return p }
}

// InForce returns the version of these that is in force at a time, as [policy.InForce] does for the published ones.
func InForce(t testing.TB, policies ...*policy.Policy) func(time.Time) *policy.Policy {
	list, byName := sorted(t, policies)
	return func(now time.Time) *policy.Policy { return byName[list.InForce(now).Version] }
}

// Consents returns what consents need of these versions, as [policy.ForConsents] does for the published ones.
func Consents(t testing.TB, policies ...*policy.Policy) policy.Consents {
	list, byName := sorted(t, policies)
	out := policy.Consents{Versions: list}
	for _, v := range list {
		rules := byName[v.Version].ConsentRules()
		rules.From = v.From
		out.Rules = append(out.Rules, rules)
	}
	return out
}

// ConsentsUnder returns what consents need of the policy if p is in force, and replaces the newest of the published versions.
func ConsentsUnder(p *policy.Policy) policy.Consents {
	rules := p.ConsentRules()
	versions := slices.Clone(policy.Versions())
	versions[0].Asked = rules.Purposes
	return policy.Consents{Versions: versions, Rules: []policy.ConsentRules{rules}}
}

// sorted returns the list of the versions, the newest first, and the versions by name.
func sorted(t testing.TB, policies []*policy.Policy) (policy.History, map[string]*policy.Policy) {
	t.Helper()
	policies = slices.Clone(policies)
	slices.SortFunc(policies, func(a, b *policy.Policy) int {
		if a.LastUpdated > b.LastUpdated {
			return -1
		}
		return 1
	})
	list, err := policy.Chronicle(policies)
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]*policy.Policy{}
	for _, p := range policies {
		byName[p.Version] = p
	}
	return list, byName
}

// Next returns a version that is published after the newest one on the day lastUpdated, comes into force at the beginning of the day effectiveFrom and
// is changed by change. Both days are YYYY-MM-DD.
func Next(t testing.TB, lastUpdated, effectiveFrom string, change func(p *policy.Policy)) *policy.Policy {
	t.Helper()
	text, err := json.Marshal(policy.Newest())
	if err != nil {
		t.Fatal(err)
	}
	var p policy.Policy
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	p.Version, p.LastUpdated, p.EffectiveFrom, p.AnnounceAt = lastUpdated, lastUpdated, effectiveFrom, ""
	change(&p)
	return &p
}
