package faults

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// job is one person's whole request, from the form to the download. After a crash, the schedules do what is left, and the person
// presses a button again if it did not answer.
type job struct {
	*rig
	email   string
	renewed int // exports that were requested again
}

// file files the request. A person who gets no answer files again, and may then have filed twice.
func (j job) file() {
	body := `{"right":"access","email":"` + j.email + `"}`
	if j.http("request", "POST", "/v1/requests", body, nil).status != http.StatusAccepted && len(j.files(j.email)) == 0 {
		j.http("request", "POST", "/v1/requests", body, nil)
	}
}

// wakeAll delivers the stream records of the items that a function processes.
func (j job) wakeAll(function string) {
	for _, file := range j.files(j.email) {
		if function == "fulfil" {
			_ = j.wake(function, requests.PK(file.Request.ID), "REQUEST")
			j.post(j.email)
			continue
		}
		for _, e := range export.Of(file) {
			_ = j.wake(function, requests.PK(file.Request.ID), fmt.Sprintf("EXPORT#%d", e.Number))
		}
	}
}

// confirm opens the newest link of the mailbox and presses the button of every request that waits, and again if the first press was not answered.
func (j job) confirm() {
	j.t.Helper()
	if len(j.links(j.email, "me")) == 0 {
		j.settle()
	}
	if !slices.ContainsFunc(j.files(j.email), func(f request.File) bool { return f.Request.State == request.Verifying }) {
		return
	}
	j.presses(j.opens(j.email), "request")
}

// run does the whole job.
func (j job) run(harmed func() bool) {
	j.mailed(harmed)
	j.download()
}

// mailed runs the job up to the mail with the export. If something was killed, the person reads the mails only after the schedules
// have run.
func (j job) mailed(harmed func() bool) {
	j.file()
	j.wakeAll("fulfil")
	if harmed() {
		j.settle()
	}
	j.confirm()
	j.wakeAll("fulfil")
	j.wakeAll("export")
}

// download opens every mailed export, and again if there was no answer.
func (j job) download() {
	for _, l := range slices.Compact(j.links(j.email, "exports")) {
		for range 2 {
			if j.fetch(l) != nil {
				break
			}
		}
	}
}

// kill is a moment at which a function is killed: before the call is carried out, or after it.
type kill struct {
	call string // its name
	when Fault  // Lost or Unanswered
}

// String names the moment for a test that fails.
func (k kill) String() string {
	return "killed " + map[Fault]string{Lost: "before ", Unanswered: "after "}[k.when] + k.call
}

// moments runs a job without faults and returns every moment at which a function can be killed in it: before and after each call. For a call that
// only reads, these are one moment, because a process that dies leaves the same behind. It identifies calls by names that are the same in each run: a
// retry of the SDK has the name of the call it repeats, and the calls of one function are numbered independently of the others'.
func (r *rig) moments(run func(harmed func() bool)) (all []kill) {
	r.proxy.Reset()
	run(func() bool { return false })
	for _, call := range r.proxy.Calls() {
		all = append(all, kill{call, Lost})
		if !reads(call) {
			all = append(all, kill{call, Unanswered})
		}
	}
	return all
}

// reads reports whether the call with the name only reads.
func reads(call string) bool {
	_, operation, _ := strings.Cut(call, " ")
	for _, only := range []string{"dynamodb GetItem ", "dynamodb BatchGetItem ", "dynamodb Query ", "dynamodb Scan ", "s3 HEAD ", "s3 GET "} {
		if strings.HasPrefix(operation, only) {
			return true
		}
	}
	return false
}

// kills runs a job and kills the function that makes the call, at the moment. The job can ask whether that has happened. If the job
// never makes the call, the test fails, because it would have shown nothing.
func (r *rig) kills(at kill, run func(harmed func() bool)) {
	r.t.Helper()
	var done atomic.Bool
	r.proxy.Reset()
	r.proxy.Decide = func(c Call) Fault {
		if c.Name == at.call && done.CompareAndSwap(false, true) {
			return at.when
		}
		return None
	}
	r.proxy.Cut = func(c Call) { r.kill(c.Function) }
	run(done.Load)
	r.proxy.Decide, r.proxy.Cut = func(Call) Fault { return None }, nil
	if !done.Load() {
		r.t.Errorf("nothing was %s: the calls were %q", at, r.proxy.Calls())
	}
}

// check verifies what must be true of a request once all work is done, whatever was killed.
func (j job) check(label string, canary string, earlier map[string]bool) {
	j.t.Helper()
	working, newest := 0, false
	exports := slices.Compact(j.links(j.email, "exports")) // two copies of a mail have the same link
	for i, l := range exports {
		if content := j.fetch(l); content != nil && holds(j.t, content, canary) {
			working++
			newest = i == len(exports)-1
		}
	}
	ambiguous := 0 // attempts whose mail may have left
	for _, file := range j.files(j.email) {
		if file.Request.State != request.Fulfilled {
			j.t.Errorf("%s: the request is %s", label, file.Request.State)
		}
		for _, e := range export.Of(file) {
			if e.State == export.Superseded && e.TokenHash != nil {
				ambiguous++
			}
			if !e.Finished() || !e.NextAt.IsZero() {
				j.t.Errorf("%s: attempt %d is left %s", label, e.Number, e.State)
			}
		}
	}
	if !newest || working > 1+j.renewed+ambiguous {
		j.t.Errorf("%s: %d of %d links work, the newest %t, %d attempts may have been mailed", label, working, len(exports), newest, ambiguous)
	}
	keys, uploads := j.stored()
	fresh := 0
	for _, key := range keys {
		if !earlier[key] {
			earlier[key], fresh = true, fresh+1
		}
	}
	if uploads != 0 || fresh > 1+j.renewed+ambiguous {
		j.t.Errorf("%s: %d uploads and %d objects are left, %d may have been mailed", label, uploads, fresh, ambiguous)
	}
}

