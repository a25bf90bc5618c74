package faults

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/infra/local/dynamodbwire"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/dynamo/records"
	"github.com/helpdeskexpert/privacy/shared/intake"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// cut is a connection that breaks after the first transaction on it.
type cut struct{ broken atomic.Bool }

func (c *cut) Do(r *http.Request) (*http.Response, error) {
	if c.broken.Load() {
		return nil, errors.New("the connection is cut")
	}
	c.broken.Store(dynamodbwire.Operation(r) == "TransactWriteItems")
	return http.DefaultClient.Do(r)
}

// customer puts a customer on record whose contract has ended. The call that reported the end was killed before its walk, so the expiries of
// the account data do not follow the end yet.
func (r *rig) customer(email string, started, ended time.Time) {
	r.t.Helper()
	account := func(at time.Time, end string) record.Record {
		return record.Record{Category: privacy.Account, ID: "a", Source: privacy.Direct, OccurredAt: at, Data: fmt.Appendf(nil,
			`{%s"contractStartedAt":%q,"passwordHash":"$2b$12$YAH2sWqKQt.mpzZsIFNIUvbv5W/L37aCztzYKheGbpz/UZ1/7bc/q","status":"active","username":"anna"}`,
			end, started.Format(time.RFC3339))}
	}
	r.put(email, account(started, ""))
	r.put(email, record.Record{Category: privacy.Identity, ID: "self", Source: privacy.Direct, OccurredAt: started,
		Data: []byte(`{"firstName":"Anna","jobTitle":"Lead","lastName":"Berg"}`)})
	a, err := subject.ParseAddress(email)
	if err != nil {
		r.t.Fatal(err)
	}
	options := r.tables.Client.Options()
	options.HTTPClient, options.Retryer = &cut{}, aws.NopRetryer{}
	in := r.intake(dynamodb.New(options))
	end := fmt.Sprintf(`"contractEndedAt":%q,`, ended.Format(time.RFC3339))
	if _, err := in.TakeOne(r.t.Context(), intake.Line{Who: subject.Named{Client: "crm", Address: a}, Record: account(ended, end)}); err != nil {
		r.t.Fatal(err)
	}
}

// F02: confirmations, consent steps and walks arrive 1 to 5 times each, shuffled, concurrently with requests and together with old
// ones. Every act is mailed once, and the stored data follows the newest record and the state.
func TestFault_F02_ConsentsAndWalksRepeatedAndShuffled(t *testing.T) {
	for seed := range soak.Pick(uint64(1), 3) {
		newRig(t).repeatsConsents(t, rand.New(rand.NewPCG(seed, 12)))
	}
}

func (r *rig) repeatsConsents(t *testing.T, random *rand.Rand) {
	t.Helper()
	started, ended := time.Now().UTC().Truncate(time.Second).AddDate(-1, 0, 0), time.Now().UTC().Truncate(time.Second).AddDate(0, -1, 0)
	var people []subscriber
	for i := range 9 {
		s := subscriber{subscription{rig: r, email: fmt.Sprintf("anna%d@example.org", i)}}
		people = append(people, s)
		if i%3 > 0 { // two thirds are on record before they consent
			r.customer(s.email, started, ended)
			s.listed("before")
		}
		s.asks(fmt.Sprint("key ", i)) // twice, as a person without an answer does
		s.asks(fmt.Sprint("key ", i))
		r.expect(http.StatusAccepted, "request", "POST", "/v1/requests", `{"right":"access","email":"`+s.email+`"}`, nil)
	}
	old := r.due()
	if kinds := bySortKey(old); kinds["CONSENT"] != 9 || kinds["STEP#walk"] != 6 || kinds["REQUEST"] != 9 {
		t.Fatalf("at first there are %v", kinds)
	}
	withdraw := func(s subscriber) {
		r.expect(http.StatusCreated, "request", "POST", "/v1/preferences", `{"decisions":{"marketing_email":"denied"}}`, s.cookie)
	}
	r.storm(random)
	r.storm(random) // the mailboxes became due meanwhile
	for i := range people {
		s := &people[i]
		if n := len(r.links(s.email, "me")); n != 1 {
			t.Fatalf("%d mails about one consent and one request", n)
		}
		s.browser = r.opens(s.email)
		if kinds := len(s.me.Pending); kinds != 2 {
			t.Fatalf("%+v", s.me)
		}
		s.listed("meanwhile")
		r.presses(s.browser, "consent")
		if i%2 == 0 { // half of them withdraw before the consent has taken effect on other data
			withdraw(*s)
		}
	}
	steps := r.due()
	if kinds := bySortKey(steps); kinds["STEP#consent"] != 9 {
		t.Fatalf("after the buttons there are %v", kinds)
	}
	r.storm(random)
	for i := range people {
		if i%4 == 1 { // some of the others withdraw after it
			withdraw(people[i])
		}
	}
	r.storm(random)
	_ = r.invoke("fulfil", batch(append(old, steps...)...), nil) // records that were delivered long ago arrive again
	r.settle()
	for i, s := range people {
		want := 2     // the link and a receipt
		if i%4 == 1 { // a second receipt, for the later withdrawal
			want = 3
		}
		if n := len(r.mails(s.email)); n != want {
			t.Errorf("person %d: %d mails, want %d", i, n, want)
		}
		stored := map[string]time.Time{}
		for one, err := range records.New(r.tables.Client, r.tables.Name("RecordsTable"), time.Now).Stored(t.Context(), r.who(s.email)) {
			if err != nil {
				t.Fatal(err)
			}
			stored[string(one.Category)+" "+one.ID] = one.ExpiresAt
		}
		until, listed := stored["marketing meanwhile"]
		if listed && !until.IsZero() {
			t.Errorf("person %d: the marketing data expires %v", i, until)
		}
		if withdrawn := i%2 == 0 || i%4 == 1; listed == withdrawn {
			t.Errorf("person %d, withdrawn %t: of marketing data %v is stored", i, withdrawn, stored)
		}
		if until := ended.AddDate(2, 0, 0); i%3 > 0 && (!stored["identity self"].Equal(until) || !stored["account a"].Equal(until)) {
			t.Errorf("person %d: account data is kept until %v, not %s", i, stored, until)
		}
	}
}

// bySortKey counts items by their sort key.
func bySortKey(keys [][2]string) map[string]int {
	kinds := map[string]int{}
	for _, key := range keys {
		kinds[key[1]]++
	}
	return kinds
}

// asks states the consent by address with an Idempotency-Key.
func (s subscription) asks(key string) {
	s.t.Helper()
	body := `{"subject":{"email":"` + s.email + `"},"decisions":{"marketing_email":"granted"},"policyVersion":"` + policy.VersionInForce(time.Now()) + `","language":"en","surface":"form"}`
	s.expect(http.StatusAccepted, "consent", "POST", "/v1/consents", body, map[string]string{"idempotency-key": key})
}
