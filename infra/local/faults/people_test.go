package faults

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/late"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// system is one of the company's systems, with a token of its own.
type system struct {
	*rig
	token map[string]string
}

func (r *rig) system() system { return system{r, r.machine("records.write")} }

// sends sends a record about the owner of the address, again while the service answers that it may be sent again.
func (s system) sends(email, record string, occurredAt time.Time, data string) {
	s.t.Helper()
	body := fmt.Sprintf(`{"subject":{"email":%q},"source":"direct","occurredAt":%q,"data":%s}`, email, occurredAt.UTC().Format(time.RFC3339), data)
	s.again("PUT", "/v1/records/"+record, body)
}

func (s system) again(method, path, body string) {
	s.t.Helper()
	var got answer
	for range 20 {
		if got = s.http("ingest", method, path, body, s.token); got.status != http.StatusConflict && got.status != http.StatusServiceUnavailable {
			break
		}
	}
	if got.status != http.StatusOK {
		s.t.Errorf("%s %s: %d %s", method, path, got.status, got.body)
	}
}

func (s system) knows(email string) {
	s.t.Helper()
	s.sends(email, "identity/self", time.Now(), `{"firstName":"Anna","jobTitle":"Lead","lastName":"Berg"}`)
}

func (s system) opens(email, account string, started time.Time) {
	s.t.Helper()
	s.account(email, account, started, "")
}

func (s system) account(email, account string, started time.Time, ended string) {
	s.t.Helper()
	s.sends(email, "account/"+account, time.Now(), fmt.Sprintf(
		`{%s"contractStartedAt":%q,"passwordHash":"$2b$12$YAH2sWqKQt.mpzZsIFNIUvbv5W/L37aCztzYKheGbpz/UZ1/7bc/q","status":"active","username":"anna"}`,
		ended, started.UTC().Format(time.RFC3339)))
}

func (s system) bills(email string, number int) {
	s.t.Helper()
	now := time.Now().UTC().Format(time.RFC3339)
	s.sends(email, fmt.Sprintf("transaction/%d", number), time.Now(), fmt.Sprintf(
		`{"amount":"1.00","currency":"EUR","description":"A month","invoiceNumber":"%d","issuedAt":%q,"lines":[],"status":"paid"}`, number, now))
}

func (s system) ends(email string, at time.Time) {
	s.t.Helper()
	s.again("POST", "/v1/subjects/contract-end", fmt.Sprintf(`{"subject":{"email":%q},"endedAt":%q}`, email, at.UTC().Format(time.RFC3339)))
}

// people returns the store whose index a notice walks. It does not use the proxy.
func (r *rig) people() *subjects.Store {
	return subjects.New(r.tables.Client, r.tables.Name("SubjectsTable"), time.Now)
}

// walk calls visit for everybody on record whose row of the index is from the given time or later, as a notice does.
func (r *rig) walk(from time.Time, visit func(standing.Person)) {
	store := r.people()
	for shard := range subjects.Shards {
		for cursor, first := "", true; first || cursor != ""; first = false {
			page, next, err := store.People(r.t.Context(), shard, from, cursor)
			if err != nil {
				r.t.Error(err)
				return
			}
			for _, person := range page {
				visit(person)
			}
			cursor = next
		}
	}
}

// holders returns the aliases of the account holders that a walk from the given time finds.
func (r *rig) holders(from time.Time) map[string]bool {
	now := time.Now()
	rule, found := policy.InForce(now).RetentionFor(privacy.Account), map[string]bool{}
	r.walk(from, func(p standing.Person) {
		if p.HoldsAccount(rule, now) {
			found[p.Primary] = true
		}
	})
	return found
}

func alias(email string) string { return aliasKey.Alias(subject.Address{Lookup: email}) }

// row returns the only row of the index people for the data subject behind an alias.
func (r *rig) row(alias string) dynamo.Item {
	r.t.Helper()
	r.tables.Settle()
	name, rows := r.tables.Name("SubjectsTable"), []dynamo.Item(nil)
	pages := dynamodb.NewScanPaginator(r.tables.Client, &dynamodb.ScanInput{TableName: &name, IndexName: aws.String("people")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(r.t.Context())
		if err != nil {
			r.t.Fatal(err)
		}
		rows = append(rows, slices.DeleteFunc(page.Items, func(item dynamo.Item) bool { return dynamo.Text(item, "primary") != alias })...)
	}
	if len(rows) != 1 {
		r.t.Fatalf("%d rows of one person", len(rows))
	}
	return rows[0]
}

// K02, F15: somebody comes in as a lead, becomes a customer, ends the contract, ends it long ago and comes back, while other systems write about
// the same person. Their row of the index follows each step, and whoever becomes an account holder is found by a walk of what is new.
func TestPromise_K02_TheIndexFollowsAPerson(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const email = "anna@example.org"
	anna, crm := alias(email), r.system()
	begin := time.Now()
	crm.knows(email)
	crm.bills(email, 0) // keeps them on record for seven years

	stop, others := make(chan struct{}), sync.WaitGroup{}
	for i := range 3 {
		others.Go(func() {
			shop := r.system()
			for n := 1; ; n++ {
				select {
				case <-stop:
					return
				case <-time.After(20 * time.Millisecond): // so that they do not take the processor from other tests
				}
				switch i {
				case 0:
					shop.bills(email, n)
				case 1:
					shop.knows(email)
				default:
					shop.bills(fmt.Sprintf("bert%d@example.org", n), 1)
				}
			}
		})
	}
	defer others.Wait()
	defer sync.OnceFunc(func() { close(stop) })()

	// sees expects what a walk over everybody says, whether the last step made the row new, and what the state says.
	step := time.Now()
	sees := func(what string, holds, renewed bool, contract standing.Contract) {
		t.Helper()
		row := r.row(anna)
		since := dynamo.Time(row, "since")
		if r.holders(time.Time{})[anna] != holds || !since.Before(step.Truncate(time.Second)) != renewed || dynamo.Text(row, "contract") != string(contract) {
			t.Errorf("%s: account holder %t, since %v, begun %v, contract %s", what, !holds, since, step, dynamo.Text(row, "contract"))
		}
		if r.holders(step.Truncate(time.Second))[anna] != (holds && renewed) {
			t.Errorf("%s: a walk of what is new says the opposite", what)
		}
		time.Sleep(1100 * time.Millisecond) // rows are as of a second
		step = time.Now()
	}
	step = begin
	sees("a lead", false, true, standing.NoContract)
	started := begin.AddDate(-6, 0, 0)
	crm.opens(email, "a", started)
	sees("a customer", true, true, standing.Running)
	crm.ends(email, begin.AddDate(0, -1, 0))
	sees("ended", true, false, standing.Ended)
	crm.account(email, "a", started, fmt.Sprintf(`"contractEndedAt":%q,`, begin.UTC().AddDate(-3, 0, 0).Format(time.RFC3339)))
	sees("ended long ago", false, false, standing.Ended)
	crm.opens(email, "b", time.Now())
	sees("came back", true, true, standing.Running)
}

// K02, F14: sixteen writers make customers of leads, of customers who left, and of people nobody knew, while walks go on. A walk over everybody
// finds each account holder whose write had ended before the walk began. So do later walks together, which look only at what is new, even if
// the index is five seconds late.
func TestPromise_K02_NobodyIsMissedByWalksAmongWriters(t *testing.T) {
	t.Parallel()
	each := soak.Pick(4, 40) // people of a writer
	t.Run("the index is up to date", func(t *testing.T) {
		t.Parallel()
		newRig(t).walksAmongWriters(t, each, 0)
	})
	t.Run("the index is late", func(t *testing.T) {
		t.Parallel()
		newRigOn(t, enginetest.Late(t)).walksAmongWriters(t, each, late.Lag+time.Second)
	})
}

// writers lets sixteen systems go through as many people each, and returns how many of the systems are still at work.
func (r *rig) writers(each int, do func(s system, i int, email string)) (working *atomic.Int64) {
	working = &atomic.Int64{}
	for w := range 16 {
		working.Add(1)
		go func() {
			defer working.Add(-1)
			s := r.system()
			for i := range each {
				do(s, i, fmt.Sprintf("p%d-%d@example.org", w, i))
			}
		}()
	}
	return working
}

// before makes two of three people known, and half of these were customers long ago.
func before(s system, i int, email string) {
	if i%3 > 0 {
		s.knows(email)
	}
	if i%3 > 1 {
		s.bills(email, 1)
		s.account(email, "old", time.Now().AddDate(-6, 0, 0), fmt.Sprintf(`"contractEndedAt":%q,`, time.Now().UTC().AddDate(-3, 0, 0).Format(time.RFC3339)))
	}
}

func (r *rig) walksAmongWriters(t *testing.T, each int, lag time.Duration) {
	back := lag + 4*time.Second // how far a walk looks back, in place of a day: longer than a write takes after its index was late
	for working := r.writers(each, before); working.Load() > 0; {
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(back + time.Second) // so that a walk of what is new does not see what was
	if found := r.holders(time.Time{}); len(found) > 0 {
		t.Fatalf("%d account holders at first", len(found))
	}
	from := time.Now().Add(-back)
	var mu sync.Mutex
	done := map[string]time.Time{} // by alias: when the write that made an account holder had ended
	working := r.writers(each, func(s system, i int, email string) {
		if i%8 == 7 {
			return // stays what they are
		}
		s.opens(email, "new", time.Now())
		mu.Lock()
		defer mu.Unlock()
		done[alias(email)] = time.Now()
	})
	told, walks := map[string]bool{}, 0
	for last := false; !last; walks++ {
		if last = working.Load() == 0; last {
			r.tables.Settle()
		}
		mu.Lock()
		ended, began := maps.Clone(done), time.Now()
		mu.Unlock()
		whole, fresh := r.holders(time.Time{}), r.holders(from)
		maps.Copy(told, fresh)
		for who, at := range ended {
			if ago := began.Sub(at); (last || ago >= lag) && (!whole[who] || !told[who]) {
				t.Errorf("walk %d misses somebody whose write had ended %v before it: everybody %t, what is new %t", walks, ago, whole[who], told[who])
			}
		}
		from = began.Add(-back)
	}
	for who := range told {
		if done[who].IsZero() {
			t.Error("somebody without an account is told")
		}
	}
	if want := 16 * (each - each/8); len(done) != want || len(told) != want || walks < 2 {
		t.Errorf("%d account holders, of whom %d were found by %d walks; %d were made", len(done), len(told), walks, want)
	}
	t.Logf("%d account holders, %d walks", len(told), walks)
}
