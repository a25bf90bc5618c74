package periods

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/dynamo/notices"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/notice/noticetest"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/policy/policytest"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// noticed is the service after its first run, which found the first version, and the rest of the campaign of the second one.
type noticed struct {
	*noticetest.World
	first, created time.Time // when the campaigns were stored
	claimed        time.Time // when the only call to SES was about to be made
	heard          time.Time // when an event about it arrived
}

// campaigns returns campaigns on the stores of the rig, which tell the people of the rig, and have run once.
func (s *rig) campaigns() *noticetest.World {
	s.T.Helper()
	w := noticetest.NewWorld(s.T, 0, func(now func() time.Time) noticetest.Stores {
		return &notices.Store{Client: s.Client, Table: s.Tables.Name("NoticesTable"), Ledger: s.Tables.Name("LedgerTable"), Now: now}
	})
	w.Clock.Set(s.Clock.Now())
	w.Runner.People, w.Runner.Shards, w.Runner.Spellings = s.Subjects, subjects.Shards, s.Subjects
	w.Runner.Policy, w.Feedback.Policy = s.InForce, s.InForce
	s.must(w.Runner.Run(s.T.Context()))
	return w
}

// notice mails a notice to the only account holder.
func (s *rig) notice() noticed {
	s.T.Helper()
	s.put(privacy.Account, "a-1", `{"contractStartedAt":"2026-01-01T00:00:00Z","status":"active","username":"anna"}`)
	w := s.campaigns()
	n := noticed{World: w, first: w.Clock.Now()}
	w.Clock.Advance(49 * time.Hour)
	w.Publish(noticetest.New, "significant", 30)
	n.created = w.Clock.Now()
	s.must(w.Runner.Run(s.T.Context()))
	w.Clock.Advance(3 * time.Hour)
	w.Hear()
	n.heard = w.Clock.Now()
	claim, found, err := w.Stores.Claimed(s.T.Context(), noticetest.New, 1)
	s.must(err)
	if n.claimed = claim.At; !found || len(claim.Aliases) != 1 || w.SES.Mails[anna] != 1 || n.claimed.Before(n.created) || n.claimed.After(n.heard.Add(-3*time.Hour)) {
		s.T.Fatalf("%+v, mails %v, created %v", claim, w.SES.Mails, n.created)
	}
	return n
}

// storedCampaigns are the items of policy.NoticeCampaign.
func (s *rig) storedCampaigns() []stored {
	n := s.notice()
	return []stored{
		{n.first, s.ends("NoticesTable", "n#"+noticetest.Old, "META")}, {n.created, s.ends("NoticesTable", "n#"+noticetest.New, "META")},
		{n.heard, s.ends("NoticesTable", "n#"+noticetest.New, "EVENTS")},
	}
}

func (s *rig) storedRecipient() []stored {
	n := s.notice()
	return []stored{{n.claimed, s.ends("NoticesTable", "n#"+noticetest.New+"#", "")}}
}

func (s *rig) storedClaim() []stored {
	n := s.notice()
	return []stored{{n.claimed, s.ends("NoticesTable", "n#"+noticetest.New, "CLAIM#")}}
}

// theDeadlineFollowsItsVersion: the notices about a version must be sent within the days that this version gives.
func theDeadlineFollowsItsVersion(t *testing.T, s *rig) {
	next := policytest.Next(t, "2027-05-01", "2027-06-09", func(p *policy.Policy) { p.NoticeWithin = s.Policy.NoticeWithin })
	list, err := policy.Chronicle([]*policy.Policy{next, policy.Newest()})
	s.must(err)
	w := s.campaigns()
	w.Clock.Set(list[0].AnnounceAt().Add(-time.Hour))
	w.Runner.Published = notice.Publications(list)
	s.must(w.Runner.Run(t.Context()))
	shown, err := w.Control.Show(t.Context(), next.Version)
	s.must(err)
	if want := list[0].AnnounceAt().AddDate(0, 0, s.Policy.NoticeWithin); shown.State != notice.Scheduled || !shown.Deadline.Equal(want) {
		t.Errorf("%s, to be sent until %v, not %v", shown.State, shown.Deadline, want)
	}
}
