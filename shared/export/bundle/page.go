package bundle

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

//go:embed index.html.tmpl
var pageSource string

// page is index.html. It is static, has no script and loads nothing, and every value is escaped for its context (threat T17).
type page struct {
	templates *template.Template
	reader    reader
	sections  *spool // the sections of the categories; they wait, because the summary comes first but is known last
	places    []placed
}

// placed says where the section of a category is in the spool. Sections are written in the order of the keys and shown in the policy's order.
type placed struct {
	category     privacy.Category
	offset, size int64
}

// view is what the page's header and footer show.
type view struct {
	Input
	Summary    Summary
	Controller policy.Controller
	Processing *processing // nil in an answer to portability
	Documents  []document  // the page shows each as a section
	stated     []document  // described in the manifest only, since the page shows their content in its own way
}

// IsStatement reports whether the page shows no data, but says how data is processed.
func (v view) IsStatement() bool { return v.Content == request.Statement }

// Restricted says in sentences what the data subject had restricted. Restricted data is in the bundle all the same, since it is stored (GDPR Art.
// 18(2)).
func (v view) Restricted() []string { return restricted(v.Policy, v.Subject.Restrictions) }

// section is the heading of a category or a document.
type section struct {
	ID, Title, Text, None string
	Files                 []string // the files that contain all of it
	What                  string   // what its items are called
	Whole                 bool     // it is one object, not a list of items
	Count, Shown          int
}

func newPage(in Input) (*page, error) {
	p := in.Policy
	templates, err := template.New("index").Funcs(template.FuncMap{
		"moment": moment,
		"words":  func(b privacy.LawfulBasis) string { return strings.ReplaceAll(string(b), "_", " ") },
		"source": func(s privacy.Source) string { // in the form that fits inside a sentence
			title := sourceTitles[s]
			return strings.ToLower(title[:min(1, len(title))]) + title[min(1, len(title)):]
		},
		"join":    func(list []string) string { return strings.Join(list, "; ") },
		"purpose": func(id privacy.Purpose) string { return say(purposeWords(p), string(id)) },
		"anchor":  func(file string) string { return strings.TrimSuffix(file, ".json") },
	}).Parse(pageSource)
	if err != nil {
		return nil, fmt.Errorf("bundle: parsing the page: %w", err)
	}
	sections, err := newSpool()
	if err != nil {
		return nil, err
	}
	return &page{templates: templates, reader: newReader(in), sections: sections}, nil
}

// category renders a category's newest records as a section.
func (p *page) category(c policy.Category, count int, recent *newest) error {
	begin, id := p.sections.size, string(c.ID)
	head := section{ID: id, Title: c.Title, None: "No records.", What: "records", Files: []string{"data/" + id + ".csv", "data/" + id + ".json"}, Count: count, Shown: len(recent.heap)}
	if err := p.render(p.sections, "open", head); err != nil {
		return err
	}
	labels := labelsOf(c.Fields)
	err := recent.each(func(raw []byte) error {
		e, err := p.reader.record(labels, raw)
		if err != nil {
			return err
		}
		return p.render(p.sections, "entry", e)
	})
	if err != nil {
		return err
	}
	if err := p.render(p.sections, "close", nil); err != nil {
		return err
	}
	p.places = append(p.places, placed{c.ID, begin, p.sections.size - begin})
	return nil
}

// document renders the newest items of a document.
func (p *page) document(w io.Writer, d document) error {
	items := slices.Clone(d.items)
	slices.Reverse(items)
	items = items[:min(shown, len(items))]
	id := strings.TrimSuffix(d.File, ".json")
	head := section{ID: id, Title: d.Title, Text: d.Text, None: d.None, What: "entries", Files: []string{d.File}, Whole: d.Count == nil, Count: len(d.items), Shown: len(items)}
	if err := p.render(w, "open", head); err != nil {
		return err
	}
	for _, item := range items {
		e, err := p.reader.item(d, item)
		if err != nil {
			return err
		}
		if err := p.render(w, "entry", e); err != nil {
			return err
		}
	}
	return p.render(w, "close", nil)
}

// write writes the whole page.
func (p *page) write(w io.Writer, v view) error {
	if err := p.render(w, "head", v); err != nil {
		return err
	}
	for _, c := range v.Policy.Categories {
		i := slices.IndexFunc(p.places, func(x placed) bool { return x.category == c.ID })
		if i < 0 {
			continue
		}
		part, err := p.sections.section(p.places[i].offset, p.places[i].size)
		if err != nil {
			return err
		}
		if _, err := io.Copy(w, part); err != nil {
			return fmt.Errorf("bundle: copying a spool: %w", err)
		}
	}
	for _, d := range v.Documents {
		if err := p.document(w, d); err != nil {
			return err
		}
	}
	return p.render(w, "foot", v)
}

func (p *page) render(w io.Writer, name string, data any) error {
	if err := p.templates.ExecuteTemplate(w, name, data); err != nil {
		return fmt.Errorf("bundle: writing the page: %w", err)
	}
	return nil
}
