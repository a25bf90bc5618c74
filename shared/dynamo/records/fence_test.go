package records

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/retention"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// writers is how long a write may take in these tests.
const writers = 3 * time.Minute

// limits changes what anna has limited, as the answer to a request does.
func (r *rig) limits(t testing.TB, change func(standing.State) standing.State) {
	t.Helper()
	_, found, err := r.writer.subjects.Transition(t.Context(), r.sid(t), func(from standing.Snapshot) (standing.State, time.Time) {
		to := change(from.State)
		return to, to.KnownUntil(policy.InForce(r.clock.Now()))
	})
	if err != nil || !found {
		t.Fatal(found, err)
	}
}

// restrict imposes a restriction of some categories, or of all.
func (r *rig) restrict(t testing.TB, request string, categories ...privacy.Category) {
	t.Helper()
	r.limits(t, func(s standing.State) standing.State {
		s, _ = s.Restricted(standing.Restriction{Request: request, At: r.clock.Now(), Ground: privacy.Claims, Categories: categories})
		return s
	})
}

func (r *rig) lift(t testing.TB, request string) {
	t.Helper()
	r.limits(t, func(s standing.State) standing.State { return s.Lifted(request, r.clock.Now()) })
}

// keep walks over anna's records, and again once no write can arrive any more that does not know of the state.
func (r *rig) keep(t testing.TB) {
	t.Helper()
	again, err := r.intake.Keep(t.Context(), r.sid(t))
	if err == nil && !again.IsZero() {
		r.clock.Set(again)
		again, err = r.intake.Keep(t.Context(), r.sid(t))
	}
	if err != nil || !again.IsZero() {
		t.Fatal(again, err)
	}
}

// suspended returns when each stored record would expire that is suspended and has an expiry of its own.
func (r *rig) suspended(t testing.TB) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, item := range r.scan(t, "RecordsTable") {
		if at := dynamo.Time(item, otherwise); !at.IsZero() {
			out[dynamo.Text(item, dynamo.SK)] = at.Format(time.RFC3339)
		}
	}
	return out
}

// everything stores a record of each category that has a data subject, and returns their expiries.
func (r *rig) everything(t *testing.T) map[string]string {
	t.Helper()
	r.put(t, account("a", "2026-11-01T00:00:00Z", "2025-11-01T00:00:00Z", "2026-11-01T00:00:00Z"), record.Stored)
	r.put(t, person("2026-11-01T00:00:00Z", "Anna"), record.Stored)
	r.put(t, invoice("1", "2026-11-01T00:00:00Z"), record.Stored)
	r.put(t, login("1", "2026-11-01T00:00:00Z"), record.Stored)
	r.put(t, chat(t, "1", 1000), record.Stored)
	r.put(t, marketing("news", "2026-11-01T00:00:00Z"), record.Stored)
	all := map[string]string{
		"account#a": "2028-11-01T00:00:00Z", "identity#self": "2028-11-01T00:00:00Z", "transaction#1": "2033-11-01T00:00:00Z",
		"security_log#1": "2027-01-30T00:00:00Z", "communication#1": "2027-11-01T00:10:00Z", "marketing#news": "2026-12-23T12:00:00Z",
	}
	r.expect(t, "stored", all)
	return all
}

// without returns the expiries as they are while some categories are suspended.
func without(all map[string]string, categories ...privacy.Category) map[string]string {
	out := maps.Clone(all)
	for key := range out {
		for _, category := range categories {
			if strings.HasPrefix(key, string(category)+"#") {
				out[key] = ""
			}
		}
	}
	return out
}

// H04: a restriction keeps every record past its period, and whoever lifts it gets back exactly what it took: each record has the expiry that it had.
func TestPromise_H04_ARestrictionSuspendsRetention(t *testing.T) {
	for name, categories := range map[string][]privacy.Category{
		"everything": nil, "one with periods of its own": {privacy.SecurityLog}, "account data": {privacy.Identity}, "several": {privacy.Communication, privacy.Marketing, privacy.Account},
	} {
		r := newRig(t)
		all := r.everything(t)
		before := r.scan(t, "RecordsTable")
		r.restrict(t, "1", categories...)
		r.keep(t)
		covered := categories
		if covered == nil {
			covered = privacy.Categories[:]
		}
		want := without(all, covered...)
		r.expect(t, name, want)
		for key, expires := range r.suspended(t) {
			if category, _, _ := strings.Cut(key, "#"); retention.FollowsState(privacy.Category(category)) || want[key] != "" || expires != all[key] {
				t.Errorf("%s: %s expires %q, otherwise %q", name, key, want[key], expires)
			}
		}
		r.lift(t, "1")
		r.keep(t)
		r.expect(t, name+", lifted", all)
		after := r.scan(t, "RecordsTable")
		for i := range before {
			delete(before[i], asOf)
			delete(after[i], asOf)
		}
		if fmt.Sprint(texts(before)) != fmt.Sprint(texts(after)) {
			t.Errorf("%s: the items are not what they were:\n%v\n%v", name, texts(before), texts(after))
		}
	}
}

// texts returns the names and the expiries of items.
func texts(items []dynamo.Item) (all []map[string]string) {
	for _, item := range items {
		one := map[string]string{}
		for name := range item {
			one[name] = ""
		}
		one["SK"], one["expiresAt"] = dynamo.Text(item, "SK"), fmt.Sprint(dynamo.Int(item, "expiresAt"))
		all = append(all, one)
	}
	return all
}

// H04: what is suspended outlives its period, and the sweep leaves it alone. A new record whose period is over is refused all the same, and so what
// has expired stays expired. Once the restriction is lifted, what is past its period expires at once.
func TestPromise_H04_SuspendedDataOutlivesItsPeriod(t *testing.T) {
	r := newRig(t)
	all := r.everything(t)
	r.set("2027-01-30T00:00:00Z") // the log and the marketing data have expired
	delete(all, "security_log#1")
	delete(all, "marketing#news")
	r.restrict(t, "1")
	r.keep(t)
	r.expect(t, "restricted", without(all, privacy.Categories[:]...))
	r.set("2034-01-01T00:00:00Z")
	r.put(t, login("2", "2027-01-29T00:00:00Z"), record.RetentionOver)
	r.put(t, person("2028-01-01T00:00:00Z", "Ann"), record.RetentionOver)
	r.put(t, login("3", "2033-12-31T00:00:00Z"), record.Stored)
	r.put(t, invoice("1", "2026-11-01T00:00:00Z"), record.RetentionOver)
	want := without(all, privacy.Categories[:]...)
	want["security_log#3"] = ""
	if got := r.suspended(t)["security_log#3"]; got != "2034-03-31T00:00:00Z" {
		t.Errorf("a new record would expire at %q", got)
	}
	sweep := retention.Sweep{Records: r.writer.Store, Policy: policy.InForce, Now: r.clock.Now}
	r.tables.Settle()
	report, err := sweep.Run(t.Context())
	if left := 2; err != nil || report.Deleted() > left {
		t.Errorf("%+v, %v", report, err)
	}
	r.expect(t, "long after", want)
	r.lift(t, "1")
	r.keep(t)
	r.expect(t, "lifted", map[string]string{"security_log#3": "2034-03-31T00:00:00Z"})
	r.tables.Settle()
	if report, err = sweep.Run(t.Context()); err != nil || report.Deleted() != 4 && !r.tables.TTLFirst() || len(r.scan(t, "RecordsTable")) != 1 {
		t.Errorf("swept: %+v, %v", report, err)
	}
}

// A record that is taken back while it is suspended is gone at once, and the walk leaves it alone. A newer record replaces a suspended one, with its own
// expiry.
func TestPromise_H04_SuspendedRecordsChange(t *testing.T) {
	r := newRig(t)
	r.put(t, invoice("1", "2026-11-01T00:00:00Z"), record.Stored)
	r.put(t, invoice("2", "2026-11-01T00:00:00Z"), record.Stored)
	r.restrict(t, "1")
	r.keep(t)
	if err := r.intake.Retract(t.Context(), crm, from(r.intake, "anna@example.org").who(), privacy.Transaction, "1"); err != nil {
		t.Fatal(err)
	}
	r.put(t, invoice("2", "2026-11-20T00:00:00Z"), record.Stored)
	r.expect(t, "restricted", map[string]string{"transaction#2": ""})
	r.clock.Advance(time.Second)
	r.lift(t, "1")
	r.keep(t)
	r.expect(t, "lifted", map[string]string{"transaction#2": "2033-11-20T00:00:00Z"})
}

// held lets send begin a put and holds it back before it reaches the table. The returned function lets it go on, and waits for its end.
func (r *rig) held(t *testing.T, send func()) (release func()) {
	t.Helper()
	reached, on, done := make(chan bool), make(chan bool), make(chan bool)
	var late bool
	r.wire.Through = func(c *enginetest.Call) (*http.Response, error) {
		if c.Operation == "PutItem" && !late {
			late = true
			close(reached)
			<-on
		}
		return c.Send()
	}
	go func() { defer close(done); send() }()
	<-reached
	return func() { close(on); <-done }
}

// sidDirect returns anna's id without a call through the wire.
func (r *rig) sidDirect(t testing.TB) privacy.SubjectID {
	t.Helper()
	return privacy.SubjectID(strings.TrimPrefix(dynamo.Text(r.scan(t, "RecordsTable")[0], "PK"), "s#"))
}

// Budget: a walk costs two reads of the state, a query for each category and a write for each record whose expiry it changes; the last pass writes
// nothing.
func TestBudgetOfAWalk(t *testing.T) {
	r := newRig(t)
	r.everything(t)
	sid := r.sid(t)
	r.restrict(t, "1")
	for _, want := range []string{"map[DeleteItem:1 GetItem:2 Query:8 UpdateItem:6]", "map[DeleteItem:1 GetItem:2 Query:8]"} {
		r.wire.Take()
		again, err := r.intake.Keep(t.Context(), sid)
		if got := fmt.Sprint(r.wire.Take()); err != nil || got != want {
			t.Errorf("%s, not %s; %v", got, want, err)
		}
		r.clock.Set(again)
	}
}
