package main

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/helpdeskexpert/privacy/infra/local/dynamodbwire"
)

// cut breaks one call to DynamoDB, or one mail. Either the call is not sent, or it is sent and its answer is lost.
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

// RoundTrip passes a call on, or breaks it. Looking for what is due is left out: the schedule does it again and again.
func (c *cut) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := r.GetBody()
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	reads := strings.HasSuffix(dynamodbwire.Operation(r), "GetItem") || dynamodbwire.Operation(r) == "Query"
	if bytes.Contains(text, []byte(`"IndexName"`)) || !c.breaks(!reads) {
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
