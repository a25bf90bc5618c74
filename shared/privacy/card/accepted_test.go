package card

import (
	"strings"
	"testing"
	"time"
)

// evident are numbers that would look like card numbers if their form did not show what they are.
var evident = []string{
	// IBANs
	"DE64 6139 8360 6495 8888 62", "CH81 7677 2044 1164 9137 7", "CH4686215989454771285", "AT38 6079 0273 1205 9798", "AT658194143070000384", "ES52 9326 5371 0948 9450 1710",
	"PL35 6537 3573 4260 3216 0966 1440", "SE90 5250 6968 8429 6444 3973", "FI55 7481 8681 5433 44", "FI4477429466737605", "iban: ch81-7677-2044-1164-9137-7, bic below",
	// dates
	"26.10.2026 - 11.03.2020", "27.07.2024 - 07.10.2023", "2023-10-27, 2020-06-04, 2022-01-24", "2021-09-27, 2025-05-06, 2025-10-01", "30. 9. 2026 / 15. 6. 2022", "8/30/2021-11/28/2022",
	// coordinates
	"54.811655, 11.340539", "53.321078, 13.069607", "40.935760, -74.888255", "geo: 54.811655 11.340539.",
	// UUIDs and hashes
	"04520358-c77c-4159-8706-94410090ba27", "550d5ca2-8fa3-4369-8275-824255d1ba75", "urn:uuid:550D5CA2-8FA3-4369-8275-824255D1BA75",
	"14a1c7011984c94799eb4c438f320151d3d3979304667716507a4f335ba9fe11", "981bb36703722307540f9c1669d7ac20",
	// lists of telephone numbers and of addresses
	"510-555-0147, 463-555-0179", "623-555-0141, 225-555-0153", "06 62 83 46 57 / 01 87 26 40 63", "06 36 20 05 33 / 01 99 92 38 09", "81.2.69.14, 81.2.69.161, 81.2.69.17.",
}

// telephones are in international form, which the plus sign shows.
var telephones = []string{"+349661338195554", "+385 91 050727357", "tel:+349661338195554", "Call +385 91 050727357, please"}

// ordinary are other numbers that appear in invoices, chats, logs and addresses.
var ordinary = []string{
	"", "0", "Hello", strings.Repeat("a", 1000),
	// telephones
	"+49 1512 3456789", "+4915112345670", "+44 20 7946 0958", "+1 (415) 555-0132", "+12353220925", "0049 151 12345670", "030 901820", "(020) 7946 0958", "0151/12345678", "06 12 34 56 78",
	"415-555-0132", "Tel. 030 1234567, Fax 030 1234568", "+33 6 12 34 56 78", "+49 (0)30 1234-5678", "+44 20 7946 0958, +44 20 7946 0959", "1-800-555-0199 ext. 4111", "+4222222222222",
	// IBANs and account numbers
	"DE89 3704 0044 0532 0130 00", "DE89370400440532013000", "GB29 NWBK 6016 1331 9268 19", "FR14 2004 1010 0505 0001 3M02 606", "NL91 ABNA 0417 1643 00", "BE68 5390 0754 7034",
	"CH93 0076 2011 6238 5295 7", "AT61 1904 3002 3457 3201", "ES91 2100 0418 4502 0005 1332", "IT60 X054 2811 1010 0000 0123 456", "PL61 1090 1014 0000 0712 1981 2874",
	"sort code 40-47-84, account 12345678",
	// parcels
	"1Z999AA10123456784", "00340434161094042557", "JJD000390007999999999", "JD014600003828392837", "123456789012", "9612020987654312345672", "986578788855", "01505012345678",
	"09981234567890", "RR123456785DE", "CP 123 456 789 DE", "9400 1000 0000 0000 0000 00", "(00) 0 0614141 123456789 0",
	// articles and devices
	"4006381333931", "4009081127794", "4387128471346", "4900371509842", "5018902731774", "5020754377789", "EAN 4012013481826", "9780306406157", "978-3-16-148410-0", "036000291452", "96385074",
	"352501229630331", "358722077183199", "IMEI 35-168283-401972-1", "00:1A:2B:3C:4D:5E", "SN 4111-2222",
	// times
	"2026-11-30T12:00:00.123456Z", "2026-11-30 12:00:00", "20261130120000", "30.11.2026", "30/11/26", "1700000000000", "1700000000000000000", "00:00:30,000 --> 00:00:36,500",
	"2019, 2020, 2021, 2022, 2023, 2024, 2025, 2026", "1998/1999 2000/2001", "Mon-Fri 9.00-17.30", "23.01.2026 - 22.02.2026",
	// tax and company numbers
	"DE123456789", "GB 123 4567 89", "ATU12345678", "FR 40 303 265 045", "HRB 12345 B", "53.482.123/0001-45", "SIRET 732 829 320 00074", "12-3456789",
	// versions, amounts, places
	"10.0.19045.4291", "Chrome/120.0.6099.130", "v4.11.1", "1.234,56 EUR", "4,500.00", "12.50, 13.00, 4.99", "999999999999.999999", "987654321098765432.10", "52.5200, 13.4050", "51°30′26″N 0°7′39″W",
	"203.0.113.77:8080", "2001:db8:4111:1111:1111:1111:1111:1111", "1280 x 1024", "48 x 12 + 7 = 583",
	// masked or shortened card numbers, and digits that are too far apart to be a card number
	"HDX-2021-87088", "inv-4711", "INV-2026-000123", "RE 2026/11/0042", "4500123456", "PO 4500123456, 4500123457", "ticket #41111", "4111 1111 1111 1112", "4111 1111 1111", "1234567890123456",
	// what is left of a card number, and what is too far apart to be one
	"4111 11** **** 1111", "411111******1111", "4111-XXXX-XXXX-1111", "**** **** **** 1111", "41111111111111111", "41111111111111111111", "4111:1111:1111:1111", "4111 ... 1111 ... 1111 ... 1111",
	"4111 a 1111 b 1111 c 1111", "4111 and 1111 and 1111 and 1111",
	// encoded
	"https://example.org/a%20b?x=1%202%203", "%20%20%20%20", "4111&amp;1111&amp;1111&amp;1111", "100%20of%20200&nbsp;EUR", "+49%20151%2012345670", "DE89%203704%200044%200532%200130%2000", "2026-11-30%2012%3A00%3A00",
	// addresses
	"anna1984@example.org", "415.555.0132@example.org", "user-20261130120000@163.example", "0491511234567@example.org",
}

