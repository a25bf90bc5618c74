package people

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// line is a record as it is sent.
type line struct {
	Category   privacy.Category `json:"category"`
	ID         string           `json:"id"`
	Subject    *named           `json:"subject,omitempty"`
	Source     privacy.Source   `json:"source"`
	OccurredAt time.Time        `json:"occurredAt"`
	Data       any              `json:"data"`
}

// named is how a line names a data subject: by an id, an address or both.
type named struct {
	ID    string `json:"id,omitempty"`
	Email string `json:"email,omitempty"`
}

// bytes writes the line as JSON, with markup as it is: escaped, half of what makes it awkward would be gone.
func (l line) bytes() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(l); err != nil {
		panic(err) // only strings, numbers and times are in it
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// The data of each category, as the policy declares its fields.
type (
	identity struct {
		FirstName string `json:"firstName"`
		LastName  string `json:"lastName"`
		JobTitle  string `json:"jobTitle"`
	}
	contact struct {
		Email   string `json:"email"`
		Phone   string `json:"phone"`
		Company string `json:"company"`
	}
	account struct {
		Username          string     `json:"username"`
		PasswordHash      string     `json:"passwordHash"`
		Status            string     `json:"status"`
		ContractStartedAt time.Time  `json:"contractStartedAt"`
		ContractEndedAt   *time.Time `json:"contractEndedAt,omitempty"`
	}
	preference struct {
		SupportChannel string `json:"supportChannel"`
		ServiceTier    string `json:"serviceTier"`
		Language       string `json:"language"`
	}
	transaction struct {
		InvoiceNumber string        `json:"invoiceNumber"`
		IssuedAt      time.Time     `json:"issuedAt"`
		Currency      string        `json:"currency"`
		Amount        string        `json:"amount"`
		Status        string        `json:"status"`
		Description   string        `json:"description"`
		Lines         []invoiceLine `json:"lines"`
		CardLast4     string        `json:"cardLast4,omitempty"`
	}
	invoiceLine struct {
		Description string `json:"description"`
		Quantity    int    `json:"quantity"`
		UnitPrice   string `json:"unitPrice"`
	}
	communication struct {
		Channel   string    `json:"channel"`
		StartedAt time.Time `json:"startedAt"`
		EndedAt   time.Time `json:"endedAt"`
		Agent     string    `json:"agent"`
		Messages  []message `json:"messages"`
	}
	message struct {
		At   time.Time `json:"at"`
		From string    `json:"from"`
		Name string    `json:"name"`
		Text string    `json:"text"`
	}
	marketing struct {
		List         string    `json:"list"`
		SubscribedAt time.Time `json:"subscribedAt"`
		Interests    []string  `json:"interests"`
	}
	analytics struct {
		Day           string `json:"day"`
		Page          string `json:"page"`
		Country       string `json:"country"`
		Browser       string `json:"browser"`
		Device        string `json:"device,omitempty"`
		ReferrerHost  string `json:"referrerHost"`
		SearchTerm    string `json:"searchTerm,omitempty"`
		SecondsOnPage int    `json:"secondsOnPage,omitempty"`
		Count         int    `json:"count"`
	}
	securityLog struct {
		At        time.Time `json:"at"`
		Event     string    `json:"event"`
		IP        string    `json:"ip"`
		UserAgent string    `json:"userAgent"`
		SessionID string    `json:"sessionId"`
	}
)
