package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/consent/receipt"
	"github.com/helpdeskexpert/privacy/shared/decision"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
)

// separates takes back the join of a person.
func (s *rig) separates(who string) {
	s.T.Helper()
	if code, answer := s.call(s.T, "POST", "/v1/subjects/separate", `{"subject":`+who+`}`); code != http.StatusOK || answer != `{"separated":true}` {
		s.T.Fatal(code, answer)
	}
}

// may says whether marketing mail may be sent to an address, and why, as the decision call answers.
func (s *rig) may(email string) decision.Reason {
	s.T.Helper()
	d := decision.Decider{Policy: policy.InForce, Subjects: s.Subjects, Consents: &s.Consents.Store, Aliases: servicetest.Aliases, Now: s.Clock.Now}
	answer, err := d.Answer(s.T.Context(), "crm", decision.Question{Subject: decision.Who{Named: record.Named{Email: &email}}, Purpose: privacy.MarketingEmail})
	if err != nil {
		s.T.Fatal(err)
	}
	return answer.Reason
}

// stored returns the ids of the records of some data subjects.
func (s *rig) stored(ids ...privacy.SubjectID) (all []string) {
	s.T.Helper()
	for _, id := range ids {
		for r, err := range s.Records.Stored(s.T.Context(), id) {
			if err != nil {
				s.T.Fatal(err)
			}
			all = append(all, r.ID)
		}
	}
	slices.Sort(all)
	return all
}

// Two people turn out to be one. Each join is one act, and so is each change of addresses. Both ids, and all addresses, stand for the one who stays.
func TestJoin(t *testing.T) {
	s := newRig(t)
	stays, goes := s.knows("c-1", anna), s.knows("c-2", bert)
	s.forget()
	if got := s.put("c-1", true, anna, bert); got != (changed{2, 0, 0, 1}) {
		t.Errorf("%+v", got)
	}
	s.acted("subjects_joined")
	if got := s.put("c-1", true, anna, bert); got != (changed{Addresses: 2}) { // as after a lost answer
		t.Errorf("again: %+v", got)
	}
	s.acted()
	if s.behind(bert) != stays || s.alias(servicetest.Aliases.IDAlias("crm", "c-2")).Subject() != stays {
		t.Error("the aliases of the one who went")
	}
	s.takes(s.named("c-2", ""), privacy.Marketing, "later", list)
	if got := s.stored(stays, goes); !slices.Equal(got, []string{"later", "self", "self"}) || !slices.Equal(s.stored(goes), []string{"self"}) {
		t.Errorf("%q, and %q of the one who went", got, s.stored(goes))
	}
	s.knows("c-3", "carla@example.com")
	s.forget()
	got := s.change("POST", "/v1/subjects/rename", `{"from":"carla@example.com","to":"`+bert+`","join":true}`)
	if got != (changed{2, 0, 1, 1}) || s.behind("carla@example.com") != "" || s.alias(servicetest.Aliases.IDAlias("crm", "c-3")).Subject() != stays {
		t.Errorf("rename: %+v", got)
	}
	s.acted("subjects_joined", "addresses_changed")
}

// At most five people are joined to one. The five joins stand, and each has its entry.
func TestSixJoins(t *testing.T) {
	s := newRig(t)
	id := s.knows("c-0", anna)
	emails := []string{anna}
	for i := range 6 {
		emails = append(emails, fmt.Sprintf("other%d@example.org", i))
		s.knows(fmt.Sprint("c-1", i), emails[i+1])
	}
	s.forget()
	body := `{"join":true,"emails":["` + strings.Join(emails, `","`) + `"]}`
	if kind, _ := s.refused(http.StatusConflict, "PUT", "/v1/subjects/c-0", body); kind != "conflict" {
		t.Error(kind)
	}
	s.acted("subjects_joined", "subjects_joined", "subjects_joined", "subjects_joined", "subjects_joined")
	for i, email := range emails {
		if joined := s.behind(email) == id; joined != (i < 6) {
			t.Errorf("%s: %t", email, joined)
		}
	}
	if kind, _ := s.refused(http.StatusConflict, "POST", "/v1/subjects/rename", `{"from":"`+emails[6]+`","to":"`+anna+`","join":true}`); kind != "conflict" {
		t.Error(kind)
	}
	s.acted()
}