func TestPromise_D04_OtherNumbersAreAccepted(t *testing.T) {
	for _, text := range evident {
		if !holds(text) {
			t.Errorf("%q needs no look at its form", text)
		}
		if In(text) {
			t.Errorf("seen in %q", text)
		}
	}
	for _, text := range telephones {
		if !holds(strings.ReplaceAll(text, "+", "")) {
			t.Errorf("%q needs no plus sign", text)
		}
		if In(text) {
			t.Errorf("seen in %q", text)
		}
	}
	for _, text := range ordinary {
		if In(text) {
			t.Errorf("seen in %q", text)
		}
	}
	if len(ordinary) < 120 {
		t.Errorf("%d texts", len(ordinary))
	}
}

// Numbers of other kinds are taken out of the text one by one, so a card number before or after one of them is found.
func TestThreat_T28_OtherNumbersHideNoCard(t *testing.T) {
	for _, text := range append(append(evident, telephones...), ordinary...) {
		for _, both := range []string{text + " and 4111 1111 1111 1111", "4111 1111 1111 1111 or " + text, text + "\n- 4111111111111111", "4111-1111-1111-1111; " + text} {
			if !In(both) {
				t.Errorf("not seen in %q", both)
			}
		}
	}
}

// worst are the slowest texts of the size of the largest record. The card number at the end makes all of them reach the second, slower check.
func worst() map[string]string {
	const size = 380 << 10
	texts := map[string]string{}
	for name, part := range map[string]string{
		"prose": "It was a bright cold day in April. ", "digits": "1", "single digits": "4 ", "groups": "4111 ", "Diners Club": "3 0 ", "UnionPay": "62 ",
		"zero width": "4\u200b", "dates": "30.11.", "hexadecimal": "a1b2-", "letters and digits": "de89 ", "coordinates": "4.1111,", "Arabic": "٤ ", "the last script": "\U0001FBF4 ", "marks": "4\u0336", "encoded": "4%20",
	} {
		texts[name] = strings.Repeat(part, size/len(part)) + " x 4111111111111111"
	}
	return texts
}

// The time is linear in the length: a record of the largest size takes milliseconds.
func BenchmarkBudgetLargestRecord(b *testing.B) {
	var slowest time.Duration
	slowestName := ""
	for name, text := range worst() {
		least := time.Hour
		for range 3 { // a busy machine can spoil a run
			began := time.Now()
			if !In(text) {
				b.Fatalf("not seen in %s", name)
			}
			least = min(least, time.Since(began))
		}
		if least > slowest {
			slowest, slowestName = least, name
		}
	}
	b.Logf("budget: card: a text of 380 KB, the slowest of %d kinds (%s) | %d ms | 250", len(worst()), slowestName, slowest.Milliseconds())
	if slowest > 250*time.Millisecond {
		b.Errorf("%s takes %v", slowestName, slowest)
	}
}
