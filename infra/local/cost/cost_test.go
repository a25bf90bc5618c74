package cost

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/shared/metric"
)

// A month has 30.4 days, and the corresponding minutes and hours.
const (
	days    = 30.4
	hours   = days * 24
	minutes = hours * 60
)

// Assumptions that nothing here can measure.
const (
	perDay      = 1e6   // decisions
	again       = 0.5   // of them by visitors who have decided before
	decision    = 0.005 // seconds that a decision takes the function
	connections = 10    // to DynamoDB, in use all day
	idleRun     = 0.02  // seconds of a schedule's run that finds nothing to do
	sweepRun    = 2     // seconds of a sweep
	refresh     = 12    // times an hour that DynamoDB asks KMS for a table's key, per connection in use ("DynamoDB encryption at rest")
)

// busy returns the cost of a million decisions a day.
func busy(c counts, s stack) []row {
	decisions := perDay * days
	writes := decisions * ((1-again)*c.first.writes + again*c.later.writes)
	reads := decisions * ((1-again)*c.first.reads + again*c.later.reads)
	stored := decisions * float64(c.item+enginetest.Overhead) / 1e9
	taken := decisions * float64(s.logLine) / 1e9
	growing := fmt.Sprintf("%.1f GB more each month (%d bytes per item, plus %d that DynamoDB adds), kept for three and a half years", stored, c.item, enginetest.Overhead)
	return []row{
		{"HTTP API", million(decisions, "requests"), httpAPI, decisions, ""},
		{"Lambda, requests", million(decisions, "requests"), invocation, decisions, ""},
		{"Lambda, time", fmt.Sprintf("%.1f M × %.0f ms × %.1f GB, arm64", decisions/1e6, decision*1e3, s.consenting), armTime, decisions * decision * s.consenting, ""},
		{"DynamoDB, writes", million(writes, "write units"), writing, writes, ""},
		{"DynamoDB, reads", million(reads, "read units"), reading, reads, ""},
		{"DynamoDB, storage", growing, storage, stored, ", growing"},
		{"Point-in-time recovery", "the same gigabytes", recovery, stored, ", growing"},
		{"Access log", fmt.Sprintf("%.1f GB ingested (%d bytes per line)", taken, s.logLine), logs, taken, ""},
		{"Data out", fmt.Sprintf("%.1f GB (%d bytes per answer, without headers)", decisions*float64(c.answer)/1e9, c.answer), traffic, decisions * float64(c.answer) / 1e9, ""},
		{"KMS", fmt.Sprintf("%s requests: %d connections, each %d times an hour", thousands(connections*refresh*hours), connections, refresh), keyRequest, connections * refresh * hours, ""},
	}
}

// idle returns the cost of the service when nobody calls it.
func idle(c counts, s stack) []row {
	runs := 2*minutes + hours
	reads, writes := 2*minutes*c.look.reads+hours*c.sweep.reads, 2*minutes*c.look.writes+hours*c.sweep.writes
	time := idleRun*minutes*(s.fulfil+s.export) + sweepRun*hours*s.purge
	sweeps := []metric.Name{metric.SuccessfulPurges, metric.SecondsPastExpiry, metric.SecondsPastExpiryOwn} // the others are paid for only while something fails
	asked := 2*refresh*hours + 5*hours                                                                      // the two that run each minute keep a connection in use; the sweep opens five tables
	return []row{
		{"Key", "1", key, 1, ", plus $1.00 after each of its first two yearly rotations"},
		{"Secrets", fmt.Sprint(s.secrets), secret, float64(s.secrets), ""},
		{"Alarms", fmt.Sprintf("%d watched metrics", s.alarmed), alarm, float64(s.alarmed), ""},
		{"Metrics of the sweep", fmt.Sprint(len(sweeps)), measured, float64(len(sweeps)), ""},
		{"Schedules", thousands(runs) + ": two schedules run every minute, one every hour", firing, runs, ""},
		{"Lambda, requests", thousands(runs), invocation, runs, ""},
		{"Lambda, time", fmt.Sprintf("%s GB-seconds: %.0f ms per look for due work, %d s per sweep", thousands(time), idleRun*1e3, sweepRun), armTime, time, ""},
		{"DynamoDB, reads", fmt.Sprintf("%s read units: %g per look for due work, %g per sweep", thousands(reads), c.look.reads, c.sweep.reads), reading, reads, ""},
		{"DynamoDB, writes", fmt.Sprintf("%s write units: %g per sweep", thousands(writes), c.sweep.writes), writing, writes, ""},
		{"KMS", thousands(asked) + " requests", keyRequest, asked, ""},
	}
}

// The tables in README are computed. UPDATE=1 rewrites them.
func TestTheCostsAreCounted(t *testing.T) {
	c, s := count(t), read(t)
	million, much := table(busy(c, s))
	nobody, little := table(idle(c, s))
	want := fmt.Sprintf("%s\nThe total is **$%.0f a month** at first. There is no server to pay for. When nobody calls, the service costs **$%.2f a month**:\n\n%s", million, much, little, nobody)
	path := filepath.Join(engine.Root(), "README.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- cost -->\n", "<!-- /cost -->\n"
	before, rest, opened := strings.Cut(string(text), begin)
	stands, after, closed := strings.Cut(rest, end)
	if !opened || !closed {
		t.Fatal("README has no markers around the cost tables")
	}
	if stands == want {
		return
	}
	if os.Getenv("UPDATE") == "" {
		t.Fatal("the costs in README differ from what was counted: run UPDATE=1 go test ./infra/local/cost")
	}
	if err := os.WriteFile(path, []byte(before+begin+want+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
