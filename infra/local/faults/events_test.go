package faults

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/queue"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// batch is a batch of stream records that name the items, numbered from 1.
func batch(keys ...[2]string) events.DynamoDBEvent {
	var event events.DynamoDBEvent
	for i, key := range keys {
		var record events.DynamoDBEventRecord
		record.EventName, record.Change.SequenceNumber = "MODIFY", fmt.Sprint(i+1)
		record.Change.Keys = map[string]events.DynamoDBAttributeValue{"PK": events.NewStringAttribute(key[0]), "SK": events.NewStringAttribute(key[1])}
		event.Records = append(event.Records, record)
	}
	return event
}

// due returns the keys of the items that have work due.
func (r *rig) due() (keys [][2]string) {
	for _, item := range r.scan("RequestsTable") {
		if item[dynamo.Work] != nil {
			keys = append(keys, [2]string{dynamo.Text(item, dynamo.PK), dynamo.Text(item, dynamo.SK)})
		}
	}
	return keys
}

// storm delivers every item that has work 1 to 5 times, shuffled, in batches, to both functions at once.
func (r *rig) storm(random *rand.Rand) {
	var keys [][2]string
	for _, key := range r.due() {
		for range 1 + random.IntN(5) {
			keys = append(keys, key)
		}
	}
	random.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	var all sync.WaitGroup
	for len(keys) > 0 {
		n := min(len(keys), 1+random.IntN(6))
		event := batch(keys[:n]...)
		keys = keys[n:]
		for _, function := range []string{"fulfil", "export"} {
			all.Go(func() { _ = r.invoke(function, event, nil) })
		}
	}
	all.Wait()
}

// F02: stream records arrive 1 to 5 times each, shuffled, concurrently and together with old ones. Every person gets one link, one receipt and one answer.
func TestFault_F02_RecordsRepeatedAndShuffled(t *testing.T) {
	for seed := range soak.Pick(uint64(1), 5) {
		newRig(t).repeatsRequests(t, rand.New(rand.NewPCG(seed, 11)))
	}
}

func (r *rig) repeatsRequests(t *testing.T, random *rand.Rand) {
	t.Helper()
	var people []string
	for i := range 12 {
		people = append(people, fmt.Sprintf("anna%d@example.org", i))
		if i%3 > 0 { // nothing is stored about every third person
			r.known(people[i], "canary of "+people[i])
		}
		r.expect(http.StatusAccepted, "request", "POST", "/v1/requests", `{"right":"access","email":"`+people[i]+`"}`, nil)
	}
	early := r.due()
	r.storm(random)
	early = append(early, r.due()...)
	r.storm(random) // the mailboxes became due meanwhile
	for _, email := range people {
		r.presses(r.opens(email), "request")
	}
	for range 4 {
		r.storm(random)
	}
	_ = r.invoke("fulfil", batch(early...), nil) // records that were delivered long ago arrive again
	for i, email := range people {
		file := r.files(email)[0]
		want := map[string]int{"me": 1, "exports": min(i%3, 1)}
		for kind, n := range want {
			if got := len(r.links(email, kind)); got != n {
				t.Errorf("%d mails with a link to %s, want %d", got, kind, n)
			}
		}
		if len(r.mails(email)) != 3 || // a link, a receipt and the answer
			file.Request.State != request.Fulfilled || len(export.Of(file)) != want["exports"] {
			t.Errorf("%d mails, %+v", len(r.mails(email)), file)
		}
	}
}

// F19: if one of ten records of a batch cannot be processed, the other nine are, and the answer names the one.
func TestFault_F19_OneBadRecordOfTen(t *testing.T) {
	r := newRig(t)
	const bad = 4
	for i := range 10 {
		r.expect(http.StatusAccepted, "request", "POST", "/v1/requests", fmt.Sprintf(`{"right":"access","email":"p%d@example.org"}`, i), nil)
	}
	keys := r.due()
	r.proxy.Decide = func(c Call) Fault {
		if strings.Contains(string(c.Body), keys[bad][0]) {
			return Denied
		}
		return None
	}
	var out events.DynamoDBEventResponse
	if err := r.invoke("fulfil", batch(keys...), &out); err != nil {
		t.Fatal(err)
	}
	if len(out.BatchItemFailures) != 1 || out.BatchItemFailures[0].ItemIdentifier != fmt.Sprint(bad+1) {
		t.Errorf("the answer names %v", out.BatchItemFailures)
	}
	_ = r.schedule("fulfil") // the schedule finds it too, and continues after it
	if n := len(r.box.All()); n != 9 {
		t.Errorf("%d mails", n)
	}
	r.expect(http.StatusAccepted, "request", "POST", "/v1/requests", `{"right":"access","email":"late@example.org"}`, nil)
	for range 2 { // puts the request behind its mailbox, and mails the link
		if err := r.schedule("fulfil"); err == nil {
			t.Error("the schedule hides that an item failed")
		}
	}
	if n := len(r.box.All()); n != 10 {
		t.Errorf("%d mails", n)
	}
}

// F19: an export that cannot be made does not stop the schedule from making the others.
func TestFault_F19_ABadExportDoesNotBlockTheSchedule(t *testing.T) {
	r := newRig(t)
	people := []job{{rig: r, email: "anna@example.org"}, {rig: r, email: "berta@example.org"}, {rig: r, email: "clara@example.org"}}
	for _, j := range people {
		r.known(j.email, "canary")
		j.file()
		j.wakeAll("fulfil")
		j.confirm()
		j.wakeAll("fulfil")
	}
	tasks := &queue.Queue{Client: r.tables.Client, Table: r.tables.Name("RequestsTable")}
	due, err := tasks.Due(t.Context(), time.Now())
	if err != nil || len(due) != len(people) {
		t.Fatalf("%d exports are due, %v", len(due), err)
	}
	bad, _ := queue.Key(due[0]) // the first that the schedule meets in this minute
	r.proxy.Decide = func(c Call) Fault {
		if c.Function == "export" && strings.Contains(string(c.Body), bad) {
			return Denied
		}
		return None
	}
	for range 3 {
		_ = r.schedule("export")
	}
	mailed := 0
	for _, j := range people {
		mailed += len(r.links(j.email, "exports"))
	}
	if mailed != 2 {
		t.Errorf("%d of 2 exports were mailed", mailed)
	}
}
