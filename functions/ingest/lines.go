package main

import (
	"bytes"
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/web"
)

const (
	maxLines = 1000
	parallel = 16              // data subjects at a time
	stopAt   = 5 * time.Second // time left below which no further transaction is begun
)

// line is a record with its place in the call and what became of it.
type line struct {
	incoming
	answer answer
}

// answer is what the caller learns about a line.
type answer struct {
	Line      int            `json:"line"`
	Outcome   record.Outcome `json:"outcome,omitempty"`
	ExpiresAt *time.Time     `json:"expiresAt,omitempty"`
	Error     *lineError     `json:"error,omitempty"`
}

// lineError is a problem document without what a line has no use for, and whether sending the line again may help.
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
	lines := h.lines(all)
	if len(lines) > maxLines {
		return fault.New(fault.TooLarge, "A call may have at most 1,000 lines.")
	}
	h.write(r.Context(), lines)
	answers := make([]answer, len(lines))
	for i, l := range lines {
		answers[i] = l.answer
	}
	web.JSON(w, http.StatusOK, answers)
	return nil
}

// lines reads the lines that are not empty; those that are refused have their answer already.
func (h handler) lines(all []byte) []*line {
	var lines []*line
	number := 0
	for raw := range bytes.Lines(all) {
		number++
		if len(bytes.TrimSpace(raw)) == 0 {
			continue
		}
		l := &line{answer: answer{Line: number}}
		lines = append(lines, l)
		if len(lines) > maxLines {
			return lines
		}
		var err error
		if l.incoming, err = h.parse(raw); err != nil {
			l.answer.Error = explain(err)
		}
	}
	return lines
}

func (h handler) parse(raw []byte) (incoming, error) {
	var b struct {
		Category string `json:"category"`
		ID       string `json:"id"`
		body     `json:",inline"`
	}
	if err := web.Unmarshal(raw, &b); err != nil {
		return incoming{}, err
	}
	return h.read(b.Category, b.ID, b.body)
}

// write writes the lines, those of one data subject together, several subjects at a time.
func (h handler) write(ctx context.Context, lines []*line) {
	bySubject := map[string][]*line{}
	for _, l := range lines {
		if l.answer.Error == nil {
			key := l.alias
			if key == "" {
				key = "nobody#" + l.record.ID
			}
			bySubject[key] = append(bySubject[key], l)
		}
	}
	var wg sync.WaitGroup
	slots := make(chan struct{}, parallel)
	for _, group := range bySubject {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			h.writeGroup(ctx, group)
		})
	}
	wg.Wait()
}

// writeGroup writes the lines of one subject.
func (h handler) writeGroup(ctx context.Context, group []*line) {
	all := make([]record.Record, 0, len(group))
	for _, l := range group {
		all = append(all, l.record)
	}
	for i, result := range h.session(group[0].incoming).PutAll(ctx, all, func() error { return h.ready(ctx) }) {
		if result.Err != nil {
			group[i].answer.Error = explain(inTime(result.Err))
			continue
		}
		group[i].answer.Outcome, group[i].answer.ExpiresAt = result.Outcome, expiry(result)
	}
}

// ready reports by errNoTime that no time is left to begin another transaction.
func (h handler) ready(ctx context.Context) error {
	if deadline, limited := ctx.Deadline(); limited && h.now().After(deadline.Add(answerTime-stopAt)) {
		return errNoTime
	}
	return nil
}

// explain tells the caller what is wrong with a line and whether sending it again may help.
func explain(err error) *lineError {
	p := web.Explain(err)
	return &lineError{
		Title: p.Title, Detail: p.Detail, Errors: append([]fault.Field{}, p.Errors...),
		Retryable: p.Status >= http.StatusInternalServerError || p.Status == http.StatusConflict,
	}
}
