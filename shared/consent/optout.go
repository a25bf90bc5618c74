package consent

import (
	"context"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// surfaceOptOut is the surface of an opt-out by request. No caller of the API can state it.
const surfaceOptOut = "opt_out"

// errOptedOut refuses a whole act, so that none of its decisions is lost without the caller knowing.
var errOptedOut = fault.New(fault.Conflict,
	"This visitor has opted out of sale and sharing, and the call opts in again. Nothing of it is recorded. Ask the visitor to confirm it, and then send the call again with confirmOptIn.",
	fault.Field{Pointer: "/confirmOptIn", Detail: "must be true once the visitor has confirmed that they opt in again"})

// OptOut records that a data subject, named by their key, opts out of sale and sharing: a denial of every purpose that counts as such. It takes effect
// on the next read, needs no proof of any kind, and is never given up while others write (promise H10; CCPA regulations §7026). Nobody is asked again
// before the months of the policy are over (§7028). The same operation may be sent again.
func (c *Recorder) OptOut(ctx context.Context, subject, operation string) (Record, error) {
	rules := c.Rules()
	act := Act{
		Subject: subject, Operation: operation, Keyed: true, Decisions: map[privacy.Purpose]State{},
		PolicyVersion: rules.Version, Language: "und", Surface: surfaceOptOut, optOut: true,
	}
	act.denyShared(rules)
	return c.RecordPrepared(ctx, act)
}

// optsOut reports whether a denial of the purpose in the act is an opt-out. It is one by request, and if the browser sent the privacy signal: both
// are one switch (promise D01; CCPA regulations §7025).
func (a *Act) optsOut(purpose privacy.Purpose, rules *policy.ConsentRules) bool {
	return (a.optOut || a.GPC) && rules.Shares(purpose)
}

// denyShared denies every purpose that counts as sale or sharing.
func (a *Act) denyShared(rules *policy.ConsentRules) {
	for _, purpose := range rules.Purposes {
		if rules.Shares(purpose) {
			a.Decisions[purpose] = Denied
		}
	}
}

// optsIn reports whether the act grants a purpose over an opt-out that is in force. That takes two steps: the grant, and a confirmation that is
// given apart from it (CCPA regulations §7028).
func (a *Act) optsIn(newest Record, now time.Time) bool {
	for purpose, state := range a.Decisions {
		if state == Granted && newest.Effective(purpose, now).OptOut {
			return true
		}
	}
	return false
}

// renews reports whether the act is a request to opt out over an opt-out in force of an earlier day. The months of the policy then count from the new
// request. Further requests on the same day change nothing, so that nobody can fill a log with them.
func (a *Act) renews(newest Record, now time.Time) bool {
	if a.Surface != surfaceOptOut {
		return false
	}
	for purpose := range a.Decisions {
		if is := newest.Effective(purpose, now); is.OptOut && !now.Before(limit.NextDay(is.DecidedAt)) {
			return true
		}
	}
	return false
}

// keeping returns a decision that follows one about the same purpose, or that is united with it. What is denied anyway does not shorten an opt-out in
// force.
func (d Decision) keeping(was Decision) Decision {
	if d.State == Denied && was.OptOut {
		d.OptOut = true
		if was.ExpiresAt.After(d.ExpiresAt) {
			d.ExpiresAt = was.ExpiresAt
		}
	}
	return d
}

// denies reports whether the record already says at now what the given denials of the act would say: each is denied, by an opt-out if the act is one,
// under the policy version shown or a newer one, and not before the act's Since. Recording them again would change nothing.
func (r Record) denies(act *Act, decisions map[privacy.Purpose]State, rules *policy.ConsentRules, published policy.History, now time.Time) bool {
	for purpose, state := range decisions {
		is := r.Effective(purpose, now)
		if state != Denied || is.State != Denied || is.DecidedAt.Before(act.Since) {
			return false
		}
		if act.optsOut(purpose, rules) && !is.OptOut {
			return false
		}
	}
	return len(decisions) == 0 || !published.Older(r.PolicyVersion, act.PolicyVersion)
}
