// Package people invents a population of data subjects, realistic and awkward on purpose: many scripts, text from right
// to left, spreadsheet formulas and markup where free text is allowed, accounts that ended long ago, people who never had
// one. Nobody in it exists: addresses lie in domains reserved by RFC 2606 and RFC 6761, telephone numbers and IP addresses
// in ranges reserved for fiction and documentation.
package people

import (
	"iter"
	"time"
)

const (
	leadEvery     = 8 // one person in so many has no account
	countsPerDay  = 8 // lines of anonymous counts that share a day
	peoplePerDay  = 20
	fewestDays    = 6
	historyYears  = 9 // how far back the oldest invoice lies; invoices are kept for 7 (promise F02)
	day           = 24 * time.Hour
	year          = 365 * day
	accountKept   = 2 * year // promise F01
	logKept       = 90 * day // promise F06
	analyticsKept = 26 * 30 * day
)

// Population yields the lines of one data subject at a time, account lines first, and after n of them lines of anonymous
// counts, a day at a time. A line is one record as POST /v1/records takes it, without its line break. base is a day (its
// midnight in UTC), and nothing happens after it. The same n and base give the same bytes, and person i is the same
// whatever n is.
func Population(n int, base time.Time) iter.Seq[[][]byte] {
	base = base.UTC().Truncate(day)
	return func(yield func([][]byte) bool) {
		for i := range n {
			if !yield(invent(i, base).lines) {
				return
			}
		}
		for d := range days(n) {
			if !yield(counts(d, days(n), base)) {
				return
			}
		}
	}
}

// Groups is how many groups of lines Population yields: n people and the days of anonymous counts.
func Groups(n int) int { return n + days(n) }

func days(n int) int { return fewestDays + n/peoplePerDay }

// invent makes person i with everything the company's systems would hold about them.
func invent(i int, base time.Time) *person {
	p := newPerson(i, base)
	if p.lead {
		p.identityAndContact(p.between(base.Add(-3*year), base))
		p.marketing(base.Add(-3 * year))
		if p.oneIn(2) {
			p.chats(1, base.Add(-400*day), base)
		}
		return p
	}
	p.accounts()
	p.identityAndContact(p.between(p.started, p.last()))
	p.preference()
	p.invoices()
	p.chats(p.upTo(4), later(p.started, p.last().Add(-500*day)), p.last())
	p.marketing(p.started)
	p.securityLog()
	return p
}

// Customers returns the addresses of the first few of n people whose contract runs on the base day.
func Customers(n, few int, base time.Time) []string {
	base = base.UTC().Truncate(day)
	var addresses []string
	for i := 0; i < n && len(addresses) < few; i++ {
		if p := invent(i, base); !p.lead && p.ended.IsZero() {
			addresses = append(addresses, p.email)
		}
	}
	return addresses
}
