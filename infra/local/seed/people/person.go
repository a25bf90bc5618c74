package people

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/brianvoe/gofakeit/v7"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// seed is fixed: two people who run the same command see the same population.
const seed = 20_240_902

// person is a data subject in the making.
type person struct {
	*gofakeit.Faker
	index   int
	base    time.Time // midnight of the base day: the newest moment in anyone's history
	lead    bool      // has no account
	culture culture
	first   string
	family  string
	id      string // that the company's systems use; empty if they name the person by the address alone
	email   string
	started time.Time // the contract that counts: the only one, or the returning customer's second
	ended   time.Time // zero while the contract runs
	lines   [][]byte
}

func newPerson(i int, base time.Time) *person {
	p := &person{
		Faker: gofakeit.NewFaker(rand.NewPCG(seed, uint64(i)), false),
		index: i, base: base, lead: i%leadEvery == leadEvery-2,
	}
	p.culture = cultures[i%len(cultures)]
	p.first, p.family = p.RandomString(p.culture.first), p.RandomString(p.culture.family)
	if p.oneIn(25) {
		p.family += " " + p.RandomString(p.culture.family)
	}
	p.email = p.inventAddress()
	return p
}

// domains are reserved, so mail to them reaches nobody. The last two are internationalised.
var domains = []string{"example.org", "example.com", "mail.test", "post.test", "shop.example.org", "bücher.test", "пример.test"}

// inventAddress returns an address in an awkward but valid spelling. The index makes it unique.
func (p *person) inventAddress() string {
	name := strings.ToLower(strings.ReplaceAll(p.FirstName(), " ", ""))
	local := fmt.Sprintf("%s.%d", name, p.index)
	switch p.index % 11 {
	case 3:
		local = fmt.Sprintf("%s+helpdesk.%d", name, p.index)
	case 5:
		local = fmt.Sprintf("O'%s-%d_x", name, p.index)
	case 7:
		local = strings.ToUpper(local[:1]) + local[1:]
	}
	return local + "@" + domains[p.IntRange(0, len(domains)*2)%len(domains)]
}

// add appends a record about the person.
func (p *person) add(c privacy.Category, id string, s privacy.Source, at time.Time, data any) {
	p.lines = append(p.lines, line{Category: c, ID: id, Subject: &named{p.id, p.email}, Source: s, OccurredAt: at, Data: data}.bytes())
}

// last is the last moment of the contract, so far.
func (p *person) last() time.Time {
	if p.ended.IsZero() {
		return p.base
	}
	return p.ended
}

func (p *person) oneIn(n int) bool { return p.IntRange(1, n) == 1 }

func (p *person) upTo(n int) int { return p.IntRange(0, n) }

// between returns a time in whole seconds in [from, to], or from if to is not after it.
func (p *person) between(from, to time.Time) time.Time {
	if !to.After(from) {
		return from
	}
	return from.Add(time.Duration(p.IntRange(0, int(to.Sub(from)/time.Second))) * time.Second)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
