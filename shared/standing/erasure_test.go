package standing

import (
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// of names whom an erasure is of in the tests.
func of(ids ...privacy.SubjectID) []privacy.SubjectID { return ids }

// later24 is how long somebody who was erased at noon stays known.
var later24 = noon.AddDate(2, 0, 0)

// erased returns the state after an erasure at noon.
func erased(s State) State { return s.Erase("e1", of("anna"), later24, noon) }

// customer has a running contract, marketing data under a consent, and an invoice.
func customer() State {
	s := Unknown.Contracted([]Account{{ID: "a"}}).Stored(privacy.Account, time.Time{}, false, noon.AddDate(-1, 0, 0))
	s = s.Chosen(marketingRule, Consented, Proof{Until: at("2030-01-15"), Version: 1}, noon.AddDate(-1, 0, 0))
	return s.Stored(privacy.Marketing, time.Time{}, false, noon.AddDate(-1, 0, 0)).Stored(privacy.Transaction, at("2033-03-03"), true, noon)
}

// former had a contract that ended half a year before noon.
func former() State {
	return customer().Contracted([]Account{{ID: "a", EndedAt: noon.AddDate(0, -6, 0)}})
}

// H03: an erasure forgets what was stored. The person stays known as long as the file of the request, and as the proof of their consent.
func TestPromise_H03_TheStandingAfterAnErasure(t *testing.T) {
	s := erased(former())
	if s.AccountData || s.Endless || s.Marketing != NoChoice || s.Contract != NoContract || !s.FencedAt.Equal(noon) || !s.Erasure.LapsedAt.Equal(noon) {
		t.Errorf("%+v", s)
	}
	if got, ends := s.Ends(accountRule); !ends || !got.Equal(at("2030-02-01")) {
		t.Errorf("known until %v, %t", got, ends)
	}
	if got, _ := erased(Unknown).Ends(accountRule); !got.Equal(privacy.NextMonth(later24)) {
		t.Errorf("without a proof: known until %v", got)
	}
	if got, _ := s.Settled(at("2033-03-03"), noon).Ends(accountRule); !got.Equal(at("2033-04-01")) {
		t.Errorf("with an invoice: known until %v", got)
	}
	if again := s.Erase("e1", of("anna"), later24, noon.AddDate(0, 0, 1)); !again.Equal(s) {
		t.Errorf("twice: %+v", again)
	}
	if s.HoldsAccount(accountRule, noon) {
		t.Error("somebody who was erased is an account holder")
	}
	if withdrawn := erased(former().Chosen(marketingRule, Withdrawn, Proof{Until: at("2030-01-15"), Version: 2}, noon)); withdrawn.Marketing != Withdrawn {
		t.Error("a withdrawal is forgotten")
	}
}

// F01: account data that a contract withholds ends with the contract, and so does what finds the person.
func TestPromise_F01_AccountDataThatAContractWithholds(t *testing.T) {
	rule := policy.Newest().RetentionFor(privacy.Account)
	s := erased(customer())
	if got := s.Withholds(rule, privacy.Account, noon); got != privacy.StillNecessary {
		t.Errorf("while the contract runs: %q", got)
	}
	if end, ends := s.CoveredUntil(s.Erasure, rule, privacy.Account); !ends || !end.IsZero() {
		t.Errorf("while the contract runs: %v %t", end, ends)
	}
	if _, ends := s.Ends(accountRule); ends {
		t.Error("the person is forgotten while their contract runs")
	}
	end := at("2029-05-05")
	s = s.Contracted([]Account{{ID: "a", EndedAt: end}}).Lapsed(noon)
	if got, ends := s.CoveredUntil(s.Erasure, rule, privacy.Account); !ends || !got.Equal(end) || s.Withholds(rule, privacy.Account, noon) == "" {
		t.Errorf("with an end ahead: %v %t", got, ends)
	}
	if got, ends := s.Ends(accountRule); !ends || !got.Equal(at("2030-02-01")) {
		t.Errorf("known until %v", got)
	}
	if got, _ := s.Contracted([]Account{{ID: "a", EndedAt: at("2035-05-05")}}).Ends(accountRule); !got.Equal(at("2035-06-01")) {
		t.Errorf("known until %v", got)
	}
	past := s.Lapsed(end)
	if got, ends := past.CoveredUntil(past.Erasure, rule, privacy.Account); !ends || !got.Equal(end) || past.Contract != NoContract {
		t.Errorf("afterwards: %v %t, %s", got, ends, past.Contract)
	}
	if got := past.ForgottenEnd(accountRule, end); !got.Equal(end) {
		t.Errorf("an old account that is sent again ended %v", got)
	}
}

// F26: a contract that begins after the erasure makes everything welcome, and revives nothing: what an earlier contract withheld has ended with that.
func TestFault_F26_ANewContractRevivesNothing(t *testing.T) {
	rule := policy.Newest().RetentionFor(privacy.Account)
	if s := erased(former()).Renew(noon, noon); s.TurnsAway("crm", noon) != "e1" || s.Anew() {
		t.Error("a contract of the time of the erasure is a new one")
	}
	for name, before := range map[string]State{"no contract": erased(former()), "an ended one": erased(customer()).Contracted([]Account{{ID: "a", EndedAt: noon.AddDate(0, 0, 1)}})} {
		now := noon.AddDate(0, 0, 2)
		s := before.Renew(now, now).Contracted([]Account{{ID: "b"}}).Stored(privacy.Account, time.Time{}, false, now)
		if s.TurnsAway("crm", noon.AddDate(-1, 0, 0)) != "" || !s.Anew() {
			t.Errorf("%s: not welcome", name)
		}
		if end, ends := s.CoveredUntil(s.Erasure, rule, privacy.Account); !ends || end.IsZero() || end.After(now) || s.Ground(rule, now) != "" {
			t.Errorf("%s: what was there before lasts until %v, %t", name, end, ends)
		}
		if _, ends := s.Ends(accountRule); ends {
			t.Errorf("%s: the new contract does not count", name)
		}
	}
}

// F26: what a system sends counts once it has erased the person too, and only what is about the time since. Other systems are turned away all the same.
func TestFault_F26_ASystemThatHasErasedThePersonToo(t *testing.T) {
	s := erased(former()).Acknowledge("another", "crm").Acknowledge("e1", "shop").Acknowledge("e1", "shop")
	for name, c := range map[string]struct {
		client string
		about  time.Time
		want   string
	}{
		"itself, since": {"shop", noon.Add(1), ""}, "itself, then": {"shop", noon, "e1"}, "another, since": {"crm", noon.Add(time.Hour), "e1"},
	} {
		if got := s.TurnsAway(c.client, c.about); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
	again := s.Erase("e2", of("anna"), later24, noon.AddDate(1, 0, 0))
	if got := again.TurnsAway("shop", noon.AddDate(2, 0, 0)); got != "e2" || again.Covers("anna", "e2") || !again.Covers("anna", "e1") || len(again.Others) > 0 {
		t.Errorf("a second erasure: %q, %+v", got, again)
	}
	if old := again.Erase("e1", of("anna"), later24, noon); !old.Equal(again) {
		t.Errorf("the first erasure undoes the second: %+v", old)
	}
}

// A consent that is older than an erasure counts no more.
func TestPromise_H03_WhatOutlivesAnErasure(t *testing.T) {
	s := erased(former())
	if s.Outlives(noon) || s.Outlives(time.Time{}) || !s.Outlives(noon.Add(1)) || !former().Outlives(time.Time{}) {
		t.Error("the wrong consents outlive the erasure")
	}
}

// A join makes no erasure cover more than it was begun for. Each counts for both, until the join is taken back.
func TestAJoinOfSomebodyWhoWasErased(t *testing.T) {
	anna, bo := erased(former()), former()
	for name, joined := range map[string]State{"who was erased stays": anna.Joined("bo", bo, noon.AddDate(0, 0, 1)), "who was erased goes": bo.Joined("anna", anna, noon.AddDate(0, 0, 1))} {
		if joined.TurnsAway("crm", noon.AddDate(0, 0, 2)) != "e1" || joined.Anew() || joined.Outlives(noon) {
			t.Errorf("%s: the erasure counts no more", name)
		}
		if !joined.Covers("anna", "") || joined.Covers("anna", "e1") || joined.Covers("bo", "") || !joined.Covers("bo", Covered) {
			t.Errorf("%s: it covers other records than before", name)
		}
	}
	both := bo.Erase("e2", of("bo"), later24, noon.AddDate(0, 0, 1)).Joined("anna", anna, noon.AddDate(0, 0, 2))
	if both.Erasure.Request != "e2" || len(both.Others) != 1 || !both.Covers("anna", "e2") || !both.Covers("bo", "e1") || both.Covers("anna", "e1") || both.Covers("bo", "e2") {
		t.Errorf("both were erased: %+v, %+v", both.Erasure, both.Others)
	}
	if shop := both.Acknowledge("e2", "shop"); shop.TurnsAway("shop", noon.AddDate(0, 0, 3)) != "e1" || shop.Acknowledge("e1", "shop").TurnsAway("shop", noon.AddDate(0, 0, 3)) != "" {
		t.Error("a system has to acknowledge both")
	}
	gone := anna
	gone.Into = "bo"
	stay, apart := LimitsApart(both.Separated("anna"), gone, of("anna"), noon.AddDate(0, 0, 2), noon.AddDate(0, 0, 3))
	if stay.Erasure.Request != "e2" || apart.Erasure.Request != "e1" || len(stay.Others)+len(apart.Others) > 0 {
		t.Errorf("taken back: %+v, %+v", stay.Erasure, apart.Erasure)
	}
}

// An erasure of two who were joined goes on for each once the join was taken back, and is there once if they are joined again.
func TestAnErasureOfTwo(t *testing.T) {
	joined := former().Joined("bo", former(), noon.AddDate(0, 0, -1)).Erase("e1", of("anna", "bo"), later24, noon)
	gone := former()
	gone.Into = "anna"
	stay, apart := LimitsApart(joined.Separated("bo"), gone, of("bo"), noon.AddDate(0, 0, -1), noon.AddDate(0, 0, 1))
	if !stay.Covers("anna", "") || !apart.Covers("bo", "") {
		t.Errorf("taken back: %+v, %+v", stay.Erasure, apart.Erasure)
	}
	one := stay.Renew(noon.AddDate(0, 0, 2), noon.AddDate(0, 0, 2)).Acknowledge("e1", "crm").Acknowledge("e1", "shop")
	again := one.Joined("bo", apart.Acknowledge("e1", "shop"), noon.AddDate(0, 0, 3))
	if len(again.Others) > 0 || again.Erasure.Renewed || !slices.Equal(again.Erasure.Acknowledged, []string{"shop"}) {
		t.Errorf("joined again: %+v", again.Erasure)
	}
	if gone.Erase("e3", of("bo"), later24, noon).Erased() {
		t.Error("the state of somebody who was joined changes")
	}
}

// F01, H03: somebody with a contract is joined to somebody who was erased, and whose own contract is over. The contract of the one withholds nothing of the other.
func TestPromise_H03_ANewContractInAJoinWithholdsNothing(t *testing.T) {
	ends := noon.Add(41 * time.Hour)
	bert := customer().Contracted([]Account{{ID: "a", EndedAt: ends}}).Erase("e1", of("bert"), later24, noon)
	for when, now := range map[string]time.Time{"before": ends.Add(-time.Hour), "after": ends.Add(time.Hour)} {
		for name, joined := range map[string]State{"bert to anna": customer().Joined("bert", bert, now), "anna to bert": bert.Joined("anna", customer(), now)} {
			if over := joined.Ground(accountRule, now) == ""; over != (when == "after") {
				t.Errorf("%s, %s the contract ended: the ground is over: %t; %+v", name, when, over, joined)
			}
		}
	}
}
