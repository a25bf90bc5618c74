package export_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
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
	all, waiting, err := s.Behind.Of(t.Context(), mailbox)
	confirmed := request.Confirmed(all)
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

// T27: the address comes back to the person. The team's retry is then answered, by links that work until the address is taken away again.
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
	s.Clock.Advance(time.Minute)
	s.SetAddresses("c-1", false, annas)
	s.gone(m)
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
	if all, _, err := s.Behind.Of(t.Context(), s.mailbox(works)); err != nil || len(request.Confirmed(all)) != 2 {
		t.Errorf("%+v, %v", all, err)
	}
}

// F24, T27: the mail with an answer comes back after its link was cut. The answer does not count, and the request waits for the team, which hands
// it back to the service. An answer that was read before the cut counts.
func TestFault_F24_ACutAnswerThatCameBack(t *testing.T) {
	for _, read := range []bool{false, true} {
		s := newPeople(t)
		s.knows("c-1", annas)
		r := s.asks(annas)
		s.Work()
		m := s.LastMail()
		if read {
			if err := s.links(r.ID, m)["export"]; err != nil {
				t.Fatal(err)
			}
		}
		s.Clock.Advance(time.Minute)
		if err := s.Cutter.Follow(t.Context(), identity.Cut{Mailbox: s.mailbox(annas)}, s.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		s.Report(m, "bounced", true, "no_email")
		s.Work()
		file := s.Load(r.ID)
		if why, waits := export.ForTeam(file); waits == read || !read && why != export.WhyReturned || (s.Reopened == 1) == read || file.Request.State.Final() != read || len(s.Objects) != 0 {
			t.Errorf("read %t: %q, %s, told %d times, %d objects", read, why, file.Request.State, s.Reopened, len(s.Objects))
		}
		s.gone(m)
		if read {
			continue
		}
		if err := s.Retry(r.ID); err != nil {
			t.Fatal(err)
		}
		if s.Work(); s.Load(r.ID).Request.State != request.Fulfilled || len(s.answers()) != 2 {
			t.Errorf("%v", servicetest.Kinds(s.Load(r.ID)))
		}
	}
}

// T27: two people share an address. What one confirmed before that is theirs. What is confirmed while they share it is listed under nobody once the
// address is taken away from both, so no answer to one of them shows the text of the other.
func TestThreat_T27_RequestsByASharedAddressBelongToNobody(t *testing.T) {
	s := newPeople(t)
	s.knows("c-1", annas)
	s.SetAddresses("c-1", false, annas, works)
	s.Clock.Advance(8 * day)
	anna, mailbox := s.subject(works), s.mailbox(works)
	before := s.asks(works).ID
	s.Work()
	s.Clock.Advance(time.Minute)
	s.knows("c-2", works)
	s.RunChanges()
	if listed, err := s.Requests.ListedOf(t.Context(), anna); err != nil || !slices.Equal(listed, []string{before}) {
		t.Errorf("before: %v is listed under the first, %v", listed, err)
	}
	s.Clock.Advance(time.Minute)
	shared := s.asks(works).ID
	s.Work()
	if why, _ := export.ForTeam(s.Load(shared)); why != "shared" {
		t.Fatalf("the request waits for %q", why)
	}
	s.Clock.Advance(time.Minute)
	s.SetAddresses("c-2", false)
	s.SetAddresses("c-1", false, annas)
	s.RunChanges()
	for _, id := range []privacy.SubjectID{anna, s.Load(before).Request.Subject} {
		if listed, err := s.Requests.ListedOf(t.Context(), id); err != nil || !slices.Equal(listed, []string{before}) {
			t.Errorf("afterwards: %v is listed under the first, %v", listed, err)
		}
	}
	if r := s.Load(shared).Request; r.Subject != "" || r.Mailbox != "" || r.State != request.Open {
		t.Errorf("the request by the shared address: %+v", r)
	}
	if all, _, err := s.Behind.Of(t.Context(), mailbox); err != nil || len(request.Confirmed(all)) != 0 {
		t.Errorf("behind the mailbox: %+v, %v", all, err)
	}
}
