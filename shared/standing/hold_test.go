package standing

import (
	"testing"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// A legal hold keeps data past its period and from an erasure. It ends with its release, and nothing else does.
func TestPromise_H03_ALegalHold(t *testing.T) {
	rule := policy.Newest().RetentionFor(privacy.Communication)
	s := former().Place(Hold{ID: "h", At: noon, Ground: "a claim", Categories: []privacy.Category{privacy.Communication, privacy.Marketing}})
	if again := s.Place(Hold{ID: "h", At: noon.AddDate(0, 0, 1)}); !again.Equal(s) {
		t.Errorf("placed twice: %+v", again)
	}
	s = erased(s)
	if !s.Suspends(privacy.Communication) || s.Suspends(privacy.Transaction) || s.Withholds(rule, privacy.Communication, noon) != privacy.LegalHold || s.Ground(rule, noon) != "" {
		t.Errorf("held: %+v", s)
	}
	if _, ends := s.Ends(accountRule); ends || !s.Endless {
		t.Error("the person is forgotten while their data is held")
	}
	if _, ends := s.CoveredUntil(s.Erasure, rule, privacy.Communication); ends {
		t.Error("what is held ends with the erasure")
	}
	later := noon.AddDate(1, 0, 0)
	if other := s.Release("another", later); !other.Equal(s) {
		t.Errorf("another one is released: %+v", other)
	}
	s = s.Release("h", later)
	if end, ends := s.CoveredUntil(s.Erasure, rule, privacy.Communication); !ends || !end.Equal(noon) || !s.FencedAt.Equal(later) || s.Endless {
		t.Errorf("released: %v %t, %+v", end, ends, s)
	}
	if end, ends := s.Ends(accountRule); !ends || !end.Equal(at("2030-02-01")) {
		t.Errorf("released: known until %v", end)
	}
	gone := former()
	gone.Into = "bo"
	if len(gone.Place(Hold{ID: "h"}).Holds) > 0 || len((State{Into: "bo", Holds: []Hold{{ID: "h"}}}).Release("h", noon).Holds) != 1 {
		t.Error("the state of somebody who was joined changes")
	}
}

// A hold on either of two holds for both, until their join is taken back. What was placed in between holds for both afterwards.
func TestAJoinOfSomebodyWithALegalHold(t *testing.T) {
	a, b := former().Place(Hold{ID: "1", At: noon}), former().Place(Hold{ID: "2", At: noon})
	day := noon.AddDate(0, 0, 1)
	joined := a.Joined("b", b, day)
	if len(joined.Holds) != 2 || !joined.FencedAt.Equal(day) {
		t.Errorf("%+v", joined)
	}
	if one := former().Joined("b", b, day); len(one.Holds) != 1 || !one.FencedAt.Equal(day) {
		t.Errorf("only who goes had one: %+v", one)
	}
	gone := b
	gone.Into = "a"
	joined = joined.Place(Hold{ID: "3", At: day.AddDate(0, 0, 1)}).Release("1", day.AddDate(0, 0, 1))
	stay, apart := LimitsApart(joined.Separated("b"), gone, of("b"), day, day.AddDate(0, 0, 2))
	if len(stay.Holds) != 1 || stay.Holds[0].ID != "3" || len(apart.Holds) != 2 || apart.Holds[0].ID != "2" || apart.Holds[1].ID != "3" {
		t.Errorf("%+v, %+v", stay.Holds, apart.Holds)
	}
}
