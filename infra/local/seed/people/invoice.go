package people

import (
	"fmt"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// decimals lists the currencies whose smallest unit is not a hundredth (ISO 4217).
var decimals = map[string]int{"JPY": 0, "KRW": 0, "VND": 0, "KWD": 3}

// oddAmounts are amounts that a floating-point number would spoil. None can be taken for a card number (promise D04):
// the one with enough digits begins with a 9.
var oddAmounts = []string{"0.00", "-0.01", "0.000001", "999999999999.999999", "987654321098765432.10", "0.30000", "1100.0"}

// invoices adds invoices of the contract, oldest first, up to nine years back: the oldest are past their seven years
// (promise F02).
func (p *person) invoices() {
	count := p.IntRange(1, 6)
	if p.oneIn(20) {
		count = p.IntRange(20, 40)
	}
	span := p.last().Sub(p.started) / time.Duration(count)
	for i := range count {
		from := p.started.Add(time.Duration(i) * span)
		p.invoice(i+1, p.between(from, from.Add(span)))
	}
}

func (p *person) invoice(number int, at time.Time) {
	currency := p.RandomString(append([]string{"EUR", "USD"}, p.culture.currency...))
	sign, status := 1, p.RandomString([]string{"paid", "paid", "paid", "open", "void"})
	if p.oneIn(12) {
		sign, status = -1, "credited" // a credit note
	}
	data := transaction{
		InvoiceNumber: fmt.Sprintf("HDX-%d-%d/%d", at.Year(), p.index, number), IssuedAt: at, Currency: currency, Status: status,
		Description: freeText(p.Faker, func() string { return "Helpdesk, " + p.RandomString(tiers) + " tier, " + at.Format("January 2006") }),
	}
	total := 0
	for range p.IntRange(1, 5) {
		quantity, price := sign*p.IntRange(1, 40), p.IntRange(1, 500_000)
		total += quantity * price
		data.Lines = append(data.Lines, invoiceLine{freeText(p.Faker, p.ProductName), quantity, minor(price, currency)})
	}
	data.Amount = minor(total, currency)
	if p.oneIn(30) {
		data.Amount = p.RandomString(oddAmounts)
	}
	if p.oneIn(3) {
		data.CardLast4 = fmt.Sprintf("%04d", p.upTo(9999))
	}
	id := fmt.Sprintf("inv-%d", number)
	if p.oneIn(40) {
		id = fmt.Sprintf("..~%d_INV", number) // as awkward as an id may be
	}
	p.add(privacy.Transaction, id, privacy.Direct, at, data)
}

// minor writes an amount of the currency's smallest unit as a decimal string.
func minor(units int, currency string) string {
	places, odd := decimals[currency]
	if !odd {
		places = 2
	}
	sign := ""
	if units < 0 {
		sign, units = "-", -units
	}
	s := fmt.Sprintf("%0*d", places+1, units)
	return sign + strings.TrimSuffix(s[:len(s)-places]+"."+s[len(s)-places:], ".")
}