// Records of both come in while they are joined. None is lost, and afterwards each is found under one of the two.
func TestAJoinBesideRecords(t *testing.T) {
	s := newRig(t)
	stays, goes := s.knows("c-1", anna), s.knows("c-2", bert)
	const records = 12
	var all sync.WaitGroup
	for n, id := range []string{"c-1", "c-2"} {
		all.Go(func() {
			for i := range records {
				if _, err := s.take(s.named(id, ""), privacy.Marketing, fmt.Sprintf("%d-%02d", n, i), list); err != nil {
					t.Errorf("record %d of %s: %v", i, id, err)
				}
			}
		})
	}
	all.Go(func() {
		if code, answer := s.call(t, "PUT", "/v1/subjects/c-1", `{"emails":["`+anna+`","`+bert+`"],"join":true}`); code != http.StatusOK {
			t.Errorf("%d %s", code, answer)
		}
	})
	all.Wait()
	s.work()
	if got := s.stored(stays, goes); len(got) != 2*records+2 || s.behind(bert) != stays {
		t.Errorf("%d records: %q", len(got), got)
	}
	s.acted("subjects_joined")
}

// C03: somebody withdraws their consent while they are joined to somebody who has agreed. The withdrawal holds, whichever comes first.
func TestPromise_C03_AWithdrawalBesideAJoinHolds(t *testing.T) {
	for round := range 4 {
		s := newRig(t)
		stays, goes := s.knows("c-1", anna), s.knows("c-2", bert)
		s.decides(stays, consent.Granted, "hers")
		s.decides(goes, consent.Granted, "his")
		s.Clock.Advance(time.Hour)
		s.forget()
		deny := consent.Act{
			Subject: consent.Address(goes), Operation: "no", Decisions: map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Denied},
			PolicyVersion: policy.VersionInForce(s.Clock.Now()), Language: "en", Surface: "preferences",
		}
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := s.ByAddress.Recorder.RecordPrepared(t.Context(), deny); err != nil { // by a session that began before the join
				t.Error(err)
			}
		})
		all.Go(func() {
			if code, answer := s.call(t, "PUT", "/v1/subjects/c-1", `{"emails":["`+anna+`","`+bert+`"],"join":true}`); code != http.StatusOK {
				t.Errorf("%d %s", code, answer)
			}
		})
		all.Wait()
		s.acted("subjects_joined")
		for _, email := range []string{anna, bert} {
			if got := s.may(email); got != "denied" {
				t.Errorf("round %d: %s is %s", round, email, got)
			}
		}
		s.work()
		snapshot, _, err := s.Subjects.State(t.Context(), stays)
		if err != nil || snapshot.Marketing != "withdrawn" {
			t.Errorf("round %d: the state says %s, %v", round, snapshot.Marketing, err)
		}
	}
}

// A join was wrong and is taken back: everything is as before. The same call again finds nothing to take back.
func TestAJoinIsTakenBack(t *testing.T) {
	for name, who := range map[string]string{"by the id": `{"id":"c-2"}`, "by an address": `{"email":"BERT@example.com"}`, "by both": `{"id":"c-2","email":"` + bert + `"}`} {
		t.Run(name, func(t *testing.T) {
			s := newRig(t)
			stays, goes := s.knows("c-1", anna), s.knows("c-2", bert)
			s.decides(stays, consent.Denied, "hers")
			s.decides(goes, consent.Granted, "his")
			s.Clock.Advance(time.Hour)
			s.put("c-1", true, anna, bert)
			s.work()
			if s.may(bert) != "denied" {
				t.Errorf("while they are one: %s", s.may(bert))
			}
			s.Clock.Advance(time.Hour)
			s.forget()
			s.separates(who)
			s.acted("subjects_separated")
			if s.behind(anna) != stays || s.behind(bert) != goes || s.alias(servicetest.Aliases.IDAlias("crm", "c-2")).Subject() != goes {
				t.Error("the aliases are not as before")
			}
			if s.may(anna) != "denied" || s.may(bert) != "consent" {
				t.Errorf("hers %s, his %s", s.may(anna), s.may(bert))
			}
			s.work()
			for id, want := range map[privacy.SubjectID]string{stays: "withdrawn", goes: "consented"} {
				snapshot, _, err := s.Subjects.State(t.Context(), id)
				if err != nil || string(snapshot.Marketing) != want || snapshot.Into != "" || len(snapshot.Formerly) != 0 {
					t.Errorf("%+v, want %s, %v", snapshot.State, want, err)
				}
			}
			s.refused(http.StatusNotFound, "POST", "/v1/subjects/separate", `{"subject":`+who+`}`)
			s.acted()
		})
	}
}

