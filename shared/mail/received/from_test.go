package received

import (
	"fmt"
	"strings"
	"testing"
)

const anna = "anna.lee@example.org"

// named are the forms of the field From that name one sender, each with the address.
var named = map[string]string{
	"anna.lee@example.org":                                        anna,
	"<anna.lee@example.org>":                                      anna,
	"  anna.lee@example.org  ":                                    anna,
	"Anna <anna.lee@example.org>":                                 anna,
	"Anna Lee<anna.lee@example.org>":                              anna,
	"Anna\tLee\t<anna.lee@example.org>":                           anna,
	"Anna\r\n <anna.lee@example.org>":                             anna,
	"\r\n anna.lee@example.org":                                   anna,
	"Dr. Anna O'Lee-Müller <anna.lee@example.org>":                anna,
	`"Lee, Anna" <anna.lee@example.org>`:                          anna,
	`"Anna \"A.\" Lee" <anna.lee@example.org>`:                    anna,
	`"Anna \\" <anna.lee@example.org>`:                            anna,
	`"" <anna.lee@example.org>`:                                   anna,
	`"anna.lee@example.org" <anna.lee@example.org>`:               anna,
	`"eve@example.net" <anna.lee@example.org>`:                    anna,
	`"<eve@example.net>" <anna.lee@example.org>`:                  anna,
	`"Eve <eve@example.net>" <anna.lee@example.org>`:              anna,
	`"a\"<eve@example.net>" <anna.lee@example.org>`:               anna,
	`"Anna" "Lee" <anna.lee@example.org>`:                         anna,
	`Anna "the one" Lee <anna.lee@example.org>`:                   anna,
	"=?utf-8?Q?Anna?= <anna.lee@example.org>":                     anna,
	"=?utf-8?Q?eve=40example.net?= <anna.lee@example.org>":        anna,
	"=?utf-8?B?PGV2ZUBleGFtcGxlLm5ldD4=?= <anna.lee@example.org>": anna,
	"Åsa Öberg <anna.lee@example.org>":                            anna,
	"J\xf6rg <anna.lee@example.org>":                              anna,
	"李安娜 <anna.lee@example.org>":                                  anna,
	"\u202eanna <anna.lee@example.org>":                           anna,
	"anna.lee@example.org (Anna Lee)":                             anna,
	"anna.lee@example.org\t(Anna)":                                anna,
	"Anna (sales) <anna.lee@example.org>":                         anna,
	"Anna <anna.lee@example.org> (sales)":                         anna,
	"Anna.Lee@Example.ORG":                                        "Anna.Lee@Example.ORG",
	"ANNA <Anna.Lee+shop@Example.ORG>":                            "Anna.Lee+shop@Example.ORG",
	"o'lee@example.org":                                           "o'lee@example.org",
	"a!#$%&*/=^?_`{|}~-b@example.org":                             "a!#$%&*/=^?_`{|}~-b@example.org",
	"1@example.org":                                               "1@example.org",
	"a@b.c.d.example.org":                                         "a@b.c.d.example.org",
	"anna@bücher.example":                                         "anna@bücher.example",
	"Anna <anna@xn--bcher-kva.example>":                           "anna@xn--bcher-kva.example",
	"аnna.lee@example.org":                                        "аnna.lee@example.org", // a Cyrillic letter: it stays another address (T16)
	"jörg@example.org":                                            "jörg@example.org",
	"用户@例子.example":                                               "用户@例子.example",
	strings.Repeat("a", 64) + "@example.org":                      strings.Repeat("a", 64) + "@example.org",
}

