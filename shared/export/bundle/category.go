package bundle

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"github.com/helpdeskexpert/privacy/shared/policy"
)

// begin opens the files of a category.
func (b *bundle) begin(c policy.Category) error {
	var err error
	if b.json, err = b.archive.create("data/" + string(c.ID) + ".json"); err != nil {
		return err
	}
	if _, err := io.WriteString(b.json, "["); err != nil {
		return fmt.Errorf("bundle: writing records: %w", err)
	}
	if err := b.csv.reset(); err != nil {
		return err
	}
	if b.table, err = newTable(b.csv, c.Fields); err != nil {
		return fmt.Errorf("bundle: writing columns: %w", err)
	}
	b.current, b.count = &c, 0
	return nil
}

// add writes one record, without its credentials and without identifiers of third persons.
func (b *bundle) add(r Record) error {
	members, err := object(r.Data)
	if err != nil {
		return err
	}
	kept := slices.DeleteFunc(members, func(m member) bool { return b.secret(m.name) })
	cleaned, err := redact(r.Category, kept)
	if err != nil {
		return err
	}
	if len(kept) < len(members) || !same(kept, cleaned) {
		r.Data = joinObject(cleaned)
	}
	if err := b.writeJSON(r); err != nil {
		return err
	}
	if err := b.table.write(r, cleaned); err != nil {
		return fmt.Errorf("bundle: writing columns: %w", err)
	}
	if err := b.newest.offer(r.OccurredAt, b.count, b.buf.Bytes()); err != nil {
		return err
	}
	b.count++
	b.sources[r.Source]++
	return nil
}

// secret reports whether a member of the current category is a credential (promise G01).
func (b *bundle) secret(name string) bool {
	return slices.ContainsFunc(b.current.Fields, func(f policy.Field) bool { return f.Name == name && f.Type == credential })
}

// same reports whether redaction left the members unchanged.
func same(a, b []member) bool {
	return slices.EqualFunc(a, b, func(x, y member) bool { return bytes.Equal(x.value, y.value) })
}

// writeJSON writes the record as an item of the category's array and leaves its JSON in b.buf.
func (b *bundle) writeJSON(r Record) error {
	separator := ",\n"
	if b.count == 0 {
		separator = "\n"
	}
	expires := []byte("null")
	if !r.ExpiresAt.IsZero() {
		expires = quote(stamp(r.ExpiresAt))
	}
	b.buf.Reset()
	fmt.Fprintf(&b.buf, `{"id":%s,"source":%s,"occurredAt":%s,"storedAt":%s,"expiresAt":%s,"data":%s}`,
		quote(r.ID), quote(string(r.Source)), quote(stamp(r.OccurredAt)), quote(stamp(r.StoredAt)), expires, r.Data)
	if _, err := io.WriteString(b.json, separator); err != nil {
		return fmt.Errorf("bundle: writing records: %w", err)
	}
	if _, err := b.json.Write(b.buf.Bytes()); err != nil {
		return fmt.Errorf("bundle: writing records: %w", err)
	}
	return nil
}

// end completes the current category: its JSON, its CSV, its section of the page and its row of the summary.
func (b *bundle) end() error {
	if b.current == nil {
		return nil
	}
	c := *b.current
	b.current = nil
	if _, err := io.WriteString(b.json, "\n]\n"); err != nil {
		return fmt.Errorf("bundle: writing records: %w", err)
	}
	if err := b.table.flush(); err != nil {
		return fmt.Errorf("bundle: writing columns: %w", err)
	}
	name := "data/" + string(c.ID)
	if err := b.archive.add(name+".csv", b.csv); err != nil {
		return err
	}
	b.summary.Records += b.count
	b.summary.Categories = append(b.summary.Categories,
		CategorySummary{c.ID, c.Title, b.count, []string{name + ".json", name + ".csv"}})
	return b.page.category(c, b.count, b.newest)
}
