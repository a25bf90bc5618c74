package export

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// rowsShown is how many rows of a nested list, such as the messages of a transcript, one record shows.
const rowsShown = 200

//go:embed index.html.tmpl
var pageSource string

// page is index.html: static, no script, nothing loaded; every value escaped for where it stands (threat T17).
type page struct {
	templates *template.Template
	sections  *spool // the categories, which are known before the summary that stands above them
}

// view is what the page's head and foot show.
type view struct {
	Input
	Summary    Summary
	Controller policy.Controller
	Processing *processing // nil in an answer to portability
}

// section is the head of a category.
type section struct {
	policy.Category
	Count, Shown int
}

// entryView is one record as the page shows it.
type entryView struct {
	ID         string
	Source     string
	OccurredAt time.Time
	ExpiresAt  time.Time
	Cells      []cellView
}

// cellView is one member of a record: a text, a list or a table.
type cellView struct {
	Title string
	Text  string
	Items []string
	Head  []string
	Rows  [][]string
	More  int // rows that only the data files have
}

func newPage() (*page, error) {
	templates, err := template.New("index").Funcs(template.FuncMap{
		"day":    func(t time.Time) string { return t.UTC().Format("2 January 2006") },
		"moment": moment,
		"words":  func(b privacy.LawfulBasis) string { return strings.ReplaceAll(string(b), "_", " ") },
		"source": func(s privacy.Source) string { return sourceTitles[s] },
		"say":    say,
		"right":  rightTitle, "choices": choices,
	}).Parse(pageSource)
	if err != nil {
		return nil, fmt.Errorf("export: parsing the page: %w", err)
	}
	sections, err := newSpool()
	if err != nil {
		return nil, err
	}
	return &page{templates: templates, sections: sections}, nil
}

// category renders a category's newest records into the sections.
func (p *page) category(c policy.Category, count int, recent *newest) error {
	if err := p.render(p.sections, "open", section{Category: c, Count: count, Shown: len(recent.heap)}); err != nil {
		return err
	}
	err := recent.each(func(raw []byte) error {
		e, err := viewOf(c, raw)
		if err != nil {
			return err
		}
		return p.render(p.sections, "record", e)
	})
	if err != nil {
		return err
	}
	return p.render(p.sections, "close", nil)
}

// write writes the whole page.
func (p *page) write(w io.Writer, v view) error {
	if err := p.render(w, "head", v); err != nil {
		return err
	}
	sections, err := p.sections.section(0, p.sections.size)
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, sections); err != nil {
		return fmt.Errorf("export: copying a spool: %w", err)
	}
	return p.render(w, "foot", v)
}

func (p *page) render(w io.Writer, name string, data any) error {
	if err := p.templates.ExecuteTemplate(w, name, data); err != nil {
		return fmt.Errorf("export: writing the page: %w", err)
	}
	return nil
}

// viewOf reads back what writeJSON wrote.
func viewOf(c policy.Category, raw []byte) (entryView, error) {
	var stored struct {
		ID         string          `json:"id"`
		Source     privacy.Source  `json:"source"`
		OccurredAt time.Time       `json:"occurredAt"`
		ExpiresAt  time.Time       `json:"expiresAt"`
		Data       json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(raw, &stored); err != nil {
		return entryView{}, errData
	}
	e := entryView{ID: stored.ID, Source: sourceTitles[stored.Source], OccurredAt: stored.OccurredAt, ExpiresAt: stored.ExpiresAt}
	members, err := object(stored.Data)
	if err != nil {
		return entryView{}, err
	}
	for _, f := range c.Fields {
		value := find(members, f.Name)
		if value == nil {
			continue
		}
		v, err := cellOf(f, value)
		if err != nil {
			return entryView{}, err
		}
		e.Cells = append(e.Cells, v)
	}
	return e, nil
}

func cellOf(f policy.Field, value []byte) (cellView, error) {
	v := cellView{Title: f.Title}
	if f.Type != "list" && f.Type != "objects" || string(value) == "null" {
		var err error
		v.Text, err = readable(f, value)
		return v, err
	}
	items, err := list(value)
	if err != nil {
		return v, err
	}
	if over := len(items) - rowsShown; over > 0 {
		items, v.More = items[:rowsShown], over
	}
	for _, sub := range f.Fields {
		v.Head = append(v.Head, sub.Title)
	}
	for _, item := range items {
		if f.Type == "list" {
			s, err := cell(item)
			if err != nil {
				return v, err
			}
			v.Items = append(v.Items, s)
			continue
		}
		row, err := rowOf(f.Fields, item)
		if err != nil {
			return v, err
		}
		v.Rows = append(v.Rows, row)
	}
	return v, nil
}

func rowOf(fields []policy.Field, item []byte) ([]string, error) {
	members, err := object(item)
	if err != nil {
		return nil, err
	}
	row := make([]string, len(fields))
	for i, f := range fields {
		if row[i], err = readable(f, find(members, f.Name)); err != nil {
			return nil, err
		}
	}
	return row, nil
}

// readable is the text of a value for a reader: times as people write them, everything else as it is.
func readable(f policy.Field, value []byte) (string, error) {
	s, err := cell(value)
	if f.Type == "time" {
		if at, wrong := time.Parse(time.RFC3339, s); wrong == nil {
			return moment(at), err
		}
	}
	return s, err
}

func moment(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }
