package identities

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/identity/identitytest"
)

// An act is one transaction, which has room for the largest.
func TestAnActIsOneTransaction(t *testing.T) {
	open := opener(t)
	for name, c := range identitytest.Crashes {
		if name == "contesting" || name == "what follows" { // an act and what follows from it
			continue
		}
		e, clock := open()
		r := identitytest.New(t, e, clock)
		c.Before(r)
		e.wire.Take()
		if err := c.Act(r); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		calls := e.wire.Take()
		want := map[string]int{"joining": 2}[name] // a join, then the address that is attached
		if calls["TransactWriteItems"] != max(want, 1) || calls["PutItem"]+calls["UpdateItem"]+calls["DeleteItem"] > 0 {
			t.Errorf("%s: %v", name, calls)
		}
	}
}

// The largest acts fit into a transaction of DynamoDB: ten addresses and ten ids each, five joins, thirty addresses that were detached.
func TestTheLargestActsFit(t *testing.T) {
	open := opener(t)
	e, clock := open()
	most := 0
	e.wire.Through = func(c *enginetest.Call) (*http.Response, error) {
		if c.Operation == "TransactWriteItems" {
			most = max(most, strings.Count(string(c.Body), `"TableName"`))
		}
		return c.Send()
	}
	identitytest.New(t, e, clock).Largest()
	if most < 60 || most > 100 {
		t.Errorf("the largest act writes %d items", most)
	}
}

// F01: the answer to a call is lost, and the SDK repeats it. The act takes effect once.
func TestFault_F01_TheAnswerIsLost(t *testing.T) {
	open := opener(t)
	for name, c := range identitytest.Crashes {
		e, clock := open()
		r := identitytest.New(t, e, clock)
		c.Before(r)
		e.wire.Through = loseFirst(t)
		if err := c.Act(r); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		e.wire.Through = nil
		before := r.Dump()
		if name == "attaching" || name == "joining" || name == "detaching" {
			if err := c.Act(r); err != nil || r.Dump() != before {
				t.Errorf("%s took effect twice, %v:\n%s\nthen\n%s", name, err, before, r.Dump())
			}
		}
		r.Sound()
	}
}

// loseFirst loses the first answer to each call.
func loseFirst(t *testing.T) func(c *enginetest.Call) (*http.Response, error) {
	var mu sync.Mutex
	lost := map[string]bool{}
	return func(c *enginetest.Call) (*http.Response, error) {
		answer, err := c.Send()
		mu.Lock()
		defer mu.Unlock()
		if err != nil || lost[c.ID()] {
			return answer, err
		}
		lost[c.ID()] = true
		if err := answer.Body.Close(); err != nil {
			t.Error(err)
		}
		return nil, fmt.Errorf("the answer to %s is lost", c.Operation)
	}
}

// F15: writers that keep interfering are a conflict in the end, which the caller may repeat.
func TestFault_F15_LostRacesAreAConflict(t *testing.T) {
	open := opener(t)
	e, clock := open()
	r := identitytest.New(t, e, clock)
	c := identitytest.Crashes["attaching"]
	c.Before(r)
	tries := 0
	e.wire.Through = func(c *enginetest.Call) (*http.Response, error) {
		if c.Operation != "TransactWriteItems" {
			return c.Send()
		}
		tries++
		code := []string{"ConditionalCheckFailed", "TransactionConflict", "ThrottlingError"}[tries%3]
		return c.Answer(http.StatusBadRequest, map[string]any{
			"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "message": "refused by the test",
			"CancellationReasons": []map[string]string{{"Code": code}},
		})
	}
	if err := c.Act(r); fault.KindOf(err) != fault.Conflict || tries != 12 {
		t.Errorf("%v after %d tries", err, tries)
	}
	e.wire.Through = nil
	if err := c.Act(r); err != nil {
		t.Error(err)
	}
}

// F15: acts that run at once, beside records that make people known, lose nothing.
func TestFault_F15_ActsAtOnce(t *testing.T) {
	open := opener(t)
	for name, race := range identitytest.Races {
		t.Run(name, func(t *testing.T) {
			e, clock := open()
			r := identitytest.New(t, e, clock)
			race(r)
			r.Sound()
		})
	}
}

// quickly tries a failed call again without a pause.
func quickly(o *dynamodb.Options) { o.Retryer = retry.AddWithMaxBackoffDelay(retry.NewStandard(), 1) }
