package identitytest

import (
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// year is how long somebody is kept in these tests, unless they say something else.
func (r *Rig) year() time.Time { return r.Clock.Now().AddDate(1, 0, 0) }

// Record makes a data subject known as a record does that names them by an id ("crm/1"), an address, or both, and returns who they are. An address of
// somebody else is shared from then on.
func (r *Rig) Record(id, email string) (who privacy.SubjectID) {
	r.Helper()
	until := r.year()
	err := fault.Retry(r.Context(), func() (lost bool, err error) {
		who = subject.NewID()
		n := Newcomer{ID: who, State: standing.Unknown.Known(until), ExpiresAt: until}
		if err := r.learns(&n, id, email); err != nil {
			return false, err
		}
		return r.Store.Create(r.Context(), n)
	})
	if err != nil {
		r.Fatalf("%s %s does not become known: %v", id, email, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.people = append(r.people, who)
	return who
}

// Type makes a data subject known by an address that somebody typed.
func (r *Rig) Type(email string) privacy.SubjectID { return r.Record("", email) }

// learns adds an id and an address to a newcomer, who may share the address. Without an id, somebody has typed it.
func (r *Rig) learns(n *Newcomer, id, email string) error {
	client, _, _ := strings.Cut(id, "/")
	if id != "" {
		is := subject.Alias{Key: r.key(id), Client: client}
		n.Learns = append(n.Learns, identity.AliasChange{From: subject.Alias{Key: is.Key}, To: is})
	}
	if email == "" {
		return nil
	}
	was, err := r.find(email)
	if err != nil {
		return err
	}
	was.Key = r.key(email)
	is := was
	if len(was.Subjects) > 0 {
		n.Shares, n.Owner = &identity.AliasChange{From: was, To: is.With(n.ID, n.ExpiresAt, nil)}, was.Subject()
		return nil
	}
	is.Spelling, is.Typed, is.Client = address(email).Spelling, client == "", client
	n.Learns = append(n.Learns, identity.AliasChange{From: was, To: is})
	return nil
}

func (r *Rig) find(name string) (subject.Alias, error) {
	key := r.key(name)
	found, err := r.Store.Aliases(r.Context(), key)
	return found[key], err
}

// alias returns what is on record of an alias.
func (r *Rig) alias(name string) subject.Alias {
	r.Helper()
	is, err := r.find(name)
	if err != nil {
		r.Fatalf("%s: %v", name, err)
	}
	return is
}

func (r *Rig) state(id privacy.SubjectID) standing.Snapshot {
	r.Helper()
	s, found, err := r.Store.State(r.Context(), id)
	if err != nil || !found {
		r.Fatalf("the state of %s is not found: %v", id, err)
	}
	return s
}
