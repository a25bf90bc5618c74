package export_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// gone checks that each link of a mail opens nothing, and that the answer to it is that to any dead link.
func (s *rig) gone(m servicetest.Mail) {
	s.T.Helper()
	id, _, _ := strings.Cut(m.About, ".")
	for what, err := range s.links(id, m) {
		if fault.Status(err) != http.StatusNotFound || !errors.Is(err, request.ErrLink) && what != "mailbox" {
			s.T.Errorf("the link to the %s of a mail %q: %v", what, m.Kind, err)
		}
	}
}

// links returns the error of each link of a mail about a request. Opening a link to a mailbox or to an export counts as a use.
func (s *rig) links(id string, m servicetest.Mail) map[string]error {
	errs := map[string]error{}
	switch m.Kind {
	case "link":
		_, _, _, errs["mailbox"] = s.Links.Open(s.T.Context(), m.About, m.Token)
	case "export":
		_, errs["export"] = export.Redeem(s.T.Context(), s.Requests, servicetest.Tokens, m.About, m.Token, s.Clock.Now())
	}
	if m.Status != "" {
		_, errs["status"] = s.Requester.Status(s.T.Context(), id, m.Status)
	}
	return errs
}

// old is the mailbox of an address with a request that was answered, one that is being answered, and one that nobody has confirmed.
type old struct {
	answered, asked, pending string
	mails                    []servicetest.Mail
}

func (s *rig) fills(email string) (o old) {
	s.T.Helper()
	first := s.File(request.Filing{Right: "access", Email: email, Details: "first"})
	s.Work()
	s.confirm(s.T.(*testing.T), first)
	s.Work()
	o.answered = first.ID
	o.asked = s.asks(email).ID
	s.Fulfil(o.asked)
	o.pending = s.File(request.Filing{Right: "portability", Email: email}).ID
	s.Clock.Advance(time.Minute)
	s.Fulfil(o.pending)
	s.Post(email)
	o.mails = slices.DeleteFunc(slices.Clone(s.Mails), func(m servicetest.Mail) bool { return m.To != email || m.Kind == "receipt" })
	kinds := map[string]int{}
	for _, m := range o.mails {
		kinds[m.Kind]++
		for what, err := range s.links(o.answered, m) {
			if err != nil {
				s.T.Fatalf("the %s: %v", what, err)
			}
		}
	}
	if kinds["link"] != 2 || kinds["export"] != 1 || len(s.Objects) != 1 {
		s.T.Fatalf("%v, %d objects", kinds, len(s.Objects))
	}
	s.Clock.Advance(time.Minute)
	return o
}

// T27: a mailbox gets a new owner. After its address was taken away from its person, after a join, and after a mail came back for good, none of the
// links of before opens anything: to the mailbox, to a request, to an export. What is about them is stored again at no later run.
func TestThreat_T27_EachOldLinkOfARecycledMailboxIsDead(t *testing.T) {
	for name, change := range map[string]func(*rig) identity.Cut{
		"detach": func(s *rig) identity.Cut {
			s.SetAddresses("c-1", false, annas)
			return identity.Cut{Leaves: s.subject(annas)}
		},
		"join": func(s *rig) identity.Cut {
			s.knows("c-2", berts)
			s.SetAddresses("c-1", true, annas, works, berts)
			return identity.Cut{}
		},
		"hard bounce": func(s *rig) identity.Cut {
			if err := s.Cutter.Follow(t.Context(), identity.Cut{Mailbox: s.mailbox(works)}, s.Clock.Now()); err != nil {
				t.Fatal(err)
			}
			return identity.Cut{}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newPeople(t)
			s.knows("c-1", annas)
			s.SetAddresses("c-1", false, annas, works)
			s.Clock.Advance(8 * day)
			o, at := s.fills(works), s.Clock.Now()
			cut := change(s)
			for _, m := range o.mails {
				s.gone(m)
			}
			cut.Mailbox = s.mailbox(works)
			before := s.everything()
			if err := s.Cutter.Follow(t.Context(), cut, at); err != nil {
				t.Fatal(err)
			}
			if after := s.everything(); after != before {
				t.Errorf("a second cut has changed\n%s\nto\n%s", before, after)
			}
			if _, err := s.Delivery.Run(t.Context(), o.answered, 1); err != nil {
				t.Fatal(err)
			}
			if file := s.Load(o.answered); export.Of(file)[0].State != export.Revoked || export.Of(file)[0].Object != "" || file.Request.State != request.Fulfilled {
				t.Errorf("%+v, %+v", file.Request, export.Of(file))
			}
			if len(s.Objects) != 0 {
				t.Errorf("%d objects are left", len(s.Objects))
			}
			if file := s.Load(o.pending); file.Request.Mailbox != cut.Mailbox || file.Request.State != request.Verifying || !file.Request.CutAt.IsZero() {
				t.Errorf("the request that nobody has confirmed: %+v", file.Request)
			}
		})
	}
}

