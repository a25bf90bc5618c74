package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/inbound"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// T04, T12, T32: nothing that a mail says is in a mail of ours, in the log, in a metric or in a key: not when its link is mailed, nor when it joins another, is
// chosen, waits for the team, or fails. Its sender's address is where the link goes, and nowhere else.
func TestThreat_T04_NoMailSaysWhatAMailSaid(t *testing.T) {
	s := newRig(t)
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	s.Fulfilment.ForTeam = s.Opening.ForTeam
	const sender = "canaryfrom@example.org"
	unsure := servicetest.Vouched
	unsure.DMARC = inbound.Fail
	first := ""
	for i, found := range []inbound.Verdicts{servicetest.Vouched, servicetest.Vouched, unsure} {
		m := inbound.Message{From: sender, Subject: "canarysubject", Text: fmt.Sprint("canarytext ", i), Attachments: 2}
		a := s.Arrives(m, found)
		if _, err := s.Inbox.Take(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		if s.fulfils(); first == "" {
			first = inbound.ID(a.Object)
		}
	}
	other := s.Arrives(inbound.Message{From: "canaryother@example.org", Subject: "canarysubject", Text: "canarytext"}, unsure)
	if _, err := s.Inbox.Take(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	s.fulfils()
	s.Clock.Advance(15 * 24 * time.Hour)
	s.fulfils()
	if _, err := s.Requester.Choose(t.Context(), first, servicetest.Proof(sender), request.Filing{Right: privacy.Question}); err != nil {
		t.Fatal(err)
	}
	s.fulfils()
	mails := s.box.All()
	if len(mails) == 0 {
		t.Fatal("nothing was mailed")
	}
	for _, m := range mails {
		if fmt.Sprint(m.To) != "["+sender+"]" {
			t.Errorf("mailed to %v", m.To)
		}
		m.To = nil
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(strings.ToLower(string(text)), "canary") {
			t.Errorf("a mail has a canary: %s", text)
		}
	}
	for where, text := range map[string]string{"the log": log.String(), "the metrics": s.counts.String()} {
		if strings.Contains(strings.ToLower(text), "canary") || strings.Contains(text, sender) {
			t.Errorf("%s has a canary: %s", where, text)
		}
	}
	if s.counts.Len() == 0 {
		t.Error("nothing was counted, so nothing was looked at")
	}
	for _, table := range []string{"RequestsTable", "SubjectsTable", "LedgerTable"} {
		for _, item := range s.Scan(table) {
			if key := dynamo.Text(item, dynamo.PK) + dynamo.Text(item, dynamo.SK); strings.Contains(key, "canary") || strings.Contains(key, "@") {
				t.Errorf("a key of %s is %q", table, key)
			}
		}
	}
}
