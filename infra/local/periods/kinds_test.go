package periods

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/infra/sam"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/replays"
	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/retention"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// stored says when an item's period began and when it ends.
type stored struct{ from, until time.Time }

// kinds has a function for each of the service's own kinds whose rule has a period, which stores items of the kind. The other kinds are in
// others.
var kinds = map[policy.Kind]func(s *rig) []stored{
	policy.ConsentRecord: func(s *rig) []stored {
		given := act(consent.Denied) // a refusal ends the consent at once
		given.Subject = "e#sid"
		_, err := s.ByAddress.Recorder.Record(s.T.Context(), given)
		s.must(err)
		return []stored{{s.Clock.Now(), s.ends("ConsentsTable", "e#", "")}}
	},
	policy.Request: func(s *rig) []stored {
		r := s.file()
		s.Clock.Advance(48 * time.Hour)
		_, err := s.Requester.Withdraw(s.T.Context(), r.ID, request.StatusToken(servicetest.Tokens, r.ID))
		s.must(err)
		return []stored{{s.Clock.Now(), s.ends("RequestsTable", "r#", "REQUEST")}}
	},
	policy.RequestEvent: func(s *rig) []stored {
		s.answer()
		return []stored{
			{noon, s.ends("RequestsTable", "r#", "EVENT#1")}, {noon, s.ends("RequestsTable", "r#", "EVENT#2")},
			{noon, s.ends("RequestsTable", "r#", "EVENT#3")},
		}
	},
	policy.Confirmation: func(s *rig) []stored {
		id, err := s.ByAddress.Ask(s.T.Context(), "client", act(consent.Granted))
		s.must(err)
		asked := stored{s.Clock.Now(), s.ends("RequestsTable", "c#", "CONSENT")}
		s.Clock.Advance(time.Hour)
		s.must(s.Admission.Run(s.T.Context(), id))
		return []stored{asked, {s.Clock.Now(), s.ends("RequestsTable", "c#", "CONSENT")}, {s.Clock.Now(), s.ends("RequestsTable", "m#", "PENDING#")}} // it waits from when it is behind its mailbox
	},
	policy.MailboxLink: func(s *rig) []stored {
		s.must(s.Posting.Want(s.T.Context(), s.Parse(anna), mailbox.ForRequests))
		wanted := stored{s.Clock.Now(), s.ends("RequestsTable", "m#", "MAILBOX")}
		s.Clock.Advance(time.Hour)
		s.Post(anna)
		return []stored{wanted, {s.Clock.Now(), s.ends("RequestsTable", "m#", "MAILBOX")}} // its life begins with its mail
	},
	policy.LinkWish: func(s *rig) []stored {
		s.must(s.Links.Ask(s.T.Context(), anna))
		return []stored{{s.Clock.Now(), s.ends("RequestsTable", "l#", "LINK")}}
	},
	policy.MailboxEntry: func(s *rig) []stored {
		s.file()
		return []stored{{s.Clock.Now(), s.ends("RequestsTable", "m#", "REQUEST#")}}
	},
	policy.ExportAttempt: func(s *rig) []stored {
		s.answer()
		return []stored{{noon, s.ends("RequestsTable", "r#", "EXPORT#1")}}
	},
	policy.ErasurePlan: func(s *rig) []stored {
		s.erases()
		return []stored{{noon, s.ends("RequestsTable", "r#", "ERASURE")}}
	},
	policy.ReplayEntry: func(s *rig) []stored {
		notes := &replays.Store{Client: s.Client, Replays: dynamo.ReplaysIn(s.Ledger.Table)}
		notes.Policy = s.InForce
		s.must(notes.Erasing(s.T.Context(), erasure.Whom{Request: "r"}, noon))
		return []stored{{noon, s.ends("LedgerTable", "replay#", "")}}
	},
	policy.ExportObject: func(s *rig) []stored {
		link := export.Of(s.Load(s.answer().ID))[0].OpenUntil
		if made := s.Policy.ExportsMadeBefore(link); !made.Equal(noon) { // what the purge deletes
			s.T.Errorf("when the link ends, exports of before %v are deleted", made)
		}
		return []stored{{noon, link}}
	},
	policy.AuditEntry: func(s *rig) []stored {
		file := s.Load(s.file().ID)
		r := file.Request
		r.State, r.Attempts = request.Fulfilling, 1
		halted := export.Attempt{Request: r.ID, Number: 1, State: export.Stopped, ExpiresAt: r.Terms.Attempts.After(r.ReceivedAt)}
		_, err := s.Requests.Save(s.T.Context(), file, r, halted)
		s.must(err)
		s.must(s.Retry(r.ID))
		return []stored{{s.Clock.Now(), s.ends("LedgerTable", "audit#", "")}}
	},
	policy.ClientCounter: func(s *rig) []stored {
		_, err := s.Limits.Count(s.T.Context(), "client", limit.Filings, s.Clock.Now())
		s.must(err)
		return []stored{{time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), s.ends("RequestsTable", "limit#client", "")}}
	},
	policy.WorkStep: func(s *rig) []stored {
		given := act(consent.Granted)
		given.Subject = "e#sid"
		_, err := s.ByAddress.Recorder.Record(s.T.Context(), given)
		s.must(err)
		step := stored{s.Clock.Now(), s.ends("RequestsTable", "s#", "STEP#consent")}
		s.put(privacy.Account, "a-1", `{"contractStartedAt":"2026-01-01T00:00:00Z","status":"active","username":"anna"}`)
		s.Wire.Through = func(c *enginetest.Call) (*http.Response, error) { // the walk is done at once; what it leaves is its step
			if c.Operation == "DeleteItem" {
				return c.Refuse("ValidationException")
			}
			return c.Send()
		}
		err = s.Intake.EndContract(s.T.Context(), subject.Named{Client: servicetest.CRM, Address: s.Parse(anna)}, noon.AddDate(0, 0, -1))
		s.must(err)
		return []stored{step, {s.Clock.Now(), s.ends("RequestsTable", "s#", "STEP#walk")}}
	},
	policy.DetachedAddress: func(s *rig) []stored {
		s.attached()
		s.Clock.Advance(time.Hour)
		s.SetAddresses("c-1", false, "new@example.org")
		gone := s.Clock.Now()
		found, err := s.Subjects.Aliases(s.T.Context(), servicetest.Aliases.Alias(s.Parse(anna)))
		s.must(err)
		is := found[servicetest.Aliases.Alias(s.Parse(anna))]
		return []stored{{gone, is.ExpiresAt}, {gone, is.DoubtUntil}}
	},
	policy.IdentityChange: func(s *rig) []stored {
		s.attached()
		return []stored{{s.Clock.Now(), s.ends("RequestsTable", "y#", "CHANGE")}, {s.Clock.Now(), s.ends("RequestsTable", "m#", "CHANGE#")}}
	},
	policy.SweepCursor: func(s *rig) []stored {
		s.must(s.Ledger.SavePositions(s.T.Context(), nil, map[string]retention.Position{"RequestsTable": {PK: "r#1", SK: "REQUEST"}}))
		return []stored{{s.Clock.Now(), s.ends("LedgerTable", "cursor", "")}}
	},
	policy.RetentionReport: func(s *rig) []stored {
		s.must(s.Ledger.Keep(s.T.Context(), retention.Report{SweptAt: s.Clock.Now()}))
		return []stored{{s.Clock.Now(), s.ends("LedgerTable", "report#", "")}}
	},
	policy.NoticeCampaign:  (*rig).storedCampaigns,
	policy.NoticeRecipient: (*rig).storedRecipient,
	policy.NoticeClaim:     (*rig).storedClaim,
}

