package periods

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/inbound"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// figure is a period of the policy outside its retention schedule. It says how a test changes the period and what must follow it.
type figure struct {
	change func(p *policy.Policy)
	holds  func(t *testing.T, s *rig)
}

// figures lists them by their names in the policy's JSON.
var figures = map[string]figure{
	"answerWithinDays": {
		func(p *policy.Policy) { p.AnswerWithin = 12 },
		func(t *testing.T, s *rig) {
			due := time.Date(2026, 12, 31+s.Policy.AnswerWithin, 23, 59, 59, 0, time.UTC)
			if got := request.Clocks(s.file())[0]; got.Law != "policy" || !got.DueAt.Equal(due) {
				t.Errorf("%+v, not due %v", got, due)
			}
		},
	},
	"consentMonths": {
		func(p *policy.Policy) { p.ConsentMonths = 14 },
		func(t *testing.T, s *rig) {
			given := act(consent.Granted)
			given.Subject = "e#sid"
			record, err := s.ByAddress.Recorder.Record(t.Context(), given)
			s.must(err)
			end := policy.Span{Months: s.Policy.ConsentMonths}.After(noon)
			if got := record.Decisions[privacy.MarketingEmail].ExpiresAt; !got.Equal(end) {
				t.Errorf("the decision ends %v, not %v", got, end)
			}
			if kept := s.Policy.SpanOf(policy.ConsentRecord).After(end); !s.ends("ConsentsTable", "e#", "").Equal(kept) {
				t.Errorf("the proof is not kept until %v", kept)
			}
		},
	},
	"optOutMonths": {
		func(p *policy.Policy) { p.OptOutMonths = 18 },
		func(t *testing.T, s *rig) {
			record, err := s.ByAddress.Recorder.OptOut(t.Context(), "v#x", "op")
			s.must(err)
			again := policy.Span{Months: s.Policy.OptOutMonths}.After(noon)
			if got := record.Decisions[privacy.MarketingCookies]; !got.OptOut || !got.ExpiresAt.Equal(again) {
				t.Errorf("asked again %+v, not at %v", got, again)
			}
		},
	},
	"noticeDeadlineDays": {func(p *policy.Policy) { p.NoticeWithin = 12 }, theDeadlineFollowsItsVersion},
	"bannerDays": {
		func(p *policy.Policy) { p.BannerDays = 90 },
		func(t *testing.T, s *rig) {
			banner := s.Policy.BannerAt(noon)
			announced, _ := policy.Versions().Find(banner.Version)
			if got, want := banner.Until, policy.DaysAfter(announced.LastUpdated, s.Policy.BannerDays); !got.Equal(want) {
				t.Errorf("the banner stands until %v, not %v", got, want)
			}
		},
	},
	"versionGraceDays": {
		func(p *policy.Policy) { p.VersionGrace = 60 },
		func(t *testing.T, s *rig) {
			given := act(consent.Granted)
			given.Subject, given.PolicyVersion = "e#sid", policy.Versions()[1].Version
			s.Clock.Set(policy.Versions()[1].Replaced().AddDate(0, 0, s.Policy.VersionGrace))
			_, err := s.ByAddress.Recorder.Record(t.Context(), given)
			if figure := (policy.Span{Days: s.Policy.VersionGrace}).String(); err == nil || !strings.Contains(err.Error(), "in the last "+figure) {
				t.Errorf("after %s: %v", figure, err)
			}
			s.Clock.Advance(-time.Second)
			_, err = s.ByAddress.Recorder.Record(t.Context(), given)
			s.must(err)
		},
	},
	"linkAgainHours": {
		func(p *policy.Policy) { p.LinkHours = 36 },
		func(t *testing.T, s *rig) {
			s.file()
			link, again := s.LastMail(), time.Duration(s.Policy.LinkHours)*time.Hour
			s.Open(link)
			opens := func(at time.Time, want bool) {
				t.Helper()
				s.Clock.Set(at)
				if _, _, _, err := s.Links.Open(t.Context(), link.About, link.Token); (err == nil) != want {
					t.Errorf("at %v: %v", at, err)
				}
			}
			opens(noon.Add(again-time.Second), true)
			opens(noon.Add(again), false)
		},
	},
	"childDays": {
		func(p *policy.Policy) { p.ChildWithin = 5 },
		func(t *testing.T, s *rig) {
			r := s.File(request.Filing{Right: privacy.ChildErasure, Email: anna, Details: "My son is ten."})
			if got, want := request.DueAt(r), endOfDay(s.Policy.ChildWithin); !got.Equal(want) {
				t.Errorf("a report about a child is due %v, not %v", got, want)
			}
		},
	},
	"complaintDays": {
		func(p *policy.Policy) { p.ComplaintAck = 14 },
		func(t *testing.T, s *rig) {
			r := s.File(request.Filing{Right: privacy.Complaint, Email: anna, Details: "Nobody answered."})
			for _, c := range request.Clocks(r) {
				if want := endOfDay(s.Policy.ComplaintAck); c.Law == "policy" && c.Kind == "acknowledge" && !c.DueAt.Equal(want) {
					t.Errorf("a complaint is acknowledged by %v, not %v", c.DueAt, want)
				}
			}
		},
	},
	"questionDays": {
		func(p *policy.Policy) { p.QuestionWithin = 10 },
		func(t *testing.T, s *rig) {
			id := s.Writes(inbound.Message{From: anna, Text: "Where are your servers?"}, servicetest.Vouched)
			if due, want := request.DueAt(s.Load(id).Request), endOfDay(s.Policy.QuestionWithin); !due.Equal(want) {
				t.Errorf("a question is answered by %v, not %v", due, want)
			}
		},
	},
	"coolingOffHours": {func(p *policy.Policy) { p.CoolingOff = 48 }, theErasureBeginsLater},
	"backupDays":      {func(p *policy.Policy) { p.BackupDays = 14 }, theCertificateSaysWhenBackupsAreFree},
	"confirmAgainDays": {
		func(p *policy.Policy) { p.RemindAfter = 5 },
		func(t *testing.T, s *rig) {
			filed := s.file()
			reminders := s.reminders()
			s.Clock.Set(noon.AddDate(0, 0, s.Policy.RemindAfter).Add(-time.Second))
			s.must(reminders.Run(t.Context()))
			if at := s.Load(filed.ID).Request.RemindedAt; !at.IsZero() {
				t.Errorf("reminded at %v", at)
			}
			s.Clock.Advance(time.Second)
			s.must(reminders.Run(t.Context()))
			if got := s.Load(filed.ID).Request.RemindedAt; !got.Equal(noon.AddDate(0, 0, s.Policy.RemindAfter)) {
				t.Errorf("reminded at %v", got)
			}
		},
	},
	"newAddressDays": {
		func(p *policy.Policy) { p.NewAddress = 5 },
		func(t *testing.T, s *rig) {
			s.attached()
			r := s.File(request.Filing{Right: privacy.Access, Email: "new@example.org"})
			s.Prove(r.ID)
			s.Fulfil(r.ID)
			from := noon.AddDate(0, 0, s.Policy.NewAddress)
			if got := s.Load(r.ID); got.Request.State == request.Fulfilling || !got.Request.NextAt.Equal(from) {
				t.Errorf("asked for by a new address: %s, next at %v, not %v", got.Request.State, got.Request.NextAt, from)
			}
			s.Clock.Set(from)
			if s.Fulfil(r.ID); s.Load(r.ID).Request.State != request.Fulfilling {
				t.Errorf("at %v: %s", from, s.Load(r.ID).Request.State)
			}
		},
	},
	"sessionMinutes": {
		func(p *policy.Policy) { p.SessionLife = 90 },
		func(t *testing.T, s *rig) {
			s.file()
			session, cookie, _, err := s.Links.Open(t.Context(), s.LastMail().About, s.LastMail().Token)
			s.must(err)
			end := noon.Add(time.Duration(s.Policy.SessionLife) * time.Minute)
			if !session.Ends.Equal(end) {
				t.Errorf("a session ends %v, not %v", session.Ends, end)
			}
			for at, want := range map[time.Time]bool{end.Add(-time.Second): true, end: false} {
				s.Clock.Set(at)
				if _, _, err := s.Links.Session(t.Context(), cookie); (err == nil) != want {
					t.Errorf("at %v: %v", at, err)
				}
			}
		},
	},
}

// TestPromise_A02_EveryFigureOfThePolicyIsFollowed changes each figure in a copy of the policy.
func TestPromise_A02_EveryFigureOfThePolicyIsFollowed(t *testing.T) {
	var named []string
	for field := range reflect.TypeFor[policy.Policy]().Fields() {
		if field.Type.Kind() == reflect.Int {
			named = append(named, field.Tag.Get("json"))
		}
	}
	for _, name := range named {
		t.Run(name, func(t *testing.T) {
			f, ok := figures[name]
			if !ok {
				t.Fatal("the figure has no case here, so no test shows that the service follows it")
			}
			other := changed(t, f.change)
			if reflect.DeepEqual(other, changed(t, func(*policy.Policy) {})) {
				t.Fatal("the figure was not changed")
			}
			for _, p := range []*policy.Policy{policy.Newest(), other} {
				f.holds(t, newRig(t, p))
			}
		})
	}
	for name := range figures {
		if !slices.Contains(named, name) {
			t.Errorf("%s is not a figure of the policy", name)
		}
	}
}