// T27: the requests of the person who had the mailbox are theirs and no longer its own. So a new owner sees none of them, and no act on them is
// open to the new owner; the one that was being answered goes to the team, and its retry mails nothing to the new owner.
func TestThreat_T27_ANewOwnerOfAMailboxSeesNoOldRequest(t *testing.T) {
	s := newPeople(t)
	s.knows("c-1", annas)
	s.SetAddresses("c-1", false, annas, works)
	s.Clock.Advance(8 * day)
	person, mailbox := s.subject(works), s.mailbox(works)
	o := s.fills(works)
	s.SetAddresses("c-1", false, annas)
	s.knows("c-9", "new@example.org")
	s.SetAddresses("c-9", false, "new@example.org", works)
	confirmed, waiting, err := s.Behind.Of(t.Context(), mailbox)
	if err != nil || len(confirmed) != 0 || len(waiting) != 1 || waiting[0].ID != o.pending {
		t.Errorf("%+v, %+v, %v", confirmed, waiting, err)
	}
	s.Clock.Advance(8 * day)
	mails := len(s.answers())
	s.Work()
	listed, err := s.Requests.ListedOf(t.Context(), person)
	slices.Sort(listed)
	if want := []string{o.answered, o.asked}; err != nil || !slices.Equal(listed, slices.Sorted(slices.Values(want))) {
		t.Errorf("%v is listed under the person, %v", listed, err)
	}
	owner := servicetest.Proof(works)
	for _, id := range listed {
		if _, err := s.Requester.WithdrawOf(t.Context(), id, owner); !errors.Is(err, request.ErrLink) {
			t.Errorf("withdrawn: %v", err)
		}
		if _, err := export.Another(t.Context(), s.Requester, id, owner); !errors.Is(err, request.ErrLink) {
			t.Errorf("asked for again: %v", err)
		}
	}
	for range 2 {
		if why, waits := export.ForTeam(s.Load(o.asked)); !waits || why != "detached" || len(s.ForTeam) == 0 || len(s.answers()) != mails {
			t.Errorf("it waits for the team: %t, %q; the team was told %d times; %+v", waits, why, len(s.ForTeam), s.answers())
		}
		s.ForTeam = nil
		if err := s.Retry(o.asked); err != nil {
			t.Fatal(err)
		}
		s.Work()
	}
}

// T27: the address comes back to the person. The team's retry is then answered, by links that work.
func TestThreat_T27_AnAddressThatComesBack(t *testing.T) {
	s := newPeople(t)
	s.knows("c-1", annas)
	s.SetAddresses("c-1", false, annas, works)
	s.Clock.Advance(8 * day)
	o := s.fills(works)
	s.SetAddresses("c-1", false, annas)
	s.SetAddresses("c-1", false, annas, works)
	s.Clock.Advance(8 * day)
	if err := s.Retry(o.asked); err != nil {
		t.Fatal(err)
	}
	s.Work()
	m := s.LastMail()
	if file := s.Load(o.asked); file.Request.State != request.Fulfilled || m.Kind != "export" || !strings.HasPrefix(m.About, o.asked) {
		t.Fatalf("%+v, %v", m, servicetest.Kinds(file))
	}
	for what, err := range s.links(o.asked, m) {
		if err != nil {
			t.Errorf("the new link to the %s: %v", what, err)
		}
	}
}

