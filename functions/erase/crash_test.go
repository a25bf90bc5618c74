package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // tests make steps fail on purpose, and each would be logged
	os.Exit(m.Run())
}

const anna = "anna@example.org"

// journey is one erasure from the confirmation to the day on which nothing is left of it, while one call to DynamoDB or one mail breaks. Whoever sees an error tries
// again: the person presses again, and the schedule comes again.
type journey struct {
	*servicetest.Rig
	breaks *cut
	cancel context.CancelFunc // of the run that is on
	runner *work.Runner
	due    due
	id     string
}

// due is a queue that remembers whether anything was due.
type due struct {
	work.Queue
	any bool
}

func (d *due) Due(ctx context.Context, now time.Time) ([]work.Task, error) {
	tasks, err := d.Queue.Due(ctx, now)
	d.any = err != nil || len(tasks) > 0
	return tasks, err
}

// newJourney files an erasure of somebody with two addresses and records of several categories, and confirms it.
func newJourney(t *testing.T, c *cut) *journey {
	j := &journey{Rig: servicetest.New(t), breaks: c}
	j.due.Queue = j.Queue
	j.runner = newRunner(&j.due, j.Eraser, j.Clock.Now)
	at := j.Clock.Now().Format(time.RFC3339)
	j.puts(privacy.Identity, "self", `{"firstName":"Anna"}`)
	j.puts(privacy.Communication, "first", `{"endedAt":"`+at+`"}`)
	j.puts(privacy.Communication, "second", `{"endedAt":"`+at+`"}`)
	j.puts(privacy.Transaction, "invoice", `{"cardLast4":"4242","issuedAt":"`+at+`"}`)
	j.puts(privacy.Marketing, "news", `{"list":"news","subscribedAt":"`+at+`"}`)
	j.SetAddresses("c-1", false, anna, "anna.berg@example.com")
	j.Clock.Advance(10 * 24 * time.Hour)
	j.Mails = nil
	j.id = j.File(request.Filing{Right: privacy.Erasure, Email: anna}).ID
	j.Prove(j.id)
	c.next = http.DefaultTransport
	j.Wire.Next, j.Fails = c, j.mail
	return j
}

// mail breaks the sending of a mail like any other call.
func (j *journey) mail(operation string) error {
	if operation != "mail" || !j.breaks.breaks(true) {
		return nil
	}
	if j.breaks.die(); j.breaks.sent {
		return subject.ErrMailUncertain
	}
	j.Mails = j.Mails[:len(j.Mails)-1]
	return errCut
}

func (j *journey) puts(category privacy.Category, id, data string) {
	j.T.Helper()
	r := record.Record{Category: category, ID: id, Source: privacy.Direct, OccurredAt: j.Clock.Now(), Data: []byte(data)}
	if got, err := j.TakeAs("c-1", anna, r); err != nil || got.Outcome != record.Stored {
		j.T.Fatal(got, err)
	}
}

// does does a step, and reports its error.
func (j *journey) does(step func(ctx context.Context) error) error {
	ctx, cancel := context.WithCancel(j.T.Context())
	defer cancel()
	j.cancel = cancel
	return step(ctx)
}

// schedules fires the schedule of this function until nothing is due. If a run was killed, the schedule comes again five minutes later.
func (j *journey) schedules(after time.Duration) {
	j.T.Helper()
	j.Clock.Advance(after)
	before := j.breaks.was()
	_ = j.does(j.runner.Scheduled)
	if j.breaks.was() && !before {
		j.Clock.Advance(5 * time.Minute)
	}
	for n := 0; j.due.any && n < 5; n++ {
		_ = j.does(j.runner.Scheduled)
	}
}

// answers has function fulfil open the erasure.
func (j *journey) answers() {
	j.T.Helper()
	for range 3 {
		if j.does(func(ctx context.Context) error { return j.Fulfilment.Run(ctx, j.id) }) == nil {
			return
		}
	}
	j.T.Fatal("the erasure is never opened")
}

// agrees has the person agree. Whoever has agreed without an answer is told so.
func (j *journey) agrees() {
	j.T.Helper()
	for range 3 {
		err := j.does(func(ctx context.Context) error {
			hash := erasure.Of(j.file()).Plan.Hash()
			_, err := erasure.Agree(ctx, j.Requester, j.id, servicetest.Proof(anna), hash)
			return err
		})
		if err == nil || fault.KindOf(err) == fault.Conflict && erasure.Of(j.file()).Agreed != "" {
			return
		}
	}
	j.T.Fatal("nobody can agree")
}

// file reads the file without a call that may break.
func (j *journey) file() request.File {
	j.T.Helper()
	j.Wire.Next = nil
	defer func() { j.Wire.Next = j.breaks }()
	return j.Load(j.id)
}

