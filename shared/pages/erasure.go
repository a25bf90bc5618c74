package pages

import (
	"slices"
	"strings"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// scheduleRow is a row of the retention schedule.
type scheduleRow struct {
	policy.Retention
	OnErasure string // what an erasure does with what the row governs; empty in a version that says nothing of it
}

// ifErased heads the column that says what an erasure does with what a row governs.
const ifErased = "If you ask us to delete your data"

// onErasure says what an erasure does with what a retention rule governs (promise H03). The first versions do not say it.
func onErasure(p *policy.Policy, r policy.Retention) string {
	e := r.Erasure
	switch {
	case !slices.ContainsFunc(p.Retention, func(r policy.Retention) bool { return r.Erasure.Withhold != "" }):
		return ""
	case e.Withhold == "":
		return "We delete it."
	}
	said := "We keep it. " + e.Reason + " (" + e.Law + ")"
	if dropped := dropped(p, r); len(dropped) > 0 {
		titles := make([]string, len(dropped))
		for i, d := range dropped {
			titles[i] = d.Text
		}
		said += " Deleted all the same: " + strings.Join(titles, ", ") + "."
	}
	return said
}

// planWord is a word of the policy for which the page of a plan has to ask the policy: the name of a part, or how long a kind is kept.
type planWord struct{ Kind, ID, Text string }

// planWords returns what a plan shows besides what the service says in it.
func planWords(p *policy.Policy) (all []planWord) {
	for _, r := range p.Retention {
		if r.Erasure.Withhold == "" {
			continue
		}
		for _, kind := range r.Stored {
			all = append(all, planWord{"period", string(kind), r.Period})
		}
		all = append(all, dropped(p, r)...)
	}
	return all
}

// dropped names the parts of categories that are erased although the rest is withheld. For kinds of the service's own, the reason says it.
func dropped(p *policy.Policy, r policy.Retention) (all []planWord) {
	for _, kind := range r.Stored {
		category, _ := p.Category(privacy.Category(kind))
		for _, f := range category.Fields {
			if slices.Contains(r.Erasure.Drops, f.Name) {
				all = append(all, planWord{"field", string(kind) + "." + f.Name, f.Title})
			}
		}
	}
	return all
}

// kept returns the titles of the rows of data about people that an erasure does not delete, or not while a contract runs.
func kept(p *policy.Policy) (titles []string) {
	for _, r := range p.Retention {
		if w := r.Erasure.Withhold; !r.Own && w != "" && w != privacy.Anonymous {
			titles = append(titles, r.Title)
		}
	}
	return titles
}

// coolingOff returns how long an erasure can be cancelled (threat T07): "72 hours".
func coolingOff(p *policy.Policy) string { return number(p.CoolingOff, "hour") }
