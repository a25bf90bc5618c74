package main

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// T33: a system that is mistaken changes one person's address over and over. Each address that was taken away is told of the next change, so their
// number has a limit. The call that meets it is refused, and changes nothing. After 90 days the old ones are forgotten, and the calls go on.
func TestThreat_T33_OneAddressAfterTheOther(t *testing.T) {
	s := newRig(t)
	id := s.knows("c-1", anna)
	const most = 30
	address := func(i int) string { return fmt.Sprintf("anna%d@example.org", i) }
	s.put("c-1", false, address(0))
	for i := range most - 1 {
		if got := s.put("c-1", false, address(i+1)); got != (changed{1, 1, 1, 0}) {
			t.Fatalf("call %d: %+v", i, got)
		}
	}
	s.work()
	s.forget()
	last := address(most - 1)
	for _, call := range [][3]string{
		{"PUT", "/v1/subjects/c-1", `{"emails":["` + work2 + `"]}`}, {"POST", "/v1/subjects/rename", `{"from":"` + last + `","to":"` + work2 + `"}`},
	} {
		if kind, _ := s.refused(http.StatusConflict, call[0], call[1], call[2]); kind != "conflict" {
			t.Error(kind)
		}
	}
	if s.behind(last) != id || s.behind(work2) != "" {
		t.Error("a call that was refused has changed something")
	}
	s.acted()
	if got := s.put("c-1", false, last, work2); got.Attached != 1 {
		t.Errorf("nothing is taken away: %+v", got)
	}
	s.Clock.Advance(91 * 24 * time.Hour)
	if got := s.put("c-1", false, work2); got.Detached != 1 {
		t.Errorf("after 90 days: %+v", got)
	}
}
