package requests

import (
	"reflect"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// The mails of a request come back as they were stored, each with what is known of it. As many as are kept fit in the item, however long they are and in
// whatever script.
func TestMailsComeBackAsTheyWere(t *testing.T) {
	r := newRig(t, enginetest.DynamoDB(t))
	now := r.clock.Now()
	long := strings.Repeat("💌", request.LongestMessage) // four bytes each
	for name, messages := range map[string][]request.Message{
		"none": nil, "an empty one": {{At: now}}, "a sure one": {{At: now, Text: "words", Sure: true}}, "one that was cut": {{At: now, Text: "\x00\u202e<b>", Cut: true, Attachments: 17}},
		"as many as are kept": {{At: now, Text: long}, {At: now, Text: long, Sure: true}, {At: now, Text: long}, {At: now, Text: long}, {At: now, Text: long}, {At: now, Text: long, Cut: true}},
	} {
		want := r.filed()
		want.ID, want.Right, want.Messages = name, privacy.Question, messages
		if len(messages) > 0 {
			want.About = "another"
		}
		file := r.save(request.File{Request: want}, nil, want)
		loaded, err := r.Load(t.Context(), name)
		if want.Version = 1; err != nil || !reflect.DeepEqual(file.Request, want) || !reflect.DeepEqual(loaded.Request, want) {
			t.Errorf("%s: %+v is saved, and %+v is loaded, %v", name, file.Request, loaded.Request, err)
		}
		forgotten := loaded.Request
		forgotten.Forget()
		if file = r.save(file, nil, forgotten); len(file.Request.Messages) > 0 || file.Request.About != "" {
			t.Errorf("%s: once it is forgotten, %+v", name, file.Request)
		}
		if loaded, err = r.Load(t.Context(), name); err != nil || !loaded.Request.Forgotten() || loaded.Request.About != "" {
			t.Errorf("%s: once it is forgotten, %+v is loaded, %v", name, loaded.Request, err)
		}
	}
}

// L02: a mail that nobody has confirmed stands in the queue. While it waits for its sender, it waits for nobody there; after that it waits for the team.
func TestPromise_L02_UnopenedMailsStandInTheQueue(t *testing.T) {
	r := newRig(t, enginetest.DynamoDB(t))
	r.stored("waits", privacy.Question, request.Verifying, request.StepLapse, 1)
	r.stored("unopened", privacy.Question, request.Verifying, "", 2)
	r.stored("asked", privacy.Question, request.Open, "", 3)
	want := map[string]request.Wait{"waits": request.NoWait, "unopened": request.ForTeam, "asked": request.ForTeam}
	lines := r.open()
	for _, line := range lines {
		if line.WaitingFor != want[line.ID] {
			t.Errorf("%+v", line)
		}
	}
	if len(lines) != len(want) {
		t.Errorf("%+v", lines)
	}
}
