package identitytest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// names returns how the tests name data subjects: by the order in which they became known.
func (r *Rig) names(ids []privacy.SubjectID) (all []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range ids {
		all = append(all, fmt.Sprintf("#%d", slices.Index(r.people, id)+1))
	}
	slices.Sort(all)
	return all
}

func (r *Rig) aliasNames(keys []string) (all []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, key := range keys {
		all = append(all, r.aliases[key])
	}
	slices.Sort(all)
	return all
}

// living returns the states of everybody whose retention is not over.
func (r *Rig) living() map[privacy.SubjectID]standing.Snapshot {
	r.Helper()
	all := map[privacy.SubjectID]standing.Snapshot{}
	for _, id := range r.people {
		s, found, err := r.Store.State(r.Context(), id)
		r.must(err)
		if found && (s.ExpiresAt.IsZero() || s.ExpiresAt.After(r.Clock.Now())) {
			all[id] = s
		}
	}
	return all
}

// onRecord returns every alias that the test has named and that is on record.
func (r *Rig) onRecord() map[string]subject.Alias {
	r.Helper()
	found, err := r.Store.Aliases(r.Context(), slices.Sorted(maps.Keys(r.aliases))...)
	r.must(err)
	return found
}

// Sound expects aliases and states to say the same, whatever was done to them.
func (r *Rig) Sound() {
	r.Helper()
	states, aliases := r.living(), r.onRecord()
	var primaries []string
	for id, s := range states {
		if s.Into != "" {
			if root := states[s.Into]; !slices.ContainsFunc(root.Formerly, func(f subject.Former) bool { return f.ID == id }) && root.Into == "" {
				r.Errorf("%v is joined to %v, who does not know it", r.names([]privacy.SubjectID{id}), r.names([]privacy.SubjectID{s.Into}))
			}
			continue
		}
		primaries = append(primaries, s.Primary)
		r.soundState(id, s, aliases)
	}
	for key, is := range aliases {
		r.soundAlias(r.aliases[key], is, states)
	}
	listed, err := r.Store.Listed(r.Context())
	r.must(err)
	slices.Sort(listed)
	if slices.Sort(primaries); !slices.Equal(listed, primaries) {
		r.Errorf("the index lists %v, not %v", r.aliasNames(listed), r.aliasNames(primaries))
	}
}

func (r *Rig) soundState(id privacy.SubjectID, s standing.Snapshot, aliases map[string]subject.Alias) {
	r.Helper()
	who := r.names([]privacy.SubjectID{id})
	var own, shared, mail []string
	for key, is := range aliases {
		if !is.Belongs(id) {
			continue
		}
		own = append(own, key)
		if is.Shared() {
			shared = append(shared, key)
		}
		if subject.IsAddress(key) {
			mail = append(mail, key)
		}
	}
	// The state may still call an alias shared whose other users' data has expired.
	shares := slices.DeleteFunc(slices.Clone(s.Shared), func(key string) bool { return aliases[key].Subject() == id })
	for what, lists := range map[string][2][]string{"aliases": {own, s.Aliases}, "shared aliases": {shared, shares}} {
		if got, want := r.aliasNames(lists[1]), r.aliasNames(lists[0]); !slices.Equal(got, want) {
			r.Errorf("the state of %v lists the %s %v, not %v", who, what, got, want)
		}
	}
	if len(mail) > subject.Most || len(own)-len(mail) > subject.Most || len(s.Formerly) > standing.MostFormer {
		r.Errorf("%v has %d addresses, %d ids, %d formers", who, len(mail), len(own)-len(mail), len(s.Formerly))
	}
	if (s.Primary == "") != (len(mail) == 0) || s.Primary != "" && !slices.Contains(mail, s.Primary) {
		r.Errorf("mail to %v goes to %v of %v", who, r.aliasNames([]string{s.Primary}), r.aliasNames(mail))
	}
	for _, f := range s.Formerly {
		if former, found, err := r.Store.State(r.Context(), f.ID); err != nil || !found || former.Into == "" || !former.ExpiresAt.Equal(s.ExpiresAt) {
			r.Errorf("%v was joined to %v and is %+v, not %v: %v", r.names([]privacy.SubjectID{f.ID}), who, former, s.ExpiresAt, err)
		}
	}
}

func (r *Rig) soundAlias(name string, is subject.Alias, states map[privacy.SubjectID]standing.Snapshot) {
	r.Helper()
	users := map[privacy.SubjectID]standing.Snapshot{}
	var ends []time.Time
	expires := is.DoubtUntil
	for _, id := range is.Subjects {
		if s, lives := states[id]; lives && s.Into == "" {
			users[id] = s
		} else {
			r.Errorf("%s stands for %v, who was joined to somebody or is gone", name, r.names([]privacy.SubjectID{id}))
		}
	}
	for id, s := range users {
		if !is.Says(id, s.ExpiresAt, s.Formerly) {
			r.Errorf("%s says %+v, %+v; the state of %v says %v, %v", name, is, is.Sharers, r.names([]privacy.SubjectID{id}), s.ExpiresAt, s.Formerly)
		}
		ends = append(ends, s.ExpiresAt)
	}
	if len(ends) > 0 {
		expires = subject.Latest(ends...)
	}
	if !is.ExpiresAt.Equal(expires) {
		r.Errorf("%s expires %v, not %v", name, is.ExpiresAt, expires)
	}
}

// Dump returns all that is on record, in words that do not depend on random ids or on versions.
func (r *Rig) Dump() string {
	r.Helper()
	var lines []string
	for key, is := range r.onRecord() {
		lines = append(lines, fmt.Sprintf("%s %q of %v by %s, formerly %v, attached %v, detached %v from %v, doubt %v, frozen %v, typed %t, expires %v",
			r.aliases[key], is.Spelling, r.names(is.Subjects), is.Client, r.formers(is.Formerly), is.AttachedAt, is.DetachedAt,
			r.names([]privacy.SubjectID{is.From}), is.DoubtUntil, is.FrozenAt, is.Typed, is.ExpiresAt))
	}
	for id, s := range r.living() {
		lines = append(lines, fmt.Sprintf("state %v: into %v, formerly %v, aliases %v, shared %v, left %v, primary %v, expires %v", r.names([]privacy.SubjectID{id}),
			r.names([]privacy.SubjectID{s.Into}), r.formers(s.Formerly), r.aliasNames(s.Aliases), r.aliasNames(s.Shared), r.aliasNames(s.Left),
			r.aliasNames([]string{s.Primary}), s.ExpiresAt))
	}
	entries, err := r.Store.Audited(r.Context())
	r.must(err)
	for _, e := range entries {
		lines = append(lines, fmt.Sprintf("entry %s about %v by %s at %v", e.Act, r.names([]privacy.SubjectID{privacy.SubjectID(e.About)}), e.Actor.Kind, e.At))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func (r *Rig) formers(all []subject.Former) (ids []string) {
	for _, f := range all {
		ids = append(ids, r.names([]privacy.SubjectID{f.ID})...)
	}
	return ids
}
