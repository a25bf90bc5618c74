package story

import (
	"encoding/json"
	"testing"
	"time"
)

const (
	address = "anna.story@example.org"
	visitor = "3b241101-e2bb-4255-8caf-4136c566a962"
)

// known is a record of the person.
type known struct {
	category, id, source, occurred string
	data                           map[string]any
}

// records are what the company's systems know about one person. The retention period of the last one has ended.
func records(t *testing.T) []string {
	t.Helper()
	day := func(days int) string { return time.Now().UTC().AddDate(0, 0, -days).Format(time.RFC3339) }
	rows := []known{
		{"identity", "self", "direct", day(301), map[string]any{"firstName": "Anna", "lastName": "Łukasz-村上", "jobTitle": "Head of <Support>"}},
		{"account", "acct-1", "direct", day(300), map[string]any{"username": "anna", "passwordHash": "$2b$12$YAH2sWqKQt.mpzZsIFNIUvbv5W/L37aCztzYKheGbpz/UZ1/7bc/q", "status": "active", "contractStartedAt": day(300)}},
		{"contact", "primary", "direct", day(299), map[string]any{"email": address, "phone": "+44 20 7946 0018", "company": "=HYPERLINK(\"x\")"}},
		{"preference", "main", "automatic", day(200), map[string]any{"supportChannel": "live_chat", "serviceTier": "gold", "language": "en"}},
		{"communication", "chat-1", "direct", day(30), map[string]any{"channel": "live_chat", "startedAt": day(30), "endedAt": day(30), "agent": "agent-7", "messages": []map[string]any{
			{"at": day(30), "from": "subject", "name": "Anna", "text": "Zanzibarra told me to ask <you>."},
			{"at": day(30), "from": "other", "name": "Zanzibarra", "text": "I am zanzibarra@firm.example, +44 20 7946 0958"},
			{"at": day(30), "from": "agent", "name": "Bo", "text": "Hello Anna."}}}},
		{"transaction", "inv-1", "direct", day(90), map[string]any{"invoiceNumber": "INV-1", "issuedAt": day(90), "currency": "EUR", "amount": "120.50", "status": "paid", "description": "Support", "lines": []map[string]any{{"description": "Seats", "quantity": 2, "unitPrice": "60.25"}}}},
		{"security_log", "log-1", "automatic", day(30), login(day(30))},
		{"communication", "chat-0", "direct", day(800), map[string]any{"channel": "live_chat", "startedAt": day(800), "endedAt": day(800), "agent": "agent-7", "messages": []map[string]any{}}},
	}
	var lines []string
	for _, row := range rows {
		lines = append(lines, row.line(t))
	}
	return lines
}

// passing is a record of the security log whose retention period ends tomorrow.
func passing(t *testing.T) string {
	t.Helper()
	at := time.Now().UTC().AddDate(0, 0, 1-90).Format(time.RFC3339)
	return known{"security_log", "log-2", "automatic", at, login(at)}.line(t)
}

func login(at string) map[string]any {
	return map[string]any{"at": at, "event": "login", "ip": "203.0.113.9", "userAgent": "Mozilla/5.0", "sessionId": "s-1"}
}

// line is the record as a system sends it in.
func (row known) line(t *testing.T) string {
	t.Helper()
	raw, err := json.Marshal(map[string]any{"category": row.category, "id": row.id, "subject": map[string]string{"email": address},
		"source": row.source, "occurredAt": row.occurred, "data": row.data})
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
