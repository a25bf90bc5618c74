package standing

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// drawState makes up a state that records and decisions can lead to. id names the consent records, so that no two data subjects have one in common.
func drawState(t *rapid.T, id int) State {
	s := Unknown
	day := func(label string) time.Time { return noon.AddDate(0, 0, rapid.IntRange(-1500, 400).Draw(t, label)) }
	switch rapid.SampledFrom([]Contract{NoContract, Running, Ended}).Draw(t, "contract") {
	case Running:
		s = s.Contracted([]Account{{}}).Stored(privacy.Account, time.Time{}, false, noon)
	case Ended:
		s = s.Contracted([]Account{{EndedAt: day("end")}}).Stored(privacy.Account, noon, true, noon)
	default:
		s = s.Seen(day("newest"))
	}
	if rapid.Bool().Draw(t, "marketing") {
		ends, _ := s.MarketingDataEnds(marketingRule, noon)
		s = s.Stored(privacy.Marketing, ends, true, noon.AddDate(0, 0, -rapid.IntRange(0, 60).Draw(t, "waits")))
	}
	if choice := rapid.SampledFrom([]Choice{NoChoice, Consented, Withdrawn}).Draw(t, "choice"); choice != NoChoice {
		s = s.Chosen(marketingRule, choice, Proof{Until: noon.AddDate(3, 0, rapid.IntRange(0, 2).Draw(t, "proof")), Version: id}, noon)
	}
	return s
}

// F01: the contract of somebody to whom another was joined runs as long as either does, and ends with the one that ends last.
func TestPromise_F01_AContractRunsAsLongAsEitherDoes(t *testing.T) {
	early, late := at("2025-06-30"), at("2026-06-30")
	none, runs := Unknown, State{Contract: Running}
	ended := func(at time.Time) State { return State{Contract: Ended, EndedAt: at} }
	for name, c := range map[string]struct{ a, b, want State }{
		"none, none": {none, none, none}, "none, running": {none, runs, runs}, "none, ended": {none, ended(early), ended(early)},
		"running, running": {runs, runs, runs}, "running, ended": {runs, ended(late), runs}, "ended, ended": {ended(early), ended(late), ended(late)},
	} {
		for _, got := range []State{c.a.Joined("b", c.b, noon), c.b.Joined("a", c.a, noon)} {
			if got.Contract != c.want.Contract || !got.EndedAt.Equal(c.want.EndedAt) {
				t.Errorf("%s: %s, ended %v", name, got.Contract, got.EndedAt)
			}
		}
	}
}

// F04: who withdrew stays withdrawn by a join, and who consented has consented for both. Marketing data of one who had not chosen waits for the
// decision about it.
func TestPromise_F04_ADenialWinsInAJoin(t *testing.T) {
	proof := func(v int) Proof { return Proof{Until: at("2030-05-23"), Version: v} }
	consented := waiting().Chosen(marketingRule, Consented, proof(1), noon)
	withdrawn := waiting().Chosen(marketingRule, Withdrawn, proof(2), noon)
	earlier := State{Contract: NoContract, Unconsented: noon.AddDate(0, 0, -5)}
	for name, c := range map[string]struct {
		a, b        State
		want        Choice
		endless     bool
		unconsented time.Time
	}{
		"neither chose":            {Unknown, Unknown, NoChoice, false, time.Time{}},
		"one waits":                {Unknown, waiting(), NoChoice, false, noon},
		"both wait":                {earlier, waiting(), NoChoice, false, earlier.Unconsented},
		"one consented":            {Unknown, consented, Consented, true, time.Time{}},
		"one consented, one waits": {State{Marketing: Consented}, waiting(), Consented, false, noon},
		"one withdrew":             {waiting(), withdrawn, Withdrawn, false, time.Time{}},
		"one of each":              {consented, withdrawn, Withdrawn, false, time.Time{}},
	} {
		for _, got := range []State{c.a.Joined("b", c.b, noon), c.b.Joined("a", c.a, noon)} {
			if got.Marketing != c.want || got.Endless != c.endless || !got.Unconsented.Equal(c.unconsented) {
				t.Errorf("%s: %q, endless %t, since %v", name, got.Marketing, got.Endless, got.Unconsented)
			}
		}
	}
	both := State{Marketing: Consented, Contract: NoContract}.Joined("b", waiting(), noon)
	if got := both.Chosen(marketingRule, Consented, proof(1), noon); !got.Endless || !got.Unconsented.IsZero() {
		t.Errorf("the consent does not keep what waited: %+v", got)
	}
	if got := both.Chosen(marketingRule, Consented, proof(1), noon.AddDate(0, 0, 30)); got.Endless {
		t.Errorf("the consent keeps what is gone: %+v", got)
	}
}

