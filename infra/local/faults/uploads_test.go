package faults

import (
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
)

// chats stores so many chats that the bundle is uploaded in parts. The bundle contains each of them three times: as JSON, as CSV and on its page.
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

// of reports whether a call is one of the given operations on S3.
func (c Call) of(operations ...string) bool {
	for _, o := range operations {
		if c.Service == "s3" && c.Operation == o {
			return true
		}
	}
	return false
}

// F03, F20: an upload in parts that is killed leaves no part behind, whenever it is killed.
func TestFault_F03_KilledInAnUploadOfParts(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	objects := map[string]bool{}
	for i, at := range []kill{{"export s3 POST uploads 1", Unanswered}, {"export s3 PUT partNumber 1", Unanswered}, {"export s3 POST uploadId 1", Lost}} {
		j := job{rig: r, email: fmt.Sprintf("anna%d@example.org", i)}
		j.chats()
		r.kills(at, j.run) // if the bundle is too small, this call does not exist
		j.settle()
		j.check(at.String(), "canary of "+j.email, objects)
	}
	r.noSecretIsKept()
}

// F20: whichever call of an upload in parts fails, and however, nothing is mailed before the object is confirmed. Once S3 has
// recovered, a later attempt succeeds and no upload is left, not even if the abort failed too.
func TestFault_F20_EachCallOfAnUploadInPartsFails(t *testing.T) {
	t.Parallel()
	type broken struct {
		operations string // of S3
		fault      Fault
	}
	var points []broken
	for _, of := range []struct {
		operations string
		faults     []Fault
	}{
		{"POST uploads", []Fault{Failed, Lost, Unanswered, Denied}},
		{"PUT partNumber", []Fault{Failed, Unanswered, Denied}},
		{"POST uploadId", []Fault{Failed, Lost, Unanswered, Denied}},
		{"PUT partNumber, DELETE uploadId", []Fault{Failed, Denied}},
		{"PUT partNumber, DELETE uploadId, GET uploads", []Fault{Denied}},
	} {
		for _, fault := range of.faults {
			points = append(points, broken{of.operations, fault})
		}
	}
	var all sync.WaitGroup
	for _, point := range soak.Sample(points, 11) {
		r := newRig(t)
		j := job{rig: r, email: "anna@example.org"}
		j.chats()
		all.Go(func() { // in parallel, since most of the time the SDK waits for its next attempt
			j.failsThenRecovers(fmt.Sprintf("%s, fault %d", point.operations, point.fault), func(c Call) bool { return c.of(strings.Split(point.operations, ", ")...) }, point.fault)
		})
	}
	all.Wait()
}

// F20: if only the answer to the start of an upload is lost, the SDK starts a second one. The first, which nobody knows of, is cleaned up.
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