// stored returns what is stored of the records, without a call that may break.
func (j *journey) stored() string {
	j.T.Helper()
	var all []string
	for _, item := range j.Scan("RecordsTable") {
		sk := fmt.Sprint(item["SK"])
		for _, category := range privacy.Categories {
			if strings.Contains(sk, string(category)+"#") {
				all = append(all, string(category))
			}
		}
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// whole goes the whole way, and checks the end. Nothing is erased before its time, and nothing is called erased before it is.
func (j *journey) whole() {
	j.T.Helper()
	j.answers()
	j.schedules(0)
	j.agrees()
	j.schedules(0)
	e := erasure.Of(j.file())
	if e.State != erasure.Cooling || e.ErasesAt.Before(j.Clock.Now().Add(72*time.Hour-6*time.Minute)) {
		j.T.Fatalf("the erasure is %s until %s", e.State, e.ErasesAt)
	}
	j.schedules(e.ErasesAt.Sub(j.Clock.Now()) - time.Second)
	if got := j.stored(); got != "communication communication identity marketing transaction" {
		j.T.Errorf("erased before its time; stored: %s", got)
	}
	for range 4 {
		j.schedules(servicetest.Writers + time.Second)
		if e := erasure.Of(j.file()); e.Certificate != "" && j.stored() != "transaction" {
			j.T.Errorf("certified, and stored: %s", j.stored())
		}
	}
	j.acknowledged()
	for range 2 {
		j.schedules(8 * 24 * time.Hour)
	}
	j.ended()
}

// acknowledged has the team note, without a call that may break, that every other system has erased the person too.
func (j *journey) acknowledged() {
	j.T.Helper()
	j.Wire.Next = nil
	defer func() { j.Wire.Next = j.breaks }()
	for _, system := range erasure.Of(j.Load(j.id)).Outstanding() {
		if err := erasure.AcknowledgeFor(j.T.Context(), j.Requests, j.id, system, servicetest.Operator, j.Clock.Now()); err != nil {
			j.T.Fatal(err)
		}
	}
}

// ended checks the end.
func (j *journey) ended() {
	j.T.Helper()
	file := j.file()
	e, r := erasure.Of(file), file.Request
	if e.State != erasure.Done || r.State != request.Fulfilled || r.Email != "" || e.Certificate == "" || j.stored() != "transaction" {
		j.T.Errorf("the erasure is %s, its request is %s; stored: %s", e.State, r.State, j.stored())
	}
	for _, item := range e.Plan.Items {
		if want := map[string]int{"communication": 2, "identity": 1, "marketing": 1, "transaction": 1}[string(item.Kind)]; item.Kind.IsCategory() && item.Count != want {
			j.T.Errorf("%d of %s are counted", item.Count, item.Kind)
		}
	}
	want := []request.EventKind{request.EventVerified, request.EventPlanned, request.EventAgreed, request.EventErasing, request.EventErased, request.EventAnswered}
	if got := servicetest.Kinds(file); !slices.Equal(got, want) {
		j.T.Errorf("%v", got)
	}
	mails := map[string]int{}
	for _, m := range j.Mails {
		mails[m.Kind+" "+m.To]++
	}
	for _, mail := range []string{"agreed " + anna, "agreed anna.berg@example.com", "erased " + anna} {
		if mails[mail] < 1 || mails[mail] > 2 {
			j.T.Errorf("%d mails: %s", mails[mail], mail)
		}
	}
	j.Tables.Settle()
	if due, err := j.Queue.Due(j.T.Context(), j.Clock.Now().AddDate(1, 0, 0)); err != nil || slices.ContainsFunc(due, func(t work.Task) bool { return t.Kind == work.Erase }) {
		j.T.Errorf("work is left: %v %v", due, err)
	}
}

// F02, F03, F16: from the confirmation to the end, the process is killed before or after each of its calls to DynamoDB and of its mails, or loses the answer. The end is the
// same: the person could cancel for 72 hours, everything is erased that can be, and the certificate counts it.
func TestFault_F16_AnErasureUnderEveryKill(t *testing.T) {
	const most = 1000
	plain := newJourney(t, &cut{left: most})
	plain.whole()
	calls := most - plain.breaks.left
	if calls < 40 || calls >= most {
		t.Fatalf("%d calls", calls)
	}
	var points [][2]int
	for how := range breaks {
		for call := range calls {
			if !plain.breaks.changes[call] && (breaks[how].dies || call%4 != 0) { // whoever dies there leaves what the next change leaves that is not made
				continue
			}
			points = append(points, [2]int{how, call + 1})
		}
	}
	for i, p := range points {
		if i%soak.Pick(17, 1) != 0 {
			continue
		}
		how := breaks[p[0]]
		t.Run(fmt.Sprint(how.name, " call ", p[1]), func(t *testing.T) {
			j := newJourney(t, &cut{sent: how.sent, left: p[1]})
			if how.dies {
				j.breaks.kill = func() { j.cancel() }
			}
			j.whole()
			if !j.breaks.was() {
				t.Error("no call was broken")
			}
		})
	}
}
