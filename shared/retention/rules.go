package retention

import (
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// Starts of periods in the schedule that are not members of a record.
const (
	contractEnd      = "contract_end"
	consentWithdrawn = "consent_withdrawn"
)

// Expires returns when a record's period ends under the retention rule of its category. It returns false while nothing has started the
// period, because a contract runs or a recorded consent to marketing stands. member reads a time from the record's data, state is the state
// of its data subject, and now is when the record is stored (promises F01 to F06).
//
// A record without the member at which its period starts would be kept for ever. So the inventory declares these members as required, and a
// test compares the two.
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
	return rule.Span().After(at), true
}

// Member returns the name of the member of a record's data at which the rule's period starts, such as issuedAt for issued_at. It is empty
// for a rule whose period does not start at a member of the record.
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
