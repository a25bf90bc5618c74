package subjects

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/paging"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// everybody puts n people on record, in bulk, each with an alias of their own. Many became known in the same second, as after an import.
func (r *rig) everybody(n int) {
	r.t.Helper()
	var wg sync.WaitGroup
	slots := make(chan struct{}, 16)
	for i := range n {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			var tx dynamo.Tx
			is := subject.Alias{Key: addressOf(strconv.Itoa(i)), Spelling: fmt.Sprintf("p%d@example.org", i)}
			learns := []identity.AliasChange{{From: subject.Alias{Key: is.Key}, To: is}}
			now := r.Now().Add(time.Duration(i/500) * time.Second)
			New(r.Client, r.Table, func() time.Time { return now }).Create(&tx, subject.NewID(), learns, nil, "", standing.Unknown, day(2030, 1, 1))
			if lost, err := r.commit(r.t.Context(), &tx); lost || err != nil {
				r.t.Error(lost, err)
			}
		})
	}
	wg.Wait()
}

// F12: a walk over many people gives each of them once, whether a shard fits into a page, or has many, or has pages of one item with empty
// pages between them.
func TestFault_F12_AWalkGivesEverybodyOnce(t *testing.T) {
	r := newRig(t)
	many := soak.Pick(700, 2_000)
	r.everybody(many)
	whole := r.walk(r.Store, r.Now())
	seen := map[string]int{}
	for _, person := range whole {
		seen[strings.TrimPrefix(person.Primary, addressOf(""))]++
	}
	for i := range many {
		if seen[strconv.Itoa(i)] != 1 {
			t.Fatalf("%d people, number %d %d times", len(seen), i, seen[strconv.Itoa(i)])
		}
	}
	sevens := &enginetest.Wire{Through: func(c *enginetest.Call) (*http.Response, error) {
		c.Body = bytes.ReplaceAll(c.Body, []byte(`"Limit":200`), []byte(`"Limit":7`))
		return c.Send()
	}}
	if got := r.walk(New(sevens.Client(r.Client), r.Table, r.Now), r.Now()); !slices.Equal(got, whole) || sevens.Take()["Query"] < many/7 {
		t.Errorf("%d people in pages of seven", len(got))
	}
	sparse := &paging.DynamoDB{Next: http.DefaultTransport}
	one := New((&enginetest.Wire{Next: sparse}).Client(r.Client), r.Table, r.Now)
	if got := r.walk(one, r.Now(), 0, 15); !slices.Equal(got, r.walk(r.Store, r.Now(), 0, 15)) || len(got) < many/Shards || int(sparse.Empty.Load()) < len(got) {
		t.Errorf("%d people in two shards, with %d empty pages", len(got), sparse.Empty.Load())
	}
	if late := r.walk(r.Store, r.Now().Add(time.Second)); len(late) != max(many-500, 0) {
		t.Errorf("%d became known later", len(late))
	}
}

// A page has a limit, so that the memory of a walk does not depend on how many people there are.
func TestAPageOfPeopleHasALimit(t *testing.T) {
	r := newRig(t)
	var limits []any
	w := &enginetest.Wire{Through: func(c *enginetest.Call) (*http.Response, error) {
		limits = append(limits, strings.Contains(string(c.Body), `"Limit":200`))
		return c.Send()
	}}
	if _, _, err := (New(w.Client(r.Client), r.Table, r.Now)).People(t.Context(), 0, r.Now(), ""); err != nil || !slices.Equal(limits, []any{true}) {
		t.Errorf("%v, %v", limits, err)
	}
}

func TestACursorOfSomethingElseIsRefused(t *testing.T) {
	r := newRig(t)
	for _, cursor := range []string{"#", "x", "x#y", "1#", "#y", "1"} {
		if _, _, err := r.People(t.Context(), 0, r.Now(), cursor); !errors.Is(err, errCursor) {
			t.Errorf("%q: %v", cursor, err)
		}
	}
}

// A walk goes on from a cursor whose row has moved or is gone: nobody is left out who was there all the time.
func TestFault_F11_ARowThatACursorNamesMayMove(t *testing.T) {
	for name, act := range map[string]func(*rig, privacy.SubjectID){
		"moved": func(r *rig, id privacy.SubjectID) { r.contract(id, time.Time{}) },
		"gone": func(r *rig, id privacy.SubjectID) {
			if _, err := r.Client.DeleteItem(r.t.Context(), &dynamodb.DeleteItemInput{TableName: aws.String(r.Table), Key: dynamo.Key("s#"+string(id), stateSK)}); err != nil {
				r.t.Fatal(err)
			}
		},
	} {
		r := newRig(t)
		begin := r.Now()
		var inShard []subject.Known // three people of one shard, in the order in which they became known
		for i := 0; len(inShard) < 3; i++ {
			if who := r.introduce(strconv.Itoa(i), day(2030, 1, 1)); peopleShard(who.Subject) == peopleKey(7) {
				inShard = append(inShard, who)
				r.clock.Advance(time.Minute)
			}
		}
		r.tables.Settle()
		one := (&enginetest.Wire{Next: &paging.DynamoDB{Next: http.DefaultTransport}}).Client(r.Client)
		store := New(one, r.Table, r.Now)
		_, cursor, err := store.People(t.Context(), 7, begin, "")
		if err != nil {
			t.Fatal(err)
		}
		act(r, inShard[0].Subject)
		r.tables.Settle()
		var left []string
		for cursor != "" {
			var page []standing.Person
			if page, cursor, err = store.People(t.Context(), 7, begin, cursor); err != nil {
				t.Fatal(err)
			}
			for _, person := range page {
				left = append(left, person.Primary)
			}
		}
		if len(left) < 2 || len(left) > 3 || (name == "moved") != (len(left) == 3) {
			t.Errorf("%s: %v are left", name, left)
		}
	}
}