// others has the tests of the kinds that follow the policy in another way.
var others = map[policy.Kind]func(t *testing.T){
	policy.SubjectAlias: theIndexEndsWithTheLastRecord,
	policy.SubjectState: theIndexEndsWithTheLastRecord,
	policy.SweepLease:   theLeaseEndsWithinItsPeriod,
	policy.ServiceLog:   theTemplateKeepsLogs,
	policy.MailEvent:    theTemplateKeepsReports,
	policy.InboundMail:  theTemplateKeepsMails,
}

// TestPromise_F08_EveryKindFollowsItsRow changes the period of each kind in a copy of the policy.
func TestPromise_F08_EveryKindFollowsItsRow(t *testing.T) {
	for _, kind := range policy.OwnKinds() {
		t.Run(string(kind), func(t *testing.T) {
			if other := others[kind]; other != nil {
				other(t)
				return
			}
			store := kinds[kind]
			if store == nil {
				t.Fatal("the kind has no case here, so no test shows that it follows the schedule")
			}
			for _, p := range []*policy.Policy{changed(t, func(*policy.Policy) {}), changed(t, func(p *policy.Policy) { longer(p, kind) })} {
				for i, item := range store(newRig(t, p)) {
					if want := p.SpanOf(kind).After(item.from); !item.until.Equal(want) {
						t.Errorf("item %d under %q ends %v, not %v", i, p.SpanOf(kind), item.until, want)
					}
				}
			}
			if p := changed(t, func(p *policy.Policy) { longer(p, kind) }); p.SpanOf(kind) == policy.Newest().SpanOf(kind) {
				t.Error("the period was not changed")
			}
		})
	}
	for kind := range kinds {
		if !slices.Contains(policy.OwnKinds(), kind) {
			t.Errorf("%s is not one of the service's own kinds", kind)
		}
	}
}

