package request

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/privacy/card"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

const maxDetails = 2000 // characters

// Filing is what a person sends to ask for something.
type Filing struct {
	Right        privacy.Right        `json:"right"`
	Email        string               `json:"email"`
	Jurisdiction privacy.Jurisdiction `json:"jurisdiction"`
	Language     string               `json:"language"`
	Details      string               `json:"details"`
}

// File stores a new request. [Fulfilment] has a link mailed later.
func (q *Requester) File(ctx context.Context, f Filing) (Request, error) {
	if err := f.check(); err != nil {
		return Request{}, err
	}
	now := q.now()
	p := q.Policy(now)
	r := Request{
		ID: uuid.Must(uuid.NewV7()).String(), Right: f.Right, State: Verifying, Email: f.Email,
		Jurisdiction: f.Jurisdiction, Language: f.Language, Details: f.Details,
		PolicyVersion: p.Version, Terms: p.Terms(), ReceivedAt: now,
	}
	r.Next(Rights[f.Right].Proof, now)
	_, err := q.Register.Save(ctx, File{Request: r}, r)
	if errors.Is(err, ErrChanged) { // the id is new, so an earlier try has stored this request and its answer was lost (fault F01)
		err = nil
	}
	return r, err
}

// check names the fields that are not acceptable, and never repeats them.
func (f Filing) check() error {
	var at fault.Fields
	_, offered := Rights[f.Right]
	at.Need("/right", string(f.Right), offered, "must be access or portability. For other rights, please write to the privacy team")
	subject.Demand(&at, "/email", f.Email)
	switch f.Jurisdiction {
	case "", privacy.EU, privacy.UK, privacy.California, privacy.Other:
	default:
		at.Add("/jurisdiction", "must be eu, uk, california or other, or be left out")
	}
	if f.Language != "" && !privacy.LanguageTag(f.Language) {
		at.Add("/language", "must be a language tag such as en or pt-BR")
	}
	switch {
	case utf8.RuneCountInString(f.Details) > maxDetails:
		at.Add("/details", "must be at most "+strconv.Itoa(maxDetails)+" characters long")
	case strings.ContainsFunc(f.Details, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }):
		at.Add("/details", "must not contain control characters")
	case card.In(f.Details):
		at.Add("/details", card.Detail)
	}
	return at.Err()
}
