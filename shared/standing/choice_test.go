package standing

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

var noon = at("2026-11-23T12:00:00Z")

// waiting is a subject whose marketing data was stored at noon without a consent.
func waiting() State {
	ends, _ := Unknown.MarketingDataEnds(marketingRule, noon)
	return Unknown.Stored(privacy.Marketing, ends, true, noon)
}

// F04: marketing data expires 30 days after the first record without a choice, never under a consent, and at once after a withdrawal.
func TestPromise_F04_WhenMarketingDataEnds(t *testing.T) {
	later, proof := noon.AddDate(0, 0, 20), Proof{Until: at("2030-05-23"), Version: 1}
	consented := waiting().Chosen(marketingRule, Consented, proof, later)
	for name, c := range map[string]struct {
		state State
		want  string
	}{
		"the first record": {Unknown, "2027-01-12T12:00:00Z"}, "one more record": {waiting(), "2026-12-23T12:00:00Z"},
		"consented": {consented, ""}, "withdrawn": {waiting().Chosen(marketingRule, Withdrawn, proof, later), "2026-12-13T12:00:00Z"},
		"something else decided": {waiting().Chosen(marketingRule, NoChoice, proof, later), "2026-12-23T12:00:00Z"},
	} {
		if got, ends := c.state.MarketingDataEnds(marketingRule, later); ends != (c.want != "") || !got.Equal(at(c.want)) {
			t.Errorf("%s: %v %t", name, got, ends)
		}
	}
}

// F04: a consent keeps the marketing data that is still stored, and nothing else. After a withdrawal all marketing data has an end.
func TestPromise_F04_AConsentKeepsWhatWaited(t *testing.T) {
	proof := Proof{Until: at("2030-05-23"), Version: 1}
	end := at("2026-12-23T12:00:00Z")
	for name, c := range map[string]struct {
		before  State
		choice  Choice
		now     time.Time
		endless bool
	}{
		"in time":                       {waiting(), Consented, end.Add(-1), true},
		"too late":                      {waiting(), Consented, end, false},
		"with nothing stored":           {Unknown, Consented, noon, false},
		"consented again":               {State{Marketing: Consented, Endless: true}, Consented, noon, true},
		"withdrawn":                     {State{Marketing: Consented, Endless: true}, Withdrawn, noon, false},
		"withdrawn before a consent":    {waiting(), Withdrawn, noon, false},
		"about something else":          {State{Marketing: Consented, Endless: true}, NoChoice, noon, true},
		"about something else, waiting": {waiting(), NoChoice, noon, false},
	} {
		got := c.before.Chosen(marketingRule, c.choice, proof, c.now)
		if got.Endless != c.endless || !got.Proof.Equal(proof) || !got.Latest.Equal(at("2030-06-01")) {
			t.Errorf("%s: %+v", name, got)
		}
		if chosen := c.choice != NoChoice; chosen && (got.Marketing != c.choice || !got.Unconsented.IsZero()) ||
			!chosen && (got.Marketing != c.before.Marketing || !got.Unconsented.Equal(c.before.Unconsented)) {
			t.Errorf("%s: chosen %q, waiting since %v", name, got.Marketing, got.Unconsented)
		}
	}
}

// F02: consent records give the same state in whatever order they arrive, and however often.
func TestFault_F02_ConsentRecordsInAnyOrder(t *testing.T) {
	type said struct {
		choice Choice
		proof  Proof
	}
	soak.Check(t, func(t *rapid.T) {
		until, records := noon.AddDate(3, 6, 0), []said{}
		for i := range rapid.IntRange(1, 6).Draw(t, "records") {
			until = until.AddDate(0, 0, rapid.SampledFrom([]int{0, 0, 40}).Draw(t, "days")) // the end of the proof never decreases
			records = append(records, said{rapid.SampledFrom([]Choice{Consented, Withdrawn}).Draw(t, "choice"), Proof{Until: until, Version: i + 1}})
		}
		inOrder := Unknown
		for _, r := range records {
			inOrder = inOrder.Chosen(marketingRule, r.choice, r.proof, noon)
		}
		shuffled := Unknown
		for _, r := range rapid.Permutation(append(records, records...)).Draw(t, "order") {
			shuffled = shuffled.Chosen(marketingRule, r.choice, r.proof, noon)
		}
		if !shuffled.Equal(inOrder) {
			t.Fatalf("%+v, in order %+v", shuffled, inOrder)
		}
		if newest := records[len(records)-1]; inOrder.Marketing != newest.choice || !inOrder.Proof.Equal(newest.proof) {
			t.Fatalf("the newest record says %+v, the state %+v", newest, inOrder)
		}
	})
}

// A record with a later end of the proof is newer whatever its version says, because the log starts again at version 1 after its retention.
func TestFault_F02_WhichConsentRecordIsNewer(t *testing.T) {
	early, late := at("2030-01-01"), at("2030-01-02")
	for _, c := range []struct {
		a, b Proof
		want bool
	}{
		{Proof{early, 1}, Proof{early, 1}, false}, {Proof{early, 2}, Proof{early, 1}, true}, {Proof{early, 1}, Proof{early, 2}, false},
		{Proof{late, 1}, Proof{early, 2}, true}, {Proof{early, 2}, Proof{late, 1}, false},
	} {
		if got := c.a.after(c.b); got != c.want {
			t.Errorf("%v after %v: %t", c.a, c.b, got)
		}
	}
}