// theIndexEndsWithTheLastRecord: addresses and states have no period of their own. They end with the last record, so they follow that record's row.
func theIndexEndsWithTheLastRecord(t *testing.T) {
	for _, p := range []*policy.Policy{policy.Newest(), changed(t, func(p *policy.Policy) { longer(p, policy.Kind(privacy.Account)) })} {
		s := newRig(t, p)
		s.put(privacy.Identity, "self", `{"firstName":"Anna","lastName":"Berg"}`)
		want := privacy.NextMonth(p.SpanOf(policy.Kind(privacy.Account)).After(noon))
		if alias, state := s.ends("SubjectsTable", "i#", "ALIAS"), s.ends("SubjectsTable", "s#", "!state"); !alias.Equal(want) || !state.Equal(want) {
			t.Errorf("the alias ends %v, the state %v, not %v", alias, state, want)
		}
	}
}

// theLeaseEndsWithinItsPeriod: a lease ends with the deadline of the function that took it, which is sooner than any row allows.
func theLeaseEndsWithinItsPeriod(t *testing.T) {
	s := newRig(t, policy.Newest())
	longest := time.Duration(0)
	for _, f := range template(t).Functions {
		longest = max(longest, f.Timeout)
	}
	if _, free, err := s.Ledger.Lease(t.Context(), s.Clock.Now().Add(longest)); err != nil || !free {
		t.Fatal(free, err)
	}
	if end := s.ends("LedgerTable", "lease", "sweep"); longest == 0 || end.After(s.Policy.SpanOf(policy.SweepLease).After(s.Clock.Now())) {
		t.Errorf("a lease of %v ends %v", longest, end)
	}
}

// theTemplateKeepsLogs: CloudWatch deletes log lines after the period in the template.
func theTemplateKeepsLogs(t *testing.T) {
	groups := 0
	for id, r := range template(t).Resources {
		if r.Type != "AWS::Logs::LogGroup" {
			continue
		}
		groups++
		if days := r.Properties.Get("RetentionInDays").Int(); policy.Newest().SpanOf(policy.ServiceLog) != (policy.Span{Days: days}) {
			t.Errorf("%s keeps lines for %d days", id, days)
		}
	}
	if groups == 0 {
		t.Error("the template has no log groups")
	}
}

// theTemplateKeepsReports: SQS deletes what SES has reported after the period in the template. A report that failed keeps the age it had, so the
// queue of failed ones decides.
func theTemplateKeepsReports(t *testing.T) {
	place := slices.IndexFunc(policy.Inventory[:], func(row policy.Stored) bool { return row.Kind == policy.MailEvent })
	span, longest := policy.Newest().SpanOf(policy.MailEvent), 0
	for _, id := range policy.Inventory[place].Places {
		queue := template(t).Resources[id]
		seconds := queue.Properties.Get("MessageRetentionPeriod").Int()
		if queue.Type != "AWS::SQS::Queue" || seconds == 0 || noon.Add(time.Duration(seconds)*time.Second).After(span.After(noon)) {
			t.Errorf("%s keeps reports for %d seconds, which is not within %q", id, seconds, span)
		}
		longest = max(longest, seconds)
	}
	if end := noon.Add(time.Duration(longest) * time.Second); !end.Equal(span.After(noon)) {
		t.Errorf("reports end %v, not %v", end, span.After(noon))
	}
}

