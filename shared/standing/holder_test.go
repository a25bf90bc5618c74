package standing

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// K02: an account holder is a data subject with a stored account record. Account data is stored for 24 months after the end of the contract.
func TestPromise_K02_WhoIsAnAccountHolder(t *testing.T) {
	lead := Unknown.Seen(noon).Stored(privacy.Identity, noon.AddDate(2, 0, 0), true, noon)
	for name, c := range map[string]struct {
		state State
		holds bool
	}{
		"nobody":                          {Unknown, false},
		"the zero state":                  {State{}, false},
		"a lead with account data":        {lead, false},
		"a lead, known for ever":          {lead.Stored(privacy.Marketing, time.Time{}, false, noon), false},
		"a running contract":              {lead.Contracted([]Account{{ID: "a"}}), true},
		"a contract that ends next month": {Unknown.Contracted([]Account{{ID: "a", EndedAt: noon.AddDate(0, 1, 0)}}), true},
		"a contract that ends now":        {Unknown.Contracted([]Account{{ID: "a", EndedAt: noon}}), true},
		"ended, in the last second":       {Unknown.Contracted([]Account{{ID: "a", EndedAt: at("2024-11-23T12:00:01Z")}}), true},
		"ended, expired in this second":   {Unknown.Contracted([]Account{{ID: "a", EndedAt: at("2024-11-23T12:00:00Z")}}), false},
		"ended long ago":                  {Unknown.Contracted([]Account{{ID: "a", EndedAt: at("2019-01-01")}}), false},
		"ended long ago, invoices stored": {Unknown.Stored(privacy.Transaction, at("2031-01-01"), true, noon).Contracted([]Account{{ID: "a", EndedAt: at("2019-01-01")}}), false},
		"came back":                       {Unknown.Contracted([]Account{{ID: "a", EndedAt: at("2019-01-01")}, {ID: "b"}}), true},
	} {
		if got := c.state.HoldsAccount(accountRule, noon); got != c.holds {
			t.Errorf("%s: %t", name, got)
		}
		person := Person{Primary: "1#anna", Contract: c.state.Contract, EndedAt: c.state.EndedAt}
		for expires, known := range map[string]bool{"": true, "2026-11-23T12:00:01Z": true, "2026-11-23T12:00:00Z": false, "2026-11-23": false} {
			person.ExpiresAt = at(expires)
			if person.Known(noon) != known || person.HoldsAccount(accountRule, noon) != (c.holds && known) {
				t.Errorf("%s, on record until %q: known %t, holds an account %t", name, expires, person.Known(noon), person.HoldsAccount(accountRule, noon))
			}
		}
	}
}

func TestPromise_K02_WhenAContractIsRenewed(t *testing.T) {
	running, early, late := State{Contract: Running}, State{Contract: Ended, EndedAt: at("2026-01-01")}, State{Contract: Ended, EndedAt: at("2027-01-01")}
	for name, c := range map[string]struct {
		before, after State
		want          bool
	}{
		"still nobody":                {Unknown, Unknown, false},
		"a first contract":            {Unknown, running, true},
		"a first contract, ended":     {Unknown, early, true},
		"still running":               {running, running, false},
		"an end became known":         {running, late, false},
		"the end moved back":          {late, early, false},
		"the end moved to the future": {early, late, true},
		"the same end":                {early, early, false},
		"the end was taken back":      {late, running, true},
		"a new contract":              {early, running, true},
		"no contract any more":        {early, Unknown, false},
		"the zero state, a contract":  {State{}, early, true},
	} {
		if got := c.after.ContractRenewed(c.before); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// contracts draws the state after some account records, which may have ended, may end later, or may run without an end.
func contracts(t *rapid.T, name string) State {
	accounts := make([]Account, rapid.IntRange(0, 3).Draw(t, name+": accounts"))
	for i := range accounts {
		if rapid.IntRange(0, 3).Draw(t, name+": has an end") > 0 {
			accounts[i].EndedAt = noon.AddDate(0, 0, rapid.IntRange(-900, 200).Draw(t, name+": days to the end"))
		}
	}
	return Unknown.Contracted(accounts)
}

// K02: nobody becomes an account holder without a renewed contract. Time alone makes nobody an account holder.
func TestPromise_K02_OnlyARenewedContractMakesAnAccountHolder(t *testing.T) {
	soak.Check(t, func(t *rapid.T) {
		before, after := contracts(t, "before"), contracts(t, "after")
		was, is := before.HoldsAccount(accountRule, noon), after.HoldsAccount(accountRule, noon)
		if is && !was && !after.ContractRenewed(before) {
			t.Fatalf("from %+v to %+v", before, after)
		}
		later := noon.AddDate(0, 0, rapid.IntRange(0, 2000).Draw(t, "days later"))
		if !was && before.HoldsAccount(accountRule, later) {
			t.Fatalf("%+v holds an account at %v, but not before", before, later)
		}
		if before.Contract != NoContract && before.ContractRenewed(after) && after.ContractRenewed(before) {
			t.Fatalf("%+v and %+v renew each other", before, after)
		}
	})
}

// K02: whoever has a stored account record holds an account, and nobody else, whatever else is stored and in whatever order it came.
func TestPromise_K02_AnAccountHolderHasAStoredAccountRecord(t *testing.T) {
	soak.Check(t, func(t *rapid.T) {
		state, accounts := Unknown, []Account(nil)
		for range rapid.IntRange(0, 5).Draw(t, "records") {
			day := noon.AddDate(0, 0, rapid.IntRange(-1500, 0).Draw(t, "days ago"))
			switch rapid.IntRange(0, 2).Draw(t, "category") {
			case 0:
				a := Account{StartedAt: day}
				if rapid.Bool().Draw(t, "has an end") {
					a.EndedAt = day.AddDate(0, 0, rapid.IntRange(0, 1500).Draw(t, "days of the contract"))
				}
				accounts = append(accounts, a)
				state = state.Contracted(accounts).Stored(privacy.Account, time.Time{}, false, noon)
			case 1:
				state = state.Seen(day).Stored(privacy.Identity, time.Time{}, false, noon)
			default:
				state = state.Seen(day).Stored(privacy.Transaction, noon.AddDate(7, 0, 0), true, noon)
			}
		}
		stored := slices.ContainsFunc(accounts, func(a Account) bool { // all account data is kept as long as that of the last contract
			return a.EndedAt.IsZero() || accountRule.Span().After(a.EndedAt).After(noon)
		})
		if got := state.HoldsAccount(accountRule, noon); got != stored {
			t.Fatalf("%+v: %t, stored %t", state, got, stored)
		}
	})
}
