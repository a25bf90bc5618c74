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
)

// operation is one call about a visitor: a decision, a decision on a version that was read, or a read.
type operation struct {
	visitor string
	state   string // what is decided; empty for a read
	after   int    // the version asserted; -1 for none
}

// seen is what the caller learnt.
type seen struct {
	status, version int
	state           string
}

// register is the sequential behaviour that the consent path must look like: a versioned register per visitor.
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
			return in.after >= 0 && in.after != was.version, was
		case out.status == 409: // lost too many races: nothing happened
			return true, was
		default:
			legal := out.status == 201 && out.version == was.version+1 && (in.after < 0 || in.after == was.version)
			return legal, seen{version: out.version, state: in.state}
		}
	},
	Equal: func(a, b any) bool {
		return a.(seen).version == b.(seen).version && a.(seen).state == b.(seen).state
	},
}

// F15: 16 clients do 10,000 operations on 100 visitors, and the history is linearizable: no update is lost, no read is stale.
func TestFault_F15_TheConsentPathIsLinearizable(t *testing.T) {
	s := newService(t)
	visitors := make([]string, 100)
	for i := range visitors {
		visitors[i] = uuid.NewString()
	}
	var mu sync.Mutex
	var history []porcupine.Operation
	var wg sync.WaitGroup
	began := time.Now()
	for client := range 16 {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(client)))
			for range 10_000 / 16 {
				op := operation{visitor: visitors[random.IntN(len(visitors))], after: -1}
				switch random.IntN(4) {
				case 0, 1:
					op.state = [...]string{"granted", "denied"}[random.IntN(2)]
				case 2:
					op.state, op.after = "granted", random.IntN(30)
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
	if len(history) < 9_900 {
		t.Fatalf("%d operations", len(history))
	}
	if result := porcupine.CheckOperationsTimeout(register, history, time.Minute); result != porcupine.Ok {
		t.Errorf("the history of %d operations is %s", len(history), result)
	}
}

// do carries an operation out over the handler.
func (s *service) do(op operation) seen {
	r := httptest.NewRequest("GET", "/v1/consents/"+op.visitor, nil)
	if op.state != "" {
		r = httptest.NewRequest("POST", "/v1/consents", strings.NewReader(decide(op.visitor, `"testimonials":"`+op.state+`"`)))
		r.Header.Set("Content-Type", "application/json")
		if op.after >= 0 {
			r.Header.Set("If-Match", fmt.Sprintf(`"%d"`, op.after))
		}
	}
	w := httptest.NewRecorder()
	s.raw.ServeHTTP(w, r)
	out := seen{status: w.Code}
	_, _ = fmt.Sscanf(w.Header().Get("ETag"), `"%d"`, &out.version)
	_, after, _ := strings.Cut(w.Body.String(), `"testimonials":{"state":"`)
	out.state, _, _ = strings.Cut(after, `"`)
	return out
}
