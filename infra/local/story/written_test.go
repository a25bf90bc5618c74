package story

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

// TestStory_AMailIsEnough writes to the privacy team from a phone: for a copy of the data, and with a question, which the team answers. A reply to the
// answer is a question again.
// Promise: H12, L02. Threat: T02, T06, T09.
func TestStory_AMailIsEnough(t *testing.T) {
	s := start(t, t.TempDir())
	team := s.team(t)
	h := hand{s, t, browsertest.New(t), "phone.mail@example.org", "mail"}
	browsertest.Look(t, h.ctx, 390, 844, "light")
	h.records()
	today := time.Now().UTC().Format("2 January 2006")

	h.writes("My data", "Hello,\n\nplease send me a copy of my data.\n\nStory Teller")
	h.told("Your email of "+today+": please tell us what you would like us to do", "Anybody can write in your name", "We do not keep attachments")
	h.opensPage(1)
	h.says("#pending", "please send me a copy of my data.")
	h.says("#pending", "We think you mean the following")
	browsertest.Accessible(t, h.ctx)
	h.picture("waits")
	h.press("#pending .confirm", "#pending .result")
	h.says("#pending .result", "We gather your data")
	h.picture("confirmed")
	h.open(s.link(t, 1, h.email, "/exports/", nil))
	h.press("#open", "#done")
	h.says("#categories", "Identity data")
	h.picture("export")

	h.writes("A question", "Where are your servers?")
	h.opensPage(2)
	h.picture("question")
	wish := "#pending select"
	h.do(chromedp.Click(chromedp.CSS("#pending .confirm")))
	h.says("#pending .error", "Please choose what we should do.")
	h.do(chromedp.SendKeys(chromedp.CSS(wish), "It is a question"))
	h.says("#pending .then", "Our privacy team reads your email and answers you.")
	h.press("#pending .confirm", "#pending .result")
	h.says("#pending .result", "Our privacy team reads your email")
	h.picture("asked")
	id := h.waitsForTeam(team, "question")
	if got := team.ran(t, "", "request", "text", id, "--local"); !strings.Contains(got, "Where are your servers?") {
		t.Errorf("the team reads %q", got)
	}
	team.runs(t, "They are in Frankfurt and in London.\n", "request", "close", id, "--result", "done")
	h.told("Our answer to your email to our privacy team", "We have answered your question", "They are in Frankfurt and in London.")

	h.replies("Our answer to your email", "And who runs them?")
	h.opensPage(3)
	h.says("#pending", "And who runs them?")
	h.picture("reply")
	if got := browsertest.Text(t, h.ctx, "#pending"); strings.Contains(got, "status page") || strings.Contains(got, "#") {
		t.Errorf("a link with a secret is shown: %q", got)
	}
	h.press("#pending .discard", "#pending .result")
	s.forged(t)
	s.fire(t, "InboxSchedule", nil)
	if left := s.raw(t); len(left) > 0 {
		t.Errorf("mails are kept as they arrived although nobody needs them: %v", left)
	}
	s.stop(t)
}

// writes sends a mail by the form of the local inbox.
func (h hand) writes(subject, text string) {
	h.t.Helper()
	h.do(chromedp.Navigate(h.origin + "/_local/mail"))
	h.fills(subject, text)
}

// replies answers the newest mail with such a subject.
func (h hand) replies(subject, text string) {
	h.t.Helper()
	var id string
	for _, m := range h.mails(h.t, h.email) {
		if strings.HasPrefix(m.Subject, subject) {
			id = m.ID
		}
	}
	h.do(chromedp.Navigate(h.origin + "/_local/mail?to=" + id))
	h.fills("", text)
}

func (h hand) fills(subject, text string) {
	h.t.Helper()
	if subject != "" {
		h.do(chromedp.Evaluate[chromedp.Void](`document.getElementById('write').open = true; undefined`),
			chromedp.WaitVisible(chromedp.CSS("#from")), chromedp.SetValue(chromedp.CSS("#from"), h.email), chromedp.SetValue(chromedp.CSS("#subject"), subject))
	}
	h.do(chromedp.WaitVisible(chromedp.CSS("#text")), chromedp.SetValue(chromedp.CSS("#text"), text))
	h.picture("writes")
	h.do(chromedp.Click(chromedp.CSS("#write button")), chromedp.WaitVisible(chromedp.CSS("#written")))
}

// waitsForTeam waits until a request with the right stands in the team's queue, and returns its number.
func (h hand) waitsForTeam(with team, right string) (id string) {
	h.t.Helper()
	wait(h.t, "the queue of the team", 30*time.Second, func() bool {
		var queue struct {
			Requests []struct{ ID, Right, WaitingFor string }
		}
		if err := json.Unmarshal([]byte(with.runs(h.t, "", "requests", "--json")), &queue); err != nil {
			h.t.Fatal(err)
		}
		for _, r := range queue.Requests {
			if r.Right == right && r.WaitingFor == "team" {
				id = r.ID
			}
		}
		return id != ""
	})
	return id
}

// arrives sends a raw mail to the privacy address, as SES would receive it with these verdicts.
func (s *service) arrives(t *testing.T, message, verdicts string) {
	t.Helper()
	answer, err := s.client.Post(s.origin+"/_local/mail/inbound"+verdicts, "message/rfc822", strings.NewReader(message))
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusAccepted {
		t.Fatal(answer.Status)
	}
}

// mailsIn writes a mail, confirms it as a question, and lets the mail go as it arrived.
func (s *service) mailsIn(t *testing.T) {
	t.Helper()
	const writer = "writer.story@example.org"
	s.arrives(t, "From: "+writer+"\r\nSubject: A question\r\n\r\nWhere are your servers?\r\n", "")
	session, seen := s.opens(t, 1, writer, nil)
	ids := seen.ids("request")
	if len(ids) != 1 {
		t.Fatalf("what waits is %+v", seen)
	}
	s.call(t, http.StatusOK, "POST", "/v1/requests/"+ids[0]+"/confirm", session, map[string]string{"right": "question"}, nil)
	s.fire(t, "InboxSchedule", nil)
	if left := s.raw(t); len(left) > 0 {
		t.Errorf("the mail is kept as it arrived: %v", left)
	}
}

// forged sends a mail whose sender's domain denies that it sent the mail. Nobody is mailed.
func (s *service) forged(t *testing.T) {
	t.Helper()
	const victim = "victim.story@example.org"
	body := fmt.Sprintf("From: %s\r\nReply-To: mallory@example.net\r\nSubject: Delete my account\r\n\r\nAt once.\r\n", victim)
	const leaves = "a request waits for the team"
	before := strings.Count(s.out.String(), leaves)
	s.arrives(t, body, "?spf=FAIL&dkim=FAIL&dmarc=FAIL")
	wait(t, "the forged mail in the queue of the team", 30*time.Second, func() bool {
		return strings.Count(s.out.String(), leaves) > before
	})
	if len(s.mails(t, victim))+len(s.mails(t, "mallory@example.net")) > 0 {
		t.Error("somebody was mailed because of a forged mail")
	}
}

// raw lists the mails that are kept as they arrived.
func (s *service) raw(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(s.data, "objects", "inboundbucket", "*"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(s.data, "objects")); err != nil {
		t.Fatal("this test looks in the wrong place")
	}
	return found
}