// T27: after a join, a request that was being answered waits like any other from an address that stands for more than before. Then it is answered
// as usual, by links that work.
func TestThreat_T27_AJoinAnswersAnew(t *testing.T) {
	s := newPeople(t)
	s.knows("c-1", annas)
	s.SetAddresses("c-1", false, annas, works)
	s.Clock.Advance(8 * day)
	o := s.fills(works)
	s.knows("c-2", berts)
	s.SetAddresses("c-1", true, annas, works, berts)
	s.Pass(7*day - time.Minute)
	if got := servicetest.Kinds(s.Load(o.asked)); !slices.Equal(got, []request.EventKind{"verified", "exporting", "waits"}) || len(s.answers()) != 1 {
		t.Fatalf("%v, %+v", got, s.answers())
	}
	s.Pass(time.Hour)
	m := s.LastMail()
	if file := s.Load(o.asked); file.Request.State != request.Fulfilled || m.Kind != "export" {
		t.Fatalf("%+v, %v", m, servicetest.Kinds(file))
	}
	for what, err := range s.links(o.asked, m) {
		if err != nil {
			t.Errorf("the new link to the %s: %v", what, err)
		}
	}
	if len(s.ForTeam) != 0 {
		t.Errorf("%v went to the team", s.ForTeam)
	}
	if confirmed, _, err := s.Behind.Of(t.Context(), s.mailbox(works)); err != nil || len(confirmed) != 2 {
		t.Errorf("%+v, %v", confirmed, err)
	}
}

// beside lets something happen while a bundle is sealed, or while its mail is on its way.
type beside struct {
	*rig
	sealing, mailing func()
}

func (b *beside) Seal(ctx context.Context, r request.Request, a export.Attempt) (int64, string, error) {
	if do := b.sealing; do != nil {
		b.sealing = nil
		do()
	}
	return b.rig.Seal(ctx, r, a)
}

func (b *beside) ExportReady(ctx context.Context, r request.Request, a export.Attempt, token subject.Token, identity string, status subject.Token) error {
	if do := b.mailing; do != nil {
		b.mailing = nil
		do()
	}
	return b.rig.ExportReady(ctx, r, a, token, identity, status)
}

// T27, T33: an address is taken away, or a join changes whom it stands for, while an export is sealed or its mail is on its way. The link of that
// export opens nothing, its object is deleted, and the request goes on as after the act.
func TestThreat_T27_AnActBesideAnExport(t *testing.T) {
	for _, when := range []string{"sealing", "mailing"} {
		for _, act := range []string{"detach", "join", "freeze"} {
			t.Run(act+" while "+when, func(t *testing.T) {
				s := newPeople(t)
				s.knows("c-1", annas)
				s.knows("c-2", berts)
				change := s.SetAddresses("c-1", false, annas, works).Changes[0]
				s.Clock.Advance(8 * day)
				r := s.asks(works)
				s.Fulfil(r.ID)
				do := map[string]func(){
					"detach": func() { s.SetAddresses("c-1", false, annas) },
					"join":   func() { s.SetAddresses("c-1", true, annas, works, berts) },
					"freeze": func() {
						if err := s.Holder.Contest(t.Context(), change, anna); err != nil {
							t.Fatal(err)
						}
						s.RunChanges()
					},
				}[act]
				b := &beside{rig: s}
				map[string]func(){"sealing": func() { b.sealing = do }, "mailing": func() { b.mailing = do }}[when]()
				slow := *s.Delivery
				slow.Bundles, slow.Mailer = b, b
				if _, err := slow.Run(t.Context(), r.ID, 1); err != nil {
					t.Fatal(err)
				}
				for _, m := range s.answers() {
					s.gone(m)
				}
				s.Clock.Advance(17 * time.Minute) // the lease of the run
				s.Work()
				mails := map[string]int{"sealing": 0, "mailing": 1}[when]
				if len(s.Objects) != 0 || len(s.answers()) != mails || export.Of(s.Load(r.ID))[0].State != export.Revoked {
					t.Errorf("%d objects, %d mails, %+v", len(s.Objects), len(s.answers()), export.Of(s.Load(r.ID)))
				}
				why, waits := export.ForTeam(s.Load(r.ID))
				if want := map[string]string{"detach": "detached", "freeze": "frozen"}[act]; why != want || waits != (want != "") || len(s.ForTeam) != len(want)/6 {
					t.Errorf("it waits for the team: %q, told %v", why, s.ForTeam)
				}
				if act == "join" {
					s.Pass(7*day + time.Hour)
					if file := s.Load(r.ID); file.Request.State != request.Fulfilled || len(s.answers()) != mails+1 {
						t.Errorf("%v, %+v", servicetest.Kinds(file), s.answers())
					}
				}
			})
		}
	}
}