// nameless are the forms that name nobody, several, or one about whom two programs could disagree.
var nameless = []string{
	"", " ", "Anna Lee", "anna.lee", "@example.org", "anna.lee@", "anna.lee@example", "anna.lee@localhost", "<>", "Anna <>", "< >", "<@>", "()",
	"anna.lee@example.org, eve@example.net", "anna.lee@example.org,anna.lee@example.org", "anna.lee@example.org,", ",anna.lee@example.org", "anna.lee@example.org;",
	"Anna <anna.lee@example.org>, Eve <eve@example.net>", "Lee, Anna <anna.lee@example.org>", "Anna <anna.lee@example.org>,", "anna.lee@example.org eve@example.net",
	"Team: anna.lee@example.org;", "Team: anna.lee@example.org, eve@example.net;", "Team:;", "Team: Anna <anna.lee@example.org>;", "undisclosed-recipients:;",
	"eve@example.net <anna.lee@example.org>", "anna.lee@example.org <anna.lee@example.org>", "anna.lee@example.org <eve@example.net>", "<anna.lee@example.org> <eve@example.net>",
	"<anna.lee@example.org>eve@example.net", "<anna.lee@example.org> eve", "Anna <anna.lee@example.org> <eve@example.net>", "Anna <<anna.lee@example.org>>", "Anna <anna.lee@example.org", "anna.lee@example.org>",
	"Anna <anna.lee@example.org>>", "Anna < anna.lee@example.org >", "Anna <anna.lee @example.org>", "Anna <anna.lee@ example.org>", "anna.lee @ example.org", "anna.lee@exam ple.org",
	"<@relay.example.net:anna.lee@example.org>", "<@a.example,@b.example:anna.lee@example.org>", "anna%example.net@relay", "eve@example.net@example.org", "anna.lee@example.org@example.net", "anna.lee@@example.org",
	`"anna lee"@example.org`, `"anna.lee"@example.org`, `"eve@example.net"@example.org`, `Anna <"anna lee"@example.org>`, `anna\@lee@example.org`, `"anna`, `"Anna <anna.lee@example.org>`, `Anna" <anna.lee@example.org>`,
	`Anna \<eve@example.net> <anna.lee@example.org>`, `Anna \" <anna.lee@example.org>`,
	"anna(x)@example.org", "anna.lee@(x)example.org", "anna.lee@example.org(x)", "(x)anna.lee@example.org", "(eve@example.net) anna.lee@example.org", "anna.lee@example.org (eve@example.net)", "anna.lee@example.org (<eve@example.net>)",
	"anna.lee@example.org ((x))", "anna.lee@example.org (x) (y)", "anna.lee@example.org (x", "Anna <anna.lee@example.org> (eve@example.net)", "(eve@example.net) <anna.lee@example.org>", "Anna (eve@example.net) <anna.lee@example.org>", "Anna (<eve@example.net>) <anna.lee@example.org>",
	"=?utf-8?Q?a=0D=0AFrom:_eve=40example.net?= <anna.lee@example.org>", "=?utf-8?Q?anna.lee=40example.org?=", "=?utf-8?B?YW5uYS5sZWVAZXhhbXBsZS5vcmc=?=", "=?utf-8?Q?anna?=@example.org", "<=?utf-8?Q?anna.lee=40example.org?=>", "Anna <=?utf-8?Q?anna?=@example.org>", "anna@=?utf-8?Q?example.org?=", "anna@=?utf-8?Q?example?=.org", "Anna <=?us-ascii?Q?eve=40example.net=3E_=3C?=@example.org>",
	"anna.lee@[192.0.2.1]", "anna.lee@[IPv6:2001:db8::1]", "anna.lee@192.0.2.1.", "anna.lee@example.org.", "anna.lee@.example.org", "anna.lee@example..org", "anna.lee@-example.org", "anna.lee@exa_mple.org", "anna.lee@xn--a.example",
	".anna@example.org", "anna.@example.org", "an..na@example.org", "anna:lee@example.org", "anna[lee]@example.org", "mailto:anna.lee@example.org", "Anna [sales] <anna.lee@example.org>", "<mailto:anna.lee@example.org>",
	"anna\x00.lee@example.org", "Anna\x00 <anna.lee@example.org>", "anna.lee@example.org\x00", "Anna\x01<anna.lee@example.org>", "anna.lee@example.org\r", "anna\r.lee@example.org", "Anna <anna.lee@example.org\x7f>", "anna\x1b[31m@example.org", "anna\vlee@example.org",
	"anna\u200b.lee@example.org", "anna.lee\u202e@example.org", "anna.lee@exam\u00adple.org", "anna\u00a0lee@example.org", "anna.lee@example.org\u200b", "anna.lee@example\u3002org", "anna.lee\uff20example.org", "J\xf6rg@example.org", "anna.lee@ex\xf6mple.org", "anna\ufffd@example.org", "\uff1canna.lee@example.org\uff1e",
	"Anna <\r\n anna.lee@example.org>", "anna.lee\r\n @example.org", "anna.lee@example.\r\n org",
	strings.Repeat("a", 250) + "@example.org", "Anna <" + strings.Repeat("a", 20_000) + "@example.org>", strings.Repeat("x", 20_000) + " <anna.lee@example.org>", strings.Repeat("(", 5_000) + anna,
}

