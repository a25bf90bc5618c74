package restore_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/decision"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// F17, F25: whatever happens in whatever order, and whenever the backup is taken: nothing that was taken away after it is back once it was restored.
func TestFault_F17_NothingThatWasTakenAwayIsBack(t *testing.T) {
	for seed := range soak.Pick[uint64](3, 30) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			l := &life{service: newService(t), chance: rand.New(rand.NewPCG(seed, 1))}
			for id, email := range map[string]string{"anna": "anna@example.org", "ben": "ben@example.org", "cleo": "cleo@example.org"} {
				l.knows(email, canary)
				if _, err := l.TakeAs(id, email, conversation(l.Clock.Now())); err != nil {
					t.Fatal(err)
				}
			}
			acts := 4 + l.chance.IntN(6)
			before := l.chance.IntN(acts)
			var b backup
			for n := range acts {
				if n == before {
					b = l.backup()
				}
				l.acts()
			}
			c, report := l.restore(b)
			l.compare(c)
			if t.Failed() {
				t.Logf("%v, the backup before act %d", l.done, before)
			}
			c.sameAgain(l.service, b, report)
		})
	}
}

// life is a service to which anything happens.
type life struct {
	*service
	chance *rand.Rand
	filed  []string // requests that limit something
	holds  [][2]string
	done   []string
}

var (
	systems   = []string{"anna", "ben", "cleo"}
	addresses = []string{"anna@example.org", "ben@example.org", "cleo@example.org", "new@example.org", "newer@example.org"}
	purposes  = []privacy.Purpose{privacy.MarketingEmail, privacy.MarketingCookies, privacy.Testimonials, business, quality}
)

func one[T any](l *life, of []T) T { return of[l.chance.IntN(len(of))] }

// acts does one thing. What is refused, because it makes no sense now, is as good as any other.
func (l *life) acts() {
	ctx, email, id := l.T.Context(), one(l, addresses), one(l, systems)
	all := map[string]func() error{
		"denies " + email: func() error { l.decides(email, consent.Denied, one(l, purposes[:3])); return nil },
		"grants " + email: func() error { l.decides(email, consent.Granted, purposes[:3]...); return nil },
		"objects " + email: func() error {
			l.limits(request.Filing{Right: privacy.Objection, Email: email, Purposes: []privacy.Purpose{business}})
			return nil
		},
		"opts out " + email: func() error { l.limits(request.Filing{Right: privacy.OptOut, Email: email}); return nil },
		"restricts " + email: func() error {
			l.limits(request.Filing{Right: privacy.Restriction, Email: email, Ground: privacy.Claims})
			return nil
		},
		"takes back": func() error {
			if len(l.filed) == 0 {
				return nil
			}
			_, err := l.Requester.WithdrawOf(ctx, one(l, l.filed), servicetest.Proof(email))
			return err
		},
		"holds " + email: func() error {
			person, _ := l.stands(email)
			hold, err := l.Identity.PlaceHold(ctx, servicetest.Operator, "maria", person, "a claim", nil)
			l.holds = append(l.holds, [2]string{string(person), hold})
			return err
		},
		"releases": func() error {
			if len(l.holds) == 0 {
				return nil
			}
			h := one(l, l.holds)
			return l.Identity.ReleaseHold(ctx, servicetest.Operator, "maria", privacy.SubjectID(h[0]), h[1])
		},
		"states " + id: func() error {
			emails := []subject.Address{l.Parse(email), l.Parse(one(l, addresses))}
			_, err := l.Identity.SetAddresses(ctx, servicetest.System, subject.Named{Client: servicetest.CRM, ID: id}, emails, l.chance.IntN(2) == 0)
			return err
		},
		"renames " + email: func() error {
			_, err := l.Identity.Rename(ctx, servicetest.System, servicetest.CRM, l.Parse(email), l.Parse(one(l, addresses)), l.chance.IntN(2) == 0)
			return err
		},
		"separates " + id: func() error {
			_, err := l.Identity.Separate(ctx, servicetest.System, subject.Named{Client: servicetest.CRM, ID: id}, l.ByAddress.Recorder.Carry)
			return err
		},
		"retracts of " + id: func() error {
			return l.Intake.Retract(ctx, servicetest.System, subject.Named{Client: servicetest.CRM, ID: id}, privacy.Communication, "two")
		},
		"sends " + email: func() error { _, err := l.Take(email, conversation(l.Clock.Now())); return err },
		"erases " + email: func() error {
			l.Clock.AdvanceDate(0, 0, 8) // after the wait of a new address
			r := l.File(request.Filing{Right: privacy.Erasure, Email: email})
			l.Prove(r.ID)
			l.works()
			if l.Load(r.ID).Answer != nil && l.Load(r.ID).Request.Waiting == request.ForYou {
				l.Agree(r.ID)
				l.Clock.AdvanceDate(0, 0, 4)
			}
			return nil
		},
	}
	name := one(l, slices.Sorted(maps.Keys(all)))
	err := all[name]()
	l.works()
	l.done = append(l.done, fmt.Sprintf("%s: %v", name, err))
}

