package main

import (
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
)

// operation is one call about a visitor: a decision, a withdrawal, either of them under a precondition, or a read.
type operation struct {
	visitor  string
	state    string // the decision; empty for a read
	withdraw bool   // the decision is a withdrawal of everything
	after    int    // the version in If-Match; none if negative
	first    bool   // with If-None-Match: *
}

// holds reports whether the operation's preconditions hold at a version.
func (op operation) holds(version int) bool {
	return (op.after < 0 || op.after == version) && (!op.first || version == 0)
}

// seen is what the caller learnt from an answer. As a state of the model, it also says whether everything else was withdrawn.
type seen struct {
	status, version int
	state           string
	others          bool
}

// register is the model of the consent path: one versioned register per visitor, which does one operation at a time.
var register = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		byVisitor := map[string][]porcupine.Operation{}
		for _, op := range history {
			visitor := op.Input.(operation).visitor
			byVisitor[visitor] = append(byVisitor[visitor], op)
		}
		var parts [][]porcupine.Operation
		for _, part := range byVisitor {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() any { return seen{version: 0, state: "undecided"} },
	Step: func(state, input, output any) (bool, any) {
		was, in, out := state.(seen), input.(operation), output.(seen)
		switch {
		case in.state == "":
			return out.version == was.version && out.state == was.state, was
		case out.status == 412:
			return !in.holds(was.version), was
		case out.status == 409: // lost too many races, so nothing happened; this never happens to a denial
			return in.state == "granted", was
		case in.state == "denied" && was.state == "denied" && (was.others || !in.withdraw): // denied already, so it is not stored again
			return out.status == 201 && out.version == was.version && out.state == "denied" && in.holds(was.version), was
		default:
			legal := out.status == 201 && out.version == was.version+1 && out.state == in.state && in.holds(was.version)
			return legal, seen{version: out.version, state: in.state, others: was.others || in.withdraw}
		}
	},
	Equal: func(a, b any) bool {
		return a.(seen) == b.(seen)
	},
}

// F15: 16 clients do thousands of operations on some visitors (10,000 on 100 visitors in a full run). The history is linearizable: no update
// is lost, and no read is stale.
func TestFault_F15_TheConsentPathIsLinearizable(t *testing.T) {
	s := newRig(t)
	const clients = 16
	each := soak.Pick(100, 625)
	visitors := make([]string, soak.Pick(16, 100))
	for i := range visitors {
		visitors[i] = uuid.NewString()
	}
	var mu sync.Mutex
	var history []porcupine.Operation
	var wg sync.WaitGroup
	began := time.Now()
	for client := range clients {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(client)))
			for range each {
				op := operation{visitor: visitors[random.IntN(len(visitors))], state: [...]string{"granted", "denied"}[random.IntN(2)], after: -1}
				switch random.IntN(6) {
				case 0, 1:
					op.state = ""
				case 2:
					op.after = random.IntN(30)
				case 3:
					op.state, op.withdraw = "denied", true
				case 4:
					op.first = true
					op.after = [...]int{-1, -1, 0, 1}[random.IntN(4)] // sometimes together with If-Match
				}
				call := time.Since(began).Nanoseconds()
				out := s.do(op)
				mu.Lock()
				history = append(history, porcupine.Operation{ClientId: client, Input: op, Call: call, Output: out, Return: time.Since(began).Nanoseconds()})
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(history) != clients*each {
		t.Fatalf("%d operations", len(history))
	}
	if result := porcupine.CheckOperations(register, history); !result {
		t.Errorf("no order of the %d operations explains what was read", len(history))
	}
}

// do sends an operation to the handler.
func (s *rig) do(op operation) seen {
	method, path, body := "POST", "/v1/consents", decide(op.visitor, `"testimonials":"`+op.state+`"`)
	switch {
	case op.state == "":
		method, path, body = "GET", "/v1/consents/"+op.visitor, ""
	case op.withdraw:
		path, body = "/v1/consents/"+op.visitor+"/withdraw", ""
	}
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if op.after >= 0 {
		r.Header.Set("If-Match", fmt.Sprintf(`"%d"`, op.after))
	}
	if op.first {
		r.Header.Set("If-None-Match", "*")
	}
	w := httptest.NewRecorder()
	s.raw.ServeHTTP(w, r)
	out := seen{status: w.Code}
	_, _ = fmt.Sscanf(w.Header().Get("ETag"), `"%d"`, &out.version)
	_, after, _ := strings.Cut(w.Body.String(), `"testimonials":{"state":"`)
	out.state, _, _ = strings.Cut(after, `"`)
	return out
}
