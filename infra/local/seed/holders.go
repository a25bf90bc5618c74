package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// holders remembers the account lines that the service took, so that it can count the people who hold an account.
type holders struct {
	mu    sync.Mutex
	known roll
	taken map[int]map[string][]accountLine // by person and by the id of the account
}

// accountLine is what a line says about a contract, and when that was so.
type accountLine struct {
	at      time.Time
	account standing.Account
}

func newHolders() *holders {
	return &holders{known: newRoll(), taken: map[int]map[string][]accountLine{}}
}

// take remembers whom a line names that the service took, and what it says if it is an account line.
func (h *holders) take(text []byte) {
	var l struct {
		Category   privacy.Category
		ID         string
		Subject    struct{ ID, Email string }
		OccurredAt time.Time
		Data       json.RawMessage
	}
	if json.Unmarshal(text, &l) != nil {
		return
	}
	to, _ := subject.ParseAddress(l.Subject.Email) // the service refuses a line with a wrong one
	h.mu.Lock()
	defer h.mu.Unlock()
	who := h.known.find(l.Subject.ID, to.Lookup)
	if l.Category != privacy.Account {
		return
	}
	r := record.Record{Data: l.Data}
	started, ended := r.Contract()
	if h.taken[who] == nil {
		h.taken[who] = map[string][]accountLine{}
	}
	h.taken[who][l.ID] = append(h.taken[who][l.ID],
		accountLine{l.OccurredAt, standing.Account{ID: l.ID, StartedAt: started, EndedAt: ended, Closed: r.Closed()}})
}

// count returns how many people hold an account at the time given, by the rule that decides who is told about a change of the policy (promise
// K02). A person with several accounts counts once.
func (h *holders) count(now time.Time) (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	rule := policy.InForce(now).RetentionFor(privacy.Account)
	for _, accounts := range h.taken {
		var last []standing.Account
		for _, lines := range accounts {
			last = append(last, newest(lines, now))
		}
		if standing.Unknown.Contracted(last).HoldsAccount(rule, now) {
			n++
		}
	}
	return n
}

// newest returns the account as the newest of its lines has it, with the end that earlier lines have made known.
func newest(lines []accountLine, now time.Time) (last standing.Account) {
	slices.SortStableFunc(lines, func(a, b accountLine) int { return a.at.Compare(b.at) })
	for i, l := range lines {
		last = l.account.WithKnownEnd(last.EndedAt, i > 0 && l.at.After(lines[i-1].at), now)
	}
	return last
}

// write prints the count, to compare with the letters of a notice.
func (h *holders) write(out io.Writer, now time.Time) {
	n := h.count(now)
	if n == 1 {
		_, _ = fmt.Fprintln(out, "1 account holder is among these people. A significant change of the policy is announced to them by mail.")
		return
	}
	_, _ = fmt.Fprintf(out, "%d account holders are among these people. A significant change of the policy is announced to each of them by mail.\n", n)
}
