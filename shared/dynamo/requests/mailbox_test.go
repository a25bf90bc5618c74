package requests

import (
	"reflect"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// listed returns what is listed under a mailbox.
func (r *rig) listed(mailbox string) request.Listed {
	r.t.Helper()
	found, err := r.Listed(r.t.Context(), mailbox)
	if err != nil {
		r.t.Fatal(err)
	}
	return found
}

// An entry is written in the same transaction as its request, may be written again, has only keys, and expires.
func TestEntriesOfAMailbox(t *testing.T) { enginetest.BothTTLs(t, entriesOfAMailbox) }

func entriesOfAMailbox(t *testing.T) {
	r := newRig(t, enginetest.DynamoDB(t))
	filed := r.filed()
	filed.Mailbox = "mac"
	late := filed
	file := r.save(request.File{Request: filed}, nil, filed)
	late.Mailbox = "other"
	r.save(file, request.ErrChanged, late, late.Listing())
	if got := r.listed("other"); !reflect.DeepEqual(got, request.Listed{}) {
		t.Errorf("a write that failed has listed %+v", got)
	}
	for range 2 {
		file = r.save(file, nil, file.Request, file.Request.Listing())
		if err := r.ListConsent(t.Context(), "mac", "c", r.clock.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.ListConsent(t.Context(), "ma", "another", r.clock.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if got := r.listed("mac"); !reflect.DeepEqual(got, request.Listed{Requests: []string{"id"}, Consents: []string{"c"}}) {
		t.Errorf("%+v", got)
	}
	if r.load().Request.Mailbox != "mac" {
		t.Error("the request does not keep its mailbox")
	}
	put := r.entry(mailboxPK("mac"), "REQUEST#id", r.clock.Now())
	if len(put.Item) != 3 || dynamo.Text(put.Item, dynamo.PK) != "m#mac" {
		t.Errorf("an entry holds %v", put.Item)
	}
	r.clock.Set(r.clock.Now().Add(time.Hour))
	if got := r.listed("mac"); len(got.Consents) != 0 || len(got.Requests) != 1 {
		t.Errorf("an hour later: %+v", got)
	}
	r.clock.Set(filed.Listing().ExpiresAt)
	if got := r.listed("mac"); len(got.Requests) != 0 {
		t.Errorf("after 27 months: %+v", got)
	}
}
