package policy

import (
	"slices"
	"strings"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Right returns a right as the policy states it. It reports false for one that the policy does not name.
func (p *Policy) Right(id privacy.Right) (DeclaredRight, bool) {
	i := slices.IndexFunc(p.Rights, func(r DeclaredRight) bool { return r.ID == string(id) })
	if i < 0 {
		return DeclaredRight{}, false
	}
	return p.Rights[i], true
}

// LawName returns the right's law as people write it, such as "GDPR".
func (r DeclaredRight) LawName() string { return strings.ToUpper(r.Law) }

// Citation returns the right's title with its article and law, such as "Access (Art. 15 GDPR)".
func (r DeclaredRight) Citation() string { return r.Title + " (" + r.Article + " " + r.LawName() + ")" }
