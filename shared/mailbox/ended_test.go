package mailbox

import (
	"testing"
	"time"
)

// H01: a decision that ends before it waits behind a mailbox, such as one that repeats another or has no address that mail can reach, keeps no
// address. An answer to access would not find it. One that waits behind its mailbox is found there, and keeps its address as long as it is stored.
func TestPromise_H01_WhatNoAnswerFindsKeepsNoAddress(t *testing.T) {
	for box, want := range map[string]string{"": "", "mac": "anna@example.org"} {
		c := Confirmation{Email: "anna@example.org", Client: "client", Mailbox: box, NextAt: time.Now()}
		c.end()
		if c.Email != want || (c.Client == "") != (want == "") || !c.NextAt.IsZero() {
			t.Errorf("behind %q: %+v", box, c)
		}
	}
}
