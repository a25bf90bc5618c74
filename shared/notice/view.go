package notice

import "time"

// View is a campaign as it is shown to staff, over HTTP and by ctl. It contains no personal data: no address, and no HMAC of one.
type View struct {
	Version    string    `json:"version"`
	Kind       string    `json:"kind"`
	State      State     `json:"state"`
	Reason     Reason    `json:"reason,omitempty"`
	Orphaned   bool      `json:"orphaned,omitzero"`
	AnnounceAt time.Time `json:"announceAt"`
	Deadline   time.Time `json:"deadline"`
	EndsAt     time.Time `json:"endsAt"`
	StartedAt  time.Time `json:"startedAt,omitzero"`
	FinishedAt time.Time `json:"finishedAt,omitzero"`
	Expected   int       `json:"expected,omitzero"`
	Progress   Progress  `json:"progress"`
	Counts     *Counted  `json:"counts,omitempty"` // nil where nobody asked for them
}

// Progress is what a campaign counted while it ran (see [Tally]).
type Progress struct {
	Calls    int `json:"calls"`
	Accepted int `json:"accepted"`
	Failed   int `json:"failed"`
	Waiting  int `json:"waiting"`
	Unknown  int `json:"unknown"`
}

// Counted is the recipients of a campaign by what became of the notice (see [Counts]).
type Counted struct {
	Recipients    int            `json:"recipients"`
	Told          int            `json:"told"` // only these count as told: the server of the recipient took the mail
	Accepted      int            `json:"accepted"`
	Waiting       int            `json:"waiting"`
	Unknown       int            `json:"unknown"`
	Failed        int            `json:"failed"`
	FailedBecause map[Reason]int `json:"failedBecause"`
	Followed      int            `json:"followed"` // of those who failed: the campaign went on at another address of the same person
	PerhapsTwice  int            `json:"perhapsTwice"`
	Complained    int            `json:"complained"`
}

// View returns what staff may see of the campaign.
func (o Overview) View() View {
	c := o.Campaign
	return View{
		Version: c.Version, Kind: c.Kind, State: c.State, Reason: c.Reason, Orphaned: o.Orphaned, AnnounceAt: c.AnnounceAt.UTC(), Deadline: c.Deadline.UTC(),
		EndsAt: c.EndsAt.UTC(), StartedAt: c.StartedAt.UTC(), FinishedAt: c.FinishedAt.UTC(), Expected: c.Expected,
		Progress: Progress{c.Tally.Calls, c.Tally.Accepted, c.Tally.Failed, c.Tally.Waiting, c.Tally.Unknown},
	}
}

// View returns what staff may see of the campaign, with its counts.
func (s Shown) View() View {
	v, of := s.Overview.View(), s.Counts.Outcome
	v.Counts = &Counted{
		Recipients: s.Counts.Recipients, Told: of[Delivered], Accepted: of[Accepted], Waiting: of[Waiting], Unknown: of[Unknown], Failed: of[Failed],
		FailedBecause: s.Counts.Failed, Followed: s.Counts.Followed, PerhapsTwice: s.Counts.Doubled, Complained: s.Counts.Complained,
	}
	return v
}
