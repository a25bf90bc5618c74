package bundle

import (
	"encoding/csv"
	"io"

	"github.com/helpdeskexpert/privacy/shared/policy"
)

// credential is the type of the fields that no bundle ever contains (promise G01; CCPA §7024(d)).
const credential = "credential"

// columns are the CSV columns that precede those of the policy's fields.
var columns = []string{"id", "source", "occurredAt", "storedAt", "expiresAt"}

// table writes records as CSV (RFC 4180, UTF-8) with one column per declared field. Lists are written as JSON text.
type table struct {
	csv    *csv.Writer
	fields []policy.Field
}

func newTable(w io.Writer, fields []policy.Field) (*table, error) {
	t := &table{csv: csv.NewWriter(w)}
	header := append([]string(nil), columns...)
	for _, f := range fields {
		if f.Type != credential {
			t.fields = append(t.fields, f)
			header = append(header, f.Name)
		}
	}
	return t, t.csv.Write(header)
}

func (t *table) write(r Record, members []member) error {
	row := []string{harmless(r.ID), string(r.Source), stamp(r.OccurredAt), stamp(r.StoredAt), stamp(r.ExpiresAt)}
	for _, f := range t.fields {
		value, err := cell(find(members, f.Name))
		if err != nil {
			return err
		}
		row = append(row, harmless(value))
	}
	return t.csv.Write(row)
}

func (t *table) flush() error {
	t.csv.Flush()
	return t.csv.Error()
}

// cell returns a JSON value as text: a string decoded, nothing for null or an absent member, and everything else as it is.
func cell(raw []byte) (string, error) {
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return "", nil
	case raw[0] == '"':
		return text(raw)
	default:
		return string(raw), nil
	}
}

// harmless stops a spreadsheet from reading a value as a formula. It adds an apostrophe before a value that begins with = + - @, a
// tab or a carriage return (threat T18). The JSON file has the unchanged value.
func harmless(value string) string {
	if value != "" {
		switch value[0] {
		case '=', '+', '-', '@', '\t', '\r':
			return "'" + value
		}
	}
	return value
}

// find returns the raw value of the named member, or nil.
func find(members []member, name string) []byte {
	for _, m := range members {
		if m.name == name {
			return m.value
		}
	}
	return nil
}
