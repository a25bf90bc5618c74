package export_test

import (
	"context"
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
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

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
