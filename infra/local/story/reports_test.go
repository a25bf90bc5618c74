package story

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// reports lets SES report about mails: a link and an answer come back, and somebody complains about a notice. SES's reports go through the queue to the
// function that reads them. It needs the campaign of [service.campaigns].
func (s *service) reports(t *testing.T) {
	t.Helper()
	const unreachable = "unreachable@example.org"
	s.call(t, http.StatusOK, "POST", "/_local/mail/fates", nil, map[string]string{"address": unreachable, "fate": "bounces"}, nil)
	var filed struct{ ID string }
	s.call(t, http.StatusAccepted, "POST", "/v1/requests", nil, map[string]string{"right": "access", "email": unreachable}, &filed)
	id := filed.ID
	s.mailbox(t, 1, unreachable, nil)
	s.proves(t, 1, unreachable, nil)
	_, status := parts(t, s.link(t, 1, unreachable, "/requests/", nil))
	register := s.register(t)
	wait(t, "the report about the answer", time.Minute, func() bool {
		file, err := register.Load(t.Context(), id)
		return err == nil && file.Request.State == request.Open && file.Events[len(file.Events)-1].Kind == request.EventAnswerReturned
	})
	// Nobody may have the mailbox any more, so the links that were mailed to it are dead (threat T27).
	s.call(t, http.StatusNotFound, "GET", "/v1/requests/"+id, map[string]string{"Authorization": "Bearer " + status}, nil, nil)

	s.grants(t)
	s.decide(t, true)
	store := s.notices(t)
	now := time.Now().UTC()
	if err := store.Claim(t.Context(), notice.Claim{Version: far, Number: 1, At: now, Aliases: []string{"an alias"}}, now.AddDate(0, 1, 0)); err != nil {
		t.Fatal(err)
	}
	at := now.Format(time.RFC3339)
	for _, event := range []string{`"eventType":"Send"`, `"eventType":"Complaint","complaint":{"timestamp":"` + at + `"}`} {
		body := fmt.Sprintf(`{%s,"mail":{"timestamp":%q,"messageId":%q,"destination":[%q],"tags":{"kind":["notice"],"about":[%q],"part":["1-0"]}}}`, event, at, uuid.NewString(), reader, far)
		s.call(t, http.StatusAccepted, "POST", "/_local/mail/reports", nil, body, nil)
	}
	wait(t, "the complaint", time.Minute, func() bool {
		known, err := store.Known(t.Context(), far, []string{"an alias"})
		return err == nil && known["an alias"].Complained && known["an alias"].Outcome == notice.Delivered
	})
	s.decide(t, false)
}

// register returns the store of the requests that the service works on.
func (s *service) register(t *testing.T) *requests.Store {
	t.Helper()
	client, tables := s.engine(t)
	i := slices.IndexFunc(tables, func(name string) bool { return strings.Contains(name, "Requests") })
	if i < 0 {
		t.Fatalf("no table of requests among %q", tables)
	}
	return &requests.Store{Client: client, Table: tables[i], Terms: policy.TermsOf, Now: time.Now}
}

// grants has the reader agree to marketing mail once more.
func (s *service) grants(t *testing.T) {
	t.Helper()
	var current struct{ Version string }
	s.call(t, http.StatusOK, "GET", "/v1/policy", nil, nil, &current)
	before := len(s.links(t, reader, "/me#"))
	s.call(t, http.StatusAccepted, "POST", "/v1/consents", nil, map[string]any{
		"subject": map[string]string{"email": reader}, "decisions": map[string]string{"marketing_email": "granted"},
		"policyVersion": current.Version, "language": "en", "surface": "form",
	}, nil)
	session, seen := s.opens(t, before+1, reader, nil)
	for _, id := range seen.ids("consent") {
		s.call(t, http.StatusCreated, "POST", "/v1/pending/"+id+"/confirm", session, nil, nil)
	}
}
