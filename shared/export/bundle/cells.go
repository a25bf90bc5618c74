package bundle

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// rowsShown is the most items of a list, such as messages of a transcript, that the page shows for one record.
const rowsShown = 200

// cellView is one member as index.html shows it: a text, a list of texts, a table, or a list of objects with their own members.
type cellView struct {
	Title string
	Text  string
	Items []string
	Head  []string
	Rows  [][]string
	Inner [][]cellView
	More  int // number of items that only the file has
}

// reader turns JSON into what a person reads, by labels.
type reader struct {
	purposes []purposeTitle
	envelope []label
}

func newReader(in Input) reader {
	return reader{purposeTitles(in.Policy), envelope(in.Subject.Restrictions)}
}

// cells returns the members of an object: first those with a label, in the order of the labels, then all others.
func (r reader) cells(labels []label, raw []byte) ([]cellView, error) {
	members, err := object(raw)
	if err != nil {
		return nil, err
	}
	var cells []cellView
	add := func(l label, value []byte) error {
		if l.Type == typeFile || value == nil && l.Absent == "" {
			return nil
		}
		c, err := r.cell(l, value)
		cells = append(cells, c)
		return err
	}
	for _, l := range labels {
		if err := add(l, find(members, l.Name)); err != nil {
			return nil, err
		}
	}
	for _, m := range members {
		if slices.ContainsFunc(labels, func(l label) bool { return l.Name == m.name }) {
			continue
		}
		if err := add(label{Name: m.name, Title: titleOf(m.name)}, m.value); err != nil {
			return nil, err
		}
	}
	return cells, nil
}

// cell shows one value of any JSON type.
func (r reader) cell(l label, value []byte) (cellView, error) {
	v := cellView{Title: l.Title}
	if empty(value) {
		v.Text = l.Absent
		if v.Text == "" {
			v.Text = "–"
		}
		return v, nil
	}
	items, err := r.items(l, value)
	switch {
	case err != nil:
		return v, err
	case items == nil:
		v.Text, err = readable(l, value)
		return v, err
	}
	v.More = max(0, len(items)-rowsShown)
	err = r.fill(&v, l, items[:len(items)-v.More])
	return v, err
}

