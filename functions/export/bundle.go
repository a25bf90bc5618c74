package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/consent/receipt"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/dynamo/records"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/export/bundle"
	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/objects"
	"github.com/helpdeskexpert/privacy/shared/pages"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// bundles makes sealed bundles in the bucket.
type bundles struct {
	records       *records.Store
	consents      *consents.Store
	register      register
	subjects      states
	confirmations consent.Confirmations
	receipts      *receipt.Keys
	bucket        *objects.Bucket
	policy        *policy.Policy // in force
	now           func() time.Time
}

// Seal streams the bundle from the table through the seal into the bucket; nothing in the clear touches a disk but spools that have
// no name. The mail may go only after the object is confirmed, so its size is asked for (fault F20).
func (b bundles) Seal(ctx context.Context, r request.Request, e export.Attempt) (int64, string, error) {
	in, err := b.gather(ctx, r, e)
	if err != nil {
		return 0, "", err
	}
	pipe, w := io.Pipe()
	var written int64
	var put error
	done := make(chan struct{})
	go func() {
		defer close(done)
		written, put = b.bucket.Put(ctx, e.Object, pipe)
		pipe.CloseWithError(put) // ends a writer that nobody reads any more
	}()
	identity, err := b.write(ctx, w, in)
	w.CloseWithError(err)
	<-done
	if err := errors.Join(err, put); err != nil {
		return 0, "", err
	}
	stored, err := b.bucket.Head(ctx, e.Object)
	if err == nil && stored != written {
		err = fmt.Errorf("export: the bucket holds %d bytes of %d", stored, written)
	}
	return stored, identity, err
}

// gather collects what the bundle is made of. Records are read while it is written. Without a data subject there are none.
func (b bundles) gather(ctx context.Context, r request.Request, e export.Attempt) (bundle.Input, error) {
	in := bundle.Input{Right: r.Right, RequestID: r.ID, CreatedAt: b.now().UTC().Truncate(time.Second), Policy: b.policy,
		Records: func(func(bundle.Record, error) bool) {}}
	if e.Subject != "" {
		proofs, err := b.proofs(ctx, e.Subject)
		if err != nil {
			return bundle.Input{}, err
		}
		in.Records, in.Consents = b.held(ctx, e.Subject), proofs
	}
	if r.Right == privacy.Access {
		if err := b.personal(ctx, &in, r, e.Subject); err != nil {
			return bundle.Input{}, err
		}
	}
	return in, nil
}

// write seals the bundle into w and returns the identity that opens it.
func (b bundles) write(ctx context.Context, w io.Writer, in bundle.Input) (string, error) {
	sealed, identity, err := bundle.Seal(w)
	if err != nil {
		return "", err
	}
	if _, err = bundle.Write(ctx, sealed, in); err != nil {
		return "", err
	}
	return identity, sealed.Close()
}

// held reads the subject's records in the order of their keys.
func (b bundles) held(ctx context.Context, id privacy.SubjectID) iter.Seq2[bundle.Record, error] {
	return func(yield func(bundle.Record, error) bool) {
		for r, err := range b.records.Held(ctx, id) {
			if !yield(bundle.Record{
				Category: r.Category, ID: r.ID, Source: r.Source, OccurredAt: r.OccurredAt,
				StoredAt: r.StoredAt, ExpiresAt: r.ExpiresAt, Data: r.Data,
			}, err) {
				return
			}
		}
	}
}

func (b bundles) Discard(ctx context.Context, key string) error {
	if err := b.bucket.AbortUploads(ctx, key); err != nil {
		return err
	}
	return b.bucket.Delete(ctx, key)
}

// proofs returns the subject's consent records with their receipts, oldest first.
func (b bundles) proofs(ctx context.Context, id privacy.SubjectID) ([]json.RawMessage, error) {
	var out []json.RawMessage
	for record, err := range b.consents.History(ctx, consent.Address(id), b.now()) {
		if err != nil {
			return nil, err
		}
		facts := receipt.Of(record)
		signed, err := b.receipts.Sign(facts)
		if err != nil {
			return nil, err
		}
		shown, err := json.Marshal(proof{facts, record.RecordedAt, signed})
		if err != nil {
			return nil, err
		}
		out = append(out, shown)
	}
	slices.Reverse(out)
	return out, nil
}

// proof is a consent record in consents.json (GDPR Art. 7(1)); schema/consents.schema.json of the bundle describes it.
type proof struct {
	receipt.Facts
	RecordedAt time.Time `json:"recordedAt"`
	Receipt    string    `json:"receipt"` // JWS, as the service would give it to a visitor
}

// mailer mails the link to an export. The link's fragment holds the token and the identity; the origin comes from
// configuration, never from a request (threats T12, T13).
type mailer struct {
	sender *mail.Sender
	origin string
	policy *policy.Policy // in force
}

func (m mailer) ExportReady(ctx context.Context, r request.Request, e export.Attempt, token subject.Token, identity string, status subject.Token) error {
	text, err := pages.ExportReady(m.policy, pages.ExportReadyMail{
		Right: r.Right, ExpiresAt: e.OpenUntil, Uses: export.Uses,
		ExportURL: m.origin + "/exports/" + e.ID() + "#" + string(token) + "." + identity,
		StatusURL: m.origin + "/requests/" + r.ID + "#" + string(status),
	})
	if err != nil {
		return err
	}
	return m.sender.Send(ctx, mail.Message{To: r.Email, Subject: text.Subject, Text: text.Text, HTML: text.HTML, About: r.ID})
}
