package faults

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
)

// letters compares the letters of each person with how many they should have. It returns how many letters there are.
func (c *campaign) letters(want map[string][]string) int {
	c.t.Helper()
	count, all := map[string]int{}, 0
	for _, m := range c.box.All() {
		all += len(m.To)
		for _, to := range m.To {
			count[to]++
		}
	}
	for how, people := range want {
		least, most := map[string]int{"one": 1}[how], map[string]int{"one": 1, "at most one": 1}[how]
		for _, email := range people {
			if n := count[email]; n < least || n > most {
				c.t.Errorf("%s has %d letters and should have %s", email, n, how)
			}
			delete(count, email)
		}
	}
	if len(count) > 0 {
		c.t.Errorf("letters to others: %v", count)
	}
	return all
}

// discreet checks what the functions wrote and what notify gave to SES: an address stands only where the mail is addressed, and its HMAC nowhere.
func (c *campaign) discreet() {
	c.t.Helper()
	logged := c.log.String()
	if !strings.Contains(logged, "reports about mails") || !strings.Contains(logged, "NoticesStarted") || len(c.bodies) < 15 {
		c.t.Errorf("%d bulk calls and %d bytes of logs and metrics: this test looks in the wrong place", len(c.bodies), len(logged))
	}
	hidden := []string{"pippa", "Kanarina", "Volierenbau", "79460018", "example.org"}
	for _, item := range c.scan("SubjectsTable") {
		if alias := strings.TrimPrefix(dynamo.Text(item, "primary"), "i#1#"); alias != "" {
			hidden = append(hidden, alias)
		}
	}
	if len(hidden) < 700 {
		c.t.Errorf("only %d HMACs are known", len(hidden))
	}
	for _, text := range hidden {
		if strings.Contains(logged, text) {
			c.t.Errorf("the functions wrote %.4q…", text)
		}
	}
	for _, body := range c.bodies {
		c.addressed(body, hidden)
	}
}

// addressed checks one bulk call: each mail has one recipient and the same content, and nothing beside the destination is about a person.
func (c *campaign) addressed(body []byte, hidden []string) {
	c.t.Helper()
	var call map[string]any
	if err := json.Unmarshal(body, &call); err != nil {
		c.t.Fatal(err)
	}
	entries, _ := call["BulkEmailEntries"].([]any)
	for _, one := range entries {
		entry, _ := one.(map[string]any)
		to, _ := entry["Destination"].(map[string]any)
		if addresses, _ := to["ToAddresses"].([]any); len(to) != 1 || len(addresses) != 1 {
			c.t.Errorf("a mail has %d kinds of recipients, the first of them %d", len(to), len(addresses))
		}
		delete(entry, "Destination")
	}
	rest, err := json.Marshal(call)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, text := range hidden {
		if bytes.Contains(rest, []byte(text)) {
			c.t.Errorf("a call of %d mails names %.4q… beside its destinations", len(entries), text)
		}
	}
}
