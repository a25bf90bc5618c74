package pages

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/policy/published"
)

// Policies is what the site needs to know of the policy.
type Policies struct {
	InForce   func(now time.Time) *policy.Policy
	Banner    func(now time.Time) policy.Banner       // what the strip announces (promise K03)
	Published policy.History                          // every version ever published, the newest first
	Text      func(version string) (_ []byte, _ bool) // the bytes that were published (promise A02)
}

// Compiled returns the policies that are compiled into the service.
func Compiled() Policies {
	return Policies{
		InForce:   policy.InForce,
		Banner:    policy.Newest().BannerAt,
		Published: policy.Versions(),
		Text:      published.Text,
	}
}
