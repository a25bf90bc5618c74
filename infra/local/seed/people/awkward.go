package people

import (
	"slices"

	"github.com/brianvoe/gofakeit/v7"
)

// markup are texts that become markup or script if a page does not escape them (threat T17).
var markup = []string{
	`<script>window.broken=1</script>`, `<img src=x onerror="window.broken=1">`, `"><svg onload=window.broken=1>`,
	`' onmouseover='window.broken=1`, `'--></style></script><script>window.broken=1</script>`,
	`</textarea></title><details open ontoggle=window.broken=1>`, `<iframe srcdoc="<script>parent.broken=1</script>"></iframe>`,
	`javascript:window.broken=1`, `<a href="javascript:window.broken=1">x</a>`, `{{constructor.constructor('window.broken=1')()}}`,
	`<math><mtext><form><mglyph><style></math><img src onerror=window.broken=1>`, `<!--<img src="--><img src=x onerror=window.broken=1//">`,
	`&lt;script&gt;window.broken=1&lt;/script&gt;`, `\u003cscript\u003ewindow.broken=1\u003c/script\u003e`,
	`<meta http-equiv="refresh" content="0;url=javascript:window.broken=1">`, `<base href="https://evil.example/">`,
	`<link rel=stylesheet href=//evil.example/x.css>`, `]]><script>window.broken=1</script>`,
	`<noscript><p title="</noscript><img src=x onerror=window.broken=1>">`, `<template><script>window.broken=1</script></template>`,
	"<scr\x00ipt>window.broken=1</scr\x00ipt>", `<form id=errors><input name=body>`, `</dd></dl></article></details></main><h1>Hello`,
	"\u202e<b>right to left</b>", `<dialog open>`, `<x style="position:fixed;inset:0;background:red">`, `</textarea>&amp;&lt;`, `{{7*7}}${7*7}`,
}

// Markup returns texts that become markup or script if a page does not escape them. A script among them sets window.broken.
func Markup() []string { return slices.Clone(markup) }

// awkward are texts that people and attackers type into free text. All of them are allowed and must come back unchanged. None may
// run in a spreadsheet, a page or a path.
var awkward = append(Markup(),
	`=1+1`, `+1-1`, `-2+3`, `@SUM(A1:A9)`, "\t=1", `=HYPERLINK("http://example.org","click")`, `=cmd|' /C calc'!A0`,
	`"quoted", comma; semi`, `../../etc/passwd`, `C:\new\table.csv`, `'; DROP TABLE records; --`, "first line\nsecond line\r\nthird",
	"a\u0000b\u0007c", "zero\u200bwidth\u200djoiner\ufeff", "\u202eright-to-left override\u202c", "e\u0301 is not \u00e9", "😀👩‍👩‍👧‍👦🏳️‍🌈",
	"ﷺ ﷽", "שלום, call +1 202 555 0147 مرحبا", "Z̷͙͊a̶l̷g̵o̶", "\u2028line and paragraph\u2029", "", " ", "null", "NaN", "0x1F", "1e309",
	"ＦＵＬＬ　ＷＩＤＴＨ", "ǅungla ﬁne ſtreet", "🂡\U0010FFFF",
)

// freeText returns an ordinary text, or now and then an awkward one.
func freeText(f *gofakeit.Faker, ordinary func() string) string {
	if f.IntRange(1, 15) == 1 {
		return f.RandomString(awkward)
	}
	return ordinary()
}
