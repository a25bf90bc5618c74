package main

import (
	"bytes"
	"net/http"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/intake"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/web"
)

// maxLines is how many lines a call may have, not counting empty ones.
const maxLines = 1000

// answer is the answer about one line.
type answer struct {
	Line      int            `json:"line"`
	Outcome   record.Outcome `json:"outcome,omitempty"`
	Reason    record.Reason  `json:"reason,omitempty"`
	Address   identity.Note  `json:"address,omitempty"`
	Erasure   string         `json:"erasure,omitempty"`
	ExpiresAt *time.Time     `json:"expiresAt,omitempty"`
	Error     *lineError     `json:"error,omitempty"`
}

// lineError has the members of a problem document that apply to a line, and says whether sending the line again may help.
type lineError struct {
	Title     string        `json:"title"`
	Detail    string        `json:"detail"`
	Errors    []fault.Field `json:"errors"`
	Retryable bool          `json:"retryable"`
}

// many takes in one record per line. A bad line never stops the others.
func (h handler) many(w http.ResponseWriter, r *http.Request) error {
	if err := web.ContentType(r, "application/x-ndjson"); err != nil {
		return err
	}
	all, err := web.Body(r, bodyLimit)
	if err != nil {
		return err
	}
	answers, lines, places := h.lines(r, all)
	if len(answers) > maxLines {
		return fault.New(fault.TooLarge, "A call may have at most 1,000 lines.")
	}
	for i, result := range h.intake.Take(r.Context(), lines) {
		a := &answers[places[i]]
		if result.Err != nil {
			a.Error = explain(result.Err)
			continue
		}
		a.Outcome, a.Reason, a.Address, a.Erasure, a.ExpiresAt = result.Outcome, result.Reason, result.Address, result.Erasure, expiry(result)
	}
	web.JSON(w, http.StatusOK, answers)
	return nil
}

// lines reads the lines that are not empty, up to one more than a call may have. It fills in the answers of refused lines. places has the
// index in answers of each accepted line.
func (h handler) lines(r *http.Request, all []byte) (answers []answer, lines []intake.Line, places []int) {
	answers = []answer{}
	number := 0
	for raw := range bytes.Lines(all) {
		number++
		if len(bytes.TrimSpace(raw)) == 0 {
			continue
		}
		answers = append(answers, answer{Line: number})
		if len(answers) > maxLines {
			break
		}
		line, err := h.parse(r, raw)
		if err != nil {
			answers[len(answers)-1].Error = explain(err)
			continue
		}
		lines, places = append(lines, line), append(places, len(answers)-1)
	}
	return answers, lines, places
}

func (h handler) parse(r *http.Request, raw []byte) (intake.Line, error) {
	var b struct {
		Category string `json:"category"`
		ID       string `json:"id"`
		body     `json:",inline"`
	}
	if err := web.Unmarshal(raw, &b); err != nil {
		return intake.Line{}, err
	}
	return h.check(r, b.Category, b.ID, b.body)
}

// explain tells the caller what is wrong with a line and whether sending it again may help.
func explain(err error) *lineError {
	p := web.Explain(err)
	return &lineError{Title: p.Title, Detail: p.Detail, Errors: append([]fault.Field{}, p.Errors...), Retryable: intake.Retryable(err)}
}
