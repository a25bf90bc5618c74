package faults

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// F01: in every flow, the answer to the first attempt of every write is lost. Each write still succeeds once, and nobody is told of a conflict.
func TestFault_F01_TheAnswerToEveryWriteIsLost(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.known("anna@example.org", "canary")
	var mu sync.Mutex
	lost := map[string]int{}
	r.proxy.Decide = func(c Call) Fault {
		if !c.Write() || !c.First {
			return None
		}
		mu.Lock()
		defer mu.Unlock()
		lost[c.Function+" "+c.Operation]++
		return Unanswered
	}
	var all sync.WaitGroup
	all.Go(r.visitorDecides)
	all.Go(r.subscriberDecides)
	all.Go(r.annaAsks)
	all.Go(r.bertaWithdraws)
	all.Wait()
	for _, want := range []string{"consent PutItem", "request PutItem", "request TransactWriteItems", "fulfil PutItem", "fulfil TransactWriteItems",
		"export PutItem", "export TransactWriteItems", "download PutItem", "fulfil DeleteItem"} {
		if lost[want] == 0 {
			t.Errorf("no answer to %s was lost: %v", want, lost)
		}
	}
}

// expect sends a request that must succeed at once.
func (r *rig) expect(want int, function, method, path, body string, headers map[string]string) string {
	r.t.Helper()
	got := r.http(function, method, path, body, headers)
	if got.status != want {
		r.t.Errorf("%s %s: %d %s, want %d", method, path[:min(len(path), 20)], got.status, got.body, want)
	}
	return got.body
}

// versions returns the number of consent versions under keys with the prefix.
func (r *rig) versions(prefix string) (n int) {
	for _, item := range r.scan("ConsentsTable") {
		if strings.HasPrefix(dynamo.Text(item, dynamo.PK), prefix) {
			n++
		}
	}
	return n
}

func (r *rig) visitorDecides() {
	visitor := uuid.NewString()
	body := func(decision string) string {
		return `{"subject":{"visitor":"` + visitor + `"},"decisions":{"analytics_cookies":"` + decision + `"},"policyVersion":"` + policy.VersionInForce(time.Now()) + `","language":"en","surface":"banner"}`
	}
	r.expect(http.StatusCreated, "consent", "POST", "/v1/consents", body("granted"), map[string]string{"if-none-match": "*"})
	r.expect(http.StatusCreated, "consent", "POST", "/v1/consents", body("denied"), map[string]string{"if-match": `"1"`})
	r.expect(http.StatusCreated, "consent", "POST", "/v1/consents/"+visitor+"/withdraw", "", nil)
	if n := r.versions("v#"); n != 3 {
		r.t.Errorf("%d versions of a visitor's consent", n)
	}
}

func (r *rig) subscriberDecides() {
	const email = "subscriber@example.org"
	r.expect(http.StatusAccepted, "consent", "POST", "/v1/consents", `{"subject":{"email":"`+email+`"},"decisions":{"marketing_email":"granted"},"policyVersion":"`+
		policy.VersionInForce(time.Now())+`","language":"en","surface":"preferences"}`, nil)
	r.wakeConsents()
	r.post(email)
	if links := r.links(email, "me"); len(links) != 1 {
		r.t.Errorf("%d mails ask for a confirmation", len(links))
		return
	}
	b := r.opens(email)
	if len(b.me.Pending) != 1 {
		r.t.Errorf("%+v", b.me)
		return
	}
	r.expect(http.StatusCreated, "request", "POST", "/v1/pending/"+b.me.Pending[0].ID+"/confirm", "", b.cookie)
	r.wakeConsents()
	r.expect(http.StatusCreated, "request", "POST", "/v1/preferences", `{"decisions":{"marketing_email":"denied"}}`, b.cookie)
	r.wakeConsents()
	if n := r.versions("e#"); n != 2 {
		r.t.Errorf("%d versions of a subscriber's consent", n)
	}
	for _, item := range r.scan("RequestsTable") {
		if dynamo.Text(item, dynamo.SK) == "STEP#consent" {
			r.t.Error("a step that was done is still there")
		}
	}
}