// T01, T16: only the field From names the sender, by its address. No other field and no name changes that.
func TestThreat_T01_OnlyTheFieldFromNamesTheSender(t *testing.T) {
	others := "Reply-To: eve@example.net\r\nSender: eve@example.net\r\nResent-From: eve@example.net\r\nReturn-Path: <eve@example.net>\r\nErrors-To: eve@example.net\r\n" +
		"X-From: eve@example.net\r\nFromm: eve@example.net\r\nX-Original-From: eve@example.net\r\nDisposition-Notification-To: eve@example.net\r\nApparently-From: eve@example.net\r\n"
	want := map[string]string{}
	for field, address := range named {
		want[field] = address
	}
	for _, field := range nameless {
		want[field] = ""
	}
	if len(want) < 100 || len(want) != len(named)+len(nameless) {
		t.Fatalf("%d variants", len(want))
	}
	for field, address := range want {
		for i, raw := range []string{
			"From: " + field + "\r\n\r\nErase me.",
			others + "From: " + field + "\r\n" + "\r\nFrom: eve@example.net\r\n",
			"from:" + field + "\r\n" + others + "\r\n",
			"Subject: x\r\nFROM : " + field + "\r\nTo: eve@example.net\r\n\r\n",
		} {
			if got := Read(strings.NewReader(raw)).From; got != address {
				t.Errorf("%.80q, mail %d: %q, not %q", field, i, got, address)
			}
		}
	}
}

// Two fields From name nobody, whatever they say and wherever they stand.
func TestThreat_T01_TwoFieldsFromNameNobody(t *testing.T) {
	far := strings.Repeat("X-Filler: x\r\n", 50_000)
	for i, raw := range []string{
		"From: %[1]s\r\nFrom: %[1]s\r\n\r\n", "From: %[1]s\r\nfrom: eve@example.net\r\n\r\n", "From: eve@example.net\r\nSubject: x\r\nFrom: %[1]s\r\n\r\n",
		"From:\r\nFrom: %[1]s\r\n\r\n", "From: %[1]s\r\nFrom:\r\n\r\n", "From: %[1]s\r\nFrom : eve@example.net\r\n\r\n", "From: %[1]s\nFrom\t: eve@example.net\n\n",
		"From: %[1]s\r\n" + far + "From: eve@example.net\r\n\r\n", strings.Repeat("From: %[1]s\r\n", 100) + "\r\n",
	} {
		if got := Read(strings.NewReader(fmt.Sprintf(raw, anna))).From; got != "" {
			t.Errorf("mail %d: %q", i, got)
		}
	}
}

// What only looks like a field From is none: a part of another field, a line of the text, the header of a part or of a mail within the mail.
func TestThreat_T01_WhatLooksLikeFromIsNot(t *testing.T) {
	const eve = "From: eve@example.net\r\n"
	for i, raw := range []string{
		"Subject: x\r\n " + eve + "From: %s\r\n\r\n", "From: %s\r\n\r\n" + eve, "X\x00" + eve[1:] + "\r\n" + "From: %s\r\n\r\n", "From eve@example.net Tue Nov 3 09:15:00 2026\r\nFrom: %s\r\n\r\n",
		"From: %s\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + eve + "\r\nx\r\n--b--\r\n", "From: %s\r\nContent-Type: message/rfc822\r\n\r\n" + eve + "\r\n",
		"From: %s\r\nSubject: =?utf-8?Q?x=0D=0AFrom:_eve=40example.net?=\r\n\r\n", "From: %s\r\nX-From: eve@example.net\r\nX\r\n" + eve + "\r\n", "From: %s\r\nX-A: x\rFrom: eve@example.net\r\n\r\n",
		"From: %s\r\nX-A: x\x00\r\n\r\n" + eve,
	} {
		got := Read(strings.NewReader(fmt.Sprintf(raw, anna))).From
		if want := map[bool]string{true: "", false: anna}[i == 2]; got != want { // a header that ends early names nobody
			t.Errorf("mail %d: %q, not %q", i, got, want)
		}
	}
}