// fill shows the items of a list. Texts become a list of texts. Items become rows of a table if every member has a label and is a
// single text, and are shown one below the other if not.
func (r reader) fill(v *cellView, l label, items [][]byte) error {
	flat := len(l.Fields) > 0 && !slices.ContainsFunc(l.Fields, func(f label) bool { return len(f.Fields) > 0 }) &&
		!slices.ContainsFunc(items, func(item []byte) bool { return hasOthers(l.Fields, item) })
	if flat {
		for _, f := range l.Fields {
			v.Head = append(v.Head, f.Title)
		}
	}
	for _, item := range items {
		var err error
		switch {
		case item[0] != '{':
			var text string
			text, err = readable(l, item)
			v.Items = append(v.Items, text)
		case flat:
			var row []string
			row, err = rowOf(l.Fields, item)
			v.Rows = append(v.Rows, row)
		default:
			var inner []cellView
			inner, err = r.cells(l.Fields, item)
			v.Inner = append(v.Inner, inner)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// hasOthers reports whether an item has a member without a label, for which a table has no column.
func hasOthers(fields []label, item []byte) bool {
	if item[0] != '{' {
		return false
	}
	members, err := object(item)
	return err == nil && slices.ContainsFunc(members, func(m member) bool {
		return !slices.ContainsFunc(fields, func(f label) bool { return f.Name == m.name })
	})
}

// items returns the parts of a value: the items of a list, the decisions on purposes, an object as a list of one, or nil for a text or a number.
func (r reader) items(l label, value []byte) ([][]byte, error) {
	switch {
	case value[0] == '[':
		return list(value)
	case value[0] == '{' && l.Type == typePurposes && len(l.Fields) > 1:
		return r.decisions(l.Fields[1].Name, value)
	case value[0] == '{':
		return [][]byte{value}, nil
	}
	return nil, nil
}

// decisions turns an object with a member for each purpose into a list. Purposes that are no longer in the policy come last.
func (r reader) decisions(state string, value []byte) ([][]byte, error) {
	members, err := object(value)
	if err != nil {
		return nil, err
	}
	titles := slices.Clone(r.purposes)
	for _, m := range members {
		if !slices.ContainsFunc(titles, func(t purposeTitle) bool { return string(t.Purpose) == m.name }) {
			titles = append(titles, purposeTitle{privacy.Purpose(m.name), titleOf(m.name)})
		}
	}
	items := [][]byte{}
	for _, t := range titles {
		decision := find(members, string(t.Purpose))
		if decision == nil {
			continue
		}
		inside := []member{{key: quote(state), value: decision}}
		if decision[0] == '{' {
			if inside, err = object(decision); err != nil {
				return nil, err
			}
		}
		items = append(items, joinObject(append([]member{{key: quote("purpose"), value: quote(t.Title)}}, inside...)))
	}
	return items, nil
}

func rowOf(fields []label, item []byte) ([]string, error) {
	members, err := object(item)
	if err != nil {
		return nil, err
	}
	row := make([]string, len(fields))
	for i, f := range fields {
		value := find(members, f.Name)
		if empty(value) {
			if row[i] = f.Absent; row[i] == "" {
				row[i] = "–"
			}
		} else if row[i], err = readable(f, value); err != nil {
			return nil, err
		}
	}
	return row, nil
}

func empty(value []byte) bool {
	return len(value) == 0 || slices.Contains([]string{"null", `""`, "[]", "{}"}, string(value))
}

// readable returns a value as text for a person. It replaces machine words, writes times and days as people do, joins lists with
// commas, and leaves everything else as it is.
func readable(l label, value []byte) (string, error) {
	if value[0] == '[' {
		items, err := list(value)
		texts := make([]string, len(items))
		for i := 0; i < len(items) && err == nil; i++ {
			texts[i], err = readable(l, items[i])
		}
		return strings.Join(texts, ", "), err
	}
	s, err := cell(value)
	switch {
	case err != nil:
		return "", err
	case len(l.Words) > 0:
		return say(l.Words, s), nil
	case l.Type == "date":
		if day, wrong := time.Parse(time.DateOnly, s); wrong == nil {
			return day.Format("2 January 2006"), nil
		}
	case l.Type != "string" && len(s) >= len("2006-01-02T15:04:05Z"):
		if at, wrong := time.Parse(time.RFC3339, s); wrong == nil {
			return moment(at), nil
		}
	}
	return s, nil
}

func moment(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }

// entryView is one record, or one item of a document, as the page shows it.
type entryView struct {
	Date  string // the heading
	ID    string
	Cells []cellView
}

// record shows a record from the JSON that writeJSON wrote.
func (r reader) record(labels []label, raw []byte) (entryView, error) {
	var stored struct {
		ID         string          `json:"id"`
		OccurredAt time.Time       `json:"occurredAt"`
		Data       json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(raw, &stored); err != nil {
		return entryView{}, errData
	}
	data, err := r.cells(labels, stored.Data)
	if err != nil {
		return entryView{}, err
	}
	members, err := object(raw)
	if err != nil {
		return entryView{}, err
	}
	for _, l := range r.envelope {
		c, err := r.cell(l, find(members, l.Name))
		if err != nil {
			return entryView{}, err
		}
		data = append(data, c)
	}
	return entryView{day(stored.OccurredAt), stored.ID, data}, nil
}

// item shows one item of a document.
func (r reader) item(d document, raw []byte) (entryView, error) {
	cells, err := r.cells(d.Fields, raw)
	if err != nil || d.Date == "" {
		return entryView{Cells: cells}, err
	}
	members, err := object(raw)
	if err != nil {
		return entryView{}, err
	}
	date, err := cell(find(members, d.Date))
	if at, wrong := time.Parse(time.RFC3339, date); wrong == nil {
		date = day(at)
	}
	return entryView{Date: date, Cells: cells}, err
}

func day(t time.Time) string { return t.UTC().Format("2 January 2006") }
