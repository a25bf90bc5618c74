package notice

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// looked returns a lost recipient after a look for other addresses of the persons behind it, which another writer may have changed meanwhile.
func (r Recipient) looked(followed bool, next time.Time) Recipient {
	if r.lost() {
		r.Followed, r.NextAt = followed, next
	}
	return r
}

// due returns a recipient for whom another address is looked for now, if they are lost.
func (r Recipient) due(now time.Time) Recipient {
	if r.lost() && (r.NextAt.IsZero() || r.NextAt.After(now)) {
		r.NextAt = now
	}
	return r
}

// back returns a recipient whose address was on no record, and is on record again.
func (r Recipient) back(now time.Time) Recipient {
	if r.Outcome == Failed && r.Reason == NoAddress {
		r.Outcome, r.Since, r.NextAt, r.Followed = Waiting, now, now, false
	}
	return r
}

// follow looks for another address of everybody behind an address at which the notice was lost. It mails them there, unless the campaign does so
// already. It can be repeated at any time, since it only asks what is stored: nobody is forgotten by a run that is killed, and no mailbox is
// mailed twice.
func (s *session) follow(ctx context.Context, r Recipient) error {
	now := s.Now()
	behind, attached, err := s.behind(ctx, r.Alias, now)
	if err != nil {
		return err
	}
	if attached && r.Reason == NoAddress {
		_, err := s.change(ctx, now, r, func(is Recipient) Recipient { return is.back(now) })
		return err
	}
	followed, pending := len(behind) > 0, false
	for _, p := range behind {
		other, err := s.elsewhere(ctx, p, r, now)
		if err != nil {
			return err
		}
		followed = followed && other.Alias != ""
		pending = pending || other.Outcome == Waiting || other.Outcome == Unknown
	}
	_, err = s.change(ctx, now, r, func(is Recipient) Recipient { return is.looked(followed, s.nextLook(pending, now)) })
	return err
}

// nextLook returns when the next look for another address comes, since one may have been attached or taken away meanwhile: when the version comes
// into force, and on the last day of the walks. It is soon while the mail to the other address waits, since that address may be taken away from the
// person before. Whoever a walk finds anew is looked for at once, and so is everybody when staff asks for a retry.
func (s *session) nextLook(pending bool, now time.Time) time.Time {
	if pending {
		return now.Add(settling)
	}
	for _, at := range []time.Time{s.c.EndsAt.AddDate(0, 0, -s.Policy(now).BannerDays), s.c.EndsAt.Add(-day)} {
		if now.Before(at) {
			return at
		}
	}
	return time.Time{}
}

// behind returns the people whom the campaign concerns and whose address it is, or was until it was taken away from them during the campaign. attached
// says whether it is the address of any of them now.
func (s *session) behind(ctx context.Context, alias string, now time.Time) (people []standing.Snapshot, attached bool, err error) {
	found, err := s.Persons.Aliases(ctx, alias)
	if err != nil {
		return nil, false, err
	}
	is := found[alias]
	ids := slices.Clone(is.Subjects)
	if is.From != "" && !slices.Contains(ids, is.From) && !is.DetachedAt.Before(s.c.StartedAt) {
		ids = append(ids, is.From)
	}
	for _, id := range ids {
		_, p, known, err := identity.Root(ctx, s.Persons, id)
		if err != nil {
			return nil, false, err
		}
		if known && s.tells(standing.Person{Contract: p.Contract, EndedAt: p.EndedAt, ExpiresAt: p.ExpiresAt}, now) {
			people, attached = append(people, p), attached || is.Belongs(id)
		}
	}
	return people, attached, nil
}

// elsewhere returns the recipient by whom the campaign tells a person at another address than that of the recipient given, who is lost. If the mails
// to all their addresses so far have failed, it puts the best of the others on the list, to be mailed now. If there is no other, it returns the one
// that failed last, so that of several addresses of one person only the last counts as somebody who is left to the team. It returns none if the
// given one is the last.
func (s *session) elsewhere(ctx context.Context, p standing.Snapshot, than Recipient, now time.Time) (Recipient, error) {
	addresses, err := s.addresses(ctx, p, than.Alias, now)
	if err != nil || len(addresses) == 0 {
		return Recipient{}, err
	}
	keys := make([]string, len(addresses))
	for i, a := range addresses {
		keys[i] = a.Key
	}
	known, err := s.Recipients.Known(ctx, s.c.Version, keys)
	if err != nil {
		return Recipient{}, err
	}
	last := best(known)
	if last.Outcome != "" && last.Outcome != Failed {
		return last, nil
	}
	for _, a := range addresses {
		if _, stored := known[a.Key]; !stored && !a.Shared() {
			return s.change(ctx, now, Recipient{Alias: a.Key}, func(is Recipient) Recipient {
				if is.Revision == 0 {
					is.Outcome, is.Since, is.NextAt = Waiting, now, now
				}
				return is
			})
		}
	}
	if last.Outcome == Failed && last.after(than) {
		return last, nil
	}
	return Recipient{}, nil
}

// best returns the recipient among several who most likely is told. If the notice failed for each, it returns the one for whom it failed last.
func best(known map[string]Recipient) (is Recipient) {
	for _, outcome := range [...]Outcome{Delivered, Accepted, Unknown, Waiting, Failed} {
		for _, r := range known {
			if r.Outcome == outcome && (is.Alias == "" || r.after(is)) {
				is = r
			}
		}
		if is.Alias != "" {
			break
		}
	}
	return is
}

// after reports whether the outcome of a recipient began after that of another one. Of two that began in one second, either may be the later one,
// but always the same.
func (r Recipient) after(other Recipient) bool {
	return cmp.Or(r.Since.Compare(other.Since), cmp.Compare(r.Alias, other.Alias)) > 0
}

// addresses returns the other addresses of a person that mail may go to: the one that mail to everybody goes to comes first, then the one that has
// stood for them longest. One whose owner is in doubt is left out (threat T27). One that several people use is returned, because the person may
// have been told there, but a campaign chooses none of these.
func (s *session) addresses(ctx context.Context, p standing.Snapshot, than string, now time.Time) ([]subject.Alias, error) {
	keys := slices.DeleteFunc(slices.Clone(p.Aliases), func(key string) bool { return key == than || !subject.IsAddress(key) })
	if len(keys) == 0 {
		return nil, nil
	}
	found, err := s.Persons.Aliases(ctx, keys...)
	if err != nil {
		return nil, err
	}
	var all []subject.Alias
	for _, a := range found {
		if d := a.Doubt(now); d == subject.NoDoubt || d == subject.Shared {
			all = append(all, a)
		}
	}
	slices.SortFunc(all, func(a, b subject.Alias) int {
		if a.Key == p.Primary || b.Key == p.Primary {
			return map[bool]int{true: -1, false: 1}[a.Key == p.Primary]
		}
		return cmp.Or(a.AttachedAt.Compare(b.AttachedAt), cmp.Compare(a.Key, b.Key))
	})
	return all, nil
}
