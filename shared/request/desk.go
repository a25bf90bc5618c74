package request

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/privacy/card"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Uses of a token: its hash is bound to one of them and to the request or export it opens (threat T06).
const (
	useVerify = "verify"
	useStatus = "status"
	useExport = "export"
)

const maxDetails = 2000 // characters

// Filing is what a person sends to ask for something.
type Filing struct {
	Right        privacy.Right        `json:"right"`
	Email        string               `json:"email"`
	Jurisdiction privacy.Jurisdiction `json:"jurisdiction"`
	Language     string               `json:"language"`
	Details      string               `json:"details"`
}

// Desk is where a person files a request and comes back to it. It reads no record and knows nobody: the same filing is
// answered with the same bytes whoever is or is not on record (threat T14).
type Desk struct {
	Register Register
	Tokens   subject.Key
	Policy   *policy.Policy // in force
	Now      func() time.Time
}

// File takes a request in. The challenge is mailed off this path.
func (d *Desk) File(ctx context.Context, f Filing) (Request, error) {
	if err := f.check(); err != nil {
		return Request{}, err
	}
	now := d.now()
	r := Request{
		ID: uuid.Must(uuid.NewV7()).String(), Right: f.Right, State: Verifying, Email: f.Email,
		Jurisdiction: f.Jurisdiction, Language: f.Language, Details: f.Details,
		PolicyVersion: d.Policy.Version, Terms: d.Policy.Terms(), ReceivedAt: now, Step: Challenge, NextAt: now,
	}
	err := d.Register.Save(ctx, r.ID, Change{Request: &r, At: now})
	if errors.Is(err, ErrChanged) { // the id is new: this is the request itself, stored by a try whose answer was lost, and worked on since (fault F01)
		err = nil
	}
	return r, err
}

// check names the fields that are not acceptable, and never repeats them.
func (f Filing) check() error {
	var at fault.Fields
	at.Need("/right", string(f.Right), f.Right == privacy.Access || f.Right == privacy.Portability, "must be access or portability. For other rights, please write to the privacy team")
	_, err := subject.ParseAddress(f.Email)
	at.Need("/email", f.Email, err == nil, "must look like name@example.com")
	if err == nil {
		_, err = subject.Mailable(f.Email) // who cannot be mailed could never be answered (fault F23)
		at.Need("/email", f.Email, err == nil, "must be able to receive email: at most 64 plain ASCII characters before the @ and a valid domain after it")
		if card.In(f.Email) {
			at.Add("/email", card.Detail)
		}
	}
	switch f.Jurisdiction {
	case "", privacy.EU, privacy.UK, privacy.California, privacy.Other:
	default:
		at.Add("/jurisdiction", "must be eu, uk, california or other, or be left out")
	}
	if f.Language != "" && !privacy.LanguageTag(f.Language) {
		at.Add("/language", "must be a language tag such as en or pt-BR")
	}
	switch {
	case utf8.RuneCountInString(f.Details) > maxDetails:
		at.Add("/details", "must be at most "+strconv.Itoa(maxDetails)+" characters long")
	case strings.ContainsFunc(f.Details, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }):
		at.Add("/details", "must not contain control characters")
	case card.In(f.Details):
		at.Add("/details", card.Detail)
	}
	return at.Err()
}

// errSecret is the one answer to an unknown id and to a wrong, spent or expired secret (threats T11, T23).
var errSecret = fault.New(fault.NotFound, "There is no such request, or the link is wrong, used up or expired.")

// errBusy is the answer when the file moved at every try.
var errBusy = fault.New(fault.Conflict, "The request is being worked on. Try again in a minute.")