// theTemplateKeepsMails: S3 deletes a mail to the privacy address after the period in the template, if the function has not done so before. S3 counts
// from the midnight that follows, so a mail is gone within the days of the schedule. The queues forget that it came before that.
func theTemplateKeepsMails(t *testing.T) {
	row := slices.IndexFunc(policy.Inventory[:], func(row policy.Stored) bool { return row.Kind == policy.InboundMail })
	span, buckets := policy.Newest().SpanOf(policy.InboundMail), 0
	for _, id := range policy.Inventory[row].Places {
		switch r := template(t).Resources[id]; r.Type {
		case "AWS::S3::Bucket":
			buckets++
			if days := r.Properties.Get("LifecycleConfiguration", "Rules").List()[0].Get("ExpirationInDays").Int(); span != (policy.Span{Days: days + 1}) {
				t.Errorf("%s keeps mails for %d days; it must be one less than in the schedule, since S3 rounds up", id, days)
			}
		case "AWS::SQS::Queue":
			if seconds := r.Properties.Get("MessageRetentionPeriod").Int(); seconds == 0 || !noon.Add(time.Duration(seconds)*time.Second).Before(span.After(noon)) {
				t.Errorf("%s keeps messages for %d seconds, which is not within %q", id, seconds, span)
			}
		default:
			t.Errorf("%s is a %s", id, r.Type)
		}
	}
	if buckets != 1 {
		t.Errorf("%d buckets keep mails", buckets)
	}
}

// Marketing data without a recorded consent has its own end in the row of marketing data.
func TestPromise_F04_MarketingDataWithoutAConsentFollowsItsRow(t *testing.T) {
	for _, days := range []int{policy.Newest().RetentionFor(privacy.Marketing).UnconsentedDays, 45} {
		s := newRig(t, changed(t, func(p *policy.Policy) {
			i := slices.IndexFunc(p.Retention, func(r policy.Retention) bool { return r.UnconsentedDays > 0 })
			p.Retention[i].UnconsentedDays = days
		}))
		s.put(privacy.Marketing, "news", `{"interests":[],"list":"news","subscribedAt":"2026-01-01T00:00:00Z"}`)
		if got, want := s.ends("RecordsTable", "s#", "marketing#"), s.Clock.Now().AddDate(0, 0, days); !got.Equal(want) {
			t.Errorf("kept until %v, not %v", got, want)
		}
	}
}

// The bucket itself deletes objects that the purge has missed, but never while a link to them works.
func TestPromise_F08_TheBucketKeepsExportsAsLongAsTheirLinks(t *testing.T) {
	for _, b := range template(t).Buckets {
		if b.LogicalID != "ExportBucket" {
			continue // theTemplateKeepsMails
		}
		for _, rule := range b.Properties.Get("LifecycleConfiguration", "Rules").List() {
			if days := rule.Get("ExpirationInDays").Int(); policy.Newest().SpanOf(policy.ExportObject) != (policy.Span{Days: days - 1}) {
				t.Errorf("%s keeps objects for %d days; it must be one more than in the schedule, since S3 rounds up", b.LogicalID, days)
			}
		}
	}
}

func template(t *testing.T) *sam.Template {
	t.Helper()
	loaded, err := sam.Load("../../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

// attached stores a record of anna under an id, and attaches an address.
func (s *rig) attached() {
	s.T.Helper()
	_, err := s.TakeAs("c-1", anna, record.Record{Category: privacy.Identity, ID: "self", Source: privacy.Direct, OccurredAt: noon, Data: []byte(`{"firstName":"Anna","lastName":"Berg"}`)})
	s.must(err)
	s.SetAddresses("c-1", false, anna, "new@example.org")
}

// put stores a record of anna.
func (s *rig) put(category privacy.Category, id, data string) {
	s.T.Helper()
	r := record.Record{Category: category, ID: id, Source: privacy.Direct, OccurredAt: noon, Data: []byte(data)}
	if result, err := s.Take(anna, r); err != nil || result.Outcome != record.Stored {
		s.T.Fatalf("%s: %v, %v", category, result, err)
	}
}
