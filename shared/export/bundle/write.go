package bundle

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// Write writes the bundle's ZIP to w unencrypted; w is the writer that Seal returned. Write fails if the policy leaves an item of
// processing.json empty (promise H01), if the records are out of order, or if a write fails. After an error, what was written is useless.
func Write(ctx context.Context, w io.Writer, in Input) (Summary, error) {
	switch in.Content {
	case request.Everything, request.Provided, request.Statement:
	default:
		return Summary{}, fmt.Errorf("bundle: no bundle answers this right")
	}
	if in.Content == request.Statement { // it says the same about everybody
		in.Records, in.Consents, in.Requests, in.Subject = nil, nil, nil, Subject{}
	}
	if in.Content != request.Provided {
		if err := Complete(in.Policy); err != nil {
			return Summary{}, err
		}
	}
	b, err := newBundle(w, in)
	if err != nil {
		return Summary{}, err
	}
	defer b.close()
	if in.Content == request.Statement {
		return b.statement()
	}
	if err := b.records(ctx); err != nil {
		return Summary{}, err
	}
	return b.finish()
}

// bundle is a ZIP that is being written.
type bundle struct {
	in      Input
	archive *archive
	csv     *packed
	newest  *newest
	page    *page

	todo    []policy.Category // the categories that still follow, in the order of their keys
	current *policy.Category  // the category that is being written, nil between two categories
	json    io.Writer
	table   *table
	count   int
	buf     bytes.Buffer

	summary Summary
	sources map[privacy.Source]int
}

func newBundle(w io.Writer, in Input) (*bundle, error) {
	b := &bundle{in: in, archive: newArchive(w, in.CreatedAt), todo: scope(in.Policy, in.Content), sources: map[privacy.Source]int{}}
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
	if b.page, err = newPage(in); err != nil {
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

// records reads the records once and completes every category of the scope, even those without records.
func (b *bundle) records(ctx context.Context) error {
	last := privacy.Category("")
	for r, err := range b.in.Records {
		if err != nil {
			return fmt.Errorf("bundle: reading records: %w", err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if r.Category < last {
			return fmt.Errorf("bundle: records are out of order")
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

// advance ends and starts categories until the given one is current. If the scope does not include it, none is current.
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

// finish writes everything that comes after the records, and the manifest last.
func (b *bundle) finish() (Summary, error) {
	b.sum()
	view := view{Input: b.in, Summary: b.summary, Controller: b.in.Policy.Controller}
	if b.in.Consents == nil {
		b.in.Consents = []json.RawMessage{}
	}
	if err := b.document("consents.json", b.in.Consents); err != nil {
		return Summary{}, err
	}
	view.Documents = []document{consentRecords().counted(b.in.Consents)}
	if b.in.Content == request.Everything {
		if err := b.personal(&view); err != nil {
			return Summary{}, err
		}
		items := describe(b.in, b.summary, b.sources)
		view.Processing = &items
		if err := b.document("processing.json", items); err != nil {
			return Summary{}, err
		}
	}
	return b.complete(view)
}

// statement writes a bundle that says how personal data is processed and contains no data: processing.json, its page and the manifest (promise
// H08).
func (b *bundle) statement() (Summary, error) {
	items := describe(b.in, b.summary, nil)
	if err := b.document("processing.json", items); err != nil {
		return Summary{}, err
	}
	return b.complete(view{Input: b.in, Controller: b.in.Policy.Controller, Processing: &items, stated: []document{processingStated(b.in.Policy)}})
}

// complete writes the page, the manifest and the end of the archive.
func (b *bundle) complete(view view) (Summary, error) {
	index, err := b.archive.create("index.html")
	if err != nil {
		return Summary{}, err
	}
	if err := b.page.write(index, view); err != nil {
		return Summary{}, err
	}
	b.archive.finish()
	if err := b.document("manifest.json", b.manifest(slices.Concat(view.Documents, view.stated))); err != nil {
		return Summary{}, err
	}
	err = b.archive.close()
	b.summary.Bytes = b.archive.out.n
	return b.summary, err
}

// sum puts the sources and categories of the summary into the policy's order, because the records came in the order of their keys.
func (b *bundle) sum() {
	for _, s := range privacy.Sources {
		if b.sources[s] > 0 {
			b.summary.Sources = append(b.summary.Sources, s)
		}
	}
	slices.SortFunc(b.summary.Categories, func(x, y CategorySummary) int { return b.position(x.Category) - b.position(y.Category) })
}

// position returns the index of a category in the policy.
func (b *bundle) position(id privacy.Category) int {
	return slices.IndexFunc(b.in.Policy.Categories, func(c policy.Category) bool { return c.ID == id })
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
		return fmt.Errorf("bundle: writing %s: %w", name, err)
	}
	return nil
}
