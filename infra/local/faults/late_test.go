package faults

import (
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// F14: only the schedules run a whole job, while every index read, and every read that is not strongly consistent, is five seconds
// behind. Work that an index does not show yet is done later, and work that it still shows is not done twice. What a person does takes effect
// at once.
func TestFault_F14_AWholeJobOnLateReads(t *testing.T) {
	t.Parallel()
	r := newRigOn(t, enginetest.Late(t))
	j := job{rig: r, email: "anna@example.org"}
	r.known(j.email, "canary of "+j.email)
	j.file()
	work := func() { // one run during the lag, one after it, and one that still sees the finished work
		for i := range 3 {
			if i == 1 {
				r.tables.Settle()
			}
			for _, function := range []string{"fulfil", "export"} {
				if err := r.schedule(function); err != nil {
					t.Error(err)
				}
			}
		}
	}
	work() // puts the request behind its mailbox
	work() // mails the link
	j.confirm()
	work() // opens the export, and mails the receipt
	work() // makes it
	exports := r.links(j.email, "exports")
	if len(r.mails(j.email)) != 3 || len(exports) != 1 {
		t.Fatalf("%d mails, %d with an export", len(r.mails(j.email)), len(exports))
	}
	file := r.files(j.email)[0]
	if file.Request.State != request.Fulfilled || len(export.Of(file)) != 1 {
		t.Errorf("%s after %d exports", file.Request.State, len(export.Of(file)))
	}
	for use := 1; use <= export.Uses+1; use++ { // uses are counted with consistent reads
		if content := r.fetch(exports[0]); (content != nil) != (use <= export.Uses) {
			t.Errorf("use %d: %d bytes", use, len(content))
		}
	}
}
