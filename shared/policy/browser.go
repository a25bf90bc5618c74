package policy

import (
	"slices"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// OfBrowser reports whether the consent to a purpose is the choice of a browser: a cookie of the policy needs it. Such a choice counts for the
// browser in which it was made, and nobody can make it for an e-mail address.
func (p *Policy) OfBrowser(purpose privacy.Purpose) bool {
	return slices.ContainsFunc(p.Cookies, func(c Cookie) bool { return c.Consent == purpose })
}
