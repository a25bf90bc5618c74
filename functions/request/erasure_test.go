package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/consent/receipt"
	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/erasure/certificate"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// customer stores a conversation and an invoice about somebody.
func (s *rig) customer(email string) {
	s.T.Helper()
	at := s.Clock.Now().Format(time.RFC3339)
	for category, data := range map[privacy.Category]string{
		privacy.Communication: `{"endedAt":"` + at + `"}`, privacy.Transaction: `{"cardLast4":"4242","issuedAt":"` + at + `"}`,
	} {
		r := record.Record{Category: category, ID: "one", Source: privacy.Direct, OccurredAt: s.Clock.Now(), Data: []byte(data)}
		if got, err := s.Take(email, r); err != nil || got.Outcome != record.Stored {
			s.T.Fatal(got, err)
		}
	}
}

// planOf reads the plan of an erasure by the status link.
func (s *rig) planOf(t *testing.T, id string) (plan planShown) {
	t.Helper()
	code, body := s.bearer("GET", "/v1/requests/"+id+"/plan", status(id))
	if err := json.Unmarshal([]byte(body), &plan); err != nil || code != http.StatusOK {
		t.Fatalf("%d %s", code, body)
	}
	return plan
}

func press(hash string) string { return fmt.Sprintf(`{"plan":%q}`, hash) }

// agrees presses the button of a plan with a session.
func (s *rig) agrees(p person, id, body string, headers ...string) (int, string) {
	w := s.as(p, "POST", "/v1/requests/"+id+"/confirm", body, append([]string{"Content-Type", "application/json"}, headers...)...)
	return w.Code, w.Body.String()
}

// H03, T06, T07: a person reads the plan by the status link and by a session, agrees to it with a fresh session, sees until when it can be cancelled, and gets
// the certificate.
func TestPromise_H03_FromThePlanToTheCertificate(t *testing.T) {
	const anna = "anna@example.org"
	s := newRig(t)
	s.customer(anna)
	id := s.File(request.Filing{Right: privacy.Erasure, Email: anna}).ID
	s.Prove(id)
	path, p := "/v1/requests/"+id, s.fresh(t, anna)
	if code, _ := s.bearer("GET", path+"/plan", status(id)); code != http.StatusNotFound {
		t.Errorf("before the plan: %d", code)
	}
	if code, body := s.agrees(p, id, press(strings.Repeat("0", 64))); code != http.StatusConflict {
		t.Errorf("before the plan: %d %s", code, body)
	}
	s.Fulfil(id)
	if plan := s.planOf(t, id); plan.State != erasure.Planning || len(plan.Items) != 0 || plan.Hash != "" {
		t.Errorf("%+v", plan)
	}
	s.Erase(id)
	plan := s.planOf(t, id)
	shown := map[string]itemShown{}
	for _, item := range plan.Items {
		shown[string(item.Kind)] = item
	}
	invoices, talks := shown["transaction"], shown["communication"]
	if plan.State != erasure.Planned || plan.CoolingOff != 72 || plan.ErasesAt != nil || talks.Outcome != "erased" || *talks.Count != 1 || talks.Ground != "" || talks.Until != nil ||
		invoices.Outcome != "withheld" || *invoices.Count != 1 || invoices.Law == "" || invoices.Reason == "" || invoices.Until == nil || len(invoices.Drops) != 1 {
		t.Errorf("%+v", plan)
	}
	if w := s.as(p, "GET", path+"/plan", ""); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), plan.Hash) {
		t.Errorf("by the session: %d %s", w.Code, w.Body)
	}
	if of := s.me(t, p).Requests[0]; of.WaitingFor != request.ForYou || of.Erasure == nil || of.Erasure.Plan != plan.Hash || of.Erasure.ErasesAt != nil {
		t.Errorf("%+v", of)
	}
	if code, body := s.agrees(p, id, press(strings.Repeat("0", 64))); code != http.StatusConflict || !strings.Contains(body, `"/plan"`) {
		t.Errorf("another plan: %d %s", code, body)
	}
	if code, body := s.agrees(p, id, press(plan.Hash)); code != http.StatusOK {
		t.Fatalf("%d %s", code, body)
	}
	if code, body := s.agrees(p, id, press(plan.Hash)); code != http.StatusConflict || !strings.Contains(body, "already agreed") {
		t.Errorf("twice: %d %s", code, body)
	}
	if code, _ := s.bearer("GET", path+"/certificate", status(id)); code != http.StatusNotFound {
		t.Errorf("a certificate before the erasure: %d", code)
	}
	s.Erase(id)
	until := s.Clock.Now().Add(72 * time.Hour)
	if of := s.me(t, p).Requests[0]; of.WaitingFor != request.ForCooling || of.Erasure == nil || of.Erasure.ErasesAt == nil || !of.Erasure.ErasesAt.Equal(until) {
		t.Errorf("%+v", of)
	}
	s.shows(t, id, "cooling_off", erasure.Cooling, until)
	s.Erases(72 * time.Hour)
	if code, body := s.bearer("POST", path+"/withdraw", status(id)); code != http.StatusConflict || !strings.Contains(body, "has begun") {
		t.Errorf("withdrawn after its begin: %d %s", code, body)
	}
	s.Erases(servicetest.Writers + time.Second)
	s.shows(t, id, "", erasure.Watching, time.Time{})
	s.certified(t, id)
}