// C03: what was refused while two were one stays refused for both, once the join is taken back: nobody knows which of them said it. A grant stays
// where it was given. The refusal is one record, however often the call is repeated because answers are lost.
func TestPromise_C03_ARefusalOutlivesTheJoin(t *testing.T) {
	s := newRig(t)
	stays, goes := s.knows("c-1", anna), s.knows("c-2", bert)
	s.decides(goes, consent.Granted, "his")
	s.Clock.Advance(time.Hour)
	s.put("c-1", true, anna, bert)
	s.work()
	s.Clock.Advance(time.Hour)
	s.decides(stays, consent.Denied, "whose")
	s.Clock.Advance(time.Hour)
	lost := 0
	s.Wire.Through = func(c *enginetest.Call) (*http.Response, error) {
		if c.Operation == "TransactWriteItems" && c.Names(s.Tables.Name("SubjectsTable")) && lost < 2 { // two tries come to nothing
			lost++
			return c.Answer(http.StatusBadRequest, map[string]any{"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
				"CancellationReasons": []map[string]string{{"Code": "TransactionConflict"}}})
		}
		return c.Send()
	}
	s.forget()
	s.separates(`{"id":"c-2"}`)
	s.Wire.Through = nil
	s.acted("subjects_separated")
	var versions []string
	for r, err := range s.Consents.History(t.Context(), consent.Address(goes), s.Clock.Now()) {
		if err != nil {
			t.Fatal(err)
		}
		versions = append(versions, fmt.Sprint(r.Surface, " ", r.Decisions[privacy.MarketingEmail].State))
	}
	if !slices.Equal(versions, []string{"separation denied", "preferences granted"}) || lost != 2 {
		t.Errorf("%q", versions)
	}
	s.work()
	for _, email := range []string{anna, bert} {
		if got := s.may(email); got != "denied" {
			t.Errorf("%s is %s", email, got)
		}
	}
	snapshot, _, err := s.Subjects.State(t.Context(), goes)
	if err != nil || snapshot.Marketing != "withdrawn" {
		t.Errorf("%s, %v", snapshot.Marketing, err)
	}
}

// C02: the receipts of both can be verified after a join, and after it was taken back: a consent record never moves.
func TestPromise_C02_ReceiptsOutliveAJoin(t *testing.T) {
	s := newRig(t)
	ids := []privacy.SubjectID{s.knows("c-1", anna), s.knows("c-2", bert)}
	keys, err := receipt.NewKeys(strings.Repeat("k", 64), "")
	if err != nil {
		t.Fatal(err)
	}
	var before []string
	receipts := func() (all []string) {
		t.Helper()
		for _, id := range ids {
			r, err := s.Consents.Version(t.Context(), consent.Address(id), 1, s.Clock.Now())
			if err != nil || r.Version != 1 {
				t.Fatal(r.Version, err)
			}
			signed, err := keys.Sign(receipt.Of(r))
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, signed)
		}
		return all
	}
	s.decides(ids[0], consent.Granted, "hers")
	s.decides(ids[1], consent.Granted, "his")
	before = receipts()
	s.Clock.Advance(time.Hour)
	s.put("c-1", true, anna, bert)
	s.work()
	if after := receipts(); !slices.Equal(after, before) {
		t.Error("the receipts have changed with the join")
	}
	s.Clock.Advance(time.Hour)
	s.separates(`{"id":"c-2"}`)
	s.work()
	if after := receipts(); !slices.Equal(after, before) {
		t.Error("the receipts have changed with the separation")
	}
	published, err := keys.Published()
	if err != nil {
		t.Fatal(err)
	}
	set, err := json.Marshal(published)
	if err != nil {
		t.Fatal(err)
	}
	for i, signed := range before {
		if r, err := receipt.Verify(signed, set); err != nil || r.Subject != string(ids[i]) {
			t.Errorf("%+v, %v", r, err)
		}
	}
}
