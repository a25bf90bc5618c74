package erasure

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// Plan says what an erasure does with each kind that the service stores about a person.
type Plan struct {
	PolicyVersion string
	Items         []Item
}

// Item is what an erasure does with one kind.
type Item struct {
	Kind    policy.Kind
	Ground  privacy.Withholding // on which the kind is withheld; empty if it is erased
	While   string              // as in [policy.Erasure]
	Drops   []string            // members that are erased although the kind is withheld
	Count   int                 // items that are stored, or that were erased or withheld
	Until   time.Time           // of a kind that is withheld: when the last item of it is erased; zero if that is not known yet
	Counted bool                // Count says something: the kind can be counted for one person
}

// Erased reports whether the kind is erased.
func (i Item) Erased() bool { return i.Ground == "" }

// newPlan returns the plan that follows from the policy and from the state of the person. It has every kind of the inventory that holds personal data, so
// nothing can be left out by oversight. The counts are added by whoever counts.
func newPlan(p *policy.Policy, state standing.State, now time.Time) Plan {
	plan := Plan{PolicyVersion: p.Version}
	for _, row := range policy.Inventory {
		if !row.Personal {
			continue
		}
		rule := p.RetentionOf(row.Kind)
		item := Item{Kind: row.Kind, Ground: rule.Erasure.Withhold}
		if row.Kind.IsCategory() {
			item.Ground = state.Withholds(rule, privacy.Category(row.Kind), now)
		}
		if item.Ground == rule.Erasure.Withhold { // nothing is taken out of what is under a legal hold
			item.Drops, item.While = rule.Erasure.Drops, rule.Erasure.While
		}
		if (row.Kind == policy.SubjectAlias || row.Kind == policy.DetachedAddress) && KeepsAddresses(p, state, now) {
			item.Drops = nil
		}
		plan.Items = append(plan.Items, item)
	}
	return plan
}

// KeepsAddresses reports whether the addresses of the person stay for now: data about how to reach them is withheld, because a contract runs or there is a
// legal hold on it.
func KeepsAddresses(p *policy.Policy, state standing.State, now time.Time) bool {
	return state.Withholds(p.RetentionFor(privacy.Contact), privacy.Contact, now) != ""
}

// Hash names what the plan does. It covers neither the counts nor the days, which change while the person reads the plan (threat T06).
func (p Plan) Hash() string {
	type line struct {
		Kind   policy.Kind
		Ground privacy.Withholding
		While  string
		Drops  []string
	}
	lines := make([]line, len(p.Items))
	for i, item := range p.Items {
		lines[i] = line{item.Kind, item.Ground, item.While, item.Drops}
	}
	text, err := json.Marshal(lines)
	if err != nil {
		panic("erasure: " + err.Error()) // it has only texts
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// of returns the item of a kind.
func (p Plan) of(kind policy.Kind) *Item {
	i := slices.IndexFunc(p.Items, func(item Item) bool { return item.Kind == kind })
	if i < 0 {
		return &Item{Kind: kind}
	}
	return &p.Items[i]
}

// marketingAlone reports whether no records but marketing data would be erased.
func (p Plan) marketingAlone() bool {
	found := false
	for _, item := range p.Items {
		if !item.Kind.IsCategory() || !item.Erased() || item.Count == 0 {
			continue
		}
		if item.Kind != policy.Kind(privacy.Marketing) {
			return false
		}
		found = true
	}
	return found
}

// empty reports whether nothing is stored about the person but what the request itself has brought: its file, and the link that proved its address, which
// put the address on record.
func (p Plan) empty() bool {
	return !slices.ContainsFunc(p.Items, func(item Item) bool {
		switch item.Kind {
		case policy.Request, policy.SubjectAlias, policy.SubjectState:
			return item.Count > 1
		case policy.RequestEvent, policy.ErasurePlan, policy.MailboxEntry, policy.MailboxLink, policy.LinkWish:
			return false
		default:
			return item.Count > 0
		}
	})
}

// isOf reports whether the item is of the category.
func (i Item) isOf(category privacy.Category) bool { return i.Kind == policy.Kind(category) }