// wakeConsents delivers the stream records of due work on consents by address.
func (r *rig) wakeConsents() {
	for _, key := range r.due() {
		if strings.HasSuffix(key[1], "CONSENT") || strings.HasSuffix(key[1], "consent") {
			if err := r.wake("fulfil", key[0], key[1]); err != nil {
				r.t.Error(err)
			}
		}
	}
}

func (r *rig) annaAsks() {
	const email = "anna@example.org"
	j := job{rig: r, email: email}
	r.expect(http.StatusAccepted, "request", "POST", "/v1/requests", `{"right":"access","email":"`+email+`"}`, nil)
	j.wakeAll("fulfil")
	b := r.opens(email)
	if len(r.links(email, "me")) != 1 || len(b.me.Pending) != 1 {
		r.t.Errorf("%d links, %+v", len(r.links(email, "me")), b.me)
		return
	}
	id := b.me.Pending[0].ID
	r.expect(http.StatusOK, "request", "POST", "/v1/requests/"+id+"/confirm", "", b.cookie)
	j.wakeAll("fulfil")
	j.wakeAll("export")
	exports := r.links(email, "exports")
	if len(exports) != 1 {
		r.t.Errorf("%d exports", len(exports))
		return
	}
	if content := r.fetch(exports[0]); content == nil || !holds(r.t, content, "canary") {
		r.t.Error("the link does not work")
	}
	r.expect(http.StatusAccepted, "request", "POST", "/v1/requests/"+id+"/exports", "", b.cookie)
	j.wakeAll("fulfil") // looks up the address again
	j.wakeAll("export")
	files := r.files(email)
	if len(files) != 1 || len(export.Of(files[0])) != 2 || len(export.Of(files[0])[0].Downloads) != 1 || export.Of(files[0])[1].State != export.Sent {
		r.t.Errorf("%+v", files)
	}
}

func (r *rig) bertaWithdraws() {
	const email = "berta@example.org"
	r.expect(http.StatusAccepted, "request", "POST", "/v1/requests", `{"right":"access","email":"`+email+`"}`, nil)
	j := job{rig: r, email: email}
	j.wakeAll("fulfil")
	j.confirm()
	r.post(email)
	status := r.links(email, "requests")
	if len(status) != 1 {
		r.t.Errorf("%d receipts", len(status))
		return
	}
	r.expect(http.StatusOK, "request", "POST", "/v1/requests/"+status[0].id+"/withdraw", "", bearer(status[0].secret))
	if files := r.files(email); len(files) != 1 || files[0].Request.State != request.Withdrawn {
		r.t.Errorf("%+v", files)
	}
}

// F01: the answer to a first write is lost. Before the SDK tries again, the schedule has already processed what was written.
func TestFault_F01_WorkedOnBeforeTheRetry(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.proxy.Decide = func(c Call) Fault {
		if c.Operation == "PutItem" && c.First && (c.Function == "request" || c.Function == "consent") {
			return Unanswered
		}
		return None
	}
	r.proxy.Cut = func(Call) { _ = r.schedule("fulfil") }
	r.expect(http.StatusAccepted, "request", "POST", "/v1/requests", `{"right":"access","email":"anna@example.org"}`, nil)
	r.expect(http.StatusAccepted, "consent", "POST", "/v1/consents", `{"subject":{"email":"berta@example.org"},"decisions":{"marketing_email":"granted"},"policyVersion":"`+
		policy.VersionInForce(time.Now())+`","language":"en","surface":"form"}`, nil)
	r.run("fulfil")
	for _, email := range []string{"anna@example.org", "berta@example.org"} {
		if n := len(r.mails(email)); n != 1 {
			t.Errorf("%d mails", n)
		}
	}
}

