package story

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/dynamo/reminders"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// rita limits the use of her data. Nobody else does.
const rita = "rita@example.org"

// limited are her requests, and the session in which she takes them back.
type limited struct {
	session                        map[string]string
	optOut, objection, restriction string
}

// rights files a request and returns its number.
func (s *service) rights(t *testing.T, want int, filing map[string]any) (id string) {
	t.Helper()
	var filed struct{ ID string }
	s.call(t, want, "POST", "/v1/requests", nil, filing, &filed)
	return filed.ID
}

// because asks whether Rita's data may be used for a purpose, until the reason is the one given.
func (s *service) because(t *testing.T, purpose, reason string) {
	t.Helper()
	token := s.token(t, "decisions.read")
	wait(t, purpose+" to be decided by "+reason, 30*time.Second, func() bool {
		var decision struct{ Reason string }
		s.call(t, http.StatusOK, "POST", "/v1/decisions", token, map[string]any{"subject": map[string]string{"email": rita}, "purpose": purpose}, &decision)
		return decision.Reason == reason
	})
}

// limits has Rita opt out, object and have the use of her data restricted, and a browser opt out. What needs no confirmation holds at once
// (promises H04, H06, H10).
func (s *service) limits(t *testing.T) (all limited) {
	t.Helper()
	s.files(t, s.token(t, "records.write"), "rita", map[string]string{"id": "c-rita", "email": rita})
	s.optsOut(t)
	s.shares(t)
	all.optOut = s.rights(t, http.StatusOK, map[string]any{"right": "opt_out", "email": rita})
	s.because(t, "marketing_cookies", "opt_out")
	s.rights(t, http.StatusOK, map[string]any{"right": "opt_out", "email": rita}) // which forbids nothing new
	s.rights(t, http.StatusOK, map[string]any{"right": "opt_out", "email": "nobody.knows@example.org"})
	s.rights(t, http.StatusOK, map[string]any{"right": "automated_decisions", "email": rita})
	s.rights(t, http.StatusAccepted, map[string]any{"right": "complaint", "email": rita, "details": "Nobody answers."})
	all.objection = s.rights(t, http.StatusAccepted, map[string]any{"right": "objection", "email": rita, "purposes": []string{"service_improvement"}})
	all.restriction = s.rights(t, http.StatusAccepted, map[string]any{"right": "restriction", "email": rita, "ground": "unlawful", "categories": []string{"identity"}})
	session, _ := s.opens(t, 1, rita, nil)
	wait(t, "both to wait", time.Minute, func() bool { return len(s.sees(t, session).ids("request")) == 2 })
	for _, id := range []string{all.objection, all.restriction} {
		s.call(t, http.StatusOK, "POST", "/v1/requests/"+id+"/confirm", session, nil, nil)
	}
	s.because(t, "service_improvement", "objection")
	s.because(t, "account_management", "restriction")
	all.session = session
	return all
}

// shares opts somebody out who shares each of their two addresses with somebody else: it holds before the answer (promise H10).
func (s *service) shares(t *testing.T) {
	t.Helper()
	const first, second = "sam.first@example.org", "sam.second@example.org"
	records := s.token(t, "records.write")
	s.files(t, records, "sam", map[string]string{"id": "c-sam", "email": first})
	s.call(t, http.StatusOK, "PUT", "/v1/subjects/c-sam", s.token(t, "subjects.write"), map[string]any{"emails": []string{first, second}}, nil)
	s.files(t, records, "tom", map[string]string{"id": "c-tom", "email": first})
	s.files(t, records, "uma", map[string]string{"id": "c-uma", "email": second})
	s.rights(t, http.StatusOK, map[string]any{"right": "opt_out", "email": first})
}

// optsOut opts a browser out. To allow again what it forbids takes two steps (promise D01).
func (s *service) optsOut(t *testing.T) {
	t.Helper()
	const browser = "0a9e8a5c-1b1a-4f7e-9a52-8d9f5f6f2c11"
	state := func(want string) {
		t.Helper()
		var got struct {
			Decisions map[string]struct{ State string }
		}
		if s.call(t, http.StatusOK, "GET", "/v1/consents/"+browser, nil, nil, &got); got.Decisions["marketing_cookies"].State != want {
			t.Errorf("the browser's marketing cookies are %+v, not %s", got.Decisions["marketing_cookies"], want)
		}
	}
	s.rights(t, http.StatusOK, map[string]any{"right": "opt_out", "visitor": browser})
	state("denied")
	again := map[string]any{"subject": map[string]string{"visitor": browser}, "decisions": map[string]string{"marketing_cookies": "granted"},
		"policyVersion": s.policyVersion(t), "language": "en", "surface": "preferences"}
	s.call(t, http.StatusConflict, "POST", "/v1/consents", nil, again, nil)
	again["confirmOptIn"] = true
	s.call(t, http.StatusCreated, "POST", "/v1/consents", nil, again, nil)
	state("granted")
}

// lifts waits until the restriction is done, which is once no write that knows nothing of it can arrive, and has Rita take all of it back.
func (s *service) lifts(t *testing.T, all limited) {
	t.Helper()
	wait(t, "the mail about the restriction", time.Minute, func() bool {
		s.fire(t, "FulfilSchedule", nil)
		return slices.ContainsFunc(s.mails(t, rita), func(m mail) bool { return m.Subject == "The use of your data is restricted" })
	})
	for _, id := range []string{all.restriction, all.objection, all.optOut} {
		s.call(t, http.StatusOK, "POST", "/v1/requests/"+id+"/withdraw", all.session, nil, nil)
	}
	s.because(t, "service_improvement", "basis")
	s.because(t, "account_management", "basis")
	s.because(t, "marketing_cookies", "undecided")
}

// reminds lets a request wait for days, and runs the function that reminds whoever has to be reminded of it.
func (s *service) reminds(t *testing.T) {
	t.Helper()
	const forgetful = "forgetful@example.org"
	id := s.rights(t, http.StatusAccepted, map[string]any{"right": "access", "email": forgetful})
	s.link(t, 1, forgetful, "/me#", nil)
	register := s.register(t)
	file, err := register.Load(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	late := file.Request
	late.ReceivedAt = late.ReceivedAt.AddDate(0, 0, -policy.InForce(time.Now()).RemindAfter)
	if _, err := register.Save(t.Context(), file, late); err != nil {
		t.Fatal(err)
	}
	s.soonDue(t)
	client, tables := s.engine(t)
	i := slices.IndexFunc(tables, func(name string) bool { return strings.Contains(name, "Ledger") })
	store := &reminders.Store{Client: client, Table: tables[i], Policy: policy.InForce, Now: time.Now}
	progress, err := store.LoadProgress(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	progress.Team = time.Time{} // as if the function had not run for weeks
	if _, err := store.SaveProgress(t.Context(), progress); err != nil {
		t.Fatal(err)
	}
	s.fire(t, "RemindSchedule", nil)
	if file, err = register.Load(t.Context(), id); err != nil || file.Request.State != request.Verifying || file.Request.RemindedAt.IsZero() {
		t.Errorf("after the reminder: %+v, %v", file.Request, err)
	}
	if got := len(s.mails(t, policy.InForce(time.Now()).Controller.PrivacyEmail)); got != 1 {
		t.Errorf("the team got %d mails", got)
	}
}
