package export_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// answer is DynamoDB's answer to a query.
type answer struct {
	Items            []map[string]map[string]any
	Count            int
	ScannedCount     int
	LastEvaluatedKey map[string]map[string]any `json:",omitempty"`
}

// stored returns the items of a request's file by sort key, as DynamoDB answers them now.
func (s *rig) stored(t *testing.T, id string) map[string]map[string]map[string]any {
	t.Helper()
	items := map[string]map[string]map[string]any{}
	s.Wire.Through = func(c *enginetest.Call) (*http.Response, error) {
		response, err := c.Send()
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(response.Body)
		response.Body = io.NopCloser(bytes.NewReader(text))
		var got answer
		if err := json.Unmarshal(text, &got); err != nil {
			t.Error(err)
		}
		for _, item := range got.Items {
			items[item["SK"]["S"].(string)] = item
		}
		return response, err
	}
	s.Load(id)
	s.Wire.Through = nil
	return items
}

// tear lets the next query see the items with these sort keys as they were before, or not at all if they were not stored then. DynamoDB may
// answer a query like this while a transaction is carried out.
func (s *rig) tear(before map[string]map[string]map[string]any, keys ...string) {
	torn := false
	s.Wire.Through = func(c *enginetest.Call) (*http.Response, error) {
		response, err := c.Send()
		if err != nil || torn || c.Operation != "Query" {
			return response, err
		}
		torn = true
		var seen answer
		if err := json.NewDecoder(response.Body).Decode(&seen); err != nil {
			return nil, err
		}
		var items []map[string]map[string]any
		for _, item := range seen.Items {
			if sk := item["SK"]["S"].(string); slices.Contains(keys, sk) {
				item = before[sk]
			}
			if item != nil {
				items = append(items, item)
			}
		}
		seen.Items, seen.Count, seen.ScannedCount = items, len(items), len(items)
		return c.Answer(http.StatusOK, seen)
	}
}

// F24, F01: the report that the answer came back is taken in while the answer is being stored, and sees the closed request without the event that
// tells which mail closed it. The request is open again all the same.
func TestFault_F24_AReportThatSeesHalfOfTheAnswer(t *testing.T) {
	for _, stored := range []bool{true, false} {
		s := newRig(t)
		if stored {
			s.OnRecord["anna@example.org"] = "anna@example.org"
		}
		r := s.Verified("anna@example.org")
		var before map[string]map[string]map[string]any
		outside := s.Fails
		s.Fails = func(operation string) error {
			if operation == "mail" {
				before = s.stored(t, r.ID)
			}
			return outside(operation)
		}
		s.Work()
		s.Fails = outside
		file := s.Load(r.ID)
		if file.Request.State != request.Fulfilled || len(before) == 0 {
			t.Fatal(file.Request.State, len(before))
		}
		s.tear(before, slices.DeleteFunc(slices.Collect(maps.Keys(s.stored(t, r.ID))), func(sk string) bool { return sk == "REQUEST" })...)
		s.Report(s.LastMail(), feedback.Bounced, true, "general")
		s.Wire.Through = nil
		s.waits(t, r.ID, map[bool]request.State{true: request.Fulfilling, false: request.Open}[stored], true)
	}
}

// F24: two exports were mailed, and both come back at once. The report about the second sees the first one as if it still counted as the
// answer. The request is open again all the same.
func TestFault_F24_BothAnswersComeBackAtOnce(t *testing.T) {
	s := newRig(t)
	r := s.answered(t, true)
	first := s.LastMail()
	if _, err := export.Another(t.Context(), s.Requester, r.ID, anna); err != nil {
		t.Fatal(err)
	}
	s.Work()
	second, before := s.LastMail(), s.stored(t, r.ID)
	s.Report(first, feedback.Bounced, true, "general")
	s.tear(before, "EXPORT#1")
	s.Report(second, feedback.Bounced, true, "general")
	s.Wire.Through = nil
	s.waits(t, r.ID, request.Fulfilling, true)
	if s.Reopened != 1 {
		t.Errorf("told %d times: %v", s.Reopened, servicetest.Kinds(s.Load(r.ID)))
	}
}
