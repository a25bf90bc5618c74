package faults

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// during runs do once, when the export makes the chosen call and before the call is carried out.
func (j job) during(chosen func(Call) bool, do func()) {
	var done atomic.Bool
	j.proxy.Decide = func(c Call) Fault {
		if c.Function == "export" && chosen(c) && done.CompareAndSwap(false, true) {
			do()
		}
		return None
	}
	j.t.Cleanup(func() {
		if !done.Load() {
			j.t.Error("there was no such call")
		}
	})
}

// F18: the schedule of exports does not fire for three days. Then it fires four times at once until nothing waits, and twice more.
// Every person gets one export.
func TestFault_F18_TheScheduleOfExportsLateAndTwice(t *testing.T) {
	r := newRig(t)
	var people []job
	for i := range 5 {
		j := job{rig: r, email: fmt.Sprintf("anna%d@example.org", i)}
		people = append(people, j)
		r.known(j.email, "canary of "+j.email)
		j.file()
		j.wakeAll("fulfil")
		j.confirm()
		j.wakeAll("fulfil")
	}
	r.overdue(3 * 24 * time.Hour)
	for range len(people) + 1 { // an invocation makes at most one export, and two concurrent ones may try the same
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if err := r.schedule("export"); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
	for _, j := range people {
		file, links := j.files(j.email)[0], r.links(j.email, "exports")
		if len(links) != 1 || len(export.Of(file)) != 1 || file.Request.State != request.Fulfilled || !holds(t, j.fetch(links[0]), "canary of "+j.email) {
			t.Errorf("%d mails of an export, %d attempts, and the request is %s", len(links), len(export.Of(file)), file.Request.State)
		}
	}
	if objects, uploads := r.stored(); len(objects) != len(people) || uploads != 0 {
		t.Errorf("%d objects and %d uploads are left", len(objects), uploads)
	}
	r.idle("late and twice")
}

// F22: the clock of another machine is ahead, so that machine treats an attempt in progress as a killed one. This happens at each call of the
// attempt. In the end one link works, or a newer one beside it, and each object that is left has a link.
func TestFault_F22_AClockThatIsAhead(t *testing.T) {
	r := newRig(t)
	objects := map[string]bool{}
	for name, chosen := range map[string]func(Call) bool{
		"reading":    func(c Call) bool { return c.Name == "export dynamodb Query 3" },
		"uploading":  func(c Call) bool { return c.Operation == "PUT" },
		"confirming": func(c Call) bool { return c.Operation == "HEAD" },
		"mailing":    func(c Call) bool { return c.Service == "ses" },
	} {
		j := job{rig: r, email: name + "@example.org"}
		r.known(j.email, "canary of "+j.email)
		j.file()
		j.wakeAll("fulfil")
		j.confirm()
		j.wakeAll("fulfil")
		r.proxy.Reset()
		j.during(chosen, func() {
			r.later()
			_ = r.schedule("export")
		})
		j.wakeAll("export")
		j.settle()
		j.check(name, "canary of "+j.email, objects)
	}
	r.noSecretIsKept()
}

// A person who withdraws while the export is being made gets no mail, and nothing is left of the export.
func TestWithdrawnWhileTheExportIsMade(t *testing.T) {
	r := newRig(t)
	j := job{rig: r, email: "anna@example.org"}
	r.known(j.email, "canary")
	j.file()
	j.wakeAll("fulfil")
	j.confirm()
	j.wakeAll("fulfil")
	status := r.links(j.email, "requests")[0]
	j.during(func(c Call) bool { return c.Operation == "PUT" }, func() {
		r.expect(http.StatusOK, "request", "POST", "/v1/requests/"+status.id+"/withdraw", "", bearer(status.secret))
	})
	j.wakeAll("export")
	j.settle()
	file := r.files(j.email)[0]
	keys, uploads := r.stored()
	if len(r.links(j.email, "exports")) != 0 || file.Request.State != request.Withdrawn || export.Of(file)[0].State != export.Cancelled || len(keys)+uploads != 0 {
		t.Errorf("%d objects, %+v", len(keys), file)
	}
}