// Whom one join unites is the same whatever the order of the joins: contract, choice, proof and periods.
func TestJoinsAreAssociative(t *testing.T) {
	soak.Check(t, func(t *rapid.T) {
		a, b, c := drawState(t, 1), drawState(t, 2), drawState(t, 3)
		left := a.Joined("b", b, noon).Joined("c", c, noon.Add(time.Hour))
		right := a.Joined("b", b.Joined("c", c, noon), noon.Add(time.Hour))
		turned := c.Joined("a", a.Joined("b", b, noon), noon.Add(time.Hour))
		for name, got := range map[string]State{"the last two first": right, "into the last": turned} {
			if !slices.Equal(ids(got.Persons("a")), ids(left.Persons("a"))) && name != "into the last" {
				t.Fatalf("%s: %v, not %v", name, got.Formerly, left.Formerly)
			}
			got.Formerly, got.Unconsented = left.Formerly, left.Unconsented // how long data waits depends on who had consented already
			if !got.Equal(left) {
				t.Fatalf("%s:\n%+v\n%+v", name, got, left)
			}
		}
		for _, s := range []State{a, b, c} {
			if s.Marketing == Withdrawn && left.Marketing != Withdrawn || s.Contract == Running && left.Contract != Running || s.Latest.After(left.Latest) {
				t.Fatalf("%+v was lost in %+v", s, left)
			}
			if before, ends := s.AccountDataEnds(accountRule); s.Contract != NoContract || left.Contract == NoContract {
				if after, bounded := left.AccountDataEnds(accountRule); bounded && (!ends || before.After(after)) {
					t.Fatalf("account data is kept until %v, not %v", after, before)
				}
			}
		}
	})
}

func ids[T ~string](all []T) (sorted []string) {
	for _, id := range all {
		sorted = append(sorted, string(id))
	}
	slices.Sort(sorted)
	return sorted
}

// Everybody who comes with a join counts as joined at that moment, since nothing that was granted before it spoke for them. Taking it back takes
// them away again.
func TestWhoComesAndGoesWithAJoin(t *testing.T) {
	first, second := noon.Add(time.Minute), noon.Add(time.Hour+time.Millisecond)
	b := Unknown.Joined("c", Unknown, first)
	a := Unknown.Joined("d", Unknown, noon).Joined("b", b, second)
	want := []subject.Former{{ID: "d", At: noon}, {ID: "b", At: noon.Add(time.Hour)}, {ID: "c", At: noon.Add(time.Hour)}}
	if !slices.EqualFunc(a.Formerly, want, subject.Former.Equal) || !slices.Equal(a.Persons("a"), []privacy.SubjectID{"a", "d", "b", "c"}) {
		t.Errorf("%+v", a.Formerly)
	}
	a.Proof = Proof{Until: noon, Version: 3}
	left := a.Separated("b", "c")
	if !slices.EqualFunc(left.Formerly, want[:1], subject.Former.Equal) || left.Proof != (Proof{}) || len(a.Formerly) != 3 {
		t.Errorf("%+v", left)
	}
	if alone := left.Separated("d"); alone.Formerly != nil {
		t.Errorf("%+v", alone)
	}
}

