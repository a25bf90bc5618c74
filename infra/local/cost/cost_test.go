package cost

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/policy"
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
	pollers     = 5     // connections with which Lambda polls a queue, if the number of invocations is limited ("Configuring scaling behavior for SQS event source mappings")
	poll        = 3     // times a minute that a connection asks an empty queue: a long poll waits for 20 seconds
	letters     = 1e6   // of a campaign
	accountRate = 14    // mails a second that SES lets a new account send
	reports     = 2     // of SES about a mail that arrives: sent and delivered
	handling    = 3     // requests for a report in the queue, at most: send, receive, delete
	batch       = 10    // reports that the function gets at a time, at least: as many as SQS gives at once
	reportRun   = 0.01  // seconds for one of them
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
	perMinute := float64(s.eachMinute)
	runs := perMinute*minutes + 2*hours
	looks := 3*c.look.reads + c.campaigns.reads // of fulfil, export, erase and notify
	reads, writes := minutes*looks+hours*(c.sweep.reads+c.reminders.reads), minutes*(3*c.look.writes+c.campaigns.writes)+hours*(c.sweep.writes+c.reminders.writes)
	time := idleRun*(minutes*s.looking+hours*s.remind) + sweepRun*hours*s.purge
	hourly := []metric.Name{metric.SuccessfulPurges, metric.SecondsPastExpiry, metric.SecondsPastExpiryOwn, metric.RequestsNear, metric.RequestsOverdue} // the others are paid for only while something fails
	asked := perMinute*refresh*hours + float64(s.opened)*hours                                                                                           // those that run each minute keep a connection in use; the hourly ones open each table anew
	polls := float64(pollers * poll * minutes)
	return []row{
		{"Key", "1", key, 1, ", plus $1.00 after each of its first two yearly rotations"},
		{"Secrets", fmt.Sprint(s.secrets), secret, float64(s.secrets), ""},
		{"Alarms", fmt.Sprintf("%d watched metrics", s.alarmed), alarm, float64(s.alarmed), ""},
		{"Metrics of the hourly functions", fmt.Sprint(len(hourly)), measured, float64(len(hourly)), ""},
		{"Schedules", thousands(runs) + ": four schedules run every minute, two every hour", firing, runs, ""},
		{"Lambda, requests", thousands(runs), invocation, runs, ""},
		{"Lambda, time", fmt.Sprintf("%s GB-seconds: %.0f ms per look for due work, %d s per sweep", thousands(time), idleRun*1e3, sweepRun), armTime, time, ""},
		{"DynamoDB, reads", fmt.Sprintf("%s read units: %g per look for due work, %g per look for campaigns, %g per sweep, %g per look for deadlines", thousands(reads), c.look.reads, c.campaigns.reads, c.sweep.reads, c.reminders.reads), reading, reads, ""},
		{"DynamoDB, writes", fmt.Sprintf("%s write units: %g per sweep, %g per look for deadlines", thousands(writes), c.sweep.writes, c.reminders.writes), writing, writes, ""},
		{"SQS", fmt.Sprintf("%s requests: Lambda polls the queue of SES's reports with %d connections, each %d times a minute", thousands(polls), pollers, poll), queueing, polls, ""},
		{"KMS", thousands(asked) + " requests", keyRequest, asked, ""},
	}
}

// campaigning returns the cost of a campaign that mails a million people.
func campaigning(c counts, s stack) []row {
	const reported = letters * reports
	perSecond := math.Floor(accountRate * s.share)
	sending, reporting := letters/perSecond*s.telling, reported*reportRun*s.feedback
	time := sending + reporting
	writes, reads := letters*c.letter.writes, letters*c.letter.reads
	stored := letters * float64(c.recipient+enginetest.Overhead) / 1e9
	kept := policy.InForce(noon).SpanOf(policy.NoticeRecipient)
	return []row{
		{"SES", million(letters, "letters"), mailing, letters, ""},
		{"DynamoDB, writes", fmt.Sprintf("%s: %.2f per letter", million(writes, "write units"), c.letter.writes), writing, writes, ""},
		{"DynamoDB, reads", fmt.Sprintf("%s: %.2f per letter", million(reads, "read units"), c.letter.reads), reading, reads, ""},
		{"SNS", fmt.Sprintf("%s: sent and delivered", million(reported, "reports of SES")), publishing, reported, ""},
		{"SQS", fmt.Sprintf("%s, %d per report at most", million(reported*handling, "requests"), handling), queueing, reported * handling, ""},
		{"Lambda, requests", fmt.Sprintf("%s, with %d reports each at least", million(reported/batch, "requests"), batch), invocation, reported / batch, ""},
		{"Lambda, time", fmt.Sprintf("%s GB-seconds: %.0f hours at %.0f letters a second, %.0f ms per report", thousands(time), letters/perSecond/3600, perSecond, reportRun*1e3), armTime, time, ""},
		{"DynamoDB, storage", fmt.Sprintf("%.1f GB (%d bytes per recipient, plus %d that DynamoDB adds), kept for %s", stored, c.recipient, enginetest.Overhead, kept), storage, stored, " a month"},
		{"Point-in-time recovery", "the same gigabytes", recovery, stored, " a month"},
	}
}

// The tables in README are computed. UPDATE=1 rewrites them.
func TestTheCostsAreCounted(t *testing.T) {
	c, s := count(t), read(t)
	million, much := table("per month", busy(c, s))
	nobody, little := table("per month", idle(c, s))
	everybody, once := table("cost", campaigning(c, s))
	want := fmt.Sprintf("%s\nThe total is **$%.0f a month** at first. There is no server to pay for. When nobody calls, the service costs **$%.2f a month**:\n\n%s\n"+
		"A campaign that mails a change of the policy to a million people adds **$%.0f**, most of it for the mails:\n\n%s", million, much, little, nobody, once, everybody)
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
