package retention

import (
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// Words of the schedule that are no member of a record.
const (
	contractEnd      = "contract_end"
	consentWithdrawn = "consent_withdrawn"
)

// Expires returns when a record's period ends under the rule that governs its category, and false while nothing has
// started the period: a contract runs, or a recorded consent to marketing stands. member reads a time out of the record's data; state
// is its subject's, and now is when it is stored (promises F01 to F06).
//
// A rule whose start a record does not have would keep the record for ever; the inventory declares those members as
// required, and a test compares the two.
func Expires(rule policy.Retention, state standing.State, member func(string) time.Time, now time.Time) (time.Time, bool) {
	switch rule.Starts {
	case contractEnd:
		return state.AccountDataEnds(rule)
	case consentWithdrawn:
		return state.MarketingDataEnds(rule, now)
	}
	at := member(Member(rule))
	if at.IsZero() {
		return time.Time{}, false
	}
	return After(rule, at), true
}

// Member returns the name of the member of a record's data at which the rule's period starts: issued_at is issuedAt. It
// is empty for a rule that a record alone does not start.
func Member(rule policy.Retention) string {
	if rule.Starts == contractEnd || rule.Starts == consentWithdrawn {
		return ""
	}
	var b strings.Builder
	for i, word := range strings.Split(rule.Starts, "_") {
		if i > 0 && word != "" {
			word = strings.ToUpper(word[:1]) + word[1:]
		}
		b.WriteString(word)
	}
	return b.String()
}