// Verify consumes a challenge: of any number of calls with the same token one succeeds (threats T10, T11).
func (d *Desk) Verify(ctx context.Context, id string, token subject.Token) (Request, error) {
	hash := token.Hash(d.Tokens, useVerify, id)
	for range 5 {
		file, err := d.load(ctx, id)
		if err != nil {
			return Request{}, err
		}
		now, r := d.now(), file.Request
		c, ok := file.challenge(hash, now)
		if !ok || r.State != Verifying {
			return Request{}, errSecret
		}
		c.UsedAt = now
		r.State, r.VerifiedAt, r.Step, r.NextAt, r.Tries = Open, now, Answer, now, 0
		err = d.Register.Save(ctx, id, Change{Request: &r, Challenge: &c, Event: "verified", At: now})
		if !errors.Is(err, ErrChanged) {
			return r, err
		}
	}
	return Request{}, errBusy
}

// challenge returns the unspent challenge whose hash is given.
func (f File) challenge(hash []byte, now time.Time) (Challenged, bool) {
	for _, c := range f.Challenges {
		if subject.Same(c.Hash, hash) && c.UsedAt.IsZero() && c.ExpiresAt.After(now) {
			return c, true
		}
	}
	return Challenged{}, false
}

// Status returns the file to whoever holds a status link.
func (d *Desk) Status(ctx context.Context, id string, token subject.Token) (File, error) {
	file, err := d.load(ctx, id)
	if err != nil {
		return File{}, err
	}
	hash := token.Hash(d.Tokens, useStatus, id)
	known := false
	for _, h := range file.Request.StatusHashes {
		known = subject.Same(h, hash) || known
	}
	for _, e := range file.Exports {
		known = subject.Same(e.StatusHash, hash) || known
	}
	if !known {
		return File{}, errSecret
	}
	return file, nil
}

// Withdraw ends a request that has not been answered yet.
func (d *Desk) Withdraw(ctx context.Context, id string, token subject.Token) (File, error) {
	return d.change(ctx, id, token, func(file *File, now time.Time) (*Change, error) {
		r := &file.Request
		if r.State == Withdrawn {
			return nil, nil
		}
		if r.State.Final() {
			return nil, fault.New(fault.Conflict, "The request has already been answered or closed.")
		}
		r.close(Withdrawn, now)
		return &Change{Request: r, Event: "withdrawn", At: now}, nil
	})
}

// NewExport opens another export of an answered request. Who is behind the address, and how it is spelt, may have changed since the first
// answer, so both are looked up again (Answer) before anything is made. While an export is waited for, it answers that one.
func (d *Desk) NewExport(ctx context.Context, id string, token subject.Token) (File, error) {
	return d.change(ctx, id, token, func(file *File, now time.Time) (*Change, error) {
		r := &file.Request
		if r.State != Fulfilled || len(file.Exports) == 0 {
			return nil, fault.New(fault.Conflict, "This request was not answered with an export, so there is no export to make again.")
		}
		if last := file.Exports[len(file.Exports)-1]; !last.Finished() {
			return nil, nil
		}
		e := r.nextExport("", time.Time{}, now)
		r.Step, r.NextAt = Answer, now
		return &Change{Request: r, Exports: []Export{e}, Event: "exporting", At: now}, nil
	})
}

// change stores what the person decides and returns the file as it stands after it. It reads and decides anew while another writer
// interferes.
func (d *Desk) change(ctx context.Context, id string, token subject.Token, decide func(*File, time.Time) (*Change, error)) (File, error) {
	for range 5 {
		file, err := d.Status(ctx, id, token)
		if err != nil {
			return File{}, err
		}
		change, err := decide(&file, d.now())
		if err != nil || change == nil {
			return file, err
		}
		if err := d.Register.Save(ctx, id, *change); !errors.Is(err, ErrChanged) {
			file.Exports = append(file.Exports, change.Exports...)
			file.Events = append(file.Events, Event{N: file.Request.Events, At: change.At, Kind: change.Event})
			return file, err
		}
	}
	return File{}, errBusy
}

func (d *Desk) load(ctx context.Context, id string) (File, error) {
	if parsed, err := uuid.Parse(id); err != nil || parsed.String() != id {
		return File{}, errSecret
	}
	file, err := d.Register.Load(ctx, id)
	if errors.Is(err, ErrUnknown) {
		return File{}, errSecret
	}
	return file, err
}

func (d *Desk) now() time.Time { return d.Now().UTC().Truncate(time.Second) }
