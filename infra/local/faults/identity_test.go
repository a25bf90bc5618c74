package faults

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// moved is somebody whose address one of the company's systems replaces. The old one is open in a browser, and contests the change.
type moved struct {
	system
	id, old, next string
	before        *browser
	alarms        int // that the log had of others
}

// moving returns such a person before their address is replaced.
func (r *rig) moving(n int) *moved {
	r.t.Helper()
	m := &moved{system: system{r, r.machine("records.write subjects.write")}, id: fmt.Sprint("anna", n)}
	m.old, m.next = m.id+"@example.org", m.id+".new@example.org"
	body := fmt.Sprintf(`{"subject":{"id":%q,"email":%q},"source":"direct","occurredAt":%q,"data":{"firstName":"Anna","jobTitle":"Lead","lastName":"Berg"}}`, m.id, m.old, time.Now().UTC().Format(time.RFC3339))
	m.again("PUT", "/v1/records/identity/self", body)
	r.asksForLink(m.old)
	opened := r.opens(m.old)
	m.before, m.alarms = &opened, r.alarms()
	return m
}

// alarms counts the alarms about contested changes.
func (r *rig) alarms() int { return strings.Count(r.log.String(), `"ChangesContested":1`) }

// run replaces the address, does what is due, and contests the change on the page of the old address. A call that got no answer is repeated.
func (m *moved) run(harmed func() bool) {
	m.t.Helper()
	for range 3 {
		if m.http("identity", "PUT", "/v1/subjects/"+m.id, fmt.Sprintf(`{"emails":[%q]}`, m.next), m.token).status == http.StatusOK {
			break
		}
	}
	m.works()
	if harmed() {
		m.settle()
	}
	b := m.rig.opens(m.old)
	m.rig.again(b, "POST", "/v1/pending/"+b.me.waiting("change")+"/discard", "")
	m.works()
}

// works delivers the stream records of the change, and then of the mailboxes whose mails are due.
func (m *moved) works() {
	for _, key := range m.due() {
		if strings.HasSuffix(key[1], "CHANGE") {
			_ = m.wake("fulfil", key[0], key[1])
		}
	}
	m.post(m.old)
	m.post(m.next)
}

// check demands that the old links and sessions are dead, that both addresses were told, that the new one is frozen, that the team heard of it, and that
// no work is left.
func (m *moved) check(label string) {
	m.t.Helper()
	if got := m.http("request", "GET", "/v1/me", "", m.before.cookie); got.status != http.StatusUnauthorized {
		m.t.Errorf("%s: the old cookie: %d %s", label, got.status, got.body)
	}
	links := m.links(m.old, "me")
	if got := m.opening(links[0]); got.status != http.StatusNotFound {
		m.t.Errorf("%s: the old link: %d %s", label, got.status, got.body)
	}
	store := subjects.New(m.tables.Client, m.tables.Name("SubjectsTable"), time.Now)
	now, err := store.Aliases(m.t.Context(), alias(m.old), alias(m.next))
	if err != nil {
		m.t.Fatal(err)
	}
	if old, next := now[alias(m.old)], now[alias(m.next)]; old.Doubt(time.Now()) != subject.Detached || len(old.Subjects) != 0 || next.Doubt(time.Now()) != subject.Frozen || next.Subject() == "" {
		m.t.Errorf("%s: the old address is %+v, the new one %+v", label, old, next)
	}
	if told := len(m.mails(m.next)); told < 1 || told > 2 {
		m.t.Errorf("%s: the new address got %d mails", label, told)
	}
	entries, contested := 0, 0
	for _, item := range m.scan("RequestsTable") {
		pk, sk := dynamo.Text(item, dynamo.PK), dynamo.Text(item, dynamo.SK)
		if pk == "m#"+mailbox(m.old) && strings.HasPrefix(sk, "CHANGE#") {
			entries++
		}
		if sk == "CHANGE" && dynamo.Text(item, "contestedBy") == mailbox(m.old) {
			contested++
		}
	}
	if alarms := m.rig.alarms() - m.alarms; entries > 0 || contested != 1 || alarms < 1 || alarms > 2 {
		m.t.Errorf("%s: %d entries wait behind the old address, %d changes are contested, with %d alarms", label, entries, contested, alarms)
	}
	m.idle(label)
}

// F03, T33: a system replaces an address, and the old one contests that. Whichever call of any function is interrupted, what follows is done: links and
// sessions die, both addresses are told, the new one is frozen, and the team hears of it.
func TestFault_F03_AChangeOfAddressesKilledAtEachCall(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	dry := r.moving(0)
	moments := r.moments(dry.run)
	dry.check("unharmed")
	if len(moments) < 40 {
		t.Fatalf("only %d moments", len(moments))
	}
	var some []kill // function fulfil's own tests go through all calls of its task
	for i := 0; i < len(moments); i += soak.Pick(23, 3) {
		some = append(some, moments[i])
	}
	for i, at := range some {
		m := r.moving(i + 1)
		r.kills(at, m.run)
		m.settle()
		m.check(at.String())
	}
	r.noSecretIsKept()
}
