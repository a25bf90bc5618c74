package main

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// F23: a status link shows that the export has stopped and the request is still open, and later that the team has restarted the export.
func TestFault_F23_TheStatusTellsOfAStoppedExport(t *testing.T) {
	s := newRig(t)
	id := s.file("anna@example.org")
	file, err := s.Requests.Load(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	r := file.Request
	r.State, r.VerifiedAt, r.Attempts = request.Fulfilling, s.Clock.Now(), 1
	event := r.Record(request.EventStopped, s.Clock.Now())
	e := export.Attempt{Request: id, Number: 1, Subject: "sid", State: export.Stopped, Due: work.Due{Try: 79}, CreatedAt: s.Clock.Now(), ExpiresAt: event.ExpiresAt}
	if _, err := s.Requests.Save(t.Context(), file, r, e, event); err != nil {
		t.Fatal(err)
	}
	look := func() (shown struct {
		State   string
		Waits   string `json:"waitingFor"`
		Events  []struct{ Kind string }
		Exports []struct{ State string }
	}) {
		w := s.send("GET", "/v1/requests/"+id, "", "192.0.2.1", "Authorization", "Bearer "+string(status(id)))
		if err := json.Unmarshal(w.Body.Bytes(), &shown); err != nil || w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		return shown
	}
	if shown := look(); shown.State != "fulfilling" || shown.Waits != "team" || len(shown.Exports) != 1 || shown.Exports[0].State != "stopped" || shown.Events[len(shown.Events)-1].Kind != "stopped" {
		t.Errorf("%+v", shown)
	}
	if err := s.Retry(id); err != nil {
		t.Fatal(err)
	}
	if shown := look(); shown.State != "fulfilling" || shown.Waits != "" || len(shown.Exports) != 2 || shown.Exports[1].State != "pending" || shown.Events[len(shown.Events)-1].Kind != "retried" {
		t.Errorf("begun again: %+v", shown)
	}
}
