package metric_test

import (
	"log/slog"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/metric"
)

var at = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// The format is CloudWatch's: metadata in _aws, the values beside it, and one object per line.
func TestPutWritesOneLineOfEmbeddedMetricFormat(t *testing.T) {
	var out strings.Builder
	if err := metric.Put(&out, "privacy-1", at, metric.Values{metric.SuccessfulPurges: 1, metric.SecondsPastExpiry: 72000.5}); err != nil {
		t.Fatal(err)
	}
	want := `{"SecondsPastExpiry":72000.5,"Stack":"privacy-1","SuccessfulPurges":1,"_aws":{"CloudWatchMetrics":[{"Namespace":"HelpDeskExpertPrivacy",` +
		`"Dimensions":[["Stack"]],"Metrics":[{"Name":"SecondsPastExpiry","Unit":"Seconds"},{"Name":"SuccessfulPurges","Unit":"Count"}]}],"Timestamp":1795435200000}}` + "\n"
	if out.String() != want {
		t.Errorf("\n got  %s want %s", out.String(), want)
	}
}

func TestAServerErrorIsCountedForItsVersion(t *testing.T) {
	var out strings.Builder
	if err := metric.CountServerError(&out, "privacy-1-ConsentFunction-X", "7", at); err != nil {
		t.Fatal(err)
	}
	want := `{"Function":"privacy-1-ConsentFunction-X","ServerErrors":1,"Version":"7","_aws":{"CloudWatchMetrics":[{"Namespace":"HelpDeskExpertPrivacy",` +
		`"Dimensions":[["Function","Version"]],"Metrics":[{"Name":"ServerErrors","Unit":"Count"}]}],"Timestamp":1795435200000}}` + "\n"
	if out.String() != want {
		t.Errorf("\n got  %s want %s", out.String(), want)
	}
}

// The name of a metric must not carry an e-mail address.
func TestPutWritesOnlyKnownNamesAndNumbers(t *testing.T) {
	for name, values := range map[string]metric.Values{
		"unknown":  {metric.SuccessfulPurges: 1, "anna@example.com": 1},
		"NaN":      {metric.SecondsPastExpiry: math.NaN()},
		"infinite": {metric.SecondsPastExpiry: math.Inf(1)},
	} {
		var out strings.Builder
		err := metric.Put(&out, "privacy-1", at, values)
		if err == nil || out.Len() != 0 {
			t.Errorf("%s: wrote %q", name, out.String())
		} else if strings.Contains(err.Error(), "anna") {
			t.Errorf("%s: the error repeats the name", name)
		}
	}
}

func TestPutOfNothingWritesNothing(t *testing.T) {
	var out strings.Builder
	if err := metric.Put(&out, "privacy-1", at, nil); err != nil || out.Len() != 0 {
		t.Errorf("%v, %q", err, out.String())
	}
}

func TestNamesAreSorted(t *testing.T) {
	if names := metric.Names(); !slices.Equal(names, []metric.Name{"AnswersReturned", "ChangesContested", "ErasuresStuck", "ExportsStopped", "IdentityActs", "MailsNotAccepted", "NoticesBlocked",
		"NoticesStarted", "NoticesStuck", "NoticesUnknown", "RequestsForTeam", "RequestsNear", "RequestsOverdue", "SecondsPastExpiry", "SecondsPastExpiryOwn", "ServerErrors", "SuccessfulPurges"}) {
		t.Errorf("%q", names)
	}
}

func TestAMeterCountsOne(t *testing.T) {
	var out strings.Builder
	m := metric.Meter{Out: &out, Stack: "privacy-1", Now: func() time.Time { return at }}
	if err := m.Count(metric.MailsNotAccepted); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"MailsNotAccepted":1`, `"Stack":"privacy-1"`, `{"Name":"MailsNotAccepted","Unit":"Count"}`, `"Timestamp":1795435200000`} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("no %s in %s", part, out.String())
		}
	}
	if err := m.Count("anna@example.com"); err == nil {
		t.Error("a name that is not in the table was counted")
	}
}

// An alarm is a log line with the id of a request and one count.
func TestAnAlarmIsLoggedAndCounted(t *testing.T) {
	var log, out strings.Builder
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)
	metric.Meter{Out: &out, Stack: "privacy-1", Now: func() time.Time { return at }}.Alarm(metric.RequestsForTeam, "a request waits for the team")(t.Context(), "r-1")
	if !strings.Contains(log.String(), `level=ERROR msg="a request waits for the team" request=r-1`) || strings.Count(out.String(), `"RequestsForTeam":1`) != 1 {
		t.Errorf("%s%s", log.String(), out.String())
	}
}
