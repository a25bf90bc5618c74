package mailboxes

import (
	"reflect"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/filled"
	"github.com/helpdeskexpert/privacy/shared/dynamo/queue"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// A wish for a link comes back as it was, is due at its time, and is gone once it was deleted or has expired. A wish is never tried again, so its
// tries are not stored.
func TestAWishForALink(t *testing.T) { enginetest.BothTTLs(t, aWishForALink) }

func aWishForALink(t *testing.T) {
	r := newRig(t, enginetest.DynamoDB(t))
	load := func() (mailbox.Wish, bool) {
		t.Helper()
		a, found, err := r.LoadWish(t.Context(), "id")
		if err != nil {
			t.Fatal(err)
		}
		return a, found
	}
	save := func(a mailbox.Wish) {
		t.Helper()
		if err := r.SaveWish(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	if a, found := load(); found {
		t.Errorf("an unknown wish: %+v", a)
	}
	want := filled.Value[mailbox.Wish]("Try")
	want.ID = "id"
	save(want)
	if got, found := load(); !found || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v is loaded, not\n%+v", got, want)
	}
	r.tables.Settle()
	q := &queue.Queue{Client: r.Client, Table: r.Table}
	for at, due := range map[time.Duration]int{-time.Second: 0, 0: 1} {
		tasks, err := q.Due(t.Context(), want.NextAt.Add(at))
		if err != nil || len(tasks) != due || due == 1 && tasks[0] != (work.Task{Kind: work.Link, Ref: "id"}) {
			t.Errorf("%v, %v", tasks, err)
		}
	}
	if err := r.DeleteWish(t.Context(), "id"); err != nil {
		t.Fatal(err)
	}
	if a, found := load(); found {
		t.Errorf("deleted: %+v", a)
	}
	save(want)
	r.clock.Set(want.ExpiresAt.Add(-time.Second))
	if _, found := load(); !found {
		t.Error("it is gone a second before its end")
	}
	r.clock.Set(want.ExpiresAt)
	if a, found := load(); found {
		t.Errorf("expired: %+v", a)
	}
}
