package people

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// The population contains every history that retention treats differently.
func TestEveryHistoryOccurs(t *testing.T) {
	seen := map[string]int{}
	for _, group := range all(t, 300, baseDay) {
		accounts := 0
		for i, s := range group {
			at, err := time.Parse(time.RFC3339, s.OccurredAt)
			if err != nil || at.After(baseDay) {
				t.Fatalf("%s %s occurred at %s", s.Category, s.ID, s.OccurredAt)
			}
			if s.Category == "account" {
				if i != accounts {
					t.Error("an account line stands behind another")
				}
				accounts++
			}
			describe(s, baseDay.Sub(at), seen)
		}
		switch {
		case group[0].Subject == nil:
		case accounts == 0:
			seen["without an account"]++
		case accounts == 2:
			seen["came back"]++
		}
	}
	for _, history := range []string{"without an account", "came back", "ended", "ended long ago", "running", "credit note", "zero-decimal",
		"invoice past 7 years", "invoice within 7 years", "long chat", "short chat", "third person", "log within 90 days", "log beyond 90 days", "formula",
		"markup", "zero width", "right to left"} {
		if seen[history] == 0 {
			t.Errorf("nobody: %s", history)
		}
	}
	if leads := seen["without an account"]; leads < 300/10 || leads > 300/6 {
		t.Errorf("%d of 300 people have no account; about one in eight should", leads)
	}
	t.Log(seen)
}

// T17, T18: each awkward text is in every population of this size, so no test depends on luck.
func TestEveryAwkwardTextOccurs(t *testing.T) {
	seen := map[string]int{}
	var count func(any)
	count = func(value any) {
		switch v := value.(type) {
		case string:
			seen[v]++
		case []any:
			for _, inner := range v {
				count(inner)
			}
		case map[string]any:
			for _, inner := range v {
				count(inner)
			}
		}
	}
	for _, group := range all(t, 300, baseDay) {
		for _, s := range group {
			var data any
			_ = json.Unmarshal(s.Data, &data)
			count(data)
		}
	}
	for _, text := range awkward {
		if seen[text] == 0 {
			t.Errorf("nobody has %q", text)
		}
	}
}

// describe counts what a record shows; age is how long before the base day it occurred.
func describe(s sent, age time.Duration, seen map[string]int) {
	var d struct {
		ContractEndedAt *time.Time
		Amount          string
		Currency        string
		Messages        []message
	}
	_ = json.Unmarshal(s.Data, &d)
	mark := func(history string, is bool) {
		if is {
			seen[history]++
		}
	}
	switch s.Category {
	case "account":
		mark("running", d.ContractEndedAt == nil)
		mark("ended", d.ContractEndedAt != nil && age < accountKept)
		mark("ended long ago", d.ContractEndedAt != nil && age > accountKept)
	case "transaction":
		mark("credit note", strings.HasPrefix(d.Amount, "-"))
		mark("zero-decimal", d.Currency == "JPY" && !strings.Contains(d.Amount, "."))
		mark("invoice past 7 years", age > 7*year+2*day)
		mark("invoice within 7 years", age < 7*year)
	case "communication":
		mark("long chat", len(d.Messages) >= 200)
		mark("short chat", len(d.Messages) < 20)
		for _, m := range d.Messages {
			mark("third person", m.From == "other")
		}
	case "security_log":
		mark("log within 90 days", age < logKept)
		mark("log beyond 90 days", age > logKept)
	}
	text := string(s.Data)
	mark("formula", strings.Contains(text, `"=1+1"`))
	mark("markup", strings.Contains(text, `<script>`))
	mark("zero width", strings.Contains(text, "\u200b"))
	mark("right to left", strings.Contains(text, "שלום"))
}

// Amounts have as many decimals as their currency's smallest unit (ISO 4217).
func TestMinor(t *testing.T) {
	for _, c := range []struct {
		units    int
		currency string
		want     string
	}{{1, "EUR", "0.01"}, {-12345, "GBP", "-123.45"}, {500, "JPY", "500"}, {1234, "KWD", "1.234"}, {0, "KRW", "0"}} {
		if got := minor(c.units, c.currency); got != c.want {
			t.Errorf("%d %s: %s, want %s", c.units, c.currency, got, c.want)
		}
	}
}

func BenchmarkInvent(b *testing.B) {
	size := 0
	for i := range b.N {
		for _, l := range invent(i, baseDay).lines {
			size += len(l)
		}
	}
	b.ReportMetric(float64(size)/float64(b.N), "bytes/person")
}
