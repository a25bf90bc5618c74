package export

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
)

// Write writes the bundle's ZIP to w, in the clear: w is what Seal returned. It fails if the policy leaves an item of
// an answer to access empty (promise H01), if records come out of order, or if any write fails; what was written until
// then is of no use.
func Write(ctx context.Context, w io.Writer, in Input) (Summary, error) {
	if in.Right != privacy.Access && in.Right != privacy.Portability {
		return Summary{}, fmt.Errorf("export: no bundle answers this right")
	}
	if in.Right == privacy.Access {
		if err := Complete(in.Policy); err != nil {
			return Summary{}, err
		}
	}
	b, err := newBundle(w, in)
	if err != nil {
		return Summary{}, err
	}
	defer b.close()
	if err := b.records(ctx); err != nil {
		return Summary{}, err
	}
	return b.finish()
}

// bundle is a ZIP being written.
type bundle struct {
	in      Input
	archive *archive
	csv     *packed
	newest  *newest
	page    *page

	todo    []policy.Category // categories still to come, in the order of their keys
	current *policy.Category  // the category being written, nil between two
	json    io.Writer
	table   *table
	count   int
	buf     bytes.Buffer

	summary Summary
	sources map[privacy.Source]int
}

func newBundle(w io.Writer, in Input) (*bundle, error) {
	b := &bundle{in: in, archive: newArchive(w, in.CreatedAt), todo: scope(in.Policy, in.Right), sources: map[privacy.Source]int{}}
	var err error
	if b.csv, err = newPacked(); err != nil {
		return nil, err
	}
	recent, err := newSpool()
	if err != nil {
		b.csv.close()
		return nil, err
	}
	b.newest = &newest{spool: recent}
	if b.page, err = newPage(); err != nil {
		b.csv.close()
		recent.close()
		return nil, err
	}
	return b, nil
}

func (b *bundle) close() {
	b.csv.close()
	b.newest.spool.close()
	b.page.sections.close()
}

// records passes once over the records and leaves every category of the scope complete, the empty ones included.
func (b *bundle) records(ctx context.Context) error {
	last := privacy.Category("")
	for r, err := range b.in.Records {
		if err != nil {
			return fmt.Errorf("export: reading records: %w", err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if r.Category < last {
			return fmt.Errorf("export: records are out of order")
		}
		last = r.Category
		if err := b.advance(r.Category); err != nil {
			return err
		}
		if b.current == nil || !b.in.covers(r) {
			continue
		}
		if err := b.add(r); err != nil {
			return err
		}
	}
	for len(b.todo) > 0 {
		if err := b.advance(b.todo[0].ID); err != nil {
			return err
		}
	}
	return b.end()
}

// advance ends and begins categories until the given one is current, or none is if the scope does not have it.
func (b *bundle) advance(category privacy.Category) error {
	if b.current != nil && b.current.ID == category {
		return nil
	}
	if err := b.end(); err != nil {
		return err
	}
	for len(b.todo) > 0 && b.todo[0].ID <= category {
		c := b.todo[0]
		b.todo = b.todo[1:]
		if err := b.begin(c); err != nil {
			return err
		}
		if c.ID == category {
			return nil
		}
		if err := b.end(); err != nil {
			return err
		}
	}
	return nil
}

func (b *bundle) begin(c policy.Category) error {
	var err error
	if b.json, err = b.archive.create("data/" + string(c.ID) + ".json"); err != nil {
		return err
	}
	if _, err := io.WriteString(b.json, "["); err != nil {
		return fmt.Errorf("export: writing records: %w", err)
	}
	if err := b.csv.reset(); err != nil {
		return err
	}
	if b.table, err = newTable(b.csv, c.Fields); err != nil {
		return fmt.Errorf("export: writing columns: %w", err)
	}
	b.current, b.count = &c, 0
	return nil
}

// add writes one record, without its credentials and without third persons.
func (b *bundle) add(r record.Stored) error {
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
		return fmt.Errorf("export: writing columns: %w", err)
	}
	if err := b.newest.offer(r.OccurredAt, b.count, b.buf.Bytes()); err != nil {
		return err
	}
	b.count++
	b.sources[r.Source]++
	return nil
}

// secret reports whether the current category's member is a credential (promise G01).
func (b *bundle) secret(name string) bool {
	return slices.ContainsFunc(b.current.Fields, func(f policy.Field) bool { return f.Name == name && f.Type == credential })
}

// same reports whether redaction has left the members as they were.
func same(a, b []member) bool {
	return slices.EqualFunc(a, b, func(x, y member) bool { return bytes.Equal(x.value, y.value) })
}

// writeJSON writes the record as an item of the category's array and leaves its JSON in b.buf.
func (b *bundle) writeJSON(r record.Stored) error {
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
		return fmt.Errorf("export: writing records: %w", err)
	}
	if _, err := b.json.Write(b.buf.Bytes()); err != nil {
		return fmt.Errorf("export: writing records: %w", err)
	}
	return nil
}

// end completes the current category: its JSON, its CSV, its part of the page, its row of the summary.
func (b *bundle) end() error {
	if b.current == nil {
		return nil
	}
	c := *b.current
	b.current = nil
	if _, err := io.WriteString(b.json, "\n]\n"); err != nil {
		return fmt.Errorf("export: writing records: %w", err)
	}
	if err := b.table.flush(); err != nil {
		return fmt.Errorf("export: writing columns: %w", err)
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

// finish writes what follows the records, the manifest last.
func (b *bundle) finish() (Summary, error) {
	for _, s := range privacy.Sources {
		if b.sources[s] > 0 {
			b.summary.Sources = append(b.summary.Sources, s)
		}
	}
	view := view{Input: b.in, Summary: b.summary, Controller: b.in.Policy.Controller}
	if b.in.Consents == nil {
		b.in.Consents = []json.RawMessage{}
	}
	if err := b.document("consents.json", b.in.Consents); err != nil {
		return Summary{}, err
	}
	if b.in.Right == privacy.Access {
		items := describe(b.in.Policy, b.summary, b.sources)
		view.Processing = &items
		if err := b.document("processing.json", items); err != nil {
			return Summary{}, err
		}
	}
	index, err := b.archive.create("index.html")
	if err != nil {
		return Summary{}, err
	}
	if err := b.page.write(index, view); err != nil {
		return Summary{}, err
	}
	b.archive.finish()
	if err := b.document("manifest.json", b.manifest()); err != nil {
		return Summary{}, err
	}
	err = b.archive.close()
	b.summary.Bytes = b.archive.out.n
	return b.summary, err
}

func (b *bundle) manifest() manifest {
	m := manifest{
		Version: manifestVersion, Right: b.in.Right, CreatedAt: stamp(b.in.CreatedAt), PolicyVersion: b.in.Policy.Version,
		Controller: controllerOf(b.in.Policy), Categories: b.summary.Categories, Sources: b.summary.Sources, Files: b.archive.files,
	}
	if m.Sources == nil {
		m.Sources = []privacy.Source{}
	}
	return m
}

// document writes a value as a JSON file of the archive.
func (b *bundle) document(name string, value any) error {
	w, err := b.archive.create(name)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		return fmt.Errorf("export: writing %s: %w", name, err)
	}
	return nil
}