func (l *life) limits(f request.Filing) { l.filed = append(l.filed, l.asks(f)) }

// compare compares what may be done, whom each address stands for, what limits the use of data, and what can be seen, with the service as it is.
func (l *life) compare(c *service) {
	l.T.Helper()
	for _, email := range addresses {
		for _, p := range purposes {
			is, was := c.may(email, p), l.may(email, p)
			if taken := !was.Allowed && was.Reason != decision.Reason(consent.Undecided); taken && is.Allowed {
				l.T.Errorf("%s, %s: allowed (%s), before %s", email, p, is.Reason, was.Reason)
			}
		}
		key := servicetest.Aliases.Alias(l.Parse(email))
		aliases := func(s *service) subject.Alias {
			found, err := s.Subjects.Aliases(l.T.Context(), key)
			if err != nil {
				l.T.Fatal(err)
			}
			return found[key]
		}
		is, was := aliases(c), aliases(l.service)
		if is.Version > 0 && !l.anew(c, was) && (!slices.Equal(is.Subjects, was.Subjects) || is.Doubt(c.Clock.Now()) != was.Doubt(c.Clock.Now())) {
			l.T.Errorf("%s stands for %v (%s), before for %v (%s)", email, is.Subjects, is.Doubt(c.Clock.Now()), was.Subjects, was.Doubt(c.Clock.Now()))
		}
		for _, id := range was.Subjects {
			l.compareStates(c, id)
		}
	}
	visible := l.visible(l.service)
	for key := range l.visible(c) {
		if !visible[key] {
			l.T.Errorf("%s can be seen again", key)
		}
	}
}

// anew reports whether somebody came on record with an address after the backup by a record, which a system sends once more after a restore.
func (l *life) anew(c *service, was subject.Alias) bool {
	_, found, err := c.Subjects.State(l.T.Context(), was.Subject())
	if err != nil {
		l.T.Fatal(err)
	}
	return was.Subject() != "" && !found
}

// compareStates compares what limits the use of somebody's data.
func (l *life) compareStates(c *service, id privacy.SubjectID) {
	l.T.Helper()
	was, _, err := l.Subjects.State(l.T.Context(), id)
	if err != nil {
		l.T.Fatal(err)
	}
	is, found, err := c.Subjects.State(l.T.Context(), id)
	if err != nil {
		l.T.Fatal(err)
	}
	switch {
	case !found && !was.InForce() && len(was.Holds) == 0 && !was.Erased(): // came on record after the backup, and nothing was taken away
	case !is.Limits.Equal(was.Limits), !is.SamePeople(was.State), fmt.Sprint(is.Holds) != fmt.Sprint(was.Holds), fmt.Sprint(is.Erasure) != fmt.Sprint(was.Erasure):
		l.T.Errorf("%s\nis  %+v\nwas %+v", id, is.State, was.State)
	}
}

// visible returns the records that have not expired.
func (l *life) visible(s *service) map[string]bool {
	all := map[string]bool{}
	for _, item := range s.Scan("RecordsTable") {
		if !dynamo.Expired(item, s.Clock.Now()) {
			all[dynamo.Text(item, dynamo.PK)+" "+dynamo.Text(item, dynamo.SK)] = true
		}
	}
	return all
}
