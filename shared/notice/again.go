package notice

import (
	"context"
	"time"

	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/metric"
)

// again mails those whose mail SES did not take, or of whom nobody knows whether it did, once their time has come. It looks for other addresses of
// those whose mail is lost.
func (s *session) again(ctx context.Context) error {
	for {
		now := s.Now()
		if s.late(ctx, 0) {
			return errStop
		}
		aliases, err := s.Recipients.Due(ctx, s.c.Version, now, feedback.MostRecipients)
		if err != nil || len(aliases) == 0 {
			return err
		}
		to, moved, err := s.sift(ctx, aliases, now)
		if err != nil {
			return err
		}
		if err := s.sendAgain(ctx, to); err != nil {
			return err
		}
		if len(to) == 0 && !moved {
			return nil // what the index lists was settled a moment ago
		}
		if err := s.keepLease(ctx, s.place()); err != nil {
			return err
		}
	}
}

// sift returns those among the recipients whose mail is sent again now. It puts off the others, and reports whether there were any.
func (s *session) sift(ctx context.Context, aliases []string, now time.Time) (to []Recipient, moved bool, err error) {
	known, err := s.Recipients.Known(ctx, s.c.Version, aliases)
	if err != nil {
		return nil, false, err
	}
	arrival, err := s.Arrivals.LastArrival(ctx, s.c.Version)
	if err != nil {
		return nil, false, err
	}
	for _, alias := range aliases {
		r := known[alias]
		switch {
		case r.NextAt.IsZero() || r.NextAt.After(now):
			continue // the index lags behind
		case r.lost():
			err = s.follow(ctx, r)
		case r.Outcome == Unknown && !r.mayRepeat(arrival, now):
			err = s.wait(ctx, r, now)
		default:
			to = append(to, r)
			continue
		}
		if moved = true; err != nil {
			return nil, false, err
		}
	}
	return to, moved, nil
}

// mayRepeat reports whether a mail of which nobody knows whether SES took it is sent again. It is if an event of SES about another mail has
// arrived since: the event about this one would have arrived too. Without any event, SES's reports may be late, and it is after a day.
func (r Recipient) mayRepeat(arrival, now time.Time) bool {
	return arrival.After(r.Since) || now.Sub(r.Since) >= day
}

// wait puts off a mail that may not be repeated yet.
func (s *session) wait(ctx context.Context, r Recipient, now time.Time) error {
	latest := r.Since.Add(day)
	_, err := s.change(ctx, now, r, func(is Recipient) Recipient {
		if is.Outcome == Unknown && is.Claim == r.Claim {
			is.NextAt = now.Add(settling)
			if latest.Before(is.NextAt) {
				is.NextAt = latest
			}
		}
		return is
	})
	return err
}

// sendAgain sends to recipients who were mailed before. Those of a call that SES could not read are mailed one by one, so that one bad address
// does not hold up the others.
func (s *session) sendAgain(ctx context.Context, to []Recipient) error {
	var batch []Recipient
	for _, r := range to {
		if r.Outcome == Unknown && s.Now().Sub(r.Since) >= day {
			s.count(ctx, metric.NoticesUnknown)
		}
		if r.Reason == feedback.BadRequest {
			if err := s.send(ctx, []Recipient{r}, s.place()); err != nil {
				return err
			}
			continue
		}
		batch = append(batch, r)
	}
	for len(batch) > 0 {
		if err := s.ready(ctx); err != nil {
			return err
		}
		n := min(s.batch(), len(batch))
		if err := s.send(ctx, batch[:n], s.place()); err != nil {
			return err
		}
		batch = batch[n:]
	}
	return nil
}

// place returns where the walk goes on, which recipients who are mailed again do not change.
func (s *session) place() position { return position{s.c.Shard, s.c.Cursor} }
