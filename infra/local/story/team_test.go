package story

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// team is the privacy team, at a terminal.
type team struct {
	*service
	ctl string // path of the command
}

// team builds ctl.
func (s *service) team(t *testing.T) team {
	t.Helper()
	ctl := filepath.Join(t.TempDir(), "ctl")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", ctl, "./infra/ctl")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building ctl: %v\n%s", err, out)
	}
	return team{s, ctl}
}

// runs runs ctl on the stack and returns what it prints. typed is what the team types when it is asked.
func (m team) runs(t *testing.T, typed string, arguments ...string) string {
	t.Helper()
	out := m.ran(t, typed, append(arguments, "--local")...)
	if strings.Contains(out, "@") || strings.Contains(out, "My son") {
		t.Errorf("ctl %s shows personal data: %s", strings.Join(arguments, " "), out)
	}
	return out
}

// ran runs ctl and returns what it prints.
func (m team) ran(t *testing.T, typed string, arguments ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), m.ctl, arguments...)
	cmd.Env = append(os.Environ(), "DATA="+m.data)
	cmd.Stdin = strings.NewReader(typed)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		t.Fatalf("ctl %s: %v %s", strings.Join(arguments, " "), err, problems.String())
	}
	return out.String()
}

// refuses refuses an objection. What it stopped is allowed again, and the mail says where the person can complain (promises H06, L01).
func (m team) refuses(t *testing.T, h hand, id string) {
	t.Helper()
	m.runs(t, "Without it, the service would be worse for everybody.\n", "request", "close", id, "--result", "refused")
	h.told("Our decision about your objection to the use of your data", "We do not agree with your objection", "Without it, the service would be worse", "https://ico.org.uk")
	h.may("service_improvement", "basis")
	h.seesOf(id, "Refused")
	h.picture("objection-refused")
}

// extends takes more time for the correction, which the person is told, and then does what was asked. What is due first stands first in the team's list.
func (m team) extends(t *testing.T, h hand, correction string) {
	t.Helper()
	var queue struct {
		Waiting  int `json:"waitingForTeam"`
		Requests []struct {
			ID, Right string
			DueAt     time.Time
		}
	}
	if err := json.Unmarshal([]byte(m.runs(t, "", "requests", "--json")), &queue); err != nil {
		t.Fatal(err)
	}
	sorted := slices.IsSortedFunc(queue.Requests, func(a, b struct {
		ID, Right string
		DueAt     time.Time
	}) int {
		return a.DueAt.Compare(b.DueAt)
	})
	if !sorted || len(queue.Requests) == 0 || queue.Requests[0].Right != string(privacy.ChildErasure) || queue.Waiting != 3 {
		t.Errorf("the list of the team: %+v", queue)
	}
	m.runs(t, "Your records lie in three systems.\n", "request", "extend", correction)
	h.told("We need more time for your request to correct your data", "Your records lie in three systems.", "https://ico.org.uk")
	h.seesOf(correction, "Our answer takes longer")
	h.picture("extended")
	m.runs(t, "All of it is correct now.\n", "request", "close", correction, "--result", "done")
	h.told("Our decision about your request to correct your data", "We have done what you asked for")
	h.seesOf(correction, "Done")
	h.picture("closed")
}

// isReminded stores a request whose time for an answer is nearly over. The hourly run mails the team which one it is, and nothing about anybody.
func (m team) isReminded(t *testing.T) {
	t.Helper()
	id := m.soonDue(t)
	m.fire(t, "RemindSchedule", nil)
	to := policy.InForce(time.Now()).Controller.PrivacyEmail
	wait(t, "the mail to the team", 30*time.Second, func() bool { return len(m.mails(t, to)) == 1 })
	mail := m.mails(t, to)[0]
	if mail.Subject != "1 privacy request is due soon" || !strings.Contains(mail.Text, id) || strings.Contains(mail.Text, "rights@") {
		t.Errorf("the team is told %q: %s", mail.Subject, mail.Text)
	}
	m.fire(t, "RemindSchedule", nil)
	if got := len(m.mails(t, to)); got != 1 {
		t.Errorf("the team got %d mails", got)
	}
}

// soonDue stores a request of which the time for an answer is nearly over.
func (s *service) soonDue(t *testing.T) (id string) {
	t.Helper()
	now := time.Now()
	r := request.Request{ID: "019ab2c4-7a10-7c3e-9d55-2f6b8a41c0de", Right: privacy.Erasure, Email: "canary.rights@example.org", State: request.Open,
		ReceivedAt: now.AddDate(0, 0, -29), VerifiedAt: now.AddDate(0, 0, -29), PolicyVersion: policy.VersionInForce(now)}
	r.Terms = policy.TermsOf(r.PolicyVersion)
	if _, err := s.register(t).Save(t.Context(), request.File{Request: r}, r, r.Record(request.EventReceived, r.ReceivedAt)); err != nil {
		t.Fatal(err)
	}
	return r.ID
}

// record finds a stored record by its sort key; nil if there is none.
func (s *service) record(t *testing.T, sk string) (table string, found dynamo.Item) {
	t.Helper()
	client, tables := s.engine(t)
	i := slices.IndexFunc(tables, func(name string) bool { return strings.Contains(name, "Records") })
	pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{TableName: &tables[i], ConsistentRead: aws.Bool(true),
		FilterExpression: aws.String("SK = :sk"), ExpressionAttributeValues: dynamo.Item{":sk": dynamo.String(sk)}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			found = item
		}
	}
	return tables[i], found
}

// endsMeanwhile moves the end of a record's usual period, which a restriction suspends, to a second ago.
func (s *service) endsMeanwhile(t *testing.T, sk string) {
	t.Helper()
	table, item := s.record(t, sk)
	if item["otherwise"] == nil || item["expiresAt"] != nil {
		t.Fatalf("the record %s is not kept past its period", sk)
	}
	client, _ := s.engine(t)
	_, err := client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
		TableName: &table, Key: dynamo.Key(dynamo.Text(item, dynamo.PK), sk), UpdateExpression: aws.String("SET otherwise = :past"),
		ExpressionAttributeValues: dynamo.Item{":past": dynamo.Seconds(time.Now().Add(-time.Second))},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// liftsRestriction looks at what is kept, and takes the restriction back. What ended meanwhile is deleted then (promise H04).
func (h hand) liftsRestriction(id string) {
	h.t.Helper()
	const invoice = "transaction#inv-rights"
	wait(h.t, "the walk", 30*time.Second, func() bool { _, item := h.record(h.t, invoice); return item["otherwise"] != nil })
	h.endsMeanwhile(h.t, invoice)
	h.fire(h.t, "PurgeSchedule", nil)
	if _, item := h.record(h.t, invoice); item == nil {
		h.t.Error("the sweep deleted what a restriction keeps")
	}
	h.seesOf(id, "In force")
	h.picture("restriction-in-force")
	h.lifts(id)
	h.may("service_improvement", "basis")
	wait(h.t, "the sweep", 30*time.Second, func() bool {
		h.fire(h.t, "PurgeSchedule", nil)
		_, item := h.record(h.t, invoice)
		return item == nil
	})
	h.picture("restriction-lifted")
}

// policyVersion returns the version of the policy in force.
func (s *service) policyVersion(t *testing.T) string {
	t.Helper()
	var current struct{ Version string }
	s.call(t, http.StatusOK, "GET", "/v1/policy", nil, nil, &current)
	return current.Version
}
