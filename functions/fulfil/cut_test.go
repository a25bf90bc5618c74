package main

import (
	"errors"
	"net/http"
	"strings"
	"sync"

	"github.com/helpdeskexpert/privacy/infra/local/dynamodbwire"
)

// cut breaks one call to DynamoDB or to SES. Either the call is not sent, or it is sent and its answer is lost.
type cut struct {
	next http.RoundTripper // to DynamoDB
	sent bool              // whether the call is sent
	kill func()            // ends the run; if nil, only the one call breaks

	mu      sync.Mutex
	left    int // calls until the one that breaks
	hit     bool
	changes []bool // of each call so far: whether it changes something, as a mail does
}

// breaks are the ways in which a call breaks.
var breaks = []struct {
	name       string
	sent, dies bool
}{{"killed before", false, true}, {"killed after", true, true}, {"no answer to", true, false}}

var errCut = errors.New("cut")

// breaks counts a call, which may change something, and reports whether it is the one that breaks.
func (c *cut) breaks(changes bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes = append(c.changes, changes)
	if c.left--; c.left == 0 {
		c.hit = true
	}
	return c.left == 0
}

// points returns the ways to break a run like the one that was whole: a number of breaks and a call, from 1. A process that dies at a call which only reads
// leaves the same before it and after it, so it dies there once. Of the answers to such calls, every fourth is lost.
func (c *cut) points() (all [][2]int) {
	for how, b := range breaks {
		for call, changes := range c.changes {
			if changes || !b.sent || !b.dies && call%4 == 0 {
				all = append(all, [2]int{how, call + 1})
			}
		}
	}
	return all
}

// was reports whether the call has been broken.
func (c *cut) was() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hit
}

func (c *cut) die() {
	if c.kill != nil {
		c.kill()
	}
}

func (c *cut) RoundTrip(r *http.Request) (*http.Response, error) {
	if operation := dynamodbwire.Operation(r); !c.breaks(!strings.HasSuffix(operation, "GetItem") && operation != "Query") {
		return c.next.RoundTrip(r)
	}
	if c.sent {
		if answer, err := c.next.RoundTrip(r); err == nil {
			_ = answer.Body.Close()
		}
	}
	c.die()
	return nil, errCut
}