// F03: a cut that is killed before or after any of its calls to DynamoDB, or that loses an answer, is repeated. The end is the same.
func TestFault_F03_ACutThatIsKilled(t *testing.T) {
	for _, leaves := range []bool{true, false} {
		calls := 1
		for call := 0; call <= calls; call++ { // 0: nothing breaks
			for _, sent := range []bool{false, true} {
				s := newPeople(t)
				s.knows("c-1", annas)
				o, cut, at := s.fills(annas), identity.Cut{Mailbox: s.mailbox(annas)}, s.Clock.Now()
				if leaves {
					cut.Leaves = s.subject(annas)
				}
				n := s.breaks(call, sent)
				err := s.Cutter.Follow(t.Context(), cut, at)
				if call == 0 {
					calls = *n
				} else if err == nil {
					t.Fatalf("call %d of %d did not break", call, calls)
				}
				s.Wire.Through = nil
				if err := s.Cutter.Follow(t.Context(), cut, at); err != nil {
					t.Fatal(err)
				}
				for _, m := range o.mails {
					s.gone(m)
				}
				s.Work()
				file := s.Load(o.asked)
				why, waits := export.ForTeam(file)
				listed, err := s.Requests.ListedOf(t.Context(), cut.Leaves)
				events := map[bool][]request.EventKind{true: {"verified", "exporting", "for_team"}, false: {"verified", "exporting", "answered"}}[leaves]
				if err != nil || waits != leaves || leaves && (why != "detached" || len(listed) != 2) || !slices.Equal(servicetest.Kinds(file), events) {
					t.Errorf("call %d of %d, sent %t: %q, listed %v, %v, %v", call, calls, sent, why, listed, servicetest.Kinds(file), err)
				}
			}
		}
		if calls < 4 {
			t.Errorf("a cut takes %d calls", calls)
		}
	}
}

func (s *rig) subject(email string) privacy.SubjectID {
	s.T.Helper()
	known, _, err := s.Addresses.Find(s.T.Context(), s.Parse(email))
	if err != nil || known.Subject == "" {
		s.T.Fatal(known, err)
	}
	return known.Subject
}

func (s *rig) mailbox(email string) string { return servicetest.Aliases.Mailbox(s.Parse(email)) }

// everything returns the keys and versions of everything in the Requests table.
func (s *rig) everything() string {
	s.T.Helper()
	var all []string
	for _, item := range s.Scan("RequestsTable") {
		all = append(all, fmt.Sprint(dynamo.Text(item, dynamo.PK), " ", dynamo.Text(item, dynamo.SK), " ", dynamo.Int(item, "v")))
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

// breaks breaks the n-th call to DynamoDB from now on, and all that follow, as if the run had been killed. It returns the number of calls so far.
func (s *rig) breaks(n int, sent bool) *int {
	calls := 0
	s.Wire.Through = func(c *enginetest.Call) (*http.Response, error) {
		calls++
		if n == 0 || calls < n {
			return c.Send()
		}
		if sent && calls == n {
			if answer, err := c.Send(); err == nil {
				_ = answer.Body.Close()
			}
		}
		return c.Refuse("ValidationException")
	}
	return &calls
}