// windows counts the kills that led to a second mail with a link, by function.
type windows map[string]int

func (w windows) add(at kill) {
	function, _, _ := strings.Cut(at.call, " ")
	w[function]++
}

// check fails the test if more kills led to a second link than may. Of fulfil there are four: around the moment at which the mail was wanted before
// that is done, and around the moment at which it was sent before that is recorded (F04). Of request there are nine, from the moment at which the
// first opening is on record until its answer: it reads what waits, what the person decided and what they have limited.
func (w windows) check(t *testing.T, kills int) {
	t.Helper()
	t.Logf("%d kills; a second link was mailed after %v of them", kills, w)
	if w["fulfil"] > 4 || w["request"] > 9 || w["export"]+w["download"]+w["consent"] > 0 {
		t.Errorf("a second link was mailed after %v kills", w)
	}
}

// F03, F04: a function is killed before or after each of its calls. The schedules still complete the request with one working link,
// or with a newer one beside it if the mail may have left. A second mail with a link to the mailbox is sent only if fulfil is killed between
// the moment at which the mail becomes due and the one at which its sending is on record, and if the answer to the first opening is lost: only the
// first opening confirms (threat T31).
func TestFault_F03_KilledAtEachCall(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	objects := map[string]bool{}
	person := 0
	next := func() job {
		person++
		j := job{rig: r, email: fmt.Sprintf("anna%d@example.org", person)}
		r.known(j.email, "canary of "+j.email)
		return j
	}
	dry := next()
	moments := r.moments(dry.run)
	dry.check("unharmed", "canary of "+dry.email, objects)
	for _, call := range []string{"request dynamodb PutItem 1", "fulfil ses 1", "export s3 HEAD 1", "download dynamodb Query 1", "download dynamodb PutItem 1"} {
		if !slices.Contains(moments, kill{call, Lost}) {
			t.Errorf("no function can be killed at %s", call)
		}
	}
	windows := windows{}
	for _, at := range soak.Sample(moments, 23) {
		j := next()
		r.kills(at, j.run)
		j.settle()
		j.confirm()
		j.settle()
		j.check(at.String(), "canary of "+j.email, objects)
		if extra := len(r.links(j.email, "me")) - 1; extra > 0 {
			windows.add(at)
			if extra > 1 {
				t.Errorf("%s: %d links too many", at, extra)
			}
		}
	}
	windows.check(t, len(moments))
	r.noSecretIsKept()
}

// F03: a rerun that cleans up after a killed attempt may be killed too, at each of its calls. No object is left that nobody can open.
func TestFault_F03_TheRerunIsKilledToo(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	objects := map[string]bool{}
	person := 0
	for _, first := range []kill{{"export s3 PUT 1", Unanswered}, {"export ses 1", Unanswered}} { // an object is stored; a mail may not have left
		killed := func() job { // an hour later the schedule finds the attempt
			person++
			j := job{rig: r, email: fmt.Sprintf("anna%d@example.org", person)}
			r.known(j.email, "canary of "+j.email)
			r.kills(first, j.run)
			j.later()
			return j
		}
		rerun := func(func() bool) { _ = r.schedule("export") }
		dry := killed()
		moments := r.moments(rerun)
		if calls := len(r.proxy.Calls()); calls < 5 {
			t.Errorf("%s: the rerun makes %d calls", first, calls)
		}
		dry.settle()
		dry.check(first.String(), "canary of "+dry.email, objects)
		for _, at := range soak.Sample(moments, 19) {
			j := killed()
			r.kills(at, rerun)
			j.settle()
			j.check(fmt.Sprintf("%s, then %s", first, at), "canary of "+j.email, objects)
		}
	}
	r.noSecretIsKept()
}

// noSecretIsKept fails the test if a secret of any mail or of any session is in a table, a log, a temporary file or an object (threats T11, T12).
func (r *rig) noSecretIsKept() {
	r.t.Helper()
	secrets := append([]string{"AGE-SECRET-KEY"}, r.sealed...)
	for _, m := range r.box.All() {
		for _, l := range linksIn(m.Text) {
			secrets = append(secrets, strings.Split(l.secret, ".")...)
		}
		if header := m.Headers["List-Unsubscribe"]; header != "" { // its token is an id, which is not a secret, and a proof, which is
			secrets = append(secrets, strings.Trim(header[strings.LastIndexByte(header, '.')+1:], ">"))
		}
	}
	places := map[string]string{"the logs": r.log.String()}
	for _, table := range []string{"RequestsTable", "SubjectsTable", "RecordsTable", "ConsentsTable"} {
		places[table] = dump(r.scan(table))
	}
	for _, dir := range []string{r.scratch, r.objects} {
		_ = filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				content, _ := os.ReadFile(path)
				places[filepath.Base(path)] = path + string(content)
			}
			return err
		})
	}
	if strings.Contains(places["the logs"], "@example.org") {
		r.t.Error("the logs contain an address")
	}
	for place, content := range places {
		for _, secret := range secrets {
			if strings.Contains(content, secret) {
				r.t.Errorf("%s contain a secret of a link", place)
			}
		}
	}
}
