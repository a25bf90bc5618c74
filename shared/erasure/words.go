package erasure

import (
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Row is what an erasure does with the kinds that a person knows by one name, in the words of the policy.
type Row struct {
	Title   string
	Counted bool                // whether Count says something
	Count   int                 // of what is stored
	Ground  privacy.Withholding // on which it is withheld; empty if it is erased
	Law     string              // the article that allows that
	Reason  string              // why it is withheld, in a sentence or two
	Period  string              // how long it is kept, as the policy says it
	While   string              // as in [policy.Erasure]
	Until   time.Time           // when the last of it is erased; zero if that is not known yet
	Drops   []string            // what is erased although the rest is withheld
}

// Erased reports whether it is erased.
func (r Row) Erased() bool { return r.Ground == "" }

// Stored reports whether something of it is stored, or may be.
func (r Row) Stored() bool { return !r.Counted || r.Count > 0 }

// Rows returns the plan in the words of a policy, for a person who asks for the right: the laws are those of where the right stands.
func (p Plan) Rows(in *policy.Policy, right privacy.Right) (rows []Row) {
	for _, item := range p.Items {
		next := item.row(in, right)
		i := slices.IndexFunc(rows, func(r Row) bool { return r.Title == next.Title && r.Ground == next.Ground })
		if i < 0 {
			rows = append(rows, next)
			continue
		}
		r := &rows[i]
		if r.Count += next.Count; next.Counted && (!r.Counted || next.Count > 0 && (next.Until.IsZero() || !r.Until.IsZero() && next.Until.After(r.Until))) {
			r.Until = next.Until
		}
		r.Counted = r.Counted || next.Counted
	}
	return rows
}

func (i Item) row(in *policy.Policy, right privacy.Right) Row {
	row := Row{Title: i.Title(in), Counted: i.Counted, Count: i.Count, Ground: i.Ground, Period: in.RetentionOf(i.Kind).Period, While: i.While, Until: i.Until}
	if !i.Erased() {
		row.Law, row.Reason = i.Why(in, right)
		row.Drops = i.DropTitles(in)
	}
	return row
}

// Title names the kind as a person knows it: a category by its title, and a kind of the service's own by that of its retention rule.
func (i Item) Title(in *policy.Policy) string {
	if c, ok := in.Category(privacy.Category(i.Kind)); ok {
		return c.Title
	}
	if rule := in.RetentionOf(i.Kind); rule.Title != "" {
		return rule.Title
	}
	return string(i.Kind)
}

// held is why data under a legal hold is withheld. No policy says it, because somebody of the team places the hold.
const held = "Our privacy team has to keep it for a legal claim or an investigation. It is deleted once that is over."

// Why says which law allows that the kind is withheld, and why it is. The law is that of California for the Californian right (CCPA §1798.105).
func (i Item) Why(in *policy.Policy, right privacy.Right) (law, reason string) {
	law, reason = "GDPR Art. 17(3)(e)", held
	if i.Ground != privacy.LegalHold {
		rule := in.RetentionOf(i.Kind).Erasure
		law, reason = rule.Law, rule.Reason
	}
	if right == privacy.Delete {
		law = i.Ground.InCalifornia()
	}
	return law, reason
}

// DropTitles names what is erased of a category although the rest is withheld. For a kind of the service's own, the reason says it.
func (i Item) DropTitles(in *policy.Policy) (titles []string) {
	category, _ := in.Category(privacy.Category(i.Kind))
	for _, f := range category.Fields {
		if slices.Contains(i.Drops, f.Name) {
			titles = append(titles, f.Title)
		}
	}
	return titles
}
