package notice

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// lookAgain is how long after a look for another address of a person the next one comes, as long as the campaign goes on: an address may be
// attached, detached or shared meanwhile, and a join may be taken back.
const lookAgain = 7 * day

// looked returns a lost recipient after a look for other addresses of the persons behind it, which another writer may have changed meanwhile.
func (r Recipient) looked(followed bool, next time.Time) Recipient {
	if r.lost() {
		r.Followed, r.NextAt = followed, next
	}
	return r
}

// follow looks for another address of everybody behind an address at which the notice was lost. It mails them there, unless the campaign does so
// already. It can be repeated at any time, since it only asks what is stored: nobody is forgotten by a run that is killed, and no mailbox is
// mailed twice.
func (s *session) follow(ctx context.Context, r Recipient) error {
	now := s.Now()
	behind, err := s.behind(ctx, r.Alias)
	if err != nil {
		return err
	}
	concerned, followed, settled := 0, true, true
	for _, id := range behind {
		p, found, err := s.personOf(ctx, id, now)
		if err != nil {
			return err
		}
		if !found {
			continue // nobody tells them of this version
		}
		other, err := s.elsewhere(ctx, p, r.Alias, now)
		if err != nil {
			return err
		}
		concerned++
		followed = followed && other.Alias != ""
		settled = settled && (other.Outcome == Accepted || other.Outcome == Delivered)
	}
	followed = followed && concerned > 0
	_, err = s.change(ctx, now, r, func(is Recipient) Recipient { return is.looked(followed, s.nextLook(followed, settled, now)) })
	return err
}

// nextLook returns when the next look for another address comes. It is soon while the mail to that address waits, since the address may be taken
// away from the person before. It is zero if the campaign has ended by then.
func (s *session) nextLook(followed, settled bool, now time.Time) time.Time {
	if followed && !settled {
		return now.Add(settling)
	}
	if next := now.Add(lookAgain); next.Before(s.c.EndsAt) {
		return next
	}
	return time.Time{}
}

// behind returns whose address it is, and whose it was until it was taken away from them during the campaign.
func (s *session) behind(ctx context.Context, alias string) ([]privacy.SubjectID, error) {
	found, err := s.Persons.Aliases(ctx, alias)
	is := found[alias]
	ids := slices.Clone(is.Subjects)
	if is.From != "" && !slices.Contains(ids, is.From) && !is.DetachedAt.Before(s.c.StartedAt) {
		ids = append(ids, is.From)
	}
	return ids, err
}

// mostJoins bounds how often somebody was joined to somebody who was joined to somebody else.
const mostJoins = standing.MostFormer + 1

// personOf returns a data subject, or the one to whom they were joined. It returns false if the campaign does not concern them.
func (s *session) personOf(ctx context.Context, id privacy.SubjectID, now time.Time) (standing.Snapshot, bool, error) {
	for range mostJoins {
		p, found, err := s.Persons.State(ctx, id)
		if err != nil || !found {
			return standing.Snapshot{}, false, err
		}
		if p.Into == "" {
			return p, s.tells(standing.Person{Contract: p.Contract, EndedAt: p.EndedAt, ExpiresAt: p.ExpiresAt}, now), nil
		}
		id = p.Into
	}
	return standing.Snapshot{}, false, nil
}

// elsewhere returns the recipient by whom the campaign tells a person at another address than the one given, or none. If the campaign knows none of
// their addresses yet, it puts the best one on the list, to be mailed now.
func (s *session) elsewhere(ctx context.Context, p standing.Snapshot, than string, now time.Time) (Recipient, error) {
	addresses, err := s.addresses(ctx, p, than, now)
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
	if r, told := best(known); told {
		return r, nil
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
	return Recipient{}, nil
}

// best returns the recipient among several who most likely is told. It returns false if the notice failed for each.
func best(known map[string]Recipient) (is Recipient, found bool) {
	for _, outcome := range [...]Outcome{Delivered, Accepted, Unknown, Waiting} {
		for _, r := range known {
			if r.Outcome == outcome {
				return r, true
			}
		}
	}
	return Recipient{}, false
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
