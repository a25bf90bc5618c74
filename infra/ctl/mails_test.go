package main

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

const (
	question = "8a6b1e7c-507e-8f9d-8c0a-1b2c3d4e5f60" // a mail that its sender confirmed as a question
	unopened = "8a6b1e7c-507e-8f9d-8c0a-1b2c3d4e5f61" // a mail whose link nobody opened
	unsure   = "8a6b1e7c-507e-8f9d-8c0a-1b2c3d4e5f62" // a mail for whose sender nothing vouches
	noSender = "8a6b1e7c-507e-8f9d-8c0a-1b2c3d4e5f63" // a mail that names nobody
	waiting  = "8a6b1e7c-507e-8f9d-8c0a-1b2c3d4e5f64" // a mail that waits for its sender
)

// storeMails stores mails to the privacy address, one in each state.
func storeMails(t *testing.T, files *requests.Store) {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	said := func(text string, sure bool) request.Message { return request.Message{At: now, Text: text, Sure: sure} }
	for _, r := range []request.Request{
		{ID: question, State: request.Open, VerifiedAt: now, About: done, Messages: []request.Message{said("canary question\rover\x1b[2Jwritten", true)}},
		{ID: unopened, State: request.Verifying, Repeats: 7, RepeatedAt: now, Messages: []request.Message{
			said("canary one", true), {At: now, Text: "canary two", Cut: true, Attachments: 3}, {At: now, Sure: true}}},
		{ID: unsure, State: request.Verifying, Messages: []request.Message{said("canary forged", false)}},
		{ID: noSender, State: request.Verifying, Messages: []request.Message{said("canary nobody", false)}},
		{ID: waiting, State: request.Verifying, Messages: []request.Message{said("canary waits", true)}},
	} {
		r.Right, r.Email, r.PolicyVersion, r.ReceivedAt = privacy.Question, "canary@example.com", "2026-11-02", now.AddDate(0, 0, -1)
		r.Terms = policy.TermsOf(r.PolicyVersion)
		if r.ID == noSender {
			r.Email = ""
		}
		var items []request.Item
		why := map[string]string{unopened: request.WhyUnopened, unsure: request.WhyUnsure, noSender: request.WhyNoSender}[r.ID]
		switch {
		case r.ID == waiting:
			r.Next(request.StepLapse, now.AddDate(0, 0, 6))
		case why == "":
			items = append(items, r.ToTeam(request.WhyJudgement, now))
		default:
			r.Rest()
			event := r.Record(request.EventForTeam, now)
			event.Reason = why
			items = append(items, event)
		}
		if _, err := files.Save(t.Context(), request.File{Request: r}, append(items, r)...); err != nil {
			t.Fatal(err)
		}
	}
}