// shows checks what the status link says about an erasure.
func (s *rig) shows(t *testing.T, id, waits string, state erasure.State, at time.Time) {
	t.Helper()
	_, body := s.bearer("GET", "/v1/requests/"+id, status(id))
	var file fileShown
	if err := json.Unmarshal([]byte(body), &file); err != nil {
		t.Fatal(err)
	}
	if e := file.Erasure; string(file.WaitingFor) != waits || e == nil || e.State != state || (e.ErasesAt == nil) != at.IsZero() || e.ErasesAt != nil && !e.ErasesAt.Equal(at) {
		t.Errorf("%s", body)
	}
}

// certified checks the certificate that the status link shows.
func (s *rig) certified(t *testing.T, id string) {
	t.Helper()
	w := s.send("GET", "/v1/requests/"+id+"/certificate", "", "192.0.2.1", "Authorization", "Bearer "+string(status(id)))
	keys, err := receipt.NewKeys(servicetest.Receipts, "")
	if err != nil {
		t.Fatal(err)
	}
	set, err := keys.Published()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	c, err := certificate.Verify(w.Body.String(), text)
	if err != nil || c.Erasure != id || w.Header().Get("Content-Type") != "application/jose" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%v %+v", err, w.Header())
	}
}

// T07, T20, T23: only a fresh session of the mailbox of the request agrees, and only its own pages may use one. Whatever else is sent is refused by name.
func TestThreat_T07_WhoAndWhatAgrees(t *testing.T) {
	const anna = "anna@example.org"
	s := newRig(t)
	s.customer(anna)
	id := s.Planned(request.Filing{Right: privacy.Erasure, Email: anna})
	hash := s.planOf(t, id).Hash
	p := s.fresh(t, anna)
	for name, try := range map[string]struct {
		body    string
		headers []string
		want    int
	}{
		"text":                 {press(hash), []string{"Content-Type", "text/plain"}, 415},
		"half a body":          {`{"plan":`, nil, 400},
		"a plan twice":         {`{"plan":"a","plan":"b"}`, nil, 400},
		"no plan":              {`{}`, nil, 404}, // it does not wait to be confirmed any more
		"an empty plan":        {`{"plan":""}`, nil, 422},
		"something else":       {`{"plan":"` + hash + `","all":true}`, nil, 422},
		"a number":             {`{"plan":7}`, nil, 422},
		"a large body":         {`{"plan":"` + strings.Repeat("0", 1<<20) + `"}`, nil, 413},
		"from another website": {press(hash), []string{"Origin", servicetest.Websites[0]}, 403},
	} {
		if code, body := s.agrees(p, id, try.body, try.headers...); code != try.want {
			t.Errorf("%s: %d %s", name, code, body)
		}
	}
	if code, body := s.agrees(s.later(t, anna), id, press(hash)); code != http.StatusForbidden {
		t.Errorf("a later opening: %d %s", code, body)
	}
	if code, body := s.agrees(s.fresh(t, "eve@example.org"), id, press(hash)); code != http.StatusNotFound {
		t.Errorf("another mailbox: %d %s", code, body)
	}
	if code, _ := s.bearer("POST", "/v1/requests/"+id+"/confirm", status(id)); code != http.StatusUnauthorized {
		t.Errorf("the status link: %d", code)
	}
	s.shows(t, id, "you", erasure.Planned, time.Time{})
	if code, _ := s.bearer("POST", "/v1/requests/"+id+"/withdraw", status(id)); code != http.StatusOK {
		t.Errorf("withdrawn: %d", code)
	}
	if code, body := s.agrees(p, id, press(hash)); code != http.StatusConflict || !strings.Contains(body, "cancelled") {
		t.Errorf("after that: %d %s", code, body)
	}
}

// T23, T30: a plan and a certificate are shown to whoever has the status link or a session of the mailbox, and to nobody else.
func TestThreat_T30_WhoSeesAPlan(t *testing.T) {
	const anna = "anna@example.org"
	s := newRig(t)
	s.customer(anna)
	id := s.Planned(request.Filing{Right: privacy.Erasure, Email: anna})
	other := s.verified("bert@example.org")
	for _, what := range []string{"/plan", "/certificate"} {
		path := "/v1/requests/" + id + what
		for name, try := range map[string]struct {
			headers []string
			want    int
		}{
			"nothing":             {nil, 401},
			"another status link": {[]string{"Authorization", "Bearer " + string(status(other))}, 404},
			"an ended session":    {[]string{"Cookie", cookie + "=x"}, 401},
			"another mailbox":     {[]string{"Cookie", cookie + "=" + s.fresh(t, "eve@example.org").session}, 404},
			"another website":     {[]string{"Cookie", cookie + "=" + s.fresh(t, anna).session, "Origin", servicetest.Websites[0]}, 403},
		} {
			if w := s.send("GET", path, "", "192.0.2.1", try.headers...); w.Code != try.want {
				t.Errorf("%s, %s: %d %s", what, name, w.Code, w.Body)
			}
		}
		want := map[string]int{"/plan": 200, "/certificate": 404}[what]
		if w := s.as(s.later(t, anna), "GET", path, ""); w.Code != want {
			t.Errorf("%s, a later opening: %d %s", what, w.Code, w.Body)
		}
		if code, body := s.bearer("GET", "/v1/requests/"+other+what, status(other)); code != http.StatusNotFound {
			t.Errorf("%s of an access request: %d %s", what, code, body)
		}
	}
}
