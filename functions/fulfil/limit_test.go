package main

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// T09: one client sets off 60 confirmation mails a minute at most, whatever addresses it names; its /64 is one client, another is not affected.
func TestThreat_T09_ConfirmationMailsPerClient(t *testing.T) {
	tables := engine.DynamoDB(t)
	now := time.Now().Truncate(time.Minute)
	l := limiter{store: &requests.Store{Client: tables.Client, Table: tables.Name("RequestsTable"), Now: time.Now}, rate: 60}
	key := subject.Key("a key of tests")
	for i := range 70 {
		ip := "2001:db8::1"
		if i%2 == 1 {
			ip = "2001:db8::2"
		}
		if may, err := l.MayMail(t.Context(), key.Client(ip), now); err != nil || may != (i < l.rate) {
			t.Fatalf("mail %d: %t %v", i+1, may, err)
		}
	}
	for _, ip := range []string{"2001:db8:0:1::1", "203.0.113.9", "::ffff:203.0.113.9"} {
		if may, err := l.MayMail(t.Context(), key.Client(ip), now); err != nil || !may {
			t.Errorf("%s: %t %v", ip, may, err)
		}
	}
}
