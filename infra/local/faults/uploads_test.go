package faults

import (
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// chats are so many that the bundle they make is uploaded in parts, for it holds each of them three times: as JSON, as CSV and on its page.
func (j job) chats() {
	long := make([]string, 10)
	for i := range long {
		long[i] = random(370 << 10)
	}
	j.known(j.email, append(long, "canary of "+j.email)...)
}

// random returns letters that hardly compress.
func random(n int) string {
	var b strings.Builder
	for b.Len() < n {
		b.WriteString(rand.Text())
	}
	return b.String()[:n]
}

// of reports whether a call is one of the operations on S3.
func (c Call) of(operations ...string) bool {
	for _, o := range operations {
		if c.Service == "s3" && c.Operation == o {
			return true
		}
	}
	return false
}

// F03, F20: an upload in parts that was cut off leaves no part behind, wherever it was cut.
func TestFault_F03_KilledInAnUploadOfParts(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	objects := map[string]bool{}
	for _, cut := range []struct {
		operation string
		fault     Fault
	}{{"POST uploads", Unanswered}, {"PUT partNumber", Unanswered}, {"POST uploadId", Lost}} {
		j := job{rig: r, email: fmt.Sprintf("%d@example.org", len(objects))}
		j.chats()
		j.crash(func(c Call) bool { return c.of(cut.operation) }, cut.fault) // there is none where the bundle is too small
		j.settle()
		j.check("killed at "+cut.operation, "canary of "+j.email, objects)
	}
	r.noSecretIsKept()
}

// F20: whatever call of an upload in parts fails, and however, nothing is mailed before the object is confirmed, and once S3 has recovered a
// later attempt answers and no upload is left, not even where the abort failed as well.
func TestFault_F20_EachCallOfAnUploadInPartsFails(t *testing.T) {
	t.Parallel()
	var all sync.WaitGroup
	for name, broken := range map[string]struct {
		operations []string
		faults     []Fault
	}{
		"the beginning":                 {[]string{"POST uploads"}, []Fault{Failed, Lost, Unanswered, Denied}},
		"a part":                        {[]string{"PUT partNumber"}, []Fault{Failed, Unanswered, Denied}},
		"the end":                       {[]string{"POST uploadId"}, []Fault{Failed, Lost, Unanswered, Denied}},
		"a part and its abort":          {[]string{"PUT partNumber", "DELETE uploadId"}, []Fault{Failed, Denied}},
		"a part and all that tidies up": {[]string{"PUT partNumber", "DELETE uploadId", "GET uploads"}, []Fault{Denied}},
	} {
		for _, fault := range broken.faults {
			r := newRig(t)
			j := job{rig: r, email: "anna@example.org"}
			j.chats()
			all.Go(func() { // side by side, since most of it is the SDK waiting for its next try
				j.failsThenRecovers(fmt.Sprintf("%s, fault %d", name, fault), func(c Call) bool { return c.of(broken.operations...) }, fault)
			})
		}
	}
	all.Wait()
}

// F20: where only the answer to the beginning of an upload is lost, the SDK begins another. The one that nobody knows of is not left.
func TestFault_F20_AnUploadBegunTwice(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	j := job{rig: r, email: "anna@example.org"}
	j.chats()
	r.proxy.Decide = func(c Call) Fault {
		if c.of("POST uploads") && c.First {
			return Unanswered
		}
		return None
	}
	j.run(func() bool { return false })
	j.check("an upload begun twice", "canary of "+j.email, map[string]bool{})
}