// What somebody seemed to have chosen through a join ends with it. The marketing data that a consent kept waits again from now on.
func TestPromise_F04_ABorrowedChoiceEnds(t *testing.T) {
	now := noon.AddDate(0, 2, 0)
	for name, c := range map[string]struct {
		state       State
		unconsented time.Time
	}{
		"consented, with data":    {State{Marketing: Consented, Endless: true}, now},
		"consented, without data": {State{Marketing: Consented}, time.Time{}},
		"withdrawn":               {State{Marketing: Withdrawn}, time.Time{}},
		"still waiting":           {waiting(), noon},
		"unknown":                 {Unknown, time.Time{}},
	} {
		got := c.state.Undecided(marketingRule, now)
		if got.Marketing != NoChoice || got.Endless || !got.Unconsented.Equal(c.unconsented) {
			t.Errorf("%s: %+v", name, got)
		}
		if ends, _ := got.MarketingDataEnds(marketingRule, now); got.Unconsented.Equal(now) && got.Latest.Before(ends) {
			t.Errorf("%s: known until %v, data until %v", name, got.Latest, ends)
		}
	}
}

// F01: a state that is decided anew says what the stored accounts say. Without any, the newest record counts, unless a contract ended so long ago
// that its records are gone.
func TestPromise_F01_AContractIsDecidedAnew(t *testing.T) {
	newest, end, long := at("2026-11-01"), at("2026-06-30"), at("2020-06-30")
	ended := State{Contract: Ended, EndedAt: end, AccountData: true}
	for name, c := range map[string]struct {
		before   State
		accounts []Account
		want     State
	}{
		"no account is left":        {State{Contract: Running, AccountData: true}, nil, State{Contract: NoContract, Newest: newest, AccountData: true}},
		"none, and one had ended":   {ended, nil, State{Contract: NoContract, Newest: newest, AccountData: true}},
		"none, and it is long past": {State{Contract: Ended, EndedAt: long}, nil, State{Contract: Ended, EndedAt: long}},
		"one runs":                  {ended, []Account{{}, {EndedAt: end}}, State{Contract: Running, AccountData: true}},
		"one has ended":             {State{Contract: Running}, []Account{{EndedAt: end}}, ended.without()},
		"a lead":                    {Unknown.Seen(newest.AddDate(0, 0, 9)), nil, Unknown.Seen(newest)},
	} {
		got := c.before.Rebuilt(accountRule, c.accounts, newest, noon)
		if !got.Equal(c.want) {
			t.Errorf("%s: %+v", name, got)
		}
		if again := got.Rebuilt(accountRule, c.accounts, newest, noon); !again.Equal(got) {
			t.Errorf("%s, twice: %+v", name, again)
		}
	}
}

// without returns the state of somebody of whom no account data is known to be stored.
func (s State) without() State {
	s.AccountData = false
	return s
}

// A join that is taken back leaves each with what their own accounts and records say.
func TestPromise_F01_AJoinIsTakenBack(t *testing.T) {
	soak.Check(t, func(t *rapid.T) {
		draw := func(label string) (s State, accounts []Account, newest time.Time) {
			newest = noon.AddDate(0, 0, -rapid.IntRange(0, 300).Draw(t, label))
			s = Unknown.Seen(newest)
			for range rapid.IntRange(0, 2).Draw(t, label+" accounts") {
				one := Account{}
				if rapid.Bool().Draw(t, label+" ends") {
					one.EndedAt = noon.AddDate(0, 0, -rapid.IntRange(1, 300).Draw(t, label+" end"))
				}
				accounts = append(accounts, one)
			}
			return s.Contracted(accounts), accounts, newest
		}
		a, accounts, newest := draw("a")
		b, _, _ := draw("b")
		back := a.Joined("b", b, noon).Separated("b").Rebuilt(accountRule, accounts, newest, noon)
		if a.Contract != NoContract { // then only the contract counts
			back.Newest, a.Newest = time.Time{}, time.Time{}
		}
		if !back.Equal(a) {
			t.Fatalf("%+v, not %+v", back, a)
		}
	})
}