// F20: whichever call of an export fails, and however, nothing is mailed before the object is confirmed. Once AWS has recovered,
// one link works and no object is left that nobody can open.
func TestFault_F20_EachCallOfAnExportFails(t *testing.T) {
	t.Parallel()
	type broken struct {
		name   string
		chosen func(Call) bool
		fault  Fault
	}
	var points []broken
	for _, of := range []struct {
		name   string
		chosen func(Call) bool
		faults []Fault
	}{
		{"upload", func(c Call) bool { return c.Operation == "PUT" }, []Fault{Failed, Lost, Unanswered, Denied}},
		{"confirmation", func(c Call) bool { return c.Operation == "HEAD" }, []Fault{Failed, Unanswered, Denied}},
		{"everything of S3", func(c Call) bool { return c.Service == "s3" }, []Fault{Failed, Lost}},
		{"reading", func(c Call) bool { return c.Operation == "Query" }, []Fault{Failed, Denied}},
		{"writing", Call.Write, []Fault{Failed, Lost}},
		{"mailing", func(c Call) bool { return c.Service == "ses" }, []Fault{Failed, Denied}},
	} {
		for _, fault := range of.faults {
			points = append(points, broken{of.name, of.chosen, fault})
		}
	}
	var all sync.WaitGroup
	for _, point := range soak.Sample(points, 9) {
		r := newRig(t)
		all.Go(func() { // in parallel, since most of the time the SDK waits for its next attempt
			j := job{rig: r, email: "anna@example.org"}
			r.known(j.email, "canary of "+j.email)
			j.failsThenRecovers(fmt.Sprintf("%s, fault %d", point.name, point.fault), point.chosen, point.fault)
		})
	}
	all.Wait()
}

// failsThenRecovers runs a job while the chosen calls of its export fail, and then lets AWS recover.
func (j job) failsThenRecovers(name string, chosen func(Call) bool, fault Fault) {
	hit := atomic.Bool{}
	j.proxy.Decide = func(c Call) Fault {
		if c.Function == "export" && chosen(c) {
			hit.Store(true)
			return fault
		}
		return None
	}
	j.run(func() bool { return false })
	if mails := j.links(j.email, "exports"); len(mails) != 0 || !hit.Load() {
		j.t.Errorf("%s: %d exports were mailed; a call failed: %t", name, len(mails), hit.Load())
	}
	j.proxy.Decide = func(Call) Fault { return None }
	j.settle()
	j.check(name, "canary of "+j.email, map[string]bool{})
	j.noSecretIsKept()
}

// F06: while SES throttles, or has paused the account, for example because of a quota, no mail and no request is lost. Once SES
// sends again, each mail leaves once.
func TestFault_F06_SESSendsNothingForAWhile(t *testing.T) {
	t.Parallel()
	for _, fault := range soak.Pick([]Fault{Paused}, []Fault{Throttled, Paused}) {
		r := newRig(t)
		j := job{rig: r, email: "anna@example.org"}
		r.known(j.email, "canary of "+j.email)
		refused := func(work func()) {
			n := len(r.box.All())
			r.proxy.Decide = func(c Call) Fault {
				if c.Service == "ses" {
					return fault
				}
				return None
			}
			work()
			if got := len(r.box.All()); got != n {
				t.Errorf("fault %d: %d mails were sent all the same", fault, got-n)
			}
			r.proxy.Decide = func(Call) Fault { return None }
			j.settle()
		}
		refused(func() { j.file(); j.wakeAll("fulfil"); _ = r.schedule("fulfil") })
		if links := r.links(j.email, "me"); len(links) != 1 {
			t.Fatalf("fault %d: %d links", fault, len(links))
		}
		j.confirm()
		refused(func() { j.wakeAll("fulfil"); j.wakeAll("export"); _ = r.schedule("export") })
		j.check(fmt.Sprintf("after fault %d of SES", fault), "canary of "+j.email, map[string]bool{})
	}
}

// F04: SES has no idempotency key. If its answer is lost, the SDK tries again, and the same mail arrives twice, with the same links.
func TestFault_F04_TheAnswerOfSESIsLost(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	j := job{rig: r, email: "anna@example.org"}
	r.known(j.email, "canary of "+j.email)
	r.proxy.Decide = func(c Call) Fault {
		if c.Service == "ses" && c.First {
			return Unanswered
		}
		return None
	}
	j.run(func() bool { return false })
	for kind, want := range map[string]int{"me": 2, "requests": 4, "exports": 2} {
		links := r.links(j.email, kind)
		if len(links) != want || links[0] != links[1] {
			t.Errorf("%d mails with a link to %s", len(links), kind)
		}
	}
	j.check("after lost answers of SES", "canary of "+j.email, map[string]bool{})
}
