// Package replay says what must be done again after the tables were restored from a backup: whatever was taken away from a data subject since the backup
// (faults F17, F25). An entry is written in the transaction of the act itself, to a table that is not restored. It holds random ids and keyed hashes, and
// no address. Package restore does the entries again.
package replay

import (
	"crypto/rand"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Entry is one thing that was taken away. It has exactly one of the members below At.
type Entry struct {
	ID         string // random; of an erasure its own id, so that it is noted once however often it is begun
	At         time.Time
	Standing   *Standing       `json:",omitempty"`
	Alias      *subject.Alias  `json:",omitempty"` // as it is from now on, without its spelling
	Consent    *consent.Record `json:",omitempty"` // with a refusal
	Retraction *Retraction     `json:",omitempty"`
	Erasure    *Erasure        `json:",omitempty"`
}

// Standing is the standing of a data subject from now on, after a limit, a legal hold, an erasure, a join or a change of aliases.
type Standing struct {
	Subject   privacy.SubjectID
	State     standing.State
	Version   int64
	ExpiresAt time.Time // zero while something has no end
	Aliases   []string
	Shared    []string
	Left      []string
	Primary   string
}

// Retraction is a record that was taken back.
type Retraction struct {
	Holders  []privacy.SubjectID // under which ids it was stored
	Category privacy.Category
	ID       string
}

// Erasure is an erasure that has begun, with everything by which what is stored about the person is found.
type Erasure struct {
	Request   string
	Subject   privacy.SubjectID // empty if nobody was known by the address
	Persons   []privacy.SubjectID
	Mailboxes []string
}

// OfStanding returns the entry about a standing.
func OfStanding(id privacy.SubjectID, s standing.Snapshot, now time.Time) Entry {
	return Entry{ID: rand.Text(), At: now.UTC(), Standing: &Standing{
		Subject: id, State: s.State, Version: s.Version, ExpiresAt: s.ExpiresAt, Aliases: s.Aliases, Shared: s.Shared, Left: s.Left, Primary: s.Primary,
	}}
}

// OfAlias returns the entry about an alias.
func OfAlias(a subject.Alias, now time.Time) Entry {
	a.Spelling = ""
	return Entry{ID: rand.Text(), At: now.UTC(), Alias: &a}
}

// OfConsent returns the entry about a consent record, and false if it refuses nothing: whoever agreed to something before a restore is asked again.
func OfConsent(r consent.Record) (Entry, bool) {
	for _, d := range r.Decisions {
		if d.State == consent.Denied {
			return Entry{ID: rand.Text(), At: r.RecordedAt.UTC(), Consent: &r}, true
		}
	}
	return Entry{}, false
}

// OfRetraction returns the entry about a record that was taken back.
func OfRetraction(r Retraction, now time.Time) Entry {
	return Entry{ID: rand.Text(), At: now.UTC(), Retraction: &r}
}

// OfErasure returns the entry about an erasure that began at the time given.
func OfErasure(e Erasure, begun time.Time) Entry {
	return Entry{ID: e.Request, At: begun.UTC(), Erasure: &e}
}
