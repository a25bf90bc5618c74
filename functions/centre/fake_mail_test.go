package main

import (
	"encoding/json"
	"slices"
	"strings"
)

// written is the id of a mail that waits, and mailCard its card.
const (
	written  = "8a6b1e7c-507e-8f9d-8c0a-1b2c3d4e5f60"
	mailCard = `#pending li[data-id="` + written + `"]`
)

// message is one message of a mail.
func message(text string, more map[string]any) map[string]any {
	out := map[string]any{"at": "2026-11-23T10:00:00Z", "text": text}
	for name, value := range more {
		out[name] = value
	}
	return out
}

// mailOf is a mail that waits.
func mailOf(more map[string]any, messages ...map[string]any) map[string]any {
	out := thing(written, "request", 0, map[string]any{"right": "question", "messages": messages, "dueAt": "2026-12-07T23:59:59Z", "timeZone": "Europe/London"})
	for name, value := range more {
		out[name] = value
	}
	return out
}

// chooses answers to what the sender of a mail says that it means.
func (f *fake) chooses(waits int, old bool, body []byte) (int, string, bool) {
	var said struct {
		Right, Ground, Details string
		Purposes               []string
	}
	_ = json.Unmarshal(body, &said)
	m := &f.mailbox
	unread := !slices.ContainsFunc(m.Pending[waits]["messages"].([]map[string]any), func(one map[string]any) bool { return one["text"] != "" })
	marketing := said.Right == "objection" && slices.Equal(said.Purposes, []string{"marketing_email"})
	atOnce := marketing || said.Right == "opt_out" || said.Right == "automated_decisions"
	wrong := func(pointer, detail string) (int, string, bool) {
		return 422, `{"title":"Unprocessable Entity","status":422,"errors":[{"pointer":"` + pointer + `","detail":"` + detail + `"}]}`, true
	}
	switch {
	case said.Right == "":
		return wrong("/right", "is required")
	case said.Right == "restriction" && said.Ground == "":
		return wrong("/ground", "is required")
	case said.Right == "objection" && len(said.Purposes) == 0:
		return wrong("/purposes", "is required")
	case unread && said.Details == "" && slices.Contains([]string{"complaint", "rectification", "child_erasure"}, said.Right):
		return wrong("/details", "is required")
	case old && !atOnce && said.Right != "question" && said.Right != "complaint":
		return 403, tooOld, true
	}
	about := m.Pending[waits]["about"]
	m.Pending = slices.Delete(m.Pending, waits, waits+1)
	now := filed(written, said.Right, "open", map[string]any{})
	if atOnce {
		now["state"] = "fulfilled"
	}
	if marketing {
		now["inForce"], m.because = true, map[string]string{"marketing_email": "objection"}
	}
	if said.Right == "question" && about != nil {
		now = m.Requests[0]
	} else {
		m.Requests = slices.Insert(m.Requests, 0, now)
	}
	answer, _ := json.Marshal(now)
	more := `,"clocks":` + testClocks
	if said.Right == "automated_decisions" {
		more += `,"statement":"No machine alone decides anything about you."`
	}
	return 200, strings.TrimSuffix(string(answer), "}") + more + "}", true
}
