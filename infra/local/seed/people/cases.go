package people

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Case is a story of who somebody is: people who are known by more than one address, and what systems send to make that known. Its steps can be
// sent again: the second time, they change nothing.
type Case struct {
	Shows string // one line for a newcomer: who they are, and what to try
	Steps []Step // in their order
}

// Step is one thing that a system sends: records, or an act on identities.
type Step struct {
	Lines [][]byte // records as POST /v1/records takes them; account lines first
	Act   *Act     // nil in a step of records
}

// Act is a call that says whom an address stands for.
type Act struct {
	Method, Path string
	Body         []byte
	// Again is the status with which the service answers if an earlier run has carried the act out. It is 0 if the answer is the same then.
	Again int
}

// firstCase is the index of the first person of the cases. It lies beyond those of most populations.
const firstCase = 500_000

// Cases returns four kinds of people: one with an id, one with two addresses, one whose address changed and went to somebody else, and two who share
// one. base is as for [Population].
func Cases(base time.Time) []Case {
	base = base.UTC().Truncate(day)
	c := &cast{base: base}
	ida := c.customer("Ida", "Keller", "cust-1001", "ida.keller@example.org")
	carla := c.customer("Carla", "Weiss", "cust-1002", "carla.weiss@example.org")
	hugo := c.customer("Hugo", "Brandt", "cust-1003", "front.desk@shop.example.org")
	greta := c.customer("Greta", "Olsen", "cust-1004", hugo.email)
	nora := c.customer("Nora", "Lind", "cust-1005", "nora.hartmann@example.org")
	mara := c.customer("Mara", "Silva", "cust-1006", "family.silva@example.org")
	milo := c.contact("Milo", "Silva", "cust-1007", mara.email)
	const office, moved, married = "carla.weiss@mail.test", "hugo.brandt@example.org", "nora.lind@example.org"
	return []Case{
		{
			fmt.Sprintf("%s is Ida, whom your system also knows by the id %s. Most of her records came with the id alone.", ida.email, ida.id),
			[]Step{{Lines: ida.lines[:1]}, {Lines: ida.byID(1)}},
		},
		{
			fmt.Sprintf("%s is Carla, who has two addresses. The other one is %s.", carla.email, office),
			[]Step{{Lines: carla.lines}, carla.addresses(carla.email, office)},
		},
		{
			fmt.Sprintf("%s was Hugo's address and is Greta's now. For 90 days the team decides what is asked for from it. Hugo has %s.", hugo.email, moved),
			[]Step{{Lines: hugo.lines}, hugo.addresses(moved), {Lines: greta.lines}},
		},
		{
			fmt.Sprintf("%s is Nora's new address. %s was her old one.", married, nora.email),
			[]Step{{Lines: nora.lines}, nora.renamed(married)},
		},
		{
			fmt.Sprintf("%s is an address that Mara (%s) and Milo (%s) share. Nothing is answered by it automatically.", mara.email, mara.id, milo.id),
			[]Step{{Lines: mara.lines}, {Lines: milo.lines}},
		},
	}
}

// cast invents the people of the cases.
type cast struct {
	base  time.Time
	known int // how many
}

// customer invents somebody whose contract runs, with an id and an address.
func (c *cast) customer(first, family, id, email string) *person {
	p := c.person(first, family, id, email)
	p.started = p.between(c.base.Add(-2*year), c.base.Add(-60*day))
	p.account(1, p.started, time.Time{})
	p.identityAndContact(p.between(p.started, c.base))
	p.preference()
	p.invoices()
	p.chats(1, later(p.started, c.base.Add(-100*day)), c.base)
	return p
}

// contact invents somebody who never had a contract.
func (c *cast) contact(first, family, id, email string) *person {
	p := c.person(first, family, id, email)
	p.lead = true
	p.identityAndContact(p.between(c.base.Add(-year), c.base))
	return p
}

func (c *cast) person(first, family, id, email string) *person {
	p := newPerson(firstCase+c.known, c.base)
	c.known++
	p.culture, p.lead = cultures[0], false
	p.first, p.family, p.id, p.email = first, family, id, email
	return p
}

// byID returns the person's lines from the one given on, with the id alone.
func (p *person) byID(from int) (lines [][]byte) {
	both, alone := who(named{p.id, p.email}), who(named{ID: p.id})
	for _, text := range p.lines[from:] {
		lines = append(lines, bytes.Replace(text, both, alone, 1))
	}
	return lines
}

// who is the member of a line that names its data subject.
func who(n named) []byte {
	text, _ := json.Marshal(n) // two texts
	return append([]byte(`"subject":`), text...)
}

// addresses is the act that states all addresses of a person.
func (p *person) addresses(emails ...string) Step {
	return act(http.MethodPut, "/v1/subjects/"+url.PathEscape(p.id), 0, map[string]any{"emails": emails})
}

// renamed is the act that says that the address of a person has changed.
func (p *person) renamed(to string) Step {
	return act(http.MethodPost, "/v1/subjects/rename", http.StatusNotFound, map[string]any{"from": p.email, "to": to})
}

func act(method, path string, again int, body map[string]any) Step {
	text, _ := json.Marshal(body) // only texts
	return Step{Act: &Act{method, path, text, again}}
}
